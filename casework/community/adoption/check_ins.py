"""打卡: an adopter was there, and shows it by a photo. What is odd about place and time is flagged, never refused.

Where somebody stood is not kept, only how far that is from the component.
"""
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, media
from casework.community.adoption import adopting, kinds
from casework.community.adoption.adopting import Adoption
from casework.community.points import ledger, rules
from casework.community.points.ledger import About
from casework.errors import CaseworkError, Conflict, Fault, Invalid
from casework.geography.coordinates import Point, metres_between
from casework.identity.people import Actor
from casework.identity.privacy import Sealed, SealedText, blind_index, seal
from casework.media import Photo, State
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id

FAR_METRES = 100
"""From the component, beyond what the phone itself says that it may be off."""

OLD = timedelta(hours=24)
MOST_PHOTOS = 4

FLAGS: dict[str, tuple[str, str]] = {
    "no_place": ("没有定位", "no position came with it"),
    "far": ("打卡位置离部件较远", "the position is far from the component"),
    "photo_far": ("照片拍摄地点离部件较远", "the photo was taken far from the component"),
    "photo_old": ("照片不是近一天拍的", "the photo is older than a day"),
    "photo_again": ("同一张照片用过", "the same photo was used before"),
}
"""What somebody on the staff should know; in words for them and for the adopter."""


class CheckIn(Keyed, Base):
    """One check-in. `key` is the phone's own, `day` the city's; `metres` is how far from the component its sender stood.

    (Retention: the note is sealed; it and the photos are of no use once the adoption is over.)
    """

    __tablename__ = "adoption_check_ins"
    adoption_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("adoptions.id"))
    key: Mapped[uuid.UUID]
    digest: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    day: Mapped[date]
    metres: Mapped[int | None]
    note: Mapped[SealedText | None] = mapped_column(Sealed("adoption_check_ins.note"))
    flags: Mapped[list[str]] = mapped_column(default=list)
    flagged: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("adoption_id", "key"), Index(None, "flagged", "id"))


def check_in(db: Session, actor: Actor, adoption_id: uuid.UUID, *, key: uuid.UUID,
             photos: Sequence[tuple[uuid.UUID, str]], place: Point | None = None, accuracy: float = 0,
             note: str | None = None) -> CheckIn:
    """Keep a check-in and count it as a sign of care; the same key again changes nothing. Publishes "adoption.checked_in".

    `photos` are ids of photos sent before, each with its token. Raises NotFound, Unauthenticated; Invalid for a photo that
    was not sent or is another's; Conflict when the adoption is over and when the key was used for something else.
    """
    adoption = adopting.find(db, actor, adoption_id, to_change=True)
    digest = blind_index("check-in", repr((photos, place, accuracy, note)))
    known = db.scalar(select(CheckIn).where(CheckIn.adoption_id == adoption.id, CheckIn.key == key))
    if known:
        if known.digest != digest:
            raise Conflict("this key was used before for another check-in")
        return known
    if adoption.ended_at:
        raise Conflict("this adoption is over")
    at = clock.now()
    away = metres_between(place, adoption.place) if place else None
    made = CheckIn(id=new_id(), adoption_id=adoption.id, key=key, digest=digest, at=at, day=at.astimezone(clock.CITY).date(),
                   metres=None if away is None else min(round(away), 1_000_000), note=seal(note) if note else None)
    db.add(made)
    db.flush()
    taken = [_claim(db, number, one, made) for number, one in enumerate(photos)]
    made.flags = _flags(db, adoption, made, taken, accuracy)
    made.flagged = bool(made.flags)
    adoption.seen(at, kinds.current(db)[adoption.kind])
    outbox.publish(db, "adoption.checked_in", made.id)
    return made


def award(db: Session, check_in_id: uuid.UUID) -> bool:
    """Points for a check-in without a flag whose photos can all be shown, once a day for each adoption; whether there is a new
    line. Bears repetition: until its photos are prepared there is none, so ask again when they are."""
    found = db.get(CheckIn, check_in_id)
    if found is None or found.flagged:
        return False
    photos = photos_of(db, [found.id]).get(found.id, ())
    if not photos or any(one.state is not State.READY for one in photos):
        return False
    adoption = db.get_one(Adoption, found.adoption_id)
    line = ledger.award(db, ledger.held(db, adoption.person_id), rules.current(db)["check_in"],
                        f"check_in:{adoption.id.hex}:{found.day}", day=found.day, about=About(subject_id=found.id))
    return line is not None


