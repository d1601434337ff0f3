"""Steps of the schema, written by Alembic from the models, then read by a person; the same for both databases."""
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import JSON, text
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeDecorator, TypeEngine

from casework.storage import database

HERE = Path(__file__).parent
VERSIONS = HERE / "versions"

_LOCK = 7_105_118_903
"""Any number, but always the same: whoever holds it on PostgreSQL migrates, the others wait and find the work done."""


def upgrade(revision: str = "head", versions: Path = VERSIONS) -> None:
    """Bring the configured database up to this revision: all steps or none. Several processes may call it at once."""
    with _alone() as connection:
        command.upgrade(_config(connection, versions), revision)


def downgrade(revision: str, versions: Path = VERSIONS) -> None:
    """Take the configured database back to this revision; "base" removes every table and all that is in them."""
    with _alone() as connection:
        command.downgrade(_config(connection, versions), revision)


def write(message: str, versions: Path = VERSIONS) -> Path | None:
    """Write the step from the configured database, which must be up to date, to the models; None when they agree."""
    database.load_models()
    with _alone() as connection:
        if not difference(connection):
            return None
        number = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04d}"
        script = command.revision(_config(connection, versions), message, autogenerate=True, rev_id=number)
    return Path(script.path) if isinstance(script, Script) else None


def difference(connection: Connection) -> list[Any]:
    """What the models have and the database has not, or the other way round: tables, columns, types, indexes, keys."""
    database.load_models()
    context = MigrationContext.configure(connection, opts=compared())
    return [one for one in compare_metadata(context, database.Base.metadata) if one]


def revisions(versions: Path = VERSIONS) -> tuple[str, ...]:
    """The newest step of each branch; more than one means that two people wrote a step at the same time."""
    return tuple(ScriptDirectory(str(HERE), version_locations=[str(versions)]).get_heads())


def compared() -> dict[str, Any]:
    """How models and database are compared, and how differences are written down."""
    return {"compare_type": True, "render_as_batch": True, "render_item": _render, "transactional_ddl": True}


def _render(kind: str, item: Any, context: Any) -> str | bool:
    """A step must not change when our code does: our own types are written as what they are in the database."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain: TypeEngine[Any] = item.impl_instance
        return f"sa.{plain!r}"
    if kind == "type" and isinstance(item, JSON):  # Alembic writes the variant's own types without their module
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def _config(connection: Connection, versions: Path) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextmanager
def _alone() -> Iterator[Connection]:
    """One transaction in which nobody else migrates."""
    with database.engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if sqlite:
            # SQLite changes a table by copying it; with the keys on, dropping the old one would empty its children.
            # The switch works only outside of a transaction, so it comes before our BEGIN IMMEDIATE.
            raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield connection
                if sqlite:
                    _check_keys(connection)
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys = ON")


def _check_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3)
    if broken:
        raise RuntimeError(f"this migration leaves rows that point nowhere: {broken}")
