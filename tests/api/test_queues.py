"""Administrators see which batches of work were given up, and try them again from the browser."""

import pytest
import redis
from rq import Queue
from rq.job import Job

from api import queues as admin
from casework.settings import Settings
from tests.api.test_health import free_port
from tests.api.town import Town, ok, problem
from tests.workers import errands
from workers import queues
from workers.queues import Batch
from workers.run import work

QUEUES = "/api/v1/admin/queues"


def test_what_was_given_up_is_told_and_tried_once_more(town: Town, server: redis.Redis) -> None:
    queues.enqueue([Batch("triage", errands.run, ["a", "bad"], "1-1"), Batch("media", errands.run, ["good"], "2-2")])
    work(queues.QUEUES, burst=True)
    found = {one["name"]: one for one in ok(town.administrator.get(QUEUES))["items"]}
    (fault,) = found["triage"]["faults"]
    assert (found["triage"]["dead"], found["triage"]["waiting"], found["media"]["dead"]) == (1, 0, 0)
    assert (fault["job"], fault["fault"], fault["batches"]) == ("tests.workers.errands.run", "ValueError", 1)
    assert fault["last_at"]
    assert ok(town.administrator.post(f"{QUEUES}/triage/revive")) == {"revived": 1}
    assert (queues.dead()["triage"], queues.depth()["triage"]) == (0, 1)
    assert ok(town.administrator.post(f"{QUEUES}/triage/revive")) == {"revived": 0}


def test_only_administrators_and_only_queues_that_are_there(town: Town, server: redis.Redis) -> None:
    problem(town.supervisor.get(QUEUES), 403)
    problem(town.stranger.post(f"{QUEUES}/triage/revive"), 401)
    problem(town.administrator.post(f"{QUEUES}/nowhere/revive"), 404)


def test_a_queue_that_does_not_answer_is_said(town: Town, config: Settings) -> None:
    object.__setattr__(config, "redis_url", f"redis://127.0.0.1:{free_port()}/0")
    assert problem(town.administrator.get(QUEUES), 503)["detail"]


def test_an_error_is_named_without_what_it_quotes(town: Town, server: redis.Redis) -> None:
    queues.enqueue([Batch("triage", errands.run, ["chatty"], "1-1")])
    work(queues.QUEUES, burst=True)
    answer = town.administrator.get(QUEUES)
    assert "王小明" not in answer.text
    (queue,) = [one for one in ok(answer)["items"] if one["name"] == "triage"]
    assert [(one["fault"], one["batches"]) for one in queue["faults"]] == [("LookupError", 1)]


def test_two_administrators_at_once_try_it_once(town: Town, server: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    queues.enqueue([Batch("triage", errands.run, ["a", "bad"], "1-1")])
    work(queues.QUEUES, burst=True)
    looked = admin._jobs

    def slowly(queue: Queue, ids: list[str]) -> list[Job]:
        found = looked(queue, ids)
        monkeypatch.setattr(admin, "_jobs", looked)
        assert ok(town.administrator.post(f"{QUEUES}/triage/revive")) == {"revived": 1}
        return found

    monkeypatch.setattr(admin, "_jobs", slowly)
    assert ok(town.administrator.post(f"{QUEUES}/triage/revive")) == {"revived": 0}
    assert queues.depth()["triage"] == 1
