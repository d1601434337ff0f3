"""The squares of some 200 metres in which strangers are told of places: nobody's door can be found by them."""
import math

from casework.geography.coordinates import Point

SQUARE_DEGREES, SQUARE_METRES = 0.002, 225
"""A square's side, and the longer of its sides at most."""

PER_TILE = 10
"""So many squares a side make a tile, of about two kilometres: what a map looks up, and shows from further away."""

COMMUNITY = 12
"""Digits of a community's code: no area is named to strangers that is smaller."""


def blurred(place: Point) -> Point:
    """The middle of the square that a place (WGS-84) lies in, with three decimals."""
    return Point(*(round((_index(one) + 0.5) * SQUARE_DEGREES, 3) for one in (place.lon, place.lat)))


def squares_apart(one: Point, other: Point) -> int:
    """How many squares there are from one middle to another, along the longer way."""
    return max(round(abs(one.lon - other.lon) / SQUARE_DEGREES), round(abs(one.lat - other.lat) / SQUARE_DEGREES))


def tile_of(place: Point) -> int:
    """The number of the tile that a place lies in: a place and the middle of its square lie in the same."""
    return _number(_index(place.lon) // PER_TILE, _index(place.lat) // PER_TILE)


def tiles_of(west: float, south: float, east: float, north: float) -> list[int]:
    """The tiles that a box touches."""
    columns = range(_index(west) // PER_TILE, _index(east) // PER_TILE + 1)
    rows = range(_index(south) // PER_TILE, _index(north) // PER_TILE + 1)
    return [_number(column, row) for column in columns for row in rows]


def middle_of(tile: int) -> Point:
    """The middle of a tile, with three decimals."""
    column, row = tile // _ROWS, tile % _ROWS - _ROWS // 2
    return Point(*(round((one + 0.5) * PER_TILE * SQUARE_DEGREES, 3) for one in (column, row)))


_ROWS = 100_000


def _index(degrees: float) -> int:
    return math.floor(degrees / SQUARE_DEGREES)


def _number(column: int, row: int) -> int:
    return column * _ROWS + row + _ROWS // 2
