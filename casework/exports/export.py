"""One export: who asked for which list in which form, how far it is, and the file until its time is over."""
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Conflict, Fault, Gone, Invalid, NotFound, TooMany
from casework.exports.columns import Speech
from casework.exports.lists import LISTS
from casework.identity.people import Actor
from casework.identity.permissions import check
from casework.identity.privacy import note
from casework.storage import blobs, outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

FOLDER = "lists"
"""Where files lie; by export and part."""

SMALL = 1_000
"""Rows up to which a file is written while the asker waits."""

MOST_OPEN = 5
"""Of one person at a time: the rest of the city exports too."""

STALE = timedelta(seconds=30)
"""Nobody who lives writes for so long without saying so: whoever was at it is dead, or finds that it is his no more."""


class Form(StrEnum):
    """The kind of file."""

    XLSX = "xlsx"
    CSV = "csv"


MOST_ROWS = {Form.XLSX: 100_000, Form.CSV: 5_000_000}
"""A workbook is written in one go, within one run of a job; whoever wants more takes CSV."""


class State(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Export(Keyed, Base):
    """`kept` rows stand in `parts` pieces, and `place` is where the next begins: whoever dies in between loses one piece."""

    __tablename__ = "list_exports"
    listing: Mapped[str]
    form: Mapped[Form]
    query: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str]
    plain: Mapped[bool] = mapped_column(default=False)
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    state: Mapped[State] = mapped_column(default=State.WAITING)
    total: Mapped[int | None]
    """Rows as they were counted at the beginning; the list may have grown since."""
    done: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=0)
    place: Mapped[list[Any] | None]
    whole: Mapped[bool] = mapped_column(default=False)
    """All rows stand in the pieces; a workbook is then made of them."""
    bytes: Mapped[int | None]
    beat_at: Mapped[datetime | None]
    """When whoever writes it said so last; None while nobody does."""
    ended_at: Mapped[datetime | None]
    fault: Mapped[str | None]

    __table_args__ = (
        Index(None, "asked_by_id", "asked_at", "id"),
        partial_index("ix_list_exports_open", "asked_at", "id", where="ended_at IS NULL"),
    )

    def key(self, part: int) -> str:
        """Where a piece lies; piece 0 is the workbook."""
        return f"{FOLDER}/{self.id}/{part:06}"

    @property
    def expires_at(self) -> datetime:
        """When the file goes."""
        return self.asked_at + timedelta(days=settings.current().kept_days("exports"))

    @property
    def file_name(self) -> str:
        """As it is saved: the list and the city's day."""
        listing = LISTS[self.listing]
        named = listing.zh if self.language == "zh" else listing.en
        return f"{named}-{self.asked_at.astimezone(clock.CITY):%Y%m%d-%H%M}.{self.form}"


def ask(db: Session, actor: Actor, listing: str, form: Form, query: Mapping[str, str], *, language: Speech = "zh",
        plain: bool = False, reason: str | None = None) -> Export:
    """Ask for a list as a file; it is announced with the commit, and stands in the log of looks.

    `plain` asks for names and phones behind their masks, for a `reason`. Raises Invalid, Refused, and TooMany while so many of
    the actor's are open.
    """
    wanted = LISTS.get(listing)
    if wanted is None or actor.id is None or actor.kind != "user":
        raise Invalid("there is no such list", Fault("list", f"must be one of {', '.join(LISTS)}"))
    wanted.check(actor)
    if plain and not wanted.personal:
        raise Invalid("nothing is masked here", Fault("plain", "this list has no names or phones"))
    if plain:
        check(actor, "exports.plain")
        if not reason:
            raise Invalid("this needs a reason", Fault("reason", "must say why names and phones are needed"))
    wanted.read(query)
    mine = select(func.count()).select_from(Export).where(Export.asked_by_id == actor.id, Export.ended_at.is_(None))
    if (db.scalar(mine) or 0) >= MOST_OPEN:
        raise TooMany("wait until one of your exports is done", retry_after=30)
    made = Export(id=new_id(), listing=listing, form=form, query=dict(query), language=language, plain=plain,
                  asked_by_id=actor.id, asked_at=clock.now(), state=State.WAITING, done=0, kept=0, parts=0, whole=False)
    db.add(made)
    note(db, actor, "export", made.id, f"{listing}{': name, phone' if plain else ''}", reason or "")
    db.flush()
    return made


