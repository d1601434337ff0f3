"""The photo and how it comes in: checked cheaply, its original kept untouched, and owned by a report or a case."""
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Conflict, Fault, Gone, Invalid, NotFound, TooLarge, Unavailable
from casework.geography.coordinates import Point
from casework.media import formats, links, metadata
from casework.media.formats import Header, Kind
from casework.media.links import Rendition
from casework.media.metadata import Taken
from casework.storage import blobs, outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

UNCLAIMED_HOURS = 24


class State(StrEnum):
    """received: original kept, not looked into; ready: renditions made; refused: cannot be shown, `reason` says why."""

    RECEIVED = "received"
    READY = "ready"
    REFUSED = "refused"


class Purpose(StrEnum):
    """What the photo is to show."""

    REPORT = "report"
    BEFORE = "before"
    AFTER = "after"
    INSPECTION = "inspection"


class Thinned(StrEnum):
    """How much of a photo's files is gone by rule: the file as it was sent, all but the small picture, all of it."""

    ORIGINAL = "original"
    LARGE = "large"
    ALL = "all"


class Photo(Keyed, Base):
    """One photo of one report, one case, one field task or one check-in of an adopter; none of them while a citizen has
    uploaded it and said no more.

    `width` and `height` are as stored in the file until the photo is ready, then upright. `taken_at`, `lon`,
    `lat` (WGS-84) are what the camera wrote: a claim, not a proof.
    """

    __tablename__ = "photos"
    sha256: Mapped[str]
    size: Mapped[int]
    kind: Mapped[Kind]
    state: Mapped[State] = mapped_column(default=State.RECEIVED)
    reason: Mapped[str | None]
    width: Mapped[int]
    height: Mapped[int]
    taken_at: Mapped[datetime | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    phash: Mapped[str | None]
    original_key: Mapped[str]
    uploaded_by: Mapped[uuid.UUID | None]
    channel: Mapped[str]
    purpose: Mapped[Purpose]
    step: Mapped[str | None]
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    task_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_tasks.id"), index=True)
    check_in_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("adoption_check_ins.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    thinned: Mapped[Thinned | None]
    """None while every file is there."""

    __table_args__ = (
        UniqueConstraint("report_id", "sha256"), UniqueConstraint("case_id", "sha256"), Index(None, "original_key"),
        Index(None, "uploaded_by", "sha256"),  # files are named by their hash, by those who sent them
        partial_index("ix_photos_waiting", "created_at", where="state = 'received'"),
        partial_index("ix_photos_whole", "created_at", "id", where="thinned IS NULL"),
        partial_index("ix_photos_thinned", "thinned", "created_at", "id", where="thinned IS NOT NULL"),
        partial_index("ix_photos_unclaimed", "created_at", where="report_id IS NULL AND case_id IS NULL"
                      " AND task_id IS NULL AND check_in_id IS NULL"),
    )

    @property
    def place(self) -> Point | None:
        """Where the camera says it stood, WGS-84."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)

    @property
    def given(self) -> bool:
        """It belongs to a report, a case, a task or a check-in already."""
        return any(owner is not None for owner in (self.report_id, self.case_id, self.task_id, self.check_in_id))


def unused() -> ColumnElement[bool]:
    """Photos that show nothing yet: `not given`, for the database."""
    return and_(Photo.report_id.is_(None), Photo.case_id.is_(None), Photo.task_id.is_(None), Photo.check_in_id.is_(None))


@dataclass(frozen=True)
class Picture:
    """What a link shows."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class Original:
    """A file that passed the door and lies in the store, but is nobody's photo yet."""

    key: str
    sha256: str
    size: int
    header: Header
    taken: Taken


def keep(content: bytes) -> Original:
    """Check a file at the door and keep it; needs no database, so call it before the transaction opens.

    Raises TooLarge (bytes or pixels), Unsupported (not a photo), Invalid (cut or broken), Unavailable (no store).
    """
    limits = settings.current()
    if len(content) > limits.photo_megabytes * 1_000_000:
        raise TooLarge(f"a photo may have at most {limits.photo_megabytes} megabytes", limit=limits.photo_megabytes)
    header = formats.examine(content)
    if header.width * header.height > limits.photo_megapixels * 1_000_000:
        raise TooLarge(f"a photo may have at most {limits.photo_megapixels} megapixels", limit=limits.photo_megapixels)
    sha256 = hashlib.sha256(content).hexdigest()
    # The hour is in the key so that forgetting yesterday's file can never take the same file sent again just now.
    key = f"photos/{clock.now():%Y/%m/%d/%H}/{sha256}"
    blobs.put(key, content)
    return Original(key, sha256, len(content), header, metadata.read(header.exif))


def check_in(db: Session, content: bytes | Original, *, channel: str, uploaded_by: uuid.UUID | None = None,
             purpose: Purpose = Purpose.REPORT, report_id: uuid.UUID | None = None, case_id: uuid.UUID | None = None,
             step: str | None = None) -> Photo:
    """Take a photo in; publishes "photo.received". The same content twice for one report or case is one photo.

    Takes bytes, or what keep() made of them before the transaction. Raises what keep() raises.
    """
    original = keep(content) if isinstance(content, bytes) else content
    if known := _same(db, original.sha256, report_id, case_id):
        return known
    place = original.taken.place
    photo = Photo(
        id=new_id(), sha256=original.sha256, size=original.size, kind=original.header.kind,
        width=original.header.width, height=original.header.height, taken_at=original.taken.at,
        lon=place.lon if place else None, lat=place.lat if place else None, original_key=original.key, uploaded_by=uploaded_by,
        channel=channel, purpose=purpose, step=step, report_id=report_id, case_id=case_id)
    try:
        with db.begin_nested():
            db.add(photo)
    except IntegrityError:
        # The same photo came in on another connection between our look and our insert: it is theirs now.
        known = _same(db, original.sha256, report_id, case_id)
        if known is None:
            raise
        return known
    outbox.publish(db, "photo.received", photo.id)
    return photo


def show_again(db: Session, photo: Photo, *, report_id: uuid.UUID, purpose: Purpose) -> Photo:
    """The same picture in another report of whoever sent it: a row of its own over the same file."""
    facts = {name: getattr(photo, name) for name in (
        "sha256", "size", "kind", "state", "reason", "width", "height", "taken_at", "lon", "lat", "phash", "original_key",
        "uploaded_by", "channel")}
    made = Photo(id=new_id(), **facts, purpose=purpose, report_id=report_id, created_at=clock.now())
    db.add(made)
    if made.state is State.RECEIVED:
        outbox.publish(db, "photo.received", made.id)
    return made


def upload_token(photo_id: uuid.UUID) -> str:
    """What a citizen who uploads before reporting shows to claim the photo."""
    return links.signature("photo upload", str(photo_id))


def claim(db: Session, photo_id: uuid.UUID, token: str, *, report_id: uuid.UUID) -> Photo:
    """Give a photo that was uploaded beforehand to a report; the same claim again changes nothing.

    Raises NotFound for a wrong token or after 24 hours, Conflict when it was given to something else.
    """
    photo = _uploaded(db, photo_id, token)
    if photo.report_id == report_id:
        return photo
    _must_be_new(photo)
    if known := _same(db, photo.sha256, report_id, None):
        return known
    photo.report_id = report_id
    return photo


def claim_for_check_in(db: Session, photo_id: uuid.UUID, token: str, check_in_id: uuid.UUID) -> Photo:
    """Give it to the check-in of an adopter. Raises what claim() raises."""
    photo = _uploaded(db, photo_id, token)
    _must_be_new(photo)
    photo.check_in_id, photo.purpose = check_in_id, Purpose.INSPECTION
    return photo


def _uploaded(db: Session, photo_id: uuid.UUID, token: str) -> Photo:
    photo = db.get(Photo, photo_id, with_for_update=True)
    if photo is None or not hmac.compare_digest(token.encode(), upload_token(photo_id).encode()):
        raise NotFound("there is no such uploaded photo")
    return photo


def _must_be_new(photo: Photo) -> None:
    if photo.given:
        raise Conflict("this photo belongs to another report")
    if photo.created_at <= clock.now() - timedelta(hours=UNCLAIMED_HOURS):
        raise NotFound(f"uploaded photos are kept for {UNCLAIMED_HOURS} hours; send it again")


def attach(db: Session, photo_ids: Sequence[uuid.UUID], *, case_id: uuid.UUID, purpose: Purpose, step: str,
           actor_id: uuid.UUID | None) -> Sequence[Photo]:
    """Give photos that this person uploaded beforehand to a case, as what a step shows for itself; publishes "photo.attached".

    Raises Invalid for a photo that is not there, is somebody else's, was used before, or shows the very same file as
    another photo of the case: what a step shows must be new.
    """
    found = {photo.id: photo for photo in db.scalars(
        select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id).with_for_update())}
    known = set(db.scalars(select(Photo.sha256).where(Photo.case_id == case_id)))
    faults = []
    for at, photo_id in enumerate(dict.fromkeys(photo_ids)):
        photo = found.get(photo_id)
        if photo is None or photo.uploaded_by != actor_id:
            faults.append(Fault(f"photos.{at}", "there is no such photo of yours"))
        elif photo.given or photo.sha256 in known:
            faults.append(Fault(f"photos.{at}", "this photo was given before; take a new one"))
        else:
            photo.case_id, photo.purpose, photo.step = case_id, purpose, step
            known.add(photo.sha256)
            outbox.publish(db, "photo.attached", photo_id)
    if faults:
        raise Invalid("these photos cannot be taken as evidence", *faults)
    return [found[photo_id] for photo_id in dict.fromkeys(photo_ids)]


def of_reports(db: Session, report_ids: Iterable[uuid.UUID]) -> Sequence[Photo]:
    """All photos of these reports, oldest first."""
    return _all(db, Photo.report_id.in_(list(report_ids)))


def of_case(db: Session, case_id: uuid.UUID, purpose: Purpose | None = None,
            step: str | None = None) -> Sequence[Photo]:
    """Photos given in the course of a case (not those of its reports), oldest first."""
    wanted = [Photo.case_id == case_id]
    if purpose is not None:
        wanted.append(Photo.purpose == purpose)
    if step is not None:
        wanted.append(Photo.step == step)
    return _all(db, *wanted)


def view(db: Session, photo_id: uuid.UUID, rendition: Rendition, expires: int, signed: str) -> Picture:
    """Follow a link made by links.sign(); those to what is public are followed by cases/public_pictures.py.

    Of an old photo only the small picture may be left, which then is shown for the large one. Raises NotFound (not our link,
    photo gone or refused), Refused (expired), Unavailable (not prepared yet).
    """
    links.verify(photo_id, rendition, expires, signed)
    photo = db.get(Photo, photo_id)
    if photo is None or rendition in links.OF_EVERYBODY:
        raise NotFound("there is no such picture")
    if photo.thinned is Thinned.ALL or (photo.thinned and rendition is Rendition.ORIGINAL):
        raise Gone("this picture was deleted when its time was over")
    if rendition is Rendition.ORIGINAL:
        return Picture(blobs.get(photo.original_key), photo.kind.media_type)
    if photo.state is State.REFUSED:
        raise NotFound(f"this photo cannot be shown: {photo.reason}")
    if photo.state is State.RECEIVED:
        raise Unavailable("this photo is still being prepared", retry_after=3)
    shown = Rendition.SMALL if photo.thinned is Thinned.LARGE else rendition
    return Picture(blobs.get(links.key(photo.original_key, shown)), "image/jpeg")


def delete_unclaimed(db: Session, batch: int = 200) -> int:
    """Forget photos that nobody claimed within 24 hours; returns how many. Call again while it is `batch`."""
    stale = select(Photo).where(unused(), Photo.created_at <= clock.now() - timedelta(hours=UNCLAIMED_HOURS))
    photos = db.scalars(stale.order_by(Photo.created_at).limit(batch).with_for_update(skip_locked=True)).all()
    for photo in photos:
        db.delete(photo)
        db.flush()
        shared = select(Photo.id).where(Photo.original_key == photo.original_key).limit(1)
        if db.scalar(shared) is None:
            # Before the commit: should it fail, the rows are found again, and nobody may claim them any more.
            for rendition in set(Rendition) - links.OF_EVERYBODY:  # nothing of nobody's photo was ever public
                blobs.delete(links.key(photo.original_key, rendition))
    return len(photos)


def _same(db: Session, sha256: str, report_id: uuid.UUID | None, case_id: uuid.UUID | None) -> Photo | None:
    owner: ColumnElement[bool]
    if report_id is not None:
        owner = Photo.report_id == report_id
    elif case_id is not None:
        owner = Photo.case_id == case_id
    else:
        return None
    return db.scalar(select(Photo).where(owner, Photo.sha256 == sha256))


def _all(db: Session, *wanted: ColumnElement[bool]) -> Sequence[Photo]:
    return db.scalars(select(Photo).where(*wanted).order_by(Photo.id)).all()
