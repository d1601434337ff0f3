"""What every test stands on: its own settings, a clock that can be set, both databases, no network but this machine."""
import functools
import gc
import os
import shutil
import socket
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from api import wording
from casework import clock, settings, storage
from casework.settings import Settings
from casework.storage import database, migrations
from workers import queues

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process of a story would compile the product anew

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")


def redis_of(process: str) -> str:
    """A Redis database for each process of the run, counted down from the one given; stories use the two below that."""
    server, _, number = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15").rpartition("/")
    steps = int(process.removeprefix("gw") or 0)
    return f"{server}/{(int(number) - (steps + 2 if steps else 0)) % 16}"


REDIS = redis_of(os.environ.get("PYTEST_XDIST_WORKER", ""))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Folders are shared out among up to four processes, one more than there are processors: stories and browsers wait
    much. A file by itself is not worth their start, and what is to be seen while it runs (`-s`) or measured is run by one."""
    files = any(".py" in argument for argument in config.args)
    return 0 if files or config.option.capture == "no" else min(4, len(os.sched_getaffinity(0)) + 1)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file stays in one process, and all stories are one file: each starts a whole system, two at once would be slow."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stories" if "stories/" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    config.option.loadscopereorder = False  # the order is long ones first, made below
    return ByFile(config, log)


Say = Callable[[str], None]
LONG = ("stories/", "laws/test_lives", "workers/", "laws/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the run, what takes long begins first: else the last of it would run alone. All must
    come to the same order, also of a test that is tried with each member of a set."""
    def place(item: pytest.Item) -> int:
        return next((number for number, part in enumerate(LONG) if part in item.nodeid), len(LONG))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (place(item), item.nodeid))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: to look through it again and again for garbage costs a minute."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Tell what belongs into every log, like a seed: it is printed at the end of the run, whichever process said it."""
    return lambda text: request.node.user_properties.append(("said", text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        said = [text for name, text in getattr(report, "user_properties", ()) if name == "said"]
        if said and report.when == "teardown":
            terminalreporter.write_sep("-", report.nodeid)
            terminalreporter.write_line("\n".join(said))


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
def _what_goes_wrong_is_told_in_english() -> Iterator[None]:
    """To whoever names no language: tests read the sentences as they stand in the code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "FIRST", "en")
        yield


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
    migrations.upgrade()
    database.engine().dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of this run, with every table, dropped at the end.

    Both databases are made by the steps of the schema, as an operator makes them: from the models, a table's indexes come in
    another order each time, and a planner that finds two equally good takes the first."""
    name = f"zhiwang_test_{uuid.uuid4().hex[:12]}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
            admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # no test of these cuts the server's power
    except psycopg.OperationalError as error:
        absent(f"no PostgreSQL at {POSTGRES} ({error})")
    url = f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
    database.load_models()
    database.configure(url)
    migrations.upgrade()
    yield url
    if database._engine is not None:
        database._engine.dispose()
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


SMALL = 16 * 8192
"""Bytes up to which a table's rows are deleted one by one. To truncate makes new files for a table and each of its indexes:
for all tables that takes ten times as long as a small test leaves rows to delete."""


EMPTIED = """
DO $$
DECLARE
  name text;
BEGIN
  IF current_setting('is_superuser') = 'on' THEN  -- nobody else may leave out to look up who refers to whom
    SET LOCAL session_replication_role = replica;
  END IF;
  FOREACH name IN ARRAY ARRAY[{names}] LOOP
    IF pg_relation_size(('public.' || quote_ident(name))::regclass) > {small} THEN
      EXECUTE 'TRUNCATE public.' || quote_ident(name) || ' CASCADE';
    END IF;
  END LOOP;
  FOREACH name IN ARRAY ARRAY[{names}] LOOP
    IF pg_relation_size(('public.' || quote_ident(name))::regclass) > 0 THEN
      EXECUTE 'DELETE FROM public.' || quote_ident(name);
    END IF;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""
"""In one statement: to ask and delete table by table costs more than a small test."""


@functools.cache
def _emptied() -> str:
    names = [f"'{one.name}'" for one in reversed(database.Base.metadata.sorted_tables)]  # who refers goes first
    return EMPTIED.format(names=", ".join(names), small=SMALL)


def empty(db: Session) -> None:
    """No rows in any table of PostgreSQL, and numbers begin at one; a table that has grown, or swollen, gets new files."""
    db.connection().exec_driver_sql(_emptied())


@pytest.fixture
def sqlite(config: Settings, _sqlite_template: Path) -> Iterator[str]:
    """An empty SQLite database with every table."""
    shutil.copy(_sqlite_template, config.database_url.removeprefix("sqlite:///"))
    storage.connect(config)
    _never_synced(database.engine())
    yield config.database_url
    database.engine().dispose()


@functools.cache
def _never_synced(engine: Engine) -> None:
    """No test of these cuts the power: stories and benchmarks, which have databases of their own, write to the disk."""
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))


@pytest.fixture
def postgresql(config: Settings, postgres_url: str) -> str:
    """The run's PostgreSQL database, emptied. Connections are kept from test to test: a new one begins by reading about each
    table, which costs more than to empty them all."""
    storage.connect(config)
    database.configure(postgres_url)
    with database.transaction() as db:
        empty(db)
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other: what touches the database is tested on each."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, config: Settings) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        database.configure(config.database_url)
        yield config.database_url
        database.engine().dispose()
        return
    name = f"zhiwang_migrations_{uuid.uuid4().hex[:12]}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
    except psycopg.OperationalError as error:
        absent(f"no PostgreSQL at {POSTGRES} ({error})")
    database.configure(f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1))
    yield f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
    database.engine().dispose()
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def server(config: Settings) -> Iterator[redis.Redis]:
    """The Redis database that `config` points to, emptied before and after."""
    made = redis.Redis.from_url(config.redis_url)
    try:
        made.flushdb()
    except redis.ConnectionError as error:
        absent(f"no Redis at {config.redis_url} ({error})")
    queues.forget_connection()
    yield made
    queues.forget_connection()
    made.flushdb()
