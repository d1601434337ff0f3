"""Who is to hear of which change: one row for each thing and audience, numbered in the order in which they can be read.

A device asks what came after a number. Numbers that a sequence gives out are not committed in their order: who has read up
to 7 would never see a 6 that is committed later. So one writer at a time numbers the rows, from the outbox, after the
change itself was committed; what has the higher number is never readable before what has the lower one.
"""
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Index, delete, exists, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.storage.database import Base, Serial, one_at_a_time
from casework.storage.outbox import Event

KEPT = timedelta(days=30)
"""A device that was away for longer starts over."""

MARGIN = timedelta(days=1)
"""Rows outlive KEPT by this: they are stamped a little before they can be read."""


EVENTS_KEPT = timedelta(days=3)
"""Longer than anybody looks for events that were lost on the way."""


class Thing(StrEnum):
    """What changes for a worker by what others do."""

    TASK = "task"
    CASE = "case"
    ENTRY = "entry"


class FieldChange(Base):
    """Somebody is to hear that a thing has changed; in what, is read from the thing itself. The latest change of a thing for
    an audience replaces the one before, so this is also the list of who was ever told of it: they hear of its end, too."""

    __tablename__ = "field_changes"
    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    audience: Mapped[str]
    kind: Mapped[Thing]
    subject: Mapped[uuid.UUID]
    gone: Mapped[bool]
    """It is nothing of theirs any more."""
    at: Mapped[datetime]

    __table_args__ = (Index(None, "audience", "seq"), Index(None, "subject"), Index(None, "gone", "at"))


class FollowedEvent(Base):
    """An event of the outbox that was followed: not to be followed twice, and not to be forgotten."""

    __tablename__ = "field_followed_events"
    event_id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)


Subject = tuple[Thing, uuid.UUID]


class Told(NamedTuple):
    """Somebody has this thing on the device."""

    audience: str
    kind: Thing
    subject: uuid.UUID


def user(user_id: uuid.UUID) -> str:
    """The audience that is one worker."""
    return f"user:{user_id.hex}"


def area(code: str) -> str:
    """The audience that is whoever works in exactly this area."""
    return f"area:{code}"


COLUMNS = FieldChange.seq, FieldChange.audience, FieldChange.kind, FieldChange.subject, FieldChange.gone


def not_followed(db: Session, event_ids: Sequence[int]) -> Sequence[Event]:
    """These events, without those that were followed before. From here on until the transaction ends nobody else follows."""
    one_at_a_time(db, "field changes")
    done = exists().where(FollowedEvent.event_id == Event.id)
    return db.scalars(select(Event).where(Event.id.in_(event_ids), ~done).order_by(Event.id)).all()


def write(db: Session, audiences: Mapping[Subject, set[str]], followed: Iterable[int] = ()) -> int:
    """Say that these things have changed, to those whom they concern now and to whoever heard of them before; how many rows.

    Call it after not_followed(), in the same transaction. `followed` are the events that said so.
    """
    before = {Told(row.audience, row.kind, row.subject): row for row in db.execute(
        select(*COLUMNS).where(FieldChange.subject.in_({subject for _, subject in audiences})))}
    rows = {Told(audience, kind, subject): False for (kind, subject), concerned in audiences.items() for audience in concerned}
    for told, row in before.items():
        if told not in rows and (told.kind, told.subject) in audiences and not row.gone:
            rows[told] = True  # who heard that it is gone need not hear so again
    _number(db, rows, [before[told].seq for told in rows if told in before])
    if marks := [{"event_id": one, "at": clock.now()} for one in followed]:
        db.connection().execute(insert(FollowedEvent.__table__), marks)  # type: ignore[arg-type]  # plain: no object comes of it
    return len(rows)


def unknown(db: Session, told: Collection[Told]) -> set[Told]:
    """Those of what a device is told of which the log does not know that it is told: nobody has followed their last event yet,
    or they are older than the log. Unless it is remembered, who has them now would not hear when they go."""
    rows = db.execute(select(*COLUMNS).where(FieldChange.subject.in_({one.subject for one in told}), ~FieldChange.gone))
    return set(told).difference(Told(row.audience, row.kind, row.subject) for row in rows)


def remember(db: Session, told: Collection[Told]) -> None:
    """Remember who is told what. The rows are new ones: should it have gone meanwhile, they hear so with the next page."""
    one_at_a_time(db, "field changes")
    rows = dict.fromkeys(sorted(unknown(db, told)), False)
    gone = db.execute(select(*COLUMNS).where(FieldChange.subject.in_({one.subject for one in rows}), FieldChange.gone))
    _number(db, rows, [row.seq for row in gone if Told(row.audience, row.kind, row.subject) in rows])


def _number(db: Session, rows: Mapping[Told, bool], replaced: Sequence[int]) -> None:
    """Write these rows (value: whether it is gone) with the next numbers, in the place of those replaced."""
    at, first = clock.now(), newest(db) + 1
    db.execute(delete(FieldChange).where(FieldChange.seq.in_(replaced)))
    if made := [{"seq": seq, **told._asdict(), "gone": gone, "at": at} for seq, (told, gone) in enumerate(rows.items(), first)]:
        db.connection().execute(insert(FieldChange.__table__), made)  # type: ignore[arg-type]  # plain: no object comes of it


def newest(db: Session) -> int:
    """The highest number so far; never lower than it was: the row that has it is replaced by a higher one, or kept."""
    return db.scalar(select(func.max(FieldChange.seq))) or 0


def since(db: Session, audiences: Sequence[str], seq: int, limit: int) -> Sequence[Any]:
    """Up to `limit` rows (seq, kind, subject) for any of these audiences after this number, in order."""
    looks = select(FieldChange.seq, FieldChange.kind, FieldChange.subject).where(
        FieldChange.audience.in_(audiences), FieldChange.seq > seq)
    return db.execute(looks.order_by(FieldChange.seq).limit(limit)).all()


def unfollowed(db: Session, names: Iterable[str], since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events of this span that were handed over and that nobody has followed, the oldest first."""
    done = exists().where(FollowedEvent.event_id == Event.id)
    lost = select(Event.id).where(Event.name.in_(names), Event.happened_at >= since, Event.relayed_at < until, ~done)
    return list(db.scalars(lost.order_by(Event.happened_at, Event.id).limit(limit)))


def forget(db: Session, batch: int) -> int:
    """Forget what is gone for longer than any device may stay away; how many rows. Call again while it is `batch`."""
    one_at_a_time(db, "field changes")
    now = clock.now()
    old, settled = now - KEPT - MARGIN, now - EVENTS_KEPT
    rows = db.scalars(select(FieldChange.seq).where(FieldChange.gone, FieldChange.at < old, FieldChange.seq < newest(db))
                      .order_by(FieldChange.at).limit(batch)).all()
    events = db.scalars(select(FollowedEvent.event_id).where(FollowedEvent.at < settled)
                        .order_by(FollowedEvent.at).limit(batch)).all()
    db.execute(delete(FieldChange).where(FieldChange.seq.in_(rows)))
    db.execute(delete(FollowedEvent).where(FollowedEvent.event_id.in_(events)))
    return max(len(rows), len(events))
