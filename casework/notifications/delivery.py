"""Carrying messages to phones: claimed for a while, sent one by one outside any transaction, tried again, at last given up."""
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.report import Report
from casework.identity.privacy import SealedText
from casework.identity.sessions import Sender
from casework.notifications.messages import Message
from casework.storage.database import transaction

LEASE = timedelta(minutes=5)
"""So long nobody else tries a message that was claimed; if its process dies in between, it is tried again then."""

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""Before the next attempt. A gateway may be away for a day; what it refuses seven times it will not take."""

MARK_SECONDS = 1
"""What was sent is marked together, because a transaction for each would take longer than the sending."""

log = structlog.get_logger()


class Letter(NamedTuple):
    """A claimed message."""

    id: uuid.UUID
    text: str
    attempts: int
    phone: SealedText | None


def send_waiting(sender: Sender, *, batch: int = 50, seconds: float = 60) -> Counter[str]:
    """Send what is due, those that wait longest first, for so many seconds; how many were sent, refused and given up.

    Opens its own transactions. At least once: what was sent and could not be marked any more (a killed process loses a
    second's worth) is sent again after LEASE.
    """
    fared, until = Counter[str](), time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction() as db:
            letters = _claim(db, batch)
        if not letters:
            break
        fared += _send_all(letters, sender, until)
    return fared


def _send_all(letters: Sequence[Letter], sender: Sender, until: float) -> Counter[str]:
    fared, sent, marked = Counter[str](), list[uuid.UUID](), time.monotonic()
    try:
        for number, letter in enumerate(letters):
            if time.monotonic() >= until:
                _mark([one.id for one in letters[number:]], next_try_at=clock.now())
                break
            if fault := _fault(letter, sender):
                fared[_refused(letter, fault)] += 1
            else:
                fared["sent"] += 1
                sent.append(letter.id)
            if time.monotonic() - marked >= MARK_SECONDS:
                _mark_sent(sent)
                sent, marked = [], time.monotonic()
    finally:
        _mark_sent(sent)
    return fared


def _claim(db: Session, limit: int) -> list[Letter]:
    now = clock.now()
    due = select(Message.id).where(Message.next_try_at <= now).order_by(Message.next_try_at, Message.id).limit(limit)
    ids = db.scalars(due.with_for_update(skip_locked=True)).all()
    if not ids:
        return []
    db.execute(update(Message).where(Message.id.in_(ids)).values(next_try_at=now + LEASE))
    letters = (select(Message.id, Message.text, Message.attempts, Report.reporter_phone)
               .join(Report, Report.id == Message.report_id).where(Message.id.in_(ids)))
    return [Letter(*row) for row in db.execute(letters.order_by(Message.created_at, Message.id))]


def _fault(letter: Letter, sender: Sender) -> str | None:
    """Send it; what went wrong. Whatever is wrong with one message or phone, the others go out."""
    if letter.phone is None:
        return "no phone"
    try:
        sender.send(letter.phone.open(), letter.text)
    except Exception as error:
        return type(error).__name__  # not its words: a gateway may quote the phone
    return None


def _mark_sent(ids: Sequence[uuid.UUID]) -> None:
    if ids:
        _mark(ids, sent_at=clock.now(), next_try_at=None, attempts=Message.attempts + 1)


def _refused(letter: Letter, fault: str) -> str:
    if letter.attempts < len(WAITS):
        _mark([letter.id], attempts=letter.attempts + 1, next_try_at=clock.now() + WAITS[letter.attempts])
        log.warning("message_refused", message_id=str(letter.id), fault=fault)
        return "refused"
    _mark([letter.id], attempts=letter.attempts + 1, next_try_at=None, failed_at=clock.now())
    log.error("message_given_up", message_id=str(letter.id), fault=fault)
    return "given_up"


def _mark(ids: Sequence[uuid.UUID], **values: Any) -> None:
    with transaction() as db:
        db.execute(update(Message).where(Message.id.in_(ids)).values(**values))
