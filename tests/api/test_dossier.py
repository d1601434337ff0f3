"""One case on one page: all of it in few statements, the form of each action from the table, and what lies around."""

import pytest

from casework.cases.asking import KINDS, OFFERS
from casework.cases.workflow import STEPS, Facts
from tests.api.test_cases import CASES, reported
from tests.api.town import Caller, Json, Town, ok, point, problem
from tests.conftest import SetClock
from tests.statements import heard

ON_LOG_IN = 1
"""Who calls."""


def read(caller: Caller, number: str) -> Json:
    return ok(caller.get(f"{CASES}/{number}/dossier"))


def form(caller: Caller, number: str, action: str) -> dict[str, Json]:
    """The fields by name."""
    return {one["name"]: one for one in ok(caller.get(f"{CASES}/{number}/actions/{action}"))["asks"]}


@pytest.fixture
def number(town: Town) -> str:
    """A manhole of the water office, dispatched."""
    return str(reported(town)["number"])


def lived(town: Town, number: str) -> None:
    """Signed, helped with, answered by two, commented."""
    roads = str(town.departments["roads"].id)
    town.act(town.water_handler, number, "sign")
    town.act(town.water_handler, number, "assist", assistants=[roads], reason="需占道")
    town.act(town.roads_handler, number, "assist_sign")
    town.act(town.roads_handler, number, "assisted", reply="已围挡")
    ok(town.water_handler.post(f"{CASES}/{number}/comments", {"text": "备件已到"}), 201)
    town.act(town.water_handler, number, "resolve", reply="已更换井盖", photos=[town.photo(town.water_handler)])


def test_it_says_all_that_the_case_says_and_who_was_who(town: Town, number: str) -> None:
    lived(town, number)
    whole, case = read(town.water_handler, number), ok(town.water_handler.get(f"{CASES}/{number}"))
    for name in set(case) - {"history", "clocks", "photos"}:
        assert whole[name] == case[name], name
    assert [one["number"] for one in whole["history"]] == [one["number"] for one in case["history"]]
    assert {one["id"] for one in whole["photos"]} == {one["id"] for one in case["photos"]}
    signed = next(line for line in whole["history"] if line["action"] == "sign")
    assert signed["says"] == STEPS["sign"].says
    assert whole["names"][signed["actor_id"]] == "Water_Handler"
    assert whole["names"][signed["department_id"]] == town.departments["water"].name
    assert [(one["part"], bool(one["signed_at"]), bool(one["done_at"])) for one in whole["shares"]] == [
        ("lead", True, True), ("assist", True, True)]
    assert [one["text"] for one in whole["comments"]] == ["备件已到"]
    assert whole["comments_next"] is None


def test_its_clocks_are_told_as_they_are_by_themselves(town: Town, number: str) -> None:
    lived(town, number)
    alone = ok(town.water_head.get(f"{CASES}/{number}/clocks"))["items"]
    together = read(town.water_head, number)["clocks"]
    assert [one["stage"] for one in together] == [one["stage"] for one in alone]
    assert [one["words"] for one in together] == [one["words"] for one in alone]


def test_a_proposed_owner_has_a_name_though_it_never_had_a_part(town: Town, number: str) -> None:
    roads = town.departments["roads"]
    town.act(town.water_head, number, "hand_back", ground="三定方案第四条", proposed=str(roads.id))
    assert read(town.adjudicator, number)["names"][str(roads.id)] == roads.name


def test_who_has_it_and_to_whom_it_was_handed_over_has_a_name(town: Town, number: str) -> None:
    colleague = str(town.cast.water_head.id)
    town.act(town.water_handler, number, "sign")
    town.act(town.water_handler, number, "hand_over", handler=colleague)
    whole = read(town.water_handler, number)
    assert whole["handler_id"] == whole["history"][-1]["facts"]["handler"] == colleague
    assert whole["names"][colleague] == "Water_Head"
    town.act(town.water_head, number, "resolve", reply="已更换井盖", photos=[town.photo(town.water_head)])
    town.jobs()
    whole = read(town.water_handler, number)
    assert whole["names"][whole["inspector_id"]]


