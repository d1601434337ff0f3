"""One line for every move of a case: append-only, numbered, and each chained to the one before by its hash."""
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ForeignKey, Index, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

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
    redacted: Mapped[str | None]
    """Set once a person was taken out of this line (see redaction.py): the seal over it as it reads since then. `hash` stays,
    so that the chain and the anchors hold."""

    __table_args__ = (
        Index(None, "case_id", "number", unique=True),
        Index(None, "at"),  # a day's lines are read once more, for its anchor
    )

    def digest(self) -> str:
        """The seal over everything this line says and the hash of the line before."""
        return digest(self)


def digest(line: Any, number: int | None = None) -> str:
    """The seal of a line (an Entry, or a row of its columns), or what it would be if the line stood under another number.

    Keyed, because whoever can write the table could also hash a changed line anew.
    """
    said = [line.case_id, number or line.number, line.action, line.source, line.target, line.actor_kind, line.actor_id,
            line.role, line.department_id, line.facts, int(line.at.timestamp() * 1_000_000), line.previous]
    return seal(b"history", said)


def seal(use: bytes, said: list[Any]) -> str:
    """HMAC-SHA-256 over plain values, in hexadecimal digits, under a key of our own for each use."""
    key = hmac.digest(settings.current().index_key, use, hashlib.sha256)
    return hmac.digest(key, orjson.dumps(said, option=orjson.OPT_SORT_KEYS), hashlib.sha256).hex()


def redaction(line: Any, facts: dict[str, Any], actor_id: uuid.UUID | None) -> str:
    """What proves that this line was given these facts and this actor by somebody with our key, and that nothing else of it
    was changed."""
    said = [line.case_id, line.number, line.action, line.source, line.target, line.actor_kind, actor_id, line.role,
            line.department_id, facts, int(line.at.timestamp() * 1_000_000), line.previous, line.hash]
    return seal(b"redaction", said)


def _holds(line: Any) -> bool:
    """It reads as it was written, or as it was lawfully redacted."""
    if line.redacted is None:
        return bool(digest(line) == line.hash)
    return bool(redaction(line, line.facts, line.actor_id) == line.redacted)


@event.listens_for(Entry, "before_update")
@event.listens_for(Entry, "before_delete")
def _refuse_changes(_mapper: Mapper[Entry], _connection: Connection, entry: Entry) -> None:
    raise Conflict(f"history only grows; line {entry.number} of a case was about to change")


def first_break(lines: Sequence[Any], length: int, head: str) -> str | None:
    """What is wrong with the first of a case's lines, in their order, that is not as it was written; None when all are.

    `lines` are entries or rows of their columns; `length` and `head` are what the case remembers: how many lines it has,
    and the hash of the last.
    """
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        if line.number != number:
            return f"line {number} was removed"
        if not _holds(line):
            return f"line {number} {_what_happened(lines, number, previous)}"
        if line.previous != previous:
            return f"line {number} does not follow the line before it"
        previous = line.hash
    if len(lines) != length:
        return f"line {len(lines) + 1} was removed" if len(lines) < length else f"line {length + 1} was added"
    return None if previous == head else f"line {length} is not the one that the case remembers as its last"


def _what_happened(lines: Sequence[Any], number: int, previous: str) -> str:
    """A line that is sound under another number was moved; where the right one is not among the others, it is gone."""
    line = lines[number - 1]
    others = [other for other in range(1, len(lines) + 2) if digest(line, other) == line.hash]
    if not others:
        return f"({line.action}) was edited"
    if any(one.previous == previous and digest(one, number) == one.hash for one in lines):
        return f"was reordered: line {others[0]} stands in its place"
    return f"was removed, and line {others[0]} put in its place"
