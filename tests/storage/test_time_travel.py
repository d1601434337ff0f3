"""Lives of cases through odd days: holiday weeks, make-up days, leap day, year end, midnight, other office hours, outages."""
import uuid
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.cases.report import Receipt
from casework.sla import calendar, explaining, timers
from casework.sla.deadlines import Span, SpanState
from casework.sla.explaining import Facts, Told
from casework.sla.limits import Limit, Stage, Unit
from casework.sla.timers import Timer
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.bare_cases import bare_cases
from tests.storage.city import City
from tests.storage.test_recounting import follow


@pytest.fixture
def year(city: City) -> City:
    """The city with the holidays that were announced."""
    with transaction() as db:
        calendar.seed(db)
    return city


def dispatched(city: City, **facts: object) -> Receipt:
    """A lamp, unless told otherwise: two work days."""
    receipt = city.receives(**({"claimed_category": "10105"} | facts))
    city.triages(receipt)
    city.dispatches()
    return receipt


def handling(city: City, receipt: Receipt) -> Timer:
    with reading() as db:
        return db.scalars(select(Timer).where(Timer.case_id == city.case(receipt).id, Timer.stage == Stage.HANDLE)).one()


def local(at: datetime | None) -> str | None:
    return at.astimezone(clock.CITY).strftime("%m-%d %H:%M") if at else None


def alarms(time: SetClock, until: str, stage: Stage = Stage.HANDLE) -> list[tuple[int, str | None]]:
    """Which shares of this stage were told of, and when; the sweep is never late."""
    end, told = datetime.fromisoformat(until).replace(tzinfo=clock.CITY), []
    while True:
        with reading() as db:
            following = db.scalar(select(func.min(Timer.next_alarm_at)))
        if following is None or following > end:
            return told
        time.moment = max(following, time.moment)
        with transaction() as db:
            raised = [one for one in timers.sweep(db) if one.stage is stage]
        assert not any(one.late for one in raised)
        told += [(one.share, local(time.moment)) for one in raised]


def test_nobody_is_warned_in_the_spring_festival_and_the_make_up_saturday_counts(year: City, time: SetClock) -> None:
    time.is_now("2026-02-13 16:00")
    receipt = dispatched(year)
    assert local(handling(year, receipt).due_at) == "02-24 16:00"
    assert alarms(time, "2026-02-25 10:00") == [
        (50, "02-14 16:00"), (80, "02-24 10:48"), (100, "02-24 16:00")]


def test_national_day_week_stands_still_between_two_make_up_days(year: City, time: SetClock) -> None:
    time.is_now("2026-09-30 16:00")
    receipt = dispatched(year)
    assert local(handling(year, receipt).due_at) == "10-09 16:00"
    time.is_now("2026-10-09 16:00")
    late = dispatched(year, place=at_grid(1))  # two work days from a Friday: the Saturday is worked, the Sunday is not
    assert local(handling(year, late).due_at) == "10-12 16:00"


def test_urgent_matters_know_no_holiday(year: City, time: SetClock) -> None:
    time.is_now("2026-02-16 23:30")  # the eve of the year of the horse
    receipt = dispatched(year, claimed_category="10101")
    assert local(handling(year, receipt).due_at) == "02-17 01:30"


@pytest.mark.parametrize(("start", "category", "expected"), [
    ("2028-02-28 10:00", "10105", "03-01 10:00"),  # Monday; the leap day is a Tuesday like any other
    ("2028-02-25 16:00", "10105", "02-29 16:00"),  # Friday
    ("2027-02-26 10:00", "10105", "03-02 10:00"),  # and a year without one
    ("2028-02-28 00:00", "10105", "02-29 18:00"),  # midnight belongs to the day that it begins
    ("2028-02-28 23:59", "10101", "02-29 01:59")])
def test_a_leap_day_counts_like_any_other(city: City, time: SetClock, start: str, category: str, expected: str) -> None:
    time.is_now(start)
    assert local(handling(city, dispatched(city, claimed_category=category)).due_at) == expected


def test_a_request_of_seven_days_runs_over_a_leap_day_by_the_calendar_on_the_wall(city: City, time: SetClock) -> None:
    time.is_now("2028-02-26 10:00")
    assert local(handling(city, dispatched(city, claimed_category="301")).due_at) == "03-04 10:00"


