"""The desks: lists that skip nothing, cases that only those concerned see, and every action by the right person only."""
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from casework.cases.case import Case
from casework.cases.workflow import STEPS
from casework.identity.privacy import Access
from casework.sla import timers
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, citizen_report, ok, pda_report, point, problem, ticket
from tests.conftest import SetClock

CASES = "/api/v1/cases"


def reported(town: Town, worker: Caller | None = None, **facts: object) -> Json:
    """A case of a grid worker's report, after triage and dispatch."""
    receipt = ok((worker or town.li).post("/api/v1/pda/reports", pda_report(**facts)), 201)
    town.jobs()
    return town.case_of(receipt["number"])


def numbers(rows: list[Json]) -> set[str]:
    return {one["number"] for one in rows}


# --- lists

def several(town: Town) -> dict[str, str]:
    """Cases by what they are: a manhole and a lamp in two grids, rubbish nobody answers for, and a request."""
    cases = {"manhole": reported(town), "lamp": reported(town, town.wang, place=point(1), category="10105"),
             "rubbish": reported(town, town.zhao, place=point(2), category="20101")}
    (result,) = ok(town.operator.post("/api/v1/hotline/tickets", ticket(place=point(3))))["results"]
    town.jobs()
    return {what: case["number"] for what, case in cases.items()} | {"request": town.case_of(result["number"])["number"]}


def test_everybody_sees_their_own_department_or_area_and_city_wide_posts_all(town: Town) -> None:
    cases = several(town)
    expected = {
        "supervisor": {"manhole", "lamp", "rubbish", "request"}, "water_handler": {"manhole"}, "water_head": {"manhole"},
        "roads_handler": {"lamp"}, "office_handler": {"request"}, "li": {"manhole"}, "wang": {"lamp"}, "zhao": {"rubbish"}}
    for name, what in expected.items():
        somebody = getattr(town, name)
        assert numbers(town.listed(somebody)) == {cases[one] for one in what}, name
        for one, number in cases.items():
            answer = somebody.get(f"{CASES}/{number}")
            assert answer.status_code == (200 if one in what else 404), (name, one)


def test_lists_are_narrowed_by_queue_department_area_status_category_and_time(town: Town, time: SetClock) -> None:
    cases = several(town)
    manhole, lamp, rubbish, request = (cases[one] for one in ("manhole", "lamp", "rubbish", "request"))
    roads = str(town.departments["roads"].id)
    dues = {row["number"]: row["due_at"] for row in town.listed(town.supervisor)}
    for query, found in (
            ({"queue": "dispatch"}, {rubbish}), ({"queue": "sign"}, {manhole, lamp, request}),
            ({"status": "filed"}, {rubbish}), ({"department": roads}, {lamp}), ({"category": "10101"}, {manhole}),
            ({"area": "440301001001"}, {manhole, lamp}), ({"area": "44030100100102"}, {lamp}),
            ({"overdue": "false"}, set(cases.values())),
            ({"overdue": "true"}, set()), ({"due_before": dues[request]}, {one for one in dues if dues[one] < dues[request]}),
            ({"status": "closed"}, set()), ({"area": "99"}, set()), ({"queue": "sign", "department": roads}, {lamp})):
        assert numbers(town.listed(town.supervisor, **query)) == found, query
    order = [row["due_at"] for row in town.listed(town.supervisor)]
    assert order == sorted(order)


def test_a_list_takes_only_what_it_knows(town: Town) -> None:
    for query in ({"queue": "lunch"}, {"status": "done"}, {"department": "x"}, {"limit": "0"}, {"limit": "101"},
                  {"cursor": "abc"}, {"due_before": "2026-01-01"}, {"mine": "me"}, {"area": ""}, {"sort": "due"},
                  {"area": "44\0"}):
        assert set(problem(town.supervisor.get(CASES, **query), 422)["fields"]) == set(query), query


def test_what_waits_beside_the_desks_is_found_by_who_decides_it(town: Town, time: SetClock) -> None:
    manhole, lamp = reported(town)["number"], reported(town, town.wang, place=point(1), category="10105")["number"]

    def waiting(queue: str, **whose: Caller) -> dict[str, set[str]]:
        return {name: numbers(town.listed(caller, queue=queue)) for name, caller in whose.items()}
    desks = {"head": town.water_head, "dispatcher": town.dispatcher}
    town.act(town.water_handler, manhole, "sign")
    town.act(town.roads_handler, lamp, "sign")
    town.act(town.water_handler, manhole, "extend", reason="缺料")
    assert waiting("applications", **desks) == {"head": {manhole}, "dispatcher": set()}
    town.act(town.water_head, manhole, "endorse")
    town.act(town.roads_handler, lamp, "defer", reason="等设计", until="2026-06-01T00:00:00Z")
    assert waiting("applications", **desks) == {"head": set(), "dispatcher": {manhole, lamp}}
    town.act(town.dispatcher, manhole, "allow")
    town.act(town.dispatcher, lamp, "suspend")
    town.act(town.supervisor, manhole, "supervise", reason="人大代表来信")
    assert waiting("supervised", **desks) == {"head": {manhole}, "dispatcher": {manhole}}
    assert waiting("applications", **desks) == {"head": set(), "dispatcher": set()}
    assert waiting("appeals", adjudicator=town.adjudicator) == waiting("flagged", adjudicator=town.adjudicator) == {
        "adjudicator": set()}


