"""What is due runs once, whoever else keeps the timetable; what fails or dies comes again."""
import threading
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as time_of_day

import pytest
import redis
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from casework import clock, dispatch
from casework.cases.case import Case
from casework.cases.report import Channel, Said, receive
from casework.cases.workflow import Facts, Status
from casework.notifications import messages
from casework.notifications.messages import Message
from casework.sla import timers
from casework.sla.escalation import Escalation
from casework.storage import outbox, timetable
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic, desk
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, small_city
from tests.workers import errands
from workers import forgetting, queues, relay, schedule, upkeep
from workers.queues import Batch
from workers.run import work
from workers.schedule import TIMETABLE, Entry

EVERY_MINUTE = timedelta(minutes=1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, store: str, time: SetClock) -> list[str]:
    """A timetable with one task a minute and one a day, entered now; what they did is noted here."""
    notes: list[str] = []
    monkeypatch.setattr(schedule, "TIMETABLE", {
        "minutely": Entry(lambda: notes.append("minutely"), every=EVERY_MINUTE),
        "nightly": Entry(lambda: notes.append("nightly"), at=time_of_day(3, 10))})
    enter()
    return notes


def enter() -> None:
    with transaction() as db:
        timetable.enter(db, {name: one.next_after(clock.now()) for name, one in schedule.TIMETABLE.items()})


def test_a_task_runs_when_it_is_due_and_not_before(ran: list[str], time: SetClock) -> None:
    assert schedule.run_due() == []
    time.passes(seconds=61)
    assert schedule.run_due() == ["minutely"]
    assert schedule.run_due() == []
    time.passes(seconds=61)
    schedule.run_due()
    assert ran == ["minutely", "minutely"]


def test_after_an_outage_a_task_runs_once_and_not_for_every_time_it_missed(ran: list[str], time: SetClock) -> None:
    time.passes(hours=5)
    schedule.run_due()
    schedule.run_due()
    assert ran == ["minutely"]


def test_a_nightly_task_runs_at_its_time_in_the_city(ran: list[str], time: SetClock) -> None:
    time.is_now("2026-03-03 03:09")
    assert "nightly" not in schedule.run_due()
    time.is_now("2026-03-03 03:11")
    assert "nightly" in schedule.run_due()
    time.is_now("2026-03-04 03:09")
    assert "nightly" not in schedule.run_due()
    time.is_now("2026-03-04 03:10")
    assert "nightly" in schedule.run_due()


def test_a_schedule_that_starts_again_keeps_the_due_times(ran: list[str], time: SetClock) -> None:
    time.passes(seconds=59)
    enter()
    time.passes(seconds=2)
    assert schedule.run_due() == ["minutely"]


