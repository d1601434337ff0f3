"""Timers: one row for each stage being timed, the stretches in which it ran or stood still, and the sweep of alarms.

Due times and alarms are columns, worked out when something changes. Every verb is told the moment (`at`), so that a
whole step of a case happens at one.
"""
import math
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Row, Select, Update, case, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.sla import calendar, deadlines, policies
from casework.sla.calendar import Calendar
from casework.sla.deadlines import Span, SpanState
from casework.sla.limits import Limit, Stage, Unit
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

LATE_AFTER = timedelta(minutes=5)
"""The sweep runs every minute: an alarm that is raised later than this waited out an outage, and says so."""


class TimerState(StrEnum):
    """Whether a timer uses up its limit just now. A stopped one never runs again."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Timer(Base, Keyed):
    """One stage of one case (and, for what a department owes, of one assignment) against its limit."""

    __tablename__ = "timers"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    assignment_id: Mapped[uuid.UUID | None]
    stage: Mapped[Stage]
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    limit_value: Mapped[float]
    limit_unit: Mapped[Unit]
    extra_value: Mapped[float] = mapped_column(default=0.0)
    """What extensions added, in the same unit: the original limit stays known."""
    limit_round: Mapped[int] = mapped_column(default=1)
    """Raised when the time left grows again, so that a warning of the new time is a new warning."""
    policy_version: Mapped[str]
    state: Mapped[TimerState] = mapped_column(default=TimerState.RUNNING)
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """None while it stands still with something left."""
    next_alarm_at: Mapped[datetime | None]
    next_alarm_share: Mapped[int | None]
    """The lowest share (per cent) that was not raised yet; kept during a pause, None when all were."""
    overdue: Mapped[bool | None]
    """None until judged: by the sweep that finds it over, or when it stops."""
    excused_at: Mapped[datetime | None]
    """When an appeal (申诉) against the overdue mark was granted: it no longer counts as late."""

    __table_args__ = (
        partial_index("ix_timers_alarm", "next_alarm_at", where="next_alarm_at IS NOT NULL"),
        # Two indexes, because a unique index takes every NULL for another value.
        partial_index("uq_timers_open_case", "case_id", "stage", unique=True,
                      where="state <> 'stopped' AND assignment_id IS NULL"),
        partial_index("uq_timers_open_assignment", "case_id", "stage", "assignment_id", unique=True,
                      where="state <> 'stopped' AND assignment_id IS NOT NULL"),
    )

    @property
    def counts_as_late(self) -> bool:
        """Judged overdue, and not excused. A late ruling on an appeal is not the case's fault."""
        return bool(self.overdue) and self.excused_at is None and self.stage is not Stage.APPEAL

    @property
    def original(self) -> Limit:
        """The limit without its extensions."""
        return Limit(self.limit_value, self.limit_unit)

    @property
    def limit(self) -> Limit:
        """The limit with its extensions."""
        return Limit(self.limit_value + self.extra_value, self.limit_unit)


class TimerSegment(Base, Keyed):
    """A stretch in which a timer ran, stood still, or ran and was given back; `until` None is still going on."""

    __tablename__ = "timer_segments"
    timer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("timers.id"), index=True)
    state: Mapped[SpanState]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    policy_version: Mapped[str]
    limit_value: Mapped[float | None]
    limit_unit: Mapped[Unit | None]
    """The limit of that stretch, without extensions, where the timer was recounted since; None: the timer's own."""

def span_of(stretch: TimerSegment | Row[*tuple[Any, ...]], today: Limit) -> Span:
    """A stretch, or its columns, as the arithmetic takes it; `today` is the timer's limit without extensions."""
    under = Limit(stretch.limit_value, stretch.limit_unit) if stretch.limit_value and stretch.limit_unit else None
    return Span(stretch.state, stretch.since, stretch.until, under, deadlines.worth(under, today) if under else 1.0)


@dataclass(frozen=True)
class Start:
    """A timer to be started."""

    case_id: uuid.UUID
    stage: Stage
    limit: Limit
    at: datetime
    department_id: uuid.UUID | None = None
    assignment_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Alarm:
    """A timer has used `share` per cent of its limit.

    `late` says that an outage held the alarm up, `missed` which lower shares were never raised because of that.
    """

    timer_id: uuid.UUID
    case_id: uuid.UUID
    stage: Stage
    share: int
    department_id: uuid.UUID | None
    limit_round: int
    late: bool
    missed: tuple[int, ...] = ()

    def detail(self) -> dict[str, Any]:
        """What the event says, beside its subject, the case."""
        return {"timer_id": str(self.timer_id), "stage": self.stage.value, "share": self.share,
                "department_id": str(self.department_id) if self.department_id else None,
                "limit_round": self.limit_round, "late": self.late, "missed": list(self.missed)}


