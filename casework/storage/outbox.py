"""What happened, written in the same transaction as what it describes, and handed on later at least once."""
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.storage.database import Base, Serial, partial_index


class Event(Base):
    """One thing that happened to one subject. `detail` carries ids and words of the domain, never personal data."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str]
    subject: Mapped[uuid.UUID]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    happened_at: Mapped[datetime] = mapped_column(default=clock.now)
    relayed_at: Mapped[datetime | None]

    __table_args__ = (
        partial_index("ix_outbox_waiting", "id", where="relayed_at IS NULL"),
        Index(None, "name", "happened_at"),  # the schedule looks for those of the last day that came to nothing
    )


def publish(db: Session, name: str, subject: uuid.UUID, **detail: Any) -> None:
    """Say that something happened; it leaves with the commit."""
    publish_many(db, name, [subject], **detail)


def publish_many(db: Session, name: str, subjects: Iterable[uuid.UUID], **detail: Any) -> None:
    """The same thing happened to many subjects: one statement."""
    at = clock.now()
    rows = [{"name": name, "subject": subject, "detail": detail, "happened_at": at} for subject in subjects]
    if rows:
        db.connection().execute(insert(Event.__table__), rows)  # type: ignore[arg-type]  # plain: no object comes of it


class Claimed(NamedTuple):
    """What a relay needs of a waiting event. Plain, because objects of the ORM cost more than all the rest of a claim."""

    id: int
    name: str
    subject: uuid.UUID
    happened_at: datetime


def claim(db: Session, limit: int) -> list[Claimed]:
    """The oldest waiting events, in order, locked until the transaction ends so that several relays share the work."""
    waiting = (select(Event.id, Event.name, Event.subject, Event.happened_at)
               .where(Event.relayed_at.is_(None)).order_by(Event.id).limit(limit))
    return [Claimed(*row) for row in db.execute(waiting.with_for_update(skip_locked=True))]


def mark_relayed(db: Session, events: Iterable[Claimed]) -> None:
    """Call after the events were handed over, never before: a crash in between repeats them, which jobs bear."""
    ids = [event.id for event in events]
    db.execute(update(Event).where(Event.id.in_(ids)).values(relayed_at=clock.now())
               .execution_options(synchronize_session=False))


def hand_over_again(db: Session, event_ids: Iterable[int]) -> None:
    """Let the relay hand these over once more: what they should have led to is not there."""
    db.execute(update(Event).where(Event.id.in_(list(event_ids))).values(relayed_at=None)
               .execution_options(synchronize_session=False))


def oldest_waiting(db: Session) -> datetime | None:
    """When the oldest event that is still waiting happened; None when none waits."""
    return db.scalar(select(Event.happened_at).where(Event.relayed_at.is_(None)).order_by(Event.id).limit(1))
