"""What lies beside a result: asked for, from the place, before and after; some of what was put right on the spot is checked."""
import sys
from dataclasses import replace

import pytest
from sqlalchemy import update

from casework.cases.report import Receipt
from casework.cases.workflow import Status, turn
from casework.errors import Conflict, Invalid
from casework.identity.people import Role
from casework.sla import policies, timers
from casework.sla.limits import Stage
from casework.sla.policies import Numbers
from casework.storage.database import reading, transaction
from casework.taxonomy import Evidence, Standard
from tests.factories import at_grid, case_of
from tests.storage.city import City


def asks(*evidence: Evidence, lenient: bool = False) -> None:
    """The manhole's standard asks for this."""
    with transaction() as db:
        db.execute(update(Standard).where(Standard.category_code == "10101").values(
            evidence=[str(one) for one in evidence], lenient=lenient))
    sys.modules["casework.taxonomy.catalogue"]._kept.clear()  # a version never changes outside of tests


@pytest.fixture
def all_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The city looks at all that was put right on the spot."""
    monkeypatch.setattr(policies, "numbers", lambda *_: replace(Numbers(), sample_share=100))


@pytest.fixture
def none_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "numbers", lambda *_: replace(Numbers(), sample_share=0))


def test_an_answer_from_far_away_is_refused(city: City, handled: Receipt) -> None:
    asks(Evidence.POSITION, Evidence.REPLY)
    with pytest.raises(Invalid) as refused:
        city.does(city.cast.water_handler, "resolve", handled, reply="好了")
    assert [fault.field for fault in refused.value.faults] == ["position"]
    with pytest.raises(Invalid, match="too far"):
        city.does(city.cast.water_handler, "resolve", handled, reply="好了", position=at_grid(0, 900))
    case = city.does(city.cast.water_handler, "resolve", handled, reply="好了", position=at_grid(0, 90))
    assert (case.status, case.flags, case.flagged) == (Status.RESOLVED, [], False)


def test_where_the_standard_is_lenient_it_is_flagged(city: City, handled: Receipt) -> None:
    cast = city.cast
    asks(Evidence.POSITION, Evidence.AFTER_PHOTO, lenient=True)
    case = city.does(cast.water_handler, "resolve", handled, reply="好了", position=at_grid(0, 900))
    assert case.flags == ["反馈缺处置后照片", "反馈位置距现场900米"]
    assert case.flagged
    case = city.does(cast.li, "pass", handled, position=at_grid(0, 0, 700), finding="好", photos=city.photo_of(cast.li))
    assert case.flags[2:] == ["核查通过位置距现场703米"]


def test_before_and_after_are_two_photos(city: City, handled: Receipt) -> None:
    cast = city.cast
    asks(Evidence.BEFORE_PHOTO, Evidence.AFTER_PHOTO)
    with pytest.raises(Invalid) as refused:
        city.does(cast.water_handler, "resolve", handled, reply="好了", photos=city.photo_of(cast.water_handler))
    assert [fault.reason for fault in refused.value.faults] == ["the standard asks for before_photo"]
    both = city.photo_of(cast.water_handler, "red") + city.photo_of(cast.water_handler, "blue")
    assert city.does(cast.water_handler, "resolve", handled, reply="好了", photos=both).status is Status.RESOLVED


def put_right(city: City) -> Receipt:
    """Li put a manhole right himself, which a person at triage had to categorise."""
    receipt = city.receives(reporter_id=city.cast.li.id, claimed_category="99999")
    city.triages(receipt)
    both = city.photo_of(city.cast.li, "red") + city.photo_of(city.cast.li, "blue")
    city.does(city.cast.li, "self_handle", receipt, category="10101", photos=both, position=at_grid(0))
    return receipt


@pytest.mark.usefixtures("none_sampled")
def test_what_is_put_right_on_the_spot_shows_before_and_after(city: City) -> None:
    receipt = city.receives(reporter_id=city.cast.li.id, claimed_category="99999")
    city.triages(receipt)
    with pytest.raises(Invalid, match="before and one from after"):
        city.does(city.cast.li, "self_handle", receipt, category="10101", photos=city.photo_of(city.cast.li),
                  position=at_grid(0))
    case = city.case(put_right(city))
    assert (case.status, case.sampled) == (Status.CLOSED, False)


@pytest.mark.usefixtures("all_sampled")
def test_a_sample_is_looked_at_by_somebody_else(city: City) -> None:
    cast, receipt = city.cast, put_right(city)
    case = city.case(receipt)
    assert (case.status, case.sampled, case.inspector_id) == (Status.RESOLVED, True, cast.wang.id)
    assert turn(case) is Role.GRID_WORKER
    with reading() as db:
        assert [one.stage for one in timers.running(db, case.id)] == [Stage.CHECK]
    case = city.does(cast.wang, "pass", receipt, position=at_grid(0), finding="属实", photos=city.photo_of(cast.wang, "pink"))
    assert case.status is Status.CLOSED


@pytest.mark.usefixtures("all_sampled")
def test_a_sample_that_is_not_put_right_goes_to_the_dispatcher(city: City) -> None:
    receipt = put_right(city)
    wang = city.cast.wang
    case = city.does(wang, "fail", receipt, position=at_grid(0), finding="仍松动", photos=city.photo_of(wang, "pink"))
    assert (case.status, case.waiting_for) == (Status.FILED, "返工：仍松动")
    with reading() as db:
        assert [one.stage for one in timers.running(db, case.id)] == [Stage.DISPATCH]


@pytest.mark.usefixtures("all_sampled")
def test_a_sample_is_never_checked_on_the_phone(city: City) -> None:
    receipt = put_right(city)
    with transaction() as db:
        case_of(db, receipt).category_code = "301"
    with pytest.raises(Conflict, match="drawn as a sample"):
        city.does(city.cast.operator, "decline", receipt, finding="来电人不同意")


def test_the_same_photo_twice_is_not_before_and_after(city: City, handled: Receipt) -> None:
    asks(Evidence.BEFORE_PHOTO, Evidence.AFTER_PHOTO)
    (one,) = city.photo_of(city.cast.water_handler)
    with pytest.raises(Invalid):
        city.does(city.cast.water_handler, "resolve", handled, reply="好了", photos=(one, one))
