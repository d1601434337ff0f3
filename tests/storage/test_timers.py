"""Timers on both databases: due times through pauses, judgements, and alarms that are raised exactly once."""
import threading
import uuid
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from casework import clock, settings
from casework.identity.people import create_department
from casework.settings import Settings
from casework.sla import calendar, timers
from casework.sla.deadlines import SpanState
from casework.sla.limits import POLICY_VERSION, Limit, Stage, Unit
from casework.sla.timers import Alarm, Start, Timer, TimerSegment, TimerState
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

WORK_HOURS = Limit(8, Unit.WORK_HOUR)
URGENT = Limit(2, Unit.URGENT_HOUR)
MONDAY = "2026-03-02"


@pytest.fixture
def case_id(store: str, time: SetClock) -> uuid.UUID:
    """A case, on a Monday at ten."""
    time.is_now(f"{MONDAY} 10:00")
    with transaction() as db:
        return bare_cases(db, 1)[0]


def begin(case_id: uuid.UUID, limit: Limit = WORK_HOURS, stage: Stage = Stage.HANDLE) -> uuid.UUID:
    with transaction() as db:
        return timers.start(db, case_id=case_id, stage=stage, limit=limit, at=clock.now()).id


def the(timer_id: uuid.UUID) -> Timer:
    with reading() as db:
        return db.scalars(select(Timer).where(Timer.id == timer_id)).one()


def sweep(batch: int = 1000) -> list[Alarm]:
    with transaction() as db:
        return timers.sweep(db, batch)


def shares(alarms: list[Alarm]) -> list[int]:
    return [alarm.share for alarm in alarms]


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY).astimezone(UTC)


def states(timer_id: uuid.UUID) -> list[SpanState]:
    """What the timer did, after making sure that its stretches follow each other without a gap."""
    with reading() as db:
        found = timers.segments(db, timer_id)
    assert all(left.until == right.since for left, right in pairwise(found))
    return [one.state for one in found]


def test_starting_stores_the_due_time_the_first_alarm_and_the_policy(case_id: uuid.UUID) -> None:
    timer = the(begin(case_id))
    assert timer.due_at == city("2026-03-03 10:00")
    assert (timer.next_alarm_share, timer.next_alarm_at) == (50, city("2026-03-02 16:00"))
    assert timer.policy_version == POLICY_VERSION
    assert timer.overdue is None
    assert states(timer.id) == [SpanState.RUNNING]


def test_starting_again_goes_on_with_the_open_timer(case_id: uuid.UUID, time: SetClock) -> None:
    first = begin(case_id)
    time.passes(hours=1)
    assert begin(case_id) == first
    assert states(first) == [SpanState.RUNNING]
    with transaction() as db:
        timers.stop(db, case_id, Stage.HANDLE, clock.now())
    assert begin(case_id) != first


def test_starting_many_leaves_those_that_run_alone(case_id: uuid.UUID, time: SetClock) -> None:
    running = begin(case_id)
    time.passes(hours=1)
    with transaction() as db:
        timers.start_many(db, [Start(case_id, stage, WORK_HOURS, clock.now()) for stage in (Stage.HANDLE, Stage.SIGN)])
        assert {timer.stage: timer.started_at for timer in timers.running(db, case_id)} == {
            Stage.HANDLE: city("2026-03-02 10:00"), Stage.SIGN: city("2026-03-02 11:00")}
    assert states(running) == [SpanState.RUNNING]


@pytest.mark.parametrize("assignment_id", [None, uuid.UUID(int=1)])
def test_the_database_itself_refuses_two_open_timers_of_one_stage(
        case_id: uuid.UUID, assignment_id: uuid.UUID | None) -> None:
    row = {"case_id": case_id, "stage": Stage.HANDLE, "assignment_id": assignment_id, "limit_value": 1,
           "limit_unit": Unit.WORK_DAY, "policy_version": "x", "started_at": clock.now()}
    with transaction() as db:
        db.execute(insert(Timer), [row | {"state": TimerState.STOPPED}, row | {"state": TimerState.STOPPED}, row])
    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(insert(Timer), [row | {"state": TimerState.PAUSED}])


def test_each_assignment_has_its_own_timer(case_id: uuid.UUID) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    start = {"case_id": case_id, "stage": Stage.ASSIST_HANDLE, "limit": WORK_HOURS, "at": clock.now()}
    with transaction() as db:
        made = {timers.start(db, assignment_id=assignment, **start).id for assignment in (one, other, one, None)}
        assert len(made) == 3
        stopped = timers.stop(db, case_id, Stage.ASSIST_HANDLE, clock.now(), assignment_id=one)
        assert stopped is not None
        assert stopped.assignment_id == one
        assert {timer.assignment_id for timer in timers.running(db, case_id)} == {other, None}
        timers.stop(db, case_id, Stage.ASSIST_HANDLE, clock.now())
        assert timers.running(db, case_id) == []