def test_a_case_says_what_is_open_about_it(town: Town) -> None:
    number = reported(town)["number"]
    fresh = town.act(town.water_handler, number, "sign")
    assert (fresh["applied_for"], fresh["suspended_until"], fresh["question_until"], fresh["flags"]) == (None, None, None, [])
    assert (fresh["feedback_owed"], fresh["dissatisfied"], fresh["sampled"], fresh["urges"]) == (False, 0, None, 0)
    assert fresh["return_until"] is not None
    assert all(uuid.UUID(one["id"]) for one in fresh["clocks"])
    urged = town.act(town.operator, number, "urge", reason="急")
    assert (urged["questions"], urged["urges"]) == (0, 1)
    applied = town.act(town.water_handler, number, "defer", reason="等料", until="2026-06-01T00:00:00Z")
    assert (applied["applied_for"], applied["applied_until"], applied["endorsed"]) == ("suspend", "2026-06-01T00:00:00Z", False)
    assert town.act(town.dispatcher, number, "suspend")["suspended_until"] == "2026-06-01T00:00:00Z"


def test_no_case_is_shown_twice_or_left_out_while_cases_come_and_go(town: Town, time: SetClock) -> None:
    for place in range(24):
        ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(0, 60 * (place % 6) - 150, 60 * (place // 6) - 90))), 201)
        time.passes(seconds=30 if place % 3 else 0)  # some are due at the same moment
    town.jobs()
    before = town.listed(town.supervisor)
    assert len(before) == len(numbers(before)) == 24
    seen, cursor, untouched = [], None, numbers(before)
    while True:
        page = ok(town.supervisor.get(CASES, limit=5, **({"cursor": cursor} if cursor else {})))
        seen += [row["number"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        for gone in (page["items"][0]["number"], before[-len(seen) // 5]["number"]):
            untouched.discard(gone)
            town.dispatcher.post(f"{CASES}/{gone}/propose_void", {"reason": "误报"})
            town.other_dispatcher.post(f"{CASES}/{gone}/void", {"reason": "同意"})
        reported(town, town.zhao, place=point(2, len(seen) * 20), category="20101")
    assert len(seen) == len(set(seen))
    assert untouched <= set(seen)


# --- actions

def test_a_case_offers_each_person_their_actions_and_takes_no_others(town: Town) -> None:
    """What stands in `actions` is what the endpoint lets through; the law tests do the same for the whole table."""
    number = reported(town)["number"]
    for name in ("li", "triage", "dispatcher", "water_handler", "water_head", "supervisor"):
        somebody = getattr(town, name)
        offered = {one["action"]: one["needs"] for one in ok(somebody.get(f"{CASES}/{number}"))["actions"]}
        assert offered or name == "li"
        for action in set(STEPS) - {"report"}:
            if action not in offered:
                assert somebody.post(f"{CASES}/{number}/{action}", {}).status_code in {403, 409}, (name, action)
            elif offered[action]:  # sent without what it needs, it is refused for that and changes nothing
                document = problem(somebody.post(f"{CASES}/{number}/{action}", {}), 422)
                assert set(document["fields"]) == {*offered[action]}, (name, action)
    problem(town.roads_head.post(f"{CASES}/{number}/sign", {}), 404)
    assert len(ok(town.supervisor.get(f"{CASES}/{number}"))["history"]) == 3
    assert town.act(town.water_head, number, "sign")["status"] == "handling"


def test_a_returned_case_is_ruled_on_and_goes_to_the_next_department(town: Town) -> None:
    number, roads = reported(town)["number"], str(town.departments["roads"].id)
    assert set(problem(town.water_head.post(f"{CASES}/{number}/hand_back", {}), 422)["fields"]) == {"ground"}
    problem(town.water_handler.post(f"{CASES}/{number}/hand_back", {"ground": "三定方案"}), 403)
    returned = town.act(town.water_head, number, "hand_back", ground="三定方案第4条", proposed=roads)
    assert (returned["status"], returned["turn"], returned["returns"]) == ("returned", "adjudicator", 1)
    ruled = town.act(town.adjudicator, number, "uphold", reason="属实", lead=roads)
    assert (ruled["status"], ruled["department"]) == ("dispatched", "道路养护中心")
    problem(town.water_head.get(f"{CASES}/{number}"), 404)
    town.act(town.roads_head, number, "hand_back", ground="不属本中心")
    kept = town.act(town.adjudicator, number, "overrule", reason="权责清单第3条")
    assert (kept["status"], kept["department"]) == ("dispatched", "道路养护中心")
    problem(town.roads_head.post(f"{CASES}/{number}/hand_back", {"ground": "再退"}), 409)


def test_rework_comes_back_to_the_same_department(town: Town) -> None:
    number = reported(town)["number"]
    town.act(town.water_handler, number, "sign")
    problem(town.water_handler.post(f"{CASES}/{number}/resolve", {"reply": "好了"}), 422)
    town.act(town.water_handler, number, "resolve", reply="好了", photos=[town.photo(town.water_handler)])
    problem(town.water_handler.post(f"{CASES}/{number}/pass", {"position": point(0), "finding": "好", "photos": []}), 403)
    far = {"position": point(3), "finding": "好", "photos": [town.photo(town.li, "blue")]}
    assert set(problem(town.li.post(f"{CASES}/{number}/pass", far), 422)["fields"]) == {"position"}
    shown = [town.photo(town.li, "pink")]
    failed = town.act(town.li, number, "fail", position=point(0, 10), finding="还是没有盖", photos=shown)
    assert (failed["status"], failed["reworks"], failed["department"]) == ("handling", 1, "水务局")
    again = town.act(town.water_handler, number, "resolve", reply="真的好了", photos=[town.photo(town.water_handler, "teal")])
    assert again["status"] == "resolved"
    passed = town.act(town.li, number, "pass", position=point(0), finding="好", photos=[town.photo(town.li, "navy")])
    assert passed["status"] == "closed"


def test_a_photo_proves_one_thing_once_and_only_for_who_took_it(town: Town) -> None:
    number = reported(town)["number"]
    town.act(town.water_handler, number, "sign")
    photo, foreign = town.photo(town.water_handler), town.photo(town.roads_handler, "red")
    for photos in ([foreign], [photo, str(uuid.uuid4())]):
        document = problem(town.water_handler.post(f"{CASES}/{number}/resolve", {"reply": "好", "photos": photos}), 422)
        assert set(document["fields"]) == {f"photos.{len(photos) - 1}"}
    assert ok(town.water_handler.get(f"{CASES}/{number}"))["status"] == "handling"
    town.act(town.water_handler, number, "resolve", reply="好", photos=[photo])
    town.act(town.li, number, "fail", position=point(0), finding="没好", photos=[town.photo(town.li, "pink")])
    problem(town.water_handler.post(f"{CASES}/{number}/resolve", {"reply": "好", "photos": [photo]}), 422)


def test_merged_cases_carry_their_reports_and_come_apart_again(town: Town) -> None:
    one, other = reported(town), reported(town, place=point(0, 150))
    into = one["number"]
    for none in ("AJ260302-00000-00000", "案件"):
        document = problem(town.triage.post(f"{CASES}/{other['number']}/merge", {"into": none, "reason": "同一处"}), 422)
        assert set(document["fields"]) == {"into"}
    problem(town.triage.post(f"{CASES}/{into}/merge", {"into": into, "reason": "同一处"}), 409)
    merged = town.act(town.triage, other["number"], "merge", into=into.lower(), reason="同一处")
    assert (merged["status"], merged["reports"]) == ("merged", [])
    whole = ok(town.triage.get(f"{CASES}/{into}"))
    assert (whole["report_count"], len(whole["reports"])) == (2, 2)
    back = town.act(town.triage, other["number"], "unmerge", reason="不是一处")
    assert (back["status"], len(back["reports"])) == ("dispatched", 1)
    assert ok(town.triage.get(f"{CASES}/{into}"))["report_count"] == 1


def test_signed_by_six_at_once_it_is_signed_once(town: Town) -> None:
    number, handler = reported(town)["number"], town.water_handler
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: handler.post(f"{CASES}/{number}/sign", {}), range(6)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 5
    history = ok(handler.get(f"{CASES}/{number}"))["history"]
    assert [line["number"] for line in history] == [1, 2, 3, 4]


def test_who_only_looks_waits_for_nobody_who_works(town: Town) -> None:
    number, supervisor = reported(town)["number"], town.supervisor
    with transaction() as db:
        timers.running(db, db.scalars(select(Case.id)).one())  # somebody is in the middle of an action
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(supervisor.get, f"{CASES}/{number}").result(timeout=120).status_code == 200


def test_no_such_case_no_such_action_and_nothing_to_read(town: Town) -> None:
    number = reported(town)["number"]
    for none in ("AJ260302-00000-00000", "%00", "%F0%9F%92%A9", "x", "A" * 300):
        path = f"{CASES}/{none}"
        problem(town.supervisor.get(path), 404)
        problem(town.supervisor.post(f"{path}/urge", {}), 404)
    for action in ("report", "delete", "%00", "__init__"):
        problem(town.supervisor.post(f"{CASES}/{number}/{action}", {}), 404)
    problem(town.stranger.get(f"{CASES}/{number}"), 401)
    problem(town.stranger.post(f"{CASES}/{number}/sign", {}), 401)
    problem(town.platform().post(f"{CASES}/{number}/sign", {}), 404)
    assert ok(town.supervisor.get(f"{CASES}/{number.lower()}"))["number"] == number


WRONG: dict[str, object] = {
    "reason": 5, "category": ["10101"], "standard": "x", "priority": "highest", "place": {"lon": 1}, "address": "",
    "into": "A" * 33, "lead": "水务局", "assistants": [str(uuid.uuid4())] * 21, "ground": "长" * 2001, "proposed": 1,
    "photos": [str(uuid.uuid4())] * 10, "position": [114, 22], "finding": "a\0b", "reply": None, "question": {},
    "until": "明天", "inspector": "li", "status": "closed", "rule": "因为"}


def test_what_comes_with_an_action_is_checked_field_by_field(town: Town) -> None:
    number = reported(town)["number"]
    for field, value in WRONG.items():
        document = problem(town.dispatcher.post(f"{CASES}/{number}/propose_void", {"reason": "误报"} | {field: value}), 422)
        assert {one.partition(".")[0] for one in document["fields"]} == {field}
    assert ok(town.dispatcher.get(f"{CASES}/{number}"))["history"][-1]["action"] == "dispatch"


def test_who_is_named_by_an_id_that_is_nobodys_is_refused(town: Town) -> None:
    nobody = str(uuid.uuid4())
    rubbish = reported(town, category="20101")["number"]
    for facts in ({"lead": nobody}, {"lead": str(town.departments["roads"].id), "assistants": [nobody]}):
        fields = problem(town.dispatcher.post(f"{CASES}/{rubbish}/dispatch", facts), 422)["fields"]
        assert set(fields) == {next(name for name, value in facts.items() if nobody in value)}
    unsure = reported(town, town.zhao, place=point(2), category="99999")["number"]
    for action, facts in (("file", {"category": "88888"}), ("file", {"category": "10101", "standard": nobody}),
                          ("verify", {"inspector": nobody}), ("verify", {"inspector": str(town.cast.water_head.id)})):
        assert set(problem(town.triage.post(f"{CASES}/{unsure}/{action}", facts), 422)["fields"]) == {[*facts][-1]}


# --- who reported

def test_reporters_are_masked_and_each_look_behind_the_mask_is_logged(town: Town) -> None:
    (result,) = ok(town.operator.post("/api/v1/hotline/tickets", ticket()))["results"]
    town.jobs()
    case = town.case_of(result["number"])
    assert (case["reports"][0]["name"], case["reports"][0]["phone"]) == ("王**", "138****8000")
    address = f"/api/v1/reports/{result['number']}/reveal"
    why = {"field": "phone", "reason": "回访"}
    problem(town.stranger.post(address, why), 401)
    problem(town.li.post(address, why), 403)
    problem(town.water_handler.post(address, why), 404)
    for body in ({"field": "phone"}, {"field": "address", "reason": "x"}, {"field": "name", "reason": " "}):
        problem(town.operator.post(address, body), 422)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Access)) == 0
    assert ok(town.office_handler.post(address, why)) == {"value": "13800138000"}
    assert ok(town.operator.post(address, {"field": "name", "reason": "核对"})) == {"value": "王小明"}
    looks = ok(town.administrator.get("/api/v1/admin/looks"))["items"]
    assert [(one["actor_name"], one["field"], one["reason"]) for one in looks] == [
        ("Operator", "name", "核对"), ("Office_Handler", "phone", "回访")]
    problem(town.operator.get("/api/v1/admin/looks"), 403)


def test_nothing_is_behind_the_mask_of_who_said_nothing(town: Town) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    town.jobs()
    answer = town.operator.post(f"/api/v1/reports/{receipt['number']}/reveal", {"field": "name", "reason": "回访"})
    assert ok(answer) == {"value": None}


def test_a_case_costs_the_same_number_of_rows_however_many_there_are(town: Town) -> None:
    """A page never counts: the answer has no total, and 100 rows is the most it gives."""
    several(town)
    page = ok(town.supervisor.get(CASES, limit=2))
    assert set(page) == {"items", "next"}
    assert len(page["items"]) == 2
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Case)) == 4
