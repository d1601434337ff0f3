"""Batches of work that were given up, for administrators: how many, what they died of, and trying them again.

The same as `python -m workers.dead`, for whoever has no shell on the server. What the queues are is the workers' business:
here they are found by what Redis knows of.
"""
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import marshmallow as ma
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import InvalidJobOperation
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from api.auth import requires
from api.blueprint import Blueprint
from api.fields import Moment
from casework.errors import NotFound, Unavailable
from casework.settings import current

blueprint = Blueprint("queues", __name__, url_prefix="/api/v1/admin/queues", description="队列 Queues of work")

PATIENCE_SECONDS = 2
MOST = 200
"""Dead batches that are looked at one by one; all of them are counted."""

RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?=:|$)", re.ASCII)
"""How the line of an error begins that stands below the frames of a traceback."""

GIVEN_UP = re.compile(r"^workers\.job\.GivenUp: ([\w, ]+):", re.ASCII)
"""Which kinds of errors a job gave ids up for."""

REVIVED = 1000
"""Tried again at once."""


class DeadKindOut(ma.Schema):
    """What batches died of."""

    job = ma.fields.String(metadata={"description": "module and function"})
    fault = ma.fields.String(metadata={"description": "the kind of error; the log says what was wrong"})
    batches = ma.fields.Integer()
    last_at = Moment(allow_none=True)


class QueueOut(ma.Schema):
    """A queue, and what was given up."""

    name = ma.fields.String()
    waiting = ma.fields.Integer(metadata={"description": "batches"})
    dead = ma.fields.Integer(metadata={"description": "batches given up; forgotten after seven days"})
    faults = ma.fields.List(ma.fields.Nested(DeadKindOut()), metadata={"description": f"of the latest {MOST}"})


class QueuesOut(ma.Schema):
    """All that Redis knows of, by name."""

    items = ma.fields.List(ma.fields.Nested(QueueOut()))


class RevivedBatchesOut(ma.Schema):
    """How many are tried again."""

    revived = ma.fields.Integer()


@contextmanager
def _redis() -> Iterator[redis.Redis]:
    """Raises Unavailable when it does not answer."""
    try:
        with redis.Redis.from_url(current().redis_url, socket_connect_timeout=PATIENCE_SECONDS,
                                  socket_timeout=PATIENCE_SECONDS, retry=Retry(NoBackoff(), 0)) as connection:
            yield connection
    except redis.RedisError as error:
        raise Unavailable("the queue does not answer just now; reports are still taken", retry_after=5) from error


@blueprint.operation("GET", "", requires("queues.manage"), answer=QueuesOut())
def queues() -> dict[str, Any]:
    """Every queue: what waits, and what was given up with the kinds of faults. 503 when the queue does not answer."""
    with _redis() as connection:
        return {"items": [_described(queue) for queue in _all(connection)]}


@blueprint.operation("POST", "/<name>/revive", requires("queues.manage"), answer=RevivedBatchesOut())
def revive(name: str) -> dict[str, int]:
    """Try up to a thousand dead batches of this queue once more, the oldest first, after what was wrong is mended.

    Harmless for what is done already: jobs read the truth again.
    """
    with _redis() as connection:
        queue = next((one for one in _all(connection) if one.name == name), None)
        if queue is None:
            raise NotFound(f"there is no queue {name}")
        registry = _dead(queue)
        jobs = _jobs(queue, registry.get_job_ids(0, REVIVED - 1, cleanup=False))
        return {"revived": sum(_requeued(registry, job) for job in jobs)}


def _requeued(registry: FailedJobRegistry, job: Job) -> bool:
    """False where somebody else was quicker."""
    try:
        registry.requeue(job)
    except InvalidJobOperation:
        return False
    return True


def _all(connection: redis.Redis) -> list[Queue]:
    return sorted(Queue.all(connection=connection, serializer=JSONSerializer), key=lambda queue: queue.name)


def _dead(queue: Queue) -> FailedJobRegistry:
    return FailedJobRegistry(queue=queue)


def _jobs(queue: Queue, ids: list[str]) -> list[Job]:
    found = Job.fetch_many(ids, connection=queue.connection, serializer=JSONSerializer)
    return [job for job in found if job is not None]


def _described(queue: Queue) -> dict[str, Any]:
    registry = _dead(queue)
    jobs = _jobs(queue, registry.get_job_ids(0, MOST - 1, desc=True, cleanup=False))
    kinds = [(job, (str(job.func_name).removeprefix("workers."), _kind(job))) for job in jobs]
    last: dict[tuple[str, str], Any] = {}
    for job, kind in kinds:
        last[kind] = max(filter(None, (last.get(kind), job.ended_at)), default=None)
    counted = Counter(kind for _, kind in kinds)
    faults = [{"job": job, "fault": fault, "batches": batches, "last_at": last[job, fault]}
              for (job, fault), batches in counted.most_common()]
    return {"name": queue.name, "waiting": queue.count, "dead": registry.get_job_count(cleanup=False), "faults": faults}


def _kind(job: Job) -> str:
    """The name of the error alone: what it says may quote what somebody reported."""
    result = job.latest_result()
    frames = re.split(r"^  .*\n", result.exc_string or "", flags=re.MULTILINE) if result else [""]
    named = GIVEN_UP.match(frames[-1]) or RAISED.match(frames[-1])
    return named[1] if named else "unknown"
