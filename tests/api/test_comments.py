"""Comments: internal ones stay inside, public ones stand on the page of those whom they concern, and nothing else changes."""
import uuid

import pytest

from casework.cases import comments
from tests.api.test_citizen import REPORTS, filed, progress
from tests.api.town import Json, Town, citizen_report, ok, point, problem
from tests.conftest import SetClock


@pytest.fixture
def receipt(town: Town) -> Json:
    return ok(town.stranger.post(REPORTS, citizen_report(phone="13900139000")), 201)


@pytest.fixture
def case(town: Town, receipt: Json) -> str:
    return filed(town, receipt)


def said(town: Town, who: str, case: str) -> list[str]:
    return [one["text"] for one in ok(getattr(town, who).get(f"/api/v1/cases/{case}/comments"))["items"]]


def test_internal_ones_are_read_by_all_involved_and_by_no_citizen(town: Town, receipt: Json, case: str) -> None:
    address = f"/api/v1/cases/{case}/comments"
    made = ok(town.water_handler.post(address, {"text": "门卫不让进"}), 201)
    assert (made["visibility"], made["role"], made["author_id"]) == ("internal", "handler", str(town.cast.water_handler.id))
    ok(town.li.post(address, {"text": "我带路"}), 201)
    for who in ("water_head", "dispatcher", "supervisor", "li"):
        assert said(town, who, case) == ["我带路", "门卫不让进"]
    for stranger in (town.roads_handler, town.zhao):
        problem(stranger.get(address), 404)
        problem(stranger.post(address, {"text": "x"}), 404)
    problem(town.stranger.post(address, {"text": "x"}), 401)
    for outside in (town.citizen(receipt), town.platform()):
        problem(outside.post(address, {"text": "x"}), 403)
    town.jobs()
    assert progress(town, receipt)["comments"] == []
    assert "门卫" not in str(progress(town, receipt))
    history = ok(town.supervisor.get(f"/api/v1/cases/{case}"))["history"]
    lines = [one for one in history if one["action"] == "comment"]
    assert len(lines) == 2
    assert "门卫" not in str(lines)


def test_public_ones_stand_on_the_page_of_everybody_who_reported_it_or_of_the_one_they_answer(
        town: Town, receipt: Json, case: str) -> None:
    neighbour = ok(town.stranger.post(REPORTS, citizen_report(place=point(0, 3))), 201)
    town.jobs()
    number = town.case_of(neighbour["number"])["number"]
    if number != case:
        town.act(town.triage, number, "merge", into=case, reason="同一处")
    address = f"/api/v1/cases/{case}/comments"
    ok(town.water_handler.post(address, {"text": "周三到场", "visibility": "public"}), 201)
    ok(town.operator.post(address, {"text": "照片已收到", "visibility": "public", "report": receipt["number"].lower()}), 201)
    mine, theirs = (progress(town, one)["comments"] for one in (receipt, neighbour))
    assert [(one["by"], one["words"]) for one in mine] == [("水务局", "周三到场"), ("回访中心", "照片已收到")]
    assert [one["words"] for one in theirs] == ["周三到场"]
    assert "Head" not in str(mine)
    wrong = problem(town.operator.post(address, {"text": "x", "visibility": "public", "report": "ZW000000-00000-00000"}), 422)
    assert set(wrong["fields"]) == {"report"}
    assert set(problem(town.operator.post(address, {"text": "x", "report": receipt["number"]}), 422)["fields"]) == {"report"}
    for not_a_voice_of_the_city in (town.li, town.leader, town.administrator):
        problem(not_a_voice_of_the_city.post(address, {"text": "x", "visibility": "public"}), 403)


def test_what_a_citizen_adds_is_read_inside_and_by_no_neighbour(town: Town, receipt: Json, case: str) -> None:
    neighbour = ok(town.stranger.post(REPORTS, citizen_report(place=point(0, 3))), 201)
    town.jobs()
    number = town.case_of(neighbour["number"])["number"]
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}/comments"
    now = ok(me.post(address, {"text": "我住1502，晚上在家"}), 201)
    assert [(one["by"], one["words"]) for one in now["comments"]] == [("本人", "我住1502，晚上在家")]
    if number != case:
        town.act(town.triage, case, "merge", into=number, reason="同一处")
    assert "我住1502" not in str(progress(town, neighbour))
    town.jobs()
    assert "我住1502" not in str(progress(town, neighbour))
    holding = number if number != case else case
    assert "我住1502，晚上在家" in said(town, "dispatcher", holding)  # it went along with the report
    assert [one["words"] for one in progress(town, receipt)["comments"]] == ["我住1502，晚上在家"]
    problem(town.citizen(neighbour).post(address, {"text": "x"}), 404)
    problem(town.stranger.post(address, {"text": "x"}), 404)
    problem(town.operator.post(address, {"text": "x"}), 403)


def test_comments_do_not_begin_the_window_for_reopening_anew(town: Town, receipt: Json, case: str, time: SetClock) -> None:
    closed = town.closed(case)
    time.passes(days=14)
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}"
    ok(me.post(f"{address}/comments", {"text": "还有一点松"}), 201)
    ok(town.water_handler.post(f"/api/v1/cases/{case}/comments", {"text": "已知", "visibility": "public"}), 201)
    now = ok(town.supervisor.get(f"/api/v1/cases/{case}"))
    assert (now["status"], now["closed_at"]) == ("closed", closed["closed_at"])
    time.passes(days=1, minutes=1)
    assert "15 days" in problem(me.post(f"{address}/reopen", {"reason": "松了"}), 409)["detail"]


def test_a_citizen_says_so_much_a_day_and_no_more(town: Town, receipt: Json, case: str, time: SetClock) -> None:
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}/comments"
    for number in range(comments.MOST_A_DAY):
        ok(me.post(address, {"text": f"第{number}句"}), 201)
    problem(me.post(address, {"text": "再一句"}), 429)
    time.passes(days=1, seconds=1)
    ok(me.post(address, {"text": "第二天"}), 201)


@pytest.mark.parametrize("body", [
    {}, {"text": ""}, {"text": " "}, {"text": "a\0"}, {"text": "x" * 2001}, {"text": 1}, {"text": "x", "visibility": "secret"}])
def test_what_cannot_be_is_named(town: Town, case: str, body: Json) -> None:
    problem(town.operator.post(f"/api/v1/cases/{case}/comments", body), 422)


def test_pages_go_on_where_they_ended(town: Town, case: str, time: SetClock) -> None:
    address = f"/api/v1/cases/{case}/comments"
    for number in range(5):
        ok(town.operator.post(address, {"text": str(number)}), 201)
        time.passes(seconds=1)
    first = ok(town.operator.get(address, limit=3))
    rest = ok(town.operator.get(address, limit=3, cursor=first["next"]))
    assert [one["text"] for one in first["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert rest["next"] is None
    problem(town.operator.get(address, cursor="x"), 422)
    problem(town.operator.get(f"/api/v1/cases/AJ{uuid.uuid4().hex[:8].upper()}/comments"), 404)


def test_a_report_that_is_no_case_yet_takes_none(town: Town, receipt: Json) -> None:
    problem(town.citizen(receipt).post(f"{REPORTS}/{receipt['number']}/comments", {"text": "x"}), 409)
