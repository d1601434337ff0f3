"""What follows for adopters: reminded, warned and given up, told of weather, dates and cases on what they look after."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.cases import about, publication
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Facts
from casework.community.adoption import (
    care,
    following,
    kinds,
    occasions,
    reminders,
)
from casework.community.adoption.adopting import Adoption, Ended
from casework.community.adoption.kinds import Weather
from casework.community.adoption.reminders import Reminder
from casework.errors import Conflict, Invalid
from casework.identity import followers
from casework.identity.people import Actor, Role
from casework.registry.records import Entry
from casework.storage.database import reading, transaction
from casework.triage import automatic
from tests import people
from tests.conftest import SetClock
from tests.factories import GRIDS, a_report, at_grid, case_of
from tests.storage.adopters import (
    HERS,
    MINE,
    TREE,
    adopt,
    adoption,
    checks_in,
    citizen,
    component,
    forecast,
    spread,
    sweep,
    told,
)


def said(**facts: object) -> Receipt:
    with transaction() as db:
        return a_report(db, **{"channel": Channel.CITIZEN, "source": "web"} | facts)


# ---- while time passes

def test_reminded_warned_and_given_up_each_once(cast: people.Cast, time: SetClock) -> None:
    me, tree = citizen(), component(cast.steward, kind=TREE)
    mine = adopt(me, tree)
    assert (sweep(), told()) == (0, [])
    time.passes(days=31)
    assert (sweep(), sweep()) == (1, 0)
    assert [(to, words[:11]) for to, words in told()] == [(me.id, "您领养的行道树（000")]
    time.passes(days=46)
    assert (sweep(), sweep()) == (1, 0)
    assert "14天内" in told()[-1][1]
    time.passes(days=13)
    assert sweep() == 0
    time.passes(days=1.1)
    assert sweep() == 1
    assert (adoption(mine).ended, len(told())) == (Ended.LAPSED, 3)
    assert isinstance(adopt(citizen(HERS), tree), uuid.UUID)


def test_a_sign_of_care_after_the_warning_begins_anew(cast: people.Cast, time: SetClock) -> None:
    me = citizen()
    mine = adopt(me, component(cast.steward, kind=TREE))
    time.passes(days=80)
    sweep()
    assert adoption(mine).warned_at is not None
    checks_in(me, mine)
    time.passes(days=29)
    assert (sweep(), adoption(mine).warned_at, adoption(mine).ended_at) == (0, None, None)


def test_two_sweeps_at_once_say_it_once(cast: people.Cast, time: SetClock) -> None:
    for number in range(5):
        adopt(citizen(f"1380013800{number}"), component(cast.steward, number, kind=TREE))
    time.passes(days=31)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: sweep(), range(3)))
    assert len(told()) == 5


def test_new_terms_hold_for_what_was_adopted_before(cast: people.Cast, time: SetClock) -> None:
    mine = adopt(citizen(), component(cast.steward, kind=TREE))
    time.passes(days=8)
    with transaction() as db:
        care.change(db, cast.administrator, "10402", {"check_in_days": 7})
    assert (sweep(), len(told())) == (1, 1)
    with transaction() as db:
        care.change(db, cast.administrator, "10402", {"check_in_days": 60, "active": False})
    assert (sweep(), len(told()), adoption(mine).ended_at) == (1, 1, None)


def test_what_is_not_there_any_more_ends(cast: people.Cast, time: SetClock) -> None:
    me, tree = citizen(), component(cast.steward, kind=TREE)
    mine = adopt(me, tree)
    with reading() as db:
        head = db.get_one(Entry, tree).head
    component(cast.steward, entry_id=tree, base=head, state="missing")
    time.passes(days=31)
    sweep()
    assert (adoption(mine).ended, len(told())) == (Ended.GONE, 1)


@pytest.mark.parametrize(("code", "facts", "field"), [
    ("10402", {"lapse_days": 20}, "lapse_days"), ("10402", {"warn_days": 90}, "warn_days"),
    ("10402", {"dates": ["02-30"]}, "dates"), ("10402", {"dates": ["2-3"]}, "dates"),
    ("10402", {"weather": ["hail"]}, "weather"), ("201", {"zh": "x"}, "en"),
    ("20101", {"zh": "x", "en": "x", "expects_zh": "x", "expects_en": "x"}, "code")])
def test_terms_that_cannot_be(cast: people.Cast, code: str, facts: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused, transaction() as db:
        kinds.change(db, cast.administrator, code, facts)
    assert field in {one.field for one in refused.value.faults}


# ---- weather and dates

def test_before_snow_each_adopter_hears_once_of_all_that_it_concerns(cast: people.Cast) -> None:
    me, other, third = citizen(), citizen(HERS), citizen("13700137000")
    for number in range(4):
        adopt(me, component(cast.steward, number))
    adopt(other, component(cast.steward, 9, at_grid(3)))
    adopt(third, component(cast.steward, 8, kind=TREE))  # snow does not concern it
    snow = forecast()
    assert (spread(snow, cast), spread(snow, cast)) == (2, 2)
    assert {to for to, _ in told()} == {me.id, other.id}
    assert len(told()) == 2
    words = next(words for to, words in told() if to == me.id)
    assert words.startswith("预计2026年03月02日 22:00起有降雪，请提前看一看您领养的"
                            "消火栓（000000、000001、000002等4件）：清除周围积雪")
    assert spread(forecast(areas=[GRIDS[3][:12]]), cast) == 1
    with pytest.raises(Conflict), transaction() as db:
        occasions.notice(db, cast.administrator, forecast(key=snow.key, kind=Weather.HEAT))


def test_a_notice_reaches_everybody_however_many_and_two_at_once_say_it_once(
        cast: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occasions, "BATCH", 2)
    for number in range(5):
        adopt(citizen(f"1380013800{number}"), component(cast.steward, number))
    with transaction() as db:
        one = occasions.notice(db, cast.administrator, forecast()).id

    def run(_: int) -> None:
        more = True
        while more:
            with transaction() as db:
                more = occasions.spread(db, one)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    assert len({to for to, _ in told()}) == len(told()) == 5


def test_what_is_over_before_it_is_told_is_told_to_nobody(cast: people.Cast, time: SetClock) -> None:
    adopt(citizen(), component(cast.steward))
    with transaction() as db:
        one = occasions.notice(db, cast.administrator, forecast()).id
    time.passes(days=3)
    with transaction() as db:
        assert not occasions.spread(db, one)
    assert told() == []
    with reading() as db:
        assert occasions.waiting(db, clock.now()) == []


@pytest.mark.parametrize(("facts", "field"), [
    ({"areas": ["4403", "9999"]}, "areas.1"), ({"until": -1}, "until"), ({"since": -72, "until": -48}, "until"),
    ({"until": 24 * 60}, "until")])
def test_notices_that_cannot_be(cast: people.Cast, facts: dict[str, object], field: str) -> None:
    given = {name: clock.now() + timedelta(hours=value) if isinstance(value, int) else value for name, value in facts.items()}
    with pytest.raises(Invalid) as refused, transaction() as db:
        occasions.notice(db, cast.administrator, forecast(**given))
    assert field in {one.field for one in refused.value.faults}


def test_a_date_of_the_calendar_is_marked_once_and_by_the_citys_day(cast: people.Cast, time: SetClock) -> None:
    me = citizen()
    adopt(me, component(cast.steward))
    time.is_now("2026-11-14 23:59")
    with transaction() as db:
        assert occasions.mark_day(db) is None
    time.is_now("2026-11-15 08:30")
    for _ in range(2):
        with transaction() as db:
            marked = occasions.mark_day(db)
            assert marked is not None
    with transaction() as db:
        occasions.spread(db, marked.id)
    assert [words[:14] for _, words in told()] == ["今天请看一看您领养的消火栓（"]


# ---- cases on it

def filed(cast: people.Cast, receipt: Receipt, category: str = "10101", *, publish: bool = True) -> uuid.UUID:
    automatic.triage([receipt.id])
    with transaction() as db:
        case = case_of(db, receipt)
        case.category_code = category
        if case.status == "reported":
            case.categorise(db, "10101")
            case.move("file", cast.triage, Facts(category="10101"))
            case.category_code = category
        if publish:
            db.flush()
            publication.follow(db, [case.id])
        return case.id





def follow(case_id: uuid.UUID) -> int:
    with transaction() as db:
        return following.follow(db, [case_id])


def test_the_adopter_hears_once_of_a_case_that_names_the_component_or_lies_where_it_stands(cast: people.Cast) -> None:
    me, hydrant = citizen(), component(cast.steward)
    adopt(me, hydrant)
    named, near, aside = (said(place=place, reporter_phone=HERS, text="不出水，联系王小明")
                          for place in (at_grid(2), at_grid(0, 8), at_grid(0, 60)))
    with transaction() as db:
        about.concerns(db, named.id, hydrant)
    first, second, third = filed(cast, named), filed(cast, near, "10124"), filed(cast, aside, "10124")
    assert [follow(one) for one in (first, first, second, third)] == [1, 0, 1, 0]
    words = [words for _, words in told()]
    assert all("已立案" in one and "王小明" not in one and "不出水" not in one for one in words)
    with reading() as db:
        mine = db.scalars(select(Adoption)).one()
        assert [one["category"] for one in following.cases_of(db, mine, following.Language.ZH)] == ["上水井盖"]


def test_of_ones_own_case_and_of_one_in_confidence_nothing_is_told(cast: people.Cast) -> None:
    me, hydrant = citizen(), component(cast.steward)
    adopt(me, hydrant)
    mine, secret = said(place=at_grid(0), reporter_phone=MINE), said(place=at_grid(2), reporter_phone=HERS, confidential=True)
    with transaction() as db:
        for one in (mine, secret):
            about.concerns(db, one.id, hydrant)
    assert [follow(filed(cast, one)) for one in (mine, secret)] == [0, 0]
    with reading() as db:
        found = following.cases_of(db, db.scalars(select(Adoption)).one(), following.Language.ZH)
    assert len(found) == 1


def test_of_a_case_that_is_not_public_yet_the_adopter_hears_once_it_is(cast: people.Cast) -> None:
    hydrant = component(cast.steward)
    adopt(citizen(), hydrant)
    receipt = said(reporter_phone=HERS)
    with transaction() as db:
        about.concerns(db, receipt.id, hydrant)
    case_id = filed(cast, receipt, publish=False)
    assert follow(case_id) == 0
    with transaction() as db:
        assert publication.follow(db, [case_id]) == 1
    assert follow(case_id) == 1


def test_what_the_adopter_reports_on_it_is_a_sign_of_care(cast: people.Cast, time: SetClock) -> None:
    me, hydrant = citizen(), component(cast.steward)
    mine = adopt(me, hydrant)
    time.passes(days=10)
    report, others = said(reporter_phone=MINE, reporter_id=me.id), said(reporter_phone=HERS, reporter_id=citizen(HERS).id)
    with transaction() as db:
        for one in (report, others):
            about.concerns(db, one.id, hydrant)
    for expected in (1, 0):
        with transaction() as db:
            assert following.note_reports(db, [report.id, others.id]) == expected
    assert adoption(mine).seen_at == clock.now()


def test_what_an_adopter_in_wechat_reports_on_it_by_the_page_is_a_sign_of_care(cast: people.Cast, time: SetClock) -> None:
    with transaction() as db:
        me = Actor("citizen", followers.known(db, "wx1", "o-zhang"), "市民", frozenset({Role.CITIZEN}), openid_index="x")
    hydrant = component(cast.steward)
    mine = adopt(me, hydrant)
    time.passes(days=10)
    report = said(reporter_id=me.id)
    with transaction() as db:
        about.concerns(db, report.id, hydrant)
        assert following.note_reports(db, [report.id]) == 1
    assert adoption(mine).seen_at == clock.now()


def test_who_only_names_an_adopters_phone_shows_no_care(cast: people.Cast, time: SetClock) -> None:
    me, hydrant = citizen(), component(cast.steward)
    mine = adopt(me, hydrant)
    since = adoption(mine).seen_at
    time.passes(days=10)
    strangers = [said(reporter_phone=MINE), said(reporter_phone=MINE, reporter_id=citizen(HERS).id, text="另一件")]
    with transaction() as db:
        for one in strangers:
            about.concerns(db, one.id, hydrant)
    with transaction() as db:
        assert following.note_reports(db, [one.id for one in strangers]) == 0
    assert adoption(mine).seen_at == since


def test_words_count_what_they_do_not_name(cast: people.Cast) -> None:
    me = citizen()
    for number in range(4):
        adopt(me, component(cast.steward, number, kind=TREE))
    with reading() as db:
        every = db.scalars(select(Adoption).order_by(Adoption.code)).all()
        words = reminders.named(every, kinds.current(db), following.Language.EN)
        assert db.scalar(select(func.count()).select_from(Reminder)) == 0
    assert words.startswith("street tree (000000, 000001, 000002 and 1 more): water it")
