"""A simulated city: a year and more of reports with hours, weekdays, holidays and seasons, days and places that vary more than
chance, neighbours that report the same; and outbreaks that were planted into it."""
from dataclasses import dataclass, replace
from datetime import date, timedelta

import chinese_calendar
import numpy as np
from scipy.ndimage import gaussian_filter

from casework.performance.early_warning.expectation import AHEAD_DAYS, Floats, History, Ints, day_facts, expected, map_days
from casework.performance.early_warning.scan import Going, Reports, Sight, Verdict, Zone, look, mark

FIRST_DAY = date(2024, 8, 1)
BURN_IN = 140
ROWS, COLUMNS = 40, 60
RATES = np.array([110.0, 80.0, 60.0, 40.0, 25.0, 15.0, 8.0, 4.0])
"""Reports a day, by class: some 125,000 a year."""


@dataclass(frozen=True)
class Planted:
    """An outbreak: hours since the first day, squares (column, row) with a radius in squares."""

    group: int
    start: float
    hours: float
    column: float
    row: float
    radius: float
    size: int
    shape: str


@dataclass(frozen=True)
class City:
    """What was reported: by group, sorted by time; and what was planted among it."""

    days: int
    facts: Floats
    areas: Ints
    reports: list[tuple[Floats, Ints, Ints]]
    planted: list[Planted]


def simulated(seed: int, days: int, outbreaks: int, rates: Floats = RATES, huge: int = 0) -> City:
    """So many days after the burn-in, with so many outbreaks, of which the first `huge` cannot be overlooked."""
    chance = np.random.default_rng(seed)
    total = BURN_IN + days
    facts = facts_of(total + AHEAD_DAYS)
    planted = [_outbreak(chance, days, len(rates), huge=number < huge) for number in range(outbreaks)]
    reports = []
    for group, rate in enumerate(rates):
        usual = _usual(chance, rate, facts[:total], group)
        extra = [_extra(chance, one) for one in planted if one.group == group]
        at, column, row = (np.concatenate([part[axis] for part in [usual, *extra]]) for axis in range(3))
        order = np.argsort(at, kind="stable")
        reports.append((at[order], column[order].astype(np.int64), row[order].astype(np.int64)))
    return City(total, facts, areas_of(), reports, planted)


def facts_of(days: int) -> Floats:
    """What the calendar says of the days from the first one on."""
    dates = [FIRST_DAY + timedelta(days=number) for number in range(days)]
    weekday = np.array([one.weekday() for one in dates])
    off = np.array([one.weekday() < 5 and chinese_calendar.is_holiday(one) for one in dates])
    worked = np.array([one.weekday() > 4 and chinese_calendar.is_workday(one) for one in dates])
    return day_facts(weekday, off, worked)


