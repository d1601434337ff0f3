"""Areas and places in both databases: imported whole or not at all, and seen by every process soon after."""
import copy
import json
import subprocess
import sys
import time as stopwatch
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import func, select

from casework.errors import Invalid, NotFound
from casework.geography import addresses, areas
from casework.geography.areas import Area, Level
from casework.geography.coordinates import Point
from casework.geography.demo_district import demo_district, demo_places
from casework.storage import database
from tests.conftest import SetClock, absent

SHENZHEN = Path(__file__).parents[2].parent / "shared" / "data" / "geo" / "shenzhen_districts_gcj02.geojson"
COMMUNITY = "990101001001"


def area(code: str, outline: Any, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "name": f"区域{code}"} | members,
            "geometry": None if outline is None else shapely.geometry.mapping(outline)}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def take(document: dict[str, Any], system: str = "wgs84", replaces: str | None = None) -> areas.ImportReport:
    with database.transaction() as db:
        return areas.import_areas(db, document, system, replaces)


def code_at(lon: float, lat: float) -> str | None:
    with database.reading() as db:
        found = areas.area_at(db, Point(lon, lat))
        return found.code if found else None


LEFT, RIGHT = shapely.box(114, 22, 114.01, 22.01), shapely.box(114.01, 22, 114.02, 22.01)
TWO_GRIDS = collection(area(COMMUNITY, LEFT.union(RIGHT)), area(COMMUNITY + "01", LEFT), area(COMMUNITY + "02", RIGHT))


def test_a_city_comes_in_and_every_point_has_its_way_down(store: str) -> None:
    report = take(demo_district())
    assert (report.added, report.changed, report.unchanged, report.retired) == (349, 0, 0, 0)
    assert report.by_level == {Level.CITY: 1, Level.DISTRICT: 2, Level.STREET: 6, Level.COMMUNITY: 40, Level.GRID: 300}
    assert (report.overlaps, report.gaps, report.outside, report.problems) == ([], [], [], [])
    with database.reading() as db:
        grid = areas.area_at(db, Point(114.05, 22.6))
        assert grid is not None
        assert grid.level is Level.GRID
        assert grid.names[0] == "示范市"
        stored = areas.area(db, grid.code)
        assert 200 < stored.properties["households"] < 600
        assert stored.parent_code == grid.codes[-2]
        assert shapely.from_wkb(stored.outline).covers(shapely.Point(114.05, 22.6))
        assert areas.describe(db, grid.code) == grid
        assert grid.code in {one.code for one in areas.children(db, grid.codes[-2])}
        assert [one.code for one in areas.children(db, None)] == ["9901"]
        assert areas.areas_at(db, [Point(114.05, 22.6), Point(0, 0)]) == [grid, None]
        with pytest.raises(NotFound):
            areas.area(db, "0000")


def test_the_same_file_again_changes_nothing_and_another_updates(store: str) -> None:
    take(TWO_GRIDS)
    assert take(TWO_GRIDS).unchanged == 3
    moved = copy.deepcopy(TWO_GRIDS)
    moved["features"][1] = area(COMMUNITY + "01", shapely.box(114, 22, 114.005, 22.01), name="新名", households=3)
    report = take(moved)
    assert (report.added, report.changed, report.unchanged) == (0, 1, 2)
    assert [gap.codes for gap in report.gaps] == [(COMMUNITY,)]
    assert [gap.codes for gap in take(collection(moved["features"][1])).gaps] == [(COMMUNITY,)], "one grid alone as well"
    assert code_at(114.004, 22.005) == COMMUNITY + "01"
    assert code_at(114.007, 22.005) is None, "seen at once in the process that imported"
    with database.reading() as db:
        stored = areas.area(db, COMMUNITY + "01")
        assert (stored.name, stored.properties) == ("新名", {"households": 3})


def test_one_wrong_feature_and_nothing_is_taken(store: str) -> None:
    take(TWO_GRIDS)
    bow_tie = shapely.Polygon([(114, 22), (115, 23), (115, 22), (114, 23)])
    with pytest.raises(Invalid, match="nothing was changed") as refused:
        take(collection(area(COMMUNITY + "03", LEFT), area(COMMUNITY + "04", bow_tie)))
    assert refused.value.faults[0].field == "features.1.geometry"
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Area)) == 3


def test_a_code_that_begins_with_another_grids_code_is_refused(store: str) -> None:
    take(TWO_GRIDS)
    with pytest.raises(Invalid) as refused:
        take(collection(area(COMMUNITY + "011", LEFT)))
    assert refused.value.faults[0].field == "features.0.properties.code"


