"""Reporters are told once of what concerns them; alarms reach somebody once, and the case says whom."""
import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from casework import clock, dispatch, resolution
from casework.cases import alarms
from casework.cases.case import Case
from casework.cases.report import Channel, Receipt, Report
from casework.cases.workflow import Facts
from casework.identity.people import Department, Role
from casework.identity.sessions import MemorySender, Sender
from casework.notifications import delivery, inbox, messages
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.sla import timers
from casework.sla.escalation import Escalation
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic, desk
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of


def _everything_told() -> int:
    with transaction() as db:
        return messages.write(db, list(db.scalars(select(Event.id))))


def _told(receipt: Receipt) -> list[str]:
    with reading() as db:
        return [one.text for one in messages.told(db, db.get_one(Report, receipt.id))]


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
    worker = _received(channel=Channel.PDA, place=at_grid(0, 20), reporter_phone=None, reporter_id=cast.li.id)
    _everything_told()
    assert (len(_told(first)), len(_told(second)), len(_told(worker))) == (1, 1, 0)
    assert "并入案件" in _told(second)[0]
    with reading() as db:
        assert ["并入案件" in one["text"] for one in inbox.page(db, cast.li)[0]] == [True]  # grid workers have no tracking page


def test_a_refusal_carries_its_reason(cast: people.Cast) -> None:
    receipt = _received(claimed_category="99999")
    with transaction() as db:
        desk.VERBS["reject"](db, case_of(db, receipt), cast.triage, Facts(reason="不属政府职责"))
    _everything_told()
    assert _told(receipt)[-1].endswith("原因：不属政府职责")


def test_the_department_and_its_own_time_are_promised_as_they_were_when_it_was_dispatched(
        cast: people.Cast, time: SetClock) -> None:
    receipt = _received(claimed_category="10105")  # two working days, from Monday at ten; to be signed much earlier
    with transaction() as db:
        case = case_of(db, receipt)
        dispatch.dispatch_filed(db, [case.id])
    with transaction() as db:
        case = case_of(db, receipt)
        (promised,) = [one.due_at for one in timers.running(db, case.id) if one.stage is Stage.HANDLE]
        assert case.due_at < promised
        time.passes(hours=1)
        dispatch.VERBS["hand_back"](db, case, cast.roads_head, Facts(ground="属供水设施"))
        other = db.scalars(select(Department).where(Department.code == "water")).one()
        dispatch.VERBS["uphold"](db, case, cast.adjudicator, Facts(reason="退单成立", lead=other.id))
    _everything_told()
    said = [text for text in _told(receipt) if "办结" in text]
    assert [text.partition("已交由")[2].partition("办理")[0] for text in said] == ["道路养护中心", "水务局"]
    assert f"应于{promised.astimezone(clock.CITY):%Y年%m月%d日 %H:%M}前办结" in said[0]
    assert "03月04日 10:00" in said[0]
    assert "03月04日 11:00" in said[1]


class Gateway:
    """Takes messages, but not those to some phones; and is told to look around while it has one in hand."""

    def __init__(self, *bad: str, meanwhile: Callable[[], object] | None = None) -> None:
        self.bad, self.meanwhile, self.sent = bad, meanwhile, list[str]()

    def send(self, to: str, text: str, key: str) -> None:
        if self.meanwhile:
            self.meanwhile()
        if to in self.bad:
            raise ConnectionError(f"{to} is not a number")
        self.sent.append(to)


def _sent_by(gateway: Sender, **limits: int) -> Counter[str]:
    """What becomes of the messages to phones that are due."""
    return delivery.send_waiting({Via.SMS: gateway}, **limits)


PHONES = ("13800000000", "13800000001", "13800000002")


def _waiting() -> None:
    """Three citizens far from each other are each to be told that their case is filed."""
    for number, phone in enumerate(PHONES):
        _received(place=at_grid(number), reporter_phone=phone)
    assert _everything_told() == 3


