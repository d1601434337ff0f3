"""Who asked not to be known is known to the operator who took the call and to supervisors; and the caller's earlier reports."""
import uuid

import pytest
from sqlalchemy import select

from casework.cases.report import Report
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.identity.privacy import blind_index
from casework.notifications import dead_letters
from casework.sla.limits import Stage
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, citizen_report, ok, point, problem, ticket
from tests.conftest import SetClock
from tests.storage.test_hotline_exports import brings, changed

CALLER, LOOKS, TICKETS = "/api/v1/hotline/caller", "/api/v1/admin/looks", "/api/v1/hotline/tickets"
NAME, PHONE = "王小明", "13800138000"


@pytest.fixture
def colleague(town: Town) -> Caller:
    """Another operator."""
    with transaction() as db:
        user = create_user(db, "colleague", "Colleague", None)
        create_post(db, "operator", Role.OPERATOR, holder_id=user.id)
        actor: Actor = actor_of(db, user.id)
    return town._with_credential(actor)


def taken(town: Town, **facts: object) -> str:
    """A ticket that the operator took down; its tracking number."""
    number: str = ok(town.operator.post(TICKETS, ticket(caller_name=NAME, caller_phone=PHONE, **facts)))["results"][0]["number"]
    town.jobs()
    return number


def seen(town: Town, caller: Caller, number: str) -> Json:
    case = ok(caller.get(f"/api/v1/cases/{town.case_of(number)['number']}"))
    report: Json = next(one for one in case["reports"] if one["number"] == number)
    return report


def test_only_who_took_the_call_and_supervisors_see_who_it_was(town: Town, colleague: Caller) -> None:
    number = taken(town, confidential=True)
    others = [colleague, town.office_handler, town.dispatcher, town.triage]
    for somebody in others:
        shown = seen(town, somebody, number)
        assert (shown["confidential"], shown["name"], shown["phone"]) == (True, None, None)
        for field in ("name", "phone"):
            problem(somebody.post(f"/api/v1/reports/{number}/reveal", {"field": field, "reason": "想知道"}), 403)
    for somebody in (town.operator, town.supervisor):
        assert seen(town, somebody, number)["phone"] == "138****8000"
        body = {"field": "phone", "reason": "回访"}
        assert ok(somebody.post(f"/api/v1/reports/{number}/reveal", body)) == {"value": PHONE}
    looks = ok(town.supervisor.get(LOOKS))["items"]
    assert [one["refused"] for one in looks] == [False] * 2 + [True] * 2 * len(others)
    assert {one["reason"] for one in looks if one["refused"]} == {"想知道"}


def test_others_are_seen_as_before(town: Town, colleague: Caller) -> None:
    number = taken(town)
    assert (seen(town, colleague, number)["confidential"], seen(town, colleague, number)["name"]) == (False, "王**")
    assert ok(colleague.post(f"/api/v1/reports/{number}/reveal", {"field": "name", "reason": "回访"})) == {"value": NAME}


def test_what_a_platform_pushed_in_confidence_is_for_supervisors(town: Town) -> None:
    number = ok(town.platform().post(TICKETS, ticket(confidential=True)))["results"][0]["number"]
    town.jobs()
    assert seen(town, town.operator, number)["phone"] is None
    problem(town.operator.post(f"/api/v1/reports/{number}/reveal", {"field": "phone", "reason": "回访"}), 403)
    assert ok(town.supervisor.post(f"/api/v1/reports/{number}/reveal", {"field": "phone", "reason": "回访"}))["value"] == PHONE


def test_a_resend_from_before_there_was_confidence_is_still_the_same_ticket(town: Town, colleague: Caller) -> None:
    one = ticket(number="T-1")
    first = ok(town.operator.post(TICKETS, one))["results"]
    assert ok(colleague.post(TICKETS, one | {"confidential": False}))["results"] == first, "whoever sends it"
    assert ok(town.operator.post(TICKETS, one | {"confidential": True}))["results"][0]["status"] == 200


def test_no_department_is_to_ring_whoever_asked_not_to_be_known(town: Town) -> None:
    def stages(number: str) -> set[str]:
        return {one["stage"] for one in town.case_of(number)["clocks"]}
    assert Stage.CONTACT not in stages(taken(town, confidential=True))


def test_who_asks_for_confidence_later_is_not_rung_any_more(town: Town) -> None:
    with transaction() as db:
        for_actor = actor_of(db, town.cast.operator.id)  # type: ignore[arg-type]  # a user has an id
    brings(for_actor, changed())
    town.jobs()
    with reading() as db:
        number = db.scalars(select(Report.number)).one()
    assert Stage.CONTACT in {one["stage"] for one in town.case_of(number)["clocks"]}
    brings(for_actor, changed(是否保密="保密"))
    case = town.case_of(number)
    assert Stage.CONTACT not in {one["stage"] for one in case["clocks"]}
    assert seen(town, town.dispatcher, number)["phone"] is None


