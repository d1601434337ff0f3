"""All bytes are there: they are hashed and checked as any photo at the door, and go to whoever waits for them."""
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casework import settings
from casework.errors import Damaged, Invalid, TooLarge, Unsupported
from casework.media import awaited
from casework.media.photo import Original, keep
from casework.media.uploads.upload import MEGABYTE, Piece, State, Upload, advance, check_room, drop, remove
from casework.storage import blobs
from casework.storage.database import reading, transaction


@dataclass(frozen=True)
class Assembled:
    """A whole file: its hash, and the original that was kept or the reason why it is no photo."""

    sha256: str
    original: Original | None
    reason: str | None

    @property
    def state(self) -> State:
        """What its upload is from now on."""
        return State.REFUSED if self.original is None else State.COMPLETE


def assemble(owner_id: uuid.UUID, keys: Sequence[str], last: bytes, length: int, sha256: str | None, *,
             counted: int = 0) -> Assembled:
    """Put the pieces and the last bytes together, hash them, and keep the whole if it is a photo.

    No more is held in memory than a photo may weigh. Raises Damaged when the hash is not the one that was named, NoRoom when
    nobody waits for the file and its owner has no room beyond the bytes that are `counted` already, and what the file store
    raises.
    """
    running, content = hashlib.sha256(), bytearray()
    may_be_photo = length <= settings.current().photo_megabytes * MEGABYTE
    for piece in chain(map(blobs.get, keys), (last,)):
        running.update(piece)
        if may_be_photo:
            content += piece
    found = running.hexdigest()
    if sha256 is not None and sha256 != found:
        raise Damaged("the file is not the one whose hash was named; nothing is kept of it", sha256=found)
    if not may_be_photo:
        limit = settings.current().photo_megabytes
        return Assembled(found, None, f"a photo may have at most {limit} megabytes")
    with reading() as db:
        if not awaited.is_awaited(db, owner_id, found):
            check_room(db, owner_id, length - counted)  # before it is kept: what no row names is found by nobody
    try:
        return Assembled(found, keep(bytes(content)), None)
    except (Invalid, TooLarge, Unsupported) as error:
        return Assembled(found, None, error.sentence)


def finish(upload: Upload, since: int, pending: Sequence[Piece], last: bytes) -> Upload:
    """The bytes that end an upload are here, after `pending` pieces that no row names yet; opens its own transactions.

    One transaction completes the upload and gives the photo away, so there is no state in between to be found after a crash:
    either the client is told to send its last bytes again, or everything is done. Raises Damaged, and then the upload is
    gone; Conflict when somebody else was faster; NoRoom, Unavailable.
    """
    assert upload.length is not None  # noqa: S101 - the caller has compared it
    with reading() as db:
        stored = list(db.scalars(select(Piece.key).where(Piece.upload_id == upload.id).order_by(Piece.start)))
    keys = [*stored, *(one.key for one in pending)]
    try:
        made = assemble(upload.owner_id, keys, last, upload.length, upload.sha256, counted=since)
    except Damaged:
        with transaction() as db:
            advance(db, upload, since, since, State.REFUSED)  # nobody else goes on with it
            remove(db, [upload.id])
        drop(keys)
        raise
    with transaction() as db:
        advance(db, upload, since, upload.length, made.state)
        photo_id = hand_over(db, upload.owner_id, made)
        db.execute(update(Upload).where(Upload.id == upload.id)
                   .values(sha256=made.sha256, reason=made.reason, photo_id=photo_id))
        db.execute(delete(Piece).where(Piece.upload_id == upload.id))
        needless = remove(db, _begun_in_vain(db, upload.owner_id, made.sha256))
        done = db.get_one(Upload, upload.id, populate_existing=True)
    drop([*keys, *needless])
    return done


def _begun_in_vain(db: Session, owner_id: uuid.UUID, sha256: str) -> Sequence[uuid.UUID]:
    """What this owner has begun of the same file and not finished: a client that hears no answer begins anew. One that somebody
    moves just now is left alone, and ends with its time."""
    return db.scalars(select(Upload.id).where(
        Upload.owner_id == owner_id, Upload.state == State.RECEIVING, Upload.sha256 == sha256, Upload.partial.is_(False))
        .with_for_update(skip_locked=True)).all()


def hand_over(db: Session, owner_id: uuid.UUID, made: Assembled) -> uuid.UUID | None:
    """Give the file to whoever waits for it; nobody does: it is the owner's to use. The photo's id, None for no photo."""
    if made.original is None:
        awaited.refuse(db, owner_id, made.sha256, made.reason or "")
        return None
    given = awaited.give(db, owner_id, made.original)
    if given.report_id is None:
        check_room(db, owner_id, 0)
    return given.id
