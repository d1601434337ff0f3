"""Coordinates go to the other systems and come back to the same doorstep."""
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.geography.coordinates import (
    Point,
    System,
    bd09_to_wgs84,
    gcj02_to_wgs84,
    many_to_wgs84,
    metres_between,
    square_metres,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

IN_CHINA = st.builds(Point, st.floats(73.5, 135), st.floats(3, 53.5))
BEIJING = Point(116.404, 39.915)


@settings(deadline=None)
@given(IN_CHINA)
def test_there_and_back_is_the_same_place(point: Point) -> None:
    assert metres_between(gcj02_to_wgs84(wgs84_to_gcj02(point)), point) < 0.5
    assert metres_between(bd09_to_wgs84(wgs84_to_bd09(point)), point) < 0.5


@settings(deadline=None)
@given(IN_CHINA)
def test_the_offset_is_what_makes_maps_disagree(point: Point) -> None:
    assert 5 < metres_between(wgs84_to_gcj02(point), point) < 1500
    assert 100 < metres_between(wgs84_to_bd09(point), wgs84_to_gcj02(point)) < 2000


def test_published_pairs() -> None:
    """Figures that the authors of other implementations publish for the same point."""
    assert metres_between(wgs84_to_gcj02(BEIJING), Point(116.41024449916938, 39.91640428150164)) < 0.01
    assert metres_between(gcj02_to_wgs84(BEIJING), Point(116.39775550083061, 39.91359571849836)) < 1
    assert metres_between(bd09_to_wgs84(wgs84_to_bd09(BEIJING)), BEIJING) < 0.01


@pytest.mark.parametrize("elsewhere", [Point(2.35, 48.86), Point(-74.0, 40.7), Point(151.2, -33.9)])
def test_outside_china_nothing_was_ever_shifted(elsewhere: Point) -> None:
    for turn in (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84):
        assert turn(elsewhere) == elsewhere


@pytest.mark.parametrize("system", list(System))
def test_many_points_turn_like_one(system: System) -> None:
    rows = np.array([[114.05, 22.54], [114.06, 22.55], [114.05, 22.54]])
    one = {System.WGS84: lambda point: point, System.GCJ02: gcj02_to_wgs84, System.BD09: bd09_to_wgs84}[system]
    expected = [one(Point(lon, lat)) for lon, lat in rows.tolist()]
    assert [Point(*row) for row in many_to_wgs84(rows, system).tolist()] == expected
    assert many_to_wgs84(np.empty((0, 2)), system).shape == (0, 2)


def test_metres_and_square_metres() -> None:
    degree = metres_between(Point(114, 22), Point(114, 23))
    assert math.isclose(degree, 111_195, rel_tol=1e-4)
    assert math.isclose(metres_between(Point(114, 60), Point(115, 60)), degree / 2, rel_tol=1e-3)
    assert metres_between(BEIJING, BEIJING) == 0
    assert math.isclose(metres_between(Point(0, 0), Point(180, 0)), 20_015_114, rel_tol=1e-6)
    assert math.isclose(square_metres(0.01 * 0.01, 60), degree * degree / 2 / 10_000, rel_tol=1e-3)