def test_messages_are_sent_once_and_only_to_those_who_left_a_phone(cast: people.Cast) -> None:
    _received()
    _received(reporter_phone=None, place=at_grid(2))
    _everything_told()
    sender = MemorySender()
    assert _sent_by(sender) == {"sent": 1}
    assert _sent_by(sender) == {}
    assert [phone for phone, _ in sender.sent] == ["13812345678"]
    with reading() as db:
        assert None not in set(db.scalars(select(Message.sent_at)))


def test_a_phone_that_the_gateway_refuses_holds_up_no_other_and_repeats_none(cast: people.Cast, time: SetClock) -> None:
    _waiting()
    gateway = Gateway(PHONES[1])
    assert _sent_by(gateway, batch=2) == {"sent": 2, "refused": 1}
    assert gateway.sent == [PHONES[0], PHONES[2]]
    assert _sent_by(gateway) == {}  # not at once: it would only be refused again
    time.passes(minutes=1)
    gateway.bad = ()
    assert _sent_by(gateway) == {"sent": 1}
    assert gateway.sent == [PHONES[0], PHONES[2], PHONES[1]]


def test_what_is_refused_again_and_again_is_given_up_and_said_without_the_phone(cast: people.Cast, time: SetClock) -> None:
    _received(reporter_phone=PHONES[0])
    _everything_told()
    fared = Counter[str]()
    with capture_logs() as logs:
        for _ in range(20):
            fared += _sent_by(Gateway(PHONES[0]))
            time.passes(days=1)
    assert fared == {"refused": len(delivery.WAITS), "given_up": 1}
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["message_given_up"]
    assert PHONES[0] not in str(logs)
    with reading() as db:
        message = db.scalars(select(Message)).one()
        assert (message.sent_at, message.attempts, message.next_try_at) == (None, len(delivery.WAITS) + 1, None)
        assert message.failed_at is not None


def test_nobody_waits_for_the_gateway_at_the_database(cast: people.Cast) -> None:
    _received()
    _everything_told()

    def another_writes() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_received, place=at_grid(3), reporter_phone=None).result(timeout=10)
    assert _sent_by(Gateway(meanwhile=another_writes)) == {"sent": 1}


def test_two_that_send_share_the_messages_and_what_a_dead_one_held_is_sent_after_its_lease(
        cast: people.Cast, time: SetClock) -> None:
    _waiting()
    other = Gateway()

    def dies() -> None:
        _sent_by(other)
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        _sent_by(Gateway(meanwhile=dies), batch=2)
    assert other.sent == [PHONES[2]]
    time.moment += delivery.LEASE
    assert _sent_by(other) == {"sent": 2}
    assert sorted(other.sent) == sorted(PHONES)


