"""What the figures say of one case: read from the case, its clocks, history and reports, and never by the time of reading.

A case has one fact for itself, with the department that leads it (or led it last), and one more for each department that
led it before. All lie on the day on which the case was opened, so every figure is of the cases of a period as they stand now.
"""
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Channel, Report
from casework.cases.workflow import STEPS, Status
from casework.performance import tally
from casework.performance.days import day_of
from casework.sla.deadlines import SpanState
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerSegment, TimerState
from casework.storage.database import Base

SATISFIED = 3
"""From this score on a rating counts as satisfied (基本满意 included), as hotlines count."""

NOT_FILED = frozenset({Status.REPORTED, Status.VERIFYING, Status.REJECTED, Status.VOID, Status.MERGED})
TIMED = {Stage.TRIAGE: "triage", Stage.DISPATCH: "dispatch", Stage.SIGN: "sign", Stage.HANDLE: "handle", Stage.CHECK: "check"}
SAID = ("contact", "hand_back", "accept", "decline", "dissatisfied")
"""Lines of the history that count here."""

COUNTED = frozenset({*(f"case.{action}" for action in STEPS), "case.joined", "case.rated", "timer.overdue"})
"""Events of a case after which a fact of it may be another one."""

Line = Row[*tuple[Any, ...]]
Rows = Sequence[Line]


@dataclass(frozen=True)
class Fact:
    """A case's (or a former lead's) share in the figures; equal facts add the same to every figure."""

    day: date
    department_id: uuid.UUID | None
    area_code: str | None
    worker_id: uuid.UUID | None
    """The grid worker whose report opened the case; only of a case that came in by the PDA."""
    category_code: str | None
    channel: str
    tally: bytes


class KeptFact(Base):
    """A fact as it was counted last. `position` is 0 for the case itself, then 1, 2 … for former leads in their order."""

    __tablename__ = "performance_facts"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    area_code: Mapped[str | None]
    worker_id: Mapped[uuid.UUID | None]
    category_code: Mapped[str | None]
    channel: Mapped[Channel]
    tally: Mapped[bytes]

    __table_args__ = (
        Index(None, "day"), Index(None, "department_id", "day"), Index(None, "worker_id", "day"),
        Index(None, "area_code", "day", postgresql_include=["department_id", "worker_id", "category_code", "channel", "tally"]),
        Index(None, "category_code", "day", postgresql_include=["department_id", "area_code", "worker_id", "channel", "tally"]),
    )
    """The facts of a street or a class lie scattered over the table, and side by side in an index that holds all of them."""


@dataclass(frozen=True)
class _Known:
    """All that was read about some cases, by case."""

    reports: dict[uuid.UUID, list[Line]]
    clocks: dict[uuid.UUID, list[Line]]
    seconds: dict[uuid.UUID, float]
    """What each stopped clock ran, pauses and time given back taken out, by clock."""
    leads: dict[uuid.UUID, list[Line]]
    lines: dict[uuid.UUID, list[Line]]


def of(db: Session, case_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, int], Fact]:
    """The facts of these cases as they stand, by case and position: six statements however many."""
    cases = db.execute(select(
        Case.id, Case.status, Case.channel, Case.area_code, Case.category_code, Case.standard_id, Case.opened_at,
        Case.closed_at, Case.report_count, Case.reworks, Case.reopens, Case.urges, Case.sampled)
        .where(Case.id.in_(case_ids))).all()
    known = _known(db, case_ids)
    return {(case.id, position): fact for case in cases for position, fact in enumerate(_of_one(case, known))}


def _known(db: Session, case_ids: Collection[uuid.UUID]) -> _Known:
    def by_case(wanted: Select[*tuple[Any, ...]]) -> dict[uuid.UUID, list[Line]]:
        made: dict[uuid.UUID, list[Line]] = defaultdict(list)
        for row in db.execute(wanted):
            made[row.case_id].append(row)
        return made
    clocks = by_case(select(Timer.id, Timer.case_id, Timer.assignment_id, Timer.stage, Timer.state, Timer.overdue,
                            Timer.excused_at, Timer.extra_value).where(Timer.case_id.in_(case_ids)))
    stopped = [one.id for some in clocks.values() for one in some if one.stage in TIMED and one.state is TimerState.STOPPED]
    seconds: dict[uuid.UUID, float] = defaultdict(float)
    ran = select(TimerSegment.timer_id, TimerSegment.since, TimerSegment.until).where(
        TimerSegment.timer_id.in_(stopped), TimerSegment.state == SpanState.RUNNING, TimerSegment.until.is_not(None))
    for one in db.execute(ran):
        seconds[one.timer_id] += (one.until - one.since).total_seconds()
    return _Known(
        reports=by_case(select(Report.case_id, Report.channel, Report.reporter_id, Report.received_at, Report.rating,
                               Report.rated_at).where(Report.case_id.in_(case_ids)).order_by(Report.received_at, Report.id)),
        clocks=clocks, seconds=seconds,
        leads=by_case(select(Assignment.id, Assignment.case_id, Assignment.department_id, Assignment.since, Assignment.until,
                             Assignment.returned)
                      .where(Assignment.case_id.in_(case_ids), Assignment.part == Part.LEAD)
                      .order_by(Assignment.since, Assignment.id)),
        lines=by_case(select(Entry.case_id, Entry.action, Entry.department_id, Entry.at)
                      .where(Entry.case_id.in_(case_ids), Entry.action.in_(SAID)).order_by(Entry.number)))


