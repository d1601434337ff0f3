"""Carrying messages out of the house: claimed for a while, sent one by one outside any transaction, tried again, at last
given up; at night only what may wake somebody. Each way by itself: a gateway that hangs holds up no mail.
"""
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session, aliased

from casework import clock, settings
from casework.cases.report import Report
from casework.cases.subscribers import Subscriber
from casework.identity.followers import REACHED, Follower
from casework.identity.people import Citizen
from casework.identity.privacy import SealedText
from casework.identity.sessions import NotTakenError, Sender
from casework.notifications import withdrawal
from casework.notifications.messages import Message
from casework.notifications.preferences import Preference
from casework.notifications.rules import Via
from casework.storage.database import transaction

LEASE = timedelta(minutes=5)
"""So long nobody else tries a message that was claimed; if its process dies in between, it is tried again then."""

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""Before the next attempt. A gateway may be away for a day; what it refuses seven times it will not take."""

MARK_SECONDS = 1
"""What was sent is marked together, because a transaction for each would take longer than the sending."""

WAYS = (Via.SMS, Via.WECHAT, Via.MAIL)
"""Those that lead out of the house."""

TO_PHONES = frozenset({Via.SMS, Via.WECHAT})
"""Those that may wake somebody."""

SMS_LENGTH = 500
"""What gateways take as one message. The tracking page has all of it."""

Senders = Mapping[Via, Sender]

Following = aliased(Follower)

log = structlog.get_logger()


class Letter(NamedTuple):
    """A claimed message."""

    id: uuid.UUID
    via: Via
    text: str
    attempts: int
    urgent: bool
    phone: SealedText | None
    mail: SealedText | None
    openid: SealedText | None
    proved: SealedText | None
    """The phone of somebody who follows, or is told beside the reports."""
    follower: SealedText | None
    """The openid of somebody who follows, or is told beside the reports."""

    @property
    def address(self) -> SealedText | None:
        """Where it goes."""
        return {Via.SMS: self.phone or self.proved, Via.WECHAT: self.openid or self.follower}.get(self.via, self.mail)


class Fared(Counter[str]):
    """How many letters were sent, refused, given up and left for the morning; `away` are the ways on which nobody is there."""

    def __init__(self) -> None:
        super().__init__()
        self.away = set[Via]()


def send_waiting(senders: Senders, *, batch: int = 50, seconds: float = 60, leave: Iterable[Via] = ()) -> Fared:
    """Send what is due by each way, what waits longest first, for so many seconds. A way on which nobody answers is left
    alone from then on, since each further letter would only wait for its time-out; so are those in `leave`.

    Opens its own transactions. At least once: what was sent and could not be marked any more (a killed process loses a
    second's worth) is sent again after LEASE, under the same key.
    """
    fared, until, left = Fared(), time.monotonic() + seconds, set(leave)
    ways = [via for via in WAYS if via not in left]
    while ways and time.monotonic() < until:
        for via in tuple(ways):  # by turns: a long queue of one way does not take the other's time
            with transaction() as db:
                letters = _claim(db, via, batch)
            _send_some(letters, senders, until, fared)
            if not letters or via in fared.away:
                ways.remove(via)
    return fared


def _send_some(letters: Sequence[Letter], senders: Senders, until: float, fared: Fared) -> None:
    morning = quiet_until(clock.now())
    asleep = [one for one in letters if morning and one.via in TO_PHONES and not one.urgent]
    if asleep:
        _mark([one.id for one in asleep], next_try_at=morning)
        fared["until_morning"] += len(asleep)
    _send_all([one for one in letters if one not in asleep], senders, until, fared)


def quiet_until(at: datetime) -> datetime | None:
    """The end of the night's quiet that this moment lies in, by the city's time; None when it lies in none."""
    hours = settings.current().quiet_hours
    if hours is None:
        return None
    since, until = hours
    here = at.astimezone(clock.CITY)
    now, over_midnight = here.time().replace(tzinfo=None), since > until
    quiet = now >= since or now < until if over_midnight else since <= now < until
    if not quiet:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and now >= since else here.date()
    return datetime.combine(day, until, clock.CITY).astimezone(at.tzinfo)


def _send_all(letters: Sequence[Letter], senders: Senders, until: float, fared: Fared) -> None:
    sent, marked = list[uuid.UUID](), time.monotonic()
    try:
        for number, letter in enumerate(letters):
            if time.monotonic() >= until or letter.via in fared.away:
                _mark([one.id for one in letters[number:]], next_try_at=clock.now())
                break
            if fault := _fault(letter, senders):
                fared[_refused(letter, str(fault), fault.final)] += 1
                if fault.away:
                    fared.away.add(letter.via)
            else:
                fared["sent"] += 1
                sent.append(letter.id)
            if time.monotonic() - marked >= MARK_SECONDS:
                _mark_sent(sent)
                sent, marked = [], time.monotonic()
    finally:
        _mark_sent(sent)


def _claim(db: Session, via: Via, limit: int) -> list[Letter]:
    now = clock.now()
    due = select(Message.id).where(Message.next_try_at <= now, Message.via == via)
    first = due.order_by(Message.next_try_at, Message.id).limit(limit)
    ids: Sequence[uuid.UUID] = ()
    while not ids and (found := db.scalars(first.with_for_update(skip_locked=True)).all()):
        ids = withdrawal.without_stale(db, found)
    if not ids:
        return []
    db.execute(update(Message).where(Message.id.in_(ids)).values(next_try_at=now + LEASE))
    letters = (select(Message.id, Message.via, Message.text, Message.attempts, Message.urgent, Report.reporter_phone,
                      Preference.mail, Follower.openid, Citizen.phone, Following.openid)
               .join(Report, Report.id == Message.report_id, isouter=True)
               .join(Follower, and_(Follower.id == Report.reporter_id, Message.via == Via.WECHAT, *REACHED), isouter=True)
               .join(Subscriber, Subscriber.id == Message.subscriber_id, isouter=True)
               .join(Citizen, and_(Citizen.id == func.coalesce(Message.citizen_id, Subscriber.citizen_id), Citizen.active),
                     isouter=True)
               .join(Following, and_(Following.id == func.coalesce(Message.follower_id, Subscriber.follower_id),
                                     Following.follows, Following.refused_at.is_(None)), isouter=True)
               .join(Preference, Preference.user_id == Message.user_id, isouter=True).where(Message.id.in_(ids)))
    return [Letter._make(row) for row in db.execute(letters.order_by(Message.created_at, Message.id))]


def _fault(letter: Letter, senders: Senders) -> NotTakenError | None:
    """Send it; else what went wrong. Whatever is wrong with one message, the others go out."""
    address = letter.address
    sender = senders.get(letter.via)
    if address is None or sender is None:
        return NotTakenError("no address", final=True) if address is None else NotTakenError("no sender")
    text = letter.text
    if letter.via is Via.SMS and len(text) > SMS_LENGTH:
        text = text[:SMS_LENGTH - 1] + "…"
    try:
        sender.send(address.open(), text, str(letter.id))
    except NotTakenError as error:
        return error
    except Exception as error:
        return NotTakenError(type(error).__name__)  # not its words: a gateway may quote the phone
    return None


def _mark_sent(ids: Sequence[uuid.UUID]) -> None:
    if ids:
        _mark(ids, sent_at=clock.now(), next_try_at=None, attempts=Message.attempts + 1, fault=None)


def _refused(letter: Letter, fault: str, final: bool) -> str:
    if letter.attempts < len(WAITS) and not final:
        _mark([letter.id], attempts=letter.attempts + 1, fault=fault, next_try_at=clock.now() + WAITS[letter.attempts])
        log.warning("message_refused", message_id=str(letter.id), fault=fault)
        return "refused"
    _mark([letter.id], attempts=letter.attempts + 1, fault=fault, next_try_at=None, failed_at=clock.now())
    log.error("message_given_up", message_id=str(letter.id), fault=fault)
    return "given_up"


def _mark(ids: Sequence[uuid.UUID], **values: Any) -> None:
    with transaction() as db:
        db.execute(update(Message).where(Message.id.in_(ids)).values(**values))
