"""Administrators over HTTP: departments, people, posts, devices, systems and the calendar; nobody else."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from casework.sla import calendar
from casework.storage.database import reading
from tests.api.town import Caller, Town, key, ok, problem

ADMIN = "/api/v1/admin"


def test_a_new_department_with_a_handler_can_be_worked_with_at_once(town: Town) -> None:
    admin = town.administrator
    department = ok(admin.post(f"{ADMIN}/departments", {"code": "green", "name": "园林局"}), 201)
    assert department in ok(town.dispatcher.get(f"{ADMIN}/departments"))["items"]
    user = ok(admin.post(f"{ADMIN}/users", {"login": "Hua.Zhang", "name": "张花", "password": "correct horse battery"}), 201)
    assert user["login"] == "hua.zhang"
    log_in = {"login": "hua.zhang", "password": "correct horse battery"}
    tokens = ok(town.stranger.post("/api/v1/sessions", log_in), 201)
    zhang = Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})
    problem(zhang.get("/api/v1/cases"), 403)  # no post yet
    post = ok(admin.post(f"{ADMIN}/posts", {"title": "园林处置", "role": "handler", "department_id": department["id"],
                                           "holder_id": user["id"]}), 201)
    assert ok(zhang.get("/api/v1/sessions/me"))["department_ids"] == [department["id"]]
    assert ok(admin.get(f"{ADMIN}/posts", department_id=department["id"]))["items"] == [post]
    vacant = ok(admin.post(f"{ADMIN}/posts/{post['id']}/holder", {"holder_id": None}))
    assert vacant["holder_id"] is None
    problem(zhang.get("/api/v1/cases"), 403)
    assert ok(admin.get(f"{ADMIN}/posts", vacant="true"))["items"] == [vacant]
    assert admin.post(f"{ADMIN}/users/{user['id']}/password", {"password": "another good one"}).status_code == 204
    problem(zhang.get("/api/v1/sessions/me"), 401)
    ok(town.stranger.post("/api/v1/sessions", log_in | {"password": "another good one"}), 201)


def test_the_last_administrator_cannot_go(town: Town) -> None:
    admin = town.administrator
    (own,) = ok(admin.get(f"{ADMIN}/posts", role="administrator"))["items"]
    leaves = f"{ADMIN}/posts/{own['id']}/holder"
    problem(admin.post(leaves, {"holder_id": None}), 409)
    assert ok(admin.get(f"{ADMIN}/posts", role="administrator"))["items"] == [own]

    user = ok(admin.post(f"{ADMIN}/users", {"login": "second", "name": "二", "password": "correct horse battery", "post": {
        "title": "管理员", "role": "administrator"}}), 201)
    second = Caller(town.app, {"Authorization": "Bearer " + ok(town.stranger.post(
        "/api/v1/sessions", {"login": "second", "password": "correct horse battery"}), 201)["access"]})
    (other,) = ok(admin.get(f"{ADMIN}/posts", holder_id=user["id"]))["items"]
    with ThreadPoolExecutor(2) as pool:  # each sends the other away at the same moment
        answers = [pool.submit(second.post, f"{ADMIN}/users/{own['holder_id']}/deactivate"),
                   pool.submit(admin.post, f"{ADMIN}/posts/{other['id']}/holder", {"holder_id": None})]
        told = sorted(answer.result().status_code for answer in answers)
    assert told[0] in {200, 204}
    assert told[1] >= 400
    left = admin if answers[1].result().status_code == 200 else second
    held = ok(left.get(f"{ADMIN}/posts", role="administrator"))["items"]
    assert len([post for post in held if post["holder_id"]]) == 1


def test_what_is_taken_is_a_conflict_and_what_is_unknown_is_named(town: Town) -> None:
    admin = town.administrator
    problem(admin.post(f"{ADMIN}/departments", {"code": "water", "name": "水"}), 409)
    problem(admin.post(f"{ADMIN}/users", {"login": "LI", "name": "李"}), 409)
    post = {"title": "处置", "role": "handler", "department_id": str(town.departments["water"].id)}
    for body, field in (({"department_id": key()}, "department_id"), ({"role": "citizen"}, "role"), ({"role": "king"}, "role"),
                        ({"area_code": "东区"}, "area_code"), ({"title": ""}, "title"), ({"holder_id": "li"}, "holder_id")):
        assert set(problem(admin.post(f"{ADMIN}/posts", post | body), 422)["fields"]) == {field}
    del post["department_id"]
    assert set(problem(admin.post(f"{ADMIN}/posts", post), 422)["fields"]) == {"department_id"}
    vacant = {"title": "处置", "role": "handler", "department_id": str(town.departments["water"].id)}
    made = ok(admin.post(f"{ADMIN}/posts", vacant), 201)["id"]
    for path, body in (("posts", vacant | {"holder_id": key()}), (f"posts/{made}/holder", {"holder_id": key()})):
        assert set(problem(admin.post(f"{ADMIN}/{path}", body), 422)["fields"]) == {"holder_id"}
    for password in ("short", "aaaaaaaaaaaa", "new.person 1"):
        body = {"login": "new.person", "name": "新", "password": password}
        assert set(problem(admin.post(f"{ADMIN}/users", body), 422)["fields"]) == {"password"}
    for roles in ([], ["system"], ["citizen"], ["emperor"], "platform"):
        assert "roles" in str(problem(admin.post(f"{ADMIN}/clients", {"name": "x", "roles": roles}), 422)["fields"])
    nobody = key()
    for what, verb in (("users", "deactivate"), ("devices", "revoke"), ("clients", "revoke"), ("clients", "secret")):
        problem(admin.post(f"{ADMIN}/{what}/{nobody}/{verb}"), 404)
    problem(admin.post(f"{ADMIN}/posts/{nobody}/holder", {"holder_id": None}), 404)
    problem(admin.post(f"{ADMIN}/users/{nobody}/password", {"password": "correct horse battery"}), 404)
    assert set(problem(admin.post(f"{ADMIN}/devices", {"user_id": nobody, "name": "PDA"}), 422)["fields"]) == {"user_id"}


def test_made_by_six_at_once_it_is_made_once(town: Town) -> None:
    admin = town.administrator
    for address, body in (("departments", {"code": "green", "name": "园林局"}), ("users", {"login": "hua", "name": "张花"})):
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _, to=address, what=body: admin.post(f"{ADMIN}/{to}", what), range(6)))
        assert sorted(one.status_code for one in answers) == [201] + [409] * 5


def test_a_year_loaded_twice_at_once_is_there_once(town: Town) -> None:
    admin, days = town.administrator, [{"date": f"2027-05-0{day}", "isOffDay": True, "name": "劳动节"} for day in range(1, 6)]
    body = {"days": days, "source": "通知"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: admin.post(f"{ADMIN}/calendar/2027", body), range(4)))
    assert [ok(one, 201)["days"] for one in answers] == [5] * 4


def test_people_are_listed_page_by_page(town: Town) -> None:
    found, cursor = [], None
    while True:
        page = ok(town.administrator.get(f"{ADMIN}/users", limit=7, **({"cursor": cursor} if cursor else {})))
        found += [one["login"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == sorted(town.cast.everybody())
    assert "password" not in str(page)


def test_systems_are_listed_without_their_secrets(town: Town) -> None:
    made = ok(town.administrator.post(f"{ADMIN}/clients", {"name": "12345平台", "roles": ["platform"]}), 201)
    assert town.administrator.post(f"{ADMIN}/clients/{made['id']}/revoke").status_code == 204
    (one,) = ok(town.administrator.get(f"{ADMIN}/clients"))["items"]
    assert one | {"created_at": 0} == {"id": made["id"], "name": "12345平台", "key_id": made["key_id"], "roles": ["platform"],
                                       "active": False, "created_at": 0}


def test_only_administrators_come_in(town: Town) -> None:
    some = str(uuid.uuid4())
    for somebody in (town.li, town.dispatcher, town.water_head, town.leader, town.platform()):
        for address, body in (("departments", {"code": "x", "name": "x"}), ("users", {"login": "x", "name": "x"}),
                              ("posts", {"title": "x", "role": "leader"}), ("devices", {"user_id": some, "name": "x"}),
                              ("clients", {"name": "x", "roles": ["platform"]}), (f"users/{some}/deactivate", {}),
                              (f"users/{some}/password", {"password": "x"}), (f"clients/{some}/secret", {})):
            problem(somebody.post(f"{ADMIN}/{address}", body), 403)
    problem(town.stranger.post(f"{ADMIN}/users", {"login": "x", "name": "x"}), 401)
    problem(town.stranger.get(f"{ADMIN}/users"), 401)


def test_a_year_is_loaded_and_counts_from_then_on(town: Town) -> None:
    days = [{"date": "2027-01-01", "isOffDay": True, "name": "元旦"}, {"date": "2027-01-02", "isOffDay": False, "name": "元旦"}]
    body = {"days": days, "source": "国务院办公厅通知"}
    assert ok(town.administrator.post(f"{ADMIN}/calendar/2027", body), 201) == {"year": 2027, "days": 2}
    with reading() as db:
        loaded = calendar.load(db)
    assert [loaded.is_work(date(2027, 1, day)) for day in (1, 2, 3, 4)] == [False, True, False, True]
    ok(town.administrator.post(f"{ADMIN}/calendar/2027", body | {"days": days[:1]}), 201)
    problem(town.dispatcher.post(f"{ADMIN}/calendar/2027", body), 403)


def test_summer_hours_hold_from_their_date_on(town: Town) -> None:
    body = {"valid_from": "2026-06-01", "spans": [{"opens": "08:30", "closes": "12:00"}, {"opens": "15:00", "closes": "18:30"}]}
    assert ok(town.administrator.post(f"{ADMIN}/office-hours", body), 201) == body
    with reading() as db:
        loaded = calendar.load(db)
    assert loaded.hours(date(2026, 5, 29)) == calendar.DEFAULT_HOURS
    assert loaded.hours(date(2026, 6, 1)) == ((510, 720), (900, 1110))
    for wrong, field in (({"valid_from": "1999-12-31"}, "valid_from"), ({"valid_from": "六月"}, "valid_from"),
                         ({"spans": []}, "spans"), ({"spans": [body["spans"][1], body["spans"][0]]}, "spans"),
                         ({"spans": [{"opens": "8", "closes": "12:00"}]}, "spans.0.opens"),
                         ({"spans": [{"opens": "08:00", "closes": "24:00"}]}, "spans.0.closes")):
        assert set(problem(town.administrator.post(f"{ADMIN}/office-hours", body | wrong), 422)["fields"]) == {field}
    problem(town.dispatcher.post(f"{ADMIN}/office-hours", body), 403)


def test_a_post_lies_in_an_area_that_there_is(town: Town) -> None:
    post = {"title": "网格员", "role": "grid_worker"}
    for area in ({}, {"area_code": "999"}, {"area_code": "٤٤٠٣"}, {"area_code": "4403010010010"}):
        assert set(problem(town.administrator.post(f"{ADMIN}/posts", post | area), 422)["fields"]) == {"area_code"}, area
    grid = ok(town.administrator.get(f"{ADMIN}/posts", role="grid_worker"))["items"][0]["area_code"]
    assert ok(town.administrator.post(f"{ADMIN}/posts", post | {"area_code": grid}), 201)["area_code"] == grid


def test_a_wrong_year_is_refused_whole_with_the_row_at_fault(town: Town) -> None:
    good = {"date": "2027-01-01", "isOffDay": True, "name": "元旦"}
    for day, field in (({"date": "1月1日"}, "days.1.date"), ({"date": "2030-01-01"}, "days.1.date"),
                       ({"date": "2027-01-01"}, "days.1.date"), ({"date": "2027-02-30"}, "days.1.date"),
                       ({"isOffDay": "是"}, "days.1.isOffDay"), ({"name": None}, "days.1.name")):
        body = {"days": [good, good | {"date": "2027-01-03"} | day], "source": "通知"}
        assert set(problem(town.administrator.post(f"{ADMIN}/calendar/2027", body), 422)["fields"]) == {field}, day
    for year in (0, 1, 99999, 10 ** 18):
        answer = town.administrator.post(f"{ADMIN}/calendar/{year}", {"days": [good], "source": "通知"})
        assert "year" in problem(answer, 422)["fields"]
    problem(town.administrator.post(f"{ADMIN}/calendar/2027", {"days": [], "source": "通知"}), 422)
    problem(town.administrator.post(f"{ADMIN}/calendar/next", {"days": [good], "source": "通知"}), 404)
