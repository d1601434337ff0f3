"""Photos that an operation names by their hash: what it shows has to be here, and must not have shown something else before."""
import uuid
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.errors import Fault, Invalid
from casework.media import Photo, awaited


def photos(db: Session, owner_id: uuid.UUID, sha256s: Sequence[str]) -> tuple[list[uuid.UUID], list[str]]:
    """Photos of this owner with these hashes that show nothing yet, and the hashes of those that have not arrived.

    To be asked by each operation anew: what the one before has taken is not there for the next. Raises Invalid where a task
    or a step has taken the only one of a hash: whoever sent it would wait for ever for what he knows to have arrived. One
    that went to a report is awaited all the same, for a report and a step may name one file, and each sends its own.
    """
    if not sha256s:
        return [], []
    here = awaited.arrived(db, owner_id, sha256s)
    lacking = [sha256 for sha256 in sha256s if sha256 not in here]
    taken = set(db.scalars(select(Photo.sha256).where(
        Photo.uploaded_by == owner_id, Photo.sha256.in_(lacking),
        or_(Photo.task_id.is_not(None), Photo.case_id.is_not(None))))) if lacking else set()
    if taken:
        raise Invalid("these photos cannot be taken", *(
            Fault(f"files.{at}", "this photo was given before; take a new one")
            for at, sha256 in enumerate(sha256s) if sha256 in taken))
    return [here[sha256] for sha256 in sha256s if sha256 in here], lacking
