"""Adoption: taken once by however many hands reach for it, by shops that were looked into, and looked after."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from casework import clock
from casework.community import erasing
from casework.community.adoption import (
    adopting,
    check_ins,
    components,
    kinds,
    shops,
)
from casework.community.adoption.adopting import Adoption, Ended
from casework.community.adoption.check_ins import CheckIn
from casework.community.adoption.shops import Shop, ShopState
from casework.community.persons import Person
from casework.community.points.ledger import Line
from casework.errors import Conflict, Invalid, NotFound, Unauthenticated
from casework.geography.coordinates import Point
from casework.identity.followers import meet
from casework.identity.people import ANONYMOUS, Actor, Role
from casework.identity.privacy import blind_index
from casework.media import Photo
from casework.storage import blobs
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.adopters import (
    HERS,
    LAMP,
    MINE,
    TREE,
    adopt,
    adoption,
    checks_in,
    citizen,
    component,
    forecast,
    prepared,
    sent,
    spread,
    told,
)
from workers import community, media

# ---- adopting

def test_many_reach_for_one_component_and_one_has_it(cast: people.Cast) -> None:
    hydrant = component(cast.steward)
    each = [citizen(f"1380013800{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda one: adopt(one, hydrant), each))
    assert sorted(str(one) for one in got if isinstance(one, str)) == ["this has been adopted already"] * 5
    winner = each[next(number for number, one in enumerate(got) if isinstance(one, uuid.UUID))]
    assert adopt(winner, hydrant) in got  # again is the same
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Adoption)) == 1


def test_one_person_who_reaches_for_many_at_once_has_no_more_than_may_be(cast: people.Cast) -> None:
    me, things = citizen(), [component(cast.steward, number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda one: adopt(me, one), things))
    assert sum(isinstance(one, uuid.UUID) for one in got) == 5
    assert {one for one in got if isinstance(one, str)} == {"one person may adopt 5; give one back first"}
    with transaction() as db:
        adopting.give_back(db, me, next(one for one in got if isinstance(one, uuid.UUID)))
    assert isinstance(adopt(me, things[got.index("one person may adopt 5; give one back first")]), uuid.UUID)


def test_what_was_given_back_is_free_and_giving_it_back_again_changes_nothing(cast: people.Cast) -> None:
    me, other, hydrant = citizen(), citizen(HERS), component(cast.steward)
    first = adopt(me, hydrant)
    assert isinstance(first, uuid.UUID)
    with pytest.raises(NotFound), transaction() as db:
        adopting.give_back(db, other, first)
    for _ in range(2):
        with transaction() as db:
            assert adopting.give_back(db, me, first).ended is Ended.GIVEN_BACK
    assert isinstance(adopt(other, hydrant), uuid.UUID)
    assert adopt(me, hydrant) == "this has been adopted already"


def test_several_may_adopt_one_where_the_kind_says_so(cast: people.Cast) -> None:
    tree = component(cast.steward, kind=TREE)
    with transaction() as db:
        kinds.change(db, cast.administrator, "10402", {"adopters": 2})
    me, other, third = (citizen(f"1380013800{number}") for number in range(3))
    first = adopt(me, tree)
    assert isinstance(adopt(other, tree), uuid.UUID)
    assert adopt(third, tree) == "this has been adopted already"
    with transaction() as db:
        adopting.give_back(db, me, first)  # type: ignore[arg-type]
    assert isinstance(adopt(third, tree), uuid.UUID)


def test_only_what_is_there_and_may_be_adopted_and_by_whom_is_known(cast: people.Cast) -> None:
    me = citizen()
    lamp, gone = component(cast.steward, kind=LAMP), component(cast.steward, 2, state="missing")
    for one in (lamp, gone, uuid.uuid4()):
        assert "component" in str(adopt(me, one))
    with transaction() as db:
        kinds.change(db, cast.administrator, "10137", {
            "zh": "路灯", "en": "lamp", "expects_zh": "不亮就报", "expects_en": "report when it is dark"})
        kinds.change(db, cast.administrator, "10124", {"active": False})
    assert isinstance(adopt(me, lamp), uuid.UUID)
    assert adopt(me, component(cast.steward, 3)) == "no component that may be adopted"
    stranger = Actor("citizen", None, "市民", frozenset({Role.CITIZEN}), report_id=uuid.uuid4())
    for nobody in (ANONYMOUS, stranger):
        with pytest.raises(Unauthenticated), transaction() as db:
            adopting.adopt(db, nobody, lamp)


def test_a_person_in_wechat_adopts_as_well(cast: people.Cast) -> None:
    with transaction() as db:
        follower = meet(db, "wx1", "openid-1")
    me = Actor("citizen", follower.id, "市民", frozenset({Role.CITIZEN}))
    assert isinstance(adopt(me, component(cast.steward)), uuid.UUID)
    assert spread(forecast(), cast) == 1
    assert [to for to, _ in told()] == [follower.id]


def test_near_shows_public_facts_the_nearest_first_and_of_adopters_nothing_but_that_there_are_some(cast: people.Cast) -> None:
    me = citizen()
    near, far, there = (component(cast.steward, number, at_grid(0, east)) for number, east in ((1, 20), (2, 80), (3, 900)))
    component(cast.steward, 4, at_grid(0, 5), kind=LAMP)
    component(cast.steward, 5, at_grid(0, 6), state="missing")
    tree = component(cast.steward, 6, at_grid(0, 50), kind=TREE)
    adopt(me, far)
    with reading() as db:
        found = components.near(db, at_grid(0), metres=300)
        assert [(one["id"], one["kind"], one["code"], one["adopted"]) for one in found] == [
            (near, "10124", "000001", False), (tree, "10402", "000006", False), (far, "10124", "000002", True)]
        assert abs(found[0]["metres"] - 20) <= 1
        assert set(found[0]) == {"id", "kind", "name", "code", "lon", "lat", "metres", "adopted", "adopters"}
        assert [one["id"] for one in components.near(db, at_grid(0), metres=5000, kind="10124")] == [near, far, there]
        assert components.near(db, Point(0, 0), metres=300) == []


# ---- shops

def test_a_shop_adopts_once_it_is_confirmed_and_is_named_once_somebody_looked(cast: people.Cast) -> None:
    me, other, hydrant, key = citizen(), citizen(HERS), component(cast.steward), uuid.uuid4()
    for _ in range(2):
        with transaction() as db:
            shop = shops.propose(db, me, key=key, name="老张包子铺", contact="13811112222", wants_name=True)
    assert adopt(me, hydrant, shop.id) == "this shop is not confirmed yet"
    assert adopt(other, hydrant, shop.id) == "no shop of yours"
    with reading() as db:
        assert [one.id for one in shops.waiting(db)[0]] == [shop.id]
    with pytest.raises(Invalid), transaction() as db:
        shops.decide(db, cast.steward, shop.id, confirm=False)
    with transaction() as db:
        assert shops.decide(db, cast.steward, shop.id, confirm=True).state is ShopState.CONFIRMED
    assert isinstance(adopt(me, hydrant, shop.id), uuid.UUID)
    with reading() as db:
        assert [one["adopters"] for one in components.near(db, at_grid(0), metres=50)] == [[]]
        assert shops.waiting(db) == ([], None)
    with transaction() as db:
        shops.decide(db, cast.steward, shop.id, confirm=True, shown="老张包子铺")
    with reading() as db:
        assert [one["adopters"] for one in components.near(db, at_grid(0), metres=50)] == [["老张包子铺"]]


def test_a_name_that_nobody_asked_to_show_is_not_shown_and_a_code_that_cannot_be_is_refused(cast: people.Cast) -> None:
    me = citizen()
    with transaction() as db:
        shop = shops.propose(db, me, key=uuid.uuid4(), name="某店", contact="电话")
    with pytest.raises(Invalid), transaction() as db:
        shops.decide(db, cast.steward, shop.id, confirm=True, shown="某店")
    for code in ("123", "91440300708461136T"):
        with pytest.raises(Invalid) as refused, transaction() as db:
            shops.propose(db, me, key=uuid.uuid4(), name="某店", contact="电话", code=code)
        assert [one.field for one in refused.value.faults] == ["credit_code"]


# ---- check-ins

def test_a_check_in_near_by_with_a_new_photo_has_no_flag_and_counts_once_a_day(cast: people.Cast, time: SetClock) -> None:
    me = citizen()
    mine = adopt(me, component(cast.steward))
    made = [checks_in(me, mine, colour) for colour in ("red", "green")]
    time.passes(days=1)
    made.append(checks_in(me, mine, "blue"))
    assert [one.flags for one in made] == [[], [], []]
    prepared(*made)
    for one in made * 2:
        with transaction() as db:
            check_ins.award(db, one.id)
    with reading() as db:
        assert [one.points for one in db.scalars(select(Line).order_by(Line.number))] == [3, 3]
        assert db.scalars(select(Event.subject).where(Event.name == "adoption.checked_in")).all() == [one.id for one in made]
        assert not hasattr(made[0], "lon")  # where somebody stood is kept nowhere


def test_what_is_odd_is_flagged_and_kept_and_earns_nothing(cast: people.Cast, time: SetClock) -> None:
    me = citizen()
    mine = adopt(me, component(cast.steward))
    far = checks_in(me, mine, "red", place=at_grid(0, 400))
    assert (far.flags, far.metres, far.flagged) == (["far"], 400, True)
    assert checks_in(me, mine, "green", place=None).flags == ["no_place"]
    assert checks_in(me, mine, "red").flags == ["photo_again"]
    assert checks_in(me, mine, "blue", place=at_grid(0, 150), accuracy=60.0).flags == []
    old = sent("olive")
    with transaction() as db:
        photo = db.get_one(Photo, old[0])
        photo.taken_at, photo.lon, photo.lat = clock.now() - timedelta(days=3), 114.5, 22.6
    assert checks_in(me, mine, photos=[old]).flags == ["photo_far", "photo_old"]
    with transaction() as db:
        assert not check_ins.award(db, far.id)
    with reading() as db:
        assert [one.flags for one, _ in check_ins.flagged(db)[0]] == [
            ["photo_far", "photo_old"], ["photo_again"], ["no_place"], ["far"]]


def test_a_photo_that_cannot_be_shown_earns_nothing_and_points_wait_for_those_that_can(cast: people.Cast) -> None:
    me = citizen()
    mine = adopt(me, component(cast.steward))
    broken, good = sent("red"), sent("green")
    with reading() as db:
        blobs.delete(db.get_one(Photo, broken[0]).original_key)
    both, alone = checks_in(me, mine, photos=[sent("blue"), broken]), checks_in(me, mine, photos=[good])
    community.award_check_ins([both.id.hex, alone.id.hex])  # before anybody has looked into a photo
    assert points() == []
    for _ in range(2):
        prepared(both)
        media.process([broken[0].hex])
        community.award_check_ins([both.id.hex])
    assert points() == []
    for _ in range(2):
        media.process([good[0].hex])
    assert points() == [3]


def points() -> list[int]:
    with reading() as db:
        return list(db.scalars(select(Line.points).order_by(Line.number)))


def test_a_check_in_that_is_sent_again_is_one_and_a_photo_is_used_once(cast: people.Cast) -> None:
    me = citizen()
    mine = adopt(me, component(cast.steward))
    key, photo = uuid.uuid4(), sent()
    first = checks_in(me, mine, key=key, photos=[photo])
    assert checks_in(me, mine, key=key, photos=[photo]).id == first.id
    with pytest.raises(Conflict):
        checks_in(me, mine, key=key, photos=[photo], note="别的")
    for wrong in (photo, (uuid.uuid4(), "x"), (sent("red")[0], "x")):
        with pytest.raises(Invalid) as refused:
            checks_in(me, mine, photos=[sent("blue"), wrong])
        assert [one.field for one in refused.value.faults] == ["photos.1"]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(CheckIn)) == 1
        assert db.get_one(Photo, photo[0]).check_in_id == first.id


def test_nobody_checks_in_for_another_or_after_the_end(cast: people.Cast) -> None:
    me, other = citizen(), citizen(HERS)
    mine = adopt(me, component(cast.steward))
    with pytest.raises(NotFound):
        checks_in(other, mine)
    with transaction() as db:
        adopting.give_back(db, me, mine)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        checks_in(me, mine)


# ---- erased

@pytest.mark.parametrize("by_its_ties_alone", [False, True])
def test_who_is_erased_leaves_counts_and_nothing_else(cast: people.Cast, by_its_ties_alone: bool) -> None:
    me, hydrant = citizen(), component(cast.steward)
    mine = adopt(me, hydrant)
    made = checks_in(me, mine, note="我家门口")
    prepared(made)
    with transaction() as db:
        check_ins.award(db, made.id)
        shops.propose(db, me, key=uuid.uuid4(), name="老张包子铺", contact=MINE)
    with transaction() as db:
        if by_its_ties_alone:  # as whoever cuts the ties does who knows nothing of adoptions
            db.execute(update(Person).values(phone_index=None).execution_options(synchronize_session=False))
            assert [erasing.forget_untied(db, 10) for _ in range(2)] == [1, 0]
        else:
            assert [erasing.forget(db, phone_index=blind_index("phone", MINE)) for _ in range(2)] == [1, 0]
    with reading() as db:
        shop, kept, photo = (db.scalars(select(model)).one() for model in (Shop, CheckIn, Photo))
        assert (shop.name, shop.contact, kept.note, photo.given) == (None, None, None, False)
        assert (adoption(mine).ended, db.scalars(select(Line)).one().points) == (Ended.ERASED, 3)
    assert spread(forecast(), cast) == 0
    assert isinstance(adopt(citizen(HERS), hydrant), uuid.UUID)
