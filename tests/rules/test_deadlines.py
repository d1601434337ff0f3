"""Due times: the calendar's odd days by example, and the laws of the arithmetic on random clocks."""
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import clock
from casework.sla import deadlines
from casework.sla.calendar import Calendar
from casework.sla.deadlines import Span, SpanState, due_at, moment_at, remaining, used, worth
from casework.sla.limits import Limit, Unit

R, P, G = SpanState.RUNNING, SpanState.PAUSED, SpanState.GIVEN_BACK
SPRING_FESTIVAL = {date(2026, 2, day): False for day in range(15, 24)} | {date(2026, 2, 14): True, date(2026, 2, 28): True}
NEW_YEAR = {date(2026, 1, day): False for day in (1, 2, 3)} | {date(2026, 1, 4): True}
CALENDAR = Calendar(SPRING_FESTIVAL | NEW_YEAR, {2026})
WORK_DAY, WORK_HOUR, URGENT_HOUR, NATURAL_DAY = Unit.WORK_DAY, Unit.WORK_HOUR, Unit.URGENT_HOUR, Unit.NATURAL_DAY
TICK = timedelta(microseconds=1)


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY).astimezone(UTC)


def due(start: str, value: float, unit: Unit) -> str:
    moment = due_at(CALENDAR, Limit(value, unit), [Span(R, city(start))])
    assert moment is not None
    return moment.astimezone(clock.CITY).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(("start", "value", "unit", "expected"), [
    ("2026-03-02 10:00", 4, WORK_HOUR, "2026-03-02 16:00"),     # the noon break does not count
    ("2026-03-02 08:00", 4, WORK_HOUR, "2026-03-02 12:00"),     # due at closing time, not at the next opening
    ("2026-03-02 12:30", 4, WORK_HOUR, "2026-03-02 18:00"),     # started in the break: counts from 14:00
    ("2026-03-02 16:00", 4, WORK_HOUR, "2026-03-03 10:00"),     # over night
    ("2026-03-06 16:00", 1, WORK_DAY, "2026-03-09 16:00"),      # over the weekend, same time of day
    ("2026-03-06 20:00", 1, WORK_DAY, "2026-03-09 18:00"),      # after hours: the whole next work day
    ("2026-03-07 03:00", 2, WORK_DAY, "2026-03-10 18:00"),      # on a Saturday
    ("2026-03-06 16:00", 1, NATURAL_DAY, "2026-03-07 16:00"),
    ("2026-03-06 23:30", 2, URGENT_HOUR, "2026-03-07 01:30"),   # over midnight
    ("2026-03-06 23:59", 0.5, URGENT_HOUR, "2026-03-07 00:29"),
    ("2026-02-13 16:00", 1, WORK_DAY, "2026-02-14 16:00"),      # a make-up Saturday is a work day
    ("2026-02-14 16:00", 1, WORK_DAY, "2026-02-24 16:00"),      # the nine days of Spring Festival are not
    ("2026-02-13 16:00", 5, WORK_DAY, "2026-02-27 16:00"),
    ("2026-02-13 16:00", 7, WORK_DAY, "2026-03-02 16:00"),      # the other make-up Saturday
    ("2026-02-17 10:00", 4, WORK_HOUR, "2026-02-24 12:00"),     # reported in the holiday
    ("2026-02-17 10:00", 4, URGENT_HOUR, "2026-02-17 14:00"),   # but an open manhole does not wait
    ("2025-12-31 16:00", 1, WORK_DAY, "2026-01-04 16:00"),      # year end; 4 January is a make-up Sunday
    ("2025-12-31 16:00", 2, WORK_DAY, "2026-01-05 16:00"),
    ("2025-12-31 23:00", 2, URGENT_HOUR, "2026-01-01 01:00"),
    ("2028-02-28 10:00", 1, WORK_DAY, "2028-02-29 10:00"),      # a leap day that is a Tuesday
    ("2028-02-28 10:00", 2, NATURAL_DAY, "2028-03-01 10:00"),
    ("2027-02-26 10:00", 1, WORK_DAY, "2027-03-01 10:00"),      # and a year without one
    ("2026-03-02 00:00", 1, WORK_DAY, "2026-03-02 18:00"),      # midnight belongs to the day it begins
    ("2026-03-02 10:00", 15, WORK_DAY, "2026-03-23 10:00"),
])
def test_due_times_by_example(start: str, value: float, unit: Unit, expected: str) -> None:
    assert due(start, value, unit) == expected


def test_a_pause_moves_the_due_time_by_the_office_time_it_took() -> None:
    limit = Limit(8, WORK_HOUR)
    spans = [Span(R, city("2026-03-02 10:00"), city("2026-03-02 12:00")),
             Span(P, city("2026-03-02 12:00"), city("2026-03-05 09:00")), Span(R, city("2026-03-05 09:00"))]
    assert due_at(CALENDAR, limit, spans) == city("2026-03-05 17:00")
    assert used(CALENDAR, WORK_HOUR, spans, city("2026-03-05 10:00")) == 3 * 3600
    assert remaining(CALENDAR, limit, spans, city("2026-03-05 10:00")) == 5 * 3600
    assert remaining(CALENDAR, limit, spans, city("2026-03-06 10:00")) == -3 * 3600


