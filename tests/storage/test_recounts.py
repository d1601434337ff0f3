"""Clocks whose limit or calendar changes on the way: what was used is carried over, and no judgement is made twice."""
import uuid
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casework import clock
from casework.sla import calendar, recounts, timers
from casework.sla.deadlines import SpanState
from casework.sla.limits import Limit, Stage, Unit
from casework.sla.recounts import Recount
from casework.sla.timers import Alarm, Timer, TimerState
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.storage.bare_cases import bare_cases

HOURS, URGENT, DAYS = Unit.WORK_HOUR, Unit.URGENT_HOUR, Unit.WORK_DAY
R, P = SpanState.RUNNING, SpanState.PAUSED


@pytest.fixture
def case_id(store: str, time: SetClock) -> uuid.UUID:
    """A case, on a Monday at eight."""
    time.is_now("2026-03-02 08:00")
    with transaction() as db:
        return bare_cases(db, 1)[0]


def begin(case_id: uuid.UUID, limit: Limit) -> uuid.UUID:
    with transaction() as db:
        return timers.start(db, case_id=case_id, stage=Stage.HANDLE, limit=limit, at=clock.now()).id


def recount(timer_id: uuid.UUID, limit: Limit) -> list[Recount]:
    with transaction() as db:
        return recounts.recount(db, [(db.get_one(Timer, timer_id), limit)], clock.now())


def the(timer_id: uuid.UUID) -> Timer:
    with reading() as db:
        return db.get_one(Timer, timer_id)


def due(timer_id: uuid.UUID) -> str | None:
    at = the(timer_id).due_at
    return at.astimezone(clock.CITY).strftime("%Y-%m-%d %H:%M") if at else None


def turn(case_id: uuid.UUID, **stages: tuple[Stage, ...]) -> None:
    with transaction() as db:
        timers.turn(db, case_id, clock.now(), **stages)


def sweep() -> list[tuple[int, bool, tuple[int, ...]]]:
    with transaction() as db:
        return [(alarm.share, alarm.late, alarm.missed) for alarm in timers.sweep(db)]


def alarms() -> list[Alarm]:
    with transaction() as db:
        return timers.sweep(db)


def stretches(timer_id: uuid.UUID) -> list[tuple[SpanState, float | None, str]]:
    with reading() as db:
        found = timers.segments(db, timer_id)
        assert all(left.until == right.since for left, right in pairwise(found))
        return [(one.state, one.limit_value, one.policy_version) for one in found]


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY).astimezone(UTC)


def test_time_of_the_same_unit_is_carried_over_as_it_is(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(8, HOURS))
    time.is_now("2026-03-02 11:00")
    (done,) = recount(timer_id, Limit(4, HOURS))
    assert (done.limit, done.due_at) == (Limit(8, HOURS), city("2026-03-02 18:00"))
    assert due(timer_id) == "2026-03-02 12:00"
    time.is_now("2026-03-02 11:30")
    recount(timer_id, Limit(16, HOURS))
    assert due(timer_id) == "2026-03-03 18:00"
    assert [(state, limit) for state, limit, _ in stretches(timer_id)] == [(R, 8), (R, 4), (R, None)]


def test_time_of_another_unit_is_carried_over_as_the_same_share_of_the_limit(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(4, URGENT))
    time.is_now("2026-03-02 11:00")  # three of four hours
    assert sweep() == [(50, True, ())]
    recount(timer_id, Limit(4, DAYS))
    assert due(timer_id) == "2026-03-03 11:00"
    assert (the(timer_id).next_alarm_share, the(timer_id).limit_round) == (80, 2)


def test_nothing_falls_due_before_the_change_and_what_is_used_up_by_it_is_due_at_it(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(8, HOURS))
    time.is_now("2026-03-02 12:00")
    assert sweep() == [(50, False, ())]
    time.is_now("2026-03-02 15:30")
    recount(timer_id, Limit(2, HOURS))
    assert due(timer_id) == "2026-03-02 15:30"
    assert the(timer_id).overdue is None
    assert sweep() == [(150, False, ())]  # 80 and 100 were reached by the change, at this very moment: nothing held them up
    assert the(timer_id).overdue is None
    with transaction() as db:
        assert timers.stop(db, case_id, Stage.HANDLE, clock.now()).overdue is False  # whoever is done by now is in time


def test_what_is_judged_or_over_stays_as_it_is(case_id: uuid.UUID, time: SetClock) -> None:
    swept = begin(case_id, Limit(2, HOURS))
    time.is_now("2026-03-02 10:30")
    assert recount(swept, Limit(8, DAYS)) == []  # over, and no sweep came by yet
    sweep()
    assert the(swept).overdue is True
    assert recount(swept, Limit(8, DAYS)) == []
    turn(case_id, stops=(Stage.HANDLE,))
    assert recount(swept, Limit(1, HOURS)) == []
    assert (due(swept), the(swept).limit_value) == ("2026-03-02 10:00", 2)


def test_exactly_at_its_due_time_a_clock_may_still_be_given_another_limit(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(2, HOURS))
    time.is_now("2026-03-02 10:00")
    recount(timer_id, Limit(4, HOURS))
    assert due(timer_id) == "2026-03-02 12:00"


def test_a_clock_that_stands_still_is_recounted_and_goes_on_under_the_new_limit(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(8, HOURS))
    time.is_now("2026-03-02 12:00")  # half of it
    assert sweep() == [(50, False, ())]
    turn(case_id, pauses=(Stage.HANDLE,))
    time.is_now("2026-03-03 09:00")
    recount(timer_id, Limit(2, DAYS))
    timer = the(timer_id)
    assert (timer.state, timer.due_at, timer.next_alarm_at, timer.next_alarm_share) == (TimerState.PAUSED, None, None, 80)
    assert [state for state, _, _ in stretches(timer_id)] == [R, P, P]
    time.is_now("2026-03-04 08:00")
    assert sweep() == []
    turn(case_id, resumes=(Stage.HANDLE,))
    assert due(timer_id) == "2026-03-04 18:00"


