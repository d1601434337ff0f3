"""Carrying out what the table says: of these reports, cases or persons, rows go, columns are cleared, words lose people."""
import uuid
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, select, update
from sqlalchemy.orm import Session

from casework.identity.sealing import Sealed, seal
from casework.retention.holdings import Kind, Link
from casework.retention.table import TABLES
from casework.storage.database import Base, load_models

Scrub = Callable[[Any], Any]
Subjects = Collection[uuid.UUID] | Collection[str]


@cache
def table_of(name: str) -> Table:
    """The table of this name, whichever topic it belongs to. Raises KeyError when there is none."""
    load_models()
    return Base.metadata.tables[name]


@cache
def links(kind: Kind) -> tuple[tuple[Table, Link], ...]:
    """Every link of this kind. A table that refers to another comes before it, so that rows may go."""
    load_models()
    return tuple((table, link) for table in reversed(Base.metadata.sorted_tables) if table.name in TABLES
                 for link in TABLES[table.name].links if link.kind == kind)


def forget(db: Session, subjects: Mapping[Kind, Subjects], scrubbed: Scrub) -> None:
    """Do to every row that belongs to these subjects what its link says. Done again it changes nothing."""
    for kind, ids in subjects.items():
        if ids:
            for table, link in links(kind):
                _forget(db, table, link, ids, scrubbed)


def _forget(db: Session, table: Table, link: Link, ids: Subjects, scrubbed: Scrub) -> None:
    mine: list[ColumnElement[bool]] = [table.c[link.column].in_(list(ids))]
    if link.when:
        mine.append(table.c[link.when[0]] == link.when[1])
    if link.drop:
        db.execute(delete(table).where(*mine))
        return
    if link.clears:
        db.execute(update(table).where(*mine).values(dict(link.clears)))
    if link.words:
        _scrub(db, table, [table.c[name] for name in link.words], mine, scrubbed)


def _scrub(db: Session, table: Table, words: list[Column[Any]], mine: list[Any], scrubbed: Scrub) -> None:
    keys = list(table.primary_key.columns)
    for row in db.execute(select(*keys, *words).where(*mine).order_by(*keys)).all():
        said = row[len(keys):]
        left = {column: new for column, old in zip(words, said, strict=True)
                if (new := _without(column, old, scrubbed)) is not old and new != old}
        if left:
            this = [column == value for column, value in zip(keys, row[:len(keys)], strict=True)]
            db.execute(update(table).where(*this).values(left))


def _without(column: Column[Any], said: Any, scrubbed: Scrub) -> Any:
    """What is left of it; the very same where nothing is to be taken out."""
    if said is None or not isinstance(column.type, Sealed):
        return scrubbed(said)
    plain = said.open()
    left = scrubbed(plain)
    return said if left == plain else seal(left)
