"""The statements behind entries, as they were applied."""
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.registry.records import Statement


def statements_of(db: Session, subject_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Sequence[Statement]]:
    """By entry its applied statements, in the order of the versions that they made."""
    found: dict[uuid.UUID, list[Statement]] = {}
    applied = select(Statement).where(Statement.subject_id.in_(subject_ids), Statement.version.is_not(None))
    for one in db.scalars(applied.order_by(Statement.subject_id, Statement.version)) if subject_ids else ():
        found.setdefault(one.subject_id, []).append(one)
    return dict(found)