def test_what_is_used_up_while_it_stands_still_is_due_when_it_goes_on(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(8, HOURS))
    time.is_now("2026-03-02 12:00")
    turn(case_id, pauses=(Stage.HANDLE,))
    recount(timer_id, Limit(1, HOURS))
    assert due(timer_id) is None
    time.is_now("2026-03-05 09:00")
    turn(case_id, resumes=(Stage.HANDLE,))
    assert due(timer_id) == "2026-03-05 09:00"


def test_repeated_it_changes_nothing(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(8, HOURS))
    time.is_now("2026-03-02 11:00")
    assert len(recount(timer_id, Limit(4, HOURS))) == 1
    before = stretches(timer_id)
    time.is_now("2026-03-02 11:20")
    assert recount(timer_id, Limit(4, HOURS)) == []
    assert stretches(timer_id) == before


def test_extensions_go_with_the_limit_because_each_was_one_original_limit(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(4, HOURS))
    with transaction() as db:
        timers.extend(db, db.get_one(Timer, timer_id), 4, clock.now())
    time.is_now("2026-03-02 11:00")
    recount(timer_id, Limit(1, DAYS))
    assert (the(timer_id).extra_value, the(timer_id).limit) == (1, Limit(2, DAYS))
    # Three of eight hours are three quarters of a day of two.
    assert due(timer_id) == "2026-03-03 15:00"


def test_more_time_warns_anew_and_less_time_only_of_what_was_not_warned_of(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(4, URGENT))
    time.is_now("2026-03-02 10:00")
    assert sweep() == [(50, False, ())]
    recount(timer_id, Limit(8, URGENT))  # a quarter is used now
    time.is_now("2026-03-02 12:00")
    (alarm,) = alarms()
    assert (alarm.share, alarm.limit_round) == (50, 2)
    recount(timer_id, Limit(7, URGENT))
    time.is_now("2026-03-02 13:36")
    (alarm,) = alarms()
    assert (alarm.share, alarm.limit_round, alarm.late) == (80, 2, False)


def test_what_ran_before_a_change_can_still_be_given_back(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(4, URGENT))
    time.is_now("2026-03-02 10:00")
    recount(timer_id, Limit(2, DAYS))
    time.is_now("2026-03-02 12:00")
    with transaction() as db:
        timers.give_back(db, db.get_one(Timer, timer_id), city("2026-03-02 08:00"), city("2026-03-02 09:00"))
    # Half a day of the two was used by the hour that still counts, and a quarter of a day since.
    assert due(timer_id) == "2026-03-03 16:00"
    assert [(state, limit) for state, limit, _ in stretches(timer_id)] == [
        (SpanState.GIVEN_BACK, 4), (R, 4), (R, None)]


def test_a_calendar_that_is_corrected_counts_for_what_has_passed_too(case_id: uuid.UUID, time: SetClock) -> None:
    timer_id = begin(case_id, Limit(3, DAYS))
    assert due(timer_id) == "2026-03-04 18:00"
    time.is_now("2026-03-03 10:00")
    with transaction() as db:
        calendar.import_days(db, 2026, [{"date": "2026-03-02", "isOffDay": True, "name": "演练"}], "test")
    assert len(recount(timer_id, Limit(3, DAYS))) == 1
    assert due(timer_id) == "2026-03-05 18:00"
    assert recount(timer_id, Limit(3, DAYS)) == []


def test_days_that_become_work_days_let_nothing_fall_due_before_that_was_said(case_id: uuid.UUID, time: SetClock) -> None:
    time.is_now("2026-03-06 08:00")
    timer_id = begin(case_id, Limit(3, DAYS))
    time.is_now("2026-03-09 10:00")
    with transaction() as db:
        worked = [{"date": day, "isOffDay": False, "name": "演练"} for day in ("2026-03-07", "2026-03-08")]
        calendar.import_days(db, 2026, worked, "test")
        assert calendar.load(db).is_work(date(2026, 3, 7))
    recount(timer_id, Limit(3, DAYS))
    assert due(timer_id) == "2026-03-09 10:00"
    assert the(timer_id).overdue is None


limits = st.builds(Limit, st.sampled_from([0.5, 1, 2, 4, 8, 15]), st.sampled_from(Unit))


@given(st.lists(st.tuples(st.integers(1, 4000), limits), min_size=1, max_size=4), limits)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_often_the_limit_changes_no_due_time_lies_before_a_change_and_the_whole_limit_is_used_at_it(
        sqlite: str, monkeypatch: pytest.MonkeyPatch, changes: list[tuple[int, Limit]], first: Limit) -> None:
    time = SetClock()
    monkeypatch.setattr(clock, "datetime", time)
    with transaction() as db:
        case_id = bare_cases(db, 1)[0]
    timer_id = begin(case_id, first)
    for minutes, limit in changes:
        at = time.passes(minutes=minutes)
        before = the(timer_id)
        done = recount(timer_id, limit)
        after = the(timer_id)
        if before.due_at < at:
            assert done == []
            assert after.due_at == before.due_at
        elif done:
            assert after.due_at >= at
            with reading() as db:
                days, spans = calendar.load(db), timers.spans(db, [after])[timer_id]
            assert timers.deadlines.remaining(days, after.limit, spans, after.due_at) <= 1e-5
        assert recount(timer_id, the(timer_id).original) == []
