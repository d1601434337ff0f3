"""The working calendar as pure arithmetic: days off, make-up days, office hours and the sums over them."""
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import clock
from casework.sla.calendar import Calendar
from casework.sla.limits import Unit

SPRING_FESTIVAL = {date(2026, 2, day): False for day in range(15, 24)} | {date(2026, 2, 14): True, date(2026, 2, 28): True}
CALENDAR = Calendar(SPRING_FESTIVAL, {2026})
SHORT_SUMMER = Calendar(hours={date(2026, 6, 1): ((450, 690), (900, 1080)), date(2026, 9, 1): ((480, 720), (840, 1080))})
HOUR = 3_600_000_000


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY).astimezone(UTC)


def test_weekdays_are_worked_and_weekends_are_not_where_nothing_else_is_known() -> None:
    week = [CALENDAR.is_work(date(2031, 6, day)) for day in range(2, 9)]  # 2 June 2031 is a Monday
    assert week == [True] * 5 + [False] * 2


def test_a_holiday_is_off_and_a_make_up_saturday_is_worked() -> None:
    assert not CALENDAR.is_work(date(2026, 2, 17))  # Tuesday, first day of the year of the horse
    assert CALENDAR.is_work(date(2026, 2, 14))
    assert CALENDAR.is_work(date(2026, 2, 28))
    assert CALENDAR.hours(date(2026, 2, 14)) == ((480, 720), (840, 1080))
    assert CALENDAR.hours(date(2026, 2, 17)) == ()


def test_exceptional_days_are_known_by_the_name_of_their_holiday() -> None:
    named = Calendar({date(2026, 2, 14): True, date(2026, 2, 17): False, date(2026, 2, 21): False},
                     names={date(2026, 2, 14): "春节", date(2026, 2, 17): "春节", date(2026, 2, 21): "春节"})
    odd = {day: named.is_exception(date(2026, 2, day)) for day in (13, 14, 15, 17, 21)}
    assert odd == {13: False, 14: True, 15: False, 17: True, 21: False}  # the 21st is a Saturday anyway
    assert (named.name(date(2026, 2, 14)), named.name(date(2026, 2, 21)), named.name(date(2026, 2, 13))) == ("春节", "春节", "")


def test_work_days_are_counted_with_both_ends() -> None:
    assert CALENDAR.work_days(date(2026, 2, 9), date(2026, 2, 28)) == 5 + 1 + 4 + 1
    assert CALENDAR.work_days(date(2026, 2, 15), date(2026, 2, 23)) == 0


@pytest.mark.parametrize(("moment", "hours"), [
    ("2026-03-02 00:00", 0), ("2026-03-02 08:00", 0), ("2026-03-02 09:30", 1.5), ("2026-03-02 12:00", 4),
    ("2026-03-02 13:59", 4), ("2026-03-02 18:00", 8), ("2026-03-02 23:59:59.999999", 8), ("2026-03-03 00:00", 8)])
def test_office_time_passes_only_while_offices_are_open(moment: str, hours: float) -> None:
    begin = CALENDAR.measure(Unit.WORK_HOUR, city("2026-03-02 00:00"))
    assert CALENDAR.measure(Unit.WORK_HOUR, city(moment)) - begin == hours * HOUR


def test_the_zone_a_moment_is_written_in_does_not_matter() -> None:
    moment = city("2026-03-02 00:30")
    assert moment.date() == date(2026, 3, 1)
    assert CALENDAR.measure(Unit.WORK_DAY, moment) == CALENDAR.measure(Unit.WORK_DAY, moment.astimezone(clock.CITY))
    assert CALENDAR.reach(Unit.WORK_HOUR, CALENDAR.measure(Unit.WORK_HOUR, moment) + 1).tzinfo is UTC


def test_new_office_hours_hold_from_their_date_until_the_next() -> None:
    assert SHORT_SUMMER.hours(date(2026, 5, 29)) == ((480, 720), (840, 1080))
    assert SHORT_SUMMER.hours(date(2026, 6, 1)) == ((450, 690), (900, 1080))
    assert SHORT_SUMMER.hours(date(2026, 9, 1)) == ((480, 720), (840, 1080))


def test_a_work_day_is_one_day_however_long_its_hours_are() -> None:
    day = 8 * HOUR
    for first in (date(2026, 5, 28), date(2026, 6, 2)):
        begin, end = (CALENDAR.measure(Unit.URGENT_HOUR, city(f"{first + timedelta(days)} 00:00")) for days in (0, 1))
        assert end - begin == 24 * HOUR
        begin, end = (SHORT_SUMMER.measure(Unit.WORK_DAY, city(f"{first + timedelta(days)} 00:00")) for days in (0, 1))
        assert end - begin == day


@pytest.mark.parametrize("moment", ["1999-12-31 12:00", "2100-01-01 12:00"])
def test_a_moment_outside_the_calendar_is_refused(moment: str) -> None:
    with pytest.raises(ValueError, match="covers 2000 to 2099"):
        CALENDAR.measure(Unit.WORK_DAY, city(moment))


@pytest.mark.parametrize("unit", [Unit.WORK_DAY, Unit.WORK_HOUR])
def test_what_would_lie_beyond_the_calendar_is_refused(unit: Unit) -> None:
    with pytest.raises(ValueError, match="ends with 2099"):
        CALENDAR.reach(unit, CALENDAR.measure(unit, city("2099-12-31 23:00")) + 1)


moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside it


@given(st.sampled_from([CALENDAR, SHORT_SUMMER]), st.sampled_from(Unit), moments, moments)
def test_time_never_runs_backwards(calendar: Calendar, unit: Unit, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    passed = calendar.measure(unit, later) - calendar.measure(unit, earlier)
    assert 0 <= passed <= (later - earlier) / timedelta(microseconds=1) * 8 / 7 + 1  # 7 hours are a whole work day in summer


@given(st.sampled_from([CALENDAR, SHORT_SUMMER]), st.sampled_from(Unit), moments)
def test_reach_finds_the_earliest_moment_of_what_measure_counts(calendar: Calendar, unit: Unit, moment: datetime) -> None:
    amount = calendar.measure(unit, moment)
    reached = calendar.reach(unit, amount)
    assert reached <= moment
    assert calendar.measure(unit, reached) == amount
    assert calendar.measure(unit, reached - timedelta(microseconds=1)) < amount


@given(moments, moments)
def test_sums_agree_with_counting_day_by_day(one: datetime, other: datetime) -> None:
    first, last = sorted((one.date(), other.date()))
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    assert CALENDAR.work_days(first, last) == sum(CALENDAR.is_work(day) for day in days)