def test_nothing_is_due_while_paused_with_something_left() -> None:
    spans = [Span(R, city("2026-03-02 10:00"), city("2026-03-02 12:00")), Span(P, city("2026-03-02 12:00"))]
    limit = Limit(8, WORK_HOUR)
    assert due_at(CALENDAR, limit, spans) is None
    assert deadlines.alarms(CALENDAR, limit, spans, (20, 50, 100)) == [(20, city("2026-03-02 11:36"))]
    assert not deadlines.is_late(CALENDAR, limit, spans, city("2027-03-02 12:00"))


def test_a_pause_after_the_limit_was_used_up_does_not_undo_it() -> None:
    spans = [Span(R, city("2026-03-02 10:00"), city("2026-03-03 10:00")), Span(P, city("2026-03-03 10:00"))]
    limit = Limit(4, WORK_HOUR)
    assert due_at(CALENDAR, limit, spans) == city("2026-03-02 16:00")
    assert deadlines.is_late(CALENDAR, limit, spans, city("2026-03-03 10:00"))


def test_exactly_at_the_due_time_is_in_time() -> None:
    spans, limit = [Span(R, city("2026-03-02 10:00"))], Limit(4, WORK_HOUR)
    assert not deadlines.is_late(CALENDAR, limit, spans, city("2026-03-02 16:00"))
    assert deadlines.is_late(CALENDAR, limit, spans, city("2026-03-02 16:00") + TICK)


def test_alarms_lie_at_their_shares_of_the_limit() -> None:
    spans = [Span(R, city("2026-03-02 10:00"))]
    assert deadlines.alarms(CALENDAR, Limit(1, WORK_DAY), spans, (50, 100, 150)) == [
        (50, city("2026-03-02 16:00")), (100, city("2026-03-03 10:00")), (150, city("2026-03-03 16:00"))]


def test_a_returned_span_is_cut_out_of_what_ran() -> None:
    ten, eleven, twelve, three, four = (city(f"2026-03-02 {hour}:00") for hour in (10, 11, 12, 15, 16))
    spans = [Span(R, ten, twelve), Span(P, twelve, three), Span(R, three)]
    assert deadlines.given_back(spans, eleven, four) == [
        Span(R, ten, eleven), Span(G, eleven, twelve), Span(P, twelve, three), Span(G, three, four), Span(R, four)]
    assert deadlines.given_back(spans, ten, twelve) == [Span(G, ten, twelve), Span(P, twelve, three), Span(R, three)]


def test_giving_back_what_never_ran_changes_nothing() -> None:
    spans = [Span(R, city("2026-03-02 10:00"), city("2026-03-02 12:00")), Span(P, city("2026-03-02 12:00"))]
    assert deadlines.given_back(spans, city("2026-03-02 13:00"), city("2026-03-02 15:00")) == spans
    assert deadlines.given_back(spans, city("2026-03-01 13:00"), city("2026-03-02 10:00")) == spans


