"""Access and refresh tokens of whoever has logged in: short ones that prove, long ones that are used once."""
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import ForeignKey, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Unauthenticated
from casework.identity.followers import Follower
from casework.identity.people import Actor, Citizen, Post, Role, User, actor_with
from casework.identity.sealing import derived_key
from casework.identity.sessions.refusals import refuse, token_hash
from casework.storage.database import Base, Keyed

AGAIN = "log in again"


class LogIn(Keyed, Base):
    """One log-in on one device: the family of all tokens that came of it, which end together."""

    __tablename__ = "log_ins"
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    follower_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("wechat_followers.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class RefreshToken(Keyed, Base):
    """A token that is exchanged for the next one. Used ones are kept: whoever shows one again has stolen it."""

    __tablename__ = "refresh_tokens"
    log_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("log_ins.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Tokens:
    """`access` goes with every request for `expires_in` seconds; `refresh` gets the next pair, once."""

    access: str
    refresh: str
    expires_in: int


_HOLDER = (
    select(LogIn.ended_at, LogIn.user_id, LogIn.citizen_id, User.name, User.active, Citizen.active.label("welcome"),
           Citizen.phone_index, LogIn.follower_id, Follower.openid_index, Post.role, Post.department_id, Post.area_code)
    .join(User, LogIn.user_id == User.id, isouter=True).join(Citizen, LogIn.citizen_id == Citizen.id, isouter=True)
    .join(Follower, LogIn.follower_id == Follower.id, isouter=True)
    .join(Post, Post.holder_id == User.id, isouter=True).where(LogIn.id == bindparam("log_in_id")))


def begin(db: Session, *, user_id: uuid.UUID | None = None, citizen_id: uuid.UUID | None = None,
          follower_id: uuid.UUID | None = None) -> Tokens:
    """The first pair of tokens of a log-in that has just been proved."""
    log_in = LogIn(user_id=user_id, citizen_id=citizen_id, follower_id=follower_id, expires_at=_refresh_ends())
    db.add(log_in)
    db.flush()
    return _issue(db, log_in.id)


def refresh(db: Session, token: str) -> Tokens:
    """The next pair for a refresh token, which is then used up.

    Raises Unauthenticated. A token shown twice ends the whole log-in, also for the one who was first: nobody can
    tell thief from owner.
    """
    now = clock.now()
    known = db.execute(select(RefreshToken.id, RefreshToken.log_in_id, RefreshToken.expires_at)
                       .where(RefreshToken.token_hash == token_hash(token))).first()
    if known is None or known.expires_at <= now:
        raise Unauthenticated(AGAIN)
    first = db.execute(update(RefreshToken).where(RefreshToken.id == known.id, RefreshToken.used_at.is_(None))
                       .values(used_at=now).returning(RefreshToken.id)).first()
    if first is None:
        db.execute(update(LogIn).where(LogIn.id == known.log_in_id, LogIn.ended_at.is_(None)).values(ended_at=now))
        refuse(db, Unauthenticated("this token was used before, so this log-in has been ended; log in again"))
    _holder(db, known.log_in_id)
    db.execute(update(LogIn).where(LogIn.id == known.log_in_id).values(expires_at=_refresh_ends()))
    return _issue(db, known.log_in_id)


def log_out(db: Session, token: str) -> None:
    """End the log-in that this refresh token belongs to, used or not; an unknown token ends nothing."""
    log_in_id = (select(RefreshToken.log_in_id).where(RefreshToken.token_hash == token_hash(token))
                 .scalar_subquery())
    db.execute(update(LogIn).where(LogIn.id == log_in_id, LogIn.ended_at.is_(None)).values(ended_at=clock.now()))


def end_all(db: Session, user_id: uuid.UUID) -> None:
    """End every log-in of a user; access tokens stop with the commit."""
    db.execute(update(LogIn).where(LogIn.user_id == user_id, LogIn.ended_at.is_(None)).values(ended_at=clock.now()))


def actor_of_access(db: Session, token: str) -> Actor:
    """Who shows this access token, with the posts of this moment: one query.

    Raises Unauthenticated for a token that is forged, expired, logged out, or of a deactivated account.
    """
    try:
        claims = jwt.decode(token, _access_key(), algorithms=["HS256"]).claims
        log_in_id, expires = uuid.UUID(claims["sid"]), int(claims["exp"])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, json.JSONDecodeError):
        raise Unauthenticated("this access token is not ours") from None
    if expires <= clock.now().timestamp():
        raise Unauthenticated("this access token has expired; refresh it")
    return _holder(db, log_in_id)


def _holder(db: Session, log_in_id: uuid.UUID) -> Actor:
    rows = db.execute(_HOLDER, {"log_in_id": log_in_id}).all()
    if not rows or rows[0].ended_at or not (rows[0].active or rows[0].welcome or rows[0].follower_id):
        raise Unauthenticated(AGAIN)
    one = rows[0]
    if one.citizen_id:
        return Actor("citizen", one.citizen_id, "市民", frozenset({Role.CITIZEN}), phone_index=one.phone_index)
    if one.follower_id:
        return Actor("citizen", one.follower_id, "市民", frozenset({Role.CITIZEN}), openid_index=one.openid_index)
    return actor_with(one.user_id, one.name, rows)


def _issue(db: Session, log_in_id: uuid.UUID) -> Tokens:
    minutes = settings.current().access_minutes
    claims = {"sid": str(log_in_id), "exp": int((clock.now() + timedelta(minutes=minutes)).timestamp())}
    long = secrets.token_urlsafe(32)
    db.add(RefreshToken(log_in_id=log_in_id, token_hash=token_hash(long), expires_at=_refresh_ends()))
    db.flush()
    return Tokens(jwt.encode({"alg": "HS256"}, claims, _access_key()), long, minutes * 60)


def _refresh_ends() -> datetime:
    return clock.now() + timedelta(days=settings.current().refresh_days)


def _access_key() -> OctKey:
    return _key_of(derived_key("access"))


@lru_cache(maxsize=4)
def _key_of(raw: bytes) -> OctKey:
    return OctKey.import_key(raw)
