"""The inbox of those who work here: what is for them, and what is for the desks at which they sit."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, union_all
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.identity.people import Actor
from casework.notifications import messages, preferences, readers
from casework.notifications.messages import Message
from casework.notifications.rules import Via

Position = tuple[datetime, uuid.UUID]

MOST_UNREAD = 100
"""Nobody needs to know exactly how many more."""


def page(db: Session, actor: Actor, *, after: Position | None = None, limit: int = 50,
         unread: bool = False) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` messages for the actor, the latest first; and where the next page goes on, or None."""
    seen = preferences.of(db, actor).seen_until
    ids = _newest(actor, limit + 1, after, seen if unread else None)
    if ids is None:
        return [], None
    wanted = (select(Message.id, Message.created_at.label("at"), Message.kind, Message.text, Message.urgent,
                     Case.number.label("case"), Case.status)
              .join(Case, Case.id == Message.case_id, isouter=True).where(Message.id.in_(ids))
              .order_by(Message.created_at.desc(), Message.id.desc()).limit(limit + 1))
    found = db.execute(wanted).all()
    last = found[limit - 1] if len(found) > limit else None
    items = [dict(row._mapping) | {"read": seen is not None and row.at <= seen} for row in found[:limit]]  # noqa: SLF001 - public
    return items, (last.at, last.id) if last else None


def later(db: Session, user_id: uuid.UUID, after: Position, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` messages for this person after a position, the oldest first; not those for the desks.

    Nobody misses one who goes on from the last: messages to one reader are stamped in the order in which they can be read.
    """
    wanted = (select(Message.id, Message.created_at.label("at"), Message.kind, Message.text, Message.urgent,
                     Case.number.label("case"))
              .join(Case, Case.id == Message.case_id)
              .where(Message.reader == readers.person(user_id).key, Message.via == Via.INBOX,
                     tuple_(Message.created_at, Message.id) > after)
              .order_by(Message.created_at, Message.id).limit(limit))
    return [dict(row._mapping) for row in db.execute(wanted)]  # noqa: SLF001 - public


def unread(db: Session, actor: Actor) -> int:
    """How many messages came since the actor read last; counted up to MOST_UNREAD."""
    ids = _newest(actor, MOST_UNREAD, None, preferences.of(db, actor).seen_until)
    return 0 if ids is None else min(db.scalar(select(func.count()).select_from(ids.subquery())) or 0, MOST_UNREAD)


def seen(db: Session, actor: Actor, until: datetime) -> None:
    """The actor has read the inbox up to this moment; no further than what could be read, and never less than before."""
    newest = messages.newest(db, readers.keys_of(actor))
    if newest:
        preferences.seen(db, actor, min(until, newest))


def _newest(actor: Actor, most: int, after: Position | None, since: datetime | None) -> Any:
    """The newest of each key by its own index: an OR of keys makes the database read all that a desk was ever told."""
    keys = readers.keys_of(actor)
    looks = []
    for key in keys:
        one = select(Message.id, Message.created_at).where(Message.reader == key, Message.via == Via.INBOX)
        if after:
            one = one.where(tuple_(Message.created_at, Message.id) < after)
        if since:
            one = one.where(Message.created_at > since)
        looks.append(one.order_by(Message.created_at.desc(), Message.id.desc()).limit(most).subquery())
    return union_all(*(select(look.c.id) for look in looks)) if looks else None
