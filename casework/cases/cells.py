"""Map squares that find the neighbours of a place by an index."""
import math

from casework.geography.coordinates import Point

CELL_DEGREES = 0.001
"""About 110 m north to south and 100 m east to west in the south of China."""


def cell_of(place: Point, east: int = 0, north: int = 0) -> str:
    """The name of the map square that a WGS-84 point lies in, or of its neighbour so many squares away."""
    return f"{math.floor(place.lon / CELL_DEGREES) + east}:{math.floor(place.lat / CELL_DEGREES) + north}"


SQUARE_METRES = 60
"""The shorter side of a map square anywhere in China: how far one ring of neighbouring squares surely reaches."""


def cells_around(place: Point, metres: float) -> list[str]:
    """The map squares that a circle may touch."""
    rings = range(-int(metres // SQUARE_METRES) - 1, int(metres // SQUARE_METRES) + 2)
    return [cell_of(place, east, north) for east in rings for north in rings]


def kilometre_of(place: Point) -> str:
    """The name of the square of about a kilometre that a WGS-84 point lies in: what triage locks."""
    return f"{math.floor(place.lon * 100)}:{math.floor(place.lat * 100)}"


def moved(place: Point, east: float, north: float) -> Point:
    """The point so many metres away."""
    return Point(place.lon + east / (111_320 * math.cos(math.radians(place.lat))), place.lat + north / 110_574)
