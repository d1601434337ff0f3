"""Bulletins appear once, stay as they were, and what leaders remark on them is seen until it is answered."""
import re
from typing import Any

import pytest

from casework.performance import rollups
from casework.performance.bulletins import bulletin
from tests.api.town import Json, Town, ok, pda_report, point, problem
from tests.conftest import SetClock
from tests.statements import heard
from workers import bulletins as jobs

BULLETINS = "/api/v1/bulletins"


@pytest.fixture
def week(town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The Monday after a week in which two cases came in, with the bulletin of that week and that of February with one."""
    monkeypatch.setattr(bulletin.pdf, "pdf_of", lambda *_: b"%PDF-1.3 drawn")  # takes seconds; test_bulletin_pdf.py draws
    time.is_now("2026-02-10 10:00")
    ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(3))))
    time.is_now("2026-03-03 10:00")
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    ok(town.zhao.post("/api/v1/pda/reports", pda_report(place=point(2))))
    town.jobs()
    time.is_now("2026-03-09 06:00")
    jobs.make_bulletins()
    return town


def listed(town: Town) -> list[Json]:
    return list(ok(town.leader.get(BULLETINS))["items"])


def latest(town: Town) -> Json:
    return ok(town.leader.get(f"{BULLETINS}/{listed(town)[0]['id']}"))


def remark(town: Town, **facts: Any) -> Json:
    body = {"words": "请说明原因和措施。", "due": "2026-03-12"} | facts
    return ok(town.leader.post(f"{BULLETINS}/{listed(town)[0]['id']}/remarks", body), 201)


def test_the_week_and_the_month_appear_once_and_say_what_came_in(week: Town, time: SetClock) -> None:
    assert [(one["kind"], one["since"], one["until"]) for one in listed(week)] == [
        ("week", "2026-03-02", "2026-03-09"), ("month", "2026-02-01", "2026-03-01")]
    made = latest(week)
    assert made["lead"]["zh"] == "上周受理 2 件；前一周没有受理案件，无从比较。"
    assert made["title"]["en"] == "Weekly bulletin 2026, week 10 (2 March – 8 March)"
    department = next(one for one in made["sections"] if one["code"] == "department")
    assert sum(int(row[1]) for row in department["rows"]) == 2
    jobs.make_bulletins()
    time.passes(days=2)
    jobs.make_bulletins()
    assert len(listed(week)) == 2
    assert [one["kind"] for one in ok(week.leader.get(BULLETINS, kind="month"))["items"]] == ["month"]
    first = ok(week.leader.get(BULLETINS, limit=1))
    assert ok(week.leader.get(BULLETINS, limit=1, cursor=first["next"]))["items"][0]["kind"] == "month"
    assert problem(week.leader.get(BULLETINS, cursor="x"), 422)


def test_none_appears_of_a_time_before_the_city_began_or_while_something_waits_to_be_counted(
        town: Town, time: SetClock) -> None:
    time.is_now("2026-03-03 10:00")
    jobs.make_bulletins()
    assert listed(town) == []
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    time.is_now("2026-03-09 06:00")
    jobs.make_bulletins()
    assert listed(town) == []
    town.jobs()
    time.is_now("2026-03-10 06:00")
    jobs.make_bulletins()
    assert [(one["kind"], one["since"]) for one in listed(town)] == [("week", "2026-03-02")]
    assert "受理 1 件" in latest(town)["lead"]["zh"]


def test_what_no_job_has_counted_yet_stands_in_the_bulletin_all_the_same(
        town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    time.is_now("2026-03-03 10:00")
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    time.is_now("2026-03-08 23:59")
    ok(town.zhao.post("/api/v1/pda/reports", pda_report(place=point(2))))
    with monkeypatch.context() as patch:  # the queue of the figures stands still
        patch.setattr(rollups, "refresh", lambda *_: 0)
        town.jobs()
    time.is_now("2026-03-09 06:00")
    jobs.make_bulletins()
    assert latest(town)["lead"]["zh"] == "上周受理 2 件；前一周没有受理案件，无从比较。"


def test_what_a_leader_says_is_told_in_the_language_of_who_reads_it(week: Town) -> None:
    ok(week.dispatcher.post("/api/v1/inbox/preferences", {"lang": "en"}))
    remark(week, user=str(week.cast.dispatcher.id))
    week.jobs()
    assert ok(week.dispatcher.get("/api/v1/inbox"))["items"][0]["text"] == (
        "A leader remarks on “Weekly bulletin 2026, week 10 (2 March – 8 March)”: 请说明原因和措施。 "
        "Please answer by 2026-03-12.")


def test_what_appeared_stays_whatever_becomes_of_its_cases(week: Town, time: SetClock) -> None:
    before = latest(week)
    number = week.listed(week.supervisor)[0]["number"]
    week.act(week.dispatcher, number, "correct", category="10101", reason="改")
    week.jobs()
    time.passes(days=7)
    jobs.make_bulletins()
    assert ok(week.leader.get(f"{BULLETINS}/{before['id']}"))["sections"] == before["sections"]
    assert "前一周（2 件）" in latest(week)["lead"]["zh"]


def test_it_is_read_as_page_as_pdf_and_chart_by_chart_in_both_languages(week: Town) -> None:
    made = latest(week)
    for language, heading in (("zh", "各部门情况"), ("en", "Departments")):
        page = week.leader.get(f"{BULLETINS}/{made['id']}/page", language=language)
        assert heading in page.get_data(as_text=True)
        assert "attachment" in page.headers["Content-Disposition"]
        assert not re.search(r"(?:src|href)=", page.get_data(as_text=True))
        assert week.leader.get(f"{BULLETINS}/{made['id']}/pdf", language=language).data.startswith(b"%PDF")
        shown = ok(week.leader.get(f"{BULLETINS}/{made['id']}", language=language))
        assert heading in {section["heading"] for section in shown["sections"]}
        assert all(section["chart"].startswith("<svg") for section in shown["sections"])
    problem(week.leader.get(f"{BULLETINS}/{made['id']}/page", language="fr"), 422)


def test_a_remark_is_a_task_of_the_department_until_somebody_there_answers(week: Town, time: SetClock) -> None:
    water = str(week.departments["water"].id)
    made = remark(week, section="department", department=water)
    assert (made["stands"], made["department"], made["answer"]) == ("open", "水务局", None)
    week.jobs()
    assert "领导批示" in ok(week.water_head.get("/api/v1/inbox"))["items"][0]["text"]
    assert [one["id"] for one in ok(week.water_handler.get(f"{BULLETINS}/remarks"))["items"]] == [made["id"]]
    assert ok(week.roads_head.get(f"{BULLETINS}/remarks"))["items"] == []
    problem(week.roads_head.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "我来"}), 403)
    problem(week.roads_handler.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "我来"}), 404)
    assert listed(week)[0]["remarks_open"] == 1
    time.is_now("2026-03-11 09:00")
    jobs.look_after_remarks()
    jobs.look_after_remarks()
    week.jobs()
    assert len([one for one in ok(week.water_head.get("/api/v1/inbox"))["items"] if "即将到期" in one["text"]]) == 1
    time.is_now("2026-03-13 09:00")
    jobs.look_after_remarks()
    assert latest(week)["remarks"][0]["stands"] == "late"
    answered = ok(week.water_head.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "已增派人手。"}))
    assert (answered["stands"], answered["answer"], answered["answered_by"]) == ("answered", "已增派人手。", "Water_Head")
    problem(week.water_head.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "再答"}), 409)
    week.jobs()
    assert "已答复" in ok(week.leader.get("/api/v1/inbox"))["items"][0]["text"]
    assert listed(week)[0]["remarks_open"] == 0


def test_a_bulletin_with_many_remarks_costs_no_more_queries(week: Town) -> None:
    path = f"{BULLETINS}/{listed(week)[0]['id']}"
    for _ in range(5):
        remark(week, department=str(week.departments["water"].id))
    ok(week.leader.get(path))
    with heard() as said:
        ok(week.leader.get(path))
    asked = [one.sql for one in said if one.sql.lstrip().upper().startswith("SELECT")]
    assert len(asked) <= 6, asked


def test_a_remark_may_be_for_one_person(week: Town) -> None:
    made = remark(week, user=str(week.cast.dispatcher.id))
    assert [one["words"] for one in ok(week.dispatcher.get(f"{BULLETINS}/remarks"))["items"]] == ["请说明原因和措施。"]
    problem(week.supervisor.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "我来"}), 403)
    ok(week.dispatcher.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "已办"}))


def test_a_remark_on_a_case_is_supervision_and_is_answered_by_what_is_reported_there(week: Town) -> None:
    number = week.listed(week.supervisor, status="dispatched")[0]["number"]
    made = remark(week, case=number)
    assert made["case"] == number
    assert ok(week.supervisor.get(f"/api/v1/cases/{number}"))["feedback_owed"]
    assert "supervise" in {one["stage"] for one in ok(week.supervisor.get(f"/api/v1/cases/{number}"))["clocks"]}
    problem(week.water_head.post(f"{BULLETINS}/remarks/{made['id']}/answer", {"words": "已办"}), 409)
    jobs.look_after_remarks()
    assert latest(week)["remarks"][0]["stands"] == "open"
    lead = week.water_handler if "水务局" in ok(week.supervisor.get(f"/api/v1/cases/{number}"))["department"] else (
        week.roads_handler)
    week.act(lead, number, "report_back", reply="今日内办结")
    jobs.look_after_remarks()
    shown = latest(week)["remarks"][0]
    assert (shown["stands"], shown["answer"]) == ("answered", "今日内办结")
    problem(week.leader.post(f"{BULLETINS}/{listed(week)[0]['id']}/remarks",
                             {"words": "督", "due": "2026-03-12", "case": "AJ000000-00000-00000"}), 404)


def test_a_remark_names_one_who_answers_a_day_to_come_and_a_section_that_there_is(week: Town) -> None:
    path, water = f"{BULLETINS}/{listed(week)[0]['id']}/remarks", str(week.departments["water"].id)
    body = {"words": "请说明", "due": "2026-03-12", "department": water}
    assert "department" in problem(week.leader.post(path, {"words": "请说明", "due": "2026-03-12"}), 422)["fields"]
    assert "department" in problem(week.leader.post(path, body | {"user": str(week.cast.li.id)}), 422)["fields"]
    assert "due" in problem(week.leader.post(path, body | {"due": "2026-03-08"}), 422)["fields"]
    assert "department" in problem(week.leader.post(path, body | {"department": str(week.cast.li.id)}), 422)["fields"]
    nobody = {"words": "请说明", "due": "2026-03-12", "user": water}
    assert "user" in problem(week.leader.post(path, nobody), 422)["fields"]
    problem(week.leader.post(path, body | {"section": "moon"}), 404)
    problem(week.water_head.post(path, body), 403)


def test_only_who_answers_for_the_work_reads_bulletins(week: Town) -> None:
    for somebody in (week.li, week.operator, week.water_handler):
        problem(somebody.get(BULLETINS), 403)
    problem(week.stranger.get(BULLETINS), 401)
    ok(week.water_head.get(BULLETINS))
