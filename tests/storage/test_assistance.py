"""协办: assistants sign and answer on clocks of their own, and the lead does not answer over their heads without a word."""
import pytest

from casework.cases import search
from casework.cases.report import Receipt
from casework.cases.workflow import Status
from casework.errors import Conflict, Invalid, NotFound, Refused
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import reading
from tests.conftest import SetClock
from tests.storage.city import City


@pytest.fixture
def helped(city: City, handled: Receipt) -> Receipt:
    """The water office asked the roads for help."""
    city.does(city.cast.water_handler, "assist", handled, assistants=(city.departments["roads"].id,), reason="要断路")
    return handled


def stages(city: City, receipt: Receipt) -> set[Stage]:
    with reading() as db:
        return {one.stage for one in timers.running(db, city.case(receipt).id)}


def test_an_assistant_signs_and_answers_on_its_own_clocks(city: City, helped: Receipt) -> None:
    cast = city.cast
    assert {Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE} <= stages(city, helped)
    with pytest.raises(NotFound):
        city.does(cast.office_handler, "assist_sign", helped)
    city.does(cast.roads_handler, "assist_sign", helped)
    assert stages(city, helped) == {Stage.HANDLE, Stage.ASSIST_HANDLE}
    with pytest.raises(Conflict, match="signed"):
        city.does(cast.roads_handler, "assist_sign", helped)
    city.does(cast.roads_handler, "assisted", helped, reply="已断路")
    assert stages(city, helped) == {Stage.HANDLE}


def test_the_lead_waits_for_its_assistants_or_says_why_not(city: City, helped: Receipt) -> None:
    cast = city.cast
    photos = city.photo_of(cast.water_handler)
    with pytest.raises(Invalid) as refused:
        city.does(cast.water_handler, "resolve", helped, reply="好了", photos=photos)
    assert [fault.field for fault in refused.value.faults] == ["reason"]
    assert "道路养护中心" in refused.value.faults[0].reason
    case = city.does(cast.water_handler, "resolve", helped, reply="好了", photos=photos, reason="夜间无需断路")
    assert (case.status, case.assisting_department_ids) == (Status.RESOLVED, set())
    assert stages(city, helped) == {Stage.HANDLE, Stage.CHECK}
    assert case.history[-1].facts["without"] == [str(city.departments["roads"].id)]


def test_help_can_be_declined_by_the_head_with_a_reason(city: City, helped: Receipt) -> None:
    cast = city.cast
    with pytest.raises(Refused):
        city.does(cast.roads_handler, "decline_assist", helped, reason="非本单位道路")
    case = city.does(cast.roads_head, "decline_assist", helped, reason="非本单位道路")
    assert case.assisting_department_ids == set()
    assert stages(city, helped) == {Stage.HANDLE}


def test_an_assistant_that_was_late_makes_the_case_late(city: City, helped: Receipt, time: SetClock) -> None:
    time.passes(days=7)
    assert city.does(city.cast.roads_handler, "assisted", helped, reply="已断路").overdue


def test_while_a_return_is_ruled_on_assistants_do_not_lose_time(city: City, helped: Receipt, time: SetClock) -> None:
    cast = city.cast

    def due() -> object:
        with reading() as db:
            return next(one for one in timers.running(db, city.case(helped).id) if one.stage is Stage.ASSIST_HANDLE).due_at
    before = due()
    city.does(cast.water_head, "hand_back", helped, ground="不属本局")
    assert due() is None
    time.passes(hours=1)
    city.does(cast.adjudicator, "overrule", helped, reason="属你局")
    assert before is not None
    assert due() != before


def test_who_helped_sees_a_case_until_somebody_else_leads_it(city: City, helped: Receipt) -> None:
    cast = city.cast
    city.does(cast.roads_handler, "assisted", helped, reply="已断路")
    with reading() as db:
        assert search.find(db, cast.roads_handler, city.case(helped).number)
        assert search.page(db, cast.roads_handler, search.Wanted())[0]
    city.does(cast.water_head, "hand_back", helped, ground="不属本局")
    city.does(cast.adjudicator, "uphold", helped, reason="属实", lead=city.departments["office"].id)
    with reading() as db:
        assert search.page(db, cast.roads_handler, search.Wanted())[0] == []
        with pytest.raises(NotFound):
            search.find(db, cast.roads_handler, city.case(helped).number)
