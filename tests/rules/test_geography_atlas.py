"""Every point lies in exactly one grid, or in none; what tiles a city is told from what does not."""
import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.geography import tiling
from casework.geography.atlas import AreaRow, Atlas
from casework.geography.codes import Level, ancestors, clashes, is_within, level_of
from casework.geography.coordinates import Point
from casework.geography.demo_district import demo_district, demo_places

GRID = 0.001


def square(column: float, row: float, size: float = 1.0) -> Any:
    west, south = 114 + column * GRID, 22.5 + row * GRID
    return shapely.box(west, south, west + size * GRID, south + size * GRID)


def row(code: str, outline: Any) -> AreaRow:
    level = level_of(code)
    assert level is not None
    return AreaRow(code, f"{level} {code}", level, None if outline is None else shapely.to_wkb(outline))


def at(column: float, row_: float) -> Point:
    return Point(114 + column * GRID, 22.5 + row_ * GRID)


@pytest.fixture(scope="module")
def demo() -> Atlas:
    return Atlas([AreaRow(one["properties"]["code"], one["properties"]["name"], Level(one["properties"]["level"]),
                          shapely.to_wkb(shapely.geometry.shape(one["geometry"]))) for one in demo_district(7)["features"]])


def test_a_border_belongs_to_the_smaller_code_in_whatever_order_they_came() -> None:
    rows = [row("99010100100101", square(0, 0)), row("99010100100102", square(1, 0)),
            row("99010100100103", square(0, 1)), row("99010100100104", square(1, 1))]
    borders = {at(1, 0.5): "01", at(0.5, 1): "01", at(1, 1): "01", at(1.5, 1): "02", at(1, 1.5): "03", at(2, 2): "04"}
    for atlas in (Atlas(rows), Atlas(rows[::-1])):
        for point, grid in borders.items():
            found = atlas.at(point)
            assert found is not None
            assert found.code == f"990101001001{grid}"
        assert atlas.at_many(list(borders)) == [atlas.at(point) for point in borders]


def test_holes_gaps_and_the_world_outside_are_nowhere() -> None:
    ring = square(0, 0, 3).difference(square(1, 1))
    atlas = Atlas([row("990101001001", square(0, 0, 5)), row("99010100100101", ring)])
    assert atlas.at(at(0.5, 0.5)) is not None
    nowhere = [at(1.5, 1.5), at(4, 4), at(-1, 0), Point(0, 0), Point(math.nan, math.nan), Point(math.inf, 22.5)]
    assert [atlas.at(point) for point in nowhere] == [None] * len(nowhere)
    assert atlas.at_many(nowhere) == [None] * len(nowhere)


def test_no_areas_and_no_points_are_no_trouble() -> None:
    assert Atlas([]).at(at(0, 0)) is None
    assert Atlas([]).at_many([at(0, 0)]) == [None]
    assert Atlas([row("99010100100101", square(0, 0))]).at_many([]) == []


def test_where_there_are_no_grids_the_deepest_area_answers() -> None:
    atlas = Atlas([row("9901", None), row("990101", square(0, 0)), row("990102", square(1, 0)),
                   row("990102001", square(1, 0))])
    found = atlas.at_many([at(0.5, 0.5), at(1.5, 0.5)])
    assert [one and one.codes for one in found] == [("9901", "990101"), ("9901", "990102", "990102001")]
    assert found[1] is not None
    assert found[1].full_name == "city 9901district 990102street 990102001"


def test_a_missing_level_leaves_the_way_shorter() -> None:
    atlas = Atlas([row("9901", square(0, 0)), row("990101001001", square(0, 0))])
    found = atlas.at(at(0.5, 0.5))
    assert found is not None
    assert found.codes == ("9901", "990101001001")


def test_the_demonstration_city_has_what_it_promises() -> None:
    features = demo_district(1)["features"]
    levels = [feature["properties"]["level"] for feature in features]
    assert {level: levels.count(level) for level in Level} == {
        "city": 1, "district": 2, "street": 6, "community": 40, "grid": 300}
    names = [feature["properties"]["name"] for feature in features]
    assert len(set(names)) == len(names)
    assert demo_district(1) == demo_district(1) != demo_district(2)
    assert demo_places(1) == demo_places(1)


