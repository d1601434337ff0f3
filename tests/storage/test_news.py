"""Reporters are told once of what concerns them; alarms reach somebody once, and the case says whom."""
import pytest
from sqlalchemy import select

from casework.cases import alarms
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Facts
from casework.identity.sessions import MemorySender
from casework.notifications import messages
from casework.sla import timers
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic, desk
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of, small_city


@pytest.fixture
def cast(store: str, time: SetClock) -> people.Cast:
    with transaction() as db:
        return people.hire(db, small_city(db))


def _everything_told() -> int:
    with transaction() as db:
        return messages.write(db, list(db.scalars(select(Event.id))))


def _told(receipt: Receipt) -> list[str]:
    with reading() as db:
        return [one.text for one in messages.told(db, receipt.id)]


def _received(**facts: object) -> Receipt:
    with transaction() as db:
        made = a_report(db, **({"channel": Channel.CITIZEN, "reporter_phone": "13812345678"} | facts))
    automatic.triage([made.id])
    return made


def test_an_event_is_told_once_however_often_it_is_handed_over(cast: people.Cast) -> None:
    receipt = _received()
    assert _everything_told() == 1
    assert _everything_told() == 0
    (text,) = _told(receipt)
    assert "已立案" in text


def test_who_joins_is_told_alone_and_of_nothing_that_was_before(cast: people.Cast, time: SetClock) -> None:
    first = _received()
    time.passes(minutes=5)
    second = _received(place=at_grid(0, 10), reporter_phone="13900000000")
    worker = _received(channel=Channel.PDA, place=at_grid(0, 20))
    _everything_told()
    assert (len(_told(first)), len(_told(second)), len(_told(worker))) == (1, 1, 1)
    assert "并入案件" in _told(second)[0]


def test_a_refusal_carries_its_reason(cast: people.Cast) -> None:
    receipt = _received(claimed_category="99999")
    with transaction() as db:
        desk.VERBS["reject"](db, case_of(db, receipt), cast.triage, Facts(reason="不属政府职责"))
    _everything_told()
    assert _told(receipt)[-1].endswith("原因：不属政府职责")


def test_messages_are_sent_once_and_only_to_those_who_left_a_phone(cast: people.Cast) -> None:
    _received()
    _received(reporter_phone=None, place=at_grid(2))
    _everything_told()
    sender = MemorySender()
    with transaction() as db:
        assert messages.send_waiting(db, sender) == 2
    with transaction() as db:
        assert messages.send_waiting(db, sender) == 0
    assert [phone for phone, _ in sender.sent] == ["13812345678"]


def test_a_message_that_the_gateway_did_not_take_waits(cast: people.Cast) -> None:
    class Broken:
        def send(self, phone: str, text: str) -> None:
            raise ConnectionError("gateway")
    _received()
    _everything_told()
    with pytest.raises(ConnectionError), transaction() as db:
        messages.send_waiting(db, Broken())
    sender = MemorySender()
    with transaction() as db:
        assert messages.send_waiting(db, sender) == 1
    assert len(sender.sent) == 1


def test_an_alarm_reaches_somebody_once_and_stands_in_the_history(cast: people.Cast, time: SetClock) -> None:
    receipt = _received(claimed_category="20101")
    time.passes(hours=1, minutes=1)
    with transaction() as db:
        assert len(timers.sweep(db)) == 1
    for _ in range(2):
        with transaction() as db:
            for event in db.scalars(select(Event).where(Event.name.startswith("timer."))):
                alarms.hear(db, event)
    with reading() as db:
        case = case_of(db, receipt)
        (line,) = [line for line in case.history if line.action == "alarm"]
        assert case.overdue
    assert (line.facts["stage"], line.facts["share"], line.facts["user"]) == ("dispatch", 100, str(cast.supervisor.id))


def test_an_alarm_of_a_case_that_is_over_changes_nothing(cast: people.Cast, time: SetClock) -> None:
    receipt = _received(claimed_category="99999")
    time.passes(hours=2)
    with transaction() as db:
        timers.sweep(db)
        desk.VERBS["reject"](db, case_of(db, receipt), cast.triage, Facts(reason="重复来电"))
    with transaction() as db:
        for event in db.scalars(select(Event).where(Event.name.startswith("timer."))):
            alarms.hear(db, event)
        assert "alarm" not in {line.action for line in case_of(db, receipt).history}
