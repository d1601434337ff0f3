"""延期 and 挂账: asked for in time, granted by others, counted when granted, ended by the date."""
from datetime import timedelta

import pytest

from casework import clock, resolution
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Status
from casework.errors import Conflict, Invalid, NotFound
from casework.sla import timers
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.storage.city import City


def handling(city: City, receipt: Receipt) -> Timer:
    """The clock of the department."""
    with reading() as db:
        return next(one for one in timers.running(db, city.case(receipt).id) if one.stage is Stage.HANDLE)


def test_an_extension_needs_the_head_and_then_the_dispatcher(city: City, handled: Receipt) -> None:
    cast, before = city.cast, handling(city, handled).due_at
    city.does(cast.water_handler, "extend", handled, reason="等配件")
    with pytest.raises(Conflict, match="head has not agreed"):
        city.does(cast.dispatcher, "allow", handled)
    with pytest.raises(NotFound):
        city.does(cast.roads_head, "endorse", handled)
    city.does(cast.water_head, "endorse", handled)
    with pytest.raises(Conflict, match="agreed already"):
        city.does(cast.water_head, "endorse", handled)
    case = city.does(cast.dispatcher, "allow", handled)
    after = handling(city, handled).due_at
    assert before is not None
    assert after == before + timedelta(hours=2)
    assert (case.applied_for, case.endorsed) == (None, False)


def test_what_the_head_applies_for_needs_no_further_word_of_the_department(city: City, handled: Receipt) -> None:
    city.does(city.cast.water_head, "extend", handled, reason="等配件")
    city.does(city.cast.dispatcher, "allow", handled)
    assert handling(city, handled).extra_value == 2


def test_two_extensions_at_most_and_refusals_do_not_count(city: City, handled: Receipt) -> None:
    cast = city.cast
    for who in (cast.water_head, cast.dispatcher):
        city.does(cast.water_handler, "extend", handled, reason="等配件")
        city.does(who, "deny", handled, reason="可以做完")
    for _ in range(2):
        city.does(cast.water_head, "extend", handled, reason="等配件")
        city.does(cast.dispatcher, "allow", handled)
    with pytest.raises(Conflict, match="2 times already"):
        city.does(cast.water_head, "extend", handled, reason="还要等")


def test_time_is_asked_for_before_it_is_overdue_and_may_be_granted_after(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    city.does(cast.water_head, "extend", handled, reason="等配件")
    time.passes(hours=3)
    with transaction() as db:
        timers.sweep(db)
    assert handling(city, handled).overdue
    case = city.does(cast.dispatcher, "allow", handled)
    assert not case.overdue
    assert not handling(city, handled).overdue
    time.passes(hours=2)
    for action, facts in (("extend", {}), ("defer", {"until": clock.now() + timedelta(days=1)})):
        with pytest.raises(Conflict, match="before it is overdue"):
            city.does(cast.water_handler, action, handled, reason="晚了", **facts)


@pytest.fixture
def snapped(city: City) -> Receipt:
    """A manhole that a citizen reported, signed by the water office."""
    receipt = city.receives(channel=Channel.CITIZEN, source="citizen", reporter_phone="13800001111")
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", receipt)
    return receipt


def test_one_application_at_a_time(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.water_handler, "extend", handled, reason="等配件")
    with pytest.raises(Conflict, match="applied for already"):
        city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=clock.now() + timedelta(days=3))
    with pytest.raises(Conflict, match="no suspension"):
        city.does(cast.dispatcher, "suspend", handled)


def test_a_suspension_stops_the_clock_and_goes_on_by_itself_at_its_date(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(minutes=30)
    until = clock.now() + timedelta(days=3)
    city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=until)
    case = city.does(cast.dispatcher, "suspend", handled)
    assert (case.status, case.suspended_until) == (Status.SUSPENDED, until)
    assert case.history[-1].facts["until"] == until.isoformat()
    time.passes(days=2)
    with transaction() as db:
        assert timers.sweep(db) == []
        assert resolution.resume_due(db, 10) == 0
    time.passes(days=1)
    with transaction() as db:
        assert resolution.resume_due(db, 10) == 1
    with transaction() as db:
        assert resolution.resume_due(db, 10) == 0
    case = city.case(handled)
    assert (case.status, case.suspended_until, case.history[-1].role) == (Status.HANDLING, None, "system")
    assert handling(city, handled).due_at == until + timedelta(minutes=90)


def test_a_suspended_case_that_was_merged_keeps_its_date(city: City, handled: Receipt, time: SetClock) -> None:
    cast, other = city.cast, city.receives(claimed_category="10105")
    city.triages(other)
    until = clock.now() + timedelta(days=3)
    city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=until)
    case = city.does(cast.dispatcher, "suspend", handled)
    with transaction() as db:
        city.act(db, case.id, cast.triage, "merge", into=city.case(other).number, reason="同一处")
        time.passes(days=4)
        assert resolution.resume_due(db, 10) == 0
        city.act(db, case.id, cast.triage, "unmerge", reason="不是一处")
        assert resolution.resume_due(db, 10) == 1


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_suspension_ends_in_the_future_within_a_year(city: City, handled: Receipt, days: int) -> None:
    with pytest.raises(Invalid, match="date"):
        city.does(city.cast.water_handler, "defer", handled, reason="等许可", until=clock.now() + timedelta(days=days))


