"""How many reports of a class this season, day and hour let expect: in the whole city, in a square of the map, in an area.

Pure arithmetic on counts. Time is in hours of the city since midnight before 1 January 2000, as a float: an hour's own number
is its floor, a day's the floor of a 24th. Places are squares of SQUARE_DEGREES.
"""
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HISTORY_DAYS = 126
"""Days that the level of today is learnt from: long enough for each weekday, short enough to follow the year."""

HALF_LIFE_DAYS = 28.0
"""After so many days a day counts half: the level follows the seasons with their slope, and no calendar year is asked for."""

MAP_DAYS, UNLEARNT_DAYS = 91, 10
"""Days that places are learnt from, without the last ones: what is just going on must not become what is usual there."""

NEAR_SQUARES = 2.5
"""How far (standard deviation, in squares) neighbours speak for a square of which little is known."""

PRIOR_SHAPE = 2.0
"""How strongly: as a gamma distribution of this shape around the neighbours' mean."""

AHEAD_DAYS = 2
"""Days beyond the last whole one for which hours are expected: today, and a margin."""

CLUMPING = 0.15
"""How much the variance of few reports exceeds their mean: some are a second word about the same thing."""

MOST_DISPERSION = 1.5


@dataclass(frozen=True)
class History:
    """What one class brought, by day, of all days up to yesterday.

    `totals` (D,); `hours` (D, 24); `squares` (rows, columns) and `areas` (as many as there are, of all levels) are sums of the
    days of the map, see map_days(). `day` (counted from the first of them), `area`, `count`: one entry for each of these days
    and each area of one level that had any.
    """

    totals: Floats
    hours: Floats
    squares: Floats
    areas: Floats
    day: Ints
    area: Ints
    count: Floats


@dataclass(frozen=True)
class Expectation:
    """What one class lets expect. `means` and `variances` of squares are shares of the city's total, as sums from the corner;
    `shares` of areas, `known` from how many reports; `spread`: variance beyond Poisson's, relative to the squared mean."""

    first_hour: int
    until_hour: Floats
    means: Floats
    variances: Floats
    shares: Floats
    known: Floats
    spread: float
    city_spread: float

    def between(self, since: Floats, until: float) -> Floats:
        """Reports expected in the whole city from each of these moments until this one."""
        hours = np.arange(len(self.until_hour)) + self.first_hour
        reached: Floats = np.interp(until, hours, self.until_hour) - np.interp(since, hours, self.until_hour)
        return np.maximum(reached, 1e-6)

    @property
    def weekly(self) -> float:
        """Reports expected in a week."""
        return float(self.until_hour[-1] / (len(self.until_hour) - 1) * 168)


def expected(past: History, facts: Floats, today: int, *, span_days: int = 8) -> Expectation:
    """What the past of a class lets expect in the last `span_days` days and today (its number). `facts`: see day_facts(), of
    the past's days and AHEAD_DAYS more."""
    level = daily(past.totals, facts)
    shown = level[-(span_days + AHEAD_DAYS):]
    hourly = shown[:, None] * _profile(past.hours, facts)[_is_off(facts)[-len(shown):].astype(int)]
    fitted, mapped = level[:len(past.totals)], map_days(len(past.totals))
    total = max(float(past.totals[mapped].sum()), 1.0)
    means, variances = _map(past.squares, total)
    shares = (past.areas + 0.2) / (total + 1)
    return Expectation(
        first_hour=(today - span_days) * 24, until_hour=np.concatenate([[0.0], np.cumsum(hourly.ravel())]),
        means=means, variances=variances, shares=shares, known=past.areas,
        spread=spread(past.day, past.area, past.count, fitted[mapped], shares[np.unique(past.area)], shares),
        city_spread=spread(np.arange(len(fitted)), np.zeros(len(fitted), dtype=np.int64), past.totals, fitted, np.ones(1),
                           np.ones(1)))


def map_days(days: int) -> slice:
    """Which of so many days up to yesterday places are learnt from."""
    until = max(days - UNLEARNT_DAYS, min(days, 1))
    return slice(max(until - MAP_DAYS, 0), until)


def day_facts(weekday: Ints, off: npt.NDArray[np.bool_], worked: npt.NDArray[np.bool_]) -> Floats:
    """What is known of days beforehand, a row each: the weekday (0 is Monday), a holiday on it, a worked weekend day (调休)."""
    rows: Floats = np.column_stack([weekday[:, None] == np.arange(1, 7), off, worked]).astype(np.float64)
    return rows


