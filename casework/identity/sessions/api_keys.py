"""Keys of apps that speak Open311: asked for by whoever builds one, in force once an administrator says yes.

A key is 256 random bits, of which only the hash is kept; it opens nothing but what citizens may do, each key for itself.
"""
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, NotFound, TooMany, Unauthenticated
from casework.identity.people import Actor, Role
from casework.identity.permissions import check
from casework.identity.privacy import reveal
from casework.identity.sealing import Sealed, SealedText, seal
from casework.identity.sessions.refusals import token_hash
from casework.storage.database import Base, Keyed

USUAL_RATE = 60
MOST_WAITING = 200
"""Applications that nobody has looked at: more are not kept."""


class ApiKey(Keyed, Base):
    """A key and who answers for it. In force from `approved_at` until `revoked_at`."""

    __tablename__ = "api_keys"
    name: Mapped[str]
    """What people know the app by."""
    contact: Mapped[SealedText] = mapped_column(Sealed("api_keys.contact"))
    key_hash: Mapped[str] = mapped_column(unique=True)
    per_minute: Mapped[int] = mapped_column(default=USUAL_RATE)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    approved_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Bearer:
    """Who shows a key, and how many reports a minute it is good for."""

    actor: Actor
    per_minute: int


def make(db: Session, actor: Actor, name: str, contact: str, per_minute: int = USUAL_RATE) -> tuple[ApiKey, str]:
    """A key that is in force at once, shown this once. Raises Refused unless the actor administers systems."""
    check(actor, "clients.manage")
    made, key = _new(db, name, contact)
    made.per_minute, made.approved_at = per_minute, clock.now()
    return made, key


def apply(db: Session, name: str, contact: str) -> tuple[ApiKey, str]:
    """A key that works once an administrator has approved it, shown this once. Raises TooMany when too many wait."""
    waiting = db.scalars(select(ApiKey.id).where(ApiKey.approved_at.is_(None), ApiKey.revoked_at.is_(None))
                         .limit(MOST_WAITING)).all()
    if len(waiting) >= MOST_WAITING:
        raise TooMany("too many applications wait to be looked at; try again tomorrow", retry_after=86_400)
    return _new(db, name, contact)


def approve(db: Session, actor: Actor, key_id: uuid.UUID, per_minute: int = USUAL_RATE) -> ApiKey:
    """The key works from the commit on. Raises Refused, NotFound, or Conflict for one that was revoked."""
    found = _found(db, actor, key_id)
    if found.revoked_at:
        raise Conflict("this key was revoked; make another one")
    found.approved_at, found.per_minute = found.approved_at or clock.now(), per_minute
    return found


def revoke(db: Session, actor: Actor, key_id: uuid.UUID) -> ApiKey:
    """The key stops with the commit; an application is turned down by it. Raises Refused or NotFound."""
    found = _found(db, actor, key_id)
    found.revoked_at = found.revoked_at or clock.now()
    return found


def contact(db: Session, actor: Actor, key_id: uuid.UUID, reason: str) -> str:
    """Whom to write to about a key; the look is written down. Raises Refused or NotFound."""
    found = _found(db, actor, key_id)
    return reveal(db, actor, "api_key", found.id, "contact", found.contact, reason=reason, permission="clients.manage")


def page(db: Session, actor: Actor, after: uuid.UUID | None, limit: int) -> Sequence[ApiKey]:
    """Keys and applications in the order they came. Raises Refused."""
    check(actor, "clients.manage")
    wanted = select(ApiKey).order_by(ApiKey.id).limit(limit)
    return db.scalars(wanted.where(ApiKey.id > after) if after else wanted).all()


def bearer_of(db: Session, key: str) -> Bearer:
    """Who shows this key: may do what citizens may, and is counted by itself. Raises Unauthenticated."""
    found = db.scalar(select(ApiKey).where(ApiKey.key_hash == token_hash(key)))
    if found is None or found.revoked_at or found.approved_at is None:
        raise Unauthenticated("this API key is not known, not approved yet, or was revoked")
    return Bearer(Actor("client", found.id, found.name, frozenset({Role.CITIZEN})), found.per_minute)


def _new(db: Session, name: str, contact: str) -> tuple[ApiKey, str]:
    key = secrets.token_urlsafe(32)
    made = ApiKey(name=name, contact=seal(contact), key_hash=token_hash(key), per_minute=USUAL_RATE)
    db.add(made)
    db.flush()
    return made, key


def _found(db: Session, actor: Actor, key_id: uuid.UUID) -> ApiKey:
    check(actor, "clients.manage")
    found = db.get(ApiKey, key_id)
    if found is None:
        raise NotFound("there is no such key")
    return found
