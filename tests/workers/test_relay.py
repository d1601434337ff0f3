"""Events reach their jobs in order, at least once, whoever is away meanwhile."""
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select

from casework import settings
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.workers import errands
from workers import queues, relay
from workers.relay import Line
from workers.run import work


@pytest.fixture(autouse=True)
def wiring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events with consequences, one of them with two, and one without."""
    monkeypatch.setattr(relay, "JOBS", {
        "report.received": (Line("triage", errands.run, batch=3), Line("notifications", errands.other)),
        "timer.overdue": (Line("deadlines", errands.other, events=True),)})
    monkeypatch.setattr(relay, "NOTHING", {"case.sign": "the desk shows it"})


@pytest.fixture
def _redis_away(config: Settings) -> Iterator[None]:
    settings.configure(replace(config, redis_url="redis://127.0.0.1:1/0"))
    queues.forget_connection()
    yield
    settings.configure(config)
    queues.forget_connection()


def publish(name: str, count: int = 1) -> list[str]:
    subjects = [new_id() for _ in range(count)]
    with transaction() as db:
        outbox.publish_many(db, name, subjects)
    return [str(subject) for subject in subjects]


def waiting() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(Event.relayed_at.is_(None))) or 0


def noted(server: redis.Redis, key: str = errands.DONE) -> list[str]:
    return [raw.decode() for raw in server.lrange(key, 0, -1)]


class Asked:
    """A stop that was asked for when nothing waits any more, or after so many looks."""

    def __init__(self, looks: int = 10) -> None:
        self.looks = looks

    def asked(self) -> bool:
        return self.looks <= 0

    def wait(self, _seconds: float) -> bool:
        self.looks -= 1
        time.sleep(0.02)
        return self.asked()


def test_events_reach_their_jobs_in_order_and_in_batches(store: str, server: redis.Redis) -> None:
    reports = publish("report.received", 7)
    assert relay.hand_over(100) == 7
    assert queues.depth()["triage"] == 3
    assert queues.depth()["notifications"] == 1
    work(queues.QUEUES, burst=True)
    assert noted(server) == reports
    assert noted(server, errands.OTHER) == reports
    assert relay.hand_over(100) == 0


def test_a_subject_to_which_much_happened_is_worked_once_a_batch(store: str, server: redis.Redis) -> None:
    subject = new_id()
    with transaction() as db:
        outbox.publish_many(db, "report.received", [subject, subject, new_id(), subject])
    relay.hand_over(100)
    work(queues.QUEUES, burst=True)
    assert len(noted(server)) == 2


def test_a_line_may_ask_for_the_events_themselves(store: str, server: redis.Redis) -> None:
    publish("timer.overdue", 2)
    with reading() as db:
        ids = [str(one) for one in db.scalars(select(Event.id).order_by(Event.id))]
    relay.hand_over(100)
    work(queues.QUEUES, burst=True)
    assert noted(server, errands.OTHER) == ids


def test_what_has_no_consequence_is_marked_and_so_is_what_nobody_knows(store: str, server: redis.Redis) -> None:
    publish("case.sign")
    publish("moon.landed")
    assert relay.hand_over(100) == 2
    assert waiting() == 0
    assert sum(queues.depth().values()) == 0


@pytest.mark.usefixtures("_redis_away")
def test_nothing_is_marked_while_redis_is_away(store: str) -> None:
    publish("report.received", 5)
    began = time.monotonic()
    with pytest.raises(queues.UNREACHABLE):
        relay.hand_over(100)
    assert time.monotonic() - began < 2
    assert waiting() == 5


def test_the_relay_waits_out_an_outage(store: str, server: redis.Redis, config: Settings,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    publish("report.received", 4)
    settings.configure(replace(config, redis_url="redis://127.0.0.1:1/0"))
    queues.forget_connection()
    relay.run(Asked(looks=2))
    assert waiting() == 4
    settings.configure(config)
    queues.forget_connection()
    relay.run(Asked(looks=2))
    assert waiting() == 0


def test_what_was_handed_over_just_before_a_crash_is_handed_over_again(store: str, server: redis.Redis) -> None:
    reports = publish("report.received", 3)
    relay.hand_over(100)
    server.flushdb()  # the power went, and with it what Valkey had not written down
    relay.run(Asked(looks=2))
    work(queues.QUEUES, burst=True)
    assert noted(server) == reports


def test_a_crash_between_handing_over_and_marking_repeats_and_loses_nothing(
        store: str, server: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = publish("report.received", 3)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(outbox, "mark_relayed", crash)
        relay.hand_over(100)
    assert relay.hand_over(100) == 3
    work(queues.QUEUES, burst=True)
    assert noted(server) == reports * 2


def test_several_relays_lose_nothing(store: str, server: redis.Redis) -> None:
    reports = publish("report.received", 300)
    start = threading.Barrier(3)

    def drain() -> None:
        start.wait()
        while waiting():
            relay.hand_over(20)
    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(queues.QUEUES, burst=True)
    assert sorted(noted(server)) == sorted(reports)


def test_reports_still_come_in_while_redis_hangs(sqlite: str, config: Settings) -> None:
    """SQLite has one write lock; a relay that waits for Redis must not hold it."""
    publish("report.received", 5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes calls and never answers
        settings.configure(replace(config, redis_url=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"))
        queues.forget_connection()
        thread = threading.Thread(target=relay.run, args=(Asked(looks=1),))
        thread.start()
        slowest = 0.0
        while thread.is_alive():
            began = time.monotonic()
            publish("report.received")
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.01)
    settings.configure(config)
    queues.forget_connection()
    assert slowest < 1.5


def test_events_of_long_ago_are_not_repeated(store: str, server: redis.Redis) -> None:
    publish("report.received", 3)
    relay.hand_over(100)
    assert relay.repeat_since(timedelta(seconds=-1)) == 0
    assert relay.repeat_since(timedelta(seconds=10)) == 3
