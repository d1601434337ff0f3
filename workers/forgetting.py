"""What is forgotten by rule, as the timetable says: files nobody went on with, where people were, what is too old to matter."""
from collections.abc import Callable, Sized
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import holds, lookout, subscribers
from casework.community import erasing
from casework.exchange import feed
from casework.exports import export
from casework.fieldwork import changes, coverage, operations, presence, rounds, tracks
from casework.identity import sessions
from casework.identity.sessions.clients import Nonce
from casework.intake.guard import book, traces
from casework.intake.wechat import mailbox
from casework.media import photo
from casework.media.uploads import forgetting as uploads
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event

OUTBOX_DAYS = 14
BATCH = 500


def until_fewer(verb: Callable[[Session, int], Sized | int], batch: int) -> None:
    """Short transactions instead of one long one: others write in between."""
    while True:
        with transaction() as db:
            done = verb(db, batch)
        if (done if isinstance(done, int) else len(done)) < batch:
            return


def forget_where_people_were() -> None:
    """Tracks, check-ins and fixes of ZHIWANG_TRACK_DAYS ago; of what was walked only counts stay."""
    for forget in (tracks.forget_old, rounds.forget_check_ins, presence.forget_old, coverage.forget_squares):
        until_fewer(forget, BATCH)


def forget_uploads() -> None:
    """Uploads that nobody went on with, and pieces that a crash left."""
    until_fewer(uploads.forget_expired, 200)
    with reading() as db:
        uploads.sweep(db)


def forget_changes() -> None:
    """What devices and platforms were told long ago: a device that has been away for longer begins anew."""
    until_fewer(feed.forget, 1000)
    until_fewer(changes.forget_old, 1000)
    until_fewer(operations.forget_old, 5000)


def forget_wechat_messages() -> None:
    """Messages that WeChat sends no more."""
    until_fewer(mailbox.forget_old, BATCH)


def forget_unclaimed_photos() -> None:
    """Photos that were sent ahead of a report that never came."""
    until_fewer(photo.delete_unclaimed, 200)


def forget_senders() -> None:
    """What counts against no sender any more, and whom entries of the abuse list meant that ended a year ago."""
    until_fewer(traces.forget_old, 5000)
    until_fewer(book.forget_old, BATCH)


def forget_untied_persons() -> None:
    """What adopters have written whose phone or account was forgotten; what they adopted is free."""
    until_fewer(erasing.forget_untied, 100)


def forget_exports() -> None:
    """Files of lists whose time is over."""
    until_fewer(export.forget_old, 50)


def forget_nonces() -> None:
    """Requests of system clients whose time stamp is too old to pass again anyway."""
    old = select(Nonce.id).where(Nonce.expires_at < clock.now()).limit(BATCH)
    until_fewer(lambda db, _: db.scalars(delete(Nonce).where(Nonce.id.in_(old)).returning(Nonce.id)).all(), BATCH)


def forget_report_keys() -> None:
    """What reports were found by that are too old to be the same problem as a new one."""
    until_fewer(lookout.forget_old, 2_000)


def forget_idle_subscribers() -> None:
    """Whoever follows nothing any more, and pages' lists that nobody opens."""
    until_fewer(subscribers.forget_idle, BATCH)


def forget_expired() -> None:
    """Log-ins, codes and counts whose time is over, and cases that somebody left open on a page."""
    with transaction() as db:
        sessions.forget_expired(db)
    until_fewer(holds.forget_ended, BATCH)


def forget_events() -> None:
    """Events that were handed over two weeks ago; what became of them stands in the history.

    The newest stays: SQLite would begin again with the ids of an empty table, and messages stand under the id of their event.
    """
    newest = select(func.max(Event.id)).scalar_subquery()
    old = (select(Event.id).where(Event.relayed_at < clock.now() - timedelta(days=OUTBOX_DAYS), Event.id < newest)
           .order_by(Event.id).limit(BATCH))
    until_fewer(lambda db, _: db.scalars(delete(Event).where(Event.id.in_(old)).returning(Event.id)).all(), BATCH)
