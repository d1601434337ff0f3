"""A way on which nobody answers is asked once and then left alone; what goes by the other way goes on."""
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import settings
from casework.identity.sessions import MemorySender
from casework.notifications import delivery, preferences
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.notifications.senders import NotTakenError
from casework.settings import Settings
from casework.storage.database import reading, transaction
from tests import people
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.test_messages import dispatched, told_everything
from workers import notifications


class Hung:
    """A gateway that takes the connection and never says a word."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, to: str, text: str, key: str) -> None:
        self.asked += 1
        raise NotTakenError("ReadTimeout", away=True)


@pytest.fixture
def waiting(cast: people.Cast, config: Settings, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Six messages to phones and three mails are to be sent."""
    monkeypatch.setattr(notifications, "resting", {})
    settings.configure(replace(config, smtp_url="smtp://127.0.0.1:1?from=news@city.example"))
    with transaction() as db:
        preferences.choose(db, cast.water_handler, mail="handler@city.example")
    for number in range(3):
        dispatched(place=at_grid(number), reporter_phone=f"1381234567{number}")
    told_everything()
    yield
    settings.configure(config)


@pytest.mark.parametrize("batch", [2, 50])
def test_a_gateway_that_hangs_is_asked_once_and_holds_up_no_mail(waiting: None, batch: int) -> None:
    gateway, post = Hung(), MemorySender()
    fared = delivery.send_waiting({Via.SMS: gateway, Via.MAIL: post}, batch=batch)
    assert (gateway.asked, fared, fared.away) == (1, {"refused": 1, "sent": 3}, {Via.SMS})
    assert len(post.sent) == 3
    with reading() as db:  # the others were not tried, so nothing counts against them
        assert sorted(db.scalars(select(Message.attempts).where(Message.via == Via.SMS))) == [0, 0, 0, 0, 0, 1]
    assert delivery.send_waiting({Via.SMS: MemorySender()})["sent"] == 5


def test_the_workers_next_batches_do_not_ask_it_again_for_a_while(waiting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Hung()
    monkeypatch.setattr(notifications.senders, "carriers", lambda: {Via.SMS: gateway, Via.MAIL: MemorySender()})
    for _ in range(3):
        notifications.tell([])
    assert gateway.asked == 1
    notifications.resting[Via.SMS] -= notifications.REST_SECONDS
    notifications.tell([])
    assert gateway.asked == 2


def test_one_refused_phone_is_no_reason_to_leave_the_way_alone(waiting: None) -> None:
    class Strict(MemorySender):
        def send(self, to: str, text: str, key: str) -> None:
            if to == "13812345670":
                raise NotTakenError("HTTP 403", final=True)
            super().send(to, text, key)
    fared = delivery.send_waiting({Via.SMS: Strict(), Via.MAIL: MemorySender()})
    assert (fared, fared.away) == ({"given_up": 2, "sent": 7}, set())
