"""转交: a case goes from one colleague to another, inside a department and by its own people."""
import pytest
from sqlalchemy import select

from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.cases.workflow import Status
from casework.errors import Conflict, Invalid, Refused
from casework.identity import people
from casework.identity.people import Role, create_post, create_user
from casework.notifications import inbox, messages
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.storage.city import City


def test_whoever_signs_has_it_and_a_colleague_who_is_named_has_it_from_then_on(city: City, handled: Receipt) -> None:
    assert city.case(handled).handler_id == city.cast.water_handler.id
    clocks = city.case(handled).due_at
    case = city.does(city.cast.water_handler, "hand_over", handled, handler=city.cast.water_head.id, reason="明日休假")
    assert (case.handler_id, case.status, case.due_at) == (city.cast.water_head.id, Status.HANDLING, clocks)
    line = case.history[-1]
    assert (line.action, line.facts) == ("hand_over", {"handler": str(city.cast.water_head.id), "reason": "明日休假"})


def test_who_was_named_before_anybody_signed_has_it_whoever_signs(city: City) -> None:
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_head, "hand_over", receipt, handler=city.cast.water_handler.id)
    case = city.does(city.cast.water_head, "sign", receipt)
    assert case.handler_id == city.cast.water_handler.id


def test_it_stays_inside_the_department_and_goes_to_somebody_else(city: City, handled: Receipt) -> None:
    for stranger in (city.cast.roads_handler, city.cast.dispatcher, city.cast.li):
        with pytest.raises(Invalid) as refused:
            city.does(city.cast.water_handler, "hand_over", handled, handler=stranger.id)
        assert [fault.field for fault in refused.value.faults] == ["handler"]
    with pytest.raises(Conflict):
        city.does(city.cast.water_handler, "hand_over", handled, handler=city.cast.water_handler.id)
    with pytest.raises(Refused):
        city.does(city.cast.dispatcher, "hand_over", handled, handler=city.cast.water_head.id)
    assert city.case(handled).handler_id == city.cast.water_handler.id


def test_who_has_left_is_no_colleague(city: City, handled: Receipt) -> None:
    (water,) = city.cast.water_handler.department_ids
    with transaction() as db:
        gone = create_user(db, "gone", "已离职")
        create_post(db, "处置人员", Role.HANDLER, department_id=water, holder_id=gone.id)
        gone.active = False
    with reading() as db:
        assert {one.name for one in people.colleagues(db, [water])} == {"Water_Handler", "Water_Head"}
        assert people.colleagues(db, []) == []
    with pytest.raises(Invalid):
        city.does(city.cast.water_handler, "hand_over", handled, handler=gone.id)


def test_the_next_department_begins_with_nobody(city: City, handled: Receipt) -> None:
    city.does(city.cast.water_head, "hand_back", handled, ground="不属本单位职责")
    case: Case = city.does(city.cast.adjudicator, "uphold", handled, reason="成立", lead=city.departments["roads"].id)
    assert (case.lead_department_id, case.handler_id) == (city.departments["roads"].id, None)


def test_the_colleague_is_told_and_nobody_else(city: City, handled: Receipt) -> None:
    city.does(city.cast.water_handler, "hand_over", handled, handler=city.cast.water_head.id)
    with transaction() as db:
        events = db.scalars(select(Event.id).where(Event.name == "case.hand_over")).all()
        messages.write(db, list(events))
    with reading() as db:
        told, _ = inbox.page(db, city.cast.water_head)
        others, _ = inbox.page(db, city.cast.water_handler)
    assert any("已转交给您办理" in one["text"] for one in told)
    assert not any("已转交给您办理" in one["text"] for one in others)
