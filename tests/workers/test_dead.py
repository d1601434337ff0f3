"""Batches that were given up are counted and tried again by hand."""
import pytest
import redis

from tests.workers import errands
from workers import dead, queues
from workers.queues import Batch
from workers.run import work


def test_they_are_counted_and_tried_once_more(server: redis.Redis) -> None:
    assert dead.main([]) == "none"
    queues.enqueue([Batch("triage", errands.run, ["a", "bad"], "1-1"), Batch("media", errands.run, ["bad"], "2-2")])
    work(queues.QUEUES, burst=True)
    assert sorted(dead.main(["list"]).splitlines()) == ["media  1", "triage  1"]
    assert dead.main(["revive"]) == "2 batches are tried again"
    assert (dead.main([]), queues.depth()["triage"]) == ("none", 1)


@pytest.mark.parametrize("asked", [["delete"], ["revive", "triage"]])
def test_nothing_else_is_done(asked: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"workers\.dead"):
        dead.main(asked)
