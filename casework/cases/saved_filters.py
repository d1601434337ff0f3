"""Filters of lists that people keep under names of their own, to have them at every desk they sit at."""
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, NotFound
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, insert_once, new_id

MOST = 20
"""So many a person: more are not found again."""


class SavedFilter(Keyed, Base):
    """One person's filter. `wanted` is what the list takes in its query: never a phone, for it is no filter."""

    __tablename__ = "saved_filters"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("user_id", "name"),)


def of(db: Session, actor: Actor) -> Sequence[SavedFilter]:
    """The actor's own, the oldest first."""
    return db.scalars(select(SavedFilter).where(SavedFilter.user_id == actor.id).order_by(SavedFilter.id)).all()


def keep(db: Session, actor: Actor, name: str, wanted: Mapping[str, Any]) -> SavedFilter:
    """Keep this under this name; what stood there before is replaced. Raises Conflict when there are MOST already."""
    insert_once(db, SavedFilter, [{"id": new_id(), "user_id": actor.id, "name": name, "wanted": {}, "changed_at": clock.now()}],
                on=("user_id", "name"))
    mine = SavedFilter.user_id == actor.id
    kept = db.scalars(select(SavedFilter).where(mine, SavedFilter.name == name).with_for_update()).one()
    if (db.scalar(select(func.count()).select_from(SavedFilter).where(mine)) or 0) > MOST:
        raise Conflict(f"{MOST} filters are kept already; delete one first")
    kept.wanted, kept.changed_at = dict(wanted), clock.now()
    return kept


def drop(db: Session, actor: Actor, filter_id: uuid.UUID) -> None:
    """Keep it no longer. Raises NotFound for what is not the actor's."""
    gone = db.execute(delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.user_id == actor.id)
                      .returning(SavedFilter.id)).all()
    if not gone:
        raise NotFound("no such filter")
