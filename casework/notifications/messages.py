"""Messages as rows: one for each event, reader and channel, written once however often the event is handed over."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, selectinload

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Channel, Outcome, Report
from casework.identity.people import Department
from casework.notifications.rules import RULES, Audience, Rule
from casework.sla import calendar, deadlines
from casework.sla.deadlines import Span, SpanState
from casework.sla.limits import Limit, Stage
from casework.sla.timers import Timer
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index
from casework.storage.outbox import Event


class Via(StrEnum):
    """How a message travels."""

    SMS = "sms"    # to the phone that the reporter left
    PAGE = "page"  # on the tracking page only


class Message(Keyed, Base):
    """One thing said to one reporter, in no words but ours and the reporter's own; the phone is read when it is sent."""

    __tablename__ = "messages"
    event_id: Mapped[int]
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    via: Mapped[Via]
    text: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    """None once it is sent or given up."""
    failed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("event_id", "report_id", "via"),
        partial_index("ix_messages_waiting", "next_try_at", "id", where="next_try_at IS NOT NULL"),
    )


TO_ONE = tuple(name for name, rules in RULES.items() if all(rule.audience is Audience.REPORTER for rule in rules))
"""Events that are told to one reporter only."""


def write(db: Session, event_ids: Sequence[int]) -> int:
    """Write what these events tell people; how many messages are new. Bears repetition."""
    events = db.scalars(select(Event).where(Event.id.in_(event_ids), Event.name.in_(RULES)).order_by(Event.id)).all()
    together = select(Case).where(Case.id.in_({event.subject for event in events}))
    cases = {case.id: case for case in db.scalars(together.options(selectinload(Case.history), selectinload(Case.reports)))}
    leads = {case.lead_department_id for case in cases.values()}
    _kept = db.scalars(select(Department).where(Department.id.in_(leads))).all()  # db.get() below finds them in memory
    rows: list[dict[str, Any]] = []
    for event in events:
        case = cases.get(event.subject)
        if case is not None:
            names = _names(db, case, event)
            for rule in RULES[event.name]:
                rows += [_row(event, case, report, rule, names) for report in _readers(case, rule, event)]
    return len(insert_once(db, Message, rows, on=("event_id", "report_id", "via")))


def untold(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events that were handed over in this span and have readers, of whom none was told. Not more than `limit`,
    the oldest first."""
    written = exists().where(Message.event_id == Event.id)
    silent = (select(Event).where(Event.name.in_(RULES), Event.happened_at >= since, Event.relayed_at < until, ~written,
                                  or_(Event.name.in_(TO_ONE), exists().where(Report.case_id == Event.subject, *_LISTENS)))
              .order_by(Event.happened_at, Event.id).limit(limit))
    found = [(event, db.get(Case, event.subject)) for event in db.scalars(silent)]
    return [event.id for event, case in found
            if case and any(list(_readers(case, rule, event)) for rule in RULES[event.name])]


def told(db: Session, report_id: uuid.UUID) -> Sequence[Message]:
    """What the reporter was told, oldest first."""
    return db.scalars(select(Message).where(Message.report_id == report_id).order_by(Message.created_at, Message.id)).all()


def _readers(case: Case, rule: Rule, event: Event) -> Iterable[Report]:
    if rule.audience is Audience.REPORTER:
        return [report for report in case.reports if str(report.id) == event.detail.get("report")]
    return [report for report in case.reports if report.channel is not Channel.PDA and not _came_later(report, event)]


def _came_later(report: Report, event: Event) -> bool:
    """Who joined after something had happened was told then how the case stands."""
    return report.outcome is Outcome.JOINED and report.triaged_at is not None and report.triaged_at > event.happened_at


_LISTENS = (
    Report.channel != Channel.PDA,
    or_(Report.outcome.is_(None), Report.outcome != Outcome.JOINED, Report.triaged_at <= Event.happened_at),
)
"""The same in SQL, for who is told of what concerns everybody in the case."""


def _row(event: Event, case: Case, report: Report, rule: Rule, names: dict[str, str]) -> dict[str, Any]:
    via, at = Via.SMS if report.reporter_phone_index else Via.PAGE, clock.now()
    return {"id": new_id(), "event_id": event.id, "report_id": report.id, "case_id": case.id, "via": via,
            "text": rule.template.format(title=report.heading, **names), "created_at": at,
            "next_try_at": at if via is Via.SMS else None, "sent_at": None if via is Via.SMS else at}


def _names(db: Session, case: Case, event: Event) -> dict[str, str]:
    """What the templates ask for, as it was when this happened: the case may have gone on since."""
    facts: dict[str, Any] = {}
    for line in case.history:
        if line.number <= event.detail.get("line", case.history_length):
            facts |= {key: line.facts[key] for key in ("reason", "reply", "lead") if key in line.facts}
    lead = uuid.UUID(facts["lead"]) if "lead" in facts else case.lead_department_id
    department = db.get(Department, lead) if lead else None
    due = _promised(db, event) if any("{due}" in rule.template for rule in RULES[event.name]) else None
    return {"case": case.number, "department": department.name if department else "责任部门",
            "due": f"{due.astimezone(clock.CITY):%Y年%m月%d日 %H:%M}" if due else "规定时限", "reason": facts.get("reason", ""),
            "reply": facts.get("reply", ""), "window": str(case.numbers.reopen_days)}


def _promised(db: Session, event: Event) -> datetime | None:
    """When the department's time for handling ends. The case's own due time is the next of all its clocks: no promise."""
    timer = db.scalar(select(Timer).where(Timer.case_id == event.subject, Timer.stage == Stage.HANDLE,
                                          Timer.started_at <= event.happened_at)
                      .order_by(Timer.started_at.desc(), Timer.id.desc()).limit(1))
    if timer is None:
        return None
    limit = Limit(timer.limit_value, timer.limit_unit)
    return deadlines.due_at(calendar.load(db), limit, [Span(SpanState.RUNNING, timer.started_at)])
