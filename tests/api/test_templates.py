"""Reply templates: kept by those who look after reference data, offered filled in, the narrowest kind of case first."""
import uuid

import pytest

from tests.api.test_citizen import REPORTS, filed
from tests.api.town import Json, Town, citizen_report, ok, problem

TEMPLATES = "/api/v1/admin/templates"


def template(**facts: str) -> Json:
    return {"action": "resolve", "title": "通用", "text": "{department}已处理“{title}”，案件{case}，原定{due}前。"} | facts


def offered(town: Town, who: str, case: str, action: str = "resolve") -> list[tuple[str, str]]:
    items = ok(getattr(town, who).get(f"/api/v1/cases/{case}/templates", action=action))["items"]
    return [(one["title"], one["text"]) for one in items]


@pytest.fixture
def case(town: Town) -> str:
    return filed(town, ok(town.stranger.post(REPORTS, citizen_report()), 201))


def test_they_are_offered_filled_in_for_whoever_may_see_the_case(town: Town, case: str) -> None:
    ok(town.administrator.post(TEMPLATES, template()), 201)
    ok(town.administrator.post(TEMPLATES, template(category="10101", title="上水井盖", text="井盖已更换{{}}。")), 201)
    ok(town.administrator.post(TEMPLATES, template(category="1", title="部件")), 201)
    ok(town.administrator.post(TEMPLATES, template(category="3", title="诉求")), 201)
    ok(town.administrator.post(TEMPLATES, template(action="reject", title="不予受理")), 201)
    found = offered(town, "water_handler", case)
    assert [title for title, _ in found] == ["上水井盖", "部件", "通用"]
    assert found[0][1] == "井盖已更换{}。"
    assert found[2][1] == f"水务局已处理“路边的井盖没了，很危险”，案件{case}，原定2026年03月02日 12:00前。"
    assert [title for title, _ in offered(town, "water_handler", case, "reject")] == ["不予受理"]
    problem(town.roads_handler.get(f"/api/v1/cases/{case}/templates", action="resolve"), 404)
    problem(town.water_handler.get(f"/api/v1/cases/{case}/templates"), 422)
    problem(town.water_handler.get(f"/api/v1/cases/{case}/templates", action="magic"), 422)


def test_what_the_case_does_not_have_yet_is_left_to_be_seen(town: Town) -> None:
    ok(town.administrator.post(TEMPLATES, template(action="reject")), 201)
    receipt = ok(town.stranger.post(REPORTS, citizen_report(text="{title}{0}")), 201)
    town.jobs()
    case = town.case_of(receipt["number"])["number"]
    (text,) = [text for _, text in offered(town, "triage", case, "reject")]
    assert text.startswith("{department}已处理“{title}{0}”")


def test_they_are_changed_retired_and_listed_by_those_who_look_after_them(town: Town, case: str) -> None:
    made = ok(town.administrator.post(TEMPLATES, template()), 201)
    for title in ("二", "三"):
        ok(town.administrator.post(TEMPLATES, template(title=title)), 201)
    changed = ok(town.administrator.post(f"{TEMPLATES}/{made['id']}", template(title="新", text="好")))
    assert (changed["id"], changed["title"]) == (made["id"], "新")
    first = ok(town.administrator.get(TEMPLATES, limit=2, action="resolve"))
    rest = ok(town.administrator.get(TEMPLATES, limit=2, cursor=first["next"]))
    assert [one["title"] for one in first["items"] + rest["items"]] == ["新", "二", "三"]
    assert town.administrator.post(f"{TEMPLATES}/{made['id']}/retire").status_code == 204
    problem(town.administrator.post(f"{TEMPLATES}/{made['id']}/retire"), 404)
    problem(town.administrator.post(f"{TEMPLATES}/{uuid.uuid4()}", template()), 404)
    assert sorted(title for title, _ in offered(town, "water_handler", case)) == ["三", "二"]
    for other in (town.water_head, town.operator, town.supervisor):
        problem(other.get(TEMPLATES), 403)
        problem(other.post(TEMPLATES, template()), 403)
    problem(town.stranger.post(TEMPLATES, template()), 401)


@pytest.mark.parametrize(("facts", "field"), [
    ({"text": "{name}"}, "text"), ({"text": "{title.__class__}"}, "text"), ({"text": "{title!r}"}, "text"),
    ({"text": "{title:>9999}"}, "text"), ({"text": "{"}, "text"), ({"text": "{}"}, "text"), ({"text": "{0}"}, "text"),
    ({"action": "magic"}, "action"), ({"category": "999"}, "category"), ({"category": "x"}, "category"),
    ({"title": ""}, "title"), ({"text": "x" * 2001}, "text")])
def test_what_cannot_be_filled_in_is_refused(town: Town, facts: dict[str, str], field: str) -> None:
    assert set(problem(town.administrator.post(TEMPLATES, template(**facts)), 422)["fields"]) == {field}
