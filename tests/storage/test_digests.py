"""Digests: one message a day of all that is followed so, of what everybody may know by then, without what is heard anyway."""
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import clock, settings
from casework.cases.report import Receipt
from casework.cases.subscribers import Follow, Rhythm, Subscriber, next_digest
from casework.cases.wording import Language
from casework.community import subscriptions
from casework.community.subscriptions import Kind
from casework.identity.sessions import MemorySender
from casework.notifications import delivery, digests
from casework.notifications.rules import Via
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.following import (
    COMMUNITY,
    NEIGHBOUR,
    citizen,
    follows,
    follows_case,
    number_of,
    published,
    taken_back,
    told_followers,
)
from tests.storage.test_following import suspended
from tests.storage.test_messages import dispatched, told_everything
from workers.forgetting import until_fewer

MINE, OTHER = "13700000001", "13700000002"
STREET = "440301001"


def a_public_case(grid: int = 0, **facts: object) -> Receipt:
    return published(dispatched(**({"place": at_grid(grid), "reporter_phone": None} | facts)))


def digested() -> int:
    """The timetable's task and what follows of it; how many follows were due."""
    with transaction() as db:
        due = digests.due(db, 500)
    with transaction() as db:
        digests.write(db, list(db.scalars(select(Event.id).where(Event.name == digests.DUE))))
    return due


def sent() -> list[tuple[str, str]]:
    sender = MemorySender()
    delivery.send_waiting({Via.SMS: sender})
    return [(phone, text) for phone, text in sender.sent if "您关注" in text or "follow" in text]


def test_once_a_day_what_is_new_of_all_that_is_followed_in_one_message(cast: people.Cast, time: SetClock) -> None:
    old = a_public_case(0)
    time.passes(minutes=1)
    me = citizen(MINE)
    follows(me, Kind.AREA, COMMUNITY)
    follows(me, Kind.CATEGORY, "10105", area=STREET)
    follows(me, Kind.AREA, NEIGHBOUR, category="201")
    time.passes(minutes=1)
    here, lamp = a_public_case(1), a_public_case(2, claimed_category="10105")
    elsewhere = a_public_case(3)
    assert digested() == 0
    time.is_now("2026-03-02 17:30")
    assert digested() == 3
    ((phone, text),) = sent()
    assert phone == MINE
    assert text.startswith("您关注的内容有2件新动态：")
    assert [number_of(one) in text for one in (here, lamp, old, elsewhere)] == [True, True, False, False]
    assert f"{number_of(lamp)} 路灯，北坡社区 新增" in text
    assert (digested(), told_everything() > 0, sent()) == (0, True, [])
    time.is_now("2026-03-03 17:29")
    a_public_case(1, text="又一个", place=at_grid(1, 300))
    assert digested() == 0
    time.is_now("2026-03-03 17:31")
    assert digested() == 3
    assert len(sent()) == 1


def test_with_nothing_new_nothing_is_sent(cast: people.Cast, time: SetClock) -> None:
    follows(citizen(MINE), Kind.AREA, COMMUNITY)
    time.is_now("2026-03-02 18:00")
    assert (digested(), told_followers()) == (1, [])


def test_what_somebody_reported_or_follows_at_once_is_left_out(cast: people.Cast, time: SetClock) -> None:
    me = citizen(MINE)
    follows(me, Kind.AREA, COMMUNITY)
    time.passes(minutes=1)
    a_public_case(0, reporter_phone=MINE)
    follows_case(me, a_public_case(1))
    time.is_now("2026-03-02 18:00")
    assert (digested(), told_followers()) == (1, [])


def test_a_case_followed_day_by_day_is_told_with_how_it_stands(cast: people.Cast, time: SetClock) -> None:
    receipt = a_public_case(0)
    time.passes(minutes=1)
    follows(citizen(MINE), Kind.CASE, number_of(receipt), rhythm=Rhythm.DAILY, language=Language.EN)
    time.passes(minutes=1)
    suspended(receipt, cast)
    told_everything()
    assert told_followers() == []
    time.is_now("2026-03-02 18:00")
    digested()
    (text,) = told_followers()
    assert text.startswith("1 of the cases you follow are new or have moved: ")
    assert "rests by approval" in text
    assert "Unsubscribe" in text or "unsubscribe" in text


