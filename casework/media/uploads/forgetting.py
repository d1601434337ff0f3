"""An upload ends without a photo: its owner gives it up, its time is over, or a crash left pieces that no row names."""
import uuid
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clock
from casework.media.uploads.upload import FOLDER, State, Upload, drop, find, remove
from casework.storage import blobs
from casework.storage.database import transaction


def terminate(owner_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Give an upload up, with all that came; opens its own transaction. What became a photo stays one.

    Raises what find() raises.
    """
    with transaction() as db:
        keys = remove(db, [find(db, owner_id, upload_id, to_change=True).id])
    drop(keys)


def abandon(upload: Upload) -> None:
    """Forget an upload whose creation failed, and of which nothing is here: its client has not heard of it. One that somebody
    has gone on with, whom the receipt of a report told of it, stays. Opens its own transaction."""
    untouched = select(Upload.id).where(Upload.id == upload.id, Upload.received == 0, Upload.state == State.RECEIVING)
    with transaction() as db:
        remove(db, list(db.scalars(untouched.with_for_update())))


def forget_expired(db: Session, batch: int = 200) -> int:
    """Forget uploads whose time is over; returns how many. Call again while it is `batch`."""
    ended = select(Upload.id).where(Upload.expires_at <= clock.now()).order_by(Upload.expires_at).limit(batch)
    upload_ids = list(db.scalars(ended.with_for_update(skip_locked=True)))
    # Before the commit: should it fail, the rows are found again, and nobody may go on with them.
    drop(remove(db, upload_ids))
    return len(upload_ids)


def sweep(db: Session) -> int:
    """Delete pieces that a crash left: those of days before every upload that still lives; returns how many."""
    oldest = db.scalar(select(func.min(Upload.created_at)).where((Upload.state == State.RECEIVING) | Upload.partial))
    before = min(clock.now(), oldest or clock.now()).date()
    left = [key for key in blobs.keys_under(FOLDER) if date.fromisoformat(key.split("/")[-2]) < before]
    drop(left)
    return len(left)
