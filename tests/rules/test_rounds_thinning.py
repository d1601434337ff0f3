"""A track is thinned without leaving the way: no point that was dropped lies further beside the kept line than it may."""
import itertools
import math
import random
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from casework.fieldwork import tracks
from casework.fieldwork.tracks import EDGE, TOLERANCE_METRES, draw, on_plane, packed, thinned, unpacked, within
from casework.geography.coordinates import Point, metres_between
from tests.factories import SOUTH, WEST

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MS = NOW.timestamp() * 1000
metres = st.floats(-2_000, 2_000, allow_nan=False, width=32)


def distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """From a point to a piece, the slow and plain way."""
    (px, py), (ax, ay), (bx, by) = point, start, end
    square = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if square == 0 else max(0.0, min(1.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / square))
    return math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay))


@given(st.lists(st.tuples(metres, metres), min_size=1, max_size=60), st.floats(0.5, 100))
def test_no_dropped_point_lies_further_beside_the_line_than_it_may(way: list[tuple[float, float]], tolerance: float) -> None:
    kept = thinned(np.array(way, dtype=np.float64), tolerance).tolist()
    assert (kept[0], kept[-1]) == (0, len(way) - 1)
    assert kept == sorted(set(kept))
    for before, after in itertools.pairwise(kept):
        for at in range(before + 1, after):
            assert distance(way[at], way[before], way[after]) <= tolerance * 1.000_001


def walk(seed: int, count: int = 1_000) -> np.ndarray:
    """Somebody who goes along streets and turns at corners, as a receiver with two metres of noise sees him."""
    chance, east, north, heading = random.Random(seed), 0.0, 0.0, 0.0
    rows = []
    for step in range(count):
        if step % 60 == 59:
            heading += chance.choice((-1, 1)) * math.pi / 2
        east, north = east + 7 * math.sin(heading), north + 7 * math.cos(heading)
        seen = east + chance.gauss(0, 1), north + chance.gauss(0, 1)
        rows.append([WEST + seen[0] / 102_700, SOUTH + seen[1] / 110_700, 8.0, MS + step * 5_000])
    return np.array(rows)


def test_a_round_of_streets_is_kept_in_a_twentieth_of_its_points() -> None:
    rows = walk(1)
    line = draw(rows)
    assert len(line.rows) < len(rows) / 20
    assert 0.9 * 7 * len(rows) < line.metres < 1.05 * 7 * len(rows)
    plane, kept = on_plane(rows[:, :2]), np.flatnonzero(np.isin(rows[:, 3], line.rows[:, 3])).tolist()
    furthest = max(distance(tuple(plane[at]), tuple(plane[before]), tuple(plane[after]))
                   for before, after in itertools.pairwise(kept) for at in range(before, after))
    assert furthest <= TOLERANCE_METRES


def test_metres_on_the_plane_are_metres_on_the_earth() -> None:
    rows = walk(2)
    plane = on_plane(rows[:, :2])
    for at in (100, 500, 999):
        there = metres_between(Point(*rows[0, :2]), Point(*rows[at, :2]))
        assert abs(math.hypot(*plane[at]) - there) < 0.001 * there


def test_points_in_disorder_or_twice_are_the_same_line() -> None:
    rows = walk(3, 200)
    shuffled = np.random.default_rng(1).permutation(np.concatenate([rows, rows]))
    assert (draw(shuffled).rows == draw(rows).rows).all()


def test_one_point_and_none() -> None:
    assert len(draw(walk(1, 1)).rows) == 1
    empty = draw(np.empty((0, 4)))
    assert (len(empty.rows), empty.metres) == (0, 0.0)
    assert len(unpacked(packed(empty.rows))) == 0


def test_what_is_packed_comes_back_to_the_breadth_of_a_hand() -> None:
    rows = walk(4)
    back = unpacked(packed(rows))
    assert np.abs(on_plane(rows[:, :2]) - on_plane(back[:, :2])).max() < 0.25
    assert np.abs(rows[:, 3] - back[:, 3]).max() < 1_000
    assert (rows[:, 2] == back[:, 2]).all()
    assert len(packed(rows)) == len(rows) * 14 * 5 / 4
    assert unpacked(packed(np.array([[-180.0, -90.0, 1e9, MS]]))).tolist() == [[-180.0, -90.0, 65_535.0, MS]]


def test_only_what_lies_between_start_and_end_is_within() -> None:
    since, until = NOW, NOW + timedelta(hours=2)
    edge = EDGE.total_seconds() * 1000
    at = np.array([[0, 0, 0, MS - edge - 1], [0, 0, 0, MS - edge], [0, 0, 0, MS + 7_200_000 + edge],
                   [0, 0, 0, MS + 7_200_000 + edge + 1]])
    assert within(at, since, until).tolist() == [False, True, True, False]


def test_a_batch_of_the_largest_size_is_drawn_at_once() -> None:
    """The worst for thinning is noise, of which nothing can be dropped."""
    noise = np.random.default_rng(5).normal([WEST, SOUTH, 8, 0], 0.01, (tracks.MOST_POINTS, 4))
    noise[:, 3] = MS + np.arange(tracks.MOST_POINTS) * 5_000
    assert len(draw(noise).rows) > 0.9 * tracks.MOST_POINTS