def _of_one(case: Line, known: _Known) -> Iterator[Fact]:
    """The case's own fact first."""
    leads = known.leads.get(case.id, [])
    last = leads[-1] if leads else None
    worker = _worker(case, known.reports.get(case.id, ()))
    theirs = {None, last.id if last else None}
    clocks = [one for one in known.clocks.get(case.id, ()) if one.assignment_id in theirs]
    counts = _counts(case, clocks, last) | _says(case, known)
    if last:
        counts |= _given(last, known.lines.get(case.id, ()))

    def made(department_id: uuid.UUID | None, counted: dict[str, int], minutes: dict[str, float]) -> Fact:
        return Fact(day_of(case.opened_at), department_id, case.area_code, worker, case.category_code, case.channel,
                    tally.packed(counted, minutes))
    yield made(last.department_id if last else None, counts, _minutes(case, clocks, known.seconds))
    for former in leads[:-1]:
        signing = [one for one in known.clocks.get(case.id, ())
                   if one.assignment_id == former.id and one.stage is Stage.SIGN]
        yield made(former.department_id, _given(former, known.lines.get(case.id, ())), _durations(signing, known.seconds))


def _worker(case: Line, reports: Rows) -> uuid.UUID | None:
    """With a case that was merged in an older report may have come: it opened that case, and not this one."""
    first = next((one for one in reports if one.received_at == case.opened_at), None) or next(iter(reports), None)
    return first.reporter_id if first is not None and first.channel == case.channel == Channel.PDA else None


def _counts(case: Line, clocks: Rows, last: Line | None) -> dict[str, int]:
    live = case.status is not Status.MERGED
    filed = case.standard_id is not None and case.status not in NOT_FILED
    handling = [one for one in clocks if one.stage is Stage.HANDLE]
    late = any(one.overdue and one.excused_at is None for one in handling)
    closed, deferred = case.status is Status.CLOSED, case.status is Status.SUSPENDED
    true = {
        "received": live, "merged": not live, "rejected": case.status is Status.REJECTED, "voided": case.status is Status.VOID,
        "filed": filed, "closed": closed, "closed_on_time": closed and not late, "overdue": filed and late,
        "deferred": filed and deferred, "due": filed and (closed or late or deferred),
        "self_handled": closed and case.sampled is not None and last is None,  # else it was not put right, and a department did
        "dispatched": filed and last is not None, "extended": filed and any(one.extra_value > 0 for one in handling),
        "reworked": filed and case.reworks > 0, "reopened": filed and case.reopens > 0, "urged": live and case.urges > 0,
        "supervised": filed and any(one.stage is Stage.SUPERVISE for one in clocks)}
    return {name: int(value) for name, value in true.items()} | {"voices": case.report_count if live else 0}


def _says(case: Line, known: _Known) -> dict[str, int]:
    """What those concerned said when called, asked back or rating. Solved: closed, and nobody since then found it was not."""
    lines = [one.action for one in known.lines.get(case.id, ())]
    rated = [one for one in known.reports.get(case.id, ()) if one.rating is not None]
    judged = bool(rated) or not {"accept", "decline", "dissatisfied"}.isdisjoint(lines)
    since = case.closed_at
    put_right = since is not None and all(one.rating >= SATISFIED for one in rated if one.rated_at and one.rated_at >= since)
    owed = case.status not in NOT_FILED and any(one.stage is Stage.CONTACT for one in known.clocks.get(case.id, ()))
    return {"call_owed": int(owed), "called": int(owed and "contact" in lines), "judged": int(judged),
            "solved": int(judged and put_right), "rated": len(rated),
            "satisfied": sum(one.rating >= SATISFIED for one in rated)}


def _given(lead: Line, lines: Iterable[Line]) -> dict[str, int]:
    """It was given a case to lead, and perhaps handed it back."""
    back = any(one.action == "hand_back" and one.department_id == lead.department_id and one.at >= lead.since
               and (lead.until is None or one.at <= lead.until) for one in lines)
    return {"given": 1, "handed_back": int(back), "returned": int(lead.returned)}


def _minutes(case: Line, clocks: Rows, seconds: dict[uuid.UUID, float]) -> dict[str, float]:
    if case.status is Status.MERGED:
        return {}
    whole = {"total": (case.closed_at - case.opened_at).total_seconds() / 60} if case.closed_at else {}
    return _durations(clocks, seconds) | whole


def _durations(clocks: Iterable[Line], seconds: dict[uuid.UUID, float]) -> dict[str, float]:
    """Minutes of each stage that is over: what its clocks ran, added up where it came again."""
    took: dict[str, float] = defaultdict(float)
    running = {one.stage for one in clocks if one.state is not TimerState.STOPPED}
    for one in clocks:
        if one.stage in TIMED and one.stage not in running:
            took[TIMED[one.stage]] += seconds[one.id] / 60
    return dict(took)
