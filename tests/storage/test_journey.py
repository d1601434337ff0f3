"""A report's way through the house: triaged, filed, dispatched, signed, handled, looked at, closed; and the ways back."""
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.cases import inspectors
from casework.cases.case import Case, Priority
from casework.cases.report import Channel, Outcome, Receipt, Report
from casework.cases.workflow import Facts, Status, allowed_actions, turn
from casework.errors import Conflict, Invalid, Refused
from casework.geography.coordinates import Point
from casework.identity import rosters
from casework.identity.people import Role, actor_of, create_post
from casework.identity.rosters import Shift
from casework.intake import pda
from casework.media import check_in, keep, of_reports
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, a_photo, at_grid, case_of
from tests.storage.city import VERBS, City


def test_a_report_ends_as_a_checked_and_closed_case(city: City, handled: Receipt) -> None:
    cast = city.cast
    case = city.does(cast.water_handler, "resolve", handled, reply="已更换", photos=city.photo_of(cast.water_handler))
    assert (case.status, case.inspector_id) == (Status.RESOLVED, cast.li.id)
    case = city.does(cast.li, "pass", handled, position=at_grid(0, 20), finding="已恢复", photos=city.photo_of(cast.li, "blue"))
    assert case.status is Status.CLOSED
    assert [line.action for line in case.history] == ["report", "file", "dispatch", "sign", "resolve", "pass"]
    assert not case.is_open
    with reading() as db:
        assert timers.running(db, case.id) == []


def test_triage_files_what_is_sure_and_says_why_it_leaves_the_rest(city: City) -> None:
    sure, nowhere, unknown, words = (
        city.receives(), city.receives(place=Point(113.0, 22.0)), city.receives(claimed_category="99999"),
        city.receives(channel=Channel.HOTLINE, claimed_category="301", place=None, address="南塘社区文化站旁"))
    city.triages(sure, nowhere, unknown, words)
    with reading() as db:
        outcomes = {one.id: (one.outcome, one.outcome_reason) for one in db.scalars(select(Report))}
    assert outcomes[sure.id][0] is Outcome.FILED
    assert outcomes[nowhere.id] == (Outcome.LEFT, "坐标不在本市网格内")
    assert outcomes[unknown.id] == (Outcome.LEFT, "上报的类别99999不在分类表中")
    assert outcomes[words.id][0] is Outcome.FILED
    assert city.case(words).area_code == "440301001001"
    assert city.case(nowhere).waiting_for == "坐标不在本市网格内"


def test_the_same_batch_twice_makes_one_case(city: City) -> None:
    receipt = city.receives()
    city.triages(receipt)
    city.triages(receipt)
    with reading() as db:
        assert len(db.scalars(select(Case)).all()) == 1


def test_neighbours_in_place_time_and_category_join_one_case(city: City, time: SetClock) -> None:
    first = city.receives()
    near = city.receives(place=at_grid(0, 30), claimed_category="10102")
    far = city.receives(place=at_grid(0, 200))
    lamp = city.receives(claimed_category="10105")
    city.triages(first, near, far, lamp)
    time.passes(hours=25)
    late = city.receives()
    city.triages(late)
    cases = [city.case(one).number for one in (first, near, far, lamp, late)]
    assert cases[0] == cases[1]
    assert len(set(cases)) == 4
    assert city.case(first).report_count == 2
    assert city.case(first).history[-1].action == "join"


