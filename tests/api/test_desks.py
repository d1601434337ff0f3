"""What the desks of the centre ask for: reasons, corrections, earlier rulings, open orders, and rules to be proposed."""
import pytest

from casework.sla import timers
from casework.storage.database import transaction
from tests.api.town import Json, Town, citizen_report, ok, pda_report, point, problem
from tests.conftest import SetClock
from tests.statements import heard


def left(town: Town, text: str = "路边井盖不见了，有人摔倒") -> str:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(text=text, category=None)), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    assert case["status"] == "reported"
    return str(case["number"])


def dispatched(town: Town, **facts: object) -> str:
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(**facts)), 201)
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def gap(town: Town) -> Json:
    """A filed case for whose category there is no rule."""
    number = left(town)
    town.act(town.triage, number, "file", category="20101")
    town.jobs()
    return ok(town.dispatcher.get(f"/api/v1/cases/{number}"))


def test_options_come_with_their_standards_and_the_words_that_spoke_for_them(town: Town) -> None:
    number = left(town)
    told = ok(town.triage.get(f"/api/v1/triage/cases/{number}"))
    first = told["options"][0]
    assert "井盖" in first["name"]
    assert any("井盖" in one for one in first["words"])
    assert any(one["is_default"] for one in first["standards"])
    town.act(town.triage, number, "file", category=first["code"], standard=first["standards"][0]["id"])


def test_words_that_are_said_twice_are_named_all_the_same_and_a_text_without_any_names_none(town: Town) -> None:
    told = ok(town.triage.get(f"/api/v1/triage/cases/{left(town, '井盖没了，井盖没了，井盖没了')}"))
    assert any("井盖" in one for one in told["options"][0]["words"])
    assert ok(town.triage.get(f"/api/v1/triage/cases/{left(town, '？？')}"))["options"] == []


def test_reasons_are_for_the_triage_desk_and_for_cases_that_one_may_see(town: Town) -> None:
    number = left(town)
    problem(town.dispatcher.get(f"/api/v1/triage/cases/{number}"), 403)
    problem(town.stranger.get(f"/api/v1/triage/cases/{number}"), 401)
    problem(town.triage.get("/api/v1/triage/cases/AJ000000-00000-00000"), 404)


def test_corrections_are_counted_by_what_is_mistaken_for_what(town: Town) -> None:
    assert ok(town.triage.get("/api/v1/triage/corrections"))["count"] == 0
    number = left(town)
    suggested = ok(town.triage.get(f"/api/v1/cases/{number}"))["reports"][0]["suggestion"]["code"]
    town.act(town.triage, number, "file", category="20101")
    told = ok(town.triage.get("/api/v1/triage/corrections"))
    assert (told["count"], told["all"], told["trained_at"]) == (1, True, None)
    (pair,) = told["pairs"]
    assert (pair["suggested"], pair["corrected"], pair["count"]) == (suggested, "20101", 1)


def test_rulings_about_the_same_category_are_shown_with_both_sides(town: Town, time: SetClock) -> None:
    upheld, overruled, now = dispatched(town), dispatched(town, place=point(0, 200)), dispatched(town, place=point(0, -200))
    for number, action in ((upheld, "uphold"), (overruled, "overrule")):
        time.passes(minutes=1)
        town.act(town.water_head, number, "hand_back", ground=f"三定方案，{action}")
        town.act(town.adjudicator, number, action, reason=f"裁定{action}")
    town.act(town.water_head, now, "hand_back", ground="三定方案")
    items = ok(town.adjudicator.get(f"/api/v1/cases/{now}/rulings"))["items"]
    assert {(one["number"], one["upheld"], one["ground"], one["ruling"]) for one in items} == {
        (upheld, True, "三定方案，uphold", "裁定uphold"), (overruled, False, "三定方案，overrule", "裁定overrule")}
    assert all(one["department"] == "水务局" and "供水井盖" in one["why"] for one in items)
    problem(town.water_head.get(f"/api/v1/cases/{now}/rulings"), 403)
    problem(town.adjudicator.get("/api/v1/cases/AJ000000-00000-00000/rulings"), 404)


