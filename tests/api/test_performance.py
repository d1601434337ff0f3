"""The figures say what happened: what was sent is received or refused, and what was received became something."""
from io import BytesIO

import pytest

from casework.cases import inspectors
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, key, ok, pda_report, point, problem, ticket
from tests.conftest import SetClock
from tests.factories import GRIDS

FIGURES = "/api/v1/performance/channels"


def figures(town: Town, **query: str) -> dict[str, Json]:
    channels: dict[str, Json] = ok(town.leader.get(FIGURES, **query))["channels"]
    for name, one in channels.items():  # every report became exactly one thing
        became = sum(one[what] for what in ("joined", "filed", "left", "self_handled", "waiting"))
        assert one["received"] == became, name
    return channels


def test_a_day_adds_up_by_channel(town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspectors, "sample", lambda *_: None)
    pda, hotline, citizen = "/api/v1/pda/reports", "/api/v1/hotline/tickets", "/api/v1/citizen/reports"
    ok(town.li.post(pda, first := pda_report()))
    ok(town.li.post(pda, first))  # a resend is nothing new
    ok(town.li.post(pda, pda_report(place=point(0, 10))))
    ok(town.li.post(pda, pda_report(handled=True), files={"photos": [jpeg(), jpeg("red")]}))
    ok(town.zhao.post(pda, pda_report(category="99999", place=point(2))))
    assert town.li.post(pda, first | {"text": "另一件"}).status_code == 409
    assert town.li.post(pda, pda_report(text="")).status_code == 422
    assert town.li.post(pda, b"{").status_code == 400
    assert town.li.post(pda, pda_report(), files={"photos": [(BytesIO(b"x"), "x")]}).status_code == 415
    one = ticket()
    ok(town.operator.post(hotline, {"tickets": [one, ticket(), {}, one, {"number": 1}]}))
    assert town.operator.post(hotline, {"tickets": []}).status_code == 422
    receipt = ok(town.stranger.post(citizen, citizen_report(place=point(0, 5))))
    assert town.stranger.post("/api/v1/citizen/photos", files={"photo": (BytesIO(b"x"), "x")}).status_code == 415
    assert town.stranger.post(citizen, citizen_report(photos=[{"id": key(), "token": "x"}])).status_code == 422
    assert {name: one["waiting"] for name, one in figures(town).items()} == {
        "pda": 4, "hotline": 2, "citizen": 1, "open311": 0, "wechat": 0}
    town.jobs()
    now = figures(town)
    assert now["pda"] == {
        "received": 4, "refused": {"conflict": 1, "invalid": 1, "bad-request": 1, "unsupported": 1}, "joined": 1, "filed": 1,
        "left": 1, "self_handled": 1, "waiting": 0, "dispatched_by_rule": 1, "closed": 1, "on_time": 1, "open": 2, "rated": 0,
        "satisfied": 0}
    assert (now["hotline"]["received"], now["hotline"]["dispatched_by_rule"]) == (2, 2)
    assert now["hotline"]["refused"] == {"invalid": 3}
    assert now["citizen"]["refused"] == {"photo-unsupported": 1, "invalid": 1}
    town.close_and_rate(receipt, 5)
    now = figures(town)["citizen"]
    assert (now["closed"], now["on_time"], now["rated"], now["satisfied"]) == (1, 1, 1, 1)


def test_what_ran_over_is_closed_but_not_on_time(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.close_and_rate(receipt, 3, late=lambda: time.passes(hours=3))
    now = figures(town)["citizen"]
    assert (now["closed"], now["on_time"], now["rated"], now["satisfied"]) == (1, 0, 1, 1)


def test_who_is_not_satisfied_has_it_done_again_and_the_case_is_open(town: Town) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.close_and_rate(receipt, 2)
    now = figures(town)["citizen"]
    assert (now["closed"], now["open"], now["rated"], now["satisfied"]) == (0, 1, 1, 0)


def test_strangers_and_questions_are_no_refused_reports(town: Town) -> None:
    town.stranger.post("/api/v1/pda/reports", pda_report())
    town.dispatcher.post("/api/v1/pda/reports", pda_report())
    town.li.get("/api/v1/pda/inspections", cursor="x")
    town.stranger.get("/api/v1/citizen/reports/ZW260302-00000-00000")
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.citizen(receipt).post(f"/api/v1/citizen/reports/{receipt['number']}/rating", {"score": 9})
    assert not any(one["refused"] for one in figures(town).values())


def test_a_span_is_counted_from_its_first_to_its_last_moment(town: Town, time: SetClock) -> None:
    ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.stranger.post("/api/v1/citizen/reports", {})
    time.passes(days=1)
    ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    today, yesterday = "2026-03-03T00:00:00+08:00", "2026-03-02T00:00:00+08:00"
    assert figures(town)["citizen"]["received"] == 1
    both, first = figures(town, since=yesterday)["citizen"], figures(town, since=yesterday, until=today)["citizen"]
    assert (both["received"], both["refused"]) == (2, {"invalid": 1})
    assert (first["received"], first["refused"]) == (1, {"invalid": 1})
    assert figures(town)["citizen"]["refused"] == {}
    for query in ({"since": today, "until": yesterday}, {"since": "2025-01-01T00:00:00Z"}, {"until": yesterday},
                  {"since": "yesterday"}, {"since": "2026-03-02"}):
        problem(town.leader.get(FIGURES, **query), 422)


def test_only_who_answers_for_the_work_sees_the_figures(town: Town) -> None:
    for somebody in (town.li, town.operator, town.water_handler, town.platform()):
        problem(somebody.get(FIGURES), 403 if somebody.headers else 401)
    problem(town.stranger.get(FIGURES), 401)
    ok(town.water_head.get(FIGURES))


def test_departments_are_told_apart_and_a_span_that_cannot_be_is_refused(town: Town) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    (water,) = ok(town.leader.get("/api/v1/performance/departments"))["items"]
    assert (water["code"], water["name"], water["given"], water["signed"], water["excused"]) == ("water", "水务局", 1, 0, 0)
    assert "until" in problem(town.leader.get("/api/v1/performance/departments", until="2026-01-01T00:00:00Z"), 422)["fields"]
    problem(town.li.get("/api/v1/performance/departments"), 403)


def test_a_head_sees_the_own_department_and_a_post_in_an_area_what_lies_there(town: Town) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    ok(town.zhao.post("/api/v1/pda/reports", pda_report(place=point(2), category="10105")))
    assert town.li.post("/api/v1/pda/reports", pda_report(text="")).status_code == 422
    town.jobs()
    posts = ok(town.administrator.get("/api/v1/admin/posts", role="leader"))["items"]
    holder = posts[0]["holder_id"]

    def seen(caller: Caller) -> tuple[list[str], int, dict[str, int]]:
        pda = ok(caller.get(FIGURES))["channels"]["pda"]
        return ([one["code"] for one in ok(caller.get("/api/v1/performance/departments"))["items"]], pda["received"],
                pda["refused"])
    assert seen(town.leader) == (["roads", "water"], 2, {"invalid": 1})
    assert seen(town.water_head) == (["water"], 1, {})
    assert seen(town.roads_head) == (["roads"], 1, {})
    for one in posts:
        ok(town.administrator.post(f"/api/v1/admin/posts/{one['id']}/holder", {"holder_id": None}))
    ok(town.administrator.post("/api/v1/admin/posts", {"title": "街道领导", "role": "leader", "area_code": GRIDS[0][:12],
                                                       "holder_id": holder}), 201)
    assert seen(town.leader) == (["water"], 1, {})
