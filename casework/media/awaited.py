"""Files that a report names by their hash and that come later: what has arrived, what is missing, and when all is there.

A file of a report and the report that names it may come in any order, and at the same moment.
"""
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.media.photo import Original, Photo, Purpose, check_in, show_again, unused
from casework.media.uploads.upload import State as UploadState
from casework.media.uploads.upload import Upload
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, new_id, one_at_a_time, partial_index

CHANNEL = "upload"
"""The door that these photos came in by."""


class State(StrEnum):
    """missing: not here; arrived: it is a photo of the report; refused: it came, and `reason` says why it is no photo."""

    MISSING = "missing"
    ARRIVED = "arrived"
    REFUSED = "refused"


class AwaitedFile(Keyed, Base):
    """A file that a report names; `name` is what the device calls it."""

    __tablename__ = "awaited_files"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"))
    owner_id: Mapped[uuid.UUID]
    sha256: Mapped[str]
    size: Mapped[int]
    name: Mapped[str | None]
    purpose: Mapped[Purpose]
    state: Mapped[State] = mapped_column(default=State.MISSING)
    reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("report_id", "sha256"),
        partial_index("ix_awaited_files_missing", "owner_id", "sha256", where="state = 'missing'"))


@dataclass(frozen=True)
class Named:
    """A file as a report names it: hash in small hex, size in bytes."""

    sha256: str
    size: int
    name: str | None = None
    purpose: Purpose = Purpose.REPORT


@dataclass(frozen=True)
class Arrival:
    """How far a named file is. `state` is a State or "arriving": `offset` bytes came in `upload`, where it goes on."""

    sha256: str
    name: str | None
    size: int
    state: str
    offset: int
    reason: str | None
    upload: uuid.UUID | None


def expect(db: Session, report_id: uuid.UUID, owner_id: uuid.UUID, named: Sequence[Named]) -> None:
    """A report of this owner names these files; what is named again changes nothing."""
    expect_many(db, owner_id, {report_id: named})


def expect_many(db: Session, owner_id: uuid.UUID, named: Mapping[uuid.UUID, Sequence[Named]]) -> None:
    """Many reports of one owner name files, by the reports' ids; a few statements however many.

    What this owner has sent before is theirs at once: an unused photo, or the same picture that another report shows.
    Publishes "report.completed" for each report that got such a one and awaits no other: it may be an old report.
    """
    rows = {(report_id, one.sha256): {
        "id": new_id(), "report_id": report_id, "owner_id": owner_id, "sha256": one.sha256, "size": one.size,
        "name": one.name, "purpose": one.purpose, "state": State.MISSING}
        for report_id, files in named.items() for one in files}
    if not rows:
        return
    _alone(db, owner_id)
    inserted = insert_once(db, AwaitedFile, [rows[key] for key in sorted(rows)], on=("report_id", "sha256"))
    here: dict[str, list[Photo]] = {}
    for photo in db.scalars(select(Photo).where(Photo.uploaded_by == owner_id, Photo.sha256.in_({sha for _, sha in rows}),
                                                Photo.thinned.is_(None)).order_by(Photo.id).with_for_update()):
        here.setdefault(photo.sha256, []).append(photo)
    there = select(AwaitedFile).where(AwaitedFile.id.in_(inserted), AwaitedFile.sha256.in_(here))
    taken = db.scalars(there.order_by(AwaitedFile.id)).all() if here else ()
    for one in taken:
        _take(db, one, here[one.sha256])
    _settle(db, taken, State.ARRIVED)


def give(db: Session, owner_id: uuid.UUID, original: Original) -> Photo:
    """A file of this owner is here: every report that awaits it gets it; nobody does, and it is a photo for later use.

    Publishes "report.completed" for each report that awaits no other.
    """
    waiting = _waiting(db, owner_id, original.sha256)
    photos = [check_in(db, original, channel=CHANNEL, uploaded_by=owner_id, purpose=one.purpose, report_id=one.report_id)
              for one in waiting]
    _settle(db, waiting, State.ARRIVED)
    return photos[0] if photos else check_in(db, original, channel=CHANNEL, uploaded_by=owner_id)