def test_administrators_of_messages_do_not_see_the_phone(town: Town) -> None:
    taken(town, confidential=True)
    with reading() as db:
        items, _ = dead_letters.page(db, dead_letters.State.WAITING)
        report = db.scalars(select(Report)).one()
    assert dead_letters._masked(report, None) is None
    assert [one["to"] for one in items] == [None] * len(items)


def test_an_operator_sees_what_the_caller_reported_before_and_what_is_open_near_by(
        town: Town, colleague: Caller, time: SetClock) -> None:
    first = taken(town, place=point(0))
    time.passes(minutes=1)
    second = taken(town, number="T-2", detail="隔壁工地夜里施工太吵", place=point(3), confidential=True)
    ok(town.operator.post(TICKETS, ticket(detail="路灯不亮", place=point(0, 40), caller_phone="13900139000", category="10105")))
    town.jobs()
    here = point(0)
    answer = ok(town.operator.post(CALLER, {"phone": "+86 138-0013-8000", "metres": 100} | here))
    assert [one["number"] for one in answer["reports"]] == [second, first]
    assert [one["metres"] for one in answer["near"]] == sorted(one["metres"] for one in answer["near"])
    assert town.case_of(first)["number"] == answer["near"][0]["number"]
    assert town.case_of(second)["number"] not in {one["number"] for one in answer["near"]}
    assert PHONE not in str(answer)
    theirs = ok(colleague.post(CALLER, {"phone": PHONE}))["reports"]
    assert [one["number"] for one in theirs] == [first], "not what was in confidence"
    assert ok(town.operator.post(CALLER, {"phone": "13700137000"})) == {"reports": [], "near": []}
    looks = ok(town.supervisor.get(LOOKS))["items"]
    assert {(one["subject_kind"], one["field"]) for one in looks} == {("caller", "reports")}
    assert str(uuid.UUID(hex=blind_index("phone", PHONE))) in {one["subject_id"] for one in looks}
    assert PHONE not in str(looks)


def test_who_may_not_ask_who_calls(town: Town) -> None:
    problem(town.stranger.post(CALLER, {"phone": PHONE}), 401)
    for somebody in (town.li, town.office_handler, town.administrator, town.dispatcher):
        problem(somebody.post(CALLER, {"phone": PHONE}), 403)
    assert "phone" in problem(town.operator.post(CALLER, {"phone": "没有"}), 422)["fields"]
    assert "phone" in problem(town.operator.post(CALLER, {}), 422)["fields"]
    assert "lat" in problem(town.operator.post(CALLER, {"phone": PHONE, "lon": 114}), 422)["fields"]


HOLE = "鑫源棋牌室门口的井盖被老板撬走了，怕报复"


def alike(caller: Caller, text: str = HOLE) -> list[Json]:
    answer: list[Json] = ok(caller.post("/api/v1/citizen/similar", {"text": text, "place": point(0, 4)}))["items"]
    return answer


@pytest.mark.parametrize(("facts", "told"), [
    ({"category": "10101"}, True), ({"category": "10101", "confidential": True}, False), ({"category": "301"}, False)])
def test_of_a_person_s_affair_no_stranger_hears_that_there_is_such_a_case(
        town: Town, facts: dict[str, object], told: bool) -> None:
    taken(town, detail=HOLE, place=point(0), **facts)
    assert bool(alike(town.stranger)) is told
    assert told or not alike(town.stranger, "举报鑫源棋牌室老板")


def test_whoever_reports_the_same_reads_nothing_of_what_was_told_in_confidence_until_a_person_says_so(town: Town) -> None:
    first = taken(town, detail=HOLE, place=point(0), category="10101")
    (offered,) = alike(town.stranger)
    with transaction() as db:  # the caller asks for confidence within the hour in which the offer holds
        db.scalars(select(Report)).one().confidential = True
    said = {"place": point(0, 4), "text": HOLE, "category": "10101"}
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(same_as=offered["same_as"], **said)), 201)
    town.jobs()
    theirs, own = town.case_of(first), town.case_of(receipt["number"])
    assert (own["number"] != theirs["number"], own["report_count"], theirs["report_count"]) == (True, 1, 1)
    beside = ok(town.triage.get(f"/api/v1/cases/{own['number']}/similar"))["items"]
    assert [one["number"] for one in beside] == [theirs["number"]], "a person decides"


def test_the_same_caller_joins_his_own_case(town: Town) -> None:
    said = {"detail": HOLE, "place": point(0), "category": "10101", "confidential": True}
    first, again = taken(town, **said), taken(town, number="T-2", **said)
    assert town.case_of(first)["number"] == town.case_of(again)["number"]
