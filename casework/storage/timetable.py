"""When each regular task is due next. The times live in the database, so that two schedules never double a task."""
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.storage.database import Base


class Due(Base):
    """One regular task: when it runs next and when it last ended well."""

    __tablename__ = "schedule_runs"
    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


def enter(db: Session, firsts: dict[str, datetime]) -> None:
    """Enter the tasks that are not in the table yet, with their first times, and forget those that are no more."""
    for due in db.scalars(select(Due)):
        if due.name not in firsts:
            db.delete(due)
    known = set(db.scalars(select(Due.name)))
    db.add_all(Due(name=name, next_at=at) for name, at in firsts.items() if name not in known)


def due(db: Session, at: datetime) -> dict[str, datetime]:
    """The tasks that are due at this moment, the longest due first, with the time they were due."""
    rows = select(Due.name, Due.next_at).where(Due.next_at <= at).order_by(Due.next_at)
    return dict(db.execute(rows).all())


def claim(db: Session, name: str, was_due: datetime, at: datetime, lease: timedelta) -> bool:
    """Take one run of a task; False when another schedule was faster. Not done within the lease, it is due again."""
    return _swap(db, name, was_due, next_at=at + lease)


def done(db: Session, name: str, claimed_until: datetime, next_at: datetime, at: datetime) -> bool:
    """The claimed run ended well; the next is at this time. False when the lease had run out and another has it now."""
    return _swap(db, name, claimed_until, next_at=next_at, done_at=at)


def _swap(db: Session, name: str, old: datetime, **new: datetime) -> bool:
    swapped = update(Due).where(Due.name == name, Due.next_at == old).values(**new).returning(Due.name)
    return db.scalar(swapped) is not None
