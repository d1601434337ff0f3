"""Scorecards over HTTP: published, appealed against and ruled on, with the frozen score beside the amended one."""
import uuid

import pytest

from tests.api.town import Json, Town, ok, pda_report, point, problem
from tests.conftest import SetClock
from workers import performance

CARDS = "/api/v1/performance/scorecards"
APPEALS = "/api/v1/performance/appeals"
MARCH = {"of": "department", "period": "2026-03"}


@pytest.fixture
def april(town: Town, time: SetClock) -> Town:
    """A month is over in which water and roads got a case each, and closed none."""
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    ok(town.li.post("/api/v1/pda/reports", pda_report(category="10105", place=point(1))))
    town.jobs()
    time.is_now("2026-04-01 09:00")
    performance.draft_scorecards()
    return town


def own(town: Town) -> Json:
    (card,) = ok(town.water_head.get(CARDS, **MARCH))["items"]
    return card


def test_a_month_goes_its_way(april: Town) -> None:
    drafts = ok(april.supervisor.get(CARDS, limit=1, **MARCH))
    assert [(one["state"], one["published_at"], one["appeal"]) for one in drafts["items"]] == [("draft", None, None)]
    assert len(ok(april.supervisor.get(CARDS, cursor=drafts["next"], **MARCH))["items"]) == 1
    assert ok(april.water_head.get(CARDS, **MARCH))["items"] == []
    assert ok(april.supervisor.post(f"{CARDS}/publish", MARCH)) == {"published": 2}
    problem(april.supervisor.post(f"{CARDS}/publish", MARCH), 409)
    card = own(april)
    appeal = ok(april.water_head.post(f"{CARDS}/{card['id']}/appeal", {"grounds": "道路封闭"}), 201)
    assert (appeal["ruling"], appeal["name"], appeal["score"]) == ("open", "水务局", card["score"])
    problem(april.supervisor.post(f"{APPEALS}/{appeal['id']}/decide", {"granted": False, "reason": "不实"}), 403)
    assert [one["id"] for one in ok(april.leader.get(APPEALS, ruling="open"))["items"]] == [appeal["id"]]
    ruled = ok(april.leader.post(f"{APPEALS}/{appeal['id']}/decide",
                                 {"granted": True, "reason": "属实", "amended_score": 88.5}))
    assert (ruled["ruling"], ruled["amended_score"]) == ("granted", 88.5)
    whole = ok(april.water_head.get(f"{CARDS}/{card['id']}"))
    assert (whole["score"], whole["amended_score"], whole["appeal"]) == (card["score"], 88.5, "granted")
    assert [(one["action"], one["words"]) for one in whole["history"]] == [
        ("published", None), ("appealed", "道路封闭"), ("granted", "属实")]
    assert {"indicator": "rework_rate", "value": 0.0, "weight": 10.0, "points": 100.0} in whole["lines"]
    assert ok(april.leader.get(APPEALS, ruling="open"))["items"] == []


def test_who_may_not_is_told_so_and_a_stranger_learns_nothing(april: Town) -> None:
    ok(april.supervisor.post(f"{CARDS}/publish", MARCH))
    card = own(april)
    problem(april.roads_head.get(f"{CARDS}/{card['id']}"), 404)
    problem(april.roads_head.post(f"{CARDS}/{card['id']}/appeal", {"grounds": "x"}), 404)
    problem(april.leader.post(f"{CARDS}/{card['id']}/appeal", {"grounds": "x"}), 403)
    problem(april.leader.post(f"{CARDS}/publish", MARCH | {"of": "worker"}), 403)
    problem(april.water_handler.get(CARDS, **MARCH), 403)
    problem(april.stranger.get(CARDS, **MARCH), 401)
    assert ok(april.roads_head.get(APPEALS))["items"] == []


def test_what_cannot_be_is_refused_with_the_field(april: Town) -> None:
    assert "period" in problem(april.leader.get(CARDS, of="department", period="2026-13"), 422)["fields"]
    assert "period" in problem(april.supervisor.post(f"{CARDS}/publish", {"of": "worker", "period": "2026-04"}), 422)["fields"]
    problem(april.leader.get(CARDS, period="2026-03"), 422)
    problem(april.leader.get(f"{CARDS}/{uuid.uuid4()}"), 404)
    ok(april.supervisor.post(f"{CARDS}/publish", MARCH))
    appeal = ok(april.water_head.post(f"{CARDS}/{own(april)['id']}/appeal", {"grounds": "道路封闭"}), 201)
    for body in ({"granted": True, "reason": "x"}, {"granted": True, "reason": "x", "amended_score": 101}, {"granted": True}):
        problem(april.leader.post(f"{APPEALS}/{appeal['id']}/decide", body), 422)
