"""Notices: whoever is told something beside the reports hears it once, by the way that reaches, in the language chosen."""
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.wording import Language
from casework.identity.followers import meet
from casework.identity.people import Actor, Citizen, Role
from casework.identity.sessions import MemorySender
from casework.notifications import dead_letters, delivery, messages, notices, preferences
from casework.notifications.dead_letters import State
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.storage.adopters import MINE, citizen

EN = "dig it out"


def happens(subject: uuid.UUID, times: int = 1) -> list[int]:
    """Events that tell this reader something; their ids."""
    with transaction() as db:
        for _ in range(times):
            outbox.publish(db, "adoption.reminded", subject, zh="该清雪了", en=EN)
        return list(db.scalars(select(Event.id).order_by(Event.id)))


def write(ids: list[int]) -> int:
    with transaction() as db:
        return notices.write(db, ids)


def told() -> list[tuple[Via, str]]:
    with reading() as db:
        return [(one.via, one.text) for one in db.scalars(select(Message).order_by(Message.created_at, Message.id))]


@pytest.fixture
def wechat(config: Settings) -> None:
    settings.configure(replace(config, wechat_app_id="wx1", wechat_secret="s", wechat_token="t"))


def test_by_sms_once_to_the_phone_that_was_proved(store: str, time: SetClock) -> None:
    me, sender = citizen(), MemorySender()
    ids = happens(me.id)  # type: ignore[arg-type]
    assert (write(ids), write(ids)) == (1, 0)
    with transaction() as db:
        assert messages.write(db, ids) == 0
    time.is_now("2026-03-02 23:00")
    assert delivery.send_waiting({Via.SMS: sender}) == {"until_morning": 1}
    time.is_now("2026-03-03 07:01")
    assert delivery.send_waiting({Via.SMS: sender}) == {"sent": 1}
    assert delivery.send_waiting({Via.SMS: sender}) == {}
    assert sender.sent == [(MINE, "该清雪了")]
    with reading() as db:
        assert [one.text for one in notices.told(db, me)] == ["该清雪了"]
        assert notices.told(db, Actor("user", me.id, "Li", frozenset({Role.OPERATOR}))) == []


def test_as_its_reader_has_chosen(store: str) -> None:
    me = citizen()
    with transaction() as db:
        preferences.choose(db, me, language=Language.EN, off={"sms": ["care"]})
    write(happens(me.id))  # type: ignore[arg-type]
    assert told() == [(Via.PAGE, EN)]
    with transaction() as db:
        preferences.choose(db, me, off={"sms": ["care"], "page": ["care"]})
    ids = happens(me.id)  # type: ignore[arg-type]
    assert write(ids) == 0


def test_in_wechat_where_that_is_how_somebody_came(store: str, time: SetClock, wechat: None) -> None:
    with transaction() as db:
        follower = meet(db, "wx1", "openid-1")
    write(happens(follower.id))
    assert told() == [(Via.WECHAT, "该清雪了")]
    sender = MemorySender()
    assert delivery.send_waiting({Via.WECHAT: sender}) == {"sent": 1}
    assert sender.sent == [("openid-1", "该清雪了")]


def test_on_the_page_of_who_cannot_be_written_to_any_more(store: str, time: SetClock, wechat: None) -> None:
    with transaction() as db:
        follower = meet(db, "wx1", "openid-1")
    time.passes(days=3)
    write(happens(follower.id))
    assert told() == [(Via.PAGE, "该清雪了")]


def test_who_is_not_there_any_more_is_told_nothing(store: str) -> None:
    me = citizen()
    with transaction() as db:
        db.get_one(Citizen, me.id).active = False
    assert (write(happens(me.id)), write(happens(uuid.uuid4()))) == (0, 0)  # type: ignore[arg-type]


def test_what_was_lost_on_the_way_is_found_and_what_was_told_is_not(store: str, time: SetClock) -> None:
    me = citizen()
    first, second = happens(me.id, 2)  # type: ignore[arg-type]
    happens(uuid.uuid4())
    with transaction() as db:
        outbox.mark_relayed(db, outbox.claim(db, 10))
    write([first])
    since, until = time.now(), time.passes(minutes=5)
    with reading() as db:
        assert notices.untold(db, since, until, 10) == [second]


def test_one_that_nobody_takes_ends_among_the_dead_with_its_phone_masked(store: str, time: SetClock) -> None:
    write(happens(citizen().id))  # type: ignore[arg-type]
    with transaction() as db:
        db.scalars(select(Message)).one().failed_at = time.now()
    with reading() as db:
        (dead,), _ = dead_letters.page(db, State.DEAD)
    assert (dead["case"], dead["to"], dead["kind"]) == (None, "138****8000", "care")
