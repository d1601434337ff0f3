"""Tokens that the whole house shares: a new one ends the one before, so one process fetches it and all others read it."""
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Unavailable
from casework.identity.sealing import Sealed, SealedText, seal
from casework.storage.database import Base, Keyed, insert_once, new_id, reading, transaction

EARLY = timedelta(minutes=5)
"""Renewed so long before its end: the old one is good for as long beside the new one."""

LEASE = timedelta(seconds=15)
"""So long nobody else fetches; whoever died over it is followed by another."""

PATIENCE, LOOK = 8.0, 0.05
"""Seconds that others wait for the one who fetches, and between two looks."""

Fetch = Callable[[], tuple[str, int]]
"""Gets a new one and how many seconds it lives."""


class Kind(StrEnum):
    """What it opens."""

    ACCESS = "access"  # the API
    TICKET = "ticket"  # pages that use the JS-SDK


class Token(Keyed, Base):
    """The one in force of one account, sealed; None while none was fetched."""

    __tablename__ = "wechat_tokens"
    account: Mapped[str]
    kind: Mapped[Kind]
    value: Mapped[SealedText | None] = mapped_column(Sealed("wechat_tokens.value"))
    expires_at: Mapped[datetime | None]
    fetching_until: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("account", "kind"),)


def current(account: str, kind: Kind, fetch: Fetch, instead_of: str | None = None) -> str:
    """The token in force; a new one when it is about to end, or when it is still the one that was refused.

    Opens its own transactions, and holds none while it fetches. Raises what `fetch` raises, and Unavailable when another
    process has been fetching for too long.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with reading() as db:
            token = _of(db, account, kind)
        if token and token.value and token.expires_at and token.expires_at > clock.now() + EARLY:
            value = token.value.open()
            if value != instead_of:
                return value
        with transaction() as db:
            claimed = _claim(db, account, kind, token)
        if claimed:
            return _renew(claimed, fetch)
        time.sleep(LOOK)
    raise Unavailable("another process has been asking for a token for too long")


def _of(db: Session, account: str, kind: Kind) -> Token | None:
    return db.scalar(select(Token).where(Token.account == account, Token.kind == kind))


def _claim(db: Session, account: str, kind: Kind, seen: Token | None) -> uuid.UUID | None:
    """The row, when it is ours to renew: nobody is at it, and nobody has renewed it since it was seen."""
    if seen is None:
        insert_once(db, Token, [{"id": new_id(), "account": account, "kind": kind}], on=("account", "kind"))
    now = clock.now()
    free = or_(Token.fetching_until.is_(None), Token.fetching_until <= now)
    before = Token.expires_at == seen.expires_at if seen and seen.expires_at else Token.expires_at.is_(None)
    claimed = (update(Token).where(Token.account == account, Token.kind == kind, free, before)
               .values(fetching_until=now + LEASE).returning(Token.id))
    return db.scalar(claimed)


def _renew(token_id: uuid.UUID, fetch: Fetch) -> str:
    try:
        value, seconds = fetch()
    except BaseException:
        with transaction() as db:
            db.execute(update(Token).where(Token.id == token_id).values(fetching_until=None))
        raise
    with transaction() as db:
        db.execute(update(Token).where(Token.id == token_id).values(
            value=seal(value), expires_at=clock.now() + timedelta(seconds=seconds), fetching_until=None))
    return value
