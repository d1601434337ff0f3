"""The desk over HTTP: what a department sees at once, filters that stay a person's own, colleagues, and looking for a case."""
import pytest
from sqlalchemy import select

from casework.cases.saved_filters import MOST, SavedFilter
from casework.identity.privacy import Access
from casework.storage.database import reading
from tests.api.town import Json, Town, ok, pda_report, point, problem, stored, ticket
from tests.statements import heard

DESK, SEARCH, FILTERS = "/api/v1/desk", "/api/v1/cases/search", "/api/v1/desk/filters"


@pytest.fixture
def manhole(town: Town) -> Json:
    """Dispatched to the water office."""
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(text="学府路12号门前上水井盖缺失")), 201)
    town.jobs()
    return town.case_of(receipt["number"])


def called(town: Town, **facts: object) -> Json:
    """A caller's request, dispatched to the office."""
    (result,) = ok(town.operator.post("/api/v1/hotline/tickets", ticket(**facts)))["results"]
    town.jobs()
    return town.case_of(result["number"])


def test_a_desk_shows_counts_and_the_first_page_of_a_queue(town: Town, manhole: Json) -> None:
    seen = ok(town.water_handler.get(DESK, queue="sign"))
    assert [one["number"] for one in seen["items"]] == [manhole["number"]]
    assert (seen["counts"]["sign"], seen["counts"]["handle"], seen["counts"]["open"], seen["next"]) == (1, 0, 1, None)
    (row,) = seen["items"]
    assert (row["category"], row["department"], row["handler"]) == (manhole["category"], manhole["department"], None)
    town.act(town.water_handler, manhole["number"], "sign")
    seen = ok(town.water_handler.get(DESK, queue="mine"))
    assert [(one["number"], one["handler"]) for one in seen["items"]] == [(manhole["number"], "Water_Handler")]
    assert ok(town.roads_handler.get(DESK))["counts"]["open"] == 0


def test_a_desk_takes_three_statements_and_its_log_in_one(town: Town, manhole: Json) -> None:
    ok(town.water_handler.get(DESK, queue="sign"))  # the taxonomy is read once a process
    with heard() as said:
        ok(town.water_handler.get(DESK, queue="sign", words="井盖"))
    assert len(said) <= 4, said


def test_a_desk_is_for_departments(town: Town) -> None:
    for somebody in (town.dispatcher, town.li, town.leader):
        problem(somebody.get(DESK), 403)


def test_a_queue_is_narrowed_and_paged(town: Town, manhole: Json) -> None:
    second = ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(0, 400), text="消防通道井盖松动异响")), 201)
    town.jobs()
    other = town.case_of(second["number"])["number"]
    assert other != manhole["number"]
    for query, found in (({"words": "松动"}, {other}), ({"words": "学府路 缺失"}, {manhole["number"]}),
                         ({"words": "没有"}, set()), ({"category": "101"}, {other, manhole["number"]}),
                         ({"channel": "hotline"}, set()),
                         ({"mine": "true"}, set()), ({"area": manhole["area_code"]}, {other, manhole["number"]})):
        page = ok(town.water_handler.get(f"{DESK}/cases", **query))
        assert ({one["number"] for one in page["items"]}, page["next"]) == (found, None), query
    first = ok(town.water_handler.get(f"{DESK}/cases", limit=1))
    rest = ok(town.water_handler.get(f"{DESK}/cases", limit=1, cursor=first["next"]))
    assert {one["number"] for one in first["items"] + rest["items"]} == {other, manhole["number"]}
    problem(town.water_handler.get(f"{DESK}/cases", queue="everything"), 422)


def test_a_filter_is_kept_for_its_person_replaced_by_name_and_deleted(town: Town) -> None:
    wanted = {"queue": "handle", "area": "440301001", "urgent": True, "channel": "hotline"}
    kept = ok(town.water_handler.post(FILTERS, {"name": "南塘急件", "wanted": wanted}), 201)
    assert (kept["name"], kept["wanted"]) == ("南塘急件", wanted)
    again = ok(town.water_handler.post(FILTERS, {"name": "南塘急件", "wanted": {"queue": "sign"}}), 201)
    assert (again["id"], again["wanted"]) == (kept["id"], {"queue": "sign"})
    assert [one["name"] for one in ok(town.water_handler.get(DESK))["filters"]] == ["南塘急件"]
    assert ok(town.water_head.get(DESK))["filters"] == []
    client, headers = town.app.test_client(), town.water_head.headers
    assert client.delete(f"{FILTERS}/{kept['id']}", headers=headers).status_code == 404
    assert client.delete(f"{FILTERS}/{kept['id']}", headers=town.water_handler.headers).status_code == 204
    assert stored(SavedFilter) == 0


