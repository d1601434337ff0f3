"""What the city stands on, over HTTP: areas, taxonomy, responsibility; imported all or nothing, and told what is wrong."""
import copy
from io import BytesIO
from typing import Any

import pytest

from casework import taxonomy
from casework.storage.database import transaction
from casework.taxonomy import sheets
from tests.api.town import Json, Town, key, ok, pda_report, point, problem
from tests.factories import GRIDS, SIDE, SOUTH, WEST, small_map
from tests.statements import heard

AREAS, TAXONOMY, RULES = "/api/v1/areas", "/api/v1/taxonomy", "/api/v1/rules"


def sent(name: str, content: bytes) -> tuple[BytesIO, str]:
    return BytesIO(content), name


# --- areas

def test_the_tree_is_read_level_by_level_and_a_point_leads_down_to_its_grid(town: Town) -> None:
    (city,) = ok(town.stranger.get(AREAS))["items"]
    assert (city["code"], city["level"]) == ("4403", "city")
    communities = ok(town.stranger.get(AREAS, parent="440301001"))["items"]
    assert [one["code"] for one in communities] == ["440301001001", "440301001002"]
    assert ok(town.stranger.get(AREAS, parent="99"))["items"] == []
    for within in ({}, {"parent": "4403"}, {"parent": "440301"}):
        assert [one["code"] for one in ok(town.stranger.get(AREAS, level="street", **within))["items"]] == ["440301001"]
    assert ok(town.stranger.get(AREAS, level="street", parent="440302"))["items"] == []
    problem(town.stranger.get(AREAS, level="grid"), 422)
    grid = ok(town.stranger.get(f"{AREAS}/at", **point(0)))
    assert (grid["code"], grid["names"][-2:]) == (GRIDS[0], ["南塘社区", "网格1"])
    border = ok(town.stranger.get(f"{AREAS}/at", lon=WEST + SIDE, lat=SOUTH + SIDE))
    assert border["code"] == GRIDS[0]
    shifted = ok(town.stranger.get(f"{AREAS}/at", **point(0), system="gcj02"))
    assert shifted["code"] == GRIDS[0]
    problem(town.stranger.get(f"{AREAS}/at", lon=0, lat=0), 404)


