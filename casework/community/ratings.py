"""After closing, whoever reported says once whether it was any good."""
import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, insert_once, new_id


class Rating(Keyed, Base):
    """One reporter's judgement of one closed case: 1 (very dissatisfied) to 5 (very satisfied)."""

    __tablename__ = "ratings"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), unique=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    score: Mapped[int]
    comment: Mapped[str | None]
    at: Mapped[datetime]


SATISFIED = 3
"""From this score on a rating counts as satisfied (基本满意 included), as the hotline standard counts."""


def rate(db: Session, report: Report, actor: Actor, score: int, comment: str | None = None) -> None:
    """Keep the reporter's judgement. Raises Conflict before closing and for a second one, Invalid outside 1 to 5."""
    if not 1 <= score <= 5:
        raise Invalid("a score is 1 to 5", Fault("score", "1 is very dissatisfied, 5 very satisfied"))
    case = db.get(Case, report.case_id) if report.case_id else None
    if case is None or case.status is not Status.CLOSED:
        raise Conflict("a case is rated after it was closed")
    row = {"id": new_id(), "report_id": report.id, "case_id": case.id, "score": score, "comment": comment, "at": clock.now()}
    if not insert_once(db, Rating, [row], on=("report_id",)):
        raise Conflict("this report was rated already")
    case.note("rate", actor, report=report.number, score=score)
