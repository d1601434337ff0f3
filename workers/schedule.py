"""The whole timetable on one page: what runs by itself, and when. `python -m workers.schedule`; several may run.

A task here is short, or hands its work on through the outbox; it bears being run twice.
"""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock, resolution
from casework.cases import alarms, anchors, public_pictures, publication, recounting, turns
from casework.cases.case import Case
from casework.cases.workflow import Status
from casework.exchange import feed, webhooks
from casework.fieldwork import changes, rounds, surveys, tasks
from casework.intake.hotline import updates
from casework.intake.wechat import conversation, pictures
from casework.media.blurring import detectors, public_photo
from casework.media.photo import Photo, State
from casework.notifications import digests, messages
from casework.notifications.messages import Message
from casework.sla import timers
from casework.storage import outbox, timetable
from casework.storage.database import reading, transaction
from casework.triage import automatic
from workers import dispatching, exchange, fieldwork, forgetting, notifications, publishing, queues, retention
from workers.forgetting import until_fewer
from workers.job import Stop, start
from workers.relay import OUTAGE

LOOK_SECONDS = 0.5
UPKEEP_SECONDS = 2
STUCK = timedelta(seconds=60)
"""A report or photo that waits longer, while nothing waits before it, was lost on the way: it is announced again."""

LAST_DAY = timedelta(days=1)
"""What came to nothing for longer has been looked for often enough, and is old news."""

SETTLED = timedelta(minutes=10)
"""What was under way when something changed is over by then."""

BATCH = 500

RUNS = Counter("zhiwang_task_runs", "Regular tasks by outcome (done, failed).", ["task", "outcome"])

log = structlog.get_logger("zhiwang.schedule")


def sweep_timers() -> None:
    """Raise the alarms of clocks that have come due."""
    until_fewer(timers.sweep, 1000)


def announce_waiting_reports() -> None:
    """Reports that nobody triaged although nothing is queued are announced again: the database is the truth."""
    if not _queued("triage"):
        with transaction() as db:
            _said_again("report.received", automatic.republish_waiting(db, STUCK, BATCH))


def announce_waiting_photos() -> None:
    """The same for photos that were taken in and never prepared."""
    if not _queued("media"):
        waits = Photo.state == State.RECEIVED, Photo.created_at < clock.now() - STUCK
        with transaction() as db:
            lost = db.scalars(select(Photo.id).where(*waits).order_by(Photo.created_at).limit(BATCH)).all()
            outbox.publish_many(db, "photo.received", lost)
            _said_again("photo.received", len(lost))


def enter_forgotten_pictures() -> None:
    """Photos of public cases of the last day that were not entered, and those at which no detector has looked: as long as none
    is installed they wait for people alone."""
    if _queued("media"):
        return
    with reading() as db:
        cases = public_pictures.unentered(db, clock.now() - LAST_DAY, BATCH)
        lost = public_photo.unlooked(db, clock.now() - STUCK, BATCH) if detectors.ready() and not public_pictures.off() else []
    if cases or lost:
        with transaction() as db:
            public_pictures.enter(db, cases)
            outbox.publish_many(db, "photo.entered", lost)
        _said_again("photo.entered", len(cases) + len(lost))


def dispatch_waiting_cases() -> None:
    """Cases that were filed and that the rules never saw. Those that lie on the dispatcher's desk say why, and stay there."""
    untried = (select(Case.id).where(Case.status == Status.FILED, Case.returns == 0, Case.waiting_for.is_(None),
                                     Case.moved_at < clock.now() - STUCK)
               .order_by(Case.due_at, Case.id).limit(BATCH))
    with reading() as db:
        lost = db.scalars(untried).all()
    if lost and not _queued("dispatching"):
        queues.enqueue([queues.Batch("dispatching", dispatching.dispatch_cases, [str(one) for one in lost], "waiting")])
        _said_again("case.file", len(lost))


def check_turns() -> None:
    """See whether every open case has its party and its clock. What has not is in the log, and how many on /health."""
    with reading() as db:
        forgotten = turns.without_party(db)
    with transaction() as db:
        turns.keep(db, forgotten)
    if forgotten:
        log.error("cases_forgotten", count=len(forgotten), first=[list(one) for one in forgotten[:turns.MOST_KEPT]])


def announce_unheard_alarms() -> None:
    """Alarms of the last day of which nobody has heard are handed over again."""
    _hand_over_again("timer", "deadlines", alarms.unheard)


