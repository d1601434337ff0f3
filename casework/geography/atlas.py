"""All areas in memory: a city has some twenty thousand grids, and memory beats a spatial database at that."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from casework.geography.codes import Level, ancestors
from casework.geography.coordinates import Point


class AreaRow(NamedTuple):
    """What the atlas needs of an area; the outline is WKB in WGS-84."""

    code: str
    name: str
    level: Level
    outline: bytes | None


@dataclass(frozen=True, slots=True)
class GridRef:
    """An area with the way down to it: `codes` and `names` run from the city to the area itself."""

    code: str
    name: str
    level: Level
    codes: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The whole way in one text, as people read it: 示范市云湖区…"""
        return "".join(self.names)


class Atlas:
    """An unchanging picture of the areas; safe to share between threads."""

    def __init__(self, rows: Sequence[AreaRow]) -> None:
        known = {row.code: row for row in rows}
        self.refs: dict[str, GridRef] = {row.code: _ref(row, known) for row in rows}
        has_children = {above for code in known for above in ancestors(code)}
        # In the order of their codes: of two leaves that share a border point the smaller code has it, always.
        leaves = [row for row in sorted(rows) if row.code not in has_children and row.outline is not None]
        self._leaves = [self.refs[row.code] for row in leaves]
        self._shapes = np.asarray(shapely.from_wkb([row.outline for row in leaves]), dtype=object)
        shapely.prepare(self._shapes)
        self._tree: Any = shapely.STRtree(self._shapes)

    def at(self, point: Point) -> GridRef | None:
        """The leaf at this point (WGS-84); None in a hole, in a gap and outside."""
        near = np.sort(self._tree.query(shapely.points(point.lon, point.lat)))
        hits = np.flatnonzero(shapely.intersects_xy(self._shapes[near], point.lon, point.lat))
        return self._leaves[near[hits[0]]] if hits.size else None

    def at_many(self, points: Sequence[Point]) -> list[GridRef | None]:
        """The leaf at each of these points, in their order; ten times faster than one by one."""
        lonlat = np.array([(point.lon, point.lat) for point in points], dtype=np.float64).reshape(-1, 2)
        return [self._leaves[leaf] if leaf >= 0 else None for leaf in self._leaf_of(lonlat).tolist()]

    def _leaf_of(self, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
        asked, near = self._tree.query(shapely.points(lonlat))
        hits = shapely.intersects_xy(self._shapes[near], lonlat[asked])
        none = len(self._leaves)
        found = np.full(len(lonlat), none, dtype=np.int64)
        np.minimum.at(found, asked[hits], near[hits])
        found[found == none] = -1
        return found


def _ref(row: AreaRow, known: dict[str, AreaRow]) -> GridRef:
    way = [known[code] for code in ancestors(row.code) if code in known] + [row]
    return GridRef(row.code, row.name, row.level, tuple(one.code for one in way), tuple(one.name for one in way))
