"""Duty over HTTP: a worker's way through the day, tasks and surveys of those who manage, rounds, coverage and presence."""
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from casework import clock
from casework.fieldwork import tasks
from casework.fieldwork.rounds import CheckIn, Round
from casework.fieldwork.tasks import Task
from casework.fieldwork.tracks import Track
from casework.storage.database import transaction
from tests.api.town import Caller, Json, Town, key, ok, pda_report, point, problem, stored
from tests.conftest import SetClock
from tests.factories import GRIDS

DUTY = "/api/v1/duty"


def at(**span: float) -> str:
    return (clock.now() + timedelta(**span)).isoformat()


def visit(**facts: Any) -> Json:
    """A visit in the first grid, due tomorrow, unless told otherwise; None leaves a field out."""
    body = {"key": key(), "kind": "visit", "title": "走访独居老人", "area": GRIDS[0], "due_at": at(days=1)} | facts
    return {name: value for name, value in body.items() if value is not None}


def made(town: Town, **facts: Any) -> Json:
    return ok(town.supervisor.post(f"{DUTY}/tasks", visit(**facts)), 201)


def done(**facts: Any) -> Json:
    return {"key": key(), "outcome": "done"} | facts


def mine(caller: Caller, **here: float) -> list[Json]:
    return list(ok(caller.get(f"{DUTY}/tasks", **here))["items"])


def track(since: datetime, count: int = 10) -> list[list[float]]:
    return [[place["lon"], place["lat"], 8.0, (since + timedelta(minutes=step)).timestamp() * 1000]
            for step in range(count) for place in [point(0, -200 + 50 * step, 40 * (step % 2))]]


# a worker's day

def test_duties_are_tasks_and_cases_in_the_order_to_walk_them(town: Town) -> None:
    ok(town.zhao.post("/api/v1/pda/reports", pda_report(category="99999", place=point(0, 300))))
    town.jobs()
    (row,) = town.listed(town.triage, queue="triage")
    town.act(town.triage, row["number"], "verify")
    near, far = (made(town, place=point(0, metres), area=None, due_at=at(days=3)) for metres in (20, 400))
    soon = made(town, place=point(0, -450), due_at=at(minutes=30))
    nowhere = made(town, due_at=at(days=3))
    duties = mine(town.li, **{name: point(0)[name] for name in ("lon", "lat")})
    ids = [one["id"] for one in duties]
    look, second, *_ = duties  # within the hour somebody has to look, and that is nearer
    assert second["id"] == soon["id"]
    assert [one["metres"] for one in duties[:2]] == [pytest.approx(300, abs=3), pytest.approx(750, abs=5)]
    assert (look["kind"], look["case"], look["title"]) == ("verify", row["number"], row["title"])
    assert ids.index(near["id"]) < ids.index(far["id"]) < ids.index(nowhere["id"])
    assert duties[-1]["place"] is None
    assert duties[-1]["metres"] is None
    assert [one["id"] for one in mine(town.li)] != []
    assert mine(town.wang) == []


