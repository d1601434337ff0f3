"""What waits to be sent to followers and does not hold any more: a case was taken back, or they unsubscribed. It is taken
away and its event handed over again, so that what still holds of it is written anew."""
import uuid
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.cases.subscribers import Subscriber
from casework.notifications import followers
from casework.notifications.messages import Message
from casework.notifications.rules import Kind
from casework.storage import outbox


def without_stale(db: Session, ids: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    """Of these messages, locked, those that may be sent; the others are gone."""
    columns = Message.id, Message.event_id, Message.about, Message.created_at, Subscriber.id.label("whose"), Subscriber.ended_at
    wanted = (select(*columns).join(Subscriber, Subscriber.id == Message.subscriber_id, isouter=True)
              .where(Message.id.in_(ids), Message.kind == Kind.FOLLOWED))
    waiting = db.execute(wanted).all()
    if not waiting:
        return ids
    public = followers.shown(db, {uuid.UUID(one) for row in waiting for one in row.about or ()})
    stale = {row.id: row for row in waiting
             if row.whose is None or (row.ended_at is not None and row.ended_at > row.created_at)
             or any(uuid.UUID(one) not in public for one in row.about or ())}
    if stale:
        db.execute(delete(Message).where(Message.id.in_(stale)).execution_options(synchronize_session=False))
        outbox.hand_over_again(db, {row.event_id for row in stale.values() if row.whose})
    return [one for one in ids if one not in stale]
