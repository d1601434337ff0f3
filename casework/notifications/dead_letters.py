"""Messages that were given up, and those that wait: seen by administrators without a word of what they say or to whom."""
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.subscribers import Subscriber
from casework.errors import Conflict, NotFound
from casework.identity.people import Citizen, User
from casework.identity.privacy import SealedText, mask_phone
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.storage.database import one_at_a_time

Position = tuple[datetime, uuid.UUID]

MOST = 1000
"""Revived at once, and counted at most."""


class State(StrEnum):
    """What became of a message that leaves the house."""

    DEAD = "dead"        # given up
    WAITING = "waiting"  # not sent yet, or refused and to be tried again


def page(db: Session, state: State, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` messages in this state: the dead by when they were given up, those that wait by when they are tried;
    and where the next page goes on, or None."""
    moment = Message.failed_at if state is State.DEAD else Message.next_try_at
    wanted = (select(Message, Case.number, Report, User.login, Citizen.phone)
              .join(Case, Case.id == Message.case_id, isouter=True)
              .join(Report, Report.id == Message.report_id, isouter=True).join(User, User.id == Message.user_id, isouter=True)
              .join(Subscriber, Subscriber.id == Message.subscriber_id, isouter=True)
              .join(Citizen, Citizen.id == func.coalesce(Message.citizen_id, Subscriber.citizen_id), isouter=True)
              .where(moment.is_not(None)).order_by(moment, Message.id).limit(limit + 1))
    if after:
        wanted = wanted.where(tuple_(moment, Message.id) > after)
    found = db.execute(wanted).all()
    items = [{name: getattr(one, name) for name in ("id", "via", "kind", "attempts", "fault", "created_at", "next_try_at",
                                                    "failed_at")}
             | {"case": case, "to": login if one.via is Via.MAIL else _masked(report, proved)}
             for one, case, report, login, proved in found[:limit]]
    last = found[limit - 1][0] if len(found) > limit else None
    position = (last.failed_at if state is State.DEAD else last.next_try_at) if last else None
    return items, (position, last.id) if last and position else None


def revive(db: Session, message_id: uuid.UUID) -> None:
    """Try this one again, from the first attempt on. Raises NotFound, Conflict for one that was not given up."""
    message = db.get(Message, message_id, with_for_update=True)
    if message is None:
        raise NotFound("no such message")
    if message.failed_at is None:
        raise Conflict("this message was not given up")
    _again(db, [message_id])


def revive_all(db: Session, fault: str | None = None) -> int:
    """Try up to MOST of the dead again, the oldest first, or those that died of this fault; how many."""
    one_at_a_time(db, "dead letters")
    dead = select(Message.id).where(Message.failed_at.is_not(None)).order_by(Message.failed_at, Message.id).limit(MOST)
    ids = db.scalars(dead.where(Message.fault == fault) if fault else dead).all()
    _again(db, ids)
    return len(ids)


def count(db: Session) -> int:
    """How many messages were given up and wait for a person; not counted beyond MOST."""
    dead = select(Message.id).where(Message.failed_at.is_not(None)).limit(MOST).subquery()
    return db.scalar(select(func.count()).select_from(dead)) or 0


def _masked(report: Report | None, proved: SealedText | None) -> str | None:
    if report and report.confidential:
        return None
    phone = report.reporter_phone if report else proved
    return mask_phone(phone.open()) if phone else None


def _again(db: Session, ids: Sequence[uuid.UUID]) -> None:
    db.execute(update(Message).where(Message.id.in_(ids)).values(failed_at=None, attempts=0, next_try_at=clock.now())
               .execution_options(synchronize_session=False))
