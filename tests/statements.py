"""What the database is asked while a test does something."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event

from casework.storage.database import engine

BY_THE_CLOCK = "FROM areas_version"
"""Asked by whoever comes first after a second has passed (casework/geography/areas.py), whatever it is that he does."""


class Statement(NamedTuple):
    """One statement as the driver gets it."""

    sql: str
    values: Any


@contextmanager
def heard() -> Iterator[list[Statement]]:
    """The statements that are sent meanwhile; beginnings, and what depends on the time of day, are left out."""
    said: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if not sql.startswith("BEGIN") and BY_THE_CLOCK not in sql:
            said.append(Statement(sql, values))
    event.listen(engine(), "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine(), "before_cursor_execute", hear)
