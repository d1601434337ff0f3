"""A database of one's own with the small city in it, empty or crowded, and the credentials of those who call."""
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from sqlalchemy import select, text

from casework import settings, storage
from casework.identity import sessions
from casework.identity.people import Actor, Department, Post, Role, create_post, create_user
from casework.identity.sessions.tokens import begin
from casework.settings import Settings
from casework.sla import calendar
from casework.storage import database, migrations
from casework.storage.database import transaction
from tests import people
from tests.benchmarks import crowd
from tests.benchmarks.harness import BENCH_REDIS, Scale, Server, process_cpu, serving
from tests.conftest import POSTGRES, absent
from tests.factories import small_city

KINDS = ("postgresql", "sqlite")


@dataclass
class Ground:
    """One city in one database, and the servers on it once somebody asks for them."""

    kind: str
    settings: Settings
    cast: people.Cast
    departments: dict[str, Department]
    devices: list[tuple[uuid.UUID, str]]
    platform: tuple[str, str]
    crowd: dict[str, uuid.UUID] = field(default_factory=dict)
    desks: dict[str, str] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _servers: dict[str, Server] = field(default_factory=dict)

    def stand(self) -> None:
        """Let this process work on this database."""
        settings.configure(self.settings)
        storage.connect(self.settings)

    def serves(self, target: str, path: str, scale: Scale) -> Server:
        """The server of this application on this database; it runs until the ground is left."""
        if target not in self._servers:
            self._servers[target] = self._open.enter_context(serving(target, self.settings, scale.workers, path))
        return self._servers[target]

    def product(self, scale: Scale) -> Server:
        return self.serves("api.app:create_app", "/health/live", scale)

    def beside(self, scale: Scale) -> Server:
        """The limits, on the same database."""
        return self.serves("tests.benchmarks.beside:create_app", "/hello", scale)

    def leave(self) -> None:
        self._open.close()
        database.engine().dispose()

    def device_headers(self, chance: random.Random) -> dict[str, str]:
        """The credentials of one of the PDAs."""
        device_id, token = chance.choice(self.devices)
        return {"Authorization": f"Device {token}", "X_Device_Id": str(device_id)}

    def backends_cpu(self) -> Callable[[], float]:
        """Reads the processor time of all backends of this database as they are now; nothing for SQLite, which has none."""
        if self.kind == "sqlite":
            return lambda: 0.0
        with database.engine().connect() as db:
            name = self.settings.database_url.rpartition("/")[2]
            pids = list(db.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = :name"), {"name": name}))
        return lambda: sum(map(process_cpu, pids))


@contextmanager
def ground(kind: str, folder: Path, template: Path, cases: int = 0, over: float = 0.0) -> Iterator[Ground]:
    """A city of one's own, gone at the end. With `cases` it has so many, in 25 more departments; `over` is the share that is
    closed."""
    with _database(kind, folder, template) as url:
        config = Settings(
            database_url=url, redis_url=BENCH_REDIS, blob_url=f"file://{folder}/blobs", home=folder,
            signing_key=b"s" * 32, index_key=b"i" * 32, data_keys={"k1": b"d" * 32}, log_level="info",
            rate_limit_reports="1000000000 per minute", flood=())
        settings.configure(config)
        storage.connect(config)
        if kind == "postgresql":
            migrations.upgrade()
        made = _people(kind, config)
        if cases:
            made.crowd = crowd.fill(database.engine(), cases, over)
            made.desks = {name: _desk(name, department) for name, department in made.crowd.items()}
        try:
            yield made
        finally:
            made.leave()
            settings._current = None


def _people(kind: str, config: Settings) -> Ground:
    with transaction() as db:
        calendar.seed(db)
        departments = small_city(db)
        cast = people.hire(db, departments)
        devices = [sessions.enrol_device(db, actor.id, f"PDA {number}") for actor in (cast.li, cast.wang, cast.zhao)
                   for number in range(7) if actor.id]
        _, key, secret = sessions.create_client(db, "12345", {Role.PLATFORM})
    return Ground(kind, config, cast, departments, [(device.id, token) for device, token in devices], (key, secret))


def _desk(name: str, department: uuid.UUID) -> str:
    """The access token of somebody who handles cases in this department."""
    settings.configure(replace(settings.current(), access_minutes=120))
    with transaction() as db:
        user = create_user(db, f"{name}_handler", name)
        create_post(db, "处置人员", Role.HANDLER, department_id=department, holder_id=user.id)
        return begin(db, user_id=user.id).access


def area_desk(actor: Actor) -> str:
    """The access token of somebody of the cast."""
    settings.configure(replace(settings.current(), access_minutes=120))
    with transaction() as db:
        assert db.scalar(select(Post.id).where(Post.holder_id == actor.id)) is not None
        return begin(db, user_id=actor.id).access


@contextmanager
def _database(kind: str, folder: Path, template: Path) -> Iterator[str]:
    if kind == "sqlite":
        shutil.copy(template, folder / "zhiwang.db")
        yield f"sqlite:///{folder}/zhiwang.db"
        return
    name = f"zhiwang_bench_{uuid.uuid4().hex[:12]}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
    except psycopg.OperationalError as error:
        absent(f"no PostgreSQL at {POSTGRES} ({error})")
    try:
        yield f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
    finally:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
