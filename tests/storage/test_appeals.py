"""申诉: an overdue mark is appealed against once, in time, by whose clock it is; the ruling corrects what is counted."""
import uuid

import pytest

from casework.cases.report import Receipt
from casework.errors import Conflict, Invalid, Refused
from casework.sla import timers
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.city import City


@pytest.fixture
def late(city: City, handled: Receipt, time: SetClock) -> Timer:
    """The water office answered an hour late, and the case was closed."""
    cast = city.cast
    time.passes(hours=3)
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    case = city.does(cast.li, "pass", handled, position=at_grid(0), finding="好", photos=city.photo_of(cast.li, "blue"))
    assert case.overdue
    return clock_of(case.id, Stage.HANDLE)


def clock_of(case_id: uuid.UUID, stage: Stage) -> Timer:
    with reading() as db:
        return next(one for one in timers.all_of(db, case_id) if one.stage is stage)


def test_a_granted_appeal_takes_the_mark_away(city: City, handled: Receipt, late: Timer) -> None:
    cast = city.cast
    case = city.does(cast.water_head, "appeal", handled, clock=late.id, reason="道路封闭，无法进场")
    assert case.appealed_timer_id == late.id
    with reading() as db:
        assert [one.stage for one in timers.running(db, case.id)] == [Stage.APPEAL]
    with pytest.raises(Refused):
        city.does(cast.dispatcher, "grant", handled, reason="属实")
    case = city.does(cast.adjudicator, "grant", handled, reason="属实")
    assert (case.overdue, case.appealed_timer_id) == (False, None)
    excused = clock_of(case.id, Stage.HANDLE)
    assert excused.overdue
    assert excused.excused_at
    assert not excused.counts_as_late


def test_a_dismissed_appeal_leaves_it_and_is_not_made_again(city: City, handled: Receipt, late: Timer) -> None:
    cast = city.cast
    city.does(cast.water_head, "appeal", handled, clock=late.id, reason="道路封闭")
    with pytest.raises(Conflict, match="open already"):
        city.does(cast.water_head, "appeal", handled, clock=late.id, reason="再说一次")
    case = city.does(cast.adjudicator, "dismiss", handled, reason="封路未满一小时")
    assert case.overdue
    with pytest.raises(Conflict, match="the ruling stands"):
        city.does(cast.water_head, "appeal", handled, clock=late.id, reason="再次申诉")


def test_only_ones_own_late_clock_is_appealed_against(city: City, handled: Receipt, late: Timer, time: SetClock) -> None:
    cast = city.cast
    in_time = clock_of(city.case(handled).id, Stage.SIGN)
    with pytest.raises(Conflict, match="does not count as late"):
        city.does(cast.water_head, "appeal", handled, clock=in_time.id, reason="无")
    for other in (uuid.uuid4(), clock_of(city.case(handled).id, Stage.TRIAGE).id):
        with pytest.raises(Invalid):
            city.does(cast.water_head, "appeal", handled, clock=other, reason="无")
    with pytest.raises(Refused):
        city.does(cast.water_handler, "appeal", handled, clock=late.id, reason="无")
    time.passes(days=11)
    with pytest.raises(Conflict, match="within 10 days"):
        city.does(cast.water_head, "appeal", handled, clock=late.id, reason="晚了")


def test_a_refused_appeal_leaves_nothing_behind(city: City, handled: Receipt, late: Timer) -> None:
    before = city.case(handled)
    with pytest.raises(Invalid):
        city.does(city.cast.water_head, "appeal", handled, clock=uuid.uuid4(), reason="无")
    after = city.case(handled)
    assert (after.version, after.history_length, after.appealed_timer_id) == (before.version, before.history_length, None)


def test_a_clock_that_still_runs_is_not_appealed_against(city: City, handled: Receipt, time: SetClock) -> None:
    time.passes(hours=3)
    with transaction() as db:
        timers.sweep(db)
    running = clock_of(city.case(handled).id, Stage.HANDLE)
    assert running.counts_as_late
    with pytest.raises(Conflict, match="when it has stopped"):
        city.does(city.cast.water_head, "appeal", handled, clock=running.id, reason="封路")


def test_who_helps_appeals_against_its_own_late_clock(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    city.does(cast.water_handler, "assist", handled, assistants=(city.departments["roads"].id,), reason="要断路")
    time.passes(days=7)
    case = city.does(cast.roads_handler, "assisted", handled, reply="已断路")
    late = clock_of(case.id, Stage.ASSIST_HANDLE)
    with pytest.raises(Invalid):
        city.does(cast.water_head, "appeal", handled, clock=late.id, reason="不是本局的")
    assert city.does(cast.roads_head, "appeal", handled, clock=late.id, reason="封路").appealed_timer_id == late.id