def start(db: Session, *, case_id: uuid.UUID, stage: Stage, limit: Limit, at: datetime,
          department_id: uuid.UUID | None = None, assignment_id: uuid.UUID | None = None) -> Timer:
    """Start timing a stage. One that is open already goes on unchanged: a repeated job starts no second clock."""
    start_many(db, [Start(case_id, stage, limit, at, department_id, assignment_id)])
    return db.scalars(_open(case_id).where(Timer.stage == stage, Timer.assignment_id == assignment_id)).one()


def start_many(db: Session, starts: Collection[Start]) -> None:
    """Start any number of timers in three statements. Those that are open already go on unchanged."""
    if not starts:
        return
    days, case_ids = calendar.load(db), {one.case_id for one in starts}
    key = (Timer.case_id, Timer.stage, Timer.assignment_id)
    known = set(db.execute(select(*key).where(Timer.case_id.in_(case_ids), Timer.state != TimerState.STOPPED)))
    version = policies.current(db).version
    rows = [_rows(days, one, version) for one in starts if (one.case_id, one.stage, one.assignment_id) not in known]
    if rows:
        db.execute(insert(Timer), [timer for timer, _ in rows])
        db.execute(insert(TimerSegment), [segment for _, segment in rows])


def turn(db: Session, case_id: uuid.UUID, at: datetime, *, stops: Collection[Stage] = (),
         pauses: Collection[Stage] = (), resumes: Collection[Stage] = (),
         assignment_id: uuid.UUID | None = None) -> list[Timer]:
    """Stop, pause and resume stages of a case in one look; answers the timers that were changed.

    Without `assignment_id` it means the stage with all its assignments. A stopped timer is judged: overdue if it stops
    after its due time. One that stands still already is not paused again, one that runs is not resumed.
    """
    changed = []
    for timer in running(db, case_id):
        if assignment_id not in {None, timer.assignment_id}:
            continue
        if timer.stage in stops:
            _stop(db, timer, at)
        elif timer.stage in pauses and timer.state is TimerState.RUNNING:
            _switch(db, timer, TimerState.PAUSED, at)
        elif timer.stage in resumes and timer.state is TimerState.PAUSED:
            _switch(db, timer, TimerState.RUNNING, at)
        else:
            continue
        changed.append(timer)
    return changed


def stop(db: Session, case_id: uuid.UUID, stage: Stage, at: datetime,
         assignment_id: uuid.UUID | None = None) -> Timer | None:
    """Stop and judge one stage as turn() does. Answers its timer (of several an overdue one), None if none was open."""
    return max(turn(db, case_id, at, stops=(stage,), assignment_id=assignment_id),
               key=lambda timer: bool(timer.overdue), default=None)


def stop_all(db: Session, case_id: uuid.UUID, at: datetime) -> list[Timer]:
    """Stop and judge every timer of the case."""
    return turn(db, case_id, at, stops=tuple(Stage))


def stop_many(db: Session, case_ids: Iterable[uuid.UUID], stage: Stage, at: datetime) -> int:
    """Stop and judge one stage of many cases, with all its assignments, in two statements; answers how many stopped.

    Timers that the session already holds as objects are not refreshed.
    """
    which = (Timer.case_id.in_(list(case_ids)), Timer.stage == stage, Timer.state != TimerState.STOPPED)
    db.execute(_close_segments(TimerSegment.timer_id.in_(select(Timer.id).where(*which)), at))
    stopped = db.execute(update(Timer).where(*which).values(
        state=TimerState.STOPPED, next_alarm_at=None, next_alarm_share=None,
        stopped_at=case((Timer.started_at > at, Timer.started_at), else_=at),
        overdue=case((Timer.overdue.is_(True), True), (Timer.due_at < at, True), else_=False),
    ).returning(Timer.id).execution_options(synchronize_session=False))
    return len(stopped.all())


def pause(db: Session, case_id: uuid.UUID, stage: Stage, at: datetime,
          assignment_id: uuid.UUID | None = None) -> Timer | None:
    """Let a running stage stand still; no alarm is raised until it goes on. None if none ran."""
    return next(iter(turn(db, case_id, at, pauses=(stage,), assignment_id=assignment_id)), None)


def resume(db: Session, case_id: uuid.UUID, stage: Stage, at: datetime,
           assignment_id: uuid.UUID | None = None) -> Timer | None:
    """Let a paused stage go on with what was left. None if none stood still."""
    return next(iter(turn(db, case_id, at, resumes=(stage,), assignment_id=assignment_id)), None)


