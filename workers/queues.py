"""The only place that knows Redis and RQ: the queues, what goes in, what waits, what died, and what a dead worker held.

The database is the truth; Redis carries work from the relay to the workers and may be emptied at any time without loss.
"""
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry as Reconnect
from rq import Queue, Retry, get_current_job
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from casework import settings

QUEUES = ("deadlines", "triage", "dispatching", "notifications", "fieldwork", "media", "exchange", "figures")
"""In order of urgency: a worker empties the first before it looks at the second."""

UNREACHABLE: tuple[type[Exception], ...] = (RedisConnectionError, RedisTimeoutError)

TOO_SLOW = JobTimeoutException
"""Raised inside a job that ran longer than JOB_SECONDS."""

JOB_SECONDS = 180
DEAD_DAYS = 7
RETRY_SECONDS = (1, 5, 15, 60, 120, 300, 600, 1200)
"""Waits before the next attempt: an outage of half an hour heals by itself, a longer one by the schedule."""

ALIVE_SECONDS = 10
"""A worker that has not said so for this long is dead, and its job goes to another."""

_WORKERS = "zhiwang:workers"
_connection: Redis | None = None

Function = Callable[[list[str]], None]
"""A job: takes ids, reads the truth again, bears repetition."""


@dataclass(frozen=True)
class Batch:
    """Ids for one run of one job. `label` says in logs where they came from (letters, digits, _ and -)."""

    queue: str
    job: Function
    ids: list[str]
    label: str


def connect(patience: int) -> Redis:
    """A connection of one's own. `patience` is how many times it tries again, and for each of these to connect: with 0
    an absent server is noticed at once and a silent one in two seconds, with 6 an absent one in about five."""
    return Redis.from_url(
        settings.current().redis_url, socket_connect_timeout=1, socket_timeout=2, health_check_interval=15,
        retry=Reconnect(ExponentialBackoff(cap=1, base=0.05), patience), client_name=f"zhiwang-{os.getpid()}")


def connection() -> Redis:
    """The connection of this process."""
    global _connection  # noqa: PLW0603 - one pool a process
    if _connection is None:
        _connection = connect(patience=0)  # relay and schedule wait by themselves, and hold no lock meanwhile
    return _connection


def forget_connection() -> None:
    """The next connection() reads the settings again."""
    global _connection  # noqa: PLW0603 - see connection()
    if _connection is not None:
        _connection.close()
    _connection = None