def test_more_rulings_cost_no_more_statements(town: Town, time: SetClock) -> None:
    cases = [dispatched(town, place=point(0, east)) for east in (-300, 0, 300)]
    seen = []
    for number in cases:
        time.passes(minutes=1)
        town.act(town.water_head, number, "hand_back", ground="三定方案")
        with heard() as asked:
            ok(town.adjudicator.get(f"/api/v1/cases/{cases[-1]}/rulings"))
        seen.append(len(asked))
        town.act(town.adjudicator, number, "overrule", reason="属供水")
    assert seen[1] == seen[2], seen


def test_open_orders_carry_their_words_and_a_clock_of_their_own(town: Town) -> None:
    number = dispatched(town)
    assert ok(town.supervisor.get("/api/v1/orders"))["items"] == []
    town.act(town.supervisor, number, "supervise", reason="今日内办结")
    (order,) = ok(town.supervisor.get("/api/v1/orders"))["items"]
    assert (order["number"], order["wanted"]) == (number, "今日内办结")
    assert order["ordered_at"] < order["order_due_at"]
    clocks = {one["stage"]: one["due_at"] for one in ok(town.supervisor.get(f"/api/v1/cases/{number}"))["clocks"]}
    assert clocks["supervise"] == order["order_due_at"]
    town.act(town.water_handler, number, "report_back", reply="已安排")
    assert ok(town.leader.get("/api/v1/orders"))["items"] == []
    problem(town.water_handler.get("/api/v1/orders"), 403)


def test_supervision_has_in_one_answer_what_each_of_its_lists_has(town: Town, time: SetClock) -> None:
    for grid in (0, 1):
        number = dispatched(town, category="20101", place=point(grid))  # for which there is no rule: it waits for a dispatcher
        town.act(town.supervisor, number, "supervise", reason=f"今日内办结 {grid}")
    time.passes(hours=1, minutes=1)
    with transaction() as db:
        assert timers.sweep(db)
    town.jobs()
    ok(town.supervisor.get("/api/v1/supervision"))
    with heard() as asked:
        told = ok(town.supervisor.get("/api/v1/supervision"))
    assert len(asked) <= 5  # who calls, what is late, orders and what each wants, alarms
    assert told == {"late": ok(town.supervisor.get("/api/v1/cases", overdue="true")),
                    "orders": ok(town.supervisor.get("/api/v1/orders")),
                    "alarms": ok(town.supervisor.get("/api/v1/alarms", limit=20))}
    assert {one["wanted"] for one in told["orders"]["items"]} == {"今日内办结 0", "今日内办结 1"}
    assert len(told["late"]["items"]) == 2
    assert told["alarms"]["items"]
    problem(town.water_handler.get("/api/v1/supervision"), 403)


def test_what_a_dispatcher_decides_in_a_gap_becomes_a_rule_once_its_keeper_agrees(town: Town) -> None:
    case, roads = gap(town), str(town.departments["roads"].id)
    assert case["status"] == "filed"
    body = {"case": case["number"], "lead": roads, "ground": "三定方案第九条"}
    made = ok(town.dispatcher.post("/api/v1/rules/proposals", body), 201)
    assert ok(town.other_dispatcher.post("/api/v1/rules/proposals", body), 201) == made
    town.act(town.dispatcher, case["number"], "dispatch", lead=roads, reason="三定方案第九条")
    (shown,) = ok(town.steward.get("/api/v1/rules/proposals"))["items"]
    assert (shown["from_department"], shown["to_department"], shown["ground"]) == (None, "道路养护中心", "三定方案第九条")
    rule = ok(town.steward.post(f"/api/v1/rules/proposals/{made['id']}/accept", {}), 201)
    assert (rule["category_code"], rule["lead_department_id"]) == ("20101", roads)
    assert "派遣决定" in rule["ground"]
    refused = problem(town.dispatcher.post("/api/v1/rules/proposals", body), 409)
    assert "explanation" in refused


@pytest.mark.parametrize("who", ["triage", "water_head", "adjudicator"])
def test_only_dispatchers_propose_rules(town: Town, who: str) -> None:
    body = {"case": "AJ000000-00000-00000", "lead": str(town.departments["roads"].id), "ground": "三定方案"}
    problem(getattr(town, who).post("/api/v1/rules/proposals", body), 403)
    problem(town.dispatcher.post("/api/v1/rules/proposals", body), 404)
