"""A worker: takes batches from its queues, one at a time, until asked to stop. `python -m workers.run [queue …]`.

What makes it surer than RQ's own stands in queues.py: what it holds is on a list of its own; it says that it lives.
"""
import os
import sys
import threading
import time
from typing import Any

import structlog
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from workers import queues
from workers.job import start

LOOK_SECONDS = 0.05
BEAT_SECONDS = 2.0
STUCK_SECONDS = 30
"""So long after JOB_SECONDS a batch hangs in native code, where no signal reaches it: the process ends itself."""

log = structlog.get_logger("zhiwang.worker")

_TAKE = """
for at = 2, #KEYS do
  local job = redis.call('LMOVE', KEYS[at], KEYS[1], 'LEFT', 'RIGHT')
  if job then return {KEYS[at], job} end
end
"""


class BatchWorker(SimpleWorker):
    """Runs batches in this process, without a fork each, and leaves nothing behind when it is killed."""

    connection_timeout = 5  # we never block on Redis, so a command that takes longer is one that is lost
    log_result_lifespan = False

    def __init__(self, names: tuple[str, ...], over: Redis) -> None:
        super().__init__([queues.queue(name, over) for name in names], name=queues.worker_name(), connection=over,
                         serializer=JSONSerializer, log_job_description=False)
        self.asked_to_stop = False
        self.busy_since: float | None = None
        self.heart = threading.Thread(target=self._beat, name="heart", daemon=True)
        self._take = over.register_script(_TAKE)
        self._stopped = threading.Event()

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        queues.say_alive(self.name, self.connection)
        super().bootstrap(*args, **kwargs)
        self.heart.start()

    def dequeue_job_and_maintain_ttl(
            self, timeout: int | None, _max_idle_time: int | None = None) -> tuple[Job, Queue] | None:
        """Wait for a batch. `timeout` None means burst: return None when all queues are empty."""
        self.set_state("idle")
        looked, keys = 0.0, [queues.taken_key(self.name), *self.queue_keys()]
        while True:
            if time.monotonic() - looked > self.worker_ttl / 4:
                self.heartbeat()
                looked = time.monotonic()
            taken = self._take(keys=keys)
            if taken:
                queue_key, job_id = (raw.decode() for raw in taken)
                if Job.exists(job_id, connection=self.connection):
                    origin = next(one for one in self.queues if one.key == queue_key)
                    return Job.fetch(job_id, connection=self.connection, serializer=JSONSerializer), origin
                self.connection.delete(keys[0])  # done by another meanwhile, after both were handed it
            elif timeout is None:
                return None
            else:
                time.sleep(LOOK_SECONDS)

    def execute_job(self, job: Job, queue: Queue) -> None:
        self.busy_since = time.monotonic()
        super().execute_job(job, queue)
        self.connection.delete(queues.taken_key(self.name))
        self.busy_since = None

    def request_stop(self, signum: Any, frame: Any) -> None:
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def run_maintenance_tasks(self) -> None:
        """Nothing: the schedule looks after the queues, for all workers and more often."""

    def subscribe(self) -> None:
        """Nothing: nobody sends commands to a worker but the system, by signal."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Nothing: workers/job.py has said it already, in words."""

    def teardown(self) -> None:
        self._stopped.set()
        queues.say_goodbye(self.name, self.connection)
        super().teardown()  # type: ignore[no-untyped-call]

    def _beat(self) -> None:
        own = queues.connect(patience=0)
        while not self._stopped.wait(BEAT_SECONDS):
            if self.busy_since and time.monotonic() - self.busy_since > queues.JOB_SECONDS + STUCK_SECONDS:
                log.critical("worker_stuck")
                os._exit(70)
            try:
                queues.say_alive(self.name, own)
            except queues.UNREACHABLE:
                continue  # the main thread meets the same outage, and says so


def work(names: tuple[str, ...], burst: bool = False) -> bool:
    """Work until asked to stop (answers True) or, in burst, until the queues are empty; False when Redis went away."""
    try:
        worker = BatchWorker(names, queues.connect(patience=6))
        worker.work(burst=burst, logging_level="WARNING")
    except queues.UNREACHABLE as error:
        log.warning("worker_waits", sentence=str(error))
        return False
    return worker.asked_to_stop


def main() -> None:
    """Work on the queues named on the command line, or on all, in the order of urgency."""
    unknown = set(sys.argv[1:]) - set(queues.QUEUES)
    if unknown:
        sys.exit(f"no queue is called {', '.join(sorted(unknown))}; known are {', '.join(queues.QUEUES)}")
    names = tuple(name for name in queues.QUEUES if name in (sys.argv[1:] or queues.QUEUES))
    start(f"worker {' '.join(names)}")
    try:
        while not work(names):
            time.sleep(1)
    except StopRequested:  # RQ's handler stands between two attempts too
        pass
    log.info("worker_stopped")


if __name__ == "__main__":
    main()