def queue(name: str, over: Redis | None = None) -> Queue:
    """The RQ queue of this name. Arguments travel as JSON: nobody who reaches Redis can make a worker run a pickle."""
    if name not in QUEUES:
        raise ValueError(f"{name} is not a queue; known are {', '.join(QUEUES)}")
    return Queue(name, connection=over or connection(), serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def enqueue(batches: Sequence[Batch]) -> None:
    """Put these on their queues, all or none, in order. Raises one of UNREACHABLE when Redis does not take them.

    Every batch gets an id of its own: a repeated hand-over must not replace the arguments of one that waits or runs.
    """
    with connection().pipeline() as pipeline:
        for batch in batches:
            target = queue(batch.queue)
            target.enqueue_many([_job_data(batch)], pipeline=pipeline)
        pipeline.execute()


def _job_data(batch: Batch) -> Any:
    name = f"{batch.job.__module__.rpartition('.')[2]}-{batch.job.__name__}"
    return Queue.prepare_data(
        batch.job, [batch.ids], job_id=f"{name}-{batch.label}-{uuid.uuid4().hex[:8]}", timeout=JOB_SECONDS,
        result_ttl=0, failure_ttl=DEAD_DAYS * 86_400, description=f"{name} {len(batch.ids)}",
        retry=Retry(max=len(RETRY_SECONDS), interval=list(RETRY_SECONDS)))


def depth() -> dict[str, int]:
    """How many batches wait on each queue."""
    with connection().pipeline() as pipeline:
        for name in QUEUES:
            pipeline.llen(queue(name).key)
        return dict(zip(QUEUES, cast("list[int]", pipeline.execute()), strict=True))


def dead() -> dict[str, int]:
    """How many batches of each queue were given up in the last DEAD_DAYS days and wait for a person."""
    return {name: FailedJobRegistry(queue=queue(name)).get_job_count(cleanup=False) for name in QUEUES}


def revive() -> int:
    """Try every dead batch once more, after the fault was mended. Returns how many."""
    revived = 0
    for name in QUEUES:
        registry = FailedJobRegistry(queue=queue(name))
        for job_id in registry.get_job_ids():
            registry.requeue(job_id)
            revived += 1
    return revived


def current_job_id() -> str | None:
    """The id of the job that this process runs just now."""
    job = get_current_job()
    return job.id if job else None


def give_up() -> None:
    """The running job's failure is final: no further attempt; it goes to the dead batches."""
    job = get_current_job()
    if job:
        job.retries_left = 0


def server() -> str:
    """Which run of the server answers: another value means that it started anew and may have lost its last second."""
    return str(connection().info("server")["run_id"])


# What a worker holds. RQ pops a job before it records who runs it, and waits for the job's timeout and a minute more
# before it believes that a worker is dead. Here a job moves in one command to a list of the worker's own, the worker
# says every two seconds that it lives, and upkeep() returns what the dead ones held.

def worker_name() -> str:
    """A name that no other worker ever has."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def taken_key(worker: str) -> str:
    """The list of job ids that a worker holds."""
    return f"zhiwang:taken:{worker}"


def say_alive(worker: str, over: Redis) -> None:
    """Keep this worker's jobs for ALIVE_SECONDS more."""
    with over.pipeline() as pipeline:
        pipeline.sadd(_WORKERS, worker)
        pipeline.set(f"zhiwang:alive:{worker}", 1, ex=ALIVE_SECONDS)
        pipeline.execute()


def say_goodbye(worker: str, over: Redis) -> None:
    """This worker stops; what it still holds goes back to its queue."""
    _return_taken(worker, over)
    over.delete(f"zhiwang:alive:{worker}")
    over.srem(_WORKERS, worker)


def upkeep() -> int:
    """Return what dead workers held, queue the retries that are due, forget old dead batches. Harmless in parallel.

    Returns how many jobs were returned.
    """
    returned = 0
    for raw in cast("set[bytes]", connection().smembers(_WORKERS)):
        worker = raw.decode()
        if not connection().exists(f"zhiwang:alive:{worker}"):
            returned += _return_taken(worker, connection())
            connection().srem(_WORKERS, worker)
    for name in QUEUES:
        _queue_due_retries(queue(name))
        FailedJobRegistry(queue=queue(name)).cleanup()
    return returned


def _return_taken(worker: str, over: Redis) -> int:
    held = [raw.decode() for raw in cast("list[bytes]", over.lrange(taken_key(worker), 0, -1))]
    for job_id in held:
        if Job.exists(job_id, connection=over):
            _return(Job.fetch(job_id, connection=over, serializer=JSONSerializer), over)
    over.delete(taken_key(worker))
    return len(held)


def _return(job: Job, over: Redis) -> None:
    origin = queue(job.origin, over)
    status = job.get_status(refresh=False)
    if status == JobStatus.QUEUED:  # taken and not yet begun
        over.lpush(origin.key, job.id)
    elif status == JobStatus.STARTED:
        # Age its execution, and RQ's own cleanup counts the attempt: what kills every worker ends among the dead.
        started = StartedJobRegistry(queue=origin)
        for held_id, execution in started.get_job_and_execution_ids(cleanup=False):
            if held_id == job.id:
                over.zadd(started.key, {f"{held_id}:{execution}": 1}, xx=True)
        started.cleanup()


def _queue_due_retries(target: Queue) -> None:
    due: ScheduledJobRegistry = target.scheduled_job_registry
    for job_id in due.get_jobs_to_schedule():
        if Job.exists(job_id, connection=target.connection):
            target.enqueue_job(Job.fetch(job_id, connection=target.connection, serializer=JSONSerializer))
        due.remove(job_id)  # after, not before: to queue it twice is harmless, to forget it is not