def test_overlaps_and_gaps_are_reported_with_size_and_place_and_taken_all_the_same(store: str) -> None:
    wide, narrow = shapely.box(114, 22, 114.012, 22.01), shapely.box(114.01, 22, 114.018, 22.01)
    report = take(collection(
        area(COMMUNITY, LEFT.union(RIGHT)), area(COMMUNITY + "01", wide), area(COMMUNITY + "02", narrow),
        area(COMMUNITY + "03", shapely.box(114, 22.01, 114.01, 22.02)), area("990101001002", None)))
    (overlap,) = report.overlaps
    assert overlap.codes == (COMMUNITY + "01", COMMUNITY + "02")
    assert overlap.square_metres == pytest.approx(0.002 * 0.01 * 111_195**2 * 0.9271, rel=0.001)
    assert 114.01 < overlap.place.lon < 114.012
    (gap,) = report.gaps
    assert gap.codes == (COMMUNITY,)
    assert 114.018 < gap.place.lon < 114.02
    (out,) = report.outside
    assert out.codes == (COMMUNITY + "03", COMMUNITY)
    assert report.problems == [f"{COMMUNITY} 区域{COMMUNITY}: there is no area 990101001 above it",
                               "990101001002 区域990101001002: there is no area 990101001 above it"]
    assert code_at(114.011, 22.005) == COMMUNITY + "01", "contested ground has one grid, the smaller code"
    assert take(collection(area("990102", RIGHT))).overlaps == [], "what was not imported now is not told again"


def test_a_file_that_replaces_retires_what_it_does_not_name(store: str, time: SetClock) -> None:
    take(TWO_GRIDS)
    take(collection(area("990102001001", shapely.box(115, 22, 116, 23))))
    time.is_now("2026-05-01 10:00")
    whole = LEFT.union(RIGHT)
    report = take(collection(area(COMMUNITY, whole), area(COMMUNITY + "011", whole)), "wgs84", COMMUNITY)
    assert (report.added, report.unchanged, report.retired, report.overlaps) == (1, 1, 2, [])
    assert code_at(114.015, 22.005) == COMMUNITY + "011"
    assert code_at(115.5, 22.5) == "990102001001", "other areas stay"
    with database.reading() as db:
        assert areas.area(db, COMMUNITY + "02").retired_at == time.moment
        assert areas.describe(db, COMMUNITY + "02") is None
    with pytest.raises(Invalid):
        take(collection(area("990102", LEFT)), "wgs84", COMMUNITY)
    back = collection(area(COMMUNITY + "01", LEFT), area(COMMUNITY + "02", RIGHT))
    assert take(back, "wgs84", COMMUNITY).changed == 2
    assert code_at(114.015, 22.005) == COMMUNITY + "02", "what was retired can come back"


def test_a_transaction_sees_its_own_import_and_nobody_does_when_it_fails(store: str) -> None:
    take(TWO_GRIDS)
    here = Point(114.5, 22.5)
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        assert areas.area_at(db, here) is None
        areas.import_areas(db, collection(area("990101002", shapely.box(114.4, 22.4, 114.6, 22.6))), "wgs84")
        with db.begin_nested():
            pass
        assert areas.area_at(db, here) is not None
        addresses.import_places(db, places(at=(114.5, 22.5)), "wgs84")
        assert addresses.locate(db, "人民路") is not None
        assert code_at(114.5, 22.5) is None
        raise ZeroDivisionError
    assert code_at(114.5, 22.5) is None
    with database.reading() as db:
        assert addresses.locate(db, "人民路") is None


ELSEWHERE = """
import json, sys
from casework.geography import addresses, areas
from casework.storage import database
database.configure(sys.argv[1])
with database.transaction() as db:
    areas.import_areas(db, json.loads(sys.argv[2]), "wgs84")
    addresses.import_places(db, json.loads(sys.argv[3]), "wgs84")
"""


def test_an_import_in_another_process_is_seen_within_two_seconds(store: str) -> None:
    take(TWO_GRIDS)
    assert code_at(114.5, 22.5) is None
    more = collection(area("990101002", shapely.box(114.4, 22.4, 114.6, 22.6)))
    subprocess.run([sys.executable, "-c", ELSEWHERE, store, json.dumps(more), json.dumps(places(at=(114.5, 22.5)))],
                   check=True)
    until = stopwatch.monotonic() + 2
    while code_at(114.5, 22.5) is None and stopwatch.monotonic() < until:
        stopwatch.sleep(0.05)
    assert code_at(114.5, 22.5) == "990101002"
    with database.reading() as db:
        found = addresses.locate(db, "人民路12号")
        assert found is not None
        assert found.area_code == "990101002"