def refuse(db: Session, owner_id: uuid.UUID, sha256: str, reason: str) -> None:
    """A file of this owner is here and is no photo: whoever awaits it is told, and awaits it no longer."""
    _settle(db, _waiting(db, owner_id, sha256), State.REFUSED, reason)


def is_awaited(db: Session, owner_id: uuid.UUID, sha256: str) -> bool:
    """Whether a report of this owner waits for this file."""
    return db.scalar(select(AwaitedFile.id).where(*_awaits(owner_id, sha256)).limit(1)) is not None


def arrived(db: Session, owner_id: uuid.UUID, sha256s: Iterable[str]) -> dict[str, uuid.UUID]:
    """By their hash, the photos of this owner that nobody shows yet: what a step may show."""
    ready = select(Photo.sha256, Photo.id).where(Photo.uploaded_by == owner_id, Photo.sha256.in_(list(sha256s)), unused())
    return dict(db.execute(ready.order_by(Photo.id)).all())


def missing(db: Session, report_ids: Iterable[uuid.UUID]) -> Counter[uuid.UUID]:
    """How many files each of these reports still awaits; none is left out of the answer."""
    counted = select(AwaitedFile.report_id, func.count()).where(
        AwaitedFile.report_id.in_(list(report_ids)), AwaitedFile.state == State.MISSING).group_by(AwaitedFile.report_id)
    return Counter(dict(db.execute(counted).all()))


def receipt(db: Session, report_id: uuid.UUID) -> list[Arrival]:
    """Each file that the report names, in the order they were named, and how far it is."""
    files = db.scalars(select(AwaitedFile).where(AwaitedFile.report_id == report_id).order_by(AwaitedFile.id)).all()
    under_way: dict[str, Upload] = {}
    if awaits := {one.sha256 for one in files if one.state is State.MISSING}:
        for upload in db.scalars(select(Upload).where(
                Upload.owner_id == files[0].owner_id, Upload.state == UploadState.RECEIVING, Upload.sha256.in_(awaits),
                Upload.expires_at > clock.now(), Upload.partial.is_(False)).order_by(Upload.received, Upload.id)):
            under_way[str(upload.sha256)] = upload  # the one that is furthest
    return [_arrival(one, under_way.get(one.sha256)) for one in files]


def _arrival(one: AwaitedFile, upload: Upload | None) -> Arrival:
    if one.state is State.MISSING and upload is not None:
        return Arrival(one.sha256, one.name, one.size, "arriving", upload.received, None, upload.id)
    return Arrival(one.sha256, one.name, one.size, one.state, one.size if one.state is State.ARRIVED else 0, one.reason, None)


def _take(db: Session, one: AwaitedFile, photos: list[Photo]) -> None:
    """Give the report one of these photos of its owner, all of the same picture."""
    if not any(photo.report_id == one.report_id for photo in photos):
        ready = next((photo for photo in photos if not photo.given), None)
        if ready is None:
            photos.append(show_again(db, photos[0], report_id=one.report_id, purpose=one.purpose))
        else:
            ready.report_id, ready.purpose = one.report_id, one.purpose


def _waiting(db: Session, owner_id: uuid.UUID, sha256: str) -> Sequence[AwaitedFile]:
    _alone(db, owner_id)
    return db.scalars(select(AwaitedFile).where(*_awaits(owner_id, sha256)).order_by(AwaitedFile.id)).all()


def _awaits(owner_id: uuid.UUID, sha256: str) -> tuple[ColumnElement[bool], ...]:
    return AwaitedFile.owner_id == owner_id, AwaitedFile.sha256 == sha256, AwaitedFile.state == State.MISSING


def _settle(db: Session, files: Sequence[AwaitedFile], state: State, reason: str | None = None) -> None:
    """These are awaited no longer."""
    for one in files:
        one.state, one.reason = state, reason
    db.flush()
    reports = dict.fromkeys(one.report_id for one in files)
    unfinished = missing(db, reports)
    outbox.publish_many(db, "report.completed", [report_id for report_id in reports if not unfinished[report_id]])


def _alone(db: Session, owner_id: uuid.UUID) -> None:
    """A file and what awaits it must see each other: without this, both could come at once and never meet."""
    one_at_a_time(db, f"files of {owner_id}")
