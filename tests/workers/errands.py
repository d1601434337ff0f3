"""Jobs for tests: they note what they were given in Redis, and fail, wait or die when an id says so."""
import os
import signal
import time

from casework.errors import Unavailable
from workers import queues
from workers.job import job

DONE, OTHER, SLOW = "test:done", "test:other", "test:slow"


@job
def run(ids: list[str]) -> None:
    """Note every id; "bad" raises, "chatty" quotes somebody, "busy" is refused the first time, "die" kills the process, "slow"
    takes a second."""
    redis = queues.connection()
    if "bad" in ids:
        raise ValueError("this id cannot be worked")
    if "chatty" in ids:
        raise LookupError("nobody is called\n王小明 13800138000\n\nValueError: 王小明")
    if "busy" in ids and redis.incr("test:busy") == 1:
        raise Unavailable("not just now")
    if "die" in ids:
        os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in ids:
        redis.set(SLOW, 1)
        time.sleep(1)
    redis.rpush(DONE, *ids)


@job
def other(ids: list[str]) -> None:
    """A second job, to see what goes where."""
    queues.connection().rpush(OTHER, *ids)
