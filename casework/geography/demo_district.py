"""A city that does not exist, for `zhiwang demo` and for tests: areas that tile it exactly, roads, estates and more."""
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from casework.geography.codes import LENGTHS, Level

WEST, SOUTH = 114.02, 22.57
COLUMNS, ROWS = 20, 15
CELL_LON, CELL_LAT = 0.0034, 0.0031
"""A cell is about 350 m wide and high, the ground that one grid worker walks."""

CITY = ("9901", "示范市")
DISTRICTS = ("云湖区", "青麓区")
STREETS = ("澄江", "松桥", "望溪", "鹤塘", "银杏", "晨岭")
COMMUNITIES_A_STREET = (7, 7, 7, 7, 6, 6)
ROADS = ("迎晖", "泽民", "广济", "文昌", "锦绣", "星河", "栖霞", "云帆", "乐业", "百花", "建业", "清风")
FIRST = "柳枫梧榆橙荷兰竹梅槐沙石白金玉福安康和泰"
SECOND = "溪浦园岗田坪湾坑塘围坳湖林屋桥头"
ESTATES = ("花园", "雅苑", "名城", "小区", "豪庭", "家园", "公寓", "华府")
LANDMARKS = ("小学", "中学", "市场", "公园", "社康中心", "工业园", "文体广场", "公交总站")

Cell = tuple[int, int]
Feature = dict[str, Any]


@dataclass(frozen=True)
class _Part:
    """One area of the tree with the cells that it is made of."""

    code: str
    name: str
    level: Level
    cells: list[Cell]


def demo_district(seed: int = 1) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (WGS-84) of 1 city, 2 districts, 6 streets, 40 communities and 300 grids.

    The same seed makes the same city. Each grid carries made-up numbers of households and people.
    """
    outlines = _cells(seed)
    shuffled = random.Random(f"people {seed}")  # noqa: S311 - a made-up city, not a secret
    features = []
    for part in _parts(seed):
        outline = shapely.union_all([outlines[cell] for cell in part.cells])
        members: dict[str, Any] = {"code": part.code, "name": part.name, "level": part.level.value}
        if part.level is Level.GRID:
            households = shuffled.randint(280, 520)
            members |= {"households": households, "population": round(households * shuffled.uniform(2.1, 3.2))}
        features.append({"type": "Feature", "properties": members, "geometry": shapely.geometry.mapping(outline)})
    return {"type": "FeatureCollection", "features": features}


def demo_places(seed: int = 1) -> dict[str, Any]:
    """That city's estates, landmarks and roads; of a road, a point and a span of house numbers a grid."""
    outlines = _cells(seed)
    shuffled = random.Random(f"places {seed}")  # noqa: S311 - a made-up city, not a secret
    names = _place_names(shuffled)
    features = [feature for road in _roads() for feature in _stretches(*road, outlines)]
    for cell, outline in sorted(outlines.items()):
        kinds = ("estate", "landmark") if sum(cell) % 2 else ("estate",)
        features += [_place(next(names[kind]), kind, _somewhere(outline, shuffled)) for kind in kinds]
    return {"type": "FeatureCollection", "features": features}


def _cells(seed: int) -> dict[Cell, Any]:
    """Crooked quadrilaterals on shared vertices: neighbours have the very same border, so nothing gapes or overlaps."""
    shuffled = random.Random(f"borders {seed}")  # noqa: S311 - a made-up city, not a secret

    def vertex(column: float, row: float, play: float) -> tuple[float, float]:
        return (round(WEST + (column + shuffled.uniform(-play, play)) * CELL_LON, 6),
                round(SOUTH + (row + shuffled.uniform(-play, play)) * CELL_LAT, 6))
    corners = {(c, r): vertex(c, r, 0.2) for c in range(COLUMNS + 1) for r in range(ROWS + 1)}
    level = {(c, r): vertex(c + 0.5, r, 0.12) for c in range(COLUMNS) for r in range(ROWS + 1)}
    upright = {(c, r): vertex(c, r + 0.5, 0.12) for c in range(COLUMNS + 1) for r in range(ROWS)}
    return {(c, r): shapely.Polygon([
        corners[c, r], level[c, r], corners[c + 1, r], upright[c + 1, r],
        corners[c + 1, r + 1], level[c, r + 1], corners[c, r + 1], upright[c, r],
    ]) for c in range(COLUMNS) for r in range(ROWS)}