def test_a_task_that_is_no_more_is_forgotten(ran: list[str], time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(schedule.TIMETABLE, "minutely")
    enter()
    time.passes(days=2)
    assert schedule.run_due() == ["nightly"]


def test_two_schedules_never_double_a_task(ran: list[str], time: SetClock) -> None:
    time.passes(seconds=61)
    start = threading.Barrier(6)

    def keep() -> None:
        start.wait()
        schedule.run_due()
    threads = [threading.Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == ["minutely"]


def test_a_task_that_fails_comes_again_and_holds_up_no_other(
        ran: list[str], time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError
    monkeypatch.setitem(schedule.TIMETABLE, "another", Entry(fails, every=EVERY_MINUTE))
    enter()
    time.passes(seconds=61)
    assert sorted(schedule.run_due()) == ["another", "minutely"]
    time.passes(seconds=61)
    assert "another" in schedule.run_due()


def test_a_task_whose_schedule_dies_comes_again_after_its_lease(
        ran: list[str], time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies() -> None:
        raise KeyboardInterrupt
    monkeypatch.setitem(schedule.TIMETABLE, "minutely", Entry(dies, every=EVERY_MINUTE, lease=timedelta(seconds=30)))
    time.passes(seconds=61)
    with pytest.raises(KeyboardInterrupt):
        schedule.run_due()
    monkeypatch.setitem(schedule.TIMETABLE, "minutely", Entry(lambda: ran.append("healed"), every=EVERY_MINUTE))
    time.passes(seconds=29)
    assert schedule.run_due() == []
    time.passes(seconds=2)
    assert schedule.run_due() == ["minutely"]
    assert ran == ["healed"]


def test_a_task_that_meets_an_outage_comes_again_after_its_lease(
        ran: list[str], time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def meets_an_outage() -> None:
        raise OperationalError("select 1", {}, Exception("the server went away"))
    monkeypatch.setitem(schedule.TIMETABLE, "minutely", Entry(meets_an_outage, every=EVERY_MINUTE))
    time.passes(seconds=61)
    with pytest.raises(OperationalError):
        schedule.run_due()
    assert schedule.run_due() == []
    time.passes(seconds=61)
    with pytest.raises(OperationalError):
        schedule.run_due()


def said(text: str) -> Said:
    return Said(channel=Channel.PDA, source="pda-1", key=str(new_id()), text=text)


def events(name: str) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(Event.name == name)) or 0


@pytest.fixture
def _relayed(store: str, time: SetClock) -> None:
    """Two reports, announced and handed over, and never triaged."""
    with transaction() as db:
        receive(db, [said("路灯不亮"), said("井盖丢失")])
        outbox.mark_relayed(db, outbox.claim(db, 10))


@pytest.mark.usefixtures("_relayed")
def test_reports_that_got_lost_on_the_way_are_announced_again(time: SetClock, server: redis.Redis) -> None:
    upkeep.announce_waiting_reports()
    assert events("report.received") == 2
    time.passes(seconds=90)
    upkeep.announce_waiting_reports()
    assert events("report.received") == 4


@pytest.mark.usefixtures("_relayed")
def test_reports_that_only_stand_in_a_long_queue_are_not(time: SetClock, server: redis.Redis) -> None:
    time.passes(seconds=90)
    queues.enqueue([Batch("triage", errands.run, ["x"], "1-1")])
    upkeep.announce_waiting_reports()
    assert events("report.received") == 2


def test_reports_that_wait_for_the_relay_are_not_either(store: str, time: SetClock, server: redis.Redis) -> None:
    with transaction() as db:
        receive(db, [said("垃圾堆积")])
    time.passes(minutes=10)
    upkeep.announce_waiting_reports()
    assert events("report.received") == 1


@pytest.fixture
def lost(store: str, time: SetClock, server: redis.Redis) -> people.Cast:
    """A citizen's report is filed; what should follow was handed to Redis, which then was emptied; a day has almost passed."""
    with transaction() as db:
        cast = people.hire(db, small_city(db))
        receipt = a_report(db, channel=Channel.CITIZEN, reporter_phone="13812345678")
    automatic.triage([receipt.id])
    time.passes(hours=23)
    with transaction() as db:
        timers.sweep(db)
        outbox.mark_relayed(db, outbox.claim(db, 100))
    time.passes(seconds=61)
    return cast


def work_off() -> Counter[str]:
    """Everything that waits is handed over and worked; the events that were waiting, by name."""
    with reading() as db:
        waiting = Counter(db.scalars(select(Event.name).where(Event.relayed_at.is_(None))))
    relay.hand_over(100)
    work(queues.QUEUES, burst=True)
    return waiting


def test_what_an_emptied_redis_lost_is_done_all_the_same(lost: people.Cast) -> None:
    upkeep.dispatch_waiting_cases()
    work(queues.QUEUES, burst=True)
    with reading() as db:
        assert db.scalars(select(Case.status)).one() is Status.DISPATCHED
    assert work_off() == {"case.dispatch": 1}
    upkeep.announce_untold_news()
    assert work_off() == {"case.file": 1}
    assert work_off() == {"case.published": 1}  # the same event lets it be public
    with reading() as db:
        assert len(db.scalars(select(Message).where(Message.report_id.is_not(None))).all()) == 2
    for task in (upkeep.dispatch_waiting_cases, upkeep.announce_untold_news):
        task()
        assert queues.depth() == dict.fromkeys(queues.QUEUES, 0)
        assert work_off() == {}


def test_an_alarm_that_got_lost_is_heard_once(lost: people.Cast, time: SetClock) -> None:
    upkeep.announce_unheard_alarms()
    assert work_off() == {"timer.overdue": 1}
    with reading() as db:
        assert db.scalars(select(Escalation.user_id)).all() == [lost.leader.id]
    assert work_off() == {"case.changed": 1}  # devices that show the case are told that it is late
    time.passes(seconds=61)
    upkeep.announce_unheard_alarms()
    assert work_off() == {}


def test_what_came_to_nothing_lawfully_is_left_alone(lost: people.Cast) -> None:
    with transaction() as db:
        case = db.scalars(select(Case)).one()
        desk.VERBS["reject"](db, case, lost.triage, Facts(reason="重复"))
        seen = a_report(db, place=at_grid(2))  # by a grid worker, who is not told
    automatic.triage([seen.id])
    with transaction() as db:
        outbox.mark_relayed(db, outbox.claim(db, 100))
        messages.write(db, db.scalars(select(Event.id)).all())
        db.execute(update(Event).values(relayed_at=clock.now() - timedelta(minutes=2)))
    upkeep.announce_unheard_alarms()
    upkeep.announce_untold_news()
    assert work_off() == {}


def test_what_only_stands_in_a_long_queue_is_not_lost(lost: people.Cast) -> None:
    queues.enqueue([Batch(name, errands.run, ["x"], "1-1") for name in ("dispatching", "deadlines", "notifications")])
    before = queues.depth()
    for task in (upkeep.dispatch_waiting_cases, upkeep.announce_unheard_alarms, upkeep.announce_untold_news):
        task()
    with reading() as db:
        assert outbox.oldest_waiting(db) is None
    assert queues.depth() == before


def test_a_case_that_dispatching_stumbles_over_is_given_to_a_person_and_not_tried_for_ever(
        lost: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(*_: object) -> None:
        raise ZeroDivisionError
    monkeypatch.setattr(dispatch.responsibility, "find_many", stumbles)
    upkeep.dispatch_waiting_cases()
    work(queues.QUEUES, burst=True)
    upkeep.dispatch_waiting_cases()
    assert queues.depth()["dispatching"] == 0
    with reading() as db:
        assert db.scalars(select(Case.waiting_for)).one() == "自动派遣出错，请派遣员派遣"


def test_old_events_are_forgotten_and_waiting_ones_never(store: str, time: SetClock) -> None:
    with transaction() as db:
        outbox.publish_many(db, "report.received", [new_id() for _ in range(1200)])
        outbox.mark_relayed(db, outbox.claim(db, 1199))
    time.passes(days=20)
    with transaction() as db:
        outbox.publish(db, "report.received", new_id())
        outbox.mark_relayed(db, outbox.claim(db, 1))
    forgetting.forget_events()
    with reading() as db:
        left = db.scalars(select(Event)).all()
    assert len(left) == 2
    assert sum(event.relayed_at is None for event in left) == 1


@pytest.mark.parametrize("name", TIMETABLE)
def test_every_task_of_the_timetable_runs_on_an_empty_database(store: str, server: redis.Redis, name: str) -> None:
    entry = TIMETABLE[name]
    assert (entry.every is None) != (entry.at is None)
    entry.task()
    now = clock.now()
    assert now < entry.next_after(now) <= now + timedelta(days=1)


def test_next_times_hold_across_a_day_and_a_year() -> None:
    nightly = Entry(lambda: None, at=time_of_day(3, 10))
    eve = datetime(2026, 12, 31, 23, 59, tzinfo=clock.CITY)
    assert nightly.next_after(eve) == datetime(2027, 1, 1, 3, 10, tzinfo=clock.CITY)
    assert nightly.next_after(nightly.next_after(eve)) == datetime(2027, 1, 2, 3, 10, tzinfo=clock.CITY)