def test_a_map_is_given_the_outlines_down_to_communities_and_asks_again_for_nothing(town: Town) -> None:
    answer = town.stranger.get(f"{AREAS}/outlines")
    items = ok(answer)["items"]
    assert [(one["level"], one["name"]) for one in items] == [
        ("district", "东山区"), ("street", "河口街道"), ("community", "南塘社区"), ("community", "北坡社区")]
    corners = {(lon, lat) for lon, lat in items[2]["outline"][0]}
    assert corners == {(round(WEST + east, 6), round(SOUTH + north, 6)) for east in (0, 2 * SIDE) for north in (0, SIDE)}
    assert "max-age" in answer.headers["Cache-Control"]
    again = town.app.test_client().get(f"{AREAS}/outlines", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_outlines_are_made_once_for_each_map(town: Town) -> None:
    ok(town.stranger.get(f"{AREAS}/outlines"))
    with heard() as seen:
        ok(town.stranger.get(f"{AREAS}/outlines"))
    assert [one for one in seen if "areas.outline" in one] == []
    changed = copy.deepcopy(small_map())
    next(one for one in changed["features"] if one["properties"]["code"] == "440301001")["properties"]["name"] = "新河口街道"
    ok(town.administrator.post(f"{AREAS}/import", changed, system="wgs84"))
    assert "新河口街道" in {one["name"] for one in ok(town.stranger.get(f"{AREAS}/outlines"))["items"]}


def test_a_point_is_two_numbers_on_the_globe(town: Town) -> None:
    for query, field in (({"lon": 114}, "lat"), ({"lon": "nan", "lat": 22}, "lon"), ({"lon": 181, "lat": 22}, "lon"),
                         ({"lon": "x", "lat": 22}, "lon"), ({"lon": 1, "lat": 2, "system": "mars"}, "system"),
                         ({"lon": "1e400", "lat": 2}, "lon"), ({"lon": 1, "lat": 2, "alt": 3}, "alt")):
        assert set(problem(town.stranger.get(f"{AREAS}/at", **query), 422)["fields"]) == {field}, query


def test_overlaps_and_gaps_are_reported_at_import_with_size_and_place(town: Town) -> None:
    changed = copy.deepcopy(small_map())
    grid = next(one for one in changed["features"] if one["properties"]["code"] == GRIDS[0])
    ring = grid["geometry"]["coordinates"][0]
    for corner in (1, 2):
        ring[corner] = [ring[corner][0] + 0.001, ring[corner][1]]  # a hundred metres into its neighbour
    other = next(one for one in changed["features"] if one["properties"]["code"] == GRIDS[3])
    for corner in (1, 2):
        other["geometry"]["coordinates"][0][corner][0] -= 0.002  # two hundred metres of nobody's land
    report = ok(town.administrator.post(f"{AREAS}/import", changed, system="wgs84"))
    assert (report["added"], report["changed"], report["unchanged"]) == (0, 2, 7)
    (overlap,), (gap,) = report["overlaps"], report["gaps"]
    assert 90_000 < overlap["square_metres"] < 130_000
    assert 180_000 < gap["square_metres"] < 260_000
    assert {GRIDS[0], GRIDS[1]} <= set(str(overlap).replace("'", " ").split())


def test_an_impossible_map_is_refused_whole_with_the_feature_at_fault(town: Town) -> None:
    good = small_map()["features"]
    named = good[-1]["properties"]
    for change in ({"geometry": None}, {"geometry": {"type": "Point", "coordinates": [1, 2]}}, {"properties": {}},
                   {"properties": named | {"code": "44"}}, {"properties": named | {"level": "planet"}},
                   {"geometry": {"type": "Polygon", "coordinates": "x"}}):
        body = {"type": "FeatureCollection", "features": [*good[:-1], good[-1] | change, {"type": "Feature"}]}
        fields = problem(town.administrator.post(f"{AREAS}/import", body, system="wgs84"), 422)["fields"]
        assert any(one.startswith("features.8") for one in fields), change
    for body in ({"type": "Feature"}, {"type": "FeatureCollection", "features": {}}, {"type": "FeatureCollection"}):
        problem(town.administrator.post(f"{AREAS}/import", body, system="wgs84"), 422)
    problem(town.administrator.post(f"{AREAS}/import", small_map(), system="mars"), 422)
    problem(town.administrator.post(f"{AREAS}/import", small_map()), 422)
    assert len(ok(town.stranger.get(AREAS, parent="440301001002"))["items"]) == 2


def test_a_map_in_gcj02_lies_where_it_is_in_wgs84(town: Town) -> None:
    ok(town.administrator.post(f"{AREAS}/import", small_map(), system="gcj02"))
    moved = ok(town.stranger.get(f"{AREAS}/at", lon=WEST + 0.0001, lat=SOUTH + 0.005))
    assert moved["code"] == GRIDS[0]
    problem(town.stranger.get(f"{AREAS}/at", lon=WEST + 2 * SIDE - 0.001, lat=SOUTH + 2 * SIDE - 0.0001), 404)


def test_names_on_the_map_place_address_words(town: Town) -> None:
    west, south = WEST + SIDE / 2, SOUTH + SIDE / 2
    places: dict[str, Any] = {"type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {"name": "学府花园", "kind": "estate"},
        "geometry": {"type": "Point", "coordinates": [west, south]}}]}
    assert ok(town.administrator.post(f"{AREAS}/places", places, system="wgs84"))["stored"] == 1
    report = {"key": key(), "text": "路灯坏了", "address": "学府花园北门"}
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", report), 201)
    town.jobs()
    assert town.case_of(receipt["number"])["area_code"] == GRIDS[0]
    places["features"][0]["geometry"]["coordinates"] = ["x"]
    problem(town.administrator.post(f"{AREAS}/places", places, system="wgs84"), 422)


def test_only_who_keeps_the_reference_imports(town: Town) -> None:
    for somebody in (town.dispatcher, town.leader, town.li, town.water_head):
        problem(somebody.post(f"{AREAS}/import", small_map(), system="wgs84"), 403)
        problem(somebody.post(f"{TAXONOMY}/versions", {"name": "x"}), 403)
        problem(somebody.post(f"{RULES}/import", {"replace": True}), 403)
    problem(town.stranger.post(f"{AREAS}/import", small_map(), system="wgs84"), 401)


# --- taxonomy

@pytest.fixture
def default(town: Town) -> Town:
    """With the taxonomy that comes with the house."""
    with transaction() as db:
        tables = [(sheets.DEFAULT / name).read_bytes() for name in ("categories.csv", "standards.csv")]
        taxonomy.activate(db, taxonomy.import_csv(db, "默认", *tables).id)
    return town


