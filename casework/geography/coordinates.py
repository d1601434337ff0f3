"""Longitude and latitude in the three systems of Chinese maps. We store WGS-84; the rest is turned at the edge."""
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import prcoords
from numpy.typing import NDArray

EARTH_RADIUS_METRES = 6_371_008.8
"""Mean radius of the WGS-84 ellipsoid (IUGG)."""

METRES_PER_DEGREE = math.radians(EARTH_RADIUS_METRES)


class System(StrEnum):
    """A coordinate system: GPS, the national offset (Amap, Tencent), Baidu's offset upon it."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Point:
    """A position in degrees, WGS-84 unless a function says otherwise."""

    lon: float
    lat: float


def gcj02_to_wgs84(point: Point) -> Point:
    """The inverse by iteration, within 3 cm; a point outside China was never shifted and stays."""
    return _shift(prcoords.gcj_wgs_bored, point)


def wgs84_to_gcj02(point: Point) -> Point:
    """What Amap and Tencent show for a GPS position; a point outside China stays."""
    return _shift(prcoords.wgs_gcj, point)


def bd09_to_wgs84(point: Point) -> Point:
    """The inverse by iteration, within 3 cm; a point outside China stays."""
    return _shift(prcoords.bd_wgs_bored, point)


def wgs84_to_bd09(point: Point) -> Point:
    """What Baidu shows for a GPS position; a point outside China stays."""
    return _shift(prcoords.wgs_bd, point)


TO_WGS84: dict[System, Callable[[Point], Point]] = {
    System.WGS84: lambda point: point, System.GCJ02: gcj02_to_wgs84, System.BD09: bd09_to_wgs84}


def many_to_wgs84(coordinates: NDArray[np.float64], system: System) -> NDArray[np.float64]:
    """Rows of (lon, lat) turned to WGS-84. A vertex shared by several outlines is computed once and stays shared."""
    if system is System.WGS84:
        return coordinates
    turn = TO_WGS84[system]
    turned: dict[tuple[float, float], tuple[float, float]] = {}
    for lon, lat in coordinates.tolist():
        if (lon, lat) not in turned:
            point = turn(Point(lon, lat))
            turned[lon, lat] = (point.lon, point.lat)
    return np.array([turned[lon, lat] for lon, lat in coordinates.tolist()], dtype=np.float64).reshape(-1, 2)


def metres_between(a: Point, b: Point) -> float:
    """Great-circle distance of two WGS-84 points in metres (haversine; within 0.5 % of the ellipsoid)."""
    south, north = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (north - south) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(south) * math.cos(north) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, chord)))


def square_metres(square_degrees: float, lat: float) -> float:
    """The size on the ground of a small area measured in square degrees around this latitude."""
    return square_degrees * METRES_PER_DEGREE ** 2 * math.cos(math.radians(lat))


def _shift(turn: Callable[..., prcoords.Coords], point: Point) -> Point:
    # The offset is defined over a box around China. prcoords warns outside it and its inverses then shift all the same.
    if not prcoords.sanity_in_china_p(prcoords.Coords(lat=point.lat, lon=point.lon)):
        return point
    turned = turn((point.lat, point.lon), False)
    return Point(lon=turned.lon, lat=turned.lat)
