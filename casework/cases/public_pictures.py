"""The pictures of a case that everybody may see: of what was reported, before and after; never those of an inspection.

A picture is shown while three things hold, looked at anew each time: its case is public, its faces and plates were covered
and it was released (media/blurring), and the setting does not turn all pictures off. `ZHIWANG_PUBLIC_PHOTOS` is `person`
unless set: the detectors were measured on few photos of this country's streets, and a face shown cannot be taken back.
"""
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, Subquery, exists, false, func, literal_column, or_, select, union, union_all
from sqlalchemy.orm import Session, aliased

from casework import settings
from casework.cases import publication, search
from casework.cases.case import Case
from casework.cases.publication import Publication
from casework.cases.report import Report
from casework.errors import NotFound
from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import areas_of, check
from casework.identity.privacy import note
from casework.media import Photo, Picture, Purpose, Rendition, links
from casework.media import State as PhotoState
from casework.media.blurring import public_photo
from casework.media.blurring.boxes import Rectangle
from casework.media.blurring.public_photo import PublicPhoto, State
from casework.storage import outbox
from casework.storage.database import one_at_a_time, reading, transaction

Ts = TypeVarTuple("Ts")

Its = aliased(Report)
"""The report of a photo: under another name than the reports among which publication.shown() looks for confidential ones."""

NEVER, PERSON, AUTO = "never", "person", "auto"
PURPOSES = (Purpose.REPORT, Purpose.BEFORE, Purpose.AFTER)


@dataclass(frozen=True)
class Public:
    """A picture for everybody; its links are those of links.sign_for_everybody()."""

    photo_id: uuid.UUID
    purpose: Purpose
    taken_on: datetime
    """When we received it: what a camera says is nobody's business."""

    @property
    def link(self) -> str:
        """Longest side 1280 px."""
        return links.sign_for_everybody(self.photo_id, Rendition.PUBLIC)

    @property
    def small(self) -> str:
        """Longest side 320 px."""
        return links.sign_for_everybody(self.photo_id, Rendition.PUBLIC_SMALL)


def public_photos(db: Session, case_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Public]]:
    """What everybody may see of each of these cases, the oldest first; nothing of a case that is not public."""
    made: dict[uuid.UUID, list[Public]] = defaultdict(list)
    ids = list(case_ids)
    if off() or not ids:
        return made
    pairs = _pairs(ids)
    ready = (select(Photo, pairs.c.case_id).join(pairs, pairs.c.id == Photo.id).join(Case, Case.id == pairs.c.case_id)
             .join(PublicPhoto, PublicPhoto.photo_id == Photo.id).where(PublicPhoto.state == State.READY, *_fit())
             .order_by(Photo.id))
    for photo, case_id in db.execute(ready):
        made[case_id].append(Public(photo.id, photo.purpose, photo.created_at))
    return made


def off() -> bool:
    """Whether the setting turns all pictures off."""
    return settings.current().public_photos == NEVER


def alone() -> bool:
    """Whether a picture of which the detectors are sure is shown before a person has looked."""
    return settings.current().public_photos == AUTO


def enter(db: Session, case_ids: Iterable[uuid.UUID]) -> int:
    """Let the prepared photos of these cases, as far as they are public, wait for a look; how many were new. Publishes
    "photo.entered". Bears repetition."""
    pairs = _pairs(list(case_ids))
    wanted = (select(Photo.id).join(pairs, pairs.c.id == Photo.id).join(Case, Case.id == pairs.c.case_id))
    return 0 if off() else _enter(db, wanted)


def enter_photos(db: Session, photo_ids: Iterable[uuid.UUID]) -> int:
    """The same for single photos, which came in when their case was public already."""
    return 0 if off() else _enter(db, _with_case(select(Photo.id)).where(Photo.id.in_(list(photo_ids))))


def _enter(db: Session, wanted: Select[uuid.UUID]) -> int:
    missing = wanted.where(*_fit(), ~_entered())
    if not db.scalars(missing.limit(1)).all():
        return 0  # so it is with nearly every photo that comes in
    one_at_a_time(db, "public photos")
    new = list(dict.fromkeys(db.scalars(missing)))
    db.add_all(PublicPhoto(photo_id=one) for one in new)
    db.flush()
    outbox.publish_many(db, "photo.entered", new)
    return len(new)


def unentered(db: Session, since: datetime, limit: int) -> list[uuid.UUID]:
    """Public cases that moved or became public since then, with a prepared photo that was not entered: a job was lost."""
    published = Publication.state == literal_column("'published'"), Publication.is_open.in_((True, False))
    recent = union(select(Case.id).where(Case.moved_at >= since),
                   select(Publication.case_id).where(*published, Publication.published_at >= since)).subquery()
    pairs = _pairs(select(recent.c.id))
    wanted = (select(Case.id).join(pairs, pairs.c.case_id == Case.id).join(Photo, Photo.id == pairs.c.id)
              .where(*_fit(), ~_entered()).distinct().limit(limit))
    return [] if off() else list(db.scalars(wanted))


