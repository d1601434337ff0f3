"""What every test stands on: its own settings, a clock that can be set, both databases, no network but this machine."""
import functools
import os
import shutil
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from casework import clock, settings, storage
from casework.settings import Settings
from casework.storage import database

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


def absent(what: str) -> None:
    """A server is not there: skipped with the reason, except in CI, where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}; in CI it must be there")
    pytest.skip(what)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"tests do not talk to {address[0]}")
        return real(self, address)
    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session", autouse=True)
def _engines_are_kept() -> Iterator[None]:
    """One engine for each URL of the run: it keeps the statements that it has compiled, half of what most tests cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_sqlite", functools.cache(database._sqlite))
        patch.setattr(database, "_postgresql", functools.cache(database._postgresql))
        yield


@pytest.fixture(scope="session")
def _sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite")


@pytest.fixture
def config(tmp_path: Path, _sqlite_folder: Path) -> Iterator[Settings]:
    """Settings with keys of their own, the run's SQLite file, which is not there yet, and a blob folder under tmp_path."""
    for file in _sqlite_folder.iterdir():
        file.unlink()
    made = Settings(
        database_url=f"sqlite:///{_sqlite_folder}/zhiwang.db", redis_url=REDIS, blob_url=f"file://{tmp_path}/blobs",
        home=tmp_path, signing_key=b"s" * 32, index_key=b"i" * 32, data_keys={"k1": b"d" * 32})
    settings.configure(made)
    yield made
    settings._current = None


class SetClock:
    """Time as a test wants it: `time.is_now("2026-02-14 09:30")` is city time; `time.passes(hours=3)` moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, 10:00 in the city

    def is_now(self, city_time: str) -> datetime:
        self.moment = datetime.fromisoformat(city_time).replace(tzinfo=clock.CITY).astimezone(UTC)
        return self.moment

    def passes(self, **span: float) -> datetime:
        self.moment += timedelta(**span)
        return self.moment

    def now(self, _zone: object = None) -> datetime:
        """Stands in for datetime.now inside casework.clock."""
        return self.moment


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """A clock that stands still until it is moved."""
    made = SetClock()
    monkeypatch.setattr(clock, "datetime", made)
    return made


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database.load_models()
    database.configure(f"sqlite:///{path}")
    database.Base.metadata.create_all(database.engine())
    database.engine().dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of this run, with every table, dropped at the end."""
    name = f"zhiwang_test_{uuid.uuid4().hex[:12]}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
    except psycopg.OperationalError as error:
        absent(f"no PostgreSQL at {POSTGRES} ({error})")
    url = f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
    database.load_models()
    database.configure(url)
    database.Base.metadata.create_all(database.engine())
    yield url
    if database._engine is not None:
        database._engine.dispose()
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


SMALL = 16 * 8192
"""Bytes up to which a table's rows are deleted one by one. To truncate makes new files for a table and each of its indexes:
for all tables that takes ten times as long as a small test leaves rows to delete."""


def empty(db: Session) -> None:
    """No rows in any table of PostgreSQL, and numbers begin at one; a table that has grown, or swollen, gets new files."""
    written = dict(db.execute(text("SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
                                   " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0")).all())
    large = ", ".join(f'"{name}"' for name, size in written.items() if size > SMALL)
    if large:
        db.execute(text(f"TRUNCATE {large} CASCADE"))
    for table in reversed(database.Base.metadata.sorted_tables):  # whoever refers goes before what it refers to
        if 0 < written.get(table.name, 0) <= SMALL:
            db.execute(table.delete())
    db.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
                    " AND relnamespace = 'public'::regnamespace"))


@pytest.fixture
def sqlite(config: Settings, _sqlite_template: Path) -> Iterator[str]:
    """An empty SQLite database with every table."""
    shutil.copy(_sqlite_template, config.database_url.removeprefix("sqlite:///"))
    storage.connect(config)
    yield config.database_url
    database.engine().dispose()


@pytest.fixture
def postgresql(config: Settings, postgres_url: str) -> Iterator[str]:
    """The run's PostgreSQL database, emptied."""
    storage.connect(config)
    database.configure(postgres_url)
    with database.transaction() as db:
        empty(db)
    yield postgres_url
    database.engine().dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other: what touches the database is tested on each."""
    return str(request.getfixturevalue(request.param))
