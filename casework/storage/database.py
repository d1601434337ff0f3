"""One engine, one base, one way to open a transaction; above this file SQLite and PostgreSQL behave the same."""
import importlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import orjson
import uuid_utils.compat
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Enum,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Uuid,
    create_engine,
    event,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

import casework
from casework.errors import Unavailable

ROOT = Path(casework.__file__).parent
SQLITE_BUSY_SECONDS = 30
CONNECT_SECONDS = 5
"""A PostgreSQL that hangs must not hang the health check with it."""

FEW = 8
"""Rows up to which a statement with a parameter for each value is as quick as any other."""

Json = JSON().with_variant(JSONB(), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A growing whole-number key. SQLite numbers rows by itself only when the type is exactly INTEGER."""


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps no zone, so it is put back on the way out; a naive time is a bug and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> uuid.UUID:
    """A UUIDv7: grows with time, so rows made together lie together in an index."""
    return uuid_utils.compat.uuid7()


class Base(DeclarativeBase):
    """All tables. Keys are UUIDv7 unless a table says otherwise."""

    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s"})
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy, never changed
        datetime: Moment,
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
        StrEnum: Enum(StrEnum, native_enum=False, length=32, create_constraint=False,
                      values_callable=lambda members: [member.value for member in members]),
    }


class Keyed:
    """Mixin: a UUIDv7 primary key made in the process, so it is known before the insert."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)


def partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    """An index over only the rows that a queue looks at: its size follows the open work, not the history.

    `where` is SQL that both databases understand, or bare names of true-or-false columns joined by AND.
    """
    names = where.split(" AND ")
    bare = all(name.isidentifier() for name in names)
    on_sqlite = " AND ".join(f"{name} = 1" for name in names) if bare else where  # as SQLAlchemy asks there; SQLite compares
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(on_sqlite))


_writing: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
_reading: sessionmaker[Session] = sessionmaker(expire_on_commit=False, autoflush=False)
_engine: Engine | None = None


def configure(url: str) -> None:
    """Use this database from now on in this process."""
    global _engine  # noqa: PLW0603 - one engine a process
    if _engine is not None:
        _engine.dispose()
    _engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
    _writing.configure(bind=_engine)
    _reading.configure(bind=_engine.execution_options(read_only=True))


def engine() -> Engine:
    """The engine of this process, for migrations and benchmarks; everything else uses transaction()."""
    if _engine is None:
        raise Unavailable("no database is configured")
    return _engine


@contextmanager
def transaction(within: int | None = None) -> Iterator[Session]:
    """All or nothing: commits at the end of the block, rolls back if it raises. SQLite takes its write lock at once.

    `within`: seconds to wait for a lock at most, for a caller who does not wait longer; then an OperationalError.
    """
    bind = {} if within is None else {"bind": engine().execution_options(within=within)}
    with _writing(**bind) as db, db.begin():
        if within is not None and db.get_bind().dialect.name == "postgresql":
            db.execute(text(f"SET LOCAL lock_timeout = '{int(within)}s'"))
        yield db


@contextmanager
def reading() -> Iterator[Session]:
    """A consistent look that takes no write lock; what is changed inside is thrown away."""
    with _reading() as db:
        yield db


def together(db: Session, *wanted: Select[Any]) -> list[list[Any]]:
    """What each of these selects would find, by one statement: a list of objects for each, in no order.

    Each is of one Keyed class, and of another than the others. First the ids by whatever index each select has, one below
    the other; then the rows by their keys: no row is multiplied by those of another table, as it would be by joining them.
    """
    models = [one.column_descriptions[0]["entity"] for one in wanted]
    ids = [one.with_only_columns(model.id).subquery() for one, model in zip(wanted, models, strict=True)]
    keys = union_all(*(select(*((one.c.id if one is other else as_type(null(), Uuid)).label(f"of_{place}")
                                for place, other in enumerate(ids))) for one in ids)).subquery(name="keys")
    rows = select(*models).select_from(keys)
    for model, key in zip(models, keys.c, strict=True):
        rows = rows.outerjoin(model, model.id == key)
    lists: list[list[Any]] = [[] for _ in models]
    for row in db.execute(rows):
        for place, one in enumerate(row):
            lists[place].extend([one] if one is not None else [])
    return lists


