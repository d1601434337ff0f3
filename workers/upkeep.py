"""What runs by itself and is not to forget: it finds again what was lost or waits, and ends what nobody ends.

Each task is short, or hands its work on through the outbox; it bears being run twice. When they run, schedule.py says.
"""
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock, resolution
from casework.cases import alarms, anchors, public_pictures, publication, recounting, turns
from casework.cases.case import Case
from casework.cases.workflow import Status
from casework.community.adoption import occasions
from casework.exchange import feed, webhooks
from casework.fieldwork import changes, rounds, surveys, tasks
from casework.intake.hotline import updates
from casework.intake.wechat import conversation, pictures
from casework.media.blurring import detectors, public_photo
from casework.media.photo import Photo, State
from casework.notifications import digests, messages, notices
from casework.notifications.messages import Message
from casework.performance import area_counts
from casework.sla import timers
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.triage import automatic
from workers import community, dispatching, exchange, fieldwork, notifications, publishing, queues
from workers.forgetting import until_fewer

STUCK = timedelta(seconds=60)
"""A report or photo that waits longer, while nothing waits before it, was lost on the way: it is announced again."""

LAST_DAY = timedelta(days=1)
"""What came to nothing for longer has been looked for often enough, and is old news."""

SETTLED = timedelta(minutes=10)
"""What was under way when something changed is over by then."""

BATCH = 500

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
    _hand_over_again("notices", "notifications", notices.untold)


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


def spread_waiting_occasions() -> None:
    """Weather and dates of which not all adopters were told although nothing is queued."""
    with reading() as db:
        lost = occasions.waiting(db, clock.now() - STUCK)
    if lost and not _queued("fieldwork"):
        queues.enqueue([queues.Batch("fieldwork", community.spread_occasions, [str(one) for one in lost], "waiting")])
        _said_again("weather.noticed", len(lost))


def count_areas() -> None:
    """Count what each area holds anew: what changed since is all that is written."""
    with transaction() as db:
        area_counts.recount(db)


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
