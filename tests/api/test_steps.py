"""Two people at one case, and one person at many: nobody undoes unseen what another did, and no case holds up the others."""
import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from api import steps
from casework import settings
from casework.cases.case import Case
from casework.storage.database import reading
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, ok, pda_report, point, problem
from tests.conftest import SetClock

CASES = "/api/v1/cases"
STEPS = f"{CASES}/steps"


def if_match(caller: Caller, tag: str) -> Caller:
    return replace(caller, headers=caller.headers | {"If-Match": tag})


def if_none_match(caller: Caller, tag: str) -> Caller:
    return replace(caller, headers=caller.headers | {"If-None-Match": tag})


def tag_of(caller: Caller, number: str) -> str:
    return str(caller.get(f"{CASES}/{number}").headers["ETag"])


def reported(town: Town, **facts: Any) -> str:
    """A manhole that the rules have dispatched to the water office, unless told otherwise; the case's number."""
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(**facts)), 201)
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def rubbish(town: Town, count: int) -> list[str]:
    """Cases on the dispatcher's desk: no rule says who answers for rubbish."""
    return [reported(town, category="20101", place=point(0, 150 * one - 400)) for one in range(count)]


def lines(number: str) -> list[str]:
    with reading() as db:
        return [line.action for line in db.scalars(select(Case).where(Case.number == number)).one().history]


# --- one case as it was seen

def test_a_case_that_is_still_so_is_not_sent_again(town: Town) -> None:
    number = reported(town)
    path, tag = f"{CASES}/{number}", tag_of(town.supervisor, number)
    again = if_none_match(town.supervisor, tag).get(path)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert not {"Content-Type", "Content-Length"} & set(again.headers.keys())
    assert if_none_match(town.supervisor, f'"9-abc", W/{tag}').get(path).status_code == 304
    assert if_none_match(town.water_head, tag).get(path).status_code == 200  # who may do other things sees another case
    town.act(town.water_head, number, "sign")
    changed = if_none_match(town.supervisor, tag).get(path)
    assert changed.headers["ETag"] != tag
    assert ok(changed)["status"] == "handling"
    problem(if_none_match(town.roads_head, "*").get(path), 404)


def test_links_to_photos_are_sent_anew_while_the_old_ones_still_work(town: Town, time: SetClock) -> None:
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(), files={"photos": jpeg()}), 201)
    town.prepare_photos()
    town.jobs()
    number = town.case_of(receipt["number"])["number"]
    first = town.supervisor.get(f"{CASES}/{number}")
    photo, tag = ok(first)["photos"][0]["small"], first.headers["ETag"]
    answers = []
    for _ in range(4):
        time.passes(minutes=settings.current().link_minutes / 5)
        answers.append(if_none_match(town.supervisor, tag).get(f"{CASES}/{number}").status_code)
    assert answers in ([304, 200, 200, 200], [304, 304, 200, 200])  # never so long that a link kept no longer opens
    assert ok(town.supervisor.get(f"{CASES}/{number}"))["photos"][0]["small"] != photo


def test_a_step_on_what_was_seen_is_taken_and_answers_with_the_next_tag(town: Town) -> None:
    number = reported(town)
    tag = tag_of(town.water_handler, number)
    for action, facts in (("sign", {}), ("contact", {"finding": "已联系"}), ("extend", {"reason": "缺料"})):
        answer = if_match(town.water_handler, tag).post(f"{CASES}/{number}/{action}", facts)
        assert ok(answer)["version"] == int(answer.headers["ETag"].strip('"').partition("-")[0])
        tag = answer.headers["ETag"]
    version = ok(town.water_head.get(f"{CASES}/{number}"))["version"]
    ok(if_match(town.water_head, f'"{version}"').post(f"{CASES}/{number}/endorse", {}))
    ok(if_match(town.dispatcher, f'"1", "{version + 1}-abc"').post(f"{CASES}/{number}/deny", {"reason": "不批"}))
    ok(if_match(town.water_head, "*").post(f"{CASES}/{number}/extend", {"reason": "还是缺料"}))


