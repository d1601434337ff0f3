"""Somebody wants to be forgotten: the ties are cut, what they wrote goes, what they adopted is free; counts and points stay."""
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.community import persons
from casework.community.adoption import adopting, check_ins, shops
from casework.community.persons import Person

UNTIED = Person.phone_index.is_(None), Person.follower_id.is_(None), Person.erased_at.is_(None)


def forget(db: Session, *, phone_index: str | None = None, follower_id: uuid.UUID | None = None) -> int:
    """Forget whoever is known by this phone or as this follower; how many persons that were. Bears repetition."""
    found = persons.cut(db, phone_index=phone_index, follower_id=follower_id)
    if found:
        forget_untied(db, found)
    return found


def forget_untied(db: Session, batch: int) -> int:
    """Forget the rest of up to `batch` persons whose ties somebody has cut; how many. Call again while it is `batch`."""
    found = db.scalars(select(Person).where(*UNTIED).order_by(Person.id).limit(batch).with_for_update(skip_locked=True)).all()
    gone = [one.id for one in found]
    adopting.forget(db, gone)
    shops.forget(db, gone)
    check_ins.forget(db, gone)
    for one in found:
        one.erased_at = clock.now()
    db.flush()
    return len(gone)
