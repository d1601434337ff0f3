"""What the pages of administration ask for: people found and named, a year as it stands, rules as a table, trials."""
from typing import Any

import pytest

from casework.identity.people import Role
from casework.identity.permissions import PERMISSIONS
from tests.api.town import Town, ok, problem
from tests.factories import GRIDS, small_map

ADMIN, RULES, AREAS = "/api/v1/admin", "/api/v1/rules", "/api/v1/areas"


def test_people_are_found_by_a_part_of_login_or_name_and_wildcards_are_letters(town: Town) -> None:
    ok(town.administrator.post(f"{ADMIN}/users", {"login": "wang.fang", "name": "王芳"}), 201)

    def found(**query: str) -> list[str]:
        return [one["login"] for one in ok(town.administrator.get(f"{ADMIN}/users", **query))["items"]]

    assert found(q="芳") == found(q="WANG.F") == ["wang.fang"]
    assert found(q="dispatcher") == ["dispatcher", "other_dispatcher"]
    assert found(q="%") == found(q="' OR 1=1") == []
    assert found(q="_dis") == ["other_dispatcher"]


def test_somebody_is_hired_with_a_first_post_or_not_at_all(town: Town) -> None:
    roads = str(town.departments["roads"].id)
    body = {"login": "hua", "name": "张花", "password": "correct horse battery",
            "post": {"title": "道路处置", "role": "handler", "department_id": roads}}
    for wrong, field in (({"role": "king"}, "post.role"), ({"department_id": None}, "post.department_id"),
                         ({"role": "grid_worker"}, "area_code"), ({"role": "citizen"}, "role")):
        answer = town.administrator.post(f"{ADMIN}/users", body | {"post": body["post"] | wrong})
        assert set(problem(answer, 422)["fields"]) == {field}
    assert ok(town.administrator.get(f"{ADMIN}/users", q="hua"))["items"] == []
    made = ok(town.administrator.post(f"{ADMIN}/users", body), 201)
    (post,) = ok(town.administrator.get(f"{ADMIN}/posts", holder_id=made["id"]))["items"]
    assert (post["title"], post["role"], post["department_id"]) == ("道路处置", "handler", roads)


def test_who_was_locked_out_comes_back_without_the_former_posts(town: Town) -> None:
    zhao = str(town.cast.zhao.id)
    assert town.administrator.post(f"{ADMIN}/users/{zhao}/deactivate").status_code == 204
    assert [one["id"] for one in ok(town.administrator.get(f"{ADMIN}/users", active="false"))["items"]] == [zhao]
    assert town.administrator.post(f"{ADMIN}/users/{zhao}/activate").status_code == 204
    assert ok(town.administrator.get(f"{ADMIN}/users", active="false"))["items"] == []
    assert ok(town.administrator.get(f"{ADMIN}/posts", holder_id=zhao))["items"] == []
    ok(town.administrator.post(f"{ADMIN}/posts", {"title": "网格员", "role": "grid_worker", "area_code": GRIDS[2],
                                                 "holder_id": zhao}), 201)
    problem(town.dispatcher.post(f"{ADMIN}/users/{zhao}/activate"), 403)
    problem(town.administrator.post(f"{ADMIN}/users/{town.departments['water'].id}/activate"), 404)


def test_posts_duties_and_devices_say_whose_they_are(town: Town) -> None:
    _ = town.li  # a PDA is enrolled for him
    (post,) = ok(town.administrator.get(f"{ADMIN}/posts", holder_id=str(town.cast.li.id)))["items"]
    assert (post["holder_name"], post["area_name"]) == ("Li", "小城市东山区河口街道南塘社区网格1")
    assert {one["user_name"] for one in ok(town.administrator.get(f"{ADMIN}/devices"))["items"]} == {"Li"}
    shift = {"user_id": str(town.cast.dispatcher.id), "role": "dispatcher", "since": "2030-03-04T00:00:00+08:00",
             "until": "2030-03-04T08:00:00+08:00"}
    entered = ok(town.administrator.post(f"{ADMIN}/duties", {"items": [shift]}), 201)["items"]
    assert ok(town.administrator.get(f"{ADMIN}/duties"))["items"] == entered
    assert entered[0]["user_name"] == "Dispatcher"


def test_the_table_of_who_may_what_is_shown_as_it_is_kept(town: Town) -> None:
    told = ok(town.water_handler.get(f"{ADMIN}/roles"))
    assert {one["action"]: set(one["roles"]) for one in told["permissions"]} == {
        name: {role.value for role in grant.roles} for name, grant in PERMISSIONS.items()}
    steps = {one["action"]: one for one in told["steps"]}
    back = steps["case.hand_back"]
    assert (back["roles"], back["conditions"]) == (["department_head"], ["own_department"])
    assert {one["role"] for one in told["roles"]} == set(Role)
    problem(town.stranger.get(f"{ADMIN}/roles"), 401)


