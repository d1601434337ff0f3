"""The figures of departments say what happened to what they were given, and a ruling corrects them, on both databases."""
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.errors import Refused
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.performance.channels import by_channel
from casework.performance.days import span_of
from casework.performance.departments import by_department
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.statements import heard
from tests.storage.city import City

LEADER = Actor("user", None, "Leader", frozenset({Role.LEADER}), unbounded=True)


def figures(code: str, day: datetime | None = None, actor: Actor = LEADER) -> dict[str, Any]:
    """What is not 0 of a department's figures for a day."""
    with reading() as db:
        found = {one["code"]: one for one in by_department(db, actor, *span_of(day or clock.now()))}
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


def test_who_looks_after_a_part_sees_what_was_given_there(city: City) -> None:
    cast = city.cast
    receipts = [city.receives(), city.receives(place=at_grid(2)), city.receives(claimed_category="10105", place=at_grid(3))]
    city.triages(*receipts)
    city.dispatches()
    city.receives(place=at_grid(0, 400))  # no case yet: it lies nowhere
    with transaction() as db:
        made = [create_user(db, name, name, None).id for name in ("local", "both", "elsewhere")]
        create_post(db, "l", Role.LEADER, holder_id=made[0], area_code=GRIDS[2][:12])
        create_post(db, "h", Role.DEPARTMENT_HEAD, holder_id=made[1], department_id=city.departments["water"].id)
        create_post(db, "l", Role.LEADER, holder_id=made[1], area_code=GRIDS[3])
        create_post(db, "h", Role.DEPARTMENT_HEAD, holder_id=made[2], department_id=city.departments["office"].id)
        create_post(db, "o", Role.OPERATOR, holder_id=made[2])  # sees the city, and no figures
        local, both, elsewhere = (actor_of(db, one) for one in made)
    seen = {one.name: [figures(code, actor=one).get("given", 0) for code in ("water", "roads")]
            for one in (cast.leader, cast.water_head, cast.roads_head, local, both, elsewhere)}
    assert seen == {"Leader": [2, 1], "Water_Head": [2, 0], "Roads_Head": [0, 1], "local": [1, 1], "both": [2, 1],
                    "elsewhere": [0, 0]}
    with reading() as db:
        received = {one.name: by_channel(db, one, *span_of(clock.now()))["pda"]["received"]
                    for one in (cast.leader, cast.water_head, cast.roads_head, local, both, elsewhere)}
        for verb in (by_department, by_channel):
            with pytest.raises(Refused):
                verb(db, cast.li, *span_of(clock.now()))
    assert received == {"Leader": 4, "Water_Head": 2, "Roads_Head": 1, "local": 2, "both": 3, "elsewhere": 0}


def test_all_departments_cost_one_statement(city: City, handled: Receipt) -> None:
    for actor in (city.cast.leader, city.cast.water_head):
        with heard() as said, reading() as db:
            by_department(db, actor, *span_of(clock.now()))
        assert len([one for one in said if one.sql.startswith("SELECT")]) == 1
