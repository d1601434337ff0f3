"""What every worker process and every job shares: start and stop, log line and figures, and what a failure means."""
import functools
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, overload

import structlog
from prometheus_client import Counter, Histogram, values
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from casework import settings, storage
from casework.errors import TooMany, Unavailable
from workers import queues

TRANSIENT: tuple[type[Exception], ...] = (
    OperationalError, InterfaceError, PoolTimeout, Unavailable, TooMany, ConnectionError, TimeoutError,
    StaleDataError,  # somebody moved the case meanwhile: the next attempt reads it as it is now
    *queues.UNREACHABLE, queues.TOO_SLOW)
"""Passes by itself: the whole batch is tried again later. Anything else is a fault of ours or of one id."""

RUNS = Counter("zhiwang_job_runs", "Batches by job and outcome (done, again, dead).", ["job", "outcome"])
IDS = Counter("zhiwang_job_ids", "Ids worked through, by job.", ["job"])
SECONDS = Histogram("zhiwang_job_seconds", "Seconds a batch took, by job.", ["job"],
                    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 180))

PERSONAL = re.compile(r"\[parameters: .*?\](?=\n|$)|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)", re.DOTALL)
"""What SQLAlchemy tells of a row, mobile numbers, identity card numbers."""

log = structlog.get_logger("zhiwang.job")


class GivenUp(Exception):
    """These ids of a batch cannot be worked; the others are done."""


@overload
def job(function: queues.Function) -> queues.Function: ...
@overload
def job(*, otherwise: Callable[[str], None]) -> Callable[[queues.Function], queues.Function]: ...
def job(function: queues.Function | None = None, *, otherwise: Callable[[str], None] | None = None) -> Any:
    """Make a function of ids a job: logged, counted, tried again when the fault passes by itself.

    When the fault lies in the batch, the batch is halved until the ids at fault stand alone: those are given up and
    stay visible among the dead batches; all others are done. `otherwise` is what is done for an id that is given up.
    """
    return functools.partial(_wrapped, otherwise=otherwise) if function is None else _wrapped(function, otherwise=None)


def _wrapped(function: queues.Function, otherwise: Callable[[str], None] | None) -> queues.Function:
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

    @functools.wraps(function)
    def run(ids: list[str]) -> None:
        began = time.perf_counter()
        outcome = "again"
        with structlog.contextvars.bound_contextvars(job=name, job_id=queues.current_job_id(), ids=len(ids)):
            try:
                lost = _work(function, ids)
                if otherwise:
                    for one in lost:
                        otherwise(one)
                outcome = "dead" if lost else "done"
            except TRANSIENT as error:
                log.warning("job_again", fault=type(error).__name__, sentence=str(error).partition("\n")[0])
                raise
            finally:
                seconds = time.perf_counter() - began
                RUNS.labels(name, outcome).inc()
                IDS.labels(name).inc(len(ids))
                SECONDS.labels(name).observe(seconds)
                log.info("job_ran", outcome=outcome, seconds=round(seconds, 3))
            if lost:
                queues.give_up()
                kinds = ", ".join(sorted(set(lost.values())))  # never their sentences: those may quote a report
                raise GivenUp(f"{kinds}: {len(lost)} of {len(ids)} given up: {', '.join(lost)}")
    return run


def _work(function: queues.Function, ids: list[str]) -> dict[str, str]:
    """The ids that cannot be worked, each with the kind of its error."""
    try:
        function(ids)
    except TRANSIENT:
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the database went away") from error
        return _halve(function, ids, error)
    except Exception as error:  # whatever it is, one bad id must not hold up the others
        return _halve(function, ids, error)
    return {}


def _halve(function: queues.Function, ids: list[str], error: Exception) -> dict[str, str]:
    if len(ids) <= 1:
        log.error("job_gave_up", id=ids[0] if ids else None, exc_info=error)
        return dict.fromkeys(ids, type(error).__name__)
    middle = len(ids) // 2
    return _work(function, ids[:middle]) | _work(function, ids[middle:])


class Stop:
    """Set by SIGTERM or SIGINT: a loop asks it whether to go on, and sleeps on it."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()

    def asked(self) -> bool:
        """Whether the process is to stop."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, and wake at once when the process is to stop; answers whether it is."""
        return self._asked.wait(seconds)


def start(name: str) -> None:
    """Read the settings, open the log and point this process at its database. A faulty setting ends it."""
    try:
        current = settings.current()
    except settings.SettingsError as error:
        sys.exit("\n".join(error.sentences))
    _open_log(current.log_level)
    _open_figures(current.home / "metrics")
    structlog.contextvars.bind_contextvars(process=name)
    storage.connect(current)
    log.info("process_started")


def _open_figures(folder: Path) -> None:
    """Count into files of this process's own, beside those of the web server, which adds all up at /metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # the library reads it when a figure is first written
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def _open_log(level: str) -> None:
    """One JSON object a line on standard output, our lines and those of libraries alike."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info, _hide_people]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)], cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]))
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False)]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _hide_people(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Texts of errors quote what they choke on, SQLAlchemy's whole rows of it; no log may say who reported what."""
    for key, text in event.items():
        if isinstance(text, str) and key in {"event", "exception", "sentence"}:
            event[key] = PERSONAL.sub("[hidden]", text)
    return event
