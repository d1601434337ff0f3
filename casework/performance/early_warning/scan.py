"""The look for clusters: which square of the map or area, in which span up to now, has more than chance brings?

A space-time scan as Kulldorff's (2001), against what is expected (Neill's expectation-based form, 2005): cylinders of many
sizes and lengths, each judged by the tail of a negative binomial, so that places which always vary much are granted that.
What is found often enough by chance is known beforehand: only a report that comes can begin an alarm, so as many reports as a
week brings, so many looks it has; LOOKS says how many of the cylinders around one report are as good as independent. From this
the mark follows that gives a chosen number of false alarms a week.
"""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from casework.performance.early_warning.expectation import CLUMPING, Expectation, Floats, Ints, sums

Mask = npt.NDArray[np.bool_]

WINDOWS = np.array([2.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0])
"""Hours up to now that are looked at."""

SIZES = (1, 2, 3, 4, 6, 8)
"""Squares a side: from a quarter of a kilometre to two."""

FEWEST = 4
"""Fewer reports are nobody's cluster, however rare they are."""

LOOKS = 30.0
"""Cylinders around one report that are as good as independent; measured on quiet years (tests/benchmarks)."""

EXPLAINED = 0.5
"""A signal of whose excess so much is another's reports is that other one."""

SETTLING_HOURS = 12.0
"""So long a warning outlives its signal: what flickers is one."""

HOLDS = 100.0
"""A warning stays while its signal is no more than so many times as likely by chance as it had to be to begin."""

MOST_TRIED = 60


class Reports(NamedTuple):
    """Reports of one class of the last days: when (hours), in which square (-1: nowhere), in which smallest area (-1: none).

    `areas` has a row for each smallest area: the numbers of the areas it lies in, by level, -1 where there is none.
    """

    at: Floats
    column: Ints
    row: Ints
    area: Ints
    areas: Ints


class Sight(NamedTuple):
    """What one look at one class has before it: what is usual; the reports of the longest window in their order, of which the
    last `fresh` may begin a warning; the moment (hours); and the mark."""

    usual: Expectation
    reports: Reports
    now: float
    fresh: int
    least: float


class Zone(NamedTuple):
    """A square of `size` squares a side, or with size 0 an area: `column` is then its level's number, `row` its own."""

    size: int
    column: int
    row: int


@dataclass(frozen=True)
class Signal:
    """A zone that had `count` since `since` (hours) where `expected` were; `chance` of that by chance, looked at once."""

    zone: Zone
    since: float
    count: int
    expected: float
    chance: float


@dataclass(frozen=True)
class Going:
    """A warning as the scan knows it: where, over how many hours it was seen best, how likely by chance at its height, and
    until when (hours) its signal held. `over`: it has ended, and what it counted begins no other."""

    name: str
    zone: Zone
    length: float
    chance: float
    until: float
    over: bool = False


@dataclass(frozen=True)
class Verdict:
    """What one look says: signals that begin; those that go on, by name, with what is seen now; names of what has ended."""

    begin: Sequence[Signal]
    go_on: Sequence[tuple[str, Signal, bool]]
    """The flag says that it is more unusual than ever before, so the warning moves there."""
    end: Sequence[str]


def mark(weekly: float, false_alarms: float) -> float:
    """How unlikely a signal must be for so many false alarms a week in a city of so many reports a week."""
    return false_alarms / (LOOKS * max(weekly, 1.0))


def confidence(chance: float, weekly: float) -> float:
    """One minus the chance that a quiet week of this city shows something as unlikely."""
    return float(np.exp(-chance * LOOKS * max(weekly, 1.0)))


def tail(count: Floats, mean: Floats, spread: Floats) -> Floats:
    """Chance of `count` or more where the mean is `mean` and the variance (1 + CLUMPING) * mean + spread * mean squared."""
    beyond = CLUMPING + mean * spread
    made: Floats = betainc(np.maximum(count, 1e-9), mean / beyond, beyond / (1 + beyond))
    return made