def test_a_year_is_shown_as_offices_keep_it(town: Town) -> None:
    bare = ok(town.dispatcher.get(f"{ADMIN}/calendar/2031"))
    assert (bare["loaded_at"], bare["days"], bare["work_days"]) == (None, [], 261)
    days = [{"date": "2031-01-01", "isOffDay": True, "name": "元旦"}, {"date": "2031-01-04", "isOffDay": False, "name": "元旦"}]
    ok(town.administrator.post(f"{ADMIN}/calendar/2031", {"days": days, "source": "通知"}), 201)
    ok(town.administrator.post(f"{ADMIN}/office-hours", {"valid_from": "2031-06-01", "spans": [
        {"opens": "08:30", "closes": "12:00"}]}), 201)
    told = ok(town.dispatcher.get(f"{ADMIN}/calendar/2031"))
    assert (told["source"], told["work_days"]) == ("通知", 261)
    assert told["days"] == [{"date": "2031-01-01", "is_work": False, "name": "元旦"},
                            {"date": "2031-01-04", "is_work": True, "name": "元旦"}]
    assert [one["valid_from"] for one in told["office_hours"]] == ["2000-01-01", "2031-06-01"]
    assert told["office_hours"][1]["spans"] == [{"opens": "08:30", "closes": "12:00"}]
    assert ok(town.dispatcher.get(f"{ADMIN}/calendar/2030"))["office_hours"] == told["office_hours"][:1]
    for year in (0, 1999, 2100, 10 ** 18):
        problem(town.administrator.get(f"{ADMIN}/calendar/{year}"), 404)
    problem(town.li.get(f"{ADMIN}/calendar/2031"), 403)


def test_areas_are_found_by_name_or_code(town: Town) -> None:
    def found(q: str) -> list[str]:
        return [one["code"] for one in ok(town.dispatcher.get(f"{AREAS}/search", q=q))["items"]]

    assert found("坡") == ["440301001002"]
    assert found("440301001001") == ["440301001001", *GRIDS[:2]]
    assert found("4403")[:2] == ["4403", "440301"]
    assert found("没有") == []
    (one,) = ok(town.dispatcher.get(f"{AREAS}/search", q="网格3"))["items"]
    assert (one["full_name"], one["parent_code"]) == ("小城市东山区河口街道北坡社区网格3", "440301001002")


def test_a_trial_of_an_import_says_what_it_would_do_and_does_nothing(town: Town) -> None:
    changed = small_map()
    changed["features"][3]["properties"]["name"] = "南塘新社区"
    sent = {"system": "wgs84", "trial": "true"}
    report = ok(town.administrator.post(f"{AREAS}/import", changed, **sent))
    assert (report["changed"], report["unchanged"]) == (1, 8)
    assert [one["name"] for one in ok(town.dispatcher.get(f"{AREAS}/search", q="南塘"))["items"]] == ["南塘社区"]
    ok(town.administrator.post(f"{AREAS}/import", changed, system="wgs84"))
    assert [one["name"] for one in ok(town.dispatcher.get(f"{AREAS}/search", q="南塘"))["items"]] == ["南塘新社区"]
    problem(town.dispatcher.post(f"{AREAS}/import", changed, **sent), 403)


def cells(town: Town, **query: str) -> dict[tuple[str, str], dict[str, Any]]:
    told = ok(town.dispatcher.get(f"{RULES}/matrix", **query))
    return {(row["code"], column["code"]): cell for row, line in zip(told["categories"], told["cells"], strict=True)
            for column, cell in zip(told["areas"], line, strict=True)}


def test_the_matrix_shows_who_answers_and_what_is_open(town: Town) -> None:
    ids = {code: str(one.id) for code, one in town.departments.items()}
    top = cells(town)
    assert set(top) == {(kind, "4403") for kind in "123"}
    assert (top["1", "4403"]["open"], set(top["1", "4403"]["leads"])) == ("nothing", {ids["water"], ids["roads"]})
    assert (top["2", "4403"]["open"], top["2", "4403"]["leads"]) == ("all", [])
    assert (top["3", "4403"]["open"], top["3", "4403"]["leads"]) == ("nothing", [ids["office"]])
    made = ok(town.administrator.post(RULES, {"name": "南塘垃圾", "category_code": "20101", "area_code": "440301001001",
                                             "lead_department_id": ids["roads"]}), 201)
    assert cells(town)["2", "4403"] == {"leads": [ids["roads"]], "open": "some", "overlaps": 0}
    below = cells(town, within="201", area="440301001")
    assert {place: cell["open"] for (_, place), cell in below.items()} == {"440301001001": "nothing", "440301001002": "all"}
    ok(town.administrator.post(RULES, {"name": "南塘垃圾二", "category_code": "20101", "area_code": "440301001001",
                                       "lead_department_id": ids["water"]}), 201)
    assert cells(town, within="2", area="440301001")["201", "440301001001"]["overlaps"] == 1
    ok(town.administrator.post(f"{RULES}/{made['id']}/retire"))
    assert cells(town, within="2", area="440301001")["201", "440301001001"] == {
        "leads": [ids["water"]], "open": "nothing", "overlaps": 0}
    problem(town.dispatcher.get(f"{RULES}/matrix", within="999"), 404)
    problem(town.dispatcher.get(f"{RULES}/matrix", area="9"), 404)
    problem(town.li.get(f"{RULES}/matrix"), 403)