@pytest.mark.parametrize(("stopped_at", "overdue"), [
    ("2026-03-02 17:00", False), ("2026-03-03 10:00", False), ("2026-03-03 10:01", True)])
def test_stopping_judges_on_time_or_late(case_id: uuid.UUID, time: SetClock, stopped_at: str, overdue: bool) -> None:
    timer_id = begin(case_id)
    time.is_now(stopped_at)
    with transaction() as db:
        stopped = timers.stop(db, case_id, Stage.HANDLE, clock.now())
        assert stopped is not None
        assert timers.stop(db, case_id, Stage.HANDLE, clock.now()) is None
    timer = the(timer_id)
    assert (timer.state, timer.overdue, timer.stopped_at) == (TimerState.STOPPED, overdue, city(stopped_at))
    assert (timer.due_at, timer.next_alarm_at) == (city("2026-03-03 10:00"), None)
    time.passes(days=9)
    assert sweep() == []


def test_a_pause_is_truly_subtracted(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id)
    time.is_now("2026-03-02 12:00")
    with transaction() as db:
        timers.pause(db, case_id, Stage.HANDLE, clock.now())
        assert timers.pause(db, case_id, Stage.HANDLE, clock.now()) is None
    assert the(timer_id).due_at is None
    time.is_now("2026-03-05 09:00")
    with transaction() as db:
        timers.resume(db, case_id, Stage.HANDLE, clock.now())
        assert timers.resume(db, case_id, Stage.HANDLE, clock.now()) is None
    assert the(timer_id).due_at == city("2026-03-05 17:00")
    assert states(timer_id) == [SpanState.RUNNING, SpanState.PAUSED, SpanState.RUNNING]


def test_no_alarm_is_raised_while_paused_and_none_is_lost(case_id: uuid.UUID, time: SetClock) -> None:
    begin(case_id)
    time.is_now("2026-03-02 17:00")  # 50 per cent were reached at 16:00, and no sweep came by
    with transaction() as db:
        timers.pause(db, case_id, Stage.HANDLE, clock.now())
    time.is_now("2026-03-20 17:00")
    assert sweep() == []
    with transaction() as db:
        timers.resume(db, case_id, Stage.HANDLE, clock.now())
    assert [(alarm.share, alarm.late) for alarm in sweep()] == [(50, True)]
    time.is_now("2026-03-23 08:25")
    assert shares(sweep()) == [80]


def test_each_alarm_is_raised_once_as_time_goes_by(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, URGENT)
    raised = []
    for _ in range(250):
        time.passes(minutes=1)
        raised += [(alarm.share, alarm.late) for alarm in sweep()]
    assert raised == [(50, False), (80, False), (100, False), (150, False)]
    assert the(timer_id).overdue is True
    with reading() as db:
        events = db.execute(select(Event.name, Event.subject, Event.detail).order_by(Event.id)).all()
    assert [event.name for event in events] == ["timer.warned", "timer.warned", "timer.overdue", "timer.overdue"]
    assert {event.subject for event in events} == {case_id}
    assert events[0].detail == {"timer_id": str(timer_id), "stage": "handle", "share": 50, "department_id": None,
                                "limit_round": 1, "late": False, "missed": []}


def test_after_an_outage_only_the_highest_alarm_is_raised_and_says_it_is_late(case_id: uuid.UUID, time: SetClock) -> None:
    begin(case_id, URGENT)
    time.passes(hours=2, minutes=1)
    assert [(alarm.share, alarm.late, alarm.missed) for alarm in sweep()] == [(100, True, (50, 80))]
    assert sweep() == []
    time.passes(hours=1)
    assert [(alarm.share, alarm.late, alarm.missed) for alarm in sweep()] == [(150, False, ())]


def test_what_a_department_owes_carries_its_name(case_id: uuid.UUID, time: SetClock) -> None:
    with transaction() as db:
        department = create_department(db, "01", "城管局").id
        timers.start(db, case_id=case_id, stage=Stage.SIGN, limit=URGENT, at=clock.now(), department_id=department)
    time.passes(hours=1)
    assert [alarm.department_id for alarm in sweep()] == [department]
    with reading() as db:
        assert db.scalars(select(Event.detail)).one()["department_id"] == str(department)


