"""What a file may say of areas and places, and how it is told what is wrong with it."""
import copy
import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.errors import Invalid
from casework.geography.codes import Level
from casework.geography.coordinates import Point, metres_between, wgs84_to_gcj02
from casework.geography.geojson import MOST_FAULTS, read_areas, read_places

SQUARE = {"type": "Polygon", "coordinates": [[[114, 22], [114.1, 22], [114.1, 22.1], [114, 22.1], [114, 22]]]}
BOW_TIE = {"type": "Polygon", "coordinates": [[[114, 22], [114.1, 22.1], [114.1, 22], [114, 22.1], [114, 22]]]}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def area(geometry: Any = SQUARE, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": "99010100100101", "name": "一网格"} | members, "geometry": geometry}


def place(at: Any = (114, 22), **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": "人民路"} | members,
            "geometry": {"type": "Point", "coordinates": list(at)}}


def faults(document: Any, system: str = "wgs84") -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_areas(document, system)
    return [(fault.field, fault.reason) for fault in refused.value.faults]


def test_an_area_is_read_with_all_it_carries() -> None:
    (read,) = read_areas(collection(area(aliases=["老一网格"], households=300, level="grid")), "wgs84")
    assert (read.code, read.name, read.level) == ("99010100100101", "一网格", Level.GRID)
    assert (read.aliases, read.properties) == (["老一网格"], {"households": 300})
    assert read.outline.equals(shapely.geometry.shape(SQUARE))


def test_heights_are_dropped_and_upper_areas_need_no_outline() -> None:
    high = {"type": "Polygon", "coordinates": [[[*corner, 8.5] for corner in SQUARE["coordinates"][0]]]}
    read = read_areas(collection(area(high), area(None, code="9901", name="示范市")), "wgs84")
    assert not read[0].outline.has_z
    assert read[1].outline is None


def test_a_files_offset_is_taken_off() -> None:
    (shifted,) = read_areas(collection(area()), "gcj02")
    west, south, _, _ = shifted.outline.bounds
    assert 200 < metres_between(Point(west, south), Point(114, 22)) < 1000
    assert metres_between(wgs84_to_gcj02(Point(*shifted.outline.exterior.coords[0])), Point(114, 22)) < 0.1


@pytest.mark.parametrize(("feature", "field", "reason"), [
    (area(BOW_TIE), "geometry", "Self-intersection"),
    (area({"type": "LineString", "coordinates": [[114, 22], [115, 23]]}), "geometry", "must be a Polygon or MultiPolygon"),
    (area({"type": "Polygon", "coordinates": []}), "geometry", "is empty"),
    (area({"type": "Polygon", "coordinates": [[[114, 22], [115, 22]]]}), "geometry", "cannot be read"),
    (area({"type": "Polygon", "coordinates": "x"}), "geometry", "cannot be read"),
    (area({"type": "Polygon", "coordinates": [[[math.nan, 22], [115, 22], [115, 23], [math.nan, 22]]]}), "geometry", "read"),
    (area({"type": "Polygon", "coordinates": [[[2e5, 5e6], [3e5, 5e6], [3e5, 6e6], [2e5, 5e6]]]}), "geometry", "degrees"),
    (area(None), "geometry", "a grid needs an outline"),
    (area(code="99010100100"), "properties.code", "digits"),
    (area(code=True), "properties.code", "digits"),
    (area(code="9901010010010x"), "properties.code", "digits"),
    (area(level="street"), "properties.level", "which is a grid"),
    (area(name=""), "properties.name", "1 to 100"),
    (area(name="一\0格"), "properties.name", "printable"),
    (area(name="\ud800"), "properties.name", "printable"),
    (area(name=7), "properties.name", "text"),
    (area(aliases="老名"), "properties.aliases", "list"),
    (area(aliases=[3]), "properties.aliases", "text"),
    (area(note="a\0b"), "properties", "NUL"),
    (area(note="\ud800"), "properties", "JSON"),
    (area(note={1, 2}), "properties", "JSON"),
])
def test_a_wrong_feature_is_named_with_its_index_and_reason(feature: dict[str, Any], field: str, reason: str) -> None:
    good = area(code="99010100100102")
    ((where, why),) = faults(collection(good, feature))
    assert where == f"features.1.{field}"
    assert reason in why


@pytest.mark.parametrize(("document", "field"), [
    (None, "type"), ([], "type"), ({"type": "Feature"}, "type"), (collection(), "features"),
    ({"type": "FeatureCollection", "features": {}}, "features"),
    (collection(area()) | {"crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}, "crs"),
    (collection(area()) | {"crs": "EPSG:4326"}, "crs"),
    (collection("x"), "features.0"), (collection({"type": "Feature", "properties": None}), "features.0"),
    (collection(area(), area()), "features.1.properties.code"),
])
def test_what_is_not_such_a_file_is_refused(document: Any, field: str) -> None:
    ((where, _),) = faults(document)
    assert where == field


def test_all_faults_are_told_at_once_but_not_without_end() -> None:
    assert [where for where, _ in faults(collection(area(BOW_TIE, name="", code="1"), area(None)))] == [
        "features.0.properties.code", "features.0.properties.name", "features.0.geometry", "features.1.geometry"]
    assert len(faults(collection(*[area(name="")] * 500))) == MOST_FAULTS


def test_an_unknown_coordinate_system_is_refused() -> None:
    ((where, why),) = faults(collection(area()), "epsg3857")
    assert (where, why) == ("system", "must be one of wgs84, gcj02, bd09")


def test_the_national_coordinate_system_is_gps_to_us() -> None:
    declared = collection(area()) | {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    assert len(read_areas(declared, "wgs84")) == 1


def test_datav_files_are_understood() -> None:
    city = area(adcode=440300, level="city", name="某市")
    district = area(adcode=440303, level="district", name="某区", parent={"adcode": 440300})
    for feature in (city, district):
        del feature["properties"]["code"]
    assert [one.code for one in read_areas(collection(city, district), "gcj02")] == ["4403", "440303"]


def test_places_are_read() -> None:
    read = read_places(collection(place(kind="road", number_from=1, number_to=99, area_code="990101"), place((115, 23))),
                       "wgs84")
    assert [(one.name, one.kind, one.area_code, one.number_from, one.number_to, one.point.lon) for one in read] == [
        ("人民路", "road", "990101", 1, 99, 114), ("人民路", "landmark", None, None, None, 115)]


@pytest.mark.parametrize(("feature", "field"), [
    (place(number_from=9, number_to=1), "number_to"), (place(number_from=1), "number_to"), (place(number_to=1), "number_to"),
    (place(number_from=-1, number_to=3), "number_from"), (place(number_from=True, number_to=3), "number_from"),
    (place(area_code="12"), "area_code"), (place(area_code=990101), "area_code"), (place(name=None), "name"),
    (place(kind=""), "kind"),
])
def test_a_wrong_place_is_named(feature: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_places(collection(place(), feature), "wgs84")
    assert refused.value.faults[0].field == f"features.1.properties.{field}"


@pytest.mark.parametrize("at", [(200, 22), (114,), ("x", "y"), ()])
def test_a_place_nowhere_on_earth_is_named(at: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read_places(collection(place(at)), "wgs84")
    assert refused.value.faults[0].field == "features.0.geometry"


JUNK = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
                    max_leaves=12)
PATHS = [("features",), ("features", 0), ("features", 0, "properties"), ("features", 0, "properties", "code"),
         ("features", 0, "properties", "name"), ("features", 0, "properties", "aliases"), ("features", 0, "geometry"),
         ("features", 0, "geometry", "type"), ("features", 0, "geometry", "coordinates"), ("crs",),
         ("features", 0, "geometry", "coordinates", 0), ("features", 0, "geometry", "coordinates", 0, 1)]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(PATHS), JUNK)
def test_junk_anywhere_is_refused_in_words_or_taken_never_a_crash(path: tuple[Any, ...], junk: Any) -> None:
    document = collection(copy.deepcopy(area()))
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    try:
        read = read_areas(document, "gcj02")
    except Invalid as refused:
        told = [f"{fault.field} {fault.reason}" for fault in refused.faults]
    else:
        told = [one.name for one in read]
    assert all(told)
    assert told
