"""What can be seen from outside: one log line a request, in JSON and without personal data, and Prometheus figures."""
import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from casework.settings import Settings

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
CASE_NUMBER = re.compile(r"[0-9A-Z-]{4,32}")
PERSONAL = (
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), "1**********"),  # mobile numbers
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), "******************"),  # identity card numbers
    (re.compile(r"\[parameters: .*?\](?=\n|$)", re.DOTALL), "[parameters hidden]"),  # SQLAlchemy quotes rows in errors
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

log = structlog.get_logger("api")


class _Lines:
    """A logger that writes finished lines to standard output, whatever that is at the moment."""

    def msg(self, line: bytes) -> None:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()

    debug = info = warning = error = critical = exception = msg


def _hide_people(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net under all code: error texts quote what was sent."""
    for key in ("event", "exception", "error", "case"):
        text = event.get(key)
        if isinstance(text, str):
            for pattern, mask in PERSONAL:
                text = pattern.sub(mask, text)
            event[key] = text
    return event


def configure_log(level: str) -> None:
    """JSON lines to standard output from this level up, for our own log and for the libraries'."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info, _hide_people]
    renderer = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str))
    number = getattr(logging, level.upper())
    structlog.configure(processors=[*shared, renderer], logger_factory=lambda *_: _Lines(),
                        wrapper_class=structlog.make_filtering_bound_logger(number), cache_logger_on_first_use=False)
    handler = logging.StreamHandler(sys.stdout)
    text = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, text]))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def current_view() -> Callable[..., Any] | None:
    """The view function that this request goes to; None where there is none."""
    return current_app.view_functions.get(request.endpoint or "")


class Figures:
    """Durations of requests by route and status, added up over all worker processes of this server.

    Each process writes a small file under home/metrics that any of them reads when asked. Files are named after the
    server's process and the worker's: those of a server that is gone are removed at the next start, those of a worker
    that died stay, or the sums would fall.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        for file in directory.glob("*.db"):
            if not _alive(file.stem.rpartition("_")[2].partition("-")[0]):
                file.unlink(missing_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)  # the library reads it when a figure is first written
        # prometheus_client carries no types for its parts that count across processes.
        values.ValueClass = values.MultiProcessValue(lambda: f"{os.getppid()}-{os.getpid()}")  # type: ignore[no-untyped-call]
        self.requests = Histogram("zhiwang_request_seconds", "Time to answer a request.", ["method", "route", "status"],
                                  buckets=BUCKETS, registry=None)
        self.kinds: dict[tuple[str, str, int], Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more request of this kind."""
        kind = self.kinds.get((method, route, status))
        if kind is None:
            kind = self.kinds[method, route, status] = self.requests.labels(method, route, str(status))
        kind.observe(seconds)

    def registry(self) -> CollectorRegistry:
        """Everything measured by all processes until now."""
        made = CollectorRegistry()
        MultiProcessCollector(made, path=str(self.directory))  # type: ignore[no-untyped-call]  # untyped there
        return made


def _alive(process: str) -> bool:
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def install(app: Flask, settings: Settings) -> None:
    """Log and measure every request. First of all installs, so that it sees what the others refuse."""
    configure_log(settings.log_level)
    app.extensions["zhiwang-figures"] = Figures(settings.home / "metrics")
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if SANE_ID.fullmatch(sent) else uuid.uuid4().hex
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "(none)"
    figures: Figures = current_app.extensions["zhiwang-figures"]
    figures.count(request.method if request.url_rule else "(any)", route, response.status_code, seconds)
    response.headers["X-Request-Id"] = g.request_id
    actor = g.get("actor")
    facts = {"actor": f"{actor.kind}:{actor.id}" if actor.id else actor.kind} if actor is not None else {}
    # A view that gives out a number, or corrects how one was written, leaves it in g.
    if CASE_NUMBER.fullmatch(number := str(g.get("case_number") or (request.view_args or {}).get("number", ""))):
        facts["case"] = number
    # The route, not the path: paths may carry tokens and numbers, and query strings are never logged.
    log.info("request", method=request.method, route=route, status=response.status_code,
             milliseconds=round(seconds * 1000, 1), **facts)
    return response
