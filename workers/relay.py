"""All wiring on one page: what happens after what. Hands waiting events to their jobs, in order, at least once.

Run with `python -m workers.relay`; several may run.
"""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from casework import clock, settings
from casework.cases import publication
from casework.errors import Unavailable
from casework.exchange import feed
from casework.fieldwork import changes
from casework.notifications.notices import NOTICES
from casework.notifications.rules import NOBODY, RULES
from casework.performance.facts import COUNTED
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Claimed, Event
from workers import (
    bulletins,
    community,
    deadlines,
    dispatching,
    exchange,
    exports,
    fieldwork,
    media,
    notifications,
    performance,
    publishing,
    queues,
    recounting,
    retention,
    triage,
    wechat,
)
from workers.job import Stop, start

IDLE_SECONDS = 0.1
LONGEST_BACKOFF = 5.0
MAYBE_LOST = timedelta(seconds=10)
"""Valkey syncs its file every second, so a power cut may take the last of it: that is handed over again."""


@dataclass(frozen=True)
class Line:
    """One consequence: this job on this queue gets the subjects of the events, or with `events` the ids of their outbox
    rows (for jobs that need the detail), at most `batch` a run."""

    queue: str
    job: queues.Function
    batch: int = 500
    events: bool = False


TELL = Line("notifications", notifications.tell, batch=200, events=True)
FOLLOW = Line("fieldwork", fieldwork.follow, events=True)
EXCHANGE = Line("exchange", exchange.tell, batch=200)
REVIEW = Line("fieldwork", fieldwork.review_cases, batch=200)
PUBLISH = Line("exchange", publishing.follow, batch=200)
PICTURES = Line("exchange", media.enter_cases, batch=200)
STIR = Line("exchange", publishing.stir, batch=200)

ADOPTERS = Line("exchange", community.follow_cases, batch=200)
ON_ADOPTED = ("case.published", "case.pass", "case.accept")
POINTS = Line("exchange", community.settle_points, batch=200)
WORTH_POINTS = ("case.file", "case.joined", "case.self_handle", "case.pass", "case.accept", "case.reject", "case.void")

COUNT = Line("figures", performance.count_cases, batch=performance.BATCH)

BESIDE: dict[str, tuple[Line, ...]] = {
    "report.received": (Line("triage", triage.triage_reports, batch=200), Line("exchange", community.note_adopters_reports)),
    "report.completed": (Line("triage", triage.complete_reports, batch=200),),
    "case.report": (REVIEW,),
    "case.joined": (REVIEW, PICTURES),
    "case.merge": (REVIEW, PICTURES),
    "case.unmerge": (REVIEW, PICTURES),
    "case.published": (PICTURES,),
    "case.file": (Line("dispatching", dispatching.dispatch_cases, batch=200),),
    "photo.received": (Line("media", media.process, batch=8), Line("fieldwork", fieldwork.review_photos, batch=200)),
    "photo.attached": (Line("exchange", media.enter_photos, batch=200),),
    "photo.entered": (Line("media", media.look, batch=4),),
    "wechat.picture": (Line("media", wechat.fetch_pictures, batch=10),),
    "adoption.checked_in": (Line("exchange", community.award_check_ins, batch=200),),
    "weather.noticed": (Line("fieldwork", community.spread_occasions, batch=10),),
    "survey.opened": (Line("fieldwork", fieldwork.spread_surveys, batch=10),),
    "register.conflict": (Line("fieldwork", fieldwork.settle_conflicts, batch=200),),
    "timer.warned": (Line("deadlines", deadlines.escalate, events=True),),
    "timer.overdue": (Line("deadlines", deadlines.escalate, events=True),),
    "followed.digest": (Line("notifications", notifications.tell_digests, batch=200, events=True),),
    "policy.changed": (Line("deadlines", recounting.announce, events=True), Line("exchange", publishing.reconsider)),
    "calendar.changed": (Line("deadlines", recounting.announce, events=True),),
    "bulletin.made": (Line("exchange", bulletins.draw, batch=1),),
    "export.asked": (Line("exchange", exports.write, batch=1),),
    "data.requested": (Line("exchange", retention.answer_requests, batch=5),),
    "clocks.outdated": (Line("deadlines", recounting.recount_cases, batch=100, events=True),),
}
"""Event → consequences other than that somebody is told."""

