"""Is it alive, is it ready, and how far behind is it: for load balancers, for operators, for Prometheus."""
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import marshmallow as ma
import redis
import structlog
from flask import Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.auth import admit, by_token, public, requires
from api.blueprint import Blueprint
from api.fields import encode
from api.wording import said
from casework import clock
from casework.cases import turns
from casework.cases.report import Report
from casework.classification import model
from casework.identity.sealing import scrape_token
from casework.media.blurring import models
from casework.notifications import dead_letters
from casework.settings import current
from casework.sla import calendar, timers
from casework.storage import outbox
from casework.storage.database import reading

blueprint = Blueprint("health", __name__, description="状态 Health and figures")
log = structlog.get_logger("api.health")

PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class Probe:
    """A number that says how far behind we are. Above `worry` the answer of /health/ready says degraded."""

    name: str
    means: str
    measure: Callable[[Session], float | None]
    """None when there is nothing to wait for."""
    worry: float
    at_rest: float | None = 0
    """What the figure shows for None: where that means "not known", no figure at all."""


def _oldest_event_seconds(db: Session) -> float | None:
    oldest = outbox.oldest_waiting(db)
    return (clock.now() - oldest).total_seconds() if oldest else None


def _oldest_untriaged_seconds(db: Session) -> float | None:
    waiting = select(Report.received_at).where(Report.triaged_at.is_(None)).order_by(Report.received_at, Report.id)
    oldest = db.scalar(waiting.limit(1))
    return (clock.now() - oldest).total_seconds() if oldest else None


PROBES: list[Probe] = [
    Probe("oldest_event_seconds", "Age of the oldest event not yet handed to a job.", _oldest_event_seconds, 60),
    Probe("oldest_untriaged_seconds", "Age of the oldest report that triage has not looked at.",
          _oldest_untriaged_seconds, 300),
    Probe("overdue_sweep_seconds", "How late the sweep of due clocks is.", timers.overdue_sweep_lag, 120),
    Probe("cases_without_turn", "Open cases without a party or a clock, by the last look of the schedule.",
          turns.last_found, 0, at_rest=None),
    Probe("turns_unlooked_seconds", "Since when the schedule has not looked whether every case has its party.",
          turns.seconds_unlooked, turns.STALE.total_seconds()),
    Probe("dead_messages", "Messages that were given up and wait for a person, counted up to a thousand.",
          dead_letters.count, 100),
]
"""What is measured from the database, on /health/ready and /metrics alike. A topic's probe is one more line."""

def _refused_model(_db: Session) -> list[str]:
    fault = model.status()["fault"]
    return [f"The model of the newest training is not in use: {fault}"] if fault else []


WARNINGS: list[Callable[[Session], list[str]]] = [calendar.warnings, turns.warnings, _refused_model]
"""Sentences for operators, such as a year without a working calendar."""


class LiveOut(ma.Schema):
    """The process answers."""

    status = ma.fields.String()


def channels() -> dict[str, str]:
    """What needs an account elsewhere, or models that are installed apart: without, it is off, which is no fault."""
    config = current()
    told = {"wechat": config.wechat, "mini_program": config.wechat_mini_app_id, "blurring": not models.missing()}
    return {name: "on" if there else "off" for name, there in told.items()}


class ReadyOut(ma.Schema):
    """What it depends on and how far behind it is."""

    status = ma.fields.String(metadata={"enum": ["ok", "degraded", "unavailable"]})
    database = ma.fields.String(metadata={"enum": ["ok", "unavailable"]})
    queue = ma.fields.String(metadata={"description": "Redis; without it reports still come in, and wait",
                                       "enum": ["ok", "unavailable"]})
    behind = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Float(allow_none=True),
                            metadata={"description": "seconds or counts; null when nothing waits"})
    channels = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(),
                              metadata={"description": "on, or off: the doors without credentials in the settings; "
                                                      "blurring without detectors, so that photos wait for people"})
    warnings = ma.fields.List(ma.fields.String())


@blueprint.operation("GET", "/health/live", public("load balancers have no credential"), answer=LiveOut())
def live() -> dict[str, str]:
    """Is the process alive.

    Looks at nothing else: restart the process when this does not answer.
    """
    return {"status": "ok"}


@blueprint.operation("GET", "/health/ready", public("load balancers have no credential, and it tells only numbers"),
                     answer=ReadyOut())
def ready() -> Response:
    """Is it ready for requests, and how far behind is the work after them.

    503 without the database. 200 with status "degraded" when the queue does not answer or something waits too long:
    reports are still taken and kept, so traffic should keep coming.
    """
    queue = queue_lengths() is not None
    try:
        with reading() as db:
            db.execute(text("SELECT 1"))
            behind = measured(db)
            warnings = [said(sentence) for warn in WARNINGS for sentence in warn(db)]
    except Exception:  # whatever it is, the answer is the same: not ready
        log.exception("not ready")
        return encode({"status": "unavailable", "database": "unavailable", "queue": "ok" if queue else "unavailable",
                       "behind": {}, "channels": channels(), "warnings": []}, 503)
    late = [probe.name for probe in PROBES if (behind[probe.name] or 0) > probe.worry]
    return encode({"status": "ok" if queue and not late else "degraded", "database": "ok",
                   "queue": "ok" if queue else "unavailable", "behind": behind, "channels": channels(),
                   "warnings": warnings + [said(f"{name} is too high") for name in late]})


def measured(db: Session) -> dict[str, float | None]:
    """Every probe's number now."""
    return {probe.name: probe.measure(db) for probe in PROBES}


def queue_lengths() -> dict[str, int] | None:
    """Jobs waiting in each queue; None when Redis does not answer within half a second."""
    url = current().redis_url
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS,
                                  retry=Retry(NoBackoff(), 0)) as connection:
            keys = sorted(connection.smembers("rq:queues"))
            return {key.decode().removeprefix("rq:queue:"): int(connection.llen(key)) for key in keys}
    except redis.RedisError:
        return None


@blueprint.operation("GET", "/metrics", by_token("scrape", "metrics.read"),
                     media_type="text/plain")
def metrics() -> Response:
    """Figures for Prometheus.

    Give Prometheus the scrape token (`Authorization: Bearer`), or call with a credential that has metrics.read. A
    token of its own because Prometheus cannot sign requests, and not "whoever calls from this machine" because behind
    a proxy on the same machine everybody does.
    """
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(sent.encode(), scrape_token().encode()):
        admit(requires("metrics.read"))
    registry = current_app.extensions["zhiwang-figures"].registry()
    registry.register(_Gauges())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Gauges(Collector):
    """Read from the database and the queue at each scrape, so they are true whichever process answers."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("zhiwang_up", "1 when this part answers.", labels=["part"])
        lengths = queue_lengths()
        up.add_metric(["queue"], float(lengths is not None))
        waiting = GaugeMetricFamily("zhiwang_queue_jobs", "Jobs waiting in a queue.", labels=["queue"])
        for name, length in (lengths or {}).items():
            waiting.add_metric([name], length)
        behind: dict[str, float | None] = {}
        try:
            with reading() as db:
                behind = measured(db)
            up.add_metric(["database"], 1)
        except Exception:  # a scrape must show that the database is down, not fail with it
            log.exception("no gauges")
            up.add_metric(["database"], 0)
        yield up
        yield waiting
        for probe in PROBES:
            if probe.name in behind:
                number = behind[probe.name]
                yield GaugeMetricFamily(f"zhiwang_{probe.name}", probe.means, value=probe.at_rest if number is None else number)
