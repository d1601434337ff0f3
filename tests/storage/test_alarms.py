"""Whom the alarms of a case reach, through its whole life: orders from above, appeals about closed cases, outages."""
import pytest
from sqlalchemy import func, select

from casework.cases import alarms
from casework.cases.history import Entry
from casework.cases.report import Channel, Receipt
from casework.identity.people import Actor, Post, Role, vacate
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.city import City


def heard(stage: Stage) -> list[dict[str, object]]:
    """What the history says of the alarms of such clocks, after the sweep and its job, which runs twice."""
    with transaction() as db:
        timers.sweep(db)
    for _ in range(2):
        with transaction() as db:
            for event in db.scalars(select(Event).where(Event.name.in_(alarms.EVENTS)).order_by(Event.id)):
                alarms.hear(db, event)
    with reading() as db:
        lines = db.scalars(select(Entry).where(Entry.action == "alarm").order_by(Entry.number))
        return [line.facts for line in lines if line.facts["stage"] == stage]


def reached(actor: Actor) -> list[str]:
    """The stages of the alarms that this person sees."""
    with reading() as db:
        return [str(one["stage"]) for one in alarms.mine(db, actor)[0]]


def test_an_order_is_heard_by_the_department_that_owes_the_feedback(city: City, handled: Receipt, time: SetClock) -> None:
    city.does(city.cast.supervisor, "supervise", handled, reason="限期办结")
    time.passes(hours=1, minutes=1)  # an urgent case's order has two hours
    (line,) = heard(Stage.SUPERVISE)
    assert (line["role"], line["share"], line["user"]) == ("handler", 50, str(city.cast.water_handler.id))


@pytest.mark.parametrize("stands", ["reported", "filed"])
def test_an_order_about_a_case_that_nobody_leads_is_heard_by_the_desk_it_lies_on(
        city: City, time: SetClock, stands: str) -> None:
    receipt = city.receives(claimed_category="20101" if stands == "filed" else "99999", urgent=True)
    city.triages(receipt)
    assert city.does(city.cast.leader, "supervise", receipt, reason="尽快").status == stands
    time.passes(hours=1, minutes=1)
    (line,) = heard(Stage.SUPERVISE)
    assert line["role"] == {"reported": "triage_operator", "filed": "dispatcher"}[stands]


def test_an_appeal_about_a_closed_case_is_heard_by_the_adjudicator(city: City, handled: Receipt, time: SetClock) -> None:
    cast = city.cast
    time.passes(hours=3)
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    case = city.does(cast.li, "pass", handled, position=at_grid(0), finding="好", photos=city.photo_of(cast.li, "blue"))
    late = next(one for one in _clocks(case.id) if one.stage is Stage.HANDLE)
    city.does(cast.water_head, "appeal", handled, clock=late.id, reason="道路封闭")
    time.passes(days=2)
    (line,) = heard(Stage.APPEAL)
    assert (line["role"], line["user"]) == ("adjudicator", str(cast.adjudicator.id))
    assert "appeal" in reached(cast.adjudicator)
    city.does(cast.adjudicator, "grant", handled, reason="属实")
    assert not city.case(handled).overdue


def _clocks(case_id: object) -> list[timers.Timer]:
    with reading() as db:
        return list(timers.all_of(db, case_id))  # type: ignore[arg-type]


def test_what_an_outage_held_up_is_heard_once_late_with_what_was_missed(city: City, handled: Receipt, time: SetClock) -> None:
    time.passes(hours=2, minutes=10)
    (line,) = heard(Stage.HANDLE)
    assert (line["share"], line["late"], line["missed"], line["role"]) == (100, True, [50, 80], "supervisor")
    with reading() as db:
        (shown,) = alarms.mine(db, city.cast.supervisor)[0]
        assert (shown["late"], shown["missed"]) == (True, [50, 80])


def test_posts_that_nobody_held_stand_in_the_line_and_in_the_list(city: City, handled: Receipt, time: SetClock) -> None:
    with transaction() as db:
        for post in db.scalars(select(Post).where(Post.role.in_((Role.HANDLER, Role.DEPARTMENT_HEAD)))):
            vacate(db, post)
    time.passes(hours=1, minutes=1)
    (line,) = heard(Stage.HANDLE)
    assert (line["role"], line["skipped"]) == ("supervisor", ["水务局·处置人员", "水务局·部门负责人"])
    with reading() as db:
        (shown,) = (one for one in alarms.mine(db, city.cast.supervisor)[0] if one["stage"] is Stage.HANDLE)
        assert shown["skipped"] == line["skipped"]


def test_a_paused_clock_and_an_ended_case_raise_nothing(city: City, time: SetClock) -> None:
    handled = city.receives(channel=Channel.CITIZEN, source="citizen")
    city.triages(handled)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", handled)
    city.does(city.cast.water_handler, "ask", handled, question="哪一侧？")
    time.passes(hours=5)
    assert heard(Stage.HANDLE) == []
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Event).where(Event.name == "timer.overdue")) == 0
