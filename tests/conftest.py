"""What every test stands on: its own settings, a clock that can be set, both databases, no network but this machine."""
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


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Settings]:
    """Settings with keys of their own, a SQLite file and a blob folder under tmp_path."""
    made = Settings(
        database_url=f"sqlite:///{tmp_path}/zhiwang.db", redis_url=REDIS, blob_url=f"file://{tmp_path}/blobs",
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
    tables = ", ".join(f'"{table.name}"' for table in database.Base.metadata.sorted_tables)
    with database.transaction() as db:
        db.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    yield postgres_url
    database.engine().dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other: what touches the database is tested on each."""
    return str(request.getfixturevalue(request.param))
