"""The figures of departments say what happened to what they were given, and a ruling corrects them, on both databases."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.performance.days import span_of
from casework.performance.departments import by_department
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage.database import reading
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.statements import heard
from tests.storage.city import City


def figures(code: str, day: datetime | None = None) -> dict[str, Any]:
    """What is not 0 of a department's figures for a day."""
    with reading() as db:
        found = {one["code"]: one for one in by_department(db, *span_of(day or clock.now()))}
    return {name: value for name, value in found.get(code, {}).items() if value and name not in {"id", "code", "name"}}


def closed(city: City, receipt: Receipt) -> Case:
    cast = city.cast
    city.does(cast.water_handler, "resolve", receipt, reply="好了", photos=city.photo_of(cast.water_handler, "red"))
    return city.does(cast.li, "pass", receipt, position=at_grid(0), finding="好", photos=city.photo_of(cast.li, "blue"))


def clock_of(receipt: Receipt, city: City, stage: Stage) -> Timer:
    with reading() as db:
        return db.scalars(select(Timer).where(Timer.case_id == city.case(receipt).id, Timer.stage == stage)).one()


def test_what_was_done_in_time_counts_so(city: City, handled: Receipt) -> None:
    assert figures("water") == {"given": 1, "signed": 1, "signed_on_time": 1}
    closed(city, handled)
    assert figures("water") == {"given": 1, "signed": 1, "signed_on_time": 1, "closed": 1, "handled_on_time": 1}
    assert figures("roads") == {}


def test_what_was_late_counts_so_until_an_appeal_is_granted(city: City, handled: Receipt, time: SetClock) -> None:
    day = clock.now()
    time.passes(hours=3)
    closed(city, handled)
    late = {"given": 1, "signed": 1, "signed_on_time": 1, "closed": 1, "overdue": 1}
    assert figures("water") == late
    time.passes(days=3)
    timer = clock_of(handled, city, Stage.HANDLE)
    city.does(city.cast.water_head, "appeal", handled, clock=timer.id, reason="道路封闭，无法进场")
    assert figures("water", day) == late
    city.does(city.cast.adjudicator, "grant", handled, reason="属实")
    excused = {"given": 1, "signed": 1, "signed_on_time": 1, "closed": 1, "handled_on_time": 1, "excused": 1}
    assert figures("water", day) == excused
    assert figures("water") == {}


def test_a_late_signature_is_not_late_handling(city: City, time: SetClock) -> None:
    receipt = city.receives(claimed_category="10105")
    city.triages(receipt)
    city.dispatches()
    time.passes(hours=7)
    city.does(city.cast.roads_handler, "sign", receipt)
    assert figures("roads") == {"given": 1, "signed": 1, "overdue": 1}


def test_returns_count_for_whoever_returned(city: City) -> None:
    for place, action in ((0, "uphold"), (1, "overrule")):
        receipt = city.receives(place=at_grid(place))
        city.triages(receipt)
        city.dispatches()
        city.does(city.cast.water_head, "hand_back", receipt, ground="依据")
        roads = {"lead": city.departments["roads"].id} if action == "uphold" else {}
        city.does(city.cast.adjudicator, action, receipt, reason="裁定", **roads)
    assert figures("water") == {"given": 2, "returned": 1, "return_overruled": 1}
    assert figures("roads") == {"given": 1}


def test_more_time_rework_and_orders_are_counted(city: City, handled: Receipt) -> None:
    cast = city.cast
    city.does(cast.water_handler, "extend", handled, reason="等配件")
    city.does(cast.water_head, "endorse", handled)
    city.does(cast.dispatcher, "allow", handled)
    city.does(cast.supervisor, "supervise", handled, reason="尽快")
    city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler, "red"))
    city.does(cast.li, "fail", handled, position=at_grid(0), finding="没好", photos=city.photo_of(cast.li, "blue"))
    assert figures("water") == {
        "given": 1, "signed": 1, "signed_on_time": 1, "extended": 1, "supervised": 1, "reworked": 1}


def test_a_span_holds_what_was_given_in_it(city: City, handled: Receipt, time: SetClock) -> None:
    day = clock.now()
    time.passes(days=1)
    assert figures("water") == {}
    assert figures("water", day)["given"] == 1


def test_all_departments_cost_one_statement(city: City, handled: Receipt) -> None:
    with heard() as said, reading() as db:
        by_department(db, *span_of(clock.now()))
    assert len([one for one in said if one.sql.startswith("SELECT")]) == 1
