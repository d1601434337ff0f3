"""Who goes and looks: the grid's own worker, else the nearest one with the least to do, never who reported or handled."""
import uuid
from collections.abc import Set as AbstractSet

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.identity.people import Post, Role, User

RINGS = (15, 14, 12, 9, 6, 0)
"""How many digits of the area code must agree: grid, community, street, district, and at last anywhere in the city."""


def choose(db: Session, case: Case, never: AbstractSet[uuid.UUID]) -> uuid.UUID | None:
    """The grid worker who is to look at this case, or None when the city has none that may."""
    area = case.area_code or ""
    for digits in RINGS:
        if digits and len(area) < digits:
            continue
        if found := _least_busy(db, area[:digits], never):
            return found
    return None


def _least_busy(db: Session, around: str, never: AbstractSet[uuid.UUID]) -> uuid.UUID | None:
    tasks = (select(Case.inspector_id, func.count().label("open")).where(Case.is_open, Case.inspector_id.is_not(None))
             .group_by(Case.inspector_id).subquery())
    wanted = (select(User.id).join(Post, Post.holder_id == User.id).join(tasks, tasks.c.inspector_id == User.id, isouter=True)
              .where(Post.role == Role.GRID_WORKER, User.active, User.id.not_in(never))
              .order_by(func.coalesce(tasks.c.open, 0), User.login).limit(1))
    if around:
        wanted = wanted.where(Post.area_code >= around, Post.area_code < around + ":")
    return db.scalar(wanted)
