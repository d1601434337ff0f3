"""Failures that must be remembered though the request is refused, and the growing delay they cause."""
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import CaseworkError, TooMany
from casework.identity.sealing import blind_index
from casework.storage.database import Base, Keyed, insert_once

FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Pace:
    """`free` goes without delay, then `first` seconds, doubled with each further one up to `most` seconds."""

    free: int
    first: int
    most: int

    def delay(self, count: int) -> timedelta:
        """How long to wait after the `count`-th go."""
        if count <= self.free:
            return timedelta(0)
        return timedelta(seconds=min(self.most, self.first * 2 ** min(count - self.free - 1, 20)))


class Tally(Keyed, Base):
    """How often something was tried in a row. `key` is a blind index: logins, phones and addresses are not kept."""

    __tablename__ = "tallies"
    key: Mapped[str] = mapped_column(unique=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]


class Attempt:
    """One try, counted under several keys. Rows stay locked until the transaction ends, so tries at once queue up."""

    def __init__(self, db: Session, *paced: tuple[str, Pace]) -> None:
        self._paces = {blind_index("tally", key): pace for key, pace in paced}
        self._now = clock.now()
        keys = sorted(self._paces)  # everybody locks in this order, so nobody waits in a ring
        insert_once(db, Tally, [{"key": key, "last_at": self._now} for key in keys], on=("key",))
        self._tallies: Sequence[Tally] = db.scalars(
            select(Tally).where(Tally.key.in_(keys)).order_by(Tally.key)
            .with_for_update().execution_options(populate_existing=True)).all()
        waits = [tally.until for tally in self._tallies if tally.until and tally.until > self._now]
        if waits:
            seconds = ceil((max(waits) - self._now).total_seconds())
            raise TooMany(f"too many attempts; try again in {seconds} seconds", seconds)

    def count(self) -> None:
        """It went wrong (or is one of a limited number): the next one may have to wait."""
        for tally in self._tallies:
            if tally.last_at < self._now - FORGOTTEN_AFTER:
                tally.count = 0
            tally.count += 1
            tally.last_at = self._now
            tally.until = self._now + self._paces[tally.key].delay(tally.count)

    def forgive(self, key: str) -> None:
        """It went right: what was counted under this key is forgotten."""
        for tally in self._tallies:
            if tally.key == blind_index("tally", key):
                tally.count, tally.until = 0, None


def forget(db: Session, key: str) -> None:
    """Start counting this key from nothing; a delay that runs goes on."""
    db.execute(update(Tally).where(Tally.key == blind_index("tally", key)).values(count=0))


def refuse(db: Session, refusal: CaseworkError) -> NoReturn:
    """Commit what the transaction wrote, then raise.

    The one place where a verb commits: a refusal that takes back its own counting (or the end of a stolen session)
    would be no refusal. Nothing may follow in the caller's transaction; SQLAlchemy raises if something does.
    """
    db.commit()
    raise refusal


def token_hash(token: str) -> str:
    """What is stored of a random token of 256 bits: a plain SHA-256 is enough, there is nothing to guess."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
