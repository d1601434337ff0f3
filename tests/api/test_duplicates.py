"""Similar cases over HTTP: who sees them, who decides, what a citizen is told; every tracking number goes on working."""
import re
from typing import Any

import pytest

from tests.api.town import Json, Town, citizen_report, ok, pda_report, point, problem, ticket
from tests.conftest import SetClock

SITE = ("阳光花园旁工地夜间施工", "阳光花园东侧的工地每晚打桩到凌晨三点，噪音很大，老人和孩子都睡不着，请管一管")
SAME_SITE = ("工地半夜打桩太吵", "我住在阳光花园，东侧工地每晚打桩到后半夜，噪音很大，孩子睡不着，已经一个星期了")


def called(town: Town, said: tuple[str, str], **facts: Any) -> str:
    """A call that the hotline hands over; the number of its report."""
    subject, detail = said
    body = {"tickets": [ticket(subject=subject, detail=detail, address="南塘社区", **facts)]}
    (result,) = ok(town.operator.post("/api/v1/hotline/tickets", body))["results"]
    town.jobs()
    return str(result["number"])


def a_day_apart(town: Town, time: SetClock) -> tuple[Json, Json]:
    """Two manholes at one place, the second a day later: likely one, and left to a person."""
    first = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(category=None)), 201)
    town.jobs()
    time.passes(hours=25)
    second = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(category=None)), 201)
    town.jobs()
    return first, second


def similar(town: Town, number: str, caller: str = "triage") -> list[Json]:
    return list(ok(getattr(town, caller).get(f"/api/v1/cases/{number}/similar"))["items"])


def progress(town: Town, receipt: Json) -> Json:
    return ok(town.citizen(receipt).get(f"/api/v1/citizen/reports/{receipt['number']}"))


def test_a_case_shows_what_is_like_it_with_reasons_and_its_score(town: Town, time: SetClock) -> None:
    first, second = a_day_apart(town, time)
    one, other = town.case_of(first["number"])["number"], town.case_of(second["number"])["number"]
    assert one != other
    (found,) = similar(town, one)
    assert (found["number"], found["state"], found["joins"]) == (other, "open", False)
    assert found["score"] >= 0.6
    assert "相距0米" in found["reasons"]
    assert "相隔25.0小时" in found["reasons"]


def test_whoever_may_not_see_a_case_learns_nothing_of_it(town: Town, time: SetClock) -> None:
    first, second = a_day_apart(town, time)
    number, other = (town.case_of(one["number"])["number"] for one in (first, second))
    path = f"/api/v1/cases/{number}/similar"
    problem(town.stranger.get(path), 401)
    problem(town.zhao.get(path), 404)  # walks another grid
    problem(town.roads_handler.get(path), 404)
    problem(town.triage.get("/api/v1/cases/AJ000000-00000-00000/similar"), 404)
    problem(town.li.post(f"{path}/{other}/decline"), 403)
    problem(town.triage.post(f"{path}/AJ000000-00000-00000/decline"), 404)


def test_a_pair_is_declined_by_those_who_decide_and_stays_so(town: Town, time: SetClock) -> None:
    first, second = a_day_apart(town, time)
    number, other = (town.case_of(one["number"])["number"] for one in (first, second))
    answer = ok(town.triage.post(f"/api/v1/cases/{number}/similar/{other}/decline"))
    assert [(one["number"], one["state"]) for one in answer["items"]] == [(other, "declined")]
    assert similar(town, other)[0]["state"] == "declined"


def test_merging_is_accepting_and_every_number_goes_on_working(town: Town, time: SetClock) -> None:
    first, second = a_day_apart(town, time)
    number, other = (town.case_of(one["number"])["number"] for one in (first, second))
    town.act(town.triage, other, "merge", into=number, reason="同一处井盖")
    assert {progress(town, one)["case"] for one in (first, second)} == {number}
    assert similar(town, number)[0]["state"] == "accepted"
    town.act(town.triage, other, "unmerge", reason="不是一处")
    assert [progress(town, one)["case"] for one in (first, second)] == [number, other]


