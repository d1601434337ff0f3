"""Carrying feed lines to the platforms: signed, claimed for a while, sent one by one outside any transaction, tried again, at
last given up until somebody looks. At least once; of one case, and of one ticket, never a later line before an earlier one.
"""
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from casework import clock
from casework.errors import Conflict
from casework.exchange.deadline import within
from casework.exchange.feed import FeedEntry
from casework.exchange.subscriptions import Subscription
from casework.identity.privacy import SealedText
from casework.identity.sessions import signature_of
from casework.identity.sessions.clients import Client
from casework.storage.database import reading, transaction

LEASE = timedelta(minutes=5)
"""So long nobody else tries what was claimed; if its process dies in between, it is tried again then."""

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""Before the next attempt."""

REST = timedelta(minutes=1)
"""So long a platform is left alone where nobody answered: each further line would only wait for its time-out."""

SECONDS = 10.0
"""For all of a line, from connecting to its answer; BATCH of them end before LEASE."""

BATCH = 20

log = structlog.get_logger("zhiwang.webhooks")


class Parcel(NamedTuple):
    """A claimed line."""

    seq: int
    id: uuid.UUID
    told: dict[str, Any]
    attempts: int
    until: datetime


class Receiver(NamedTuple):
    """Where a platform is told."""

    client_id: uuid.UUID
    url: str
    key: str
    secret: SealedText


def deliver(seconds: float = 20) -> Counter[str]:
    """Deliver what is due, platform by platform, for so many seconds; how many lines by outcome. Opens its own transactions."""
    fared, until = Counter[str](), time.monotonic() + seconds
    with reading() as db:
        receivers = _receivers(db)
    if not receivers:  # a client reads all certificates of the machine: that costs more than to look
        return fared
    with httpx.Client(timeout=SECONDS, trust_env=False) as client:  # no proxy of the environment: only whom it concerns
        while receivers and time.monotonic() < until:
            for receiver in tuple(receivers):  # by turns: a long queue of one does not take the others' time
                with transaction() as db:
                    parcels = _claim(db, receiver.client_id)
                if not parcels or not _send_all(client, receiver, parcels, until, fared):
                    receivers.remove(receiver)
    return fared


def replay(db: Session, client_id: uuid.UUID, seq: int) -> int:
    """Deliver again all after this number that the platform's subscription is about, under their own ids; how many lines.

    Raises Conflict where the platform has no webhook.
    """
    subscription = db.scalar(select(Subscription).where(Subscription.client_id == client_id, Subscription.active))
    if subscription is None:
        raise Conflict("this platform has no webhook")
    wanted = [FeedEntry.client_id == client_id, FeedEntry.seq > seq]
    if subscription.events:
        wanted.append(FeedEntry.event.in_(subscription.events))
    again = (update(FeedEntry).where(*wanted)
             .values(owed=True, next_try_at=clock.now(), attempts=0, failed_at=None, delivered_at=None)
             .returning(FeedEntry.seq).execution_options(synchronize_session=False))
    return len(db.scalars(again).all())


def waiting(db: Session, since: datetime) -> bool:
    """Whether something has been due since before this moment."""
    due = select(FeedEntry.seq).where(FeedEntry.next_try_at < since).limit(1)
    return db.scalar(due) is not None


def _receivers(db: Session) -> list[Receiver]:
    now = clock.now()
    awake = or_(Subscription.rests_until.is_(None), Subscription.rests_until <= now)
    due = select(FeedEntry.seq).where(FeedEntry.client_id == Subscription.client_id, FeedEntry.next_try_at <= now)
    rows = db.execute(select(Subscription.client_id, Subscription.url, Client.key_id, Subscription.secret)
                      .join(Client, Client.id == Subscription.client_id)
                      .where(Subscription.active, Client.active, awake, due.exists()).order_by(Subscription.id))
    return [Receiver(*row) for row in rows]


def _claim(db: Session, client_id: uuid.UUID) -> list[Parcel]:
    """What is due and for which nothing earlier of its case or ticket is owed; of each case one line."""
    now = clock.now()
    earlier = aliased(FeedEntry)
    blocked = select(earlier.seq).where(
        earlier.owed, earlier.client_id == client_id, earlier.seq < FeedEntry.seq,
        or_(earlier.case_id == FeedEntry.case_id, earlier.report_id == FeedEntry.report_id))
    due = select(FeedEntry).where(FeedEntry.client_id == client_id, FeedEntry.next_try_at <= now, FeedEntry.owed,
                                  ~blocked.exists())
    entries = db.scalars(due.order_by(FeedEntry.seq).limit(BATCH).with_for_update(skip_locked=True)).all()
    for entry in entries:
        entry.next_try_at = now + LEASE
    return [Parcel(one.seq, one.id, one.told, one.attempts, now + LEASE) for one in entries]


def _send_all(client: httpx.Client, receiver: Receiver, parcels: Sequence[Parcel], until: float, fared: Counter[str]) -> bool:
    """Send them in order; False where nobody answers."""
    for at, parcel in enumerate(parcels):
        if time.monotonic() >= until:
            _release(parcels[at:])
            return False
        fault, away = _post(client, receiver, parcel)
        if fault is None:
            fared["delivered"] += _mark(parcel, owed=False, next_try_at=None, delivered_at=clock.now(), fault=None,
                                        attempts=parcel.attempts + 1)
            continue
        fared[_refused(parcel, receiver, fault)] += 1
        if away:
            _release(parcels[at + 1:])
            with transaction() as db:
                db.execute(update(Subscription).where(Subscription.client_id == receiver.client_id)
                           .values(rests_until=clock.now() + REST))
            return False
    return True


def _post(client: httpx.Client, receiver: Receiver, parcel: Parcel) -> tuple[str | None, bool]:
    """What went wrong, None for nothing, and whether nobody was there. Of the answer only its status is read."""
    body, key = orjson.dumps(parcel.told), parcel.id.hex
    parts = urlsplit(receiver.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
    signature = signature_of(receiver.secret.open(), "POST", path, at, nonce, body)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Authorization":
               f"ZW-HMAC key={receiver.key}, time={at}, nonce={nonce}, signature={signature}"}
    try:
        with within(SECONDS) as limit, client.stream("POST", receiver.url, content=body, headers=headers,
                                                     extensions=limit) as answer:
            taken = 200 <= answer.status_code < 300
            return (None if taken else f"HTTP {answer.status_code}"), False
    except httpx.HTTPError as error:
        return type(error).__name__, True  # not its words: they may quote the address
    except Exception as error:  # whatever is wrong with one address, the others hear
        return type(error).__name__, True


def _refused(parcel: Parcel, receiver: Receiver, fault: str) -> str:
    said = {"seq": parcel.seq, "client_id": str(receiver.client_id), "fault": fault}
    if parcel.attempts < len(WAITS):
        _mark(parcel, attempts=parcel.attempts + 1, fault=fault, next_try_at=clock.now() + WAITS[parcel.attempts])
        log.warning("webhook_refused", **said)
        return "refused"
    _mark(parcel, attempts=parcel.attempts + 1, fault=fault, next_try_at=None, failed_at=clock.now())
    log.error("webhook_given_up", **said)
    return "given_up"


def _release(parcels: Sequence[Parcel]) -> None:
    for parcel in parcels:
        _mark(parcel, next_try_at=clock.now())


def _mark(parcel: Parcel, **values: Any) -> int:
    """Only while the claim is ours: whoever was held up for longer than LEASE has lost it to another."""
    with transaction() as db:
        ours = and_(FeedEntry.seq == parcel.seq, FeedEntry.next_try_at == parcel.until)
        return len(db.scalars(update(FeedEntry).where(ours).values(**values).returning(FeedEntry.seq)
                              .execution_options(synchronize_session=False)).all())
