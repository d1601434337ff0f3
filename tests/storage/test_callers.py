"""Whom the lead has to call follows the callers: those who come start the lead's clock, the last who leaves ends it."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import clock
from casework.cases.report import Channel, Receipt
from casework.sla import timers
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.city import City

CALLER = {"channel": Channel.HOTLINE, "source": "12345", "reporter_phone": "13800000001"}
LAMP = "10105"


@pytest.fixture
def led(city: City) -> Receipt:
    """A lamp that a grid worker saw; the roads department has signed for it, and there is nobody to call."""
    receipt = city.receives(claimed_category=LAMP, place=at_grid(0))
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.roads_handler, "sign", receipt)
    assert contacts(city, receipt) == []
    return receipt


def contacts(city: City, receipt: Receipt) -> list[Timer]:
    with reading() as db:
        case_id = city.case(receipt).id
        of_case = select(Timer).where(Timer.case_id == case_id, Timer.stage == Stage.CONTACT).order_by(Timer.started_at)
        return list(db.scalars(of_case))


def states(city: City, receipt: Receipt) -> list[str]:
    return sorted(one.state.value for one in contacts(city, receipt))


def calls(city: City, category: str = "20101", grid: int = 3) -> Receipt:
    """Somebody calls about a thing elsewhere, so that it has a case of its own."""
    receipt = city.receives(claimed_category=category, place=at_grid(grid), **CALLER)
    city.triages(receipt)
    return receipt


def merged(city: City, receipt: Receipt, into: Receipt) -> None:
    city.does(city.cast.triage, "merge", receipt, into=city.case(into).number, reason="同一处")


def test_a_caller_who_joins_a_case_that_a_department_has_is_called(city: City, led: Receipt, time: SetClock) -> None:
    time.passes(hours=1)
    joined = calls(city, LAMP, 0)
    assert city.case(joined).id == city.case(led).id
    (contact,) = contacts(city, led)
    case = city.case(led)
    assert (contact.state, contact.department_id, contact.started_at) == ("running", case.lead_department_id, clock.now())
    assert case.due_at == contact.due_at
    calls(city, LAMP, 0)
    assert states(city, led) == ["running"]


def test_who_joins_before_a_department_leads_is_called_after_the_dispatch(city: City) -> None:
    first = city.receives(claimed_category=LAMP, place=at_grid(0))
    city.triages(first)
    calls(city, LAMP, 0)
    assert contacts(city, first) == []
    city.dispatches()
    assert states(city, first) == ["running"]


def test_a_caller_whose_case_is_merged_in_is_called_once(city: City, led: Receipt) -> None:
    merged(city, calls(city), led)
    assert states(city, led) == ["running"]
    city.does(city.cast.roads_handler, "contact", led, finding="已联系")
    merged(city, calls(city, grid=2), led)
    calls(city, LAMP, 0)
    assert states(city, led) == ["stopped"]


def test_what_rests_is_not_called_about_until_it_goes_on(city: City, led: Receipt) -> None:
    city.does(city.cast.roads_handler, "defer", led, reason="等材料", until=clock.now() + timedelta(days=30))
    city.does(city.cast.dispatcher, "suspend", led)
    due = city.case(led).due_at
    merged(city, calls(city), led)
    assert states(city, led) == ["paused"]
    assert city.case(led).due_at == due
    city.does(city.cast.dispatcher, "resume", led)
    assert states(city, led) == ["running"]


def test_what_is_answered_already_needs_no_call(city: City, led: Receipt) -> None:
    city.does(city.cast.roads_handler, "resolve", led, reply="已修复", photos=city.photo_of(city.cast.roads_handler))
    merged(city, calls(city), led)
    assert contacts(city, led) == []


@pytest.mark.parametrize("hours", [1, 30])
def test_when_the_only_caller_leaves_there_is_nobody_to_call_and_nothing_was_late(
        city: City, led: Receipt, time: SetClock, hours: int) -> None:
    caller, due = calls(city), city.case(led).due_at
    case_id = city.case(caller).id
    merged(city, caller, led)
    time.passes(hours=hours)
    with transaction() as db:
        timers.sweep(db)
    with transaction() as db:
        city.act(db, case_id, city.cast.triage, "unmerge", reason="不是一处")
    (contact,) = contacts(city, led)
    case = city.case(led)
    assert (contact.state, contact.overdue, case.overdue, case.due_at) == ("stopped", False, False, due)


@pytest.mark.parametrize("action", ["unjoin", "split"])
def test_a_report_that_is_parted_takes_the_call_along_unless_another_caller_stays(
        city: City, led: Receipt, action: str) -> None:
    first, second = calls(city, LAMP, 0), calls(city, LAMP, 0)
    city.does(city.cast.triage, action, led, reports=(first.number,), reason="另一处")
    assert states(city, led) == ["running"]
    city.does(city.cast.triage, action, led, reports=(second.number,), reason="另一处")
    assert states(city, led) == ["stopped"]
    merged(city, calls(city, grid=2), led)
    assert states(city, led) == ["running", "stopped"]