def areas_of() -> Ints:
    """For each square, which is a smallest area here, the numbers of its community, street, district and of the city."""
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    community, street, district = (row // 5 * 10 + column // 6, row // 10 * 5 + column // 12, row // 20 * 2 + column // 30)
    return np.column_stack([community, 80 + street, 100 + district, np.full(len(row), 104)])


AREAS = 105


def _usual(chance: np.random.Generator, rate: float, facts: Floats, group: int) -> tuple[Floats, Floats, Floats]:
    days = len(facts)
    season = 1 + 0.3 * np.sin(2 * np.pi * (np.arange(days) / 365.25 + group / len(RATES)))
    weekend, off, worked = facts[:, 4:6].any(axis=1), facts[:, 6] > 0, facts[:, 7] > 0
    week = np.where((weekend & ~worked) | off, 0.65, 1.0) * np.where(facts[:, 0] + facts[:, 1] > 0, 1.05, 1.0)
    weather = chance.gamma(30, 1 / 30, days)
    field = np.exp(1.1 * gaussian_filter(chance.normal(size=(ROWS, COLUMNS)), 3) * 10) * chance.gamma(2, 0.5, (ROWS, COLUMNS))
    field /= field.sum()
    local = np.kron(chance.gamma(5, 1 / 5, (days, 8, 10)), np.ones((1, 5, 6)))
    counts = chance.poisson(rate * (season * week * weather)[:, None, None] * field * local)
    day, row, column = (np.repeat(axis, counts[counts > 0]) for axis in np.nonzero(counts))
    free = np.isin(day, np.flatnonzero((weekend & ~worked) | off))
    at = day * 24 + np.where(free, chance.normal(14, 4.5, len(day)), _office(chance, len(day))) % 24
    echo = chance.random(len(at)) < 0.05  # neighbours report the same
    return (np.concatenate([at, at[echo] + chance.exponential(3, echo.sum())]),
            np.concatenate([column, np.clip(column[echo] + chance.integers(-1, 2, echo.sum()), 0, COLUMNS - 1)]),
            np.concatenate([row, np.clip(row[echo] + chance.integers(-1, 2, echo.sum()), 0, ROWS - 1)]))


def _office(chance: np.random.Generator, count: int) -> Floats:
    morning = chance.random(count) < 0.55
    made: Floats = np.where(morning, chance.normal(10, 1.8, count), chance.normal(16.5, 2.5, count))
    return made


def _outbreak(chance: np.random.Generator, days: int, groups: int, *, huge: bool) -> Planted:
    hours = float(np.exp(chance.uniform(np.log(3), np.log(168))))
    radius = float(np.exp(chance.uniform(np.log(0.6), np.log(6))))
    size = 120 if huge else int(np.exp(chance.uniform(np.log(5), np.log(40))))
    return Planted(
        group=int(chance.integers(groups)), start=(BURN_IN + chance.uniform(1, days - 8)) * 24, hours=12.0 if huge else hours,
        column=float(chance.uniform(3, COLUMNS - 3)), row=float(chance.uniform(3, ROWS - 3)), radius=2.0 if huge else radius,
        size=size, shape=str(chance.choice(["even", "sudden", "growing", "street"])))


def _extra(chance: np.random.Generator, one: Planted) -> tuple[Floats, Floats, Floats]:
    when = chance.random(one.size)
    when = {"sudden": when ** 2.5, "growing": when ** 0.5}.get(one.shape, when)
    far, turn = one.radius * np.sqrt(chance.random(one.size)), chance.uniform(0, 2 * np.pi, one.size)
    flat = 0.15 if one.shape == "street" else 1.0
    column, row = one.column + far * np.cos(turn), one.row + far * np.sin(turn) * flat
    return (one.start + when * one.hours, np.clip(np.floor(column), 0, COLUMNS - 1), np.clip(np.floor(row), 0, ROWS - 1))


@dataclass(frozen=True)
class Alarm:
    """What was said when (hours), of which class, about which squares."""

    at: float
    group: int
    zone: Zone


def watched(city: City, false_alarms: float, every_hours: float = 1.0) -> list[Alarm]:
    """What the product's scan says of the days after the burn-in, looking every hour and knowing nothing of what comes."""
    alarms: list[Alarm] = []
    going: list[list[Going]] = [[] for _ in city.reports]
    for day in range(BURN_IN, city.days):
        usual = [expected(_history(city, group, day), city.facts[:day + AHEAD_DAYS], day) for group in range(len(city.reports))]
        least = mark(sum(one.weekly for one in usual), false_alarms)
        for now in day * 24 + np.arange(every_hours, 24 + every_hours / 2, every_hours):
            for group, one in enumerate(usual):
                reports, fresh = _recent(city, group, now, every_hours)
                if fresh or going[group]:
                    verdict = look(Sight(one, reports, now, fresh, least), going[group])
                    alarms += [Alarm(now, group, signal.zone) for signal in verdict.begin]
                    going[group] = kept(going[group], verdict, now)
    return alarms


def kept(going: list[Going], verdict: Verdict, now: float) -> list[Going]:
    """The warnings after a look, as the product keeps them in its table."""
    known = {one.name: one for one in going if not one.over or one.until > now - 168}
    for name, signal, better in verdict.go_on:
        old = known[name]
        known[name] = Going(name, signal.zone if better else old.zone, now - signal.since if better else old.length,
                            min(signal.chance, old.chance), now)
    for name in verdict.end:
        known[name] = replace(known[name], over=True)
    for number, signal in enumerate(verdict.begin):
        name = f"{now}-{number}"
        known[name] = Going(name, signal.zone, now - signal.since, signal.chance, now)
    return list(known.values())


def _recent(city: City, group: int, now: float, every: float) -> tuple[Reports, int]:
    at, column, row = city.reports[group]
    first, new, last = np.searchsorted(at, [now - 168, now - every, now], side="right")
    part = slice(first, last)
    return Reports(at[part], column[part], row[part], row[part] * COLUMNS + column[part], city.areas), int(last - new)


def _history(city: City, group: int, day: int) -> History:
    at, column, row = city.reports[group]
    until = np.searchsorted(at, day * 24)
    hours = np.bincount(np.floor(at[:until]).astype(np.int64), minlength=day * 24).reshape(day, 24).astype(np.float64)
    days = map_days(day)
    first, last = np.searchsorted(at, [days.start * 24, days.stop * 24])
    square = row[first:last] * COLUMNS + column[first:last]
    squares = np.bincount(square, minlength=ROWS * COLUMNS).astype(np.float64)
    areas = np.bincount(city.areas[square].ravel(), minlength=AREAS).astype(np.float64)
    cells, count = np.unique((np.floor(at[first:last] / 24).astype(np.int64) - days.start) * AREAS + city.areas[square, 0],
                             return_counts=True)
    return History(hours.sum(axis=1), hours, squares.reshape(ROWS, COLUMNS), areas, cells // AREAS, cells % AREAS,
                   count.astype(np.float64))


@dataclass(frozen=True)
class Fared:
    """How many outbreaks were found within so many hours of their first moment, and how many alarms a week were false."""

    within: dict[int, int]
    false_weekly: float
    hours: list[float | None]
    """By outbreak, after how many hours it was found; None if never."""

    @property
    def found(self) -> int:
        return sum(one is not None for one in self.hours)


HOURS = (6, 12, 24, 48, 168)
GRACE = 24.0


def fared(city: City, alarms: list[Alarm]) -> Fared:
    """An alarm finds an outbreak of its class, up to a day after its end, if it names a street, a community or a square that it
    touches. One about more than a street finds nothing, and is not false either where there is an outbreak in it."""
    hours: list[float | None] = [None] * len(city.planted)
    false = 0
    squares = [_touched(one) for one in city.planted]
    for alarm in alarms:
        right = False
        for number, one in enumerate(city.planted):
            meant = one.group == alarm.group and one.start <= alarm.at <= one.start + one.hours + GRACE
            if meant and _names(city, alarm.zone, squares[number]):
                right = True
                known = hours[number]
                if not (alarm.zone.size == 0 and alarm.zone.column > 1):
                    hours[number] = min(alarm.at - one.start, known if known is not None else np.inf)
        false += not right
    within = {limit: sum(one is not None and one <= limit for one in hours) for limit in HOURS}
    return Fared(within, false / (city.days - BURN_IN) * 7, hours)


def _touched(one: Planted) -> Ints:
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    flat = 0.15 if one.shape == "street" else 1.0
    near = (column + 0.5 - one.column) ** 2 + ((row + 0.5 - one.row) / flat) ** 2 <= (one.radius + 0.7 / flat ** 0.5) ** 2
    return np.flatnonzero(near)


def _names(city: City, zone: Zone, squares: Ints) -> bool:
    if zone.size == 0:
        return bool((city.areas[squares, zone.column] == zone.row).any())
    row, column = np.divmod(squares, COLUMNS)
    return bool(((column >= zone.column) & (column < zone.column + zone.size)
                 & (row >= zone.row) & (row < zone.row + zone.size)).any())


def by_score(city: City, false_weekly: float) -> tuple[Fared, str]:
    """What a plain z-score on the counts of each day finds (against the 28 days before), at the level, with the fewest reports
    and at the threshold at which it finds most for no more false alarms a week."""
    best, said = Fared(dict.fromkeys(HOURS, 0), 0.0, []), "nothing"
    for level, name in enumerate(("community", "street", "district")):
        scores, counts = _scores(city, level)
        for fewest in (1, 3, 5):
            for threshold in np.arange(2.0, 16.0, 0.5):
                made = fared(city, _scored(scores, counts, level, fewest, threshold))
                if made.false_weekly <= false_weekly:
                    if made.found > best.found:
                        best, said = made, f"z >= {threshold:g} by {name}, {fewest} or more"
                    break
    return best, said


def _scores(city: City, level: int) -> tuple[Floats, Ints]:
    counts = np.zeros((len(city.reports), city.days, AREAS), dtype=np.int64)
    for group, (at, column, row) in enumerate(city.reports):
        day = np.minimum(np.floor(at / 24).astype(np.int64), city.days - 1)
        np.add.at(counts[group], (day, city.areas[row * COLUMNS + column, level]), 1)
    before = np.lib.stride_tricks.sliding_window_view(counts, 28, axis=1)[:, :-1]
    scores: Floats = np.zeros(counts.shape)
    scores[:, 28:] = (counts[:, 28:] - before.mean(axis=-1)) / np.maximum(before.std(axis=-1), 0.5)
    return scores, counts


def _scored(scores: Floats, counts: Ints, level: int, fewest: int, threshold: float) -> list[Alarm]:
    over = (scores >= threshold) & (counts >= fewest)
    over[:, :BURN_IN] = False
    last: dict[tuple[int, int], int] = {}
    alarms = []
    for day, group, area in zip(*(axis.tolist() for axis in np.nonzero(over.transpose(1, 0, 2))), strict=True):
        if day - last.get((group, area), -99) > 7:  # told once, as long as it goes on
            alarms.append(Alarm((day + 1) * 24.0, group, Zone(0, level, area)))
        last[group, area] = day
    return alarms