def shown_by(db: Session, photo_ids: Iterable[uuid.UUID]) -> Sequence[uuid.UUID]:
    """The check-ins that these photos belong to, if any."""
    rows = db.scalars(select(Photo.check_in_id).where(Photo.id.in_(list(photo_ids)), Photo.check_in_id.is_not(None)).distinct())
    return [one for one in rows if one]


def of(db: Session, adoption_id: uuid.UUID, limit: int = 50) -> Sequence[CheckIn]:
    """The check-ins of one adoption, the latest first."""
    return db.scalars(select(CheckIn).where(CheckIn.adoption_id == adoption_id).order_by(CheckIn.id.desc()).limit(limit)).all()


def flagged(db: Session, after: uuid.UUID | None = None,
            limit: int = 50) -> tuple[Sequence[tuple[CheckIn, Adoption]], uuid.UUID | None]:
    """Check-ins with a flag, the latest first; and the id below which the next page goes on, or None."""
    wanted = (select(CheckIn, Adoption).join(Adoption, Adoption.id == CheckIn.adoption_id).where(CheckIn.flagged)
              .order_by(CheckIn.id.desc()).limit(limit + 1))
    found = [(one, adoption) for one, adoption in db.execute(wanted.where(CheckIn.id < after) if after else wanted)]
    return found[:limit], found[limit - 1][0].id if len(found) > limit else None


def photos_of(db: Session, check_in_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Photo]]:
    """By check-in, its photos."""
    found: dict[uuid.UUID, list[Photo]] = {}
    for one in db.scalars(select(Photo).where(Photo.check_in_id.in_(list(check_in_ids))).order_by(Photo.id)):
        if one.check_in_id:
            found.setdefault(one.check_in_id, []).append(one)
    return found


def forget(db: Session, person_ids: Iterable[uuid.UUID]) -> None:
    """What whoever is erased has written; the photos lose their check-in, and are forgotten as those of nobody."""
    mine = select(CheckIn.id).join(Adoption, Adoption.id == CheckIn.adoption_id).where(Adoption.person_id.in_(list(person_ids)))
    ids = db.scalars(mine).all()
    db.execute(update(CheckIn).where(CheckIn.id.in_(ids)).values(note=None).execution_options(synchronize_session=False))
    db.execute(update(Photo).where(Photo.check_in_id.in_(ids)).values(check_in_id=None)
               .execution_options(synchronize_session=False))


def _claim(db: Session, number: int, one: tuple[uuid.UUID, str], made: CheckIn) -> Photo:
    try:
        return media.claim_for_check_in(db, *one, made.id)
    except CaseworkError as error:
        raise Invalid(error.sentence, Fault(f"photos.{number}", error.sentence)) from None


def _flags(db: Session, adoption: Adoption, made: CheckIn, photos: Sequence[Photo], accuracy: float) -> list[str]:
    there, hashes = adoption.place, {one.sha256 for one in photos}
    seen = select(Photo.id).where(  # of those that citizens sent, by the index that begins with who sent them
        Photo.uploaded_by.is_(None), Photo.sha256.in_(hashes), Photo.id.not_in([one.id for one in photos]),
        or_(Photo.check_in_id.is_not(None), Photo.report_id.is_not(None)))
    odd: dict[str, Any] = {
        "no_place": made.metres is None,
        "far": made.metres is not None and made.metres > FAR_METRES + min(accuracy, FAR_METRES),
        "photo_far": any(one.place and metres_between(one.place, there) > 2 * FAR_METRES for one in photos),
        "photo_old": any(one.taken_at and made.at - one.taken_at > OLD for one in photos),
        "photo_again": len(hashes) < len(photos) or db.scalar(seen.limit(1)) is not None,
    }
    return [flag for flag in FLAGS if odd[flag]]
