"""Keys for field apps that speak OpenRosa: a name and password for Digest or Basic, or one token in the address.

Digest (RFC 7616) wants MD5(name:realm:password) on the server; whoever has that needs no password, so it is sealed like one.
The password is made here, of a hundred random bits, and used for nothing else: there is nothing to guess.
"""
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Refused, Unauthenticated
from casework.identity.people import Actor, Post, Role, User, actor_of, actor_with
from casework.identity.permissions import check
from casework.identity.sealing import Sealed, SealedText, derived_key, seal
from casework.identity.sessions.refusals import token_hash
from casework.storage.database import Base, Keyed

REALM = "zhiwang"
NONCE_SECONDS = 600
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that look alike: a password is typed from a sheet of paper into a phone."""
MOST = 20
"""Keys of one person that are in force."""
WRONG = "this key is not known, or its password is wrong"


class FieldKey(Keyed, Base):
    """A key of one person, for one app on one device."""

    __tablename__ = "field_keys"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    """What its holder calls it: the phone it is in."""
    username: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    ha1: Mapped[SealedText] = mapped_column(Sealed("field_keys.ha1"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True)
class NewKey:
    """A key with what is shown this once."""

    key: FieldKey
    password: str
    token: str


class StaleError(Unauthenticated):
    """The password is right and the nonce is old: the app asks again by itself."""


def make(db: Session, actor: Actor, name: str, user_id: uuid.UUID | None = None) -> NewKey:
    """A key of the actor's own, or one that an administrator makes for somebody who works in the field.

    Raises Refused, Invalid for somebody who does not, and Conflict when there are too many.
    """
    holder = _holder(db, actor, user_id)
    if len(of(db, actor, holder.id)) >= MOST:
        raise Conflict(f"{MOST} keys are in force already; revoke one that is not used")
    username = "zw-" + "".join(secrets.choice(LETTERS.lower()) for _ in range(8))
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
    token = secrets.token_urlsafe(32)
    key = FieldKey(user_id=holder.id, name=name, username=username, token_hash=token_hash(token),
                   ha1=seal(_md5(f"{username}:{REALM}:{password}")))
    db.add(key)
    db.flush()
    return NewKey(key, password, token)


def of(db: Session, actor: Actor, user_id: uuid.UUID | None = None) -> Sequence[FieldKey]:
    """The keys in force of the actor or, for an administrator, of somebody else. Raises Refused."""
    _check_for(actor, user_id)
    return db.scalars(select(FieldKey).where(FieldKey.user_id == (user_id or actor.id), FieldKey.revoked_at.is_(None))
                      .order_by(FieldKey.id)).all()


def revoke(db: Session, actor: Actor, key_id: uuid.UUID) -> None:
    """The key stops with the commit. Raises NotFound, also for somebody else's."""
    key = db.get(FieldKey, key_id)
    try:
        if key is not None:
            _check_for(actor, key.user_id)
    except Refused:
        key = None
    if key is None:
        raise NotFound("there is no such key of yours")
    key.revoked_at = key.revoked_at or clock.now()


def actor_of_token(db: Session, token: str) -> Actor:
    """Who holds the key with this token in its address. Raises Unauthenticated."""
    found = _bearer(db, FieldKey.token_hash == token_hash(token))
    if found is None:
        raise Unauthenticated(WRONG)
    return found[0]


def actor_of_basic(db: Session, username: str, password: str) -> Actor:
    """Who shows this name and password; only over https. Raises Unauthenticated."""
    found = _bearer(db, FieldKey.username == username) if username.isprintable() else None
    said = _md5(f"{username}:{REALM}:{password}")
    if not hmac.compare_digest(found[1] if found else _md5(""), said) or found is None:
        raise Unauthenticated(WRONG)
    return found[0]