def look(sight: Sight, going: Sequence[Going]) -> Verdict:
    """One look at one class: what begins, goes on and ends."""
    reports = sight.reports
    held = [(one, _held(sight, one)) for one in going if not one.over]
    found = _picked(reports, _signals(sight)) if sight.fresh else []
    masks = [(one, inside(reports, one.zone, margin=1) & ((reports.at <= one.until) if one.over else True)) for one in going]
    begin: list[Signal] = []
    better: dict[str, Signal] = {}
    for signal in found:
        mine = inside(reports, signal.zone) & (reports.at > signal.since)
        known = next((one for one, mask in masks if _explains(mask, mine, signal)), None)
        if known is None:
            begin.append(signal)
        elif not known.over and known.name not in better:
            better[known.name] = signal
    go_on, end = [], []
    for one, signal in held:
        seen = better.get(one.name, signal)
        if one.name in better or signal.chance <= sight.least * HOLDS:
            go_on.append((one.name, seen, seen.chance < one.chance))
        elif sight.now - one.until > SETTLING_HOURS:
            end.append(one.name)
    return Verdict(begin, go_on, end)


def inside(reports: Reports, zone: Zone, margin: int = 0) -> Mask:
    """Which of the reports lie in this zone, or within a margin of so many squares."""
    if zone.size == 0:
        found: Mask = (reports.area >= 0) & (reports.areas[reports.area, zone.column] == zone.row)
        return found
    east, north = reports.column - zone.column + margin, reports.row - zone.row + margin
    side = zone.size + 2 * margin
    lies: Mask = (reports.column >= 0) & (east >= 0) & (east < side) & (north >= 0) & (north < side)
    return lies


def share_of(usual: Expectation, zone: Zone) -> float:
    """The share of the city's reports that this zone lets expect."""
    return _usual_of(usual, zone)[0]


def _explains(mask: Mask, mine: Mask, signal: Signal) -> bool:
    return bool((mask & mine).sum() >= EXPLAINED * max(signal.count - signal.expected, 1.0))


def _picked(reports: Reports, signals: list[Signal]) -> list[Signal]:
    """The least likely of those that share their reports."""
    kept: list[tuple[Signal, Mask]] = []
    for signal in sorted(signals, key=lambda one: one.chance)[:MOST_TRIED]:
        mine = inside(reports, signal.zone) & (reports.at > signal.since)
        if not any(_explains(mask, mine, signal) for _, mask in kept):
            kept.append((signal, inside(reports, signal.zone, margin=1)))
    return [signal for signal, _ in kept]


def _held(sight: Sight, one: Going) -> Signal:
    """What the zone of a warning shows now, in no longer a span than it was seen in."""
    usual, reports, now = sight.usual, sight.reports, sight.now
    longest = max(one.length, WINDOWS[0]) * 1.01
    windows = WINDOWS[longest >= WINDOWS]
    mine = inside(reports, one.zone)
    count = np.array([float((mine & (reports.at > now - window)).sum()) for window in windows])
    city = np.array([float((reports.at > now - window).sum()) for window in windows])
    total = usual.between(now - windows, now)
    share, spread = _usual_of(usual, one.zone)
    mean = total * share * (_shift(city, count, total, share) if one.zone.size else 1.0)
    chance = np.where(count > 0, tail(count, mean, np.full(len(windows), spread)), 1.0)
    best = int(np.argmin(chance))
    return Signal(one.zone, now - float(windows[best]), int(count[best]), float(mean[best]), float(chance[best]))


def _usual_of(usual: Expectation, zone: Zone) -> tuple[float, float]:
    """The zone's share of the city, and how much more than chance it varies."""
    if zone.size == 0:
        share = float(usual.shares[zone.row])
        return share, _area_spread(usual, np.array([share]), np.array([usual.known[zone.row]]))[0]
    at = np.array([zone.column]), np.array([zone.row])
    share, variance = (float(_sum(one, *at, zone.size)[0]) for one in (usual.means, usual.variances))
    return share, variance / share ** 2 + usual.spread


def _area_spread(usual: Expectation, share: Floats, known: Floats) -> Floats:
    """Small areas vary like areas of the day's own count, the whole city like the city."""
    between: Floats = usual.city_spread + (usual.spread - usual.city_spread) * np.clip(1 - share * 4, 0, 1)
    return np.maximum(between, 0.005) + 1 / (known + 1)


