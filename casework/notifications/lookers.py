"""Who is told of what is of no case: an early warning names its area, a leader's remark its reader."""
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.identity.people import Post, Role, User, around
from casework.notifications import readers
from casework.notifications.readers import Reader
from casework.storage.outbox import Event

LOOK = (Role.DISPATCHER, Role.SUPERVISOR)
"""Whose it is to look, the first of these that has anybody for the area."""


def of(db: Session, event: Event) -> list[Reader]:
    """The reader whom the event names; of a warning, those whose posts are nearest around its area, and of posts for the whole
    city those alone where no nearer one is held."""
    if "reader" in event.detail:
        return [readers.named(event.detail["reader"])]
    code: str | None = event.detail.get("area")
    for role in LOOK:
        held = [(area or "", holder) for area, holder in db.execute(
            select(Post.area_code, Post.holder_id).join(User, User.id == Post.holder_id)
            .where(Post.role == role, User.active).order_by(Post.area_code, User.login))
            if holder and (area is None or area in around(code))]
        if held:
            return [readers.person(one) for one in _nearest(held)]
    return []


def _nearest(held: Sequence[tuple[str, uuid.UUID]]) -> list[uuid.UUID]:
    longest = max(len(area) for area, _ in held)
    return list(dict.fromkeys(holder for area, holder in held if len(area) == longest))