def test_shares_that_are_set_anew_raise_nothing_twice(case_id: uuid.UUID, time: SetClock, config: Settings) -> None:
    begin(case_id, URGENT)
    time.passes(hours=1)
    assert shares(sweep()) == [50]
    settings.configure(Settings(**{**vars(config), "alarm_shares": (40, 90, 100)}))
    time.passes(minutes=36)
    assert sweep() == []  # 80 is no alarm any more, 40 was before 50
    time.passes(minutes=12)
    assert shares(sweep()) == [90]


def test_many_start_and_stop_at_once(store: str, time: SetClock) -> None:
    time.is_now(f"{MONDAY} 10:00")
    with transaction() as db:
        cases = bare_cases(db, 500)
        limits = [Limit(1 + number % 3, Unit.URGENT_HOUR) for number in range(500)]
        timers.start_many(db, [Start(case_id, Stage.TRIAGE, limit, clock.now())
                               for case_id, limit in zip(cases, limits, strict=True)])
        timers.start_many(db, [])
        assert [timers.next_due(db, case_id) for case_id in cases[:3]] == [
            city("2026-03-02 11:00"), city("2026-03-02 12:00"), city("2026-03-02 13:00")]
    time.passes(hours=1.5)
    with transaction() as db:
        assert timers.stop_many(db, cases, Stage.DISPATCH, clock.now()) == 0
        assert timers.stop_many(db, cases[:499], Stage.TRIAGE, clock.now()) == 499
        judged = dict(db.execute(select(Timer.overdue, func.count()).group_by(Timer.overdue)).all())
        assert judged == {True: 167, False: 332, None: 1}
        assert db.scalar(select(func.count()).where(TimerSegment.until.is_(None))) == 1


def test_turning_several_stages_is_one_look(case_id: uuid.UUID) -> None:
    for stage in (Stage.SIGN, Stage.HANDLE, Stage.SUPERVISE):
        begin(case_id, stage=stage)
    with transaction() as db:
        changed = timers.turn(db, case_id, clock.now(), stops=(Stage.SIGN, Stage.CHECK), pauses=(Stage.HANDLE,),
                              resumes=(Stage.SUPERVISE,))
        assert {timer.stage: timer.state for timer in changed} == {
            Stage.SIGN: TimerState.STOPPED, Stage.HANDLE: TimerState.PAUSED}
        assert [timer.stage for timer in timers.running(db, case_id)] == [Stage.SUPERVISE, Stage.HANDLE]
        assert len(timers.stop_all(db, case_id, clock.now())) == 2
        assert timers.running(db, case_id) == []


def test_the_next_due_time_is_that_of_the_running_timers(case_id: uuid.UUID) -> None:
    begin(case_id)
    begin(case_id, URGENT, Stage.SIGN)
    with transaction() as db:
        assert timers.next_due(db, case_id) == city("2026-03-02 12:00")
        timers.pause(db, case_id, Stage.SIGN, clock.now())
        assert timers.next_due(db, case_id) == city("2026-03-03 10:00")
        timers.stop_all(db, case_id, clock.now())
        assert timers.next_due(db, case_id) is None


def test_an_upheld_return_gives_its_time_back(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, URGENT)
    time.passes(hours=1)
    assert shares(sweep()) == [50]
    returned_at = time.passes(minutes=0)
    time.passes(hours=3)
    assert shares(sweep()) == [150]
    assert the(timer_id).overdue is True
    with transaction() as db:
        timer = timers.running(db, case_id)[0]
        timers.give_back(db, timer, returned_at, clock.now())
        assert (timer.overdue, timer.due_at) == (None, city("2026-03-02 15:00"))
    assert states(timer_id) == [SpanState.RUNNING, SpanState.GIVEN_BACK, SpanState.RUNNING]
    time.passes(minutes=36)
    assert [(alarm.share, alarm.limit_round) for alarm in sweep()] == [(80, 2)]


def test_giving_back_corrects_the_judgement_of_a_stopped_timer(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, URGENT)
    since, until = time.passes(hours=1), time.passes(hours=5)
    with transaction() as db:
        stopped = timers.stop(db, case_id, Stage.HANDLE, clock.now())
        assert stopped is not None
        assert stopped.overdue is True
        timers.give_back(db, stopped, since, until)
    timer = the(timer_id)
    assert (timer.overdue, timer.state, timer.next_alarm_at) == (False, TimerState.STOPPED, None)
    time.passes(days=1)
    assert sweep() == []


def test_an_extension_warns_again_of_the_new_time(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, URGENT)
    time.passes(hours=1, minutes=36)
    assert shares(sweep()) == [80]
    with transaction() as db:
        timers.extend(db, timers.running(db, case_id)[0], 2, clock.now())
    timer = the(timer_id)
    assert (timer.limit, timer.limit_value) == (Limit(4, Unit.URGENT_HOUR), 2)
    assert timer.due_at == city("2026-03-02 14:00")
    time.is_now("2026-03-02 12:00")
    assert [(alarm.share, alarm.limit_round, alarm.late) for alarm in sweep()] == [(50, 2, False)]