def actor_of_digest(db: Session, sent: Mapping[str, str | None], method: str) -> Actor:
    """Who made this Digest response; that `uri` is the address asked for is the caller's to compare.

    Raises Unauthenticated, and StaleError when only the nonce is too old. A nonce serves for ten minutes and not once: what a
    replay could bring about, sending the same form again, changes nothing.
    """
    said = {name: text or "" for name, text in sent.items()}
    username = said.get("username", "")
    found = _bearer(db, FieldKey.username == username) if username.isprintable() else None
    expected = _response(found[1] if found else _md5(""), said, method)
    if found is None or not hmac.compare_digest(expected.encode(), said.get("response", "").encode(errors="replace")):
        raise Unauthenticated(WRONG)
    at = _made_at(said.get("nonce", ""))
    if at is None or said.get("realm") != REALM or said.get("algorithm", "MD5").upper() != "MD5" \
            or said.get("opaque", opaque()) != opaque():
        raise Unauthenticated(WRONG)
    if not 0 <= clock.now().timestamp() - at <= NONCE_SECONDS:
        raise StaleError("this took too long; ask again")
    return found[0]


def challenge(*, stale: bool = False) -> str:
    """What WWW-Authenticate says of Digest."""
    return (f'Digest realm="{REALM}", nonce="{_nonce()}", opaque="{opaque()}", algorithm=MD5, qop="auth", domain="/openrosa/"'
            + (", stale=true" if stale else ""))


def opaque() -> str:
    """Comes back as it was sent; all processes have the same."""
    return derived_key("digest opaque").hex()[:32]


def _holder(db: Session, actor: Actor, user_id: uuid.UUID | None) -> Actor:
    _check_for(actor, user_id)
    if user_id in {None, actor.id}:
        return actor
    try:
        holder = actor_of(db, user_id) if user_id else actor
    except (NotFound, Unauthenticated):
        raise Invalid("nobody can hold this key", Fault("user_id", "no active account has this id")) from None
    if Role.GRID_WORKER not in holder.roles:
        raise Invalid("nobody can hold this key", Fault("user_id", "is not somebody who works in the field"))
    return holder


def _check_for(actor: Actor, user_id: uuid.UUID | None) -> None:
    check(actor, "openrosa.use" if user_id in {None, actor.id} else "devices.manage")


def _bearer(db: Session, which: ColumnElement[bool]) -> tuple[Actor, str] | None:
    """Who holds the key, with the posts of this moment, and MD5(name:realm:password): one query."""
    rows: Sequence[Any] = db.execute(
        select(FieldKey.user_id, FieldKey.ha1, User.name, Post.role, Post.department_id, Post.area_code)
        .join(User, FieldKey.user_id == User.id).join(Post, Post.holder_id == User.id, isouter=True)
        .where(which, FieldKey.revoked_at.is_(None), User.active)).all()
    return (actor_with(rows[0].user_id, rows[0].name, rows), rows[0].ha1.open()) if rows else None


def _response(ha1: str, said: Mapping[str, str], method: str) -> str:
    """RFC 7616 with MD5, and RFC 2069 where there is no qop."""
    ha2 = _md5(f"{method}:{said.get('uri', '')}")
    middle = [said.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")] if said.get("qop") == "auth" else [
        said.get("nonce", "")]
    return _md5(":".join((ha1, *middle, ha2)))


def _nonce() -> str:
    at = f"{int(clock.now().timestamp()):x}"
    random = secrets.token_hex(8)
    return f"{at}.{random}.{_seal_of(at, random)}"


def _made_at(nonce: str) -> int | None:
    """When we made this nonce, in seconds since 1970; None for one that is not ours."""
    at, _, rest = nonce.partition(".")
    random, _, signed = rest.partition(".")
    return int(at, 16) if hmac.compare_digest(_seal_of(at, random).encode(), signed.encode(errors="replace")) else None


def _seal_of(at: str, random: str) -> str:
    return hmac.digest(derived_key("digest nonce"), f"{at}.{random}".encode(errors="replace"), hashlib.sha256).hex()[:32]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()