def announce(db: Session, export: Export) -> None:
    """Let a worker write it."""
    outbox.publish(db, "export.asked", export.id)


def find(db: Session, actor: Actor, export_id: uuid.UUID) -> Export:
    """An export of the actor's own. Raises NotFound."""
    made = db.get(Export, export_id)
    if made is None or made.asked_by_id != actor.id:
        raise NotFound("there is no such export")
    return made


def page(db: Session, actor: Actor, after: tuple[datetime, uuid.UUID] | None, limit: int) -> Sequence[Export]:
    """The actor's own, the latest first."""
    wanted = select(Export).where(Export.asked_by_id == actor.id)
    if after:
        wanted = wanted.where(tuple_(Export.asked_at, Export.id) < after)
    return db.scalars(wanted.order_by(Export.asked_at.desc(), Export.id.desc()).limit(limit)).all()


def file(db: Session, actor: Actor, export_id: uuid.UUID) -> tuple[Export, Iterator[bytes]]:
    """The file in pieces. Raises NotFound, Conflict while it is not done, Gone when its time is over, and Refused when the
    actor may not see the list any more."""
    made = find(db, actor, export_id)
    LISTS[made.listing].check(actor)
    if made.plain:
        check(actor, "exports.plain")
    if made.expires_at <= clock.now():
        raise Gone("this file was deleted when its time was over; export it anew")
    if made.state is not State.DONE:
        raise Conflict("this export is not done", state=made.state)
    keys = [made.key(0)] if made.form is Form.XLSX else [made.key(part) for part in range(1, made.parts + 1)]
    return made, (blobs.get(key) for key in keys)


def cancel(db: Session, actor: Actor, export_id: uuid.UUID) -> Export:
    """It is not wanted any more; whoever writes it stops at the next piece. Raises NotFound and Conflict."""
    made = find(db, actor, export_id)
    if made.ended_at is not None:
        raise Conflict(f"this export is {made.state}")
    end(made, State.FAILED, "cancelled")
    return made


def end(made: Export, state: State, fault: str | None = None) -> None:
    """It is done, or will never be; `fault` is a word that pages have words for."""
    made.state, made.fault, made.ended_at, made.beat_at = state, fault, clock.now(), None


def claim(db: Session, export_id: uuid.UUID) -> Export | None:
    """This export to be written by the caller alone, as long as `beat_at` is as the caller set it last; None when it is ended,
    or somebody who lives is at it."""
    free = or_(Export.beat_at.is_(None), Export.beat_at < clock.now() - STALE)
    taken = (update(Export).where(Export.id == export_id, Export.ended_at.is_(None), free)
             .values(beat_at=clock.now(), state=State.RUNNING).returning(Export.id))
    return db.get(Export, export_id, populate_existing=True) if db.scalar(taken) else None


def announce_waiting(db: Session, limit: int) -> int:
    """Announce again what nobody is at: it was lost, or whoever wrote it has died. Returns how many."""
    before = clock.now() - STALE
    quiet = or_(Export.beat_at < before, Export.beat_at.is_(None) & (Export.asked_at < before))
    lost = db.scalars(select(Export.id).where(Export.ended_at.is_(None), quiet).order_by(Export.asked_at).limit(limit)).all()
    outbox.publish_many(db, "export.asked", lost)
    return len(lost)


def forget_old(db: Session, limit: int) -> int:
    """Delete files and rows whose time is over; returns how many rows. Bytes go first: a crash in between leaves a row that
    is found again."""
    before = clock.now() - timedelta(days=settings.current().kept_days("exports"))
    old = db.scalars(select(Export).where(Export.asked_at < before).order_by(Export.asked_at).limit(limit)).all()
    for one in old:
        for part in range(one.parts + 2):  # a piece that was written and not noted is one beyond
            blobs.delete(one.key(part))
    db.execute(delete(Export).where(Export.id.in_([one.id for one in old])))
    return len(old)