def announce_untold_news() -> None:
    """What happened in the last day and was told to nobody, although somebody waits for it, is handed over again."""
    _hand_over_again("news", "notifications", messages.untold)


def announce_digests() -> None:
    """What followers are to hear once a day or a week, when its time has come."""
    until_fewer(digests.due, BATCH)


def announce_unwritten_digests() -> None:
    """Digests of the last day that were handed over and that nobody wrote are handed over again."""
    _hand_over_again("digests", "notifications", digests.unwritten)


def announce_unfollowed_changes() -> None:
    """What changed in the last day and no device was told of is handed over again."""
    _hand_over_again("changes", "fieldwork", changes.unfollowed)


def announce_untold_platforms() -> None:
    """What happened in the last day to a platform's ticket, and is not in its feed, is handed over again."""
    _hand_over_again("feed", "exchange", feed.unfollowed)


def announce_unpublished_cases() -> None:
    """What happened in the last day to a case, and the public's lists or feeds do not know, is handed over or noted again."""
    _hand_over_again("publications", "exchange", publication.unfollowed)
    now = clock.now()
    with reading() as db:
        lost = publication.unstirred(db, now - LAST_DAY, now - STUCK, BATCH)
    if lost:
        with transaction() as db:
            publication.stir(db, lost)


def publish_older_cases() -> None:
    """Filed cases older than publications are, or that no job ever saw; and what a policy says whose news was lost."""
    after = None
    while True:
        with transaction() as db:
            unseen = publication.unseen(db, after, BATCH)
            publication.follow(db, unseen)
        if len(unseen) < BATCH:
            break
        after = unseen[-1]
    publishing.reconsider([])


def deliver_waiting_webhooks() -> None:
    """Webhooks whose next attempt has come, or that were lost with Redis."""
    with reading() as db:
        due = webhooks.waiting(db, clock.now())
    if due and not _queued("exchange"):
        queues.enqueue([queues.Batch("exchange", exchange.tell, [], "waiting")])


def spread_waiting_surveys() -> None:
    """Surveys whose tasks are not all there although nothing is queued."""
    with reading() as db:
        lost = surveys.unspread(db, clock.now() - STUCK)
    if lost and not _queued("fieldwork"):
        queues.enqueue([queues.Batch("fieldwork", fieldwork.spread_surveys, [str(one) for one in lost], "waiting")])
        _said_again("survey.opened", len(lost))


def expire_tasks() -> None:
    """Tasks in the field whose time is over are marked; they stay with their worker."""
    until_fewer(tasks.expire, BATCH)


def hand_on_tasks() -> None:
    """Tasks of workers who left, and of grids that had nobody, go to whose grid it is now."""
    with transaction() as db:
        tasks.hand_on(db)


def close_forgotten_rounds() -> None:
    """Rounds that nobody ended end by themselves."""
    until_fewer(rounds.close_forgotten, BATCH)


def look_at_clocks_again() -> None:
    """Some minutes after policy or calendar changed, clocks are looked at once more: a step that was under way then knew only
    the old ones, and a batch may have been lost with Redis."""
    now = clock.now()
    with transaction() as db:
        outbox.hand_over_again(db, recounting.changes(db, now - 4 * SETTLED, now - SETTLED))


def tell_ticket_updates() -> None:
    """What the hotline said of tickets before there was a case, to the case that there is now."""
    until_fewer(updates.tell_waiting, 100)


def send_waiting_messages() -> None:
    """Messages that were written and not sent, because the sender was away or their next attempt has come."""
    waits = select(Message.id).where(Message.next_try_at < clock.now() - STUCK).limit(1)
    with reading() as db:
        waiting = db.scalar(waits)
    if waiting is not None and not _queued("notifications"):
        queues.enqueue([queues.Batch("notifications", notifications.tell, [], "waiting")])


def anchor_history() -> None:
    """Seal the history of each day that is over. The log keeps the hash as well, outside the database."""
    while True:
        with transaction() as db:
            anchor = anchors.anchor_next(db)
        if anchor is None:
            return
        log.info("history_anchored", day=anchor.day.isoformat(), cases=anchor.cases, hash=anchor.hash)


def resume_suspended() -> None:
    """挂账 ends at its date by itself."""
    until_fewer(resolution.resume_due, 100)