@pytest.mark.parametrize("tag", ['"2"', '"1-abc"', '"sign"', '"99"', 'W/"{now}"', '"{now}x"', "nonsense", '"{now}", "'])
def test_whoever_saw_another_version_changes_nothing(town: Town, tag: str) -> None:
    number = reported(town)
    sent = tag.replace("{now}", str(len(lines(number))))
    if sent.endswith(', "'):  # one readable tag among garbage is still a tag
        ok(if_match(town.water_head, sent).post(f"{CASES}/{number}/sign", {}))
        return
    document = problem(if_match(town.water_head, sent).post(f"{CASES}/{number}/sign", {}), 409)
    assert (document["version"], document["changed"][-1]["action"]) == (3, "dispatch")
    assert lines(number) == ["report", "file", "dispatch"]


def test_he_is_told_what_has_changed_and_nothing_about_people(town: Town) -> None:
    number = reported(town)
    tag = tag_of(town.dispatcher, number)
    town.act(town.water_handler, number, "sign")
    town.act(town.operator, number, "urge", reason="张三 13812345678 又来电")
    answer = if_match(town.dispatcher, tag).post(f"{CASES}/{number}/correct", {"reason": "更正", "priority": "urgent"})
    document = problem(answer, 409)
    assert document["version"] == 5
    assert [(one["number"], one["action"], one["role"], one["target"]) for one in document["changed"]] == [
        (4, "sign", "handler", "handling"), (5, "urge", "operator", "handling")]
    assert {name for one in document["changed"] for name in one} == {"number", "action", "role", "target", "actor_kind", "at"}
    assert "13812345678" not in str(document)


def test_who_does_not_say_what_he_saw_is_told_the_last_that_was_done(town: Town) -> None:
    number = reported(town)
    town.act(town.water_handler, number, "sign")
    document = problem(town.water_head.post(f"{CASES}/{number}/sign", {}), 409)
    assert [(one["action"], one["role"]) for one in document["changed"]] == [("sign", "handler")]
    assert (document["status"], document["version"]) == (409, 4)


def test_no_permission_and_no_knowledge_come_before_a_stale_tag_and_missing_facts_after_it(town: Town) -> None:
    number = reported(town)
    problem(if_match(town.li, '"1"').post(f"{CASES}/{number}/sign", {}), 403)
    problem(if_match(town.roads_head, '"1"').post(f"{CASES}/{number}/sign", {}), 404)
    problem(if_match(town.water_head, '"1"').post(f"{CASES}/{number}/hand_back", {}), 409)
    problem(if_match(town.water_head, '"3"').post(f"{CASES}/{number}/hand_back", {}), 422)


@pytest.mark.parametrize("say", [True, False])
def test_of_two_dispatchers_at_once_exactly_one_wins(town: Town, say: bool) -> None:
    roads, water = (str(town.departments[one].id) for one in ("roads", "water"))
    for number in rubbish(town, 4):
        tag = tag_of(town.dispatcher, number)
        two = [(if_match(one, tag) if say else one, {"lead": lead})
               for one, lead in ((town.dispatcher, roads), (town.other_dispatcher, water))]
        answers = at_once(f"{CASES}/{number}/dispatch", two)
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        document = problem(lost, 409)
        assert ok(won)["status"] == "dispatched"
        assert document["version"] == ok(won)["version"]
        assert [(one["action"], one["role"]) for one in document["changed"]] == [("dispatch", "dispatcher")]
        assert lines(number).count("dispatch") == 1


