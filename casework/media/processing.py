"""What is done to a photo after it was taken in: renditions made and kept, or the reason why it cannot be shown."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from casework.errors import NotFound
from casework.media import darkroom, links
from casework.media.links import Rendition
from casework.media.photo import Photo, State
from casework.storage import blobs
from casework.storage.database import reading, transaction


@dataclass(frozen=True)
class Tally:
    """What became of a batch; photos already done, or gone, are in neither."""

    ready: int
    refused: int


def process(photo_ids: Sequence[uuid.UUID]) -> Tally:
    """Make the renditions of these photos that wait for it. May run twice, and at once with another.

    Opens its own transactions, one short one a photo: a decoder must never run while a lock is held. A broken file is
    marked refused and the batch goes on; a store that does not answer raises, and what is left waits for the next run.
    """
    with reading() as db:
        waiting = db.execute(select(Photo.id, Photo.original_key)
                             .where(Photo.id.in_(photo_ids), Photo.state == State.RECEIVED)).all()
    ready = 0
    for photo_id, original_key in waiting:
        ready += _process(photo_id, original_key)
    return Tally(ready, len(waiting) - ready)


def _process(photo_id: uuid.UUID, original_key: str) -> bool:
    try:
        developed = darkroom.develop(blobs.get(original_key))
    except NotFound:
        _mark(photo_id, state=State.REFUSED, reason="its file is missing")
        return False
    except darkroom.Spoilt as error:
        _mark(photo_id, state=State.REFUSED, reason=str(error))
        return False
    blobs.put(links.key(original_key, Rendition.LARGE), developed.large)
    blobs.put(links.key(original_key, Rendition.SMALL), developed.small)
    _mark(photo_id, state=State.READY, width=developed.width, height=developed.height, phash=developed.phash)
    return True


def _mark(photo_id: uuid.UUID, **facts: object) -> None:
    with transaction() as db:
        db.execute(update(Photo).where(Photo.id == photo_id, Photo.state == State.RECEIVED).values(**facts))