def close_unanswered_questions() -> None:
    """A clock does not stand still for ever because a citizen does not answer."""
    until_fewer(resolution.close_questions, 100)


def fetch_waiting_pictures() -> None:
    """Photos in WeChat whose next attempt has come, and those of which no worker heard."""
    with transaction() as db:
        outbox.publish_many(db, "wechat.picture", pictures.waiting(db, clock.now() - STUCK, BATCH))


def close_forgotten_talks() -> None:
    """Reports in WeChat with which nobody went on."""
    until_fewer(conversation.lapse_old, 100)


@dataclass(frozen=True)
class Entry:
    """A task and when: `every` so long, or daily `at` a city time. Killed midway, it comes again after `lease`."""

    task: Callable[[], None]
    every: timedelta | None = None
    at: time | None = None
    lease: timedelta = timedelta(seconds=60)

    def next_after(self, moment: datetime) -> datetime:
        """When it is due next, seen from this moment."""
        if self.every:
            return moment + self.every
        assert self.at is not None  # noqa: S101 - one of the two is given; the law test looks
        here = moment.astimezone(clock.CITY)
        today = datetime.combine(here.date(), self.at, clock.CITY)
        return today if today > here else datetime.combine(here.date() + timedelta(days=1), self.at, clock.CITY)


TIMETABLE: dict[str, Entry] = {
    "sweep_timers": Entry(sweep_timers, every=timedelta(seconds=5)),
    "resume_suspended": Entry(resume_suspended, every=timedelta(seconds=60)),
    "close_unanswered_questions": Entry(close_unanswered_questions, every=timedelta(seconds=60)),
    "announce_waiting_reports": Entry(announce_waiting_reports, every=timedelta(seconds=60)),
    "announce_waiting_photos": Entry(announce_waiting_photos, every=timedelta(seconds=60)),
    "enter_forgotten_pictures": Entry(enter_forgotten_pictures, every=timedelta(minutes=15)),
    "dispatch_waiting_cases": Entry(dispatch_waiting_cases, every=timedelta(seconds=60)),
    "check_turns": Entry(check_turns, every=timedelta(minutes=5), lease=timedelta(minutes=5)),
    "announce_unheard_alarms": Entry(announce_unheard_alarms, every=timedelta(minutes=15)),
    "announce_untold_news": Entry(announce_untold_news, every=timedelta(minutes=15)),
    "announce_digests": Entry(announce_digests, every=timedelta(seconds=60)),
    "announce_unwritten_digests": Entry(announce_unwritten_digests, every=timedelta(minutes=15)),
    "announce_unfollowed_changes": Entry(announce_unfollowed_changes, every=timedelta(minutes=15)),
    "announce_untold_platforms": Entry(announce_untold_platforms, every=timedelta(minutes=15)),
    "announce_unpublished_cases": Entry(announce_unpublished_cases, every=timedelta(minutes=15)),
    "deliver_waiting_webhooks": Entry(deliver_waiting_webhooks, every=timedelta(seconds=30)),
    "spread_waiting_surveys": Entry(spread_waiting_surveys, every=timedelta(seconds=60)),
    "expire_tasks": Entry(expire_tasks, every=timedelta(seconds=60)),
    "hand_on_tasks": Entry(hand_on_tasks, every=timedelta(minutes=15)),
    "close_forgotten_rounds": Entry(close_forgotten_rounds, every=timedelta(minutes=15)),
    "look_at_clocks_again": Entry(look_at_clocks_again, every=SETTLED),
    "tell_ticket_updates": Entry(tell_ticket_updates, every=timedelta(seconds=60)),
    "send_waiting_messages": Entry(send_waiting_messages, every=timedelta(seconds=60)),
    "fetch_waiting_pictures": Entry(fetch_waiting_pictures, every=timedelta(seconds=60)),
    "close_forgotten_talks": Entry(close_forgotten_talks, every=timedelta(seconds=60)),
    "forget_wechat_messages": Entry(forgetting.forget_wechat_messages, every=timedelta(hours=1)),
    "forget_nonces": Entry(forgetting.forget_nonces, every=timedelta(hours=1)),
    "anchor_history": Entry(anchor_history, at=time(0, 10), lease=timedelta(hours=1)),
    "forget_uploads": Entry(forgetting.forget_uploads, at=time(2, 50), lease=timedelta(hours=1)),
    "forget_changes": Entry(forgetting.forget_changes, at=time(3, 0), lease=timedelta(hours=1)),
    "forget_where_people_were": Entry(forgetting.forget_where_people_were, at=time(3, 5), lease=timedelta(hours=1)),
    "forget_unclaimed_photos": Entry(forgetting.forget_unclaimed_photos, at=time(3, 10), lease=timedelta(hours=1)),
    "forget_report_keys": Entry(forgetting.forget_report_keys, at=time(3, 15), lease=timedelta(hours=1)),
    "forget_senders": Entry(forgetting.forget_senders, at=time(3, 18), lease=timedelta(hours=1)),
    "forget_idle_subscribers": Entry(forgetting.forget_idle_subscribers, at=time(3, 18), lease=timedelta(hours=1)),
    "forget_expired": Entry(forgetting.forget_expired, at=time(3, 20), lease=timedelta(hours=1)),
    "publish_older_cases": Entry(publish_older_cases, at=time(3, 25), lease=timedelta(hours=1)),
    "forget_events": Entry(forgetting.forget_events, at=time(3, 30), lease=timedelta(hours=1)),
    "carry_out_retention": Entry(retention.carry_out_rules, at=time(3, 40), lease=timedelta(hours=3)),
    "answer_data_requests": Entry(retention.answer_ready_requests, every=timedelta(minutes=10), lease=timedelta(hours=1)),
}


