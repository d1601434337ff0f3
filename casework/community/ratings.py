"""After closing, whoever reported says whether it was any good; who is not satisfied has it done again."""
from enum import StrEnum

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from casework import clock, resolution
from casework.cases import search
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor
from casework.storage import outbox


class Outcome(StrEnum):
    """What came of a rating."""

    KEPT = "kept"            # it counts, and the case stays closed
    REWORK = "rework"        # not satisfied: the same department has it again
    SUPERVISED = "supervised"  # not satisfied again: done again under supervision


def rate(db: Session, report: Report, actor: Actor, score: int, comment: str | None = None) -> Outcome:
    """Keep the reporter's judgement, 1 (not at all satisfied) to 5 (very), once for each closing.

    Up to the city's score of dissatisfaction the case goes back to the department by itself, within the window for that.
    Raises Conflict before closing and for a second one after the same closing, Invalid outside 1 to 5.
    """
    if not 1 <= score <= 5:
        raise Invalid("a score is 1 to 5", Fault("score", "1 is not at all satisfied, 5 very"))
    case = search.followed(db, report)
    if case is not None:  # two who reported the same problem rate at the same moment: one line of history after the other
        db.refresh(case, with_for_update=True)
    if case is None or case.status is not Status.CLOSED:
        raise Conflict("a case is rated after it was closed")
    first = (update(Report).where(Report.id == report.id, or_(Report.rating.is_(None), Report.rated_at < case.closed_at))
             .values(rating=score, rating_comment=comment, rated_at=clock.now()).returning(Report.id))
    if db.scalar(first) is None:
        raise Conflict("this report was rated already")
    db.refresh(report)
    case.note("rate", actor, report=report.number, score=score)
    outbox.publish(db, "case.rated", case.id, score=score)
    if score > case.numbers.dissatisfied_score:
        return Outcome.KEPT
    return _done_again(db, case, actor, score)


def may_rate(case: Case, report: Report) -> bool:
    """Whether the case is closed and this report was not rated since."""
    return case.status is Status.CLOSED and (
        report.rated_at is None or (case.closed_at is not None and report.rated_at < case.closed_at))


def _done_again(db: Session, case: Case, actor: Actor, score: int) -> Outcome:
    resolution.dissatisfied(db, case, actor, f"评价{score}分，不满意")
    if case.is_open:
        return Outcome.SUPERVISED if case.feedback_owed else Outcome.REWORK
    return Outcome.KEPT
