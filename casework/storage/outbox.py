"""What happened, written in the same transaction as what it describes, and handed on later at least once."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
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

    __table_args__ = (partial_index("ix_outbox_waiting", "id", where="relayed_at IS NULL"),)


def publish(db: Session, name: str, subject: uuid.UUID, **detail: Any) -> None:
    """Say that something happened; it leaves with the commit."""
    publish_many(db, name, [subject], **detail)


def publish_many(db: Session, name: str, subjects: Iterable[uuid.UUID], **detail: Any) -> None:
    """The same thing happened to many subjects: one statement."""
    at = clock.now()
    rows = [{"name": name, "subject": subject, "detail": detail, "happened_at": at} for subject in subjects]
    if rows:
        db.execute(insert(Event), rows)


def claim(db: Session, limit: int) -> Sequence[Event]:
    """The oldest waiting events, in order, locked until the transaction ends so that several relays share the work."""
    waiting = select(Event).where(Event.relayed_at.is_(None)).order_by(Event.id).limit(limit)
    return db.scalars(waiting.with_for_update(skip_locked=True)).all()


def mark_relayed(db: Session, events: Iterable[Event]) -> None:
    """Call after the events were handed over, never before: a crash in between repeats them, which jobs bear."""
    db.execute(update(Event).where(Event.id.in_([event.id for event in events])).values(relayed_at=clock.now()))


def oldest_waiting(db: Session) -> datetime | None:
    """When the oldest event that is still waiting happened; None when none waits."""
    return db.scalar(select(Event.happened_at).where(Event.relayed_at.is_(None)).order_by(Event.id).limit(1))