def insert_once(db: Session, model: type[Base], rows: list[dict[str, Any]], *, on: tuple[str, ...]) -> set[uuid.UUID]:
    """Insert the rows whose `on` columns no row has yet, in one statement; the ids of those that went in.

    A row that another transaction is just inserting is waited for, so afterwards each of them is there to be read.
    """
    if not rows:
        return set()
    table = model.__table__
    dialect = db.get_bind().dialect
    if dialect.name == "postgresql" and len(rows) > FEW:
        return _insert_document(db, cast("Table", table), rows, on, dialect)
    insert = postgresql_insert if dialect.name == "postgresql" else sqlite_insert
    statement = insert(table).on_conflict_do_nothing(index_elements=on).returning(table.c.id)  # type: ignore[arg-type]  # names do
    return set(db.execute(statement, rows).scalars())


def _insert_document(db: Session, table: Table, rows: list[dict[str, Any]], on: tuple[str, ...],
                     dialect: Dialect) -> set[uuid.UUID]:
    """The same on PostgreSQL with all rows in one parameter: with a parameter for each value, most of the time would go into
    writing the statement and taking it apart again."""
    columns = [column for column in table.columns if column.key in rows[0] or column.default is not None]
    document = orjson.dumps([{column.name: _plain(column, row, dialect) for column in columns} for row in rows], default=_hex)
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in columns)
    statement = text(  # names of our own tables and columns, quoted
        f"INSERT INTO {quote(table.name)} ({names}) SELECT {names} "  # noqa: S608
        f"FROM json_populate_recordset(NULL::{quote(table.name)}, CAST(:document AS json)) "
        f"ON CONFLICT ({', '.join(map(quote, on))}) DO NOTHING RETURNING id")
    return set(db.execute(statement, {"document": document.decode()}).scalars())


def _plain(column: Column[Any], row: dict[str, Any], dialect: Dialect) -> Any:
    if column.key not in row:
        default: Any = column.default
        return default.arg(None) if default.is_callable else default.arg
    value = row[column.key]
    return column.type.process_bind_param(value, dialect) if isinstance(column.type, TypeDecorator) else value


def _hex(value: bytes) -> str:
    """Bytes as PostgreSQL reads them out of a text."""
    return f"\\x{value.hex()}"


def one_at_a_time(db: Session, what: str) -> None:
    """Until this transaction ends nobody else passes here for the same `what`. SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def load_models() -> None:
    """Import every module that declares a table, so that Base.metadata knows them all; and no other: a web server needs
    none of the libraries that training loads."""
    for path in sorted(ROOT.rglob("*.py")):
        if "__tablename__" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(("casework", *path.relative_to(ROOT).with_suffix("").parts)))


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True, insertmanyvalues_page_size=1000,
                         hide_parameters=True, connect_args={"connect_timeout": CONNECT_SECONDS})


class Joined:
    """string_agg(column, between) of bytes, as PostgreSQL has it: that of SQLite takes them for text."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.between = b""

    def step(self, part: bytes | None, between: bytes) -> None:
        """One row more; one without a value is left out."""
        if part is not None:
            self.parts.append(part)
        self.between = between

    def finalize(self) -> bytes | None:
        """None of no value at all."""
        return self.between.join(self.parts) if self.parts else None


def _sqlite(url: str) -> Engine:
    made = create_engine(url, connect_args={"timeout": SQLITE_BUSY_SECONDS}, pool_size=10, max_overflow=10,
                         hide_parameters=True)

    @event.listens_for(made, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # None: the driver must not open transactions behind our back; begin() below does.
        connection.isolation_level = None
        connection.create_aggregate("string_agg", 2, Joined)
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL",
                       f"busy_timeout = {SQLITE_BUSY_SECONDS * 1000}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        wait = connection.get_execution_options().get("within", SQLITE_BUSY_SECONDS)
        if connection.info.get("wait", SQLITE_BUSY_SECONDS) != wait:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait * 1000}")
            connection.info["wait"] = wait
        # A reader that later wants to write is refused (SQLITE_BUSY_SNAPSHOT) without waiting: writers say it first.
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return made
