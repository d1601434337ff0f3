"""After closing, whoever reported says once whether it was any good."""
from sqlalchemy import update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import search
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor


def rate(db: Session, report: Report, actor: Actor, score: int, comment: str | None = None) -> None:
    """Keep the reporter's judgement: 1 (not at all satisfied) to 5 (very).

    Raises Conflict before closing and for a second one, Invalid outside 1 to 5.
    """
    if not 1 <= score <= 5:
        raise Invalid("a score is 1 to 5", Fault("score", "1 is not at all satisfied, 5 very"))
    case = search.followed(db, report)
    if case is not None:  # two who reported the same problem rate at the same moment: one line of history after the other
        db.refresh(case, with_for_update=True)
    if case is None or case.status is not Status.CLOSED:
        raise Conflict("a case is rated after it was closed")
    first = (update(Report).where(Report.id == report.id, Report.rating.is_(None))
             .values(rating=score, rating_comment=comment, rated_at=clock.now()).returning(Report.id))
    if db.scalar(first) is None:
        raise Conflict("this report was rated already")
    db.refresh(report)
    case.note("rate", actor, report=report.number, score=score)