def _shift(city: Floats, count: Floats, total: Floats, share: Floats | float) -> Floats:
    """Where the whole city has more than expected, a square must stand out from that: a storm is everywhere."""
    made: Floats = np.maximum((city - count + 10) / (total * (1 - share) + 10), 1.0)
    return made


def _signals(sight: Sight) -> list[Signal]:
    total = sight.usual.between(sight.now - WINDOWS, sight.now)
    begins = np.searchsorted(sight.reports.at, sight.now - WINDOWS, side="right")
    return [*_in_squares(sight, total, begins), *_in_areas(sight, total, begins)]


def _in_squares(sight: Sight, total: Floats, begins: Ints) -> Iterator[Signal]:
    usual, reports, now, fresh, least = sight
    city = (len(reports.at) - begins).astype(np.float64)
    rows, columns = usual.means.shape[0] - 1, usual.means.shape[1] - 1
    placed = reports.column >= 0
    new = np.flatnonzero(placed[-fresh:]) + len(placed) - min(fresh, len(placed))
    if not len(new):
        return
    number = np.where(placed, reports.row * columns + reports.column, 0)
    counts = sums(np.array([np.bincount(number[begin:], placed[begin:], rows * columns).reshape(rows, columns)
                            for begin in begins]))
    for size in SIZES:
        if size > min(rows, columns):
            return
        column, row = _corners(reports.column[new], reports.row[new], size, rows, columns)
        share, variance = _sum(usual.means, column, row, size), _sum(usual.variances, column, row, size)
        count = _sum(counts, column, row, size)
        mean = total[:, None] * share * _shift(city[:, None], count, total[:, None], share)
        window, place = np.nonzero((count >= FEWEST) & (count > 1.5 * mean))
        chance = tail(count[window, place], mean[window, place], (variance / share ** 2 + usual.spread)[place])
        for one in np.flatnonzero(chance <= least):
            at = window[one], place[one]
            yield Signal(Zone(size, int(column[at[1]]), int(row[at[1]])), now - float(WINDOWS[at[0]]), int(count[at]),
                         float(mean[at]), float(chance[one]))


def _corners(column: Ints, row: Ints, size: int, rows: int, columns: int) -> tuple[Ints, Ints]:
    """The lower left corners of the squares of this size that hold one of these squares; of large ones every other."""
    steps = np.arange(0, size, 1 if size < 6 else 2)
    east = np.clip(column[:, None, None] - steps[None, :, None], 0, columns - size)
    north = np.clip(row[:, None, None] - steps[None, None, :], 0, rows - size)
    numbers = np.unique((north * columns + east).ravel())
    return numbers % columns, numbers // columns


def _sum(values: Floats, column: Ints, row: Ints, size: int) -> Floats:
    made: Floats = (values[..., row + size, column + size] - values[..., row, column + size]
                    - values[..., row + size, column] + values[..., row, column])
    return made


def _in_areas(sight: Sight, total: Floats, begins: Ints) -> Iterator[Signal]:
    usual, reports, now, fresh, least = sight
    known = reports.area >= 0
    for level in range(reports.areas.shape[1]):
        numbers = np.where(known, reports.areas[reports.area, level], -1)
        zones = np.unique(numbers[-fresh:])
        zones = zones[zones >= 0]
        if not len(zones):
            continue
        counts = np.array([np.bincount(numbers[begin:][numbers[begin:] >= 0], minlength=len(usual.shares))[zones]
                           for begin in begins]).astype(np.float64)
        share = usual.shares[zones]
        mean = total[:, None] * share
        window, place = np.nonzero((counts >= FEWEST) & (counts > 1.2 * mean))
        varies = _area_spread(usual, share, usual.known[zones])
        chance = tail(counts[window, place], mean[window, place], varies[place])
        for one in np.flatnonzero(chance <= least):
            at = window[one], place[one]
            yield Signal(Zone(0, level, int(zones[at[1]])), now - float(WINDOWS[at[0]]), int(counts[at]), float(mean[at]),
                         float(chance[one]))