def extend(db: Session, timer: Timer, value: float, at: datetime) -> None:
    """Add so much to the limit, in the limit's own unit. Who may ask, how often and when is the caller's rule."""
    Limit(value, timer.limit_unit)  # refuses what is no limit
    timer.extra_value += value
    _recompute(db, timer, at)


def give_back(db: Session, timer: Timer, since: datetime, until: datetime) -> None:
    """What ran between `since` and `until` no longer counts (an upheld return). Judges again, even a stopped timer."""
    for one in segments(db, timer.id):
        pieces = deadlines.given_back([span_of(one, timer.original)], since, until)
        if len(pieces) > 1 or pieces[0].state is not one.state:
            db.delete(one)
            db.add_all(TimerSegment(timer_id=timer.id, state=piece.state, since=piece.since, until=piece.until,
                                    policy_version=one.policy_version, limit_value=one.limit_value, limit_unit=one.limit_unit)
                       for piece in pieces)
    db.flush()
    _recompute(db, timer, clock.now())


def running(db: Session, case_id: uuid.UUID, *, to_change: bool = True) -> list[Timer]:
    """The timers of a case that are not stopped, locked if `to_change`: earliest due first, those that stand still last."""
    found = db.scalars(_open(case_id, to_change=to_change))
    return sorted(found, key=lambda timer: (timer.due_at is None, timer.due_at or timer.started_at))


def all_of(db: Session, case_id: uuid.UUID) -> Sequence[Timer]:
    """Every timer that the case ever had."""
    return db.scalars(select(Timer).where(Timer.case_id == case_id)).all()


def next_due(db: Session, case_id: uuid.UUID) -> datetime | None:
    """The earliest due time among the running timers of a case; None if none runs."""
    return db.scalar(select(func.min(Timer.due_at)).where(Timer.case_id == case_id, Timer.state == TimerState.RUNNING))


def segments(db: Session, *timer_ids: uuid.UUID) -> Sequence[TimerSegment]:
    """The stretches of these timers in their order, as they stand in the database now."""
    theirs = select(TimerSegment).where(TimerSegment.timer_id.in_(timer_ids)).execution_options(populate_existing=True)
    return db.scalars(theirs.order_by(TimerSegment.since, TimerSegment.id)).all()


