"""One line for every move of a case: append-only, numbered, and each chained to the one before by its hash."""
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ForeignKey, Index, event, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from casework import settings
from casework.errors import Conflict
from casework.identity.people import Role
from casework.storage.database import Base, Keyed

GENESIS = "0" * 64


class Entry(Keyed, Base):
    """One line. `facts` are what came with the action; never personal data, since this is kept for ever."""

    __tablename__ = "case_history"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    action: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    role: Mapped[Role | None]
    department_id: Mapped[uuid.UUID | None]
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (Index(None, "case_id", "number", unique=True),)

    def digest(self) -> str:
        """HMAC-SHA-256 over everything this line says and the hash of the line before.

        Keyed, because whoever can write the table could also hash a changed line anew.
        """
        said = [self.case_id, self.number, self.action, self.source, self.target, self.actor_kind, self.actor_id,
                self.role, self.department_id, self.facts, int(self.at.timestamp() * 1_000_000), self.previous]
        key = hmac.digest(settings.current().index_key, b"history", hashlib.sha256)
        return hmac.digest(key, orjson.dumps(said, option=orjson.OPT_SORT_KEYS), hashlib.sha256).hex()


@event.listens_for(Entry, "before_update")
@event.listens_for(Entry, "before_delete")
def _refuse_changes(_mapper: Mapper[Entry], _connection: Connection, entry: Entry) -> None:
    raise Conflict(f"history only grows; line {entry.number} of a case was about to change")


Head = tuple[uuid.UUID, str, int, str, str]
"""What a case knows of its own history: id, number, length, hash of the last line, status."""


def verify(db: Session, heads: Iterable[Head]) -> Iterator[str]:
    """Walk the chains of these cases; one sentence per break, naming the line.

    Reads one case at a time, so the memory stays flat however many there are.
    """
    for case_id, number, length, head, status in heads:
        lines = db.scalars(select(Entry).where(Entry.case_id == case_id).order_by(Entry.number)).all()
        broken = _first_break(lines, length, head)
        if broken is None and lines and lines[-1].target != status:
            broken = f"its status is {status}, and its last line left it {lines[-1].target}"
        if broken:
            yield f"case {number}: {broken}"
        db.expunge_all()


def _first_break(lines: Any, length: int, head: str) -> str | None:
    previous = GENESIS
    for expected, line in enumerate(lines, start=1):
        if line.number != expected:
            return f"line {expected} is missing"
        if line.previous != previous:
            return f"line {expected} does not follow the line before it"
        if line.digest() != line.hash:
            return f"line {expected} ({line.action}) was edited"
        previous = line.hash
    if len(lines) < length:
        return f"line {len(lines) + 1} is missing"
    return None if previous == head else f"line {len(lines)} is not the line the case remembers as its last"