def daily(totals: Floats, facts: Floats) -> Floats:
    """Expected totals of the days of `facts`, of which the first ones had these totals. Learnt twice: the second time days
    that were far above are taken for no more than what is still likely."""
    kept = min(len(totals), HISTORY_DAYS)
    age = np.arange(len(facts), dtype=np.float64) - len(totals)
    rows = np.column_stack([facts, age / HALF_LIFE_DAYS, np.ones(len(facts))])
    if kept < 14 or totals[-kept:].sum() < 14:  # nothing to learn a week from
        return np.full(len(facts), (totals.sum() + 0.5) / (len(totals) + 1.0))
    learnt, said = rows[len(totals) - kept:len(totals)], totals[-kept:]
    weight = 0.5 ** (-age[len(totals) - kept:len(totals)] / HALF_LIFE_DAYS)
    for _ in range(2):
        slopes = _regressed(learnt, said, weight)
        fitted = np.exp(learnt @ slopes)
        said = np.minimum(said, fitted + 3 * np.sqrt(fitted + (0.2 * fitted) ** 2))
    made: Floats = np.exp(np.clip(rows @ slopes, -7, 12))
    return made


def _regressed(rows: Floats, counts: Floats, weight: Floats) -> Floats:
    """Slopes of a Poisson regression with a logarithmic link, by Newton's method from the mean, drawn a little to nothing.

    In six lines, because scikit-learn's takes a hundred times as long for a hundred days: its threads wait for each other.
    """
    slopes = np.zeros(rows.shape[1])
    slopes[-1] = np.log(max(float((counts * weight).sum() / weight.sum()), 1e-3))
    drawn = np.append(np.full(rows.shape[1] - 1, 1.0), 1e-6)
    for _ in range(8):
        fitted = np.exp(np.clip(rows @ slopes, -7, 12))
        pull = rows.T @ (weight * (counts - fitted)) - drawn * np.append(slopes[:-1], 0.0)
        slopes += np.clip(np.linalg.solve((rows * (weight * fitted)[:, None]).T @ rows + np.diag(drawn), pull), -2, 2)
    return slopes


def spread(day: Ints, area: Ints, count: Floats, level: Floats, every: Floats, shares: Floats) -> float:  # noqa: PLR0917 - one sum
    """How much more areas differ from day to day than chance makes them: d where the variance is mean + d * mean squared.

    `level` is what the city lets expect by day, `shares` the areas' by number, `every` those of the level that
    is looked at. By moments over all days and areas; those without any are summed in one piece. What is far out counts as far,
    and no more.
    """
    mean = level[day] * shares[area]
    taken = np.minimum(count, mean + 5 * np.sqrt(mean + (0.5 * mean) ** 2) + 2)
    everywhere = float((level ** 2).sum() * (every ** 2).sum())
    beyond = float(((taken - mean) ** 2 - mean ** 2 - (1 + CLUMPING) * taken).sum()) + everywhere
    return float(np.clip(beyond / max(everywhere, 1e-9), 0.01, MOST_DISPERSION))


def _is_off(facts: Floats) -> npt.NDArray[np.bool_]:
    weekend, off, worked = facts[:, 4:6].any(axis=1), facts[:, 6] > 0, facts[:, 7] > 0
    made: npt.NDArray[np.bool_] = (weekend & ~worked) | off
    return made


def _profile(hours: Floats, facts: Floats) -> Floats:
    """Shares of the 24 hours, of work days and of days off. Where little is known they lean on each other and an even day."""
    off = _is_off(facts)[:len(hours)]
    recent = np.arange(len(hours)) >= len(hours) - HISTORY_DAYS
    every = hours[recent].sum(axis=0) + 1.0
    kinds = [hours[recent & kind].sum(axis=0) + 24.0 * every / every.sum() for kind in (~off, off)]
    made: Floats = np.array([kind / kind.sum() for kind in kinds])
    return made


def _map(squares: Floats, city: float) -> tuple[Floats, Floats]:
    """Means and variances of the squares' shares of the `city`, each as sums from the corner: a square's own count, drawn to
    what its neighbours let expect (a gamma distribution met by a count of Poisson's)."""
    near = gaussian_filter(squares, NEAR_SQUARES, mode="nearest") + 0.02 * max(squares.mean(), 1e-3)
    weight = PRIOR_SHAPE / near
    mean = (squares + PRIOR_SHAPE) / (1 + weight)
    mean *= max(float(squares.sum()), 1.0) / max(float(mean.sum()), 1e-9)
    return sums(mean / city), sums(mean / (1 + weight) / city ** 2)


def sums(values: Floats) -> Floats:
    """Sums from the corner, with a margin of nothing: a rectangle's sum is four look-ups, whatever its size."""
    made: Floats = np.zeros((*values.shape[:-2], values.shape[-2] + 1, values.shape[-1] + 1))
    made[..., 1:, 1:] = values.cumsum(axis=-2).cumsum(axis=-1)
    return made
