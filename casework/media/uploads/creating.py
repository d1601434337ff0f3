"""An upload begins: empty and with a length or without, or joined from others that are complete."""
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock, settings
from casework.errors import Fault, Invalid, TooLarge
from casework.media.uploads import finishing
from casework.media.uploads.upload import Piece, State, Upload, check_room, find, largest
from casework.storage.database import new_id, reading, transaction

JOINED_HOURS = 1
"""Parts that were joined are kept so long for a client that did not hear the answer and asks again."""


def create(db: Session, owner_id: uuid.UUID, *, length: int | None, described: str | None = None, sha256: str | None = None,
           partial: bool = False) -> Upload:
    """A new upload of so many bytes; None when its length is to be said later.

    Raises TooLarge, and NoRoom when the owner has too much that is unfinished or unused.
    """
    must_fit(length)
    check_room(db, owner_id, length or 0)
    upload = Upload(id=new_id(), owner_id=owner_id, length=length, received=0, described=described, sha256=sha256,
                    partial=partial, state=State.RECEIVING, created_at=clock.now(), expires_at=_ends())
    db.add(upload)
    return upload


def settle_length(db: Session, upload: Upload, length: int) -> Upload:
    """Say how long the upload is, once. Raises Invalid for another length than before or than came, and TooLarge."""
    must_fit(length)
    if upload.length not in {None, length} or length < upload.received:
        raise Invalid("the length is said once, and not below what has come", Fault("Upload-Length", "is another already"))
    db.execute(update(Upload).where(Upload.id == upload.id, Upload.length.is_(None)).values(length=length))
    return db.get_one(Upload, upload.id, populate_existing=True)


def concatenate(owner_id: uuid.UUID, part_ids: Sequence[uuid.UUID], *, joined: str, described: str | None,
                sha256: str | None) -> Upload:
    """One upload out of complete partial ones of the same owner, in this order; opens its own transactions.

    Raises NotFound for a part that is not there or somebody else's, Invalid for one that is not complete or not partial,
    TooLarge, and Damaged when all together have not the hash that was named.
    """
    with reading() as db:
        parts = [find(db, owner_id, one) for one in part_ids]
        if unfit := [one for one in parts if not one.partial or not one.has_all]:
            raise Invalid("only partial uploads that are complete can be joined",
                          *(Fault("Upload-Concat", f"{one.id} is not complete, or not partial") for one in unfit))
        keys = [key for one in parts for key in db.scalars(
            select(Piece.key).where(Piece.upload_id == one.id).order_by(Piece.start))]
    length = sum(one.received for one in parts)
    must_fit(length)
    made = finishing.assemble(owner_id, keys, b"", length, sha256)
    upload = Upload(id=new_id(), owner_id=owner_id, length=length, received=length, described=described, sha256=made.sha256,
                    partial=False, joined=joined, state=made.state, reason=made.reason, created_at=clock.now(),
                    expires_at=_ends())
    with transaction() as db:
        upload.photo_id = finishing.hand_over(db, owner_id, made)
        db.add(upload)
        soon = clock.now() + timedelta(hours=JOINED_HOURS)
        db.execute(update(Upload).where(Upload.id.in_(part_ids), Upload.expires_at > soon).values(expires_at=soon))
    return upload


def must_fit(length: int | None) -> None:
    """Raises TooLarge for more than an upload may have."""
    if length is not None and length > largest():
        raise TooLarge(f"an upload may have at most {settings.current().upload_megabytes} megabytes", limit=largest())


def _ends() -> datetime:
    return clock.now() + timedelta(days=settings.current().upload_days)
