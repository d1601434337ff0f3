"""Whose grid it is: who stands in for its worker by the roster, else who holds its post."""
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.geography.codes import ancestors
from casework.identity.people import Post, Role, User
from casework.identity.rosters import Duty


def whose(db: Session, codes: Iterable[str]) -> dict[str, uuid.UUID]:
    """The grid worker of each of these areas at this moment, in two queries; an area where there is none is left out.

    A duty or a post of the area itself goes before one of an area around it, and a roster before any post.
    """
    asked = dict.fromkeys(codes)
    ways = {code: [code, *reversed(ancestors(code))] for code in asked}
    wide = {one for way in ways.values() for one in way}
    standing_in = _first(db.execute(
        select(Duty.area_code, Duty.user_id).join(User, User.id == Duty.user_id)
        .where(Duty.role == Role.GRID_WORKER, Duty.since <= clock.now(), Duty.until > clock.now(), still_works(Duty.user_id),
               or_(Duty.area_code.in_(wide), Duty.area_code.is_(None)))
        .order_by(Duty.since, User.login)).all())
    holding = _first(db.execute(
        select(Post.area_code, Post.holder_id).join(User, User.id == Post.holder_id)
        .where(Post.role == Role.GRID_WORKER, User.active, Post.area_code.in_(wide)).order_by(User.login)).all())
    found = {code: _nearest([*way, None], standing_in) or _nearest(way, holding) for code, way in ways.items()}
    return {code: user_id for code, user_id in found.items() if user_id}


def still_works(user_id: ColumnElement[uuid.UUID] | object) -> ColumnElement[bool]:
    """This person is active and walks some grid."""
    return (select(Post.id).join(User, User.id == Post.holder_id)
            .where(Post.holder_id == user_id, Post.role == Role.GRID_WORKER, User.active).exists())


def _first(rows: Iterable[tuple[str | None, uuid.UUID | None]]) -> dict[str | None, uuid.UUID]:
    found: dict[str | None, uuid.UUID] = {}
    for code, user_id in rows:
        if user_id:
            found.setdefault(code, user_id)
    return found


def _nearest(way: Sequence[str | None], known: dict[str | None, uuid.UUID]) -> uuid.UUID | None:
    return next((known[code] for code in way if code in known), None)