def test_a_task_is_answered_and_gone(town: Town, time: SetClock) -> None:
    task = made(town)
    body = done(place=point(0), accuracy=9, values={"doors": 12}, photos=[town.photo(town.li)], at=at(minutes=-5))
    answered = ok(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", body))
    assert (answered["state"], answered["result"]["values"]) == ("done", {"doors": 12})
    assert datetime.fromisoformat(answered["done_at"]) == clock.now() - timedelta(minutes=5)
    time.passes(minutes=5)
    assert ok(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", body)) == answered
    assert problem(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", done()), 409)["state"] == "done"
    assert mine(town.li) == []


def test_a_time_of_the_future_is_now(town: Town) -> None:
    task = made(town)
    answered = ok(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", done(at=at(days=2))))
    assert datetime.fromisoformat(answered["done_at"]) == clock.now()


def test_what_a_worker_wrote_is_shown_for_a_reason_only(town: Town) -> None:
    task = made(town)
    said = done(outcome="cannot", note="张三已搬走", values={"phone": "13812345678"})
    answered = town.li.post(f"{DUTY}/tasks/{task['id']}/answer", said)
    assert "张三" not in answered.text
    assert "13812345678" not in answered.text
    assert set(problem(town.supervisor.post(f"{DUTY}/tasks/{task['id']}/look", {}), 422)["fields"]) == {"reason"}
    assert ok(town.supervisor.post(f"{DUTY}/tasks/{task['id']}/look", {"reason": "复核"})) == {
        "note": "张三已搬走", "values": {"phone": "13812345678"}}
    (first, _) = ok(town.administrator.get("/api/v1/admin/looks"))["items"]
    assert (first["subject_kind"], first["reason"]) == ("task", "复核")
    problem(town.li.post(f"{DUTY}/tasks/{task['id']}/look", {"reason": "复核"}), 403)


# who manages

def test_those_who_manage_make_reassign_and_call_off(town: Town) -> None:
    body = visit()
    task = ok(town.dispatcher.post(f"{DUTY}/tasks", body), 201)
    assert task["assignee"] == str(town.cast.li.id)
    assert ok(town.dispatcher.post(f"{DUTY}/tasks", body), 201) == task
    problem(town.dispatcher.post(f"{DUTY}/tasks", body | {"title": "别的"}), 409)
    moved = ok(town.dispatcher.post(f"{DUTY}/tasks/{task['id']}/reassign", {"assignee": str(town.cast.wang.id)}))
    assert (moved["assignee"], moved["version"]) == (str(town.cast.wang.id), 2)
    assert set(problem(town.dispatcher.post(f"{DUTY}/tasks/{task['id']}/reassign", {"assignee": key()}), 422)["fields"]) == {
        "assignee"}
    assert ok(town.dispatcher.post(f"{DUTY}/tasks/{task['id']}/cancel"))["state"] == "cancelled"
    problem(town.wang.post(f"{DUTY}/tasks/{task['id']}/answer", done()), 409)
    assert stored(Task) == 1


def test_all_tasks_are_listed_by_pages_and_narrowed(town: Town) -> None:
    ids = [made(town, due_at=at(hours=hours), area=GRIDS[hours % 4])["id"] for hours in range(1, 6)]
    page = ok(town.supervisor.get(f"{DUTY}/tasks/all", limit=3))
    rest = ok(town.supervisor.get(f"{DUTY}/tasks/all", limit=3, cursor=page["next"]))
    assert ([one["id"] for one in page["items"] + rest["items"]], rest["next"]) == (ids, None)
    vacant = ok(town.supervisor.get(f"{DUTY}/tasks/all", vacant="true"))["items"]
    assert [(one["area"], one["assignee"]) for one in vacant] == [(GRIDS[3], None)]
    ok(town.supervisor.post(f"{DUTY}/tasks/{ids[0]}/cancel"))
    assert [one["id"] for one in ok(town.supervisor.get(f"{DUTY}/tasks/all", state="cancelled"))["items"]] == [ids[0]]
    assert len(ok(town.supervisor.get(f"{DUTY}/tasks/all", area=GRIDS[1]))["items"]) == 1
    assert set(problem(town.supervisor.get(f"{DUTY}/tasks/all", cursor="x"), 422)["fields"]) == {"cursor"}


WRONG: dict[str, tuple[Json, set[str]]] = {
    "no key": ({"key": None}, {"key"}), "no kind": ({"kind": None}, {"kind"}),
    "a kind of a case": ({"kind": "inspect"}, {"kind"}),
    "no title": ({"title": " "}, {"title"}), "NUL": ({"text": "a\0b"}, {"text"}), "no area": ({"area": None}, {"area"}),
    "an area that is none": ({"area": "99"}, {"area"}),
    "a place outside": ({"area": None, "place": {"lon": 0, "lat": 0}}, {"place"}),
    "due in the past": ({"due_at": "2020-01-01T00:00:00Z"}, {"due_at"}), "no such worker": ({"assignee": key()}, {"assignee"}),
    "something unknown": ({"urgent": True}, {"urgent"})}


def test_what_is_wrong_is_named_and_nothing_is_made(town: Town) -> None:
    for what, (facts, fields) in WRONG.items():
        assert set(problem(town.supervisor.post(f"{DUTY}/tasks", visit(**facts)), 422)["fields"]) == fields, what
    assert set(problem(town.li.get(f"{DUTY}/tasks", lon=114), 422)["fields"]) == {"lat"}
    assert stored(Task) == 0


@pytest.mark.parametrize(("facts", "field"), [
    ({"key": None}, "key"), ({"outcome": "later"}, "outcome"), ({"outcome": "cannot"}, "note"), ({"accuracy": -1}, "accuracy"),
    ({"place": {"lon": 200, "lat": 0}}, "place.lon"), ({"photos": [key()]}, "photos.0"), ({"values": {"a": "b\0"}}, "values.a"),
    ({"note": "x" * 2001}, "note")])
def test_an_answer_that_cannot_be_is_named_and_changes_nothing(town: Town, facts: Json, field: str) -> None:
    task = made(town)
    body = {name: value for name, value in (done() | facts).items() if value is not None}
    assert set(problem(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", body), 422)["fields"]) == {field}
    assert len(mine(town.li)) == 1


def test_a_task_of_another_is_not_there(town: Town) -> None:
    task = made(town)
    for caller in (town.wang, town.water_handler):
        problem(caller.post(f"{DUTY}/tasks/{task['id']}/answer", done()), 404)
    problem(town.li.post(f"{DUTY}/tasks/{key()}/answer", done()), 404)
    for caller in (town.li, town.water_head, town.leader):
        problem(caller.post(f"{DUTY}/tasks", visit()), 403)
        problem(caller.get(f"{DUTY}/tasks/all"), 403)
    problem(town.stranger.get(f"{DUTY}/tasks"), 401)


def test_a_survey_becomes_tasks_and_shows_how_far_it_is(town: Town) -> None:
    body = {"key": key(), "title": "电动车充电隐患", "area": "4403", "due_at": at(days=7), "form": "charging"}
    survey = ok(town.steward.post(f"{DUTY}/surveys", body), 201)
    assert (survey["kind"], survey["spread_at"]) == ("survey", None)
    assert ok(town.steward.post(f"{DUTY}/surveys", body), 201) == survey
    town.jobs()
    (task,) = mine(town.li)
    assert (task["kind"], task["form"], task["title"]) == ("survey", "charging", "电动车充电隐患：网格1")
    ok(town.li.post(f"{DUTY}/tasks/{task['id']}/answer", done(values={"found": True})))
    shown = ok(town.steward.get(f"{DUTY}/surveys/{survey['id']}", area=GRIDS[0][:12]))
    assert [(one["name"], one["open"], one["done"]) for one in shown["areas"]] == [("网格1", 0, 1), ("网格2", 1, 0)]
    answers = ok(town.steward.get(f"{DUTY}/tasks/all", survey=survey["id"]))["items"]
    assert len(answers) == 4
    assert [one["result"]["values"] for one in answers if one["state"] == "done"] == [{"found": True}]
    assert [one["id"] for one in ok(town.steward.get(f"{DUTY}/surveys"))["items"]] == [survey["id"]]
    ok(town.steward.post(f"{DUTY}/surveys/{survey['id']}/cancel"))
    assert mine(town.wang) == []
    problem(town.li.get(f"{DUTY}/surveys/{survey['id']}"), 403)
    problem(town.steward.get(f"{DUTY}/surveys/{key()}"), 404)
    wrong = body | {"key": key(), "kind": "conflict"}
    assert set(problem(town.steward.post(f"{DUTY}/surveys", wrong), 422)["fields"]) == {"kind"}


# rounds

def test_a_round_from_check_in_to_check_out(town: Town, time: SetClock) -> None:
    body = {"key": key(), "place": point(0)}
    begun = ok(town.li.post(f"{DUTY}/rounds", body), 201)
    assert (begun["id"], begun["area_code"], begun["ended_at"]) == (body["key"], GRIDS[0], None)
    time.passes(minutes=12)
    here = {"key": key(), "place": point(0), "accuracy": 9, "note": "巡查中", "round": begun["id"]}
    assert ok(town.li.post(f"{DUTY}/check-ins", here), 201) == {"flags": []}
    assert ok(town.li.post(f"{DUTY}/check-ins", here), 201) == {"flags": []}
    points = {"key": key(), "points": track(clock.now() - timedelta(minutes=14))}
    assert ok(town.li.post(f"{DUTY}/rounds/{begun['id']}/track", points)) == {"kept": 8, "dropped": 2}
    assert ok(town.li.post(f"{DUTY}/rounds/{begun['id']}/track", points)) == {"kept": 8, "dropped": 2}
    ended = ok(town.li.post(f"{DUTY}/rounds/{begun['id']}/end", {"place": point(0)}))
    assert (ended["ended_by"], ended["kept"], ended["dropped"]) == ("worker", 8, 2)
    assert ok(town.li.get(f"{DUTY}/rounds"))["items"] == [ended]
    assert (stored(Round), stored(Track), stored(CheckIn)) == (1, 1, 1)


def test_the_clock_of_the_device_is_corrected(town: Town, time: SetClock) -> None:
    begun = ok(town.li.post(f"{DUTY}/rounds", {"key": key()}), 201)
    time.passes(minutes=20)
    slow = clock.now() - timedelta(hours=5)
    body = {"key": key(), "points": track(slow - timedelta(minutes=15)), "sent_at": slow.isoformat()}
    assert ok(town.li.post(f"{DUTY}/rounds/{begun['id']}/track", body)) == {"kept": 10, "dropped": 0}


def test_tracks_are_looked_at_for_a_reason(town: Town, time: SetClock) -> None:
    begun = ok(town.li.post(f"{DUTY}/rounds", {"key": key(), "place": point(0)}), 201)
    time.passes(minutes=12)
    ok(town.li.post(f"{DUTY}/rounds/{begun['id']}/track", {"key": key(), "points": track(clock.now() - timedelta(minutes=10))}))
    look = f"{DUTY}/rounds/{begun['id']}/look"
    assert len(ok(town.li.post(look, {}))["points"]) == 10
    assert set(problem(town.supervisor.post(look, {}), 422)["fields"]) == {"reason"}
    assert len(ok(town.supervisor.post(look, {"reason": "核实投诉"}))["points"]) == 10
    for caller in (town.wang, town.dispatcher, town.water_head):
        problem(caller.post(look, {"reason": "好奇"}), 404)
    assert [one["reason"] for one in ok(town.supervisor.get("/api/v1/admin/looks"))["items"]] == ["核实投诉"]
    assert len(ok(town.supervisor.get(f"{DUTY}/rounds/all", area="4403", user=str(town.cast.li.id)))["items"]) == 1
    problem(town.dispatcher.get(f"{DUTY}/rounds/all"), 403)
    problem(town.supervisor.get(f"{DUTY}/rounds"), 403)
    problem(town.stranger.post(look, {}), 401)


@pytest.mark.parametrize("points", [
    None, "x", [[1, 2, 3]], [[1, 2, 3, "4"]], [[200, 0, 1, 1]], [[0, 0, True, 1]], [[114, 22, 5, 1]] * 5001, {"0": [1]}])
def test_points_that_are_none_are_named(town: Town, points: Any) -> None:
    begun = ok(town.li.post(f"{DUTY}/rounds", {"key": key()}), 201)
    fields = set(problem(town.li.post(f"{DUTY}/rounds/{begun['id']}/track", {"key": key(), "points": points}), 422)["fields"])
    assert all(one.startswith("points") for one in fields)
    assert stored(Track) == 0


def test_a_round_of_another_is_not_there(town: Town) -> None:
    begun = ok(town.li.post(f"{DUTY}/rounds", {"key": key()}), 201)
    problem(town.wang.post(f"{DUTY}/rounds/{begun['id']}/end", {}), 404)
    problem(town.wang.post(f"{DUTY}/rounds/{begun['id']}/track", {"key": key(), "points": []}), 404)
    problem(town.wang.post(f"{DUTY}/rounds", {"key": begun["id"]}), 409)
    problem(town.dispatcher.post(f"{DUTY}/rounds", {"key": key()}), 403)


def test_a_day_made_offline_comes_to_the_same_in_whatever_order_it_is_sent(town: Town, time: SetClock) -> None:
    began, round_id, task = clock.now(), key(), made(town)
    time.passes(hours=2)

    def said(kind: str, minutes: float, **data: Any) -> Json:
        return {"id": key(), "kind": kind, "at": (began + timedelta(minutes=minutes)).isoformat(), "data": data}
    day = [said("round", 0, round=round_id, event="start", place=point(0)),
           said("track", 20, round=round_id, points=track(began)),
           said("check_in", 30, round=round_id, place=point(0), note="在岗"),
           said("task", 40, task=task["id"], outcome="done", place=point(0), values={"doors": 3}),
           said("round", 60, round=round_id, event="end", place=point(0)),
           said("track", 61, round=round_id, points=track(began + timedelta(minutes=55)))]

    def sent(operations: list[Json]) -> list[Json]:
        body = {"sent_at": clock.now().isoformat(), "operations": operations}
        return list(ok(town.li.post("/api/v1/pda/sync", body))["results"])
    late = sent(day[1:2])[0]
    assert (late["outcome"], late["problem"]["status"]) == ("waiting", 404)  # its round has not begun here
    results = {one["id"]: one for one in sent(day[::-1])}
    assert [results[one["id"]]["outcome"] for one in day] == ["done"] * 6
    assert results[day[1]["id"]]["result"] == {"kept": 10, "dropped": 0}
    assert results[day[5]["id"]]["result"] == {"kept": 6, "dropped": 4}
    assert {one["outcome"] for one in sent(day)} == {"already_done"}
    (shown,) = ok(town.li.get(f"{DUTY}/rounds"))["items"]
    assert (shown["kept"], shown["dropped"], shown["ended_by"]) == (16, 4, "worker")
    assert mine(town.li) == []


# coverage and presence

def test_coverage_shows_what_was_walked_and_where_nobody_was(town: Town) -> None:
    ok(town.li.post(f"{DUTY}/check-ins", {"key": key(), "place": point(0)}), 201)
    shown = ok(town.leader.get(f"{DUTY}/coverage", area="4403", limit=2))
    today = clock.now().astimezone(clock.CITY).date().isoformat()
    assert (shown["grids"], shown["silent"], shown["until"]) == (4, 3, today)
    first, second = shown["items"]
    assert first == {"code": GRIDS[0], "name": "网格1", "cells": 100, "visited": 1, "share": 0.01, "last_visit": today,
                     "days_since": 0}
    assert (second["visited"], second["last_visit"], second["days_since"]) == (0, None, None)
    rest = ok(town.leader.get(f"{DUTY}/coverage", area="4403", limit=2, cursor=shown["next"]))
    assert ([one["code"] for one in rest["items"]], rest["next"]) == (list(GRIDS[2:]), None)
    silent = ok(town.leader.get(f"{DUTY}/coverage", area="4403", silent="true"))["items"]
    assert [one["code"] for one in silent] == list(GRIDS[1:])
    assert len(ok(town.li.get(f"{DUTY}/coverage", area=GRIDS[0]))["items"]) == 1
    problem(town.li.get(f"{DUTY}/coverage", area=GRIDS[1]), 404)
    problem(town.water_head.get(f"{DUTY}/coverage", area=GRIDS[1]), 403)
    for query, field in (({}, "area"), ({"area": "4403", "since": "gestern"}, "since"),
                         ({"area": "4403", "cursor": "x"}, "cursor"),
                         ({"area": "4403", "since": "2026-03-01", "until": "2026-02-01"}, "until")):
        assert set(problem(town.leader.get(f"{DUTY}/coverage", **query), 422)["fields"]) == {field}


def test_what_is_odd_is_flagged_listed_and_never_refused(town: Town) -> None:
    here = {"key": key(), "place": point(3), "mock": True, "accuracy": 300}
    flags = ok(town.li.post(f"{DUTY}/check-ins", here), 201)["flags"]
    assert flags == ["签到位置被设备标记为模拟定位", "签到定位精度差，误差约300米", "签到位置不在本人网格内"]
    (shown,) = ok(town.supervisor.get(f"{DUTY}/presence", area="4403"))["items"]
    assert (shown["kind"], shown["user_id"], shown["flags"]) == ("check_in", str(town.cast.li.id), flags)
    assert ok(town.supervisor.get(f"{DUTY}/presence", user=str(town.cast.wang.id)))["items"] == []
    problem(town.li.get(f"{DUTY}/presence"), 403)


def test_what_is_odd_about_a_report_stands_on_its_case(town: Town) -> None:
    report = {"id": key(), "kind": "report", "at": at(), "data": {
        "text": "井盖缺失", "place": point(0), "category": "10101", "mock": True}}
    body = {"sent_at": at(), "operations": [report]}
    (result,) = ok(town.li.post("/api/v1/pda/sync", body))["results"]
    town.jobs()
    case = town.case_of(result["result"]["number"])
    assert case["flags"] == ["上报位置被设备标记为模拟定位"]
    assert [line["facts"] for line in case["history"] if line["action"] == "presence"] == [{"flags": case["flags"]}]
    assert case["status"] == "dispatched"  # it is worked on all the same


def test_names_of_the_list_are_those_that_devices_are_told(town: Town) -> None:
    """The page shows a task from the changes or from here: what both say is called the same."""
    task = made(town)
    with transaction() as db:
        told = tasks.shown(db, [UUID(task["id"])])[UUID(task["id"])]
    assert set(told) - {"task_kind", "open"} <= set(task)


def test_days_before_the_calendar_began_are_no_span(town: Town) -> None:
    assert set(problem(town.supervisor.get(f"{DUTY}/coverage", area="4403", until="0001-01-02"), 422)["fields"]) == {"until"}
