"""Rosters over HTTP: a week is entered at once, heads keep their own, and alarms follow it."""
from datetime import timedelta

from casework import clock
from casework.sla import timers
from casework.storage.database import transaction
from tests.api.town import Json, Town, ok, pda_report, problem
from tests.conftest import SetClock

DUTIES = "/api/v1/admin/duties"


def shift(town: Town, name: str, role: str, hours: int = 8, **more: str) -> Json:
    return {"user_id": str(getattr(town.cast, name).id), "role": role, "since": clock.now().isoformat(),
            "until": (clock.now() + timedelta(hours=hours)).isoformat(), **more}


def test_an_alarm_reaches_who_is_on_duty(town: Town, time: SetClock) -> None:
    ok(town.administrator.post(DUTIES, {"items": [shift(town, "other_dispatcher", "dispatcher", note="白班")]}), 201)
    ok(town.li.post("/api/v1/pda/reports", pda_report(category="20101")))
    town.jobs()
    time.passes(minutes=31)
    with transaction() as db:
        assert timers.sweep(db)
    town.jobs()
    assert [one["share"] for one in ok(town.other_dispatcher.get("/api/v1/alarms"))["items"]] == [50]
    assert ok(town.dispatcher.get("/api/v1/alarms"))["items"] == []


def test_a_week_is_entered_at_once_listed_page_by_page_and_ended(town: Town) -> None:
    water = str(town.departments["water"].id)
    week = [shift(town, "water_handler", "handler", hours=hours, department_id=water) for hours in range(1, 8)]
    made = ok(town.water_head.post(DUTIES, {"items": week}), 201)["items"]
    assert [one["department_id"] for one in made] == [water] * 7
    assert ok(town.water_head.post(DUTIES, {"items": week}), 201)["items"] == made
    page = ok(town.water_head.get(DUTIES, limit=5))
    rest = ok(town.supervisor.get(DUTIES, limit=5, cursor=page["next"], role="handler", department_id=water))
    assert page["items"] + rest["items"] == made
    assert rest["next"] is None
    ended = ok(town.water_head.post(f"{DUTIES}/{made[0]['id']}/end"))
    assert ended["until"] is not None or ended == {"until": None}
    assert ok(town.roads_head.get(DUTIES))["items"] == []


def test_what_cannot_be_is_refused_by_its_place_and_nothing_is_kept(town: Town) -> None:
    bad = [shift(town, "dispatcher", "dispatcher"), shift(town, "li", "dispatcher"),
           shift(town, "dispatcher", "dispatcher", area_code="99")]
    assert set(problem(town.administrator.post(DUTIES, {"items": bad}), 422)["fields"]) == {"items.2.area_code"}
    assert set(problem(town.administrator.post(DUTIES, {"items": bad[:2]}), 422)["fields"]) == {"items.1.user_id"}
    assert set(problem(town.administrator.post(DUTIES, {"items": []}), 422)["fields"]) == {"items"}
    assert ok(town.administrator.get(DUTIES))["items"] == []


def test_who_may_write_which_roster(town: Town) -> None:
    problem(town.water_head.post(DUTIES, {"items": [shift(town, "dispatcher", "dispatcher")]}), 403)
    problem(town.dispatcher.post(DUTIES, {"items": [shift(town, "dispatcher", "dispatcher")]}), 403)
    problem(town.li.get(DUTIES), 403)
    problem(town.stranger.get(DUTIES), 401)
    (made,) = ok(town.administrator.post(DUTIES, {"items": [shift(town, "dispatcher", "dispatcher")]}), 201)["items"]
    problem(town.water_head.post(f"{DUTIES}/{made['id']}/end"), 404)
    assert ok(town.administrator.post(f"{DUTIES}/{made['id']}/end")) == {"until": None}