JOBS: dict[str, tuple[Line, ...]] = {
    event: (*BESIDE.get(event, ()),
            *((ADOPTERS,) if event in ON_ADOPTED else ()),    # whoever looks after the component
            *((POINTS,) if event in WORTH_POINTS else ()),    # citizens, for what they reported
            *((TELL,) if event in {*RULES, *NOTICES} else ()),  # people, by the tables in notifications/
            *((FOLLOW,) if event in changes.EVENTS else ()),  # devices, by fieldwork/changes/audiences.py
            *((EXCHANGE,) if event in feed.EVENTS else ()),   # platforms, by exchange/hotline_platform.py
            *((PUBLISH,) if event in publication.FOLLOWED else ()),  # everybody, by cases/publication.py
            *((STIR,) if event in publication.STIRS else ()),        # feeds
            *((COUNT,) if event in COUNTED else ()))                 # the figures
    for event in dict.fromkeys((*BESIDE, *RULES, *NOTICES, *changes.EVENTS, *feed.EVENTS, *publication.FOLLOWED,
                                *publication.STIRS, *ON_ADOPTED, *sorted(COUNTED)))}
"""Event → consequences. The law test asks that every event published anywhere stands here or below."""

NOTHING: dict[str, str] = {event: why for event, why in NOBODY.items() if event not in JOBS}
"""Event → why nothing follows from it."""

OUTAGE: tuple[type[Exception], ...] = (DBAPIError, Unavailable, *queues.UNREACHABLE)

RELAYED = Counter("zhiwang_relayed_events", "Events handed to their jobs.", ["event"])

log = structlog.get_logger("zhiwang.relay")


def hand_over(limit: int) -> int:
    """Hand the oldest waiting events to their jobs and mark them. Returns how many there were.

    Raises one of queues.UNREACHABLE when Redis does not take them; then nothing is marked.
    """
    queues.connection().ping()  # before the write lock: while Redis is away, reports must still come in
    with transaction() as db:
        events = outbox.claim(db, limit)
        queues.enqueue(batches(events))
        outbox.mark_relayed(db, events)
    for event in events:
        RELAYED.labels(event.name).inc()
    return len(events)


def batches(events: Iterable[Claimed]) -> list[queues.Batch]:
    """The events as runs of jobs: one id once a run, in the order of what happened."""
    waiting: dict[Line, dict[str, int]] = {}
    for event in events:
        if event.name not in JOBS and event.name not in NOTHING:
            # Held back, it would hold back all that follows; the law test is where this is caught.
            log.error("event_without_line", event_name=event.name, event_id=event.id)
        for line in JOBS.get(event.name, ()):
            waiting.setdefault(line, {}).setdefault(str(event.id if line.events else event.subject), event.id)
    return [batch for line, ids in waiting.items() for batch in _cut(line, list(ids.items()))]


def _cut(line: Line, ids: Sequence[tuple[str, int]]) -> Iterable[queues.Batch]:
    for at in range(0, len(ids), line.batch):
        part = ids[at:at + line.batch]
        yield queues.Batch(line.queue, line.job, [one for one, _ in part], f"{part[0][1]}-{part[-1][1]}")


def repeat_since(span: timedelta) -> int:
    """Let everything that was handed over within this span be handed over again. Returns how many events."""
    with transaction() as db:
        again = update(Event).where(Event.relayed_at >= clock.now() - span).values(relayed_at=None)
        return len(db.scalars(again.returning(Event.id)).all())


def drain(stop: Stop, batch: int) -> None:
    """Hand over all that waits, batch by batch. Nothing waits: a look takes no write lock, of which SQLite has but one."""
    with reading() as db:
        if outbox.oldest_waiting(db) is None:
            return
    while not stop.asked() and hand_over(batch) == batch:
        pass


def run(stop: Stop) -> None:
    """Relay until asked to stop. An outage of Redis or the database is waited out and said once."""
    server, backoff = "", 0.0
    while not stop.asked():
        try:
            if (now_serving := queues.server()) != server:
                # Also at our own start: whoever ran before us may have seen the old server's last second.
                log.info("relay_repeats", events=repeat_since(MAYBE_LOST))
                server = now_serving
            drain(stop, settings.current().relay_batch)
        except OUTAGE as error:
            if not backoff:
                log.warning("relay_waits", fault=type(error).__name__, sentence=str(error).partition("\n")[0])
            backoff = min(LONGEST_BACKOFF, backoff * 2 or 0.2)
        else:
            if backoff:
                log.info("relay_goes_on")
            backoff = 0.0
        stop.wait(backoff or IDLE_SECONDS)


if __name__ == "__main__":
    start("relay")
    run(Stop())