def test_what_was_taken_back_is_not_in_it_and_one_that_waits_is_written_anew(
        cast: people.Cast, time: SetClock, config: Settings) -> None:
    follows(citizen(MINE), Kind.AREA, COMMUNITY)
    time.passes(minutes=1)
    gone, later, stays = a_public_case(0), a_public_case(1), a_public_case(1, place=at_grid(1, 300), claimed_category="20101")
    taken_back(gone)
    time.is_now("2026-03-02 18:00")
    digested()
    (text,) = told_followers()
    assert [number_of(one) in text for one in (gone, later, stays)] == [False, True, True]
    taken_back(later)
    time.passes(minutes=1)
    assert sent() == []  # it does not hold any more
    with transaction() as db:
        again = [one.id for one in outbox.claim(db, 1000) if one.name == digests.DUE]
        assert digests.write(db, again) == 1
    ((_, text),) = sent()
    assert [number_of(one) in text for one in (gone, later, stays)] == [False, False, True]


def test_many_are_counted_few_are_named_and_the_link_has_room(cast: people.Cast, time: SetClock, config: Settings) -> None:
    settings.configure(replace(config, public_url="https://social-governance.city.example"))
    follows(citizen(MINE), Kind.AREA, STREET)
    time.passes(minutes=1)
    made = [a_public_case(number % 4, place=at_grid(number % 4, -300 + 120 * (number // 4), 0)) for number in range(10)]
    time.is_now("2026-03-02 18:00")
    digested()
    (text,) = told_followers()
    assert text.startswith("您关注的内容有10件新动态：")
    assert 5 <= sum(number_of(one) in text for one in made) <= digests.MOST
    assert len(text) < delivery.SMS_LENGTH
    assert re.search(r"……退订：https://social-governance.city.example/unsubscribe/[0-9a-f]{64}$", text)


def test_everybody_gets_his_own_and_repeated_none_gets_two(cast: people.Cast, time: SetClock) -> None:
    follows(citizen(MINE), Kind.AREA, COMMUNITY)
    follows(citizen(OTHER), Kind.AREA, NEIGHBOUR)
    time.passes(minutes=1)
    a_public_case(0), a_public_case(2)
    time.is_now("2026-03-02 18:00")
    assert digested() == 2
    digested()
    assert sorted((phone, "南塘" in text) for phone, text in sent()) == [(MINE, True), (OTHER, False)]


def test_lost_with_redis_it_is_found_and_written_and_then_not_found_again(cast: people.Cast, time: SetClock) -> None:
    follows(citizen(MINE), Kind.AREA, COMMUNITY)
    time.passes(minutes=1)
    a_public_case(0)
    begun = clock.now()
    time.is_now("2026-03-02 18:00")
    with transaction() as db:
        digests.due(db, 500)
        outbox.mark_relayed(db, outbox.claim(db, 1000))
    time.passes(minutes=5)
    with transaction() as db:
        lost = digests.unwritten(db, begun, clock.now(), 10)
        assert (len(lost), digests.write(db, lost)) == (1, 1)
    with reading() as db:
        assert digests.unwritten(db, begun, clock.now(), 10) == []


def test_who_follows_much_is_one_of_a_batch(cast: people.Cast, time: SetClock) -> None:
    for number in range(4):
        for area in (COMMUNITY, NEIGHBOUR, STREET):
            follows(citizen(f"1370000000{number}"), Kind.AREA, area)
    time.is_now("2026-03-02 18:00")
    until_fewer(digests.due, 5)  # a batch that is not full says that nothing is left
    with reading() as db:
        assert len(db.scalars(select(Event.id).where(Event.name == digests.DUE)).all()) == 4


def test_who_wants_to_hear_less_often_misses_nothing(cast: people.Cast, time: SetClock) -> None:
    me = citizen(MINE)
    follows(me, Kind.AREA, COMMUNITY)
    time.is_now("2026-03-02 18:00")
    assert (digested(), told_followers()) == (1, [])
    time.passes(minutes=1)
    receipt = a_public_case(0)
    time.passes(minutes=1)
    follows(me, Kind.AREA, COMMUNITY, rhythm=Rhythm.WEEKLY)
    time.is_now("2026-03-09 18:00")
    digested()
    (text,) = told_followers()
    assert number_of(receipt) in text


def test_unsubscribed_before_it_is_written_there_is_none(cast: people.Cast, time: SetClock) -> None:
    made = follows(citizen(MINE), Kind.AREA, COMMUNITY)
    time.passes(minutes=1)
    a_public_case(0)
    time.is_now("2026-03-02 18:00")
    with transaction() as db:
        assert digests.due(db, 500) == 1
    with transaction() as db:
        subscriptions.end(db, db.get_one(Subscriber, made.subscriber_id), made.id)
    assert (digested(), told_followers()) == (0, [])


def test_ended_and_begun_again_it_still_comes_once_that_day(cast: people.Cast, time: SetClock) -> None:
    me = citizen(MINE)
    made = follows(me, Kind.AREA, COMMUNITY)
    time.passes(minutes=1)
    a_public_case(0)
    time.is_now("2026-03-02 17:31")
    digested()
    with transaction() as db:
        subscriptions.end(db, db.get_one(Subscriber, made.subscriber_id))
    follows(me, Kind.AREA, COMMUNITY)
    time.passes(hours=5)
    assert digested() == 0
    with reading() as db:
        assert db.scalars(select(Follow.due_at)).one() == next_digest(Rhythm.DAILY, clock.now())


@pytest.mark.parametrize(("rhythm", "here", "there"), [
    (Rhythm.DAILY, "2026-03-02 10:00", "2026-03-02 17:30"), (Rhythm.DAILY, "2026-03-02 17:30", "2026-03-03 17:30"),
    (Rhythm.WEEKLY, "2026-03-02 10:00", "2026-03-02 17:30"), (Rhythm.WEEKLY, "2026-03-02 17:30", "2026-03-09 17:30"),
    (Rhythm.WEEKLY, "2026-03-08 23:59", "2026-03-09 17:30")])
def test_when_it_comes(config: Settings, time: SetClock, rhythm: Rhythm, here: str, there: str) -> None:
    assert next_digest(rhythm, time.is_now(here)) == time.is_now(there)
    assert next_digest(Rhythm.AT_ONCE, clock.now()) is None


def test_a_city_says_at_which_hour(config: Settings, time: SetClock) -> None:
    environment = {"DATABASE_URL": "sqlite:////tmp/z.db", "REDIS_URL": "redis://127.0.0.1", "BLOB_URL": "file:///tmp/blobs"}
    environment |= dict.fromkeys(("ZHIWANG_SIGNING_KEY", "ZHIWANG_INDEX_KEY"), "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M")
    environment["ZHIWANG_DATA_KEYS"] = f"k1:{environment['ZHIWANG_INDEX_KEY']}"
    settings.configure(replace(config, digest_at=settings.load(environment | {"ZHIWANG_DIGEST_AT": "08:05"}).digest_at))
    assert next_digest(Rhythm.DAILY, time.is_now("2026-03-02 10:00")) == time.is_now("2026-03-03 08:05")
    for name, wrong in (("DIGEST_AT", "24:00"), ("DIGEST_AT", "8"), ("PUBLIC_URL", "city.example"),
                        ("PUBLIC_URL", "https://city.example?x=1"), ("SUBSCRIPTIONS", "0")):
        with pytest.raises(settings.SettingsError, match=f"ZHIWANG_{name}"):
            settings.load(environment | {f"ZHIWANG_{name}": wrong})