def test_categories_are_read_with_their_standards(default: Town) -> None:
    assert len(ok(default.stranger.get(f"{TAXONOMY}/categories"))["items"]) == 190 + 11 + 15 + 118 + 517
    branch = ok(default.stranger.get(f"{TAXONOMY}/categories", within="101"))["items"]
    assert {one["code"][:3] for one in branch} == {"101"}
    cover = next(one for one in branch if one["code"] == "10101")
    assert (cover["name"], cover["kind"], cover["parent_code"]) == ("上水井盖", "component", "101")
    assert {"condition", "closing", "limit_value", "limit_unit", "evidence", "is_default"} <= set(cover["standards"][0])
    assert sum(one["is_default"] for one in cover["standards"]) == 1
    assert ok(default.stranger.get(f"{TAXONOMY}/categories", within="9"))["items"] == []


def test_what_is_exported_is_imported_again_as_it_was(default: Town) -> None:
    admin = default.administrator
    tables = {name: admin.get(f"{TAXONOMY}/export/{name}").data for name in ("categories.csv", "standards.csv")}
    workbook = admin.get(f"{TAXONOMY}/export.xlsx").data
    before = [without_ids(one) for one in ok(admin.get(f"{TAXONOMY}/categories"))["items"]]
    for files in ([sent(name, content) for name, content in tables.items()], [sent("分类.xlsx", workbook)]):
        made = ok(admin.post(f"{TAXONOMY}/versions", {"name": "再导入", "activate": "true"}, files={"files": files}), 201)
        assert (made["name"], made["active"]) == ("再导入", True)
        assert [without_ids(one) for one in ok(admin.get(f"{TAXONOMY}/categories"))["items"]] == before
        for name, content in tables.items():
            assert admin.get(f"{TAXONOMY}/export/{name}").data == content
    versions = ok(admin.get(f"{TAXONOMY}/versions"))["items"]
    assert [one["active"] for one in versions] == [True] + [False] * (len(versions) - 1)
    assert ok(admin.post(f"{TAXONOMY}/versions/{versions[1]['id']}/activate"))["active"]
    problem(admin.post(f"{TAXONOMY}/versions/{key()}/activate"), 404)
    problem(admin.get(f"{TAXONOMY}/export/rules.csv"), 404)
    problem(default.stranger.get(f"{TAXONOMY}/export.xlsx"), 401)


def without_ids(category: Json) -> Json:
    return category | {"standards": [one | {"id": 0} for one in category["standards"]]}


CATEGORIES = "编码,类型,名称\n101,部件,公用设施\n10101,部件,上水井盖\n"
STANDARDS = "分类编码,序号,立案条件,结案条件,时限,时限单位,结案材料,默认\n10101,1,丢失,复原,2,紧急工作时,处置后照片,是\n"


def test_a_table_with_faults_changes_nothing_and_lists_them_by_row_and_column(town: Town) -> None:
    def send(categories: str, standards: str, name: str = "新") -> Json:
        files = [sent("categories.csv", categories.encode()), sent("standards.csv", standards.encode())]
        return problem(town.administrator.post(f"{TAXONOMY}/versions", {"name": name}, files={"files": files}), 422)
    document = send(CATEGORIES + "10102,动物,猫\n99,部件,\n", STANDARDS.replace("紧急工作时", "一会儿"))
    assert {"categories.4.kind", "categories.5.code", "categories.5.name", "standards.2.limit_unit"} <= set(document["fields"])
    assert "standards.2.category_code" in send(CATEGORIES, STANDARDS.replace("10101", "10199"))["fields"]
    assert len(ok(town.administrator.get(f"{TAXONOMY}/versions"))["items"]) == 1


def test_what_is_no_table_is_refused(town: Town) -> None:
    for files in ([sent("a.xlsx", b"PK\3\4 no workbook")], [sent("a.xlsx", b"")], [sent("a.pdf", b"%PDF")],
                  [sent("categories.csv", CATEGORIES.encode())],
                  [sent("categories.csv", b"\xff\xfe\0\0\xd8"), sent("standards.csv", STANDARDS.encode())],
                  [sent("categories.csv", b""), sent("standards.csv", b"")],
                  [sent("categories.csv", b"\0" * 50), sent("standards.csv", b"a,b\n1,2\n")]):
        problem(town.administrator.post(f"{TAXONOMY}/versions", {"name": "新"}, files={"files": files}), 422)
    problem(town.administrator.post(f"{TAXONOMY}/versions", {"name": "新"}), 422)
    three = {"files": [sent("categories.csv", b"")] * 3}
    problem(town.administrator.post(f"{TAXONOMY}/versions", {"name": "新"}, files=three), 413)


# --- responsibility

HEAD = "名称,类别编码,区域编码,权属,时段,生效时间,失效时间,主办部门编码,协办部门编码,岗位,依据\n"


def imported(town: Town, lines: str, **body: Any) -> Any:
    return town.administrator.post(f"{RULES}/import", body, files={"file": sent("rules.csv", (HEAD + lines).encode())})