def test_a_question_stops_the_clock_and_no_longer_than_allowed(city: City, snapped: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(minutes=60)
    city.does(cast.water_handler, "ask", snapped, question="哪一侧？")
    assert handling(city, snapped).state is TimerState.PAUSED
    with pytest.raises(Conflict, match="open already"):
        city.does(cast.water_handler, "ask", snapped, question="还有呢？")
    time.passes(hours=71)
    with transaction() as db:
        assert resolution.close_questions(db, 10) == 0
    time.passes(hours=1)
    with transaction() as db:
        assert resolution.close_questions(db, 10) == 1
    assert handling(city, snapped).due_at == clock.now() + timedelta(hours=1)
    with pytest.raises(Conflict, match="no question"):
        city.does(cast.operator, "answered", snapped, reply="东侧")
    city.does(cast.water_handler, "ask", snapped, question="门牌？")
    time.passes(hours=2)
    city.does(cast.operator, "answered", snapped, reply="12 号")
    assert handling(city, snapped).due_at == clock.now() + timedelta(hours=1)
    with pytest.raises(Conflict, match="2 questions"):
        city.does(cast.water_handler, "ask", snapped, question="几楼？")


def test_who_hands_a_case_back_while_asking_does_not_stop_the_clock(city: City, snapped: Receipt) -> None:
    city.does(city.cast.water_handler, "ask", snapped, question="哪一侧？")
    case = city.does(city.cast.water_head, "hand_back", snapped, ground="不属本局")
    assert handling(city, snapped).state is TimerState.RUNNING
    assert case.question_until is None


def test_a_suspension_that_was_asked_for_in_time_cures_what_ran_over_before_the_decision(
        city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(minutes=30)
    until = clock.now() + timedelta(days=3)
    city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=until)
    time.passes(hours=3)
    with transaction() as db:
        timers.sweep(db)
    assert handling(city, handled).overdue
    case = city.does(cast.dispatcher, "suspend", handled)
    assert not case.overdue
    time.passes(days=3)
    with transaction() as db:
        resolution.resume_due(db, 10)
    assert not handling(city, handled).overdue
    assert handling(city, handled).due_at == clock.now() + timedelta(minutes=90)


@pytest.mark.parametrize(("stands", "running"), [("suspended", set()), ("returned", {Stage.ADJUDICATE, Stage.HANDLE})])
def test_what_stood_still_before_a_merge_stands_still_after_it_is_undone(
        city: City, handled: Receipt, stands: str, running: set[Stage]) -> None:
    cast, other = city.cast, city.receives(claimed_category="10105")
    city.triages(other)
    city.does(cast.water_handler, "assist", handled, assistants=(city.departments["roads"].id,), reason="要断路")
    if stands == "suspended":
        city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=clock.now() + timedelta(days=3))
        case = city.does(cast.dispatcher, "suspend", handled)
    else:
        case = city.does(cast.water_head, "hand_back", handled, ground="不属本局")
    with transaction() as db:
        city.act(db, case.id, cast.triage, "merge", into=city.case(other).number, reason="同一处")
        city.act(db, case.id, cast.triage, "unmerge", reason="不是一处")
    with reading() as db:
        open_clocks = timers.running(db, case.id)
        assert {one.stage for one in open_clocks if one.state is TimerState.RUNNING} == running
        assert {Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE} <= {one.stage for one in open_clocks if one.state is TimerState.PAUSED}


def test_a_case_that_was_merged_comes_back_with_its_question_and_its_time_to_hand_back(
        city: City, snapped: Receipt, time: SetClock) -> None:
    cast, other = city.cast, city.receives(claimed_category="10105")
    city.triages(other)
    case = city.does(cast.water_handler, "ask", snapped, question="哪一侧？")
    before = case.return_until
    with transaction() as db:
        city.act(db, case.id, cast.triage, "merge", into=city.case(other).number, reason="同一处")
    time.passes(hours=2)
    with transaction() as db:
        city.act(db, case.id, cast.triage, "unmerge", reason="不是一处")
    case = city.case(snapped)
    assert case.question_until
    assert before
    assert case.return_until == before + timedelta(hours=2)
    assert handling(city, snapped).state is TimerState.PAUSED
    city.does(cast.operator, "answered", snapped, reply="东侧")
    assert handling(city, snapped).state is TimerState.RUNNING


def test_what_rests_is_due_when_it_goes_on(city: City, handled: Receipt) -> None:
    cast, until = city.cast, clock.now() + timedelta(days=3)
    city.does(cast.water_handler, "defer", handled, reason="等开挖许可", until=until)
    assert city.does(cast.dispatcher, "suspend", handled).due_at == until


def test_nobody_is_asked_who_cannot_answer(city: City, handled: Receipt) -> None:
    with pytest.raises(Conflict, match="only a grid worker"):
        city.does(city.cast.water_handler, "ask", handled, question="哪一侧？")
