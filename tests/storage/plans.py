"""How the database answers a statement: by which index, with statistics of what is in its tables."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from casework.storage.database import engine


def analyze() -> None:
    """Let the database look at what is in its tables. An open connection to SQLite would go on planning by what it knew."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine().dispose()


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        said.append((sql, values))
    event.listen(engine(), "before_cursor_execute", hear)
    yield said
    event.remove(engine(), "before_cursor_execute", hear)


def plans(store: str, said: list[tuple[str, Any]], about: str) -> list[str]:
    """How the database answers the statements that speak of this."""
    explain = "EXPLAIN QUERY PLAN" if store.startswith("sqlite") else "EXPLAIN"
    with engine().connect() as connection:
        return [str(connection.exec_driver_sql(f"{explain} {sql}", values).all()) for sql, values in said if about in sql]
