"""Somebody wants to be forgotten: the ties are cut, what they wrote goes, what they adopted is free; counts and points stay."""
import uuid

from sqlalchemy.orm import Session

from casework.community import persons
from casework.community.adoption import adopting, check_ins, shops


def forget(db: Session, *, phone_index: str | None = None, follower_id: uuid.UUID | None = None) -> int:
    """Forget whoever is known by this phone or as this follower; how many persons that were. Bears repetition."""
    gone = persons.forget(db, phone_index=phone_index, follower_id=follower_id)
    adopting.forget(db, gone)
    shops.forget(db, gone)
    check_ins.forget(db, gone)
    return len(gone)