def test_after_joining_unjoining_and_splitting_the_tracking_numbers_show_the_right_case(town: Town) -> None:
    def sends(east: float, **facts: Any) -> Json:
        receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(place=point(0, east), **facts)), 201)
        town.jobs()
        return receipt
    first = sends(0)
    case = town.case_of(first["number"])["number"]
    town.act(town.triage, case, "file", category="10101")
    (known,) = ok(town.stranger.post("/api/v1/citizen/similar", {"text": "井盖没了", "place": point(0, 5)}))["items"]
    second, third = (sends(east, same_as=known["same_as"]) for east in (5, 10))
    assert {progress(town, one)["case"] for one in (first, second, third)} == {case}
    town.act(town.triage, case, "unjoin", reports=[third["number"]], reason="另一处")
    body = town.act(town.triage, case, "split", reports=[first["number"]], reason="已另行处理")
    assert [one["number"] for one in body["reports"]] == [second["number"]]
    there = [progress(town, one)["case"] for one in (first, second, third)]
    assert there[1] == case
    assert len(set(there)) == 3
    fields = problem(town.triage.post(f"/api/v1/cases/{case}/split", {"reports": [second["number"]], "reason": "再分"}), 409)
    assert fields["status"] == 409  # the only report that is left stays
    problem(town.roads_handler.post(f"/api/v1/cases/{case}/unjoin", {"reports": [second["number"]], "reason": "不是"}), 404)


def test_what_joined_by_words_is_told_apart_again(town: Town) -> None:
    one, other = called(town, SITE), called(town, SAME_SITE)
    case = town.case_of(one)
    assert {report["number"] for report in case["reports"]} == {one, other}
    (joined,) = [report for report in case["reports"] if report["outcome"] == "joined"]
    assert "都提到“阳光花园”" in joined["outcome_reason"]
    town.act(town.operator, case["number"], "unjoin", reports=[joined["number"]], reason="是另一处工地")
    new = town.case_of(joined["number"])
    assert new["number"] != case["number"]
    assert new["status"] in {"filed", "dispatched"}
    assert [row["state"] for row in similar(town, case["number"])] == ["declined"]


def test_a_citizen_sees_what_is_known_and_nothing_that_somebody_said(town: Town) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report(text="井盖缺失，联系王小明13800138000")))
    town.jobs()
    answer = ok(town.stranger.post("/api/v1/citizen/similar", {
        "text": "路边的井盖没了", "place": point(0, 20), "category": "10101"}))
    (found,) = answer["items"]
    assert (found["category"], found["area"], found["report_count"]) == ("上水井盖", "小城市东山区河口街道南塘社区", 1)
    assert set(found) == {"words", "category", "area", "opened_at", "report_count", "score", "reasons", "same_as"}
    token = found.pop("same_as")  # of random letters and figures, in which any three stand by chance
    assert re.fullmatch(r"[0-9a-f]{32}\.[0-9]+\.[\w-]+", token)
    assert not any(word in str(found) for word in ("王小明", "138", "缺失", "AJ", "米"))
    sent = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(place=point(0, 20), same_as=token)), 201)
    town.jobs()
    assert progress(town, sent)["case"] == town.listed(town.supervisor)[0]["number"]


def test_from_no_place_can_a_stranger_tell_where_in_its_square_a_case_is(town: Town) -> None:
    shown = []
    for east, north in ((40, 25), (-60, 70)):  # one after the other: never both open
        said = citizen_report(text="楼下烧烤店油烟扰民", place=point(0, east, north))
        sent = ok(town.stranger.post("/api/v1/citizen/reports", said), 201)
        town.jobs()
        number = town.case_of(sent["number"])["number"]
        town.act(town.triage, number, "correct", category="20101", reason="类别")
        shown.append([_alike(town, metres, north) for metres in range(-500, 501, 50) for north in (0, 40)])
        town.act(town.triage, number, "reject", reason="重复")
    assert shown[0] == shown[1]
    seen = {(one["score"], *one["reasons"]) for items in shown[0] for one in items}
    assert {score for score, *_ in seen} <= {0.6, 0.85}
    assert shown[0][20], "it is found from beside it"
    assert not shown[0][0]
    assert not any("米" in reason or "%" in reason for _, *reasons in seen for reason in reasons)


def _alike(town: Town, east: float, north: float) -> list[Json]:
    asked = {"text": "楼下烧烤店油烟扰民", "category": "20101", "place": point(0, east, north)}
    items = ok(town.stranger.post("/api/v1/citizen/similar", asked))["items"]
    return [{field: value for field, value in one.items() if field not in {"same_as", "opened_at"}} for one in items]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "井盖", "place": {"lon": 1}}, {"text": "井盖", "other": 1}])
def test_a_question_that_cannot_be_is_told_why(town: Town, body: Json) -> None:
    assert problem(town.stranger.post("/api/v1/citizen/similar", body), 422)["fields"]


def test_nowhere_and_of_an_unknown_kind_there_is_nothing_alike(town: Town) -> None:
    answer = ok(town.stranger.post("/api/v1/citizen/similar", {
        "text": "？", "place": {"lon": 0, "lat": 0}, "category": "99999", "title": "一", "address": "不知道哪里"}))
    assert answer == {"items": []}