@pytest.fixture
def _none_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No case that was put right on the spot is looked at afterwards: which ones are follows from their random ids."""
    monkeypatch.setattr(inspectors, "sample", lambda *_: None)


@pytest.mark.usefixtures("_none_drawn")
def test_handled_on_the_spot_is_closed_at_once_with_photos_and_position(city: City) -> None:
    once, shown = (city.receives(handled_on_the_spot=True, reporter_id=city.cast.li.id, place=at_grid(0, east))
                   for east in (0, 300))
    with transaction() as db:
        for receipt, colour in ((once, "red"), (shown, "red"), (shown, "green")):
            check_in(db, a_photo(colour), channel="pda", report_id=receipt.id)
    city.triages(once, shown)
    assert city.case(shown).status is Status.CLOSED
    assert city.case(once).status is Status.REPORTED
    assert "处置前、后照片" in (city.case(once).waiting_for or "")


def test_the_rule_names_the_department_and_rubbish_stays_with_the_dispatcher(city: City) -> None:
    manhole, rubbish = city.receives(), city.receives(claimed_category="20101", place=at_grid(3))
    city.triages(manhole, rubbish)
    city.dispatches()
    assert city.case(manhole).lead_department_id == city.departments["water"].id
    assert "供水井盖" in city.case(manhole).history[-1].facts["rule"]
    assert city.case(rubbish).status is Status.FILED
    assert "没有可用的权责规则" in (city.case(rubbish).waiting_for or "")
    case = city.does(city.cast.dispatcher, "dispatch", rubbish, lead=city.departments["roads"].id, reason="就近")
    assert (case.status, case.dispatched_by_rule) == (Status.DISPATCHED, False)


def test_an_urgent_standard_makes_the_case_urgent(city: City) -> None:
    manhole, lamp = city.receives(), city.receives(claimed_category="10105", place=at_grid(3))
    city.triages(manhole, lamp)
    assert (city.case(manhole).priority, city.case(lamp).priority) == (Priority.URGENT, Priority.NORMAL)


def test_an_upheld_return_goes_to_the_next_department_with_fresh_clocks(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(minutes=20)
    city.does(cast.water_head, "hand_back", handled, ground="三定方案：路灯井归养护中心")
    case = city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=city.departments["roads"].id)
    assert (case.status, case.lead_department_id) == (Status.DISPATCHED, city.departments["roads"].id)
    with reading() as db:
        running = {one.stage: one for one in timers.running(db, case.id)}
    assert running[Stage.HANDLE].started_at == time.moment
    assert running[Stage.HANDLE].department_id == city.departments["roads"].id


def test_an_overruled_return_is_final(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    city.does(cast.adjudicator, "overrule", handled, reason="权责清单第3条")
    city.does(cast.water_handler, "sign", handled)
    with pytest.raises(Conflict, match="final"):
        city.does(cast.water_head, "hand_back", handled, ground="再退")


def test_after_the_last_allowed_return_nobody_returns_again(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=city.departments["roads"].id)
    city.does(cast.roads_head, "hand_back", handled, ground="不属本中心")
    city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=city.departments["office"].id)
    with pytest.raises((Conflict, Refused)):
        city.does(cast.office_handler, "hand_back", handled, ground="又退")


def test_rework_goes_to_the_same_department_and_the_clock_goes_on(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(minutes=30)
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    time.passes(hours=3)
    case = city.does(cast.li, "fail", handled, position=at_grid(0), finding="还是没盖", photos=city.photo_of(cast.li, "blue"))
    assert (case.status, case.reworks, case.lead_department_id) == (Status.HANDLING, 1, city.departments["water"].id)
    with reading() as db:
        (handle,) = [one for one in timers.running(db, case.id) if one.stage is Stage.HANDLE]
        assert handle.due_at == time.moment + (handle.started_at - handle.started_at) + (case.due_at - time.moment)
        # two urgent hours, thirty minutes used before the check: an hour and a half is left from now
        assert (handle.due_at - time.moment).total_seconds() == pytest.approx(5400)


def test_who_handled_never_inspects(city: City, handled: Receipt) -> None:
    cast = city.cast
    case = city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    for somebody in (cast.water_handler, cast.wang, cast.dispatcher):
        with pytest.raises(Exception, match=r"may not|no case"):
            city.does(somebody, "pass", handled, position=at_grid(0), finding="行", photos=(new_id(),))
    assert case.inspector_id not in case.handled_by


def test_nothing_is_resolved_without_the_evidence_its_standard_asks(city: City, handled: Receipt) -> None:
    with pytest.raises(Invalid) as refused:
        city.does(city.cast.water_handler, "resolve", handled, reply="好了")
    assert [fault.field for fault in refused.value.faults] == ["photos"]


def test_an_inspector_far_away_has_not_looked(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    with pytest.raises(Invalid, match="too far"):
        city.does(cast.li, "pass", handled, position=at_grid(3), finding="行", photos=city.photo_of(cast.li, "blue"))


def test_a_request_is_checked_by_calling_back(city: City) -> None:
    cast = city.cast
    receipt = city.receives(channel=Channel.HOTLINE, claimed_category="301", text="何时通水")
    city.triages(receipt)
    city.dispatches()
    city.does(cast.office_handler, "sign", receipt)
    city.does(cast.office_handler, "resolve", receipt, reply="下月通水")
    city.does(cast.operator, "decline", receipt, finding="来电人不满意")
    city.does(cast.office_handler, "resolve", receipt, reply="已安排临时供水")
    assert city.does(cast.operator, "accept", receipt, finding="来电人认可").status is Status.CLOSED


def test_merging_moves_the_reports_and_unmerging_brings_them_back(city: City, time: SetClock) -> None:
    cast = city.cast
    one, other = city.receives(), city.receives(place=at_grid(0, 120))
    city.triages(one, other)
    first, second = city.case(one), city.case(other)
    city.does(cast.triage, "merge", other, into=first.number, reason="同一处")
    assert city.case(other).number == first.number
    assert city.case(one).report_count == 2
    time.passes(minutes=10)
    with transaction() as db:
        VERBS["unmerge"](db, db.get_one(Case, second.id), cast.triage, Facts(reason="不是一处"))
    back = city.case(other)
    assert (back.number, back.status, city.case(one).report_count) == (second.number, Status.FILED, 1)
    with reading() as db:
        (running,) = timers.running(db, back.id)
        assert running.stage is Stage.DISPATCH


def test_a_case_is_reopened_once_within_the_window(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast

    def close(colour: str) -> None:
        city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler, colour))
        city.does(cast.li, "pass", handled, position=at_grid(0), finding="行", photos=city.photo_of(cast.li, f"dark{colour}"))
    close("red")
    case = city.does(cast.supervisor, "reopen", handled, reason="又丢了")
    assert (case.status, case.lead_department_id, case.closed_at) == (Status.DISPATCHED, city.departments["water"].id, None)
    city.does(cast.water_handler, "sign", handled)
    close("blue")
    with pytest.raises(Conflict, match="once"):
        city.does(cast.supervisor, "reopen", handled, reason="还是不行")


def test_the_window_for_reopening_closes(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    city.does(cast.li, "pass", handled, position=at_grid(0), finding="行", photos=city.photo_of(cast.li, "blue"))
    time.passes(days=16)
    with pytest.raises(Conflict, match="15 days"):
        city.does(cast.supervisor, "reopen", handled, reason="晚了")


def test_nobody_voids_a_case_alone(city: City) -> None:
    cast = city.cast
    receipt = city.receives()
    city.triages(receipt)
    city.does(cast.dispatcher, "propose_void", receipt, reason="误报")
    with pytest.raises(Refused):
        city.does(cast.dispatcher, "void", receipt, reason="误报")
    assert city.does(cast.other_dispatcher, "void", receipt, reason="同意").status is Status.VOID


def test_a_grid_worker_verifies_before_filing_but_not_his_own_report(city: City) -> None:
    cast = city.cast
    receipt = city.receives(claimed_category="99999", reporter_id=cast.li.id)
    city.triages(receipt)
    case = city.does(cast.triage, "verify", receipt)
    assert case.inspector_id == cast.wang.id
    case = city.does(cast.wang, "confirm", receipt, position=at_grid(0), finding="井盖缺失", photos=city.photo_of(cast.wang))
    assert (case.status, case.inspector_id) == (Status.REPORTED, None)
    case = city.does(cast.triage, "file", receipt, category="10101")
    assert case.status is Status.FILED


@pytest.mark.usefixtures("_none_drawn")
def test_a_self_handled_case_that_is_reopened_lies_on_the_dispatchers_desk(city: City) -> None:
    receipt = city.receives(handled_on_the_spot=True, reporter_id=city.cast.li.id)
    with transaction() as db:
        for colour in ("red", "green"):
            check_in(db, a_photo(colour), channel="pda", report_id=receipt.id)
    city.triages(receipt)
    case = city.does(city.cast.supervisor, "reopen", receipt, reason="又坏了")
    assert (case.status, turn(case)) == (Status.FILED, Role.DISPATCHER)
    with reading() as db:
        assert [one.stage for one in timers.running(db, case.id)] == [Stage.DISPATCH]
    case = city.does(city.cast.dispatcher, "dispatch", receipt, lead=city.departments["water"].id)
    assert case.status is Status.DISPATCHED


def test_a_dispatcher_takes_back_what_nobody_signs(city: City) -> None:
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    case = city.does(city.cast.dispatcher, "recall", receipt, reason="该局无人值守")
    assert (case.status, case.lead_department_id) == (Status.FILED, None)
    with reading() as db:
        assert [one.stage for one in timers.running(db, case.id)] == [Stage.DISPATCH]


def test_merges_are_undone_in_the_order_they_were_made(city: City) -> None:
    cast = city.cast
    receipts = [city.receives(place=at_grid(0, 150 * number)) for number in range(3)]
    city.triages(*receipts)
    first, second, third = (city.case(one) for one in receipts)
    city.does(cast.triage, "merge", receipts[0], into=second.number, reason="同一处")
    city.does(cast.triage, "merge", receipts[1], into=third.number, reason="同一处")

    def undo(case: Case) -> None:
        with transaction() as db:
            VERBS["unmerge"](db, db.get_one(Case, case.id), cast.triage, Facts(reason="不是一处"))
    with pytest.raises(Conflict, match="unmerge that one first"):
        undo(first)
    undo(second)
    undo(first)
    assert [city.case(one).number for one in receipts] == [first.number, second.number, third.number]
    assert [city.case(one).report_count for one in receipts] == [1, 1, 1]


def test_assistants_have_a_clock_and_leave_with_the_lead_whose_return_was_upheld(city: City, handled: Receipt) -> None:
    cast = city.cast
    case = city.does(cast.water_handler, "assist", handled, assistants=(city.departments["roads"].id,), reason="要断路")
    with reading() as db:
        (clock_of_roads,) = [one for one in timers.running(db, case.id) if one.stage is Stage.ASSIST_HANDLE]
        assert clock_of_roads.department_id == city.departments["roads"].id
    city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    case = city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=city.departments["roads"].id)
    assert case.assisting_department_ids == set()
    with reading() as db:
        assert Stage.ASSIST_HANDLE not in {one.stage for one in timers.running(db, case.id)}


def test_a_case_is_handed_back_within_the_time_for_signing(city: City, time: SetClock) -> None:
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    time.passes(minutes=30)
    with reading() as db:
        assert "hand_back" in allowed_actions(case_of(db, receipt), city.cast.water_head)
    time.passes(seconds=1)
    with pytest.raises(Conflict, match="the time to hand it back ended"):
        city.does(city.cast.water_head, "hand_back", receipt, ground="不属本局")


def test_what_ran_over_until_a_return_was_upheld_is_given_back(city: City, handled: Receipt, time: SetClock) -> None:
    cast, receipt = city.cast, handled
    city.does(cast.water_head, "hand_back", receipt, ground="不属本局")
    time.passes(hours=3)
    with transaction() as db:
        timers.sweep(db)
    case = city.does(cast.adjudicator, "uphold", receipt, reason="属实")
    with reading() as db:
        assert [one.stage for one in timers.all_of(db, case.id) if one.overdue] == [Stage.ADJUDICATE]
    with pytest.raises(Conflict, match="upheld"):
        city.does(cast.dispatcher, "dispatch", receipt, lead=city.departments["water"].id)


def test_whoever_handled_does_not_call_back(city: City) -> None:
    receipt = city.receives(channel=Channel.HOTLINE, claimed_category="301", text="何时通水")
    city.triages(receipt)
    city.dispatches()
    with transaction() as db:
        create_post(db, "兼任话务员", Role.OPERATOR, holder_id=city.cast.office_handler.id)
        both = actor_of(db, city.cast.office_handler.id)
    city.does(both, "sign", receipt)
    city.does(both, "resolve", receipt, reply="下月通水")
    with pytest.raises(Refused):
        city.does(both, "accept", receipt, finding="认可")


def test_who_reported_meanwhile_does_not_verify(city: City) -> None:
    cast = city.cast
    receipt = city.receives(claimed_category="10105", place=Point(0.0, 0.0), reporter_id=cast.li.id)
    city.triages(receipt)
    with pytest.raises(Invalid, match="does not look"):
        city.does(cast.triage, "verify", receipt, inspector=cast.li.id)
    city.does(cast.triage, "correct", receipt, place=at_grid(0), reason="问清了地点")
    assert city.does(cast.triage, "verify", receipt, inspector=cast.wang.id).inspector_id == cast.wang.id
    again = city.receives(claimed_category="10105", reporter_id=cast.wang.id)
    city.triages(again)
    case = city.case(again)
    assert case.number == city.case(receipt).number
    assert case.inspector_id == cast.zhao.id



def test_an_urgent_voice_makes_the_case_urgent(city: City) -> None:
    first = city.receives(claimed_category="10105")
    city.triages(first)
    city.triages(city.receives(claimed_category="10105", urgent=True, channel=Channel.HOTLINE))
    assert city.case(first).priority is Priority.URGENT
    corrected = city.does(city.cast.triage, "correct", first, category="10105", reason="核对")
    assert corrected.priority is Priority.URGENT


def test_a_resend_brings_no_further_photos_and_other_facts_need_another_key(city: City) -> None:
    facts = {"key": uuid.uuid4(), "text": "灯不亮", "place": at_grid(0)}
    with transaction() as db:
        receipt = pda.report(db, city.cast.li, photos=[keep(a_photo("red"))], **facts)
    with transaction() as db:
        assert pda.report(db, city.cast.li, photos=[keep(a_photo("blue"))], **facts).number == receipt.number
    with transaction() as db:
        assert len(of_reports(db, [receipt.id])) == 1
    with pytest.raises(Conflict), transaction() as db:
        pda.report(db, city.cast.li, urgent=True, **facts)


def test_who_was_ruled_responsible_does_not_return_it_another_time(city: City, handled: Receipt) -> None:
    cast, water = city.cast, city.departments["water"].id
    city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    city.does(cast.adjudicator, "overrule", handled, reason="属你局")
    city.does(cast.dispatcher, "recall", handled, reason="先看看")
    city.does(cast.dispatcher, "dispatch", handled, lead=water)
    with pytest.raises(Conflict, match="final"):
        city.does(cast.water_head, "hand_back", handled, ground="还是不属本局")
    city.does(cast.dispatcher, "recall", handled, reason="道路上的")
    city.does(cast.dispatcher, "dispatch", handled, lead=city.departments["roads"].id)
    assert city.does(cast.roads_head, "hand_back", handled, ground="不属本中心").status is Status.RETURNED


def test_a_ruling_does_not_send_a_case_back_to_who_was_released_before(city: City, handled: Receipt) -> None:
    cast, water, roads = city.cast, city.departments["water"].id, city.departments["roads"].id
    city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=roads)
    city.does(cast.roads_head, "hand_back", handled, ground="不属本中心")
    with pytest.raises(Conflict, match="does not get the case again"):
        city.does(cast.adjudicator, "uphold", handled, reason="属实", lead=water)


def test_who_stands_in_on_the_roster_is_sent_to_look(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    with transaction() as db:
        rosters.enter(db, cast.administrator, [Shift(
            user_id=cast.zhao.id, role=Role.GRID_WORKER, area_code=GRIDS[0], since=time.moment,
            until=time.moment + timedelta(hours=8))])
    case = city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    assert case.inspector_id == cast.zhao.id


def test_how_urgent_a_person_says_it_is_stays_said(city: City) -> None:
    receipt = city.receives(claimed_category="99999", text="灯不亮")
    city.triages(receipt)
    city.does(city.cast.triage, "correct", receipt, priority="urgent", reason="学校门口")
    case = city.does(city.cast.triage, "file", receipt, category="10105")
    assert (case.priority, case.urgent_because) == (Priority.URGENT, "人工标为紧急")


def test_a_supervised_case_is_not_merged_before_it_is_reported_back_on(city: City, handled: Receipt) -> None:
    other = city.receives(claimed_category="10105")
    city.triages(other)
    city.does(city.cast.leader, "supervise", handled, reason="快")
    with pytest.raises(Conflict, match="feedback is owed"):
        city.does(city.cast.triage, "merge", handled, into=city.case(other).number, reason="同一处")
