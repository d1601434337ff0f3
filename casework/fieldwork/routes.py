"""In which order to walk: what cannot wait first, and within each class the nearest next. Pure.

Three classes: what is urgent, overdue or due within the hour; what is due today; the rest. A class is finished before the next
begins, because a short way is no excuse for a late arrival. Within a class the way begins at the nearest stop, goes on to
the nearest that is left, and is then untangled by turning pieces around (2-opt) as long as that makes it shorter.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from casework import clock
from casework.geography.coordinates import EARTH_RADIUS_METRES, Point

SOON = timedelta(hours=1)
MOST_TURNS = 60
"""How many pieces of one class are turned around at most: each is a look at all pairs, so the work is bounded."""

Way = NDArray[np.float64]
"""Rows of (east, north) in metres."""


@dataclass(frozen=True)
class Stop:
    """Where somebody has to be until when; without a place, WGS-84, it comes at the end of its class."""

    place: Point | None
    due_at: datetime
    urgent: bool = False


def order(stops: Sequence[Stop], start: Point | None, now: datetime) -> list[int]:
    """The places in `stops` in the order to walk them, from `start` (WGS-84); without it from the stop that is due first.

    At most a few hundred stops are meant: the work grows with the square of a class.
    """
    classes: dict[int, list[int]] = {}
    for at, stop in enumerate(stops):
        classes.setdefault(_class(stop, now), []).append(at)
    way: list[int] = []
    here = start
    for number in sorted(classes):
        members = sorted(classes[number], key=lambda at: (stops[at].due_at, at))
        placed = [at for at in members if stops[at].place is not None]
        way += _walk(stops, placed, here)
        here = stops[way[-1]].place if placed else here
        way += [at for at in members if stops[at].place is None]
    return way


def _class(stop: Stop, now: datetime) -> int:
    if stop.urgent or stop.due_at <= now + SOON:
        return 0
    return 1 if stop.due_at.astimezone(clock.CITY).date() <= now.astimezone(clock.CITY).date() else 2


def _walk(stops: Sequence[Stop], members: list[int], start: Point | None) -> list[int]:
    if not members:
        return []
    places = [place for at in members if (place := stops[at].place)]
    first = start or places[0]
    return [members[at - 1] for at in _untangled(_plane([first, *places], first))[1:]]


def _plane(points: Sequence[Point], around: Point) -> Way:
    lonlat = np.radians(np.array([(one.lon, one.lat) for one in points], dtype=np.float64))
    east = (lonlat[:, 0] - np.radians(around.lon)) * np.cos(np.radians(around.lat))
    return np.column_stack([east, lonlat[:, 1] - np.radians(around.lat)]) * EARTH_RADIUS_METRES


def _untangled(way: Way) -> list[int]:
    """The rows in the order of a short way that begins at the first."""
    apart = np.hypot(way[:, None, 0] - way[None, :, 0], way[:, None, 1] - way[None, :, 1])
    tour = _nearest_next(apart)
    for _ in range(MOST_TURNS):
        gain, first, last = _best_turn(apart[np.ix_(tour, tour)])
        if gain < 1e-6:
            break
        tour[first:last + 1] = tour[first:last + 1][::-1]
    return [int(one) for one in tour]


def _nearest_next(apart: NDArray[np.float64]) -> NDArray[np.int64]:
    tour, left = [0], np.ones(len(apart), dtype=bool)
    left[0] = False
    while left.any():
        tour.append(int(np.where(left, apart[tour[-1]], np.inf).argmin()))
        left[tour[-1]] = False
    return np.array(tour)


def _best_turn(apart: NDArray[np.float64]) -> tuple[float, int, int]:
    """The piece first..last of the way, given by distances in its order, that saves most metres when it is turned around.

    Before the piece stands first-1; behind it last+1, or nothing where the way ends.
    """
    count = len(apart)
    if count < 3:
        return 0.0, 0, 0
    steps = np.append(np.diagonal(apart, 1), 0.0)          # from each to the next; from the last to nowhere
    onward = np.column_stack([apart[:, 1:], np.zeros(count)])  # from each to whatever stands behind each
    gains = steps[:-1, None] + steps[None, :] - apart[:-1] - onward[1:]  # row: before the piece, column: its end
    gains[np.tril_indices(count - 1, m=count)] = 0.0
    before, last = np.unravel_index(int(gains.argmax()), gains.shape)
    return float(gains[before, last]), int(before) + 1, int(last)
