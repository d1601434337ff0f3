"""催办, 督办 and dissatisfaction: reminders are limited, orders want feedback, and the second time it goes up by itself."""
import pytest

from casework import resolution
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Status
from casework.errors import Conflict, NotFound
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid, case_of
from tests.storage.city import City


def stages(city: City, receipt: Receipt) -> set[Stage]:
    with reading() as db:
        return {one.stage for one in timers.running(db, city.case(receipt).id)}


def closes(city: City, receipt: Receipt, *colours: str) -> None:
    cast = city.cast
    if city.case(receipt).status is Status.DISPATCHED:
        city.does(cast.water_handler, "sign", receipt)
    city.does(cast.water_handler, "resolve", receipt, reply="好了", photos=city.photo_of(cast.water_handler, colours[0]))
    city.does(cast.li, "pass", receipt, position=at_grid(0), finding="好", photos=city.photo_of(cast.li, colours[1]))


def test_a_case_is_urged_once_a_day(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    city.does(cast.operator, "urge", handled, reason="来电催问")
    with pytest.raises(Conflict, match="urged lately"):
        city.does(cast.operator, "urge", handled, reason="又来电")
    time.passes(hours=24)
    assert city.does(cast.operator, "urge", handled, reason="再来电").urges == 2


def test_an_order_wants_feedback_on_its_own_clock(city: City, handled: Receipt) -> None:
    cast = city.cast
    with pytest.raises(Conflict, match="no feedback is owed"):
        city.does(cast.water_handler, "report_back", handled, reply="在办")
    assert city.does(cast.leader, "supervise", handled, reason="限今日办结").feedback_owed
    assert Stage.SUPERVISE in stages(city, handled)
    with pytest.raises(Conflict, match="open already"):
        city.does(cast.supervisor, "supervise", handled, reason="再督")
    with pytest.raises(NotFound):
        city.does(cast.roads_handler, "report_back", handled, reply="在办")
    assert not city.does(cast.water_handler, "report_back", handled, reply="今日 18 时前办结").feedback_owed
    assert Stage.SUPERVISE not in stages(city, handled)


def test_the_centre_reports_back_while_nobody_leads(city: City) -> None:
    receipt = city.receives(claimed_category="20101")
    city.triages(receipt)
    city.does(city.cast.supervisor, "supervise", receipt, reason="为何未派")
    assert not city.does(city.cast.dispatcher, "report_back", receipt, reply="正在商定主办").feedback_owed


def test_twice_dissatisfied_is_supervised_by_itself(city: City, handled: Receipt) -> None:
    cast = city.cast
    closes(city, handled, "green", "blue")
    case = city.does(cast.supervisor, "reopen", handled, reason="还是松")
    assert (case.dissatisfied, case.feedback_owed, case.return_until) == (1, False, None)
    closes(city, handled, "red", "pink")
    with transaction() as db:
        resolution.dissatisfied(db, case_of(db, handled), cast.supervisor, "仍未修好")
    case = city.case(handled)
    assert (case.status, case.dissatisfied, case.feedback_owed) == (Status.DISPATCHED, 2, True)
    assert case.lead_department_id == city.departments["water"].id
    assert {Stage.SIGN, Stage.HANDLE, Stage.SUPERVISE} <= stages(city, handled)


def test_a_caller_who_twice_does_not_agree_has_the_case_supervised(city: City) -> None:
    cast = city.cast
    receipt = city.receives(channel=Channel.HOTLINE, claimed_category="301", text="何时通水", reporter_phone="13800001111")
    city.triages(receipt)
    city.dispatches()
    city.does(cast.office_handler, "sign", receipt)
    for number in (1, 2):
        city.does(cast.office_handler, "resolve", receipt, reply="月底")
        case = city.does(cast.operator, "decline", receipt, finding="来电人不同意")
        assert (case.status, case.dissatisfied, case.feedback_owed) == (Status.HANDLING, number, number == 2)


def test_after_the_window_dissatisfaction_is_kept_and_reopens_nothing(city: City, handled: Receipt, time: SetClock) -> None:
    closes(city, handled, "green", "blue")
    time.passes(days=16)
    with transaction() as db:
        resolution.dissatisfied(db, case_of(db, handled), city.cast.supervisor, "又坏了")
    case = city.case(handled)
    assert (case.status, case.dissatisfied) == (Status.CLOSED, 1)


def test_an_answered_case_is_not_handed_back_after_it_was_reopened(city: City, handled: Receipt) -> None:
    closes(city, handled, "green", "blue")
    city.does(city.cast.supervisor, "reopen", handled, reason="还是松")
    with pytest.raises(Conflict, match="accepted the case"):
        city.does(city.cast.water_head, "hand_back", handled, ground="不属本局")


def test_the_answer_of_a_supervised_case_reports_back_on_the_order(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.leader, "supervise", handled, reason="限今日办结")
    case = city.does(cast.water_handler, "resolve", handled, reply="已更换", photos=city.photo_of(cast.water_handler))
    assert not case.feedback_owed
    assert [line.action for line in case.history][-2:] == ["resolve", "report_back"]
    assert Stage.SUPERVISE not in stages(city, handled)
