"""Accounts over their life: hired with a post, given a password, deactivated. Whatever proves them ends with it."""
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework.errors import Conflict, Unauthenticated
from casework.identity import passwords
from casework.identity.people import Post, Role, User, an_administrator_is_left, create_post, create_user, posts_of, user_by_id
from casework.identity.sessions.devices import revoke_all
from casework.identity.sessions.refusals import Attempt, Pace, refuse
from casework.identity.sessions.tokens import end_all

OLD_PASSWORD_PACE = Pace(free=5, first=5, most=900)


@dataclass(frozen=True)
class Hire:
    """Somebody to hire: a user and the post to be held."""

    login: str
    name: str
    role: Role
    title: str
    department_id: uuid.UUID | None = None
    area_code: str | None = None
    phone: str | None = None


def hire(db: Session, people: Iterable[Hire], password_hash: str | None = None) -> list[tuple[User, Post]]:
    """Users with their posts, all or nothing.

    They share one hash from passwords.hashed() when a demonstration needs hundreds of accounts at once; without it they
    have no desk log-in until set_password(). Raises Conflict when a login is taken, Invalid for an impossible post.
    """
    hired = []
    for one in people:
        user = create_user(db, one.login, one.name, password_hash, one.phone)
        post = create_post(db, one.title, one.role, department_id=one.department_id, area_code=one.area_code,
                           holder_id=user.id)
        hired.append((user, post))
    return hired


def set_password(db: Session, user_id: uuid.UUID, password: str) -> None:
    """Give a user this password and end all log-ins. Raises NotFound, Invalid for a weak one, Conflict if inactive."""
    user = user_by_id(db, user_id)
    if not user.active:
        raise Conflict("this account has been deactivated")
    user.password_hash = passwords.hashed(password, user.login)
    end_all(db, user.id)


def change_password(db: Session, user_id: uuid.UUID, old: str, new: str) -> None:
    """A user's own change: asks for the old password and ends all log-ins. Raises Unauthenticated, TooMany, Invalid."""
    user = user_by_id(db, user_id)
    key = f"password {user.id}"
    attempt = Attempt(db, (key, OLD_PASSWORD_PACE))
    if not passwords.matches(user.password_hash, old):
        attempt.count()
        refuse(db, Unauthenticated("the old password is wrong"))
    attempt.forgive(key)
    set_password(db, user.id, new)


def deactivate(db: Session, user_id: uuid.UUID) -> None:
    """The person has left: log-ins and devices end, posts become vacant. The user stays, for the history.

    Raises NotFound, Conflict for the last administrator.
    """
    user = user_by_id(db, user_id)
    user.active = False
    administers = any(post.role is Role.ADMINISTRATOR for post in posts_of(db, user_id))
    db.execute(update(Post).where(Post.holder_id == user.id).values(holder_id=None))
    if administers:
        an_administrator_is_left(db)
    end_all(db, user.id)
    revoke_all(db, user.id)


def activate(db: Session, user_id: uuid.UUID) -> None:
    """The person is back, and may log in. Posts are given anew: others may hold the former ones by now. Raises NotFound."""
    user_by_id(db, user_id).active = True