def test_a_step_that_could_be_taken_twice_is_taken_once_by_those_who_say_what_they_saw(town: Town) -> None:
    number = reported(town)
    for where in "甲乙丙丁":
        tag, before = tag_of(town.dispatcher, number), len(lines(number))
        callers = [if_match(one, tag) for one in (town.dispatcher, town.other_dispatcher, town.triage, town.operator)]
        answers = at_once(f"{CASES}/{number}/correct", [(one, {"reason": "更正", "address": where}) for one in callers])
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert lines(number)[before:] == ["correct"]
        for answer in answers:
            if answer.status_code == 409:
                assert [one["action"] for one in problem(answer, 409)["changed"]] == ["correct"]


def at_once(path: str, sent: list[tuple[Caller, Json]]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(sent)) as pool:
        return [one.result() for one in [pool.submit(caller.post, path, body) for caller, body in sent]]


# --- one action on many cases

def results(answer: TestResponse) -> list[Json]:
    made: list[Json] = ok(answer, 200)["results"]
    return made


def test_many_cases_are_dispatched_in_one_go(town: Town) -> None:
    numbers, roads = rubbish(town, 6), str(town.departments["roads"].id)
    rows = town.listed(town.dispatcher, queue="dispatch")
    items = [{"number": row["number"], "version": row["version"]} for row in rows]
    assert {row["number"]: row["version"] for row in rows} == {one: len(lines(one)) for one in numbers}
    done = results(town.dispatcher.post(STEPS, {"action": "dispatch", "facts": {"lead": roads}, "items": items}))
    assert [(one["number"], one["status"], one["case"], one["problem"]) for one in done] == [
        (item["number"], 200, {"status": "dispatched", "version": item["version"] + 1}, None) for item in items]
    assert {row["number"] for row in town.listed(town.roads_handler)} == set(numbers)
    again = results(town.dispatcher.post(STEPS, {"action": "dispatch", "facts": {"lead": roads}, "items": items}))
    assert {one["status"] for one in again} == {409}  # sent twice, done once
    assert all(lines(one).count("dispatch") == 1 for one in numbers)


def test_two_batches_at_once_share_the_cases_between_them(town: Town) -> None:
    numbers, roads = rubbish(town, 6), str(town.departments["roads"].id)
    items = [{"number": one, "version": len(lines(one))} for one in numbers]
    there, back = ({"action": "dispatch", "facts": {"lead": roads}, "items": order} for order in (items, items[::-1]))
    one, other = (results(answer) for answer in at_once(STEPS, [(town.dispatcher, there), (town.other_dispatcher, back)]))
    for number in numbers:
        assert sorted(done["status"] for done in [*one, *other] if done["number"] == number) == [200, 409]
    assert all(lines(number).count("dispatch") == 1 for number in numbers)


def test_each_case_is_judged_for_itself(town: Town) -> None:
    stale, unseen, good, other = rubbish(town, 4)
    roads, water = (str(town.departments[one].id) for one in ("roads", "water"))
    town.act(town.operator, stale, "urge", reason="急")
    items = [
        {"number": stale, "version": 2}, {"number": "AJ260302-00000-00000"}, {"number": "案件"},
        {"number": good.lower(), "facts": {"lead": water}}, {"number": unseen, "facts": {"lead": str(uuid.uuid4())}},
        {"number": unseen, "facts": {"lead": "x", "reason": "a\0b"}}, {"number": unseen, "lunch": 1}, "what", {"number": 5},
        {"number": other}, {"number": other}]
    done = results(town.dispatcher.post(STEPS, {"action": "dispatch", "facts": {"lead": roads}, "items": items}))
    assert [one["status"] for one in done] == [409, 404, 404, 200, 422, 422, 422, 422, 422, 200, 409]
    assert [one["number"] for one in done] == [
        stale, "AJ260302-00000-00000", "案件", good.lower(), unseen, unseen, unseen, None, None, other, other]
    assert [one["action"] for one in done[0]["problem"]["changed"]] == ["urge"]
    faults = [{fault["field"] for fault in (one["problem"] or {}).get("errors", [])} for one in done]
    assert faults[4:9] == [{"lead"}, {"facts.lead", "facts.reason"}, {"lunch"}, {""}, {"number"}]
    assert all((one["case"] is None) is (one["status"] != 200) is (one["problem"] is not None) for one in done)
    assert ok(town.supervisor.get(f"{CASES}/{good}"))["department"] == "水务局"
    assert ok(town.supervisor.get(f"{CASES}/{other}"))["department"] == "道路养护中心"
    assert ok(town.supervisor.get(f"{CASES}/{unseen}"))["status"] == "filed"