moments = st.datetimes(datetime(2025, 12, 1), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside it
limits = st.builds(Limit, st.sampled_from([0.25, 0.5, 1, 2, 4, 5, 15]), st.sampled_from(Unit))
cuts = st.lists(moments, max_size=8, unique=True).map(sorted)


def spans_of(start: datetime, changes: list[datetime]) -> list[Span]:
    """A clock that starts running, is paused and resumed in turn at the moments after its start, and runs at the end."""
    edges = [start, *(moment for moment in changes if moment > start)]
    edges = edges[:len(edges) - 1 + len(edges) % 2]
    states = [R, P] * len(edges)
    return [Span(state, since, until) for state, since, until in zip(states, edges, [*edges[1:], None], strict=False)]


@given(limits, moments, cuts)
def test_at_its_due_time_exactly_the_limit_is_used(limit: Limit, start: datetime, changes: list[datetime]) -> None:
    spans = spans_of(start, changes)
    moment = due_at(CALENDAR, limit, spans)
    assert moment is not None
    assert used(CALENDAR, limit.unit, spans, moment) == limit.seconds
    assert used(CALENDAR, limit.unit, spans, moment - TICK) < limit.seconds
    assert remaining(CALENDAR, limit, spans, moment) == 0


@given(limits, moments, moments, cuts)
def test_who_starts_later_or_has_more_is_never_due_earlier(
        limit: Limit, one: datetime, other: datetime, changes: list[datetime]) -> None:
    earlier, later = sorted((one, other))
    assert due_at(CALENDAR, limit, [Span(R, earlier)]) <= due_at(CALENDAR, limit, [Span(R, later)])
    spans = spans_of(one, changes)
    assert due_at(CALENDAR, limit, spans) < due_at(CALENDAR, Limit(limit.value * 1.5, limit.unit), spans)


@given(limits, moments, cuts)
def test_a_pause_adds_exactly_what_passed_in_it(limit: Limit, start: datetime, changes: list[datetime]) -> None:
    spans, unit = spans_of(start, changes), limit.unit
    moment = due_at(CALENDAR, limit, spans)
    paused = sum(CALENDAR.measure(unit, span.until) - CALENDAR.measure(unit, span.since)
                 for span in spans if span.state is P and span.until <= moment)
    unpaused_amount = CALENDAR.measure(unit, start) + round(limit.seconds * 1_000_000)
    assert moment == CALENDAR.reach(unit, unpaused_amount + paused)


@given(st.sampled_from(Unit), moments, cuts, moments)
def test_used_time_adds_up_over_any_cut(unit: Unit, start: datetime, changes: list[datetime], at: datetime) -> None:
    end = max([start, at, *changes])
    whole = used(CALENDAR, unit, [Span(R, start)], end)
    edges = [start, *(moment for moment in changes if start < moment < end), end]
    parts = [used(CALENDAR, unit, [Span(R, since)], until) for since, until in pairwise(edges)]
    assert whole == pytest.approx(sum(parts), abs=1e-5)


@given(limits, moments, cuts)
def test_alarms_rise_with_their_shares(limit: Limit, start: datetime, changes: list[datetime]) -> None:
    spans = spans_of(start, changes)
    reached = deadlines.alarms(CALENDAR, limit, spans, (1, 50, 80, 100, 150))
    assert [moment for _, moment in reached] == sorted({moment for _, moment in reached})
    assert dict(reached)[100] == due_at(CALENDAR, limit, spans)
    assert moment_at(CALENDAR, limit, spans, 200) == due_at(CALENDAR, Limit(limit.value * 2, limit.unit), spans)


def under(spans: list[Span], old: Limit | None, limit: Limit) -> list[Span]:
    """The first two stretches ran under another limit."""
    return [replace(one, under=old, worth=worth(old, limit)) for one in spans[:2]] + spans[2:] if old and spans[2:] else spans


@given(limits, moments, cuts, st.none() | limits, moments)
def test_what_is_used_and_what_remains_are_the_limit_at_any_time(
        limit: Limit, start: datetime, changes: list[datetime], old: Limit | None, at: datetime) -> None:
    spans = under(spans_of(start, changes), old, limit)
    assert used(CALENDAR, limit.unit, spans, at) + remaining(CALENDAR, limit, spans, at) == pytest.approx(limit.seconds)
    assert used(CALENDAR, limit.unit, spans, at) <= used(CALENDAR, limit.unit, spans, at + timedelta(hours=5))


@given(limits, moments, cuts, limits)
def test_after_a_change_nothing_is_due_before_it_and_more_is_never_due_earlier(
        limit: Limit, start: datetime, changes: list[datetime], old: Limit) -> None:
    spans = under(spans_of(start, changes), old, limit)
    moment = due_at(CALENDAR, limit, spans)
    assert moment is not None
    if spans[0].under:
        assert spans[1].until is not None
        assert moment >= spans[1].until
    longer = Limit(limit.value * 1.5, limit.unit)
    assert moment <= due_at(CALENDAR, longer, spans)


@given(limits, moments, cuts)
def test_what_ran_under_a_limit_of_the_same_unit_counts_as_if_nothing_had_changed(
        limit: Limit, start: datetime, changes: list[datetime]) -> None:
    plain = spans_of(start, changes)
    changed = under(plain, Limit(3, limit.unit), limit)
    moment, later = due_at(CALENDAR, limit, plain), due_at(CALENDAR, limit, changed)
    assert later == moment or (changed[1].until is not None and moment < changed[1].until <= later)


def test_half_of_one_limit_is_half_of_another() -> None:
    old, new = Limit(4, URGENT_HOUR), Limit(2, WORK_DAY)
    assert worth(old, new) == 4
    assert worth(Limit(4, WORK_HOUR), Limit(8, WORK_HOUR)) == 1
    six, eight = city("2026-03-02 06:00"), city("2026-03-02 08:00")
    spans = [Span(R, six, eight, old, worth(old, new)), Span(R, eight)]
    assert used(CALENDAR, WORK_DAY, spans, eight) == 8 * 3600
    assert due_at(CALENDAR, new, spans) == city("2026-03-02 18:00")


@given(limits, moments, cuts, moments, moments)
def test_giving_back_subtracts_what_ran_in_between_and_nothing_else(
        limit: Limit, start: datetime, changes: list[datetime], one: datetime, other: datetime) -> None:
    since, until = sorted((one, other))
    spans = spans_of(start, changes)
    after, end = deadlines.given_back(spans, since, until), max([start, until, *changes]) + timedelta(days=1)
    given = used(CALENDAR, limit.unit, [Span(R, span.since, span.until) for span in after if span.state is G], end)
    assert used(CALENDAR, limit.unit, after, end) + given == pytest.approx(used(CALENDAR, limit.unit, spans, end), abs=1e-5)
    assert given <= used(CALENDAR, limit.unit, [Span(R, since)], until) + 1e-5
    assert all(left.until == right.since for left, right in pairwise(after))
    assert due_at(CALENDAR, limit, after) >= due_at(CALENDAR, limit, spans)
