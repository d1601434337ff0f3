"""How the database answers a statement: by which index, with statistics of what is in its tables."""
from collections.abc import Iterable

from sqlalchemy import text

from casework.storage.database import engine
from tests.statements import Statement


def analyze() -> None:
    """Let the database look at what is in its tables. An open connection to SQLite would go on planning by what it knew."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine().dispose()


def plans(store: str, said: Iterable[Statement], about: str) -> list[str]:
    """How the database answers the statements that speak of this."""
    explain = "EXPLAIN QUERY PLAN" if store.startswith("sqlite") else "EXPLAIN"
    with engine().connect() as connection:
        return [str(connection.exec_driver_sql(f"{explain} {sql}", values).all()) for sql, values in said if about in sql]