def test_a_rule_for_the_whole_class_stands_behind_the_narrower_ones(town: Town) -> None:
    ids = {code: str(one.id) for code, one in town.departments.items()}
    for name, category, lead in (("事件", "2", "office"), ("市容", "201", "roads")):
        ok(town.administrator.post(RULES, {"name": name, "category_code": category, "lead_department_id": ids[lead]}), 201)
    assert cells(town)["2", "4403"]["leads"] == [ids["office"], ids["roads"]]
    assert cells(town, within="2")["201", "4403"]["leads"] == [ids["roads"]]


def test_a_rule_is_tried_before_it_is_made(town: Town) -> None:
    rule = {"name": "垃圾", "category_code": "20101", "lead_department_id": str(town.departments["roads"].id)}
    told = ok(town.administrator.post(f"{RULES}/try", rule))
    assert (told["before_lead"], told["after_lead"]) == (None, rule["lead_department_id"])
    assert "没有可用的权责规则" in told["before"]
    assert "适用规则“垃圾”" in told["after"]
    assert cells(town)["2", "4403"]["open"] == "all"
    made = ok(town.administrator.post(RULES, rule), 201)
    assert made in ok(town.dispatcher.get(RULES))["items"]
    assert ok(town.dispatcher.get(f"{RULES}/explain", category="20101"))["rule"] == made["id"]


@pytest.mark.parametrize(("wrong", "field"), [
    ({"category_code": "99"}, "category_code"), ({"area_code": "999"}, "area_code"), ({"hours": "白天"}, "hours"),
    ({"lead_department_id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"}, "lead"), ({"name": ""}, "name"),
    ({"valid_from": "2030-01-01T00:00:00+08:00", "valid_until": "2029-01-01T00:00:00+08:00"}, "valid_until")])
def test_a_rule_that_cannot_be_is_refused_at_its_field(town: Town, wrong: dict[str, str], field: str) -> None:
    rule = {"name": "垃圾", "category_code": "20101", "lead_department_id": str(town.departments["roads"].id)}
    for address in (RULES, f"{RULES}/try"):
        assert set(problem(town.administrator.post(address, rule | wrong), 422)["fields"]) == {field}
    problem(town.dispatcher.post(RULES, rule), 403)


def test_versions_of_policy_and_forms_say_who_and_when(town: Town) -> None:
    rule = {"stage": "sign", "value": 3, "unit": "work_hour"}
    ok(town.administrator.post(f"{ADMIN}/policy", {"version": "城.1", "rules": [rule]}), 201)
    (written,) = ok(town.dispatcher.get(f"{ADMIN}/policy/versions"))["items"]
    assert (written["version"], written["by"], written["active"]) == ("城.1", "Administrator", True)
    problem(town.administrator.get("/api/v1/forms/nothing/versions"), 404)


def test_nobody_locks_himself_out(town: Town) -> None:
    problem(town.administrator.post(f"{ADMIN}/users/{town.cast.administrator.id}/deactivate"), 409)
    ok(town.administrator.get(f"{ADMIN}/users"))


def test_a_vacant_post_is_abolished_and_one_that_is_held_is_not(town: Town) -> None:
    def abolish(post_id: str, caller: Any = town.administrator) -> Any:
        return town.app.test_client().delete(f"{ADMIN}/posts/{post_id}", headers=caller.headers)

    made = ok(town.administrator.post(f"{ADMIN}/posts", {"title": "临时", "role": "dispatcher",
                                                         "holder_id": str(town.cast.dispatcher.id)}), 201)["id"]
    problem(abolish(made), 409)
    problem(abolish(made, town.supervisor), 403)
    ok(town.administrator.post(f"{ADMIN}/posts/{made}/holder", {"holder_id": None}))
    assert abolish(made).status_code == 204
    problem(abolish(made), 404)
    assert made not in {one["id"] for one in ok(town.administrator.get(f"{ADMIN}/posts", limit=100))["items"]}


def test_the_rules_of_a_place_are_those_around_it_and_inside_it(town: Town) -> None:
    water = str(town.departments["water"].id)

    def made(name: str, **place: str) -> str:
        return str(ok(town.administrator.post(RULES, {"name": name, "lead_department_id": water, **place}), 201)["name"])

    everywhere, here = made("兜底"), made("此格", category_code="10101", area_code=GRIDS[0])
    there = made("他处", category_code="10101", area_code=GRIDS[2])

    def reached(**place: str) -> set[str]:
        return {one["name"] for one in ok(town.supervisor.get(RULES, **place))["items"]} & {everywhere, here, there}

    assert reached() == reached(category="1") == reached(category="10101") == {everywhere, here, there}
    assert reached(category="10101", area=GRIDS[0]) == reached(area=GRIDS[0][:12]) == {everywhere, here}
    assert reached(category="2") == {everywhere}
