"""The city's policy over HTTP: read in words, written as whole versions, refused by path; and the clocks follow."""
from typing import Any

import pytest

from casework.sla.limits import POLICY_VERSION, RULES
from tests.api.test_cases import reported
from tests.api.test_clocks import clocks
from tests.api.town import Town, ok, point, problem
from tests.conftest import SetClock

POLICY = "/api/v1/admin/policy"
SIGN = {"stage": "sign", "value": 6, "unit": "work_hour"}


def body(version: str = "2030.1", **parts: Any) -> dict[str, Any]:
    return {"version": version, "rules": [SIGN]} | parts


def test_the_default_is_read_in_words_until_a_city_writes_its_own(town: Town) -> None:
    read = ok(town.administrator.get(POLICY))
    assert (read["version"], read["active"], read["created_at"]) == (POLICY_VERSION, True, None)
    assert len(read["rules"]) == len(RULES)
    assert {"派遣：1 紧急工作时", "派遣（紧急）：0.25 紧急工作时"} <= {rule["words"] for rule in read["rules"]}
    days = next(one for one in read["known_numbers"] if one["name"] == "reopen_days")
    assert days == {"name": "reopen_days", "says": "结案后多久内可以重开", "unit": "天", "low": 0, "high": 365, "value": 15}
    assert ok(town.administrator.get(f"{POLICY}/versions"))["items"] == []


def test_what_was_read_can_be_changed_and_sent_back(town: Town) -> None:
    read = ok(town.administrator.get(POLICY))
    read["rules"][0]["value"] = 3
    written = ok(town.administrator.post(POLICY, {
        "version": "2030.1", "rules": read["rules"], "numbers": {"3": {"reopen_days": 30}},
        "ladders": {"water": [[90, "department_head"], [120, "leader"]]}}), 201)
    again = ok(town.dispatcher.get(POLICY))
    assert again == written
    assert again["rules"][0]["words"] == "受理：3 紧急工作时"
    assert (again["numbers"], again["ladders"]) == (
        {"3": {"reopen_days": 30}}, {"water": [[90, "department_head"], [120, "leader"]]})


def test_a_version_is_written_once_and_stays_readable(town: Town) -> None:
    ok(town.administrator.post(POLICY, body()), 201)
    problem(town.administrator.post(POLICY, body(rules=[])), 409)
    problem(town.administrator.post(POLICY, body(POLICY_VERSION)), 409)
    ok(town.administrator.post(POLICY, body("2030.2", rules=[])), 201)
    assert [(one["version"], one["active"]) for one in ok(town.supervisor.get(f"{POLICY}/versions"))["items"]] == [
        ("2030.2", True), ("2030.1", False)]
    old = ok(town.supervisor.get(f"{POLICY}/versions/2030.1"))
    assert (old["active"], [rule["words"] for rule in old["rules"]]) == (False, ["签收：6 工作时"])
    assert ok(town.supervisor.get(f"{POLICY}/versions/{POLICY_VERSION}"))["active"] is False
    problem(town.supervisor.get(f"{POLICY}/versions/1999"), 404)


@pytest.mark.parametrize(("parts", "field"), [
    ({"rules": [SIGN, SIGN | {"value": 0}]}, "rules.1.value"), ({"rules": [SIGN | {"stage": "sleep"}]}, "rules.0.stage"),
    ({"rules": [SIGN | {"urgent": "maybe"}]}, "rules.0.urgent"), ({"rules": [SIGN | {"value": None}]}, "rules.0.value"),
    ({"rules": [SIGN, SIGN]}, "rules.1"), ({"numbers": {"3": {"max_returns": 99}}}, "numbers.3.max_returns"),
    ({"numbers": {"": {"max_returns": {"$": 1}}}}, "numbers..max_returns"), ({"numbers": {"3": []}}, "numbers.3"),
    ({"ladders": {"": [[80]]}}, "ladders."), ({"ladders": {"": {"80": "leader"}}}, "ladders."),
    ({"ladders": {"": [[80, ["leader"]]]}}, "ladders."), ({"ladders": []}, "ladders"), ({"version": ""}, "version")])
def test_what_cannot_be_is_refused_by_its_path(town: Town, parts: dict[str, Any], field: str) -> None:
    assert field in problem(town.administrator.post(POLICY, body(**parts)), 422)["fields"]
    assert ok(town.administrator.get(POLICY))["version"] == POLICY_VERSION


def test_only_who_looks_after_reference_data_writes_it(town: Town) -> None:
    problem(town.supervisor.post(POLICY, body()), 403)
    problem(town.stranger.post(POLICY, body()), 401)
    problem(town.li.get(POLICY), 403)


def test_open_clocks_follow_and_what_begins_later_begins_under_it(town: Town, time: SetClock) -> None:
    old = reported(town, category="10105")["number"]
    time.passes(hours=1)
    ok(town.administrator.post(POLICY, body()), 201)
    town.jobs()
    sign = clocks(town, old)["sign"]
    assert (sign["limit"], sign["policy_version"]) == ("6 工作时", "2030.1")
    assert "（规定 2030.1）；此前已用 1 小时，照计" in sign["lines"][1]["words"]
    assert "recount" in [line["action"] for line in ok(town.supervisor.get(f"/api/v1/cases/{old}"))["history"]]
    new = reported(town, town.wang, place=point(1), category="10105")["number"]
    assert clocks(town, new)["sign"]["policy_version"] == "2030.1"
    assert clocks(town, new)["handle"]["limit"] == "2 工作日"  # the standard's own limit comes first


def test_a_number_holds_for_its_branch_of_the_taxonomy(town: Town, time: SetClock) -> None:
    ok(town.administrator.post(POLICY, body(rules=[], numbers={"1": {"urge_hours": 1, "urgent_words": ["缺失"]}})), 201)
    case = reported(town, category="10105", text="路灯灯罩缺失")
    assert case["priority"] == "urgent"
    calm = reported(town, town.zhao, place=point(2), category="20101", text="垃圾桶盖缺失")
    assert calm["priority"] == "normal"


def test_the_calendar_moves_open_clocks_too(town: Town, time: SetClock) -> None:
    case = reported(town, category="10105", place=point(0))["number"]
    before = clocks(town, case)["handle"]["due_at"]
    ok(town.administrator.post("/api/v1/admin/calendar/2026", {
        "days": [{"date": "2026-03-03", "isOffDay": True, "name": "演练"}], "source": "区政府通知"}), 201)
    town.jobs()
    handle = clocks(town, case)["handle"]
    assert (before, handle["due_at"]) == ("2026-03-04T02:00:00Z", "2026-03-05T02:00:00Z")
    assert any("演练放假，不计" in line["words"] for line in handle["lines"])


def test_of_two_who_change_the_same_version_the_second_is_told_to_look_again(town: Town) -> None:
    ok(town.administrator.post(POLICY, body("2030.1", instead_of=POLICY_VERSION)), 201)
    late = problem(town.steward.post(POLICY, body("2030.2", instead_of=POLICY_VERSION)), 409)
    assert "2030.1" in late["detail"]
    ok(town.steward.post(POLICY, body("2030.2", instead_of="2030.1")), 201)
