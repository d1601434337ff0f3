"""Map squares that find the neighbours of a place by an index."""
import math

from casework.geography.coordinates import Point

CELL_DEGREES = 0.001
"""About 110 m north to south and 100 m east to west in the south of China."""


def cell_of(place: Point, east: int = 0, north: int = 0) -> str:
    """The name of the map square that a WGS-84 point lies in, or of its neighbour so many squares away."""
    return f"{math.floor(place.lon / CELL_DEGREES) + east}:{math.floor(place.lat / CELL_DEGREES) + north}"