@pytest.mark.parametrize("seed", range(5))
def test_the_demonstration_city_is_tiled_on_every_level(seed: int) -> None:
    outlines: dict[str, dict[str, Any]] = {}
    for feature in demo_district(seed)["features"]:
        members = feature["properties"]
        outlines.setdefault(members["level"], {})[members["code"]] = shapely.geometry.shape(feature["geometry"])
    (city,) = outlines["city"].values()
    for shapes in outlines.values():
        assert shapely.coverage_is_valid(list(shapes.values()))
        assert tiling.overlaps(shapes, shapes.keys()) == []
        assert tiling.gaps("9901", city, list(shapes.values())) == []
        assert [flaw for code, one in shapes.items() for flaw in tiling.outside(code, one, "9901", city)] == []
        assert all(one.geom_type == "Polygon" for one in shapes.values()), "each area hangs together"


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_every_point_of_the_city_lies_in_one_grid(demo: Atlas, across: float, up: float) -> None:
    found = demo.at(Point(114.022 + across * 0.064, 22.572 + up * 0.0425))
    assert found is not None
    assert found.level is Level.GRID
    assert [level_of(code) for code in found.codes] == list(Level)


def test_every_corner_of_a_grid_lies_in_the_first_of_those_that_meet_there(demo: Atlas) -> None:
    grids = {one["properties"]["code"]: shapely.geometry.shape(one["geometry"])
             for one in demo_district(7)["features"] if one["properties"]["level"] == Level.GRID}
    meeting: dict[Point, list[str]] = {}
    for code, outline in grids.items():
        for lon, lat in outline.exterior.coords:
            meeting.setdefault(Point(lon, lat), []).append(code)
    found = demo.at_many(list(meeting))
    assert [one and one.code for one in found] == [min(codes) for codes in meeting.values()]


def test_overlaps_gaps_and_what_sticks_out_have_size_and_place() -> None:
    grids = {"99010100100101": square(0, 0, 2), "99010100100102": square(1.5, 0), "99010100100103": square(2.5, 0)}
    (overlap,) = tiling.overlaps(grids, grids.keys())
    assert overlap.codes == ("99010100100101", "99010100100102")
    assert overlap.square_metres == pytest.approx(0.5 * 111.195**2 * math.cos(math.radians(22.5)), rel=0.001)
    assert square(1.5, 0).contains(shapely.Point(overlap.place.lon, overlap.place.lat))
    assert tiling.overlaps(grids, {"99010100100103"}) == [], "only what was asked about"
    pieces = tiling.gaps("990101001001", square(0, 0, 4), list(grids.values()))
    assert sum(piece.square_metres for piece in pieces) == pytest.approx(10.5 * 111.195**2 * 0.92388, rel=0.001)
    (out,) = tiling.outside("99010100100103", grids["99010100100103"], "990101001001", square(0, 0, 3))
    assert out.square_metres == pytest.approx(0.5 * 111.195**2 * 0.92388, rel=0.001)


def test_without_an_outline_the_parents_gaps_are_the_holes_in_its_children() -> None:
    around = [square(column, line) for column in range(3) for line in range(3) if (column, line) != (1, 1)]
    (gap,) = tiling.gaps("990101001001", None, around)
    assert square(1, 1).contains(shapely.Point(gap.place.lon, gap.place.lat))


def test_codes() -> None:
    assert [level_of(code) for code in ("9901", "990101", "990101001", "990101001001", "99010100100101")] == list(Level)
    assert [level_of(code) for code in ("", "99", "99010x", "990101００１", "9901010010010011")] == [None] * 5
    assert ancestors("99010100100101") == ["9901", "990101", "990101001", "990101001001"]
    assert is_within("990101001", "990101")
    assert is_within("990101", "990101")
    assert not is_within("990101", "990101001")
    assert not is_within("990101", "")
    assert clashes(["99010100100101", "990101001001011", "990101001001021"]) == [("99010100100101", "990101001001011")]
    assert clashes(["990101001001", "99010100100101"]) == []
