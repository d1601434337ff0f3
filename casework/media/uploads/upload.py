"""An upload and its pieces: whose it is, how much has come, what became of it, and how much room its owner takes."""
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Conflict, Gone, NoRoom, NotFound, Unavailable
from casework.media.photo import Photo, unused
from casework.storage import blobs
from casework.storage.database import Base, Keyed

MEGABYTE = 1_000_000
FOLDER = "uploads"
"""Pieces lie under uploads/DAY/, the day being that of their upload's creation: what a crash left is found by it."""

QUOTA_SECONDS = 3600
"""Room of one's own is made by reports that claim files, and by days that pass."""


class State(StrEnum):
    """receiving: more bytes are to come; complete: all came; refused: all came, and `reason` says why it is no photo."""

    RECEIVING = "receiving"
    COMPLETE = "complete"
    REFUSED = "refused"


class Upload(Keyed, Base):
    """One upload. `received` bytes have come, all of which are kept in order; `length` is None until the client says it.

    `described` is Upload-Metadata and `joined` is Upload-Concat of a final upload, both as they were sent. A partial upload
    keeps its pieces when it is complete, for the final one that names it; a final one has none of its own.
    """

    __tablename__ = "uploads"
    owner_id: Mapped[uuid.UUID]
    length: Mapped[int | None]
    received: Mapped[int] = mapped_column(default=0)
    described: Mapped[str | None]
    sha256: Mapped[str | None]
    partial: Mapped[bool] = mapped_column(default=False)
    joined: Mapped[str | None]
    state: Mapped[State] = mapped_column(default=State.RECEIVING)
    reason: Mapped[str | None]
    photo_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index(None, "owner_id", "state"),)

    @property
    def has_all(self) -> bool:
        """Not a byte more is to come."""
        return self.received == self.length


class Piece(Base):
    """Bytes of an upload from `start` on, kept under `key` in the file store."""

    __tablename__ = "upload_pieces"
    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    key: Mapped[str]


def largest() -> int:
    """Bytes that one upload may have: Tus-Max-Size."""
    return settings.current().upload_megabytes * MEGABYTE


def find(db: Session, owner_id: uuid.UUID, upload_id: uuid.UUID, *, to_change: bool = False) -> Upload:
    """An upload of this owner. Raises NotFound, also for somebody else's, and Gone when its time is over."""
    upload = db.get(Upload, upload_id, with_for_update=to_change)
    if upload is None or upload.owner_id != owner_id:
        raise NotFound("there is no such upload")
    if upload.expires_at <= clock.now():
        raise Gone("this upload was not finished in time; begin anew")
    return upload


def advance(db: Session, upload: Upload, since: int, until: int, state: State) -> None:
    """Say that bytes came: only one of those who saw the upload at `since` can, so nobody needs to lock it.

    Raises Conflict with the offset that is true now.
    """
    found = db.scalar(update(Upload).where(Upload.id == upload.id, Upload.received == since, Upload.state == State.RECEIVING)
                      .values(received=until, state=state).returning(Upload.id))
    if found is None:
        now_at = db.scalar(select(Upload.received).where(Upload.id == upload.id))
        raise elsewhere(now_at)


def elsewhere(offset: int | None) -> Conflict:
    """The error for bytes that do not begin where the last ones ended."""
    return Conflict("the upload is at another offset; ask for it and go on from there", offset=offset)


def check_room(db: Session, owner_id: uuid.UUID, more: int) -> None:
    """Raises NoRoom when what this owner has not finished or not used, with `more` bytes, is over the quota."""
    quota = settings.current().upload_quota_megabytes * MEGABYTE
    unfinished = (Upload.state == State.RECEIVING) | Upload.partial
    kept = db.scalar(select(func.coalesce(func.sum(Upload.received), 0)).where(Upload.owner_id == owner_id, unfinished)) or 0
    shown_nowhere = select(func.coalesce(func.sum(Photo.size), 0)).where(Photo.uploaded_by == owner_id, unused())
    used = kept + (db.scalar(shown_nowhere) or 0)
    if used + more > quota:
        raise NoRoom("your unfinished and unused files have reached their limit; finish, use or end some, or wait until "
                     "they are forgotten", QUOTA_SECONDS, quota=quota, used=used)


def remove(db: Session, upload_ids: Sequence[uuid.UUID]) -> list[str]:
    """Delete these uploads and their pieces; the keys of those are for drop(). They must be locked: else somebody could count
    a piece between the one and the other."""
    keys = list(db.scalars(delete(Piece).where(Piece.upload_id.in_(upload_ids)).returning(Piece.key)))
    db.execute(delete(Upload).where(Upload.id.in_(upload_ids)))
    return keys


def drop(keys: list[str]) -> None:
    """Delete blobs that no row names any more. A store that is away keeps them until the night's sweep."""
    for key in keys:
        with suppress(Unavailable):
            blobs.delete(key)
