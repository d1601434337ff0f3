"""A batch is worked at least once, whatever becomes of the worker; one bad id harms no other."""
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from casework.settings import Settings
from tests.workers import errands
from workers import queues
from workers.queues import Batch
from workers.run import work


def batch(*ids: str, queue: str = "triage") -> Batch:
    return Batch(queue, errands.run, list(ids), "1-9")


def noted(server: redis.Redis, key: str = errands.DONE) -> list[str]:
    return [raw.decode() for raw in server.lrange(key, 0, -1)]


def until(condition: object, seconds: float = 30) -> float:
    """Seconds until the condition held."""
    began = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def worker(config: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of its own."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "DATABASE_URL": config.database_url,
               "REDIS_URL": config.redis_url, "BLOB_URL": config.blob_url, "ZHIWANG_SIGNING_KEY": "A" * 43,
               "ZHIWANG_INDEX_KEY": "A" * 43, "ZHIWANG_DATA_KEYS": "k1:" + "A" * 43}
    process = subprocess.Popen([sys.executable, "-m", "workers.run"], env=environ)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_batches_are_worked_in_the_order_of_urgency(server: redis.Redis) -> None:
    queues.enqueue([batch("photo", queue="media"), batch("first"), batch("second"), batch("alarm", queue="deadlines")])
    assert queues.depth() == dict.fromkeys(queues.QUEUES, 0) | {"deadlines": 1, "triage": 2, "media": 1}
    work(queues.QUEUES, burst=True)
    assert noted(server) == ["alarm", "first", "second", "photo"]
    assert sum(queues.depth().values()) == 0


def test_a_finished_batch_leaves_nothing_behind(server: redis.Redis) -> None:
    queues.enqueue([batch("one")])
    work(queues.QUEUES, burst=True)
    left = {key.decode() for key in server.keys("*")} - {"rq:workers", "rq:queues", errands.DONE}
    assert {key for key in left if not key.startswith(("rq:worker:", "rq:workers:"))} == set()


def test_a_bad_id_is_given_up_alone(server: redis.Redis) -> None:
    queues.enqueue([batch("a", "b", "bad", "c", "d", "e", "f")])
    work(queues.QUEUES, burst=True)
    assert sorted(noted(server)) == ["a", "b", "c", "d", "e", "f"]
    assert queues.dead()["triage"] == 1
    assert queues.revive() == 1
    assert queues.depth()["triage"] == 1


def test_a_fault_that_passes_is_tried_again(server: redis.Redis) -> None:
    queues.enqueue([batch("a", "busy")])
    work(queues.QUEUES, burst=True)
    assert noted(server) == []
    assert sum(queues.dead().values()) == 0
    until(lambda: queues.upkeep() or queues.depth()["triage"])
    work(queues.QUEUES, burst=True)
    assert noted(server) == ["a", "busy"]


def test_nothing_is_queued_when_one_batch_is_wrong(server: redis.Redis) -> None:
    with pytest.raises(ValueError, match="is not a queue"):
        queues.enqueue([batch("a"), batch("b", queue="nowhere")])
    assert sum(queues.depth().values()) == 0


def test_the_job_of_a_killed_worker_runs_again_within_seconds(server: redis.Redis, config: Settings) -> None:
    queues.enqueue([batch("slow"), batch("next")])
    with worker(config) as first:
        until(lambda: server.exists(errands.SLOW))
        first.kill()
        first.wait()
    assert noted(server) == []
    seconds = until(queues.upkeep)
    assert seconds <= queues.ALIVE_SECONDS + 1
    with worker(config):
        until(lambda: queues.upkeep() or "slow" in noted(server))
    assert sorted(noted(server)) == ["next", "slow"]


def test_a_batch_that_was_taken_and_not_begun_goes_back(server: redis.Redis) -> None:
    queues.enqueue([batch("a")])
    server.sadd("zhiwang:workers", "gone")
    server.lmove("rq:queue:triage", queues.taken_key("gone"))
    assert queues.upkeep() == 1
    assert queues.depth()["triage"] == 1
    work(queues.QUEUES, burst=True)
    assert noted(server) == ["a"]


def test_a_batch_that_kills_every_worker_ends_among_the_dead(
        server: redis.Redis, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "RETRY_SECONDS", (1,))
    queues.enqueue([batch("die"), batch("good")])
    for _ in range(2):
        until(lambda: queues.depth()["triage"] > 0 or queues.upkeep())
        with worker(config) as doomed:
            doomed.wait(timeout=120)
        for name in server.smembers("zhiwang:workers"):  # the ten seconds are another test's
            server.delete(b"zhiwang:alive:" + name)
        queues.upkeep()
        time.sleep(1.1)
        queues.upkeep()
        if queues.dead()["triage"]:
            break
    assert queues.dead()["triage"] == 1


def test_a_worker_that_is_asked_to_stop_finishes_its_batch(server: redis.Redis, config: Settings) -> None:
    queues.enqueue([batch("slow"), batch("next")])
    with worker(config) as process:
        until(lambda: server.exists(errands.SLOW))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    assert noted(server) == ["slow"]
    assert queues.depth()["triage"] == 1
    assert server.smembers("zhiwang:workers") == set()


def test_an_idle_worker_stops_at_once(server: redis.Redis, config: Settings) -> None:
    with worker(config) as process:
        until(lambda: server.smembers("zhiwang:workers"))
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert until(lambda: process.poll() is not None) < 3
        assert process.returncode == 0