def sweep(db: Session, batch: int = 1000) -> list[Alarm]:
    """Raise the alarms that have come due, the oldest first, at most `batch`; call again until it answers fewer.

    Publishes "timer.warned" (below 100 per cent) or "timer.overdue" with the case as subject. Several sweeps may run:
    rows that one has locked are passed over by the others, and are let go with the next alarm in place. Of several
    alarms that an outage held up for one timer only the highest is raised.
    """
    now = clock.now()
    waiting = select(Timer).where(Timer.next_alarm_at <= now).order_by(Timer.next_alarm_at).limit(batch)
    timers = db.scalars(waiting.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    if not timers:
        return []
    days, shares = calendar.load(db), settings.current().alarm_shares
    stretches = spans(db, timers)
    alarms = []
    for timer in timers:
        reached = deadlines.alarms(days, timer.limit, stretches[timer.id], shares)
        if alarm := _alarm(timer, reached, now):
            alarms.append(alarm)
        arm(timer, [(share, moment) for share, moment in reached if moment > now])
        if timer.due_at is not None and timer.due_at < now:
            timer.overdue = True
    db.flush()
    _publish(db, alarms, now)
    return alarms


def overdue_sweep_lag(db: Session) -> float:
    """Seconds that the oldest alarm has been waiting to be raised; 0 when none waits."""
    armed = select(Timer.next_alarm_at).where(Timer.next_alarm_at.is_not(None))
    oldest = db.scalar(armed.order_by(Timer.next_alarm_at).limit(1))
    return max((clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def _alarm(timer: Timer, reached: Sequence[tuple[int, datetime]], now: datetime) -> Alarm | None:
    """The highest share that is reached and was not raised. None if it is gone from the settings meanwhile."""
    lowest = timer.next_alarm_share or 0
    passed = [(share, moment) for share, moment in reached if moment <= now and share >= lowest]
    if not passed:
        return None
    share, moment = passed[-1]
    # A recount may let several shares be reached at one moment: none of those was held up.
    missed = tuple(below for below, earlier in passed[:-1] if earlier < moment)
    return Alarm(timer.id, timer.case_id, timer.stage, share, timer.department_id, timer.limit_round,
                 late=bool(missed) or now - moment > LATE_AFTER, missed=missed)


def arm(timer: Timer, ahead: Sequence[tuple[int, datetime]]) -> None:
    """The first of these shares with their moments is the timer's next alarm; there is none if there are none."""
    timer.next_alarm_share, timer.next_alarm_at = ahead[0] if ahead else (None, None)


def _publish(db: Session, alarms: Iterable[Alarm], now: datetime) -> None:
    """One statement: publish_many() gives all subjects the same detail, and here each has its own."""
    rows = [{"name": "timer.overdue" if alarm.share >= 100 else "timer.warned", "subject": alarm.case_id,
             "happened_at": now, "detail": alarm.detail()} for alarm in alarms]
    if rows:
        db.execute(insert(outbox.Event), rows)


def _rows(days: Calendar, one: Start, version: str) -> tuple[dict[str, Any], dict[str, Any]]:
    timer_id = new_id()
    spans = [Span(SpanState.RUNNING, one.at)]
    share, moment = deadlines.alarms(days, one.limit, spans, settings.current().alarm_shares)[0]
    timer = {"id": timer_id, "case_id": one.case_id, "assignment_id": one.assignment_id, "stage": one.stage,
             "department_id": one.department_id, "limit_value": one.limit.value, "limit_unit": one.limit.unit,
             "extra_value": 0.0, "limit_round": 1, "policy_version": version, "state": TimerState.RUNNING,
             "started_at": one.at, "due_at": deadlines.due_at(days, one.limit, spans), "next_alarm_at": moment,
             "next_alarm_share": share, "overdue": None}
    return timer, {"id": new_id(), "timer_id": timer_id, "state": SpanState.RUNNING, "since": one.at, "until": None,
                   "policy_version": version}


def _open(case_id: uuid.UUID, *, to_change: bool = True) -> Select[Timer]:
    """Read again, and locked when it is to be changed: a sweep may be moving the alarm at this moment."""
    still = select(Timer).where(Timer.case_id == case_id, Timer.state != TimerState.STOPPED)
    return (still.with_for_update() if to_change else still).execution_options(populate_existing=True)


def spans(db: Session, timers: Sequence[Timer]) -> dict[uuid.UUID, list[Span]]:
    """The stretches of these timers in their order, in one look."""
    found: dict[uuid.UUID, list[Span]] = {timer.id: [] for timer in timers}
    today = {timer.id: timer.original for timer in timers}
    theirs = select(*TimerSegment.__table__.columns).where(TimerSegment.timer_id.in_(found))
    for stretch in db.execute(theirs.order_by(TimerSegment.since, TimerSegment.id)):
        found[stretch.timer_id].append(span_of(stretch, today[stretch.timer_id]))
    return found


def _close_segments(which: ColumnElement[bool], at: datetime) -> Update:
    """A clock that lags behind another process must not end a stretch before it begins."""
    return (update(TimerSegment).where(which, TimerSegment.until.is_(None))
            .values(until=case((TimerSegment.since > at, TimerSegment.since), else_=at))
            .execution_options(synchronize_session=False))


def _stop(db: Session, timer: Timer, at: datetime) -> None:
    db.execute(_close_segments(TimerSegment.timer_id == timer.id, at))
    timer.state, timer.stopped_at = TimerState.STOPPED, max(at, timer.started_at)
    timer.next_alarm_at = timer.next_alarm_share = None
    timer.overdue = bool(timer.overdue) or (timer.due_at is not None and timer.due_at < at)
    db.flush()


def _switch(db: Session, timer: Timer, state: TimerState, at: datetime) -> None:
    last = segments(db, timer.id)[-1]
    at = max(at, last.since)
    last.until = at
    db.add(TimerSegment(timer_id=timer.id, state=SpanState(state.value), since=at, policy_version=timer.policy_version))
    db.flush()
    timer.state = state
    _recompute(db, timer, at, new_time=False)


def _recompute(db: Session, timer: Timer, at: datetime, *, new_time: bool = True) -> None:
    """Due time, next alarm and (with `new_time`) the judgement, after the stretches or the limit have changed."""
    stretches, days = [span_of(one, timer.original) for one in segments(db, timer.id)], calendar.load(db)
    timer.due_at = deadlines.due_at(days, timer.limit, stretches)
    if new_time:
        stopped = timer.state is TimerState.STOPPED
        late = deadlines.is_late(days, timer.limit, stretches, timer.stopped_at or at)
        timer.limit_round += 1
        timer.overdue = late if stopped else late or None
    if timer.state is TimerState.RUNNING:
        reached = deadlines.alarms(days, timer.limit, stretches, settings.current().alarm_shares)
        not_raised = timer.next_alarm_share or math.inf
        arm(timer, [(share, moment) for share, moment in reached if share >= not_raised or moment > at])
    else:
        timer.next_alarm_at = None
    db.flush()
