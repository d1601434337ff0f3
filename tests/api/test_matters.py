"""Applications, appeals, orders and flags over HTTP: each lies in the queue of whoever decides, and leaves it when decided."""
from datetime import timedelta

from casework import clock
from tests.api.town import Caller, Town, ok, pda_report, problem
from tests.conftest import SetClock


def numbers(town: Town, caller: Caller, queue: str) -> list[str]:
    return [row["number"] for row in town.listed(caller, queue=queue)]


def signed(town: Town) -> str:
    """A manhole that the water office has signed."""
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    (case,) = town.listed(town.supervisor)
    town.act(town.water_handler, case["number"], "sign")
    return str(case["number"])


def test_an_application_goes_from_the_head_to_the_dispatcher(town: Town) -> None:
    case = signed(town)
    town.act(town.water_handler, case, "extend", reason="等配件")
    assert (numbers(town, town.water_head, "applications"), numbers(town, town.dispatcher, "applications")) == ([case], [])
    assert numbers(town, town.roads_head, "applications") == []
    town.act(town.water_head, case, "endorse")
    assert (numbers(town, town.water_head, "applications"), numbers(town, town.dispatcher, "applications")) == ([], [case])
    town.act(town.dispatcher, case, "allow")
    assert numbers(town, town.dispatcher, "applications") == numbers(town, town.supervisor, "applications") == []
    town.act(town.water_handler, case, "defer", reason="等审批", until=(clock.now() + timedelta(days=9)).isoformat())
    assert (numbers(town, town.water_head, "applications"), numbers(town, town.dispatcher, "applications")) == ([], [case])


def test_an_order_lies_with_the_department_until_it_has_reported_back(town: Town) -> None:
    case = signed(town)
    town.act(town.supervisor, case, "supervise", reason="限今日办结")
    assert numbers(town, town.water_handler, "supervised") == numbers(town, town.supervisor, "supervised") == [case]
    assert numbers(town, town.roads_handler, "supervised") == []
    town.act(town.water_handler, case, "report_back", reply="正在更换")
    assert numbers(town, town.water_handler, "supervised") == []


def test_an_appeal_about_a_closed_case_lies_with_the_adjudicator(town: Town, time: SetClock) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    (case,) = (row["number"] for row in town.listed(town.supervisor))
    time.passes(hours=3)
    town.closed(case)
    clocks = ok(town.water_head.get(f"/api/v1/cases/{case}/clocks"))
    late = next(one for one in clocks["items"] if one["stage"] == "handle")
    town.act(town.water_head, case, "appeal", clock=late["id"], reason="道路封闭")
    assert numbers(town, town.adjudicator, "appeals") == numbers(town, town.water_head, "appeals") == [case]
    town.act(town.adjudicator, case, "grant", reason="属实")
    assert numbers(town, town.adjudicator, "appeals") == []
    (water,) = ok(town.leader.get("/api/v1/performance/departments"))["items"]
    assert (water["closed"], water["handled_on_time"], water["excused"]) == (1, 1, 1)


def test_a_queue_that_is_none_is_a_fault(town: Town) -> None:
    assert "queue" in problem(town.supervisor.get("/api/v1/cases", queue="everything"), 422)["fields"]
