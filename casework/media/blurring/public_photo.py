"""The row that says what the public sees of a photo, the decision about it, and the files that are made of it.

A file lies under a key that nobody can guess and that changes with each decision; it says nothing of the photo, and the
photo's own keys say nothing of it. Which photos belong to what may be public is not known here, see cases/public_pictures.py.
"""
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, literal_column, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import NotFound, Unavailable
from casework.media import links
from casework.media.blurring import covering
from casework.media.blurring.boxes import Rectangle
from casework.media.blurring.judging import Verdict
from casework.media.links import Rendition
from casework.media.photo import Photo, Picture
from casework.media.photo import State as PhotoState
from casework.storage import blobs
from casework.storage.database import Base, partial_index

FOLDER = "public"


class State(StrEnum):
    """waiting: for the detectors, or for a person; ready: shown as long as its case is public; withheld: by a person, or
    because its file is gone."""

    WAITING = "waiting"
    READY = "ready"
    WITHHELD = "withheld"


class PublicPhoto(Base):
    """What the public sees of one photo. Its files go with the large picture: whoever thins that calls take_back().

    `found` is what the detectors were not sure enough to leave out, with kind and score; `rectangles` is what is covered, or
    would be by their advice: relative to width and height. `certain` is None until they have looked, where `looked_at` says
    that they have. `decided_by_id` is None where nobody but the setting decided.
    """

    __tablename__ = "public_photos"
    photo_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[State] = mapped_column(default=State.WAITING)
    rectangles: Mapped[list[Any]] = mapped_column(default=list)
    found: Mapped[list[Any]] = mapped_column(default=list)
    certain: Mapped[bool | None]
    key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    looked_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "state", "photo_id"),
        partial_index("ix_public_photos_unlooked", "photo_id", where="looked_at IS NULL AND state = 'waiting'"),
    )

    @property
    def covers(self) -> list[Rectangle]:
        """What is covered, or would be."""
        return [Rectangle.read(one) for one in self.rectangles]


@dataclass(frozen=True)
class Made:
    """Two files that lie in the store and belong to no row yet."""

    key: str
    rectangles: Sequence[Rectangle]


def large(original_key: str) -> bytes:
    """Our own rendition of 1600 px. Raises NotFound, Unavailable."""
    return blobs.get(links.key(original_key, Rendition.LARGE))


def make(content: bytes, rectangles: Sequence[Rectangle]) -> Made:
    """Cover this in our rendition and keep what the public will see; takes a tenth of a second and no lock."""
    made = Made(f"{FOLDER}/{secrets.token_hex(24)}", rectangles)
    full, thumb = covering.covered(covering.opened(content), rectangles)
    blobs.put(_file(made.key, Rendition.PUBLIC), full)
    blobs.put(_file(made.key, Rendition.PUBLIC_SMALL), thumb)
    return made


def drop(key: str | None) -> None:
    """Forget files that no row names any more. After the commit: until then they are what is shown."""
    if key:
        for rendition in (Rendition.PUBLIC, Rendition.PUBLIC_SMALL):
            blobs.delete(_file(key, rendition))


def settle(row: PublicPhoto, made: Made | None, *, by: uuid.UUID | None) -> str | None:
    """Show what was made, or with None nothing; answers the key of what was shown until now. The same decision of the same
    person changes nothing."""
    before, row.key = row.key, made.key if made else None
    row.state = State.READY if made else State.WITHHELD
    if made:
        row.rectangles = [one.plain() for one in made.rectangles]
    row.decided_by_id, row.decided_at = by, clock.now()
    return before


def looked(db: Session, photo_id: uuid.UUID, verdict: Verdict, made: Made | None) -> bool:
    """Keep what the detectors have found, and show what was made of it, if anything; whether it was still asked for. What a
    person has decided meanwhile stays."""
    facts: dict[str, Any] = {"state": State.READY, "key": made.key, "decided_at": clock.now()} if made else {}
    waits = PublicPhoto.photo_id == photo_id, PublicPhoto.state == State.WAITING, PublicPhoto.looked_at.is_(None)
    kept = (update(PublicPhoto).where(*waits).returning(PublicPhoto.photo_id).values(
        found=[one.plain() for one in verdict.found], rectangles=[one.plain() for one in verdict.rectangles],
        certain=verdict.certain, looked_at=clock.now(), **facts))
    return db.scalar(kept) is not None


def lost(db: Session, photo_id: uuid.UUID) -> None:
    """Its file is not there: withheld, unless a person has decided meanwhile or the photo itself is gone."""
    waits = PublicPhoto.photo_id == photo_id, PublicPhoto.state == State.WAITING
    db.execute(update(PublicPhoto).where(*waits).values(state=State.WITHHELD, decided_at=clock.now()))


def unlooked(db: Session, until: datetime, limit: int) -> list[uuid.UUID]:
    """Photos entered before this moment that no detector has looked at and of which no person has decided, the oldest first."""
    waits = PublicPhoto.looked_at.is_(None), PublicPhoto.state == literal_column("'waiting'"), PublicPhoto.created_at < until
    return list(db.scalars(select(PublicPhoto.photo_id).where(*waits).order_by(PublicPhoto.photo_id).limit(limit)))


def picture(db: Session, photo_id: uuid.UUID, rendition: Rendition) -> Picture:
    """What the public sees of a photo, as it is now. Raises NotFound, also for one that is shown no more."""
    row = db.get(PublicPhoto, photo_id)
    if row is None or row.state is not State.READY or row.key is None:
        raise NotFound("there is no such picture")
    return Picture(blobs.get(_file(row.key, rendition)), "image/jpeg")


def shows(photo: Photo) -> None:
    """Raises Unavailable for a photo that is not prepared yet, NotFound for one that cannot be shown."""
    if photo.state is PhotoState.RECEIVED:
        raise Unavailable("this photo is still being prepared", retry_after=3)
    if photo.state is PhotoState.REFUSED:
        raise NotFound(f"this photo cannot be shown: {photo.reason}")


def named(db: Session, first: str) -> set[str]:
    """The files that rows name, of those whose name begins with this letter."""
    keys = db.scalars(select(PublicPhoto.key).where(PublicPhoto.key.startswith(f"{FOLDER}/{first}")))
    return {_file(key, rendition) for key in keys if key for rendition in (Rendition.PUBLIC, Rendition.PUBLIC_SMALL)}


def take_back(db: Session, photo_ids: Iterable[uuid.UUID]) -> list[str]:
    """Take these photos from the public for good: the picture that ours was made of goes. Answers the keys of files to be
    deleted after the commit. The row stays, else it would be entered anew; it says nothing of what was seen."""
    there = PublicPhoto.photo_id.in_(list(photo_ids))
    keys = db.scalars(select(PublicPhoto.key).where(there, PublicPhoto.key.is_not(None)).with_for_update()).all()
    db.execute(update(PublicPhoto).where(there).values(state=State.WITHHELD, key=None, rectangles=[], found=[]))
    return [_file(key, rendition) for key in keys if key for rendition in (Rendition.PUBLIC, Rendition.PUBLIC_SMALL)]


def _file(key: str, rendition: Rendition) -> str:
    return f"{key}-{'full' if rendition is Rendition.PUBLIC else 'thumb'}.jpg"