def test_the_last_day_of_the_year_leads_into_a_make_up_sunday(year: City, time: SetClock) -> None:
    time.is_now("2025-12-31 16:00")  # 1 to 3 January are off, and the 4th, a Sunday, is worked
    assert local(handling(year, dispatched(year)).due_at) == "01-05 16:00"


def test_a_year_nobody_has_announced_is_plain_weeks_says_so_and_is_put_right_later(year: City, time: SetClock) -> None:
    time.is_now("2026-12-30 16:00")
    receipt = dispatched(year)
    timer = handling(year, receipt)
    assert local(timer.due_at) == "01-01 16:00"
    with reading() as db:
        days = calendar.load(db)
        told = Facts(stage=Stage.HANDLE, limit=timer.original, extra=0, due_at=timer.due_at,
                     stretches=[Told(Span(SpanState.RUNNING, timer.started_at), "2026.1")])
        assert "2027年放假安排尚未载入" in explaining.sentence(days, told, clock.now())
    time.is_now("2026-12-31 09:00")
    with transaction() as db:
        off = [{"date": f"2027-01-0{day}", "isOffDay": True, "name": "元旦"} for day in (1, 2, 3)]
        calendar.import_days(db, 2027, off, "国务院办公厅")
    follow()
    assert local(handling(year, receipt).due_at) == "01-04 16:00"
    assert alarms(time, "2027-01-05 10:00") == [
        (50, "12-31 16:00"), (80, "01-04 10:48"), (100, "01-04 16:00")]


def test_new_office_hours_hold_for_clocks_that_run_from_their_first_day_on(city: City, time: SetClock) -> None:
    time.is_now("2026-05-28 16:00")  # Thursday
    receipt = dispatched(city)
    assert local(handling(city, receipt).due_at) == "06-01 16:00"
    with transaction() as db:
        calendar.set_office_hours(db, date(2026, 6, 1), [("08:00", "12:00"), ("15:00", "18:00")])
    follow()
    # Three quarters of a day of seven hours: four hours of the morning, an hour and a quarter of the afternoon.
    assert local(handling(city, receipt).due_at) == "06-01 16:15"


def test_an_outage_across_a_pause_raises_once_late_and_counts_only_what_ran(store: str, time: SetClock) -> None:
    time.is_now("2026-03-02 08:00")
    with transaction() as db:
        case_id = bare_cases(db, 1)[0]
        timers.start(db, case_id=case_id, stage=Stage.HANDLE, limit=Limit(4, Unit.URGENT_HOUR), at=clock.now())
    for moment, move in (("2026-03-02 10:30", timers.pause), ("2026-03-02 13:00", timers.resume)):
        time.is_now(moment)
        with transaction() as db:
            move(db, case_id, Stage.HANDLE, clock.now())
    time.is_now("2026-03-02 14:00")  # nobody swept since 08:00; three and a half of four hours are used
    with transaction() as db:
        assert [(one.share, one.late, one.missed) for one in timers.sweep(db)] == [(80, True, (50,))]
        assert timers.sweep(db) == []
    time.is_now("2026-03-02 14:30")
    with transaction() as db:
        assert [(one.share, one.late, one.missed) for one in timers.sweep(db)] == [(100, False, ())]


def test_what_an_outage_held_up_and_a_pause_follows_waits_for_the_pause_to_end(store: str, time: SetClock) -> None:
    time.is_now("2026-03-02 08:00")
    with transaction() as db:
        case_id: uuid.UUID = bare_cases(db, 1)[0]
        timers.start(db, case_id=case_id, stage=Stage.HANDLE, limit=Limit(4, Unit.URGENT_HOUR), at=clock.now())
    time.is_now("2026-03-02 10:30")
    with transaction() as db:
        timers.pause(db, case_id, Stage.HANDLE, clock.now())
    time.is_now("2026-03-09 10:30")
    with transaction() as db:
        assert timers.sweep(db) == []
        assert timers.overdue_sweep_lag(db) == 0
        timers.resume(db, case_id, Stage.HANDLE, clock.now())
        assert [(one.share, one.late) for one in timers.sweep(db)] == [(50, True)]