def test_a_long_life_costs_no_more_statements(town: Town, number: str) -> None:
    read(town.supervisor, number)
    with heard() as young:
        read(town.supervisor, number)
    lived(town, number)
    with heard() as old:
        read(town.supervisor, number)
    assert len(old) <= len(young) <= 5 + ON_LOG_IN


def test_sheets_of_many_cases_cost_as_many_statements_as_one(town: Town, number: str) -> None:
    numbers = [number, str(reported(town, place=point(0, 300))["number"])]
    lived(town, numbers[1])
    alone = [ok(town.supervisor.get(f"{CASES}/{one}")) for one in numbers]
    with heard() as asked:
        together = ok(town.supervisor.get(f"/api/v1/sheets?number={numbers[1]}&number={number}&number=AJ260302-AAAAA-AAAAA"))
    assert len(asked) <= 3 + ON_LOG_IN
    for one, same in zip(reversed(alone), together["items"], strict=True):
        assert without_links(one) == without_links(same)
    with heard() as asked:
        ok(town.supervisor.get(f"{CASES}/{number}"))
    assert len(asked) <= 3 + ON_LOG_IN
    assert ok(town.roads_handler.get("/api/v1/sheets", number=number))["items"] == []
    problem(town.supervisor.get("/api/v1/sheets"), 422)


def without_links(case: Json) -> Json:
    """Links to pictures are made anew for each answer."""
    return case | {"photos": [one | {"small": None, "large": None} for one in case["photos"]]}