def view(db: Session, photo_id: uuid.UUID, rendition: Rendition, expires: int, signed: str) -> Picture:
    """Follow a link to what is public. Raises NotFound (not our link, or shown no more), Refused (expired)."""
    links.verify(photo_id, rendition, expires, signed)
    if off() or db.scalar(_with_case(select(Photo.id)).where(Photo.id == photo_id, *_fit())) is None:
        raise NotFound("there is no such picture")
    return public_photo.picture(db, photo_id, rendition)


@dataclass(frozen=True)
class Moderated:
    """A photo with its case, and what the public sees of it."""

    photo: Photo
    case: Case
    row: PublicPhoto


def queue(db: Session, actor: Actor, state: State, *, after: uuid.UUID | None = None,
          limit: int = 50) -> tuple[list[Moderated], uuid.UUID | None]:
    """Up to `limit` photos of public cases within the actor's reach that are in this state, the oldest first; and where the
    next page goes on, or None."""
    wanted = _moderated().where(PublicPhoto.state == state, *_fit()).order_by(PublicPhoto.photo_id).limit(limit + 1)
    codes = areas_of(actor, "moderation.decide")
    if codes is not None:
        wanted = wanted.where(or_(false(), *(lies_in(Case.area_code, code) for code in codes)))
    if after:
        wanted = wanted.where(PublicPhoto.photo_id > after)
    found = [Moderated(*row) for row in db.execute(wanted)]
    return found[:limit], found[limit - 1].photo.id if len(found) > limit else None


def find(db: Session, actor: Actor, photo_id: uuid.UUID, *, to_change: bool = False) -> Moderated:
    """One of them, also when its case is no longer public. Raises NotFound, Refused for one out of the actor's reach."""
    wanted = _moderated().where(PublicPhoto.photo_id == photo_id)
    found = db.execute(wanted.with_for_update(of=PublicPhoto) if to_change else wanted).one_or_none()
    if found is None or not search.may_see(actor, found[1]):
        raise NotFound("there is no such photo")
    check(actor, "moderation.decide", found[1])
    return Moderated(*found)


def look(db: Session, actor: Actor, photo_id: uuid.UUID) -> Moderated:
    """The same for somebody who looks at the photo as it came, faces and all: a line in the access log.

    Raises what find() does.
    """
    found = find(db, actor, photo_id)
    note(db, actor, "photo", photo_id, "uncovered", "moderation")
    return found


def publish(actor: Actor, photo_id: uuid.UUID, rectangles: Sequence[Rectangle]) -> None:
    """Show this photo with these rectangles destroyed, and no others. The same again changes nothing, not even who has decided.

    Opens its own transactions: no lock is held while a picture is drawn. Raises what find() does, and Unavailable.
    """
    with reading() as db:
        found = find(db, actor, photo_id)
    if _is_so(found.row, State.READY, rectangles):
        return
    public_photo.shows(found.photo)
    made = public_photo.make(public_photo.large(found.photo.original_key), rectangles)
    before: str | None = made.key  # in vain, unless it is kept
    try:
        with transaction() as db:
            row = find(db, actor, photo_id, to_change=True).row
            if not _is_so(row, State.READY, rectangles):
                before = public_photo.settle(row, made, by=actor.id)
    except BaseException:
        public_photo.drop(made.key)
        raise
    public_photo.drop(before)


def withhold(actor: Actor, photo_id: uuid.UUID) -> None:
    """Show this photo to nobody; what was shown is gone. The same again changes nothing. Raises what find() does."""
    with transaction() as db:
        row = find(db, actor, photo_id, to_change=True).row
        before = None if _is_so(row, State.WITHHELD) else public_photo.settle(row, None, by=actor.id)
    public_photo.drop(before)


def _is_so(row: PublicPhoto, state: State, rectangles: Sequence[Rectangle] | None = None) -> bool:
    """A person has decided just that."""
    same = rectangles is None or row.rectangles == [one.plain() for one in rectangles]
    return row.state is state and row.decided_by_id is not None and same


def _fit() -> tuple[ColumnElement[bool], ...]:
    """Of a photo and its case: it is there to be shown, and may be."""
    return Photo.state == PhotoState.READY, Photo.purpose.in_(PURPOSES), publication.shown()


def _with_case(wanted: Select[*Ts]) -> Select[*Ts]:
    """Photos with the case that they, or their report, belong to."""
    return (wanted.select_from(Photo).join(Its, Its.id == Photo.report_id, isouter=True)
            .join(Case, Case.id == func.coalesce(Photo.case_id, Its.case_id)))


def _pairs(cases: Sequence[uuid.UUID] | Select[uuid.UUID]) -> Subquery:
    """(id, case_id) of all photos of these cases and of their reports, each by its own index."""
    given = select(Photo.id, Photo.case_id.label("case_id")).where(Photo.case_id.in_(cases))
    reported = select(Photo.id, Report.case_id).join(Report, Report.id == Photo.report_id).where(Report.case_id.in_(cases))
    return union_all(given, reported).subquery()


def _entered() -> ColumnElement[bool]:
    return exists().where(PublicPhoto.photo_id == Photo.id)


def _moderated() -> Select[Photo, Case, PublicPhoto]:
    return _with_case(select(Photo, Case, PublicPhoto)).join(PublicPhoto, PublicPhoto.photo_id == Photo.id)