def test_filters_are_few_and_say_what_a_list_takes(town: Town) -> None:
    problem(town.water_handler.post(FILTERS, {"name": "错", "wanted": {"queue": "nowhere"}}), 422)
    problem(town.water_handler.post(FILTERS, {"name": "错", "wanted": {"phone": "13800000000"}}), 422)
    for number in range(MOST):
        ok(town.water_handler.post(FILTERS, {"name": f"{number}", "wanted": {}}), 201)
    problem(town.water_handler.post(FILTERS, {"name": "又一个", "wanted": {}}), 409)
    ok(town.water_handler.post(FILTERS, {"name": "0", "wanted": {"mine": True}}), 201)
    assert stored(SavedFilter) == MOST


def test_many_cases_are_handed_over_to_a_colleague_who_is_on_the_list(town: Town, manhole: Json) -> None:
    colleagues = ok(town.water_handler.get(f"{DESK}/colleagues"))["items"]
    assert [one["name"] for one in colleagues] == ["Water_Handler", "Water_Head"]
    body = {"action": "hand_over", "facts": {"handler": colleagues[1]["id"]}, "items": [{"number": manhole["number"]}]}
    assert [one["status"] for one in ok(town.water_handler.post("/api/v1/cases/steps", body))["results"]] == [200]
    assert [one["status"] for one in ok(town.water_handler.post("/api/v1/cases/steps", body))["results"]] == [409]
    assert [one["number"] for one in ok(town.water_head.get(DESK, queue="mine"))["items"]] == [manhole["number"]]


# --- looking for a case

def found(town: Town, who: str, **asked: object) -> list[str]:
    return [one["number"] for one in ok(getattr(town, who).post(SEARCH, asked))["items"]]


def test_a_number_finds_its_case_however_it_is_typed_and_a_reports_too(town: Town, manhole: Json) -> None:
    number, report = manhole["number"], manhole["reports"][0]["number"]
    for typed in (number, number.lower(), number.replace("-", ""), f" {number} ", number.replace("0", "o"), report):
        assert found(town, "water_handler", words=typed) == [number], typed
    assert found(town, "roads_handler", words=number) == []
    town.closed(number)
    assert found(town, "water_handler", words=number) == [number]
    assert found(town, "water_handler", words="井盖缺失") == []


def test_words_find_what_was_said_and_only_for_who_may_see_it(town: Town, manhole: Json) -> None:
    for who in ("water_handler", "supervisor", "dispatcher"):
        assert found(town, who, words="井盖 学府路") == [manhole["number"]], who
    assert found(town, "roads_handler", words="井盖") == []
    problem(town.li.post(SEARCH, {"words": "井盖"}), 403)


def test_an_address_finds_what_is_open_around_it(town: Town, manhole: Json) -> None:
    from casework.geography.addresses import import_places  # noqa: PLC0415
    from casework.storage.database import transaction  # noqa: PLC0415
    here = point(0, 30)
    with transaction() as db:
        import_places(db, {"type": "FeatureCollection", "features": [{
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [here["lon"], here["lat"]]},
            "properties": {"name": "南塘文化广场", "kind": "landmark"}}]}, "wgs84")
    seen = ok(town.water_handler.post(SEARCH, {"words": "南塘文化广场"}))
    assert [(one["number"], one["metres"]) for one in seen["near"]] == [(manhole["number"], pytest.approx(30, abs=2))]
    assert ok(town.roads_handler.post(SEARCH, {"words": "南塘文化广场"}))["near"] == []


def test_a_phone_finds_what_came_from_it_and_the_search_is_logged(town: Town) -> None:
    case = called(town)
    assert found(town, "office_handler", phone="138 0013 8000", reason="回电") == [case["number"]]
    assert found(town, "water_handler", phone="13800138000") == []
    with reading() as db:
        logged = db.scalars(select(Access).order_by(Access.id)).all()
    assert [(one.actor_name, one.subject_kind, one.field, one.reason) for one in logged] == [
        ("Office_Handler", "caller", "cases", "回电"), ("Water_Handler", "caller", "cases", "查找案件")]
    assert "13800138000" not in str([vars(one) for one in logged])
    problem(town.leader.post(SEARCH, {"phone": "13800138000"}), 403)
    assert "phone" in problem(town.office_handler.post(SEARCH, {"phone": "123"}), 422)["fields"]


def test_what_was_said_in_confidence_is_not_found_by_its_phone(town: Town) -> None:
    case = called(town, caller_phone="13900139000", confidential=True)
    assert found(town, "office_handler", phone="13900139000") == []
    assert found(town, "supervisor", phone="13900139000") == [case["number"]]


def test_a_search_says_what_it_looks_for(town: Town) -> None:
    for body in ({}, {"words": "井盖", "phone": "13800138000"}, {"words": " "}):
        assert "words" in problem(town.water_handler.post(SEARCH, body), 422)["fields"]
