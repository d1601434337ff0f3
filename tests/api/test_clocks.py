"""GET /cases/{number}/clocks: every clock of a case with how its due time came about, for whoever may see the case."""
from typing import Any

from casework.sla import calendar, timers
from casework.storage.database import transaction
from tests.api.test_cases import reported
from tests.api.town import Town, ok, point, problem
from tests.conftest import SetClock


def clocks(town: Town, number: str, caller: str = "supervisor") -> dict[str, Any]:
    items = ok(getattr(town, caller).get(f"/api/v1/cases/{number}/clocks"))["items"]
    return {one["stage"]: one for one in items}


def test_open_and_stopped_clocks_are_told_with_a_sentence_each(town: Town, time: SetClock) -> None:
    time.is_now("2026-03-06 16:00")
    with transaction() as db:
        calendar.seed(db)
    case = reported(town, category="10105", place=point(0))["number"]
    time.is_now("2026-03-09 09:00")
    town.act(town.roads_handler, case, "sign")
    told = clocks(town, case)
    assert list(told) == ["triage", "dispatch", "sign", "handle"]
    sign, handle = told["sign"], told["handle"]
    assert (sign["state"], sign["overdue"], sign["stopped_at"]) == ("stopped", False, "2026-03-09T01:00:00Z")
    assert sign["words"].endswith("2026年3月9日（周一）09:00结束，共计 3 小时，未超期。")
    assert (handle["state"], handle["limit"], handle["extra"], handle["overdue"]) == ("running", "2 工作日", None, None)
    assert handle["words"] == ("处置时限 2 工作日（规定 2026.1），2026年3月6日（周五）16:00起计时，已计 0.38 个工作日，"
                               "还有 1.62 个工作日，2026年3月10日（周二）16:00到期。")
    assert [line["words"].split(" ", 1)[1] for line in handle["lines"]] == [
        "工作日（08:00–12:00、14:00–18:00），计 0.25 个工作日", "周末，不计",
        "工作日（08:00–12:00、14:00–18:00），计 1 个工作日", "工作日（08:00–12:00、14:00–18:00），计 0.75 个工作日"]
    assert handle["lines"][0]["since"] == handle["started_at"]
    assert handle["lines"][-1]["until"] == handle["due_at"]
    assert sum(line["counted"] for line in handle["lines"]) == 2 * 8 * 3600


def test_a_correction_is_told_with_what_was_carried_over(town: Town, time: SetClock) -> None:
    case = reported(town, category="10105", place=point(0))["number"]
    time.passes(hours=2)
    town.act(town.dispatcher, case, "correct", category="10102", reason="是井盖")
    handle = clocks(town, case)["handle"]
    assert [line["state"] for line in handle["lines"]] == ["running", "recounted", "running"]
    assert "时限由 2 工作日 改为 4 工作时" in handle["lines"][1]["words"]


def test_a_clock_that_was_swept_is_late_before_it_stops(town: Town, time: SetClock) -> None:
    case = reported(town)["number"]
    time.passes(days=3)
    with transaction() as db:
        timers.sweep(db)
    handle = clocks(town, case)["handle"]
    assert (handle["overdue"], handle["excused"], handle["state"]) == (True, False, "running")
    assert handle["words"].endswith("到期，已超期。")


def test_who_may_not_see_the_case_does_not_learn_that_it_exists(town: Town) -> None:
    case = reported(town)["number"]
    assert clocks(town, case, "water_handler")
    problem(town.roads_handler.get(f"/api/v1/cases/{case}/clocks"), 404)
    problem(town.wang.get(f"/api/v1/cases/{case}/clocks"), 404)
    problem(town.stranger.get(f"/api/v1/cases/{case}/clocks"), 401)
    problem(town.supervisor.get("/api/v1/cases/AJ260101-AAAAA-AAAAA/clocks"), 404)
