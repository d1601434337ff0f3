"""The small city with its people in an empty database, again and again: made once a run, then copied from beside."""
import shutil
import sqlite3
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from casework import clock
from casework.geography import addresses, areas
from casework.identity.people import Department
from casework.intake import choices
from casework.storage import database
from casework.storage.database import reading, transaction
from casework.taxonomy.catalogue import _kept as _catalogues
from tests import people
from tests.factories import small_city

OF_THE_WEEK = "2026-03-02T02:00:00+00:00"
"""When tests begin, as their clock says unless told otherwise; a city that was made then is the only one that is kept."""

_kept: dict[str, tuple[people.Cast, "Sqlite | Postgresql"]] = {}


class Sqlite:
    """A file beside; copied as a file, or its rows by the database itself."""

    def __init__(self) -> None:
        self.file = Path(mkdtemp()) / "settled.db"
        with sqlite3.connect(database.engine().url.database or "") as connection:
            connection.execute("VACUUM INTO ?", (str(self.file),))
            self.tables = [one for one in database.Base.metadata.sorted_tables
                           if connection.execute(f'SELECT 1 FROM "{one.name}" LIMIT 1').fetchone()]  # noqa: S608 - our names

    def restore(self) -> None:
        """In the place of a file that nobody has open but this process."""
        database.engine().dispose()
        path = Path(database.engine().url.database or "")
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        shutil.copy(self.file, path)

    def restore_under_readers(self) -> None:
        """In the place of whatever is there; all at once for whoever else reads."""
        connection = sqlite3.connect(database.engine().url.database or "", timeout=30)
        connection.execute("ATTACH ? AS settled", (str(self.file),))
        with connection:
            for one in database.Base.metadata.sorted_tables:
                connection.execute(f'DELETE FROM "{one.name}"')  # noqa: S608 - our names
            for one in self.tables:
                connection.execute(_copied(one, f'"{one.name}"', f'settled."{one.name}"'))
        connection.close()


class Postgresql:
    """A schema beside, in the database of the run."""

    def __init__(self, db: Session) -> None:
        tables = [one for one in database.Base.metadata.sorted_tables
                  if db.execute(select(1).select_from(one).limit(1)).first()]
        db.execute(text("CREATE SCHEMA settled"))
        for one in tables:
            db.execute(text(f'CREATE TABLE settled."{one.name}" AS TABLE public."{one.name}"'))
        counted = db.execute(text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
                                  " AND last_value IS NOT NULL")).all()
        self.statements = "; ".join([
            *(_copied(one, f'public."{one.name}"', f'settled."{one.name}"') for one in tables),
            *(f"SELECT setval('public.\"{name}\"', {value})" for name, value in counted)])

    def restore(self) -> None:
        with database.engine().begin() as connection:
            connection.exec_driver_sql(self.statements)


def _copied(table: Table, into: str, source: str) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)
    return f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {source}"  # noqa: S608 - names of our own tables


def forget() -> None:
    """What this process has read of the city before: a test may have changed it under the same ids."""
    _catalogues.clear()
    areas._held = addresses._held = choices._seen = None


def settle() -> tuple[people.Cast, dict[str, Department]]:
    """The small city with everybody in a post, in the database that is configured and empty: its people and departments."""
    if clock.now().isoformat() != OF_THE_WEEK:
        with transaction() as db:
            departments = small_city(db)
            return people.hire(db, departments), departments
    url = str(database.engine().url)
    kind = "sqlite" if url.startswith("sqlite") else url
    if kind in _kept:
        cast, beside = _kept[kind]
        beside.restore()
        forget()
        with reading() as db:
            return cast, {one.code: one for one in db.scalars(select(Department))}
    with transaction() as db:
        departments = small_city(db)
        cast = people.hire(db, departments)
    with transaction() as db:
        _kept[kind] = cast, Sqlite() if kind == "sqlite" else Postgresql(db)
    return cast, departments
