"""Looking at personal data: by permission, and written down; and sealing all of it anew with the current key."""
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, Table, or_, select, tuple_, type_coerce, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Fault, Invalid
from casework.identity.people import Actor
from casework.identity.permissions import check
from casework.identity.sealing import (
    Sealed,
    SealedText,
    UnreadableError,
    blind_index,
    mask_name,
    mask_phone,
    normal_phone,
    phone_index,
    seal,
)
from casework.storage.database import Base, Keyed

__all__ = [
    "Access", "Sealed", "SealedText", "UnreadableError", "blind_index", "looks", "mask_name", "mask_phone",
    "normal_phone", "note", "phone_index", "reveal", "rotate", "seal"]


class Access(Keyed, Base):
    """One look at personal data: who saw which field of what, when and why. Only ever added to."""

    __tablename__ = "access_log"
    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    actor_name: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    field: Mapped[str]
    reason: Mapped[str]
    refused: Mapped[bool] = mapped_column(default=False)
    """It was asked for, and not shown."""


def reveal(  # noqa: PLR0917 - the log line reads in this order: who, of what, which field
        db: Session, actor: Actor, subject_kind: str, subject_id: uuid.UUID, field: str, sealed: SealedText, *,
        subject: object | None = None, reason: str = "", permission: str = "privacy.reveal") -> str:
    """The text behind the mask, and a line in the access log in the same transaction.

    `subject` is the case, report or entry that conditions are tested on: without it only city-wide posts may look.
    Raises Refused, or Invalid when the reason holds a NUL or is over 500 characters.
    """
    check(actor, permission, subject)
    note(db, actor, subject_kind, subject_id, field, reason)
    return sealed.open()


def note(  # noqa: PLR0917 - as in reveal
        db: Session, actor: Actor, subject_kind: str, subject_id: uuid.UUID, field: str, reason: str, *,
        refused: bool = False) -> None:
    """A line in the access log. Raises Invalid when the reason holds a NUL or is over 500 characters."""
    if "\0" in reason or len(reason) > 500:
        raise Invalid("this reason cannot be kept", Fault("reason", "at most 500 characters, none of them NUL"))
    db.add(Access(actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name, subject_kind=subject_kind,
                  subject_id=subject_id, field=field, reason=reason, refused=refused))


def looks(db: Session, after: tuple[datetime, uuid.UUID] | None = None, limit: int = 50) -> Sequence[Access]:
    """The log, the latest look first; `after` is time and id of the last one of the page before."""
    wanted = select(Access).order_by(Access.at.desc(), Access.id.desc()).limit(limit)
    return db.scalars(wanted.where(tuple_(Access.at, Access.id) < after) if after else wanted).all()


def rotate(db: Session, batch: int = 500) -> int:
    """Seal up to `batch` rows that an older key holds with the current one; returns how many, 0 when none is left.

    Call it again in a new transaction until it returns 0; then the old key may leave ZHIWANG_DATA_KEYS.
    """
    done = 0
    for table in Base.metadata.sorted_tables:
        if done < batch and any(isinstance(column.type, Sealed) for column in table.columns):
            done += _rotate_table(db, table, batch - done)
    return done


def _rotate_table(db: Session, table: Table, limit: int) -> int:
    sealed = [column for column in table.columns if isinstance(column.type, Sealed)]
    keys = list(table.primary_key.columns)
    # Stored bytes begin with "name:", and ";" follows ":", so two comparisons tell old from new on any database.
    name = next(iter(settings.current().data_keys))
    first, last = f"{name}:".encode(), f"{name};".encode()
    raw = [type_coerce(column, LargeBinary) for column in sealed]
    old = or_(*(or_(column < first, column >= last) for column in raw))
    rows = db.execute(select(*keys, *sealed).where(old).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        texts = {column: seal(value.open()) if value else None
                 for column, value in zip(sealed, row[len(keys):], strict=True)}
        where = [column == value for column, value in zip(keys, row[:len(keys)], strict=True)]
        db.execute(update(table).where(*where).values(texts))
    return len(rows)
