"""Do areas tile what they lie in? Finds overlaps, gaps and what sticks out, with size and place."""
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from casework.geography.coordinates import Point, square_metres

LEAST_SQUARE_METRES = 1.0
"""Less is the rounding of coordinates, not a mistake anybody could see on the ground."""


@dataclass(frozen=True)
class Flaw:
    """A piece of ground that two areas claim, or none, or that lies outside the parent; `place` lies in it (WGS-84)."""

    codes: tuple[str, ...]
    square_metres: float
    place: Point


def overlaps(outlines: Mapping[str, Any], among: AbstractSet[str]) -> list[Flaw]:
    """Where two of these outlines claim the same ground, if at least one of the two is `among`."""
    codes = sorted(outlines)
    shapes = np.array([outlines[code] for code in codes], dtype=object)
    wanted = np.array([code in among for code in codes], dtype=bool)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (first < second) & (wanted[first] | wanted[second])
    first, second = first[pairs], second[pairs]
    shared = shapely.intersection(shapes[first], shapes[second])
    return [flaw for one, other, piece in zip(first.tolist(), second.tolist(), shared, strict=True)
            for flaw in _flaws((codes[one], codes[other]), [piece])]


def gaps(parent_code: str, parent: Any, children: Sequence[Any]) -> list[Flaw]:
    """Ground of the parent that no child covers, piece by piece; without its outline, the holes in the children."""
    covered = shapely.union_all(children)
    return _flaws((parent_code,), _pieces(shapely.difference(_filled(covered) if parent is None else parent, covered)))


def outside(code: str, outline: Any, parent_code: str, parent: Any) -> list[Flaw]:
    """What of an area lies outside its parent."""
    return _flaws((code, parent_code), [shapely.difference(outline, parent)])


def _flaws(codes: tuple[str, ...], pieces: Iterable[Any]) -> list[Flaw]:
    found = []
    for piece in pieces:
        if piece.area == 0:
            continue
        place = piece.representative_point()
        size = square_metres(piece.area, place.y)
        if size >= LEAST_SQUARE_METRES:
            found.append(Flaw(codes, round(size, 1), Point(place.x, place.y)))
    return found


def _pieces(shape: Any) -> list[Any]:
    return [piece for piece in shapely.get_parts(shape) if piece.area > 0]


def _filled(shape: Any) -> Any:
    return shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(shape)])