def test_it_is_tagged_and_strangers_learn_nothing(town: Town, number: str) -> None:
    answer = town.water_handler.get(f"{CASES}/{number}/dossier")
    again = town.app.test_client().get(f"{CASES}/{number}/dossier",
                                       headers={**town.water_handler.headers, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for path in ("dossier", "actions/sign"):
        problem(town.roads_handler.get(f"{CASES}/{number}/{path}"), 404)
        problem(town.roads_handler.get(f"{CASES}/AJ260302-AAAAA-AAAAA/{path}"), 404)
        problem(town.stranger.get(f"{CASES}/{number}/{path}"), 401)


def test_every_page_of_comments_follows_the_first(town: Town, number: str) -> None:
    for at in range(52):
        ok(town.water_handler.post(f"{CASES}/{number}/comments", {"text": f"第{at}条"}), 201)
    whole = read(town.water_handler, number)
    assert len(whole["comments"]) == 50
    rest = ok(town.water_handler.get(f"{CASES}/{number}/comments", cursor=whole["comments_next"]))
    assert {one["text"] for one in [*whole["comments"], *rest["items"]]} == {f"第{at}条" for at in range(52)}
    assert {(one["author"], one["department"]) for one in rest["items"]} == {("Water_Handler", town.departments["water"].name)}


# --- the forms

def test_every_fact_has_a_kind_and_every_choice_choices() -> None:
    assert set(KINDS) == {name for name in Facts.__dataclass_fields__ if name != "rule"}
    assert {name for name, kind in KINDS.items() if kind in {"choice", "choices"}} == set(OFFERS)
    for action, step in STEPS.items():
        assert {*step.needs, *step.also} <= set(KINDS), action
        assert set(step.needs).isdisjoint(step.also), action


def test_every_action_that_is_offered_has_a_form_and_takes_what_it_asks_for(town: Town, number: str) -> None:
    for caller in (town.water_handler, town.water_head, town.dispatcher, town.operator, town.supervisor):
        for one in read(caller, number)["actions"]:
            asked = form(caller, number, one["action"])
            assert {name for name, field in asked.items() if field["required"]} >= set(one["needs"]), one
            assert all((field["choices"] is not None) == (field["kind"] in {"choice", "choices"}) for field in asked.values())


def test_a_form_is_refused_as_the_action_would_be(town: Town, number: str) -> None:
    problem(town.water_handler.get(f"{CASES}/{number}/actions/hand_back"), 403)
    problem(town.water_handler.get(f"{CASES}/{number}/actions/resolve"), 409)
    problem(town.water_handler.get(f"{CASES}/{number}/actions/fly"), 404)


def test_an_answer_asks_for_the_evidence_of_the_standard(town: Town, number: str) -> None:
    town.act(town.water_handler, number, "sign")
    asked = form(town.water_handler, number, "resolve")
    standard = read(town.water_handler, number)["standard"]
    assert "after_photo" in standard["evidence"]
    assert (asked["photos"]["required"], asked["photos"]["purpose"], asked["photos"]["most"]) == (True, "after", 9)
    assert "after_photo" in asked["photos"]["evidence"]
    assert (asked["reply"]["kind"], asked["reply"]["required"], asked["reply"]["most"]) == ("text", True, 4000)
    assert "reason" not in asked


def test_who_answers_before_his_assistants_is_asked_why(town: Town, number: str) -> None:
    town.act(town.water_handler, number, "sign")
    town.act(town.water_handler, number, "assist", assistants=[str(town.departments["roads"].id)], reason="需占道")
    assert form(town.water_handler, number, "resolve")["reason"]["required"]


def test_departments_that_cannot_be_meant_are_not_offered(town: Town, number: str) -> None:
    water, roads = str(town.departments["water"].id), str(town.departments["roads"].id)
    proposed = {one["value"] for one in form(town.water_head, number, "hand_back")["proposed"]["choices"]}
    assert roads in proposed
    assert water not in proposed
    town.act(town.water_head, number, "hand_back", ground="三定方案第四条")
    town.act(town.adjudicator, number, "uphold", reason="不属供水")
    asked = form(town.dispatcher, number, "dispatch")
    assert (asked["lead"]["required"], asked["assistants"]["required"]) == (True, False)
    assert water not in {one["value"] for one in asked["lead"]["choices"]}


def test_who_may_look_is_offered_nearest_first_and_never_who_reported(town: Town) -> None:
    case = reported(town, category=None, text="这里好像有点问题")
    assert case["status"] == "reported"
    offered = [one["text"] for one in form(town.triage, case["number"], "verify")["inspector"]["choices"]]
    assert [one.partition("（")[0] for one in offered] == ["Wang", "Zhao"]


def test_texts_come_filled_in(town: Town, number: str) -> None:
    ok(town.steward.post("/api/v1/admin/templates", {
        "category": "101", "action": "resolve", "title": "井盖复位", "text": "{department}已到场处置。"}), 201)
    town.act(town.water_handler, number, "sign")
    (offered,) = ok(town.water_handler.get(f"{CASES}/{number}/actions/resolve"))["templates"]
    assert offered["text"] == f"{town.departments['water'].name}已到场处置。"


def test_a_late_clock_is_what_an_appeal_is_about(town: Town, number: str, time: SetClock) -> None:
    assert form(town.water_head, number, "appeal")["clock"]["choices"] == []
    time.is_now("2026-03-04 10:00")
    town.act(town.water_handler, number, "sign")
    (signing,) = form(town.water_head, number, "appeal")["clock"]["choices"]
    clock = next(one for one in read(town.water_head, number)["clocks"] if one["id"] == signing["value"])
    assert (clock["stage"], clock["overdue"]) == ("sign", True)


# --- around it

def test_the_map_has_the_outline_of_the_grid_and_the_things_near_by(town: Town, number: str) -> None:
    case = read(town.water_handler, number)
    around = case["around"]
    assert around["area"]["code"] == case["area_code"]
    ring = around["area"]["outline"][0]
    assert min(lon for lon, _ in ring) <= case["lon"] <= max(lon for lon, _ in ring)
    assert around["components"] == []