def test_rules_that_are_imported_decide_and_explain_themselves(town: Town) -> None:
    roads = str(town.departments["roads"].id)
    assert ok(imported(town, "夜间井盖,10101,440301001001,,,,,roads,water,,三定方案\n"), 201) == {
        "added": 1, "retired": 0, "overlaps": 0}
    decided = ok(town.dispatcher.get(f"{RULES}/explain", category="10101", area=GRIDS[0]))
    assert (decided["lead"], decided["assisting"]) == (roads, [str(town.departments["water"].id)])
    assert "夜间井盖" in decided["explanation"]
    elsewhere = ok(town.dispatcher.get(f"{RULES}/explain", category="10101", area=GRIDS[2]))
    assert elsewhere["lead"] == str(town.departments["water"].id)
    nobody = ok(town.dispatcher.get(f"{RULES}/explain", category="20101", area=GRIDS[0]))
    assert (nobody["lead"], nobody["rule"]) == (None, None)
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report()), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    assert case["lead_department_id"] == roads
    assert "夜间井盖" in case["history"][-1]["facts"]["rule"]
    assert ok(town.administrator.post(f"{RULES}/{decided['rule']}/retire"))["valid_until"]
    again = ok(town.dispatcher.get(f"{RULES}/explain", category="10101", area=GRIDS[0]))
    assert again["lead"] == elsewhere["lead"]
    problem(town.administrator.post(f"{RULES}/{key()}/retire"), 404)


def test_gaps_and_contradictions_are_listed(town: Town) -> None:
    gaps = ok(town.dispatcher.get(f"{RULES}/gaps"))
    assert gaps["all"]
    assert [(one["category_code"], one["area_code"]) for one in gaps["items"]] == [("2", None)]  # nobody has any event
    assert ok(town.dispatcher.get(f"{RULES}/overlaps"))["items"] == []
    assert ok(imported(town, "井盖二,10101,,,,,,roads,,,\n"), 201)["overlaps"] == 1
    (pair,) = ok(town.dispatcher.get(f"{RULES}/overlaps"))["items"]
    assert {pair["one"]["name"], pair["other"]["name"]} == {"供水井盖", "井盖二"}
    problem(town.li.get(f"{RULES}/gaps"), 403)


def test_wrong_rules_change_nothing_and_are_listed_by_row_and_column(town: Town) -> None:
    before = ok(town.administrator.get(RULES))
    wrong = "甲,10101,,,,,,roads,,,\n乙,10101,,,早上,,,roads,,,\n丙,10101,,,,明天,,roads,,,\n丁,10101,,,,,,,,,\n"
    fields = set(problem(imported(town, wrong, replace=True), 422)["fields"])
    assert fields == {"rules.3.hours", "rules.4.valid_from", "rules.5.lead"}
    fields = set(problem(imported(town, "甲,10101,,,,,,nobody,,,\n乙,99999,7,,,,,roads,,king,\n"), 422)["fields"])
    assert {"rules.2.lead", "rules.3.category_code", "rules.3.area_code", "rules.3.post_role"} <= fields
    for content in (b"", b"\xff\xff", b"\0\0", b"a,b\n1,2\n", b"PK\3\4"):
        for name in ("rules.csv", "rules.xlsx"):
            files = {"file": sent(name, content)}
            problem(town.administrator.post(f"{RULES}/import", {}, files=files), 422)
    problem(town.administrator.post(f"{RULES}/import", {"replace": False}), 422)
    assert ok(town.administrator.get(RULES)) == before


def test_the_list_goes_out_and_in_again(town: Town) -> None:
    before = ok(town.administrator.get(RULES))
    table = town.administrator.get(f"{RULES}/export.csv").data
    answer = town.administrator.post(f"{RULES}/import", {"replace": "true"}, files={"file": sent("rules.csv", table)})
    assert ok(answer, 201) == {"added": 4, "retired": 4, "overlaps": 0}
    after = ok(town.administrator.get(RULES))
    assert [one | {"id": 0} for one in after["items"]] == [one | {"id": 0} for one in before["items"]]


def test_a_question_is_checked(town: Town) -> None:
    for query, field in (({}, "category"), ({"category": "1" * 13}, "category"), ({"category": "1", "at": "now"}, "at"),
                         ({"category": "1", "where": "x"}, "where")):
        assert set(problem(town.dispatcher.get(f"{RULES}/explain", **query), 422)["fields"]) == {field}
    unknown = ok(town.dispatcher.get(f"{RULES}/explain", category="xyz", area="云湖"))
    assert unknown["lead"] is None
    assert unknown["explanation"]