def test_a_quiet_second_costs_no_query(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take(TWO_GRIDS)
    with database.reading() as db:
        areas.area_at(db, Point(114.005, 22.005))
        monkeypatch.setattr(db, "scalar", lambda *_: pytest.fail("asked the database"))
        monkeypatch.setattr(areas, "FRESH_SECONDS", 3600)
        for _ in range(100):
            assert areas.area_at(db, Point(114.005, 22.005)) is not None


@pytest.mark.parametrize(("lon", "lat", "district"), [
    (114.0579, 22.5431, "福田区"),  # the civic centre
    (113.9440, 22.5230, "南山区"),  # Shenzhen Bay sports centre
    (114.1317, 22.5483, "罗湖区"),
    (114.0180, 22.6090, "龙华区"),  # Shenzhen North station lies at its southern edge
    (113.8140, 22.6390, "宝安区"),  # the airport
    (114.0300, 22.2800, None),      # Hong Kong
])
def test_real_districts_in_the_offset_of_chinese_maps_hold_real_gps_positions(
        sqlite: str, lon: float, lat: float, district: str | None) -> None:
    if not SHENZHEN.exists():
        absent(f"no {SHENZHEN}")
    report = take(json.loads(SHENZHEN.read_text("utf-8")), "gcj02")
    assert (report.added, report.by_level) == (9, {Level.DISTRICT: 9})
    assert len(report.problems) == 9, "there is no city above them in this file"
    with database.reading() as db:
        found = areas.area_at(db, Point(lon, lat))
        assert (found and found.name) == district


def places(at: tuple[float, float] = (114.005, 22.005), **members: Any) -> dict[str, Any]:
    road = {"name": "人民路", "kind": "road", "number_from": 1, "number_to": 99} | members
    return collection({"type": "Feature", "properties": road,
                       "geometry": {"type": "Point", "coordinates": list(at)}})


def take_places(document: dict[str, Any], system: str = "wgs84", source: str = "import") -> addresses.PlacesReport:
    with database.transaction() as db:
        return addresses.import_places(db, document, system, source)


def locate(text: str) -> tuple[str, Point | None] | None:
    with database.reading() as db:
        found = addresses.locate(db, text)
        return found and (found.area_code, found.point)


def test_a_house_number_gives_the_grid_and_the_point(store: str) -> None:
    take(TWO_GRIDS)
    assert take_places(places()) == addresses.PlacesReport(stored=1)
    assert locate("人民路12号") == (COMMUNITY + "01", Point(114.005, 22.005))


def test_a_source_replaces_what_it_said_and_no_other_source(store: str) -> None:
    take(TWO_GRIDS)
    take_places(places())
    take_places(places(name="解放路"), source="police")
    assert take_places(places(at=(114.015, 22.005))) == addresses.PlacesReport(stored=1, removed=1)
    assert locate("人民路12号") == (COMMUNITY + "02", Point(114.015, 22.005))
    assert locate("解放路3号") == (COMMUNITY + "01", Point(114.005, 22.005))


def test_places_follow_when_the_grids_are_drawn_anew(store: str) -> None:
    take(TWO_GRIDS)
    take_places(places())
    take(collection(area(COMMUNITY, LEFT.union(RIGHT)), area(COMMUNITY + "09", LEFT.union(RIGHT))), "wgs84", COMMUNITY)
    assert locate("人民路12号") == (COMMUNITY + "09", Point(114.005, 22.005))


def test_what_the_source_says_of_the_area_counts_where_the_point_does_not_lie_in_it(store: str) -> None:
    take(TWO_GRIDS)
    take_places(places(area_code=COMMUNITY))
    assert locate("人民路12号") == (COMMUNITY + "01", Point(114.005, 22.005))
    take_places(places(area_code=COMMUNITY + "02"))
    assert locate("人民路12号") == (COMMUNITY + "02", Point(114.005, 22.005))
    assert take_places(places(at=(100, 30))).nowhere == ["人民路"]
    assert locate("人民路12号") is None
    with pytest.raises(Invalid) as refused:
        take_places(places(area_code="990199"))
    assert refused.value.faults[0].field == "features.0.properties.area_code"


def test_the_demonstration_city_knows_its_addresses(store: str) -> None:
    take(demo_district())
    document = demo_places()
    assert take_places(document) == addresses.PlacesReport(stored=len(document["features"]))
    with database.reading() as db:
        for feature in document["features"]:
            members, at = feature["properties"], Point(*feature["geometry"]["coordinates"])
            grid = areas.area_at(db, at)
            number = f"{members['number_from'] + 3}号" if members["kind"] == "road" else ""
            found = addresses.locate(db, f"我家在{members['name']}{number}，路灯坏了三天没有人管")
            assert grid is not None
            assert found is not None
            assert (found.area_code, found.point) == (grid.code, at)
        texts = ["澄江街道路面积水", "没有地名", ""]
        many = addresses.locate_many(db, texts)
        assert many == [addresses.locate(db, text) for text in texts]
        assert [one and one.name for one in many] == ["澄江街道", None, None]