def test_a_clock_that_lags_behind_ends_nothing_before_it_began(case_id: uuid.UUID, time: SetClock) -> None:
    handle, check = begin(case_id), begin(case_id, stage=Stage.CHECK)
    earlier = time.passes(minutes=-1)
    with transaction() as db:
        timers.pause(db, case_id, Stage.HANDLE, earlier)
        timers.stop(db, case_id, Stage.HANDLE, earlier)
        timers.stop_many(db, [case_id], Stage.CHECK, earlier)
        assert db.scalar(select(func.count()).where(TimerSegment.until < TimerSegment.since)) == 0
    assert the(handle).stopped_at == the(check).stopped_at == city("2026-03-02 10:00")
    assert the(handle).overdue is the(check).overdue is False


def test_the_lag_is_how_long_the_oldest_alarm_waits(case_id: uuid.UUID, time: SetClock) -> None:
    with reading() as db:
        assert timers.overdue_sweep_lag(db) == 0
    begin(case_id, URGENT)
    with reading() as db:
        assert timers.overdue_sweep_lag(db) == 0
        time.passes(hours=1, seconds=90)
        assert timers.overdue_sweep_lag(db) == 90
    sweep()
    with reading() as db:
        assert timers.overdue_sweep_lag(db) == 0


def test_a_sweep_takes_the_oldest_first_and_no_more_than_its_batch(store: str, time: SetClock) -> None:
    time.is_now(f"{MONDAY} 10:00")
    with transaction() as db:
        cases = bare_cases(db, 30)
        timers.start_many(db, [Start(case_id, Stage.TRIAGE, Limit(30 - number, Unit.URGENT_HOUR), clock.now())
                               for number, case_id in enumerate(cases)])
    time.passes(days=3)
    first, second, third = sweep(20), sweep(20), sweep(20)
    assert [alarm.case_id for alarm in first + second] == cases[::-1]
    assert (len(first), len(second), third) == (20, 10, [])


def test_sweeps_side_by_side_raise_each_alarm_once(store: str, time: SetClock) -> None:
    time.is_now(f"{MONDAY} 10:00")
    with transaction() as db:
        timers.start_many(db, [Start(case_id, Stage.TRIAGE, URGENT, clock.now()) for case_id in bare_cases(db, 400)])
    time.passes(hours=1)
    raised: list[Alarm] = []
    ready = threading.Barrier(4)

    def run() -> None:
        ready.wait()
        while True:
            with transaction() as db:
                alarms = timers.sweep(db, 25)
                left = db.scalar(select(func.count()).where(Timer.next_alarm_at <= clock.now()))
            raised.extend(alarms)
            if not left:
                return
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(alarm.share for alarm in raised) == {50: 400}
    assert len({alarm.timer_id for alarm in raised}) == 400
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Event)) == 400


def test_a_sweep_that_fails_raises_its_alarms_the_next_time(case_id: uuid.UUID, time: SetClock) -> None:
    begin(case_id, URGENT)
    time.passes(hours=1)
    with pytest.raises(RuntimeError), transaction() as db:
        assert shares(timers.sweep(db)) == [50]
        raise RuntimeError
    assert shares(sweep()) == [50]


@pytest.fixture
def _crowd(store: str, time: SetClock) -> None:
    """Three thousand timers, so that a database thinks before it reads the whole table."""
    with transaction() as db:
        calendar.load(db)
        timers.start_many(db, [Start(case_id, Stage.HANDLE, WORK_HOURS, clock.now()) for case_id in bare_cases(db, 3000)])
    analyze()


@pytest.mark.usefixtures("_crowd")
def test_the_sweep_reads_only_what_is_due(store: str) -> None:
    with heard() as asked:
        sweep()
        with reading() as db:
            timers.overdue_sweep_lag(db)
    found = plans(store, asked, "ORDER BY timers.next_alarm_at")
    assert ["ix_timers_alarm" in plan for plan in found] == [True, True], found


def test_a_timer_needs_a_case(store: str) -> None:
    with pytest.raises(IntegrityError), transaction() as db:
        timers.start(db, case_id=uuid.uuid4(), stage=Stage.HANDLE, limit=URGENT, at=clock.now())


def test_segments_belong_to_a_timer(store: str) -> None:
    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(insert(TimerSegment), [{"timer_id": uuid.uuid4(), "state": SpanState.RUNNING, "since": clock.now(),
                                           "policy_version": "x"}])