def test_nobody_may_more_in_one_go_than_one_by_one(town: Town) -> None:
    number, other = reported(town), rubbish(town, 1)[0]
    for name, action in itertools.product(("li", "triage", "dispatcher", "water_head", "roads_head", "leader"),
                                          ("sign", "void", "recall", "supervise")):
        caller = getattr(town, name)
        body: Json = {"action": action, "items": [{"number": number}, {"number": other}]}
        alone = [caller.post(f"{CASES}/{one}/{action}", {}).status_code for one in (number, other)]
        if 200 not in alone:
            assert [one["status"] for one in results(caller.post(STEPS, body))] == alone, (name, action)
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    problem(town.citizen(receipt).post(STEPS, {"action": "urge", "items": [{"number": number}]}), 403)
    problem(town.stranger.post(STEPS, {"action": "urge", "items": [{"number": number}]}), 401)


def test_an_error_of_ours_in_the_middle_undoes_that_case_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = rubbish(town, 3)
    urge = steps.VERBS["urge"]

    def breaks(db: Any, case: Case, actor: Any, facts: Any) -> None:
        urge(db, case, actor, facts)
        if case.number == numbers[1]:
            raise RuntimeError("二")
    monkeypatch.setitem(steps.VERBS, "urge", breaks)
    done = results(town.operator.post(STEPS, {"action": "urge", "facts": {"reason": "急"},
                                              "items": [{"number": one} for one in numbers]}))
    assert [one["status"] for one in done] == [200, 500, 200]
    assert "二" not in str(done)
    assert [lines(one).count("urge") for one in numbers] == [1, 0, 1]


def test_a_database_that_went_away_is_waited_for_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, tried = rubbish(town, 4), []
    urge = steps.VERBS["urge"]

    def loses(db: Any, case: Case, actor: Any, facts: Any) -> None:
        tried.append(case.number)
        if len(tried) == 2:
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        urge(db, case, actor, facts)
    monkeypatch.setitem(steps.VERBS, "urge", loses)
    body: Json = {"action": "urge", "facts": {"reason": "急"}, "items": [{"number": one} for one in numbers]}
    done = results(town.operator.post(STEPS, body))
    assert [(one["number"], one["status"]) for one in done] == list(zip(numbers, [200, 503, 503, 503], strict=True))
    assert tried == numbers[:2]
    again = results(town.operator.post(STEPS, body))
    assert [one["status"] for one in again] == [409, 200, 200, 200]


def test_a_batch_takes_only_what_it_knows(town: Town) -> None:
    number = reported(town)
    items = [{"number": number}]
    for body, field in (
            ({"action": "report", "items": items}, "action"), ({"action": "lunch", "items": items}, "action"),
            ({"items": items}, "action"), ({"action": "urge"}, "items"), ({"action": "urge", "items": []}, "items"),
            ({"action": "urge", "items": items * 101}, "items"), ({"action": "urge", "items": {}}, "items"),
            ({"action": "urge", "items": items, "facts": {"reason": "x" * 2001}}, "facts.reason"),
            ({"action": "urge", "items": items, "facts": {"reason": "a\0b"}}, "facts.reason"),
            ({"action": "urge", "items": items, "numbers": [number]}, "numbers")):
        assert set(problem(town.operator.post(STEPS, body), 422)["fields"]) == {field}, body
    assert lines(number) == ["report", "file", "dispatch"]
