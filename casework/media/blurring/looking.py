"""The detectors look at photos that wait for them."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from casework.errors import NotFound
from casework.media.blurring import covering, detectors, judging, public_photo
from casework.media.blurring.public_photo import PublicPhoto, State
from casework.media.photo import Photo
from casework.storage.database import reading, transaction


@dataclass(frozen=True)
class Tally:
    """What became of a batch: shown at once, or left to a person. Those already looked at are in neither."""

    ready: int
    waiting: int


def look_at(photo_ids: Sequence[uuid.UUID], *, alone: bool) -> Tally:
    """Look at these photos, which wait for it. May run twice, and at once with another.

    With `alone` a photo of which the detectors are sure is shown without a person. Opens its own transactions, a short one a
    photo: seconds of arithmetic must not hold a lock. Where no detectors are installed all are left as they are.
    """
    waits = PublicPhoto.looked_at.is_(None), PublicPhoto.state == State.WAITING
    with reading() as db:
        found = db.execute(select(Photo.id, Photo.original_key).join(PublicPhoto, PublicPhoto.photo_id == Photo.id)
                           .where(Photo.id.in_(photo_ids), *waits)).all()
    if not found or not detectors.ready():
        return Tally(0, len(found))
    shown = sum(_look(photo_id, original_key, alone=alone) for photo_id, original_key in found)
    return Tally(shown, len(found) - shown)


def _look(photo_id: uuid.UUID, original_key: str, *, alone: bool) -> bool:
    try:
        content = public_photo.large(original_key)
    except NotFound:
        with transaction() as db:
            public_photo.settle(db.get_one(PublicPhoto, photo_id), None, by=None)
        return False
    picture = covering.opened(content)
    verdict = judging.judge(detectors.look(picture))
    verdict = replace(verdict, certain=verdict.certain and not detectors.dark(picture))
    made = public_photo.make(content, verdict.rectangles) if alone and verdict.certain else None
    with transaction() as db:
        kept = public_photo.looked(db, photo_id, verdict, made)
    if made and not kept:
        public_photo.drop(made.key)
    return bool(made) and kept