def test_when_the_time_is_up_the_rest_is_left_to_the_next(cast: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _waiting()
    gateway, ticks = Gateway(), itertools.count()
    with monkeypatch.context() as patched:
        patched.setattr(delivery.time, "monotonic", lambda: float(next(ticks)))
        assert _sent_by(gateway, seconds=5) == {"sent": 1}
    assert _sent_by(gateway) == {"sent": 2}


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


def _first_warning_is_heard(stage: Stage) -> tuple[Role, uuid.UUID | None]:
    """A quarter of the stage's limit is used, and the settings ask to be warned then; whom it reached."""
    with transaction() as db:
        case = db.scalars(select(Case)).one()
        (timer,) = [one for one in timers.running(db, case.id) if one.stage is stage]
        outbox.publish(db, "timer.warned", case.id, timer_id=str(timer.id), stage=stage, share=25, department_id=None,
                       limit_round=1, late=False, missed=[])
    with transaction() as db:
        for event in db.scalars(select(Event).where(Event.name == "timer.warned")):
            alarms.hear(db, event)
        reached = db.scalars(select(Escalation).join(Timer, Timer.id == Escalation.timer_id).where(Timer.stage == stage)).one()
        return reached.role, reached.user_id


def test_who_was_sent_to_look_hears_of_it_and_not_the_grids_own_worker(cast: people.Cast) -> None:
    receipt = _received(channel=Channel.PDA, reporter_id=cast.li.id, reporter_phone=None, claimed_category="99999")
    with transaction() as db:
        case = case_of(db, receipt)
        desk.VERBS["verify"](db, case, cast.triage, Facts())
        assert case.inspector_id == cast.wang.id  # Li reported it himself
    assert _first_warning_is_heard(Stage.VERIFY) == (Role.GRID_WORKER, cast.wang.id)


def test_who_is_to_call_back_hears_of_it_and_no_grid_worker(cast: people.Cast) -> None:
    receipt = _received(channel=Channel.HOTLINE, claimed_category="301", text="何时通水")
    with transaction() as db:
        case = case_of(db, receipt)
        dispatch.dispatch_filed(db, [case.id])
        resolution.VERBS["sign"](db, case, cast.office_handler, Facts())
        resolution.VERBS["resolve"](db, case, cast.office_handler, Facts(reply="下月"))
    assert _first_warning_is_heard(Stage.CHECK) == (Role.OPERATOR, cast.operator.id)


def test_whom_an_alarm_reached_sees_it_among_his_own_the_latest_first(cast: people.Cast, time: SetClock) -> None:
    for number in range(3):
        _received(claimed_category="20101", place=at_grid(number))
    time.passes(hours=1, minutes=1)
    for share in (100, 150):
        with transaction() as db:
            assert {alarm.share for alarm in timers.sweep(db)} == {share}
            for event in db.scalars(select(Event).where(Event.name == "timer.overdue").order_by(Event.id)):
                alarms.hear(db, event)
        time.passes(minutes=30)
    with reading() as db:
        seen, after = [], None
        while page := alarms.mine(db, cast.supervisor, after=after, limit=2):
            seen += page[0]
            after = page[1]
            if after is None:
                break
        assert [(one["share"], one["stage"]) for one in seen] == [(100, Stage.DISPATCH)] * 3
        assert {one["case"] for one in seen} == set(db.scalars(select(Case.number)))
        assert [one["id"] for one in seen] == sorted((one["id"] for one in seen), reverse=True)
        assert [one["share"] for one in alarms.mine(db, cast.leader)[0]] == [150] * 3
        assert alarms.mine(db, cast.li) == ([], None)


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


def test_a_late_alarm_does_not_undo_the_time_that_was_given_back(cast: people.Cast, time: SetClock) -> None:
    receipt = _received(claimed_category="10105")
    with transaction() as db:
        dispatch.dispatch_filed(db, [case_of(db, receipt).id])
    with transaction() as db:
        dispatch.VERBS["hand_back"](db, case_of(db, receipt), cast.roads_head, Facts(ground="属供水设施"))
    time.passes(days=4)
    with transaction() as db:
        assert timers.sweep(db)
        case = case_of(db, receipt)
        dispatch.VERBS["uphold"](db, case, cast.adjudicator, Facts(reason="退单成立"))
        assert Stage.HANDLE not in {one.stage for one in timers.all_of(db, case.id) if one.overdue}
    with transaction() as db:
        overdue = case_of(db, receipt).overdue
        for event in db.scalars(select(Event).where(Event.name == "timer.overdue")):
            alarms.hear(db, event)
        case = case_of(db, receipt)
        heard = [line.facts["stage"] for line in case.history if line.action == "alarm"]
        assert (case.overdue, Stage.HANDLE in heard) == (overdue, False)


def test_an_alarm_of_time_that_was_extended_meanwhile_changes_nothing(cast: people.Cast, time: SetClock) -> None:
    receipt = _received(claimed_category="10105")
    with transaction() as db:
        dispatch.dispatch_filed(db, [case_of(db, receipt).id])
    with transaction() as db:
        for stage in (Stage.SIGN, Stage.CONTACT):
            timers.stop(db, case_of(db, receipt).id, stage, time.moment)
    time.passes(days=4)
    with transaction() as db:
        (alarm,) = timers.sweep(db)
        (handling,) = timers.running(db, alarm.case_id)
        assert (alarm.stage, handling.overdue) == (Stage.HANDLE, True)
        timers.extend(db, handling, 2, time.moment)
    with transaction() as db:
        for event in db.scalars(select(Event).where(Event.name == "timer.overdue")):
            alarms.hear(db, event)
        assert not case_of(db, receipt).overdue