def run_due() -> list[str]:
    """Run what is due and was not taken by another schedule. Returns the names, those that failed included.

    A task that fails is logged and comes again at its next time; it does not hold up the others.
    """
    with reading() as db:
        due = timetable.due(db, clock.now())
    return [name for name, was_due in due.items() if name in TIMETABLE and _run_one(name, was_due)]


def _run_one(name: str, was_due: datetime) -> bool:
    entry, at = TIMETABLE[name], clock.now()
    with transaction() as db:
        if not timetable.claim(db, name, was_due, at, entry.lease):
            return False
    outcome = "done"
    try:
        entry.task()
    except OUTAGE:
        raise  # the lease brings it back
    except Exception:
        outcome = "failed"
        log.exception("task_failed", task=name)
    RUNS.labels(name, outcome).inc()
    with transaction() as db:
        timetable.done(db, name, at + entry.lease, entry.next_after(clock.now()), clock.now())
    return True


def run(stop: Stop) -> None:
    """Keep to the timetable until asked to stop; an outage of Redis or the database is waited out and said once."""
    faults: dict[str, bool] = {}
    entered, upkept = False, clock.now()
    while not stop.asked():
        with _said_once(faults, "database"):
            if not entered:
                with transaction() as db:
                    timetable.enter(db, {name: entry.next_after(clock.now()) for name, entry in TIMETABLE.items()})
                entered = True
            run_due()
        if (clock.now() - upkept).total_seconds() >= UPKEEP_SECONDS:
            with _said_once(faults, "queues"):
                if returned := queues.upkeep():
                    log.warning("jobs_returned", jobs=returned)
            upkept = clock.now()
        stop.wait(LOOK_SECONDS)


@contextmanager
def _said_once(faults: dict[str, bool], what: str) -> Iterator[None]:
    try:
        yield
    except OUTAGE as error:
        if not faults.get(what):
            log.warning("schedule_waits", on=what, sentence=str(error).partition("\n")[0])
        faults[what] = True
    else:
        faults[what] = False


def _queued(queue: str) -> bool:
    """What stands in a queue, or waits for the relay, is not lost: announcing it again would only lengthen the queue."""
    with reading() as db:
        unrelayed = outbox.oldest_waiting(db)
    return bool(queues.depth()[queue]) or (unrelayed is not None and unrelayed < clock.now() - STUCK)


def _hand_over_again(what: str, queue: str, find: Callable[[Session, datetime, datetime, int], list[int]]) -> None:
    """Looks first without a write lock; a repeated hand-over is harmless, so what it finds need not be locked."""
    if _queued(queue):
        return
    now = clock.now()
    with reading() as db:
        lost = find(db, now - LAST_DAY, now - STUCK, BATCH)
    if lost:
        with transaction() as db:
            outbox.hand_over_again(db, lost)
        _said_again(what, len(lost))


def _said_again(event: str, count: int) -> None:
    if count:
        log.warning("announced_again", event_name=event, count=count)


if __name__ == "__main__":
    start("schedule")
    run(Stop())