def _parts(seed: int) -> list[_Part]:
    shuffled = random.Random(f"areas {seed}")  # noqa: S311 - a made-up city, not a secret
    names = [first + second for first in FIRST for second in SECOND]
    shuffled.shuffle(names)
    everything = [(c, r) for c in range(COLUMNS) for r in range(ROWS)]
    city = _Part(*CITY, Level.CITY, everything)
    parts = [city]
    for district in _divide(city, Level.DISTRICT, DISTRICTS, shuffled):
        half = STREETS[:3] if district.name == DISTRICTS[0] else STREETS[3:]
        parts.append(district)
        for street in _divide(district, Level.STREET, [f"{name}街道" for name in half], shuffled):
            parts.append(street)
            count = COMMUNITIES_A_STREET[STREETS.index(street.name.removesuffix("街道"))]
            for community in _divide(street, Level.COMMUNITY, [f"{names.pop()}社区" for _ in range(count)], shuffled):
                parts.append(community)
                for number, cell in enumerate(sorted(community.cells), 1):
                    code = _code(community, Level.GRID, number)
                    parts.append(_Part(code, f"{community.name}第{number}网格", Level.GRID, [cell]))
    return parts


def _divide(whole: _Part, level: Level, names: Sequence[str], shuffled: random.Random) -> list[_Part]:
    """Contiguous parts of nearly equal size: the smallest part takes the free neighbour nearest to its first cell."""
    free = set(whole.cells)
    firsts = _spread(sorted(free), len(names), shuffled)
    taken = [[first] for first in firsts]
    free -= set(firsts)
    while free:
        for cells in sorted(taken, key=len):
            if border := sorted(_neighbours(cells) & free, key=lambda cell: (_distance(cell, cells[0]), cell)):
                cells.append(border[0])
                free.remove(border[0])
                break
    return [_Part(_code(whole, level, number), name, level, cells)
            for number, (name, cells) in enumerate(zip(names, taken, strict=True), 1)]


def _spread(cells: list[Cell], count: int, shuffled: random.Random) -> list[Cell]:
    firsts = [shuffled.choice(cells)]
    while len(firsts) < count:
        firsts.append(max(cells, key=lambda cell: (min(_distance(cell, first) for first in firsts), cell)))
    return firsts


def _neighbours(cells: Sequence[Cell]) -> set[Cell]:
    return {(c + across, r + up) for c, r in cells for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1))}


def _distance(a: Cell, b: Cell) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _code(parent: _Part, level: Level, number: int) -> str:
    return f"{parent.code}{number:0{LENGTHS[level][-1] - len(parent.code)}d}"


def _roads() -> Iterator[tuple[str, list[Cell]]]:
    """Half of the roads run east, half run north, all through; those with one name cross nowhere."""
    for index, name in enumerate(ROADS):
        row, column = 1 + index, 1 + index * 3 // 2
        yield f"{name}路", [(c, row) for c in range(COLUMNS)]
        yield f"{name}大道" if index % 3 == 0 else f"{name}北路", [(column, r) for r in range(ROWS)]


def _stretches(name: str, way: list[Cell], outlines: dict[Cell, Any]) -> Iterator[Feature]:
    for index, cell in enumerate(way):
        point = outlines[cell].representative_point()
        yield _place(name, "road", (point.x, point.y), number_from=20 * index + 1, number_to=20 * index + 20)


def _place_names(shuffled: random.Random) -> dict[str, Iterator[str]]:
    endings = {"estate": ESTATES, "landmark": LANDMARKS}
    found = {}
    for kind, last in endings.items():
        names = [first + second + end for first in FIRST for second in SECOND for end in last]
        shuffled.shuffle(names)
        found[kind] = iter(names)
    return found


def _somewhere(outline: Any, shuffled: random.Random) -> tuple[float, float]:
    west, south, east, north = outline.bounds
    while True:
        lon, lat = shuffled.uniform(west, east), shuffled.uniform(south, north)
        if shapely.contains_xy(outline, lon, lat):
            return lon, lat


def _place(name: str, kind: str, at: tuple[float, float], **numbers: int) -> Feature:
    return {"type": "Feature", "properties": {"name": name, "kind": kind, **numbers},
            "geometry": {"type": "Point", "coordinates": [round(at[0], 6), round(at[1], 6)]}}
