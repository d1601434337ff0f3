"""A person says that a report was abuse. That counts against whoever sent it: several within some weeks, and his next ones are
looked at by a person first, for as long.
"""
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.report import Report
from casework.cases.wording import Language
from casework.errors import Conflict, NotFound
from casework.identity.people import Actor
from casework.identity.permissions import check
from casework.intake.guard import book
from casework.intake.guard.sender import Kind
from casework.intake.guard.traces import Trace
from casework.storage.database import Base, one_at_a_time

PERSONAL = (Kind.PROVED, Kind.DEVICE, Kind.OPENID)
"""What surely is the sender's own. A number that was only named may be anybody's, and an address is shared."""


class Mark(Base):
    """A report that was judged to be abuse, unless that was withdrawn. Goes with its report."""

    __tablename__ = "abusive_reports"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[uuid.UUID | None]
    withdrawn_at: Mapped[datetime | None]


def mark(db: Session, actor: Actor, report: Report, reason: str) -> Mark:
    """This report is abuse; said again, nothing changes. The report and its case stay as they are: to reject it is another
    step. Raises Refused."""
    check(actor, "abuse.mark")
    one_at_a_time(db, f"mark {report.id}")
    found = db.get(Mark, report.id, with_for_update=True)
    if found is None:
        found = Mark(report_id=report.id, reason=reason, at=clock.now(), by_id=actor.id)
        db.add(found)
    elif found.withdrawn_at:
        found.reason, found.at, found.by_id, found.withdrawn_at = reason, clock.now(), actor.id, None
    db.flush()
    for trace in _of_sender(db, report.id):
        if 0 < settings.current().abuse_marks <= _counted(db, trace):
            until = clock.now() + timedelta(days=settings.current().abuse_days)
            kind = Kind.PHONE if trace.kind == Kind.PROVED else Kind(trace.kind)
            book.add_by_itself(db, kind, trace.value, "多次恶意或虚假上报 several abusive reports", until)
    return found


def withdraw(db: Session, actor: Actor, report: Report) -> Mark:
    """It was none after all; whoever was on the list only because of it leaves it. Raises Refused, NotFound, Conflict."""
    check(actor, "abuse.mark")
    found = db.get(Mark, report.id, with_for_update=True)
    if found is None:
        raise NotFound("nobody has said that this report is abuse")
    if found.withdrawn_at:
        raise Conflict("that was withdrawn already")
    found.withdrawn_at = clock.now()
    db.flush()
    for trace in _of_sender(db, report.id):
        if _counted(db, trace) < settings.current().abuse_marks:
            book.end_by_itself(db, trace.value, "恶意标记已撤销 a mark was withdrawn")
    return found


def of_report(db: Session, report_id: uuid.UUID) -> Mark | None:
    """What was judged of a report, while it holds."""
    found = db.get(Mark, report_id)
    return found if found and found.withdrawn_at is None else None


def notice(db: Session, report_id: uuid.UUID, language: Language) -> str | None:
    """What the reporter is told of a mark on his report, and how to object; None without one."""
    found = of_report(db, report_id)
    if found is None:
        return None
    if language is Language.EN:
        return f"Somebody judged this report to be abuse: {found.reason}. If that is wrong, say so in a comment here."
    return f"这件上报经人工判定为恶意或虚假上报：{found.reason}。如有异议，请在此留言，由受理中心复核。"


def _of_sender(db: Session, report_id: uuid.UUID) -> Sequence[Trace]:
    """Locked in one order: who judges another report of this sender just now waits, else neither would count the other's."""
    traces = db.scalars(select(Trace).where(Trace.report_id == report_id, Trace.kind.in_(PERSONAL)).order_by(Trace.value)).all()
    for one in traces:
        book.alone(db, one.value)
    return traces


def _counted(db: Session, trace: Trace) -> int:
    """How many reports of this sender were abuse, of those that still count."""
    since = clock.now() - timedelta(days=settings.current().abuse_days)
    wanted = (select(func.count()).select_from(Trace).join(Mark, Mark.report_id == Trace.report_id)
              .where(Trace.value == trace.value, Trace.kind == trace.kind, Mark.withdrawn_at.is_(None), Mark.at > since))
    return db.scalar(wanted) or 0
