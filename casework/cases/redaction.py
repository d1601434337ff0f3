"""Taking a person out of the history, which only grows: a line keeps its place, its hash, and all that is not words of people.

The chain is a chain of hashes, so it holds with any line's words gone. What a redacted line says now is sealed anew under our
key, and `zhiwang verify-history` accepts exactly that: whoever edits it, redacted or not, is found as before.
"""
import uuid
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.cases.history import Entry, redaction


def redact(db: Session, case_ids: Collection[uuid.UUID], scrubbed: Callable[[Any], Any], *,
           actors: Collection[uuid.UUID] | None = None) -> int:
    """Pass the facts of every line of these cases through `scrubbed`, and forget which citizen acted: these, or with None
    any. How many lines read otherwise now; done again it is 0."""
    table, connection, changed = Entry.__table__, db.connection(), 0
    for line in connection.execute(select(*table.c).where(table.c.case_id.in_(case_ids)).order_by(table.c.id)).all():
        forgotten = line.actor_kind == "citizen" and (actors is None or line.actor_id in actors)
        actor_id = None if forgotten else line.actor_id
        facts = scrubbed(line.facts)
        if (facts, actor_id) != (line.facts, line.actor_id):
            # Not by the ORM, which refuses to change a line: this is the one way, and it leaves its seal.
            values = {"facts": facts, "actor_id": actor_id, "redacted": redaction(line, facts, actor_id)}
            connection.execute(update(Entry).where(Entry.id == line.id).values(values))
            changed += 1
    return changed
