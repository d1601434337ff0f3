"""What a list must tell of itself to be exported."""
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Fault, Invalid, Refused
from casework.exports.columns import Column
from casework.identity.people import Actor
from casework.identity.permissions import opens

Query = Mapping[str, Any]
"""What a list is narrowed to, read by its filters; what is not named is not there."""

Place = Sequence[Any]
"""Where a page ended: sort keys as JSON has them, moments in ISO 8601."""


class Page(NamedTuple):
    """Rows, and where the next page goes on; None at the end."""

    rows: list[dict[str, Any]]
    next: Place | None


class Pages(Protocol):
    """Up to `limit` rows that the actor may see, after a place."""

    def __call__(self, db: Session, asked: "Asked", after: Place | None, limit: int) -> Page: ...


@dataclass(frozen=True)
class Asked:
    """Who asks for what. `plain`: names and phones in plain, as far as the asker may see them so."""

    actor: Actor
    query: Query
    plain: bool = False


Count = Callable[[Session, Asked, int], int]
"""How many rows there are, counted up to so many."""


def moment(text: str) -> datetime:
    """A moment with its zone, as everywhere from outside. Raises ValueError."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a moment such as 2026-03-02T10:00:00+08:00") from None
    if made.tzinfo is None:
        raise ValueError("must say its zone, such as +08:00 or Z")
    if not clock.EARLIEST <= made <= clock.LATEST:
        raise ValueError("must lie between 1970 and 2200")
    return made


def yes(text: str) -> bool:
    """true or false. Raises ValueError."""
    return {"true": True, "false": False}[text]


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of these. Raises ValueError."""
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text
    return read


def member(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Reads one of these by its value. Raises ValueError."""
    return lambda text: kind(one_of(*kind)(text))


def words(text: str) -> str:
    """Text of at most 200 characters. Raises ValueError."""
    if not text.strip() or len(text) > 200 or "\0" in text:
        raise ValueError("must have 1 to 200 characters")
    return text.strip()


SAYS: Mapping[Any, str] = {
    uuid.UUID: "is not an id", yes: "must be true or false", date.fromisoformat: "must be a day such as 2026-03-02"}
"""What is wrong with what a reader did not take; of the others their own word."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list. `filters` are those of the page that shows it, by the same names; each reads a text, or raises ValueError,
    KeyError or Invalid. `needs` are those that must be given."""

    name: str
    zh: str
    en: str
    permission: str
    columns: Callable[[Query], Sequence[Column]]
    pages: Pages
    count: Count
    filters: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    personal: bool = False
    """Names or phones stand in it, masked unless asked for in plain."""

    def check(self, actor: Actor) -> None:
        """Raises Refused for whom this list is not; which rows are the actor's, the pages know."""
        if not opens(actor, self.permission):
            raise Refused(f"{actor.name} may not do {self.permission} here", action=self.permission)

    def read(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The query as the list takes it. Raises Invalid with a fault for each part that cannot be."""
        faults = [Fault(f"query.{name}", "this list is not narrowed by that") for name in query if name not in self.filters]
        faults += [Fault(f"query.{name}", "must be said") for name in sorted(self.needs - query.keys())]
        read: dict[str, Any] = {}
        for name, text in query.items():
            reader = self.filters.get(name)
            try:
                if reader:
                    read[name] = reader(text)
            except (ValueError, KeyError) as error:
                faults.append(Fault(f"query.{name}", SAYS.get(reader, str(error))))
            except Invalid as error:
                faults += [Fault(f"query.{name}", one.reason) for one in error.faults]
        if faults:
            raise Invalid("this list cannot be narrowed so", *faults)
        return read


def by_keys(wanted: Select[*tuple[Any, ...]], keys: Sequence[Any], readers: Sequence[Callable[[str], Any]], *,
            falling: bool = False, where: Mapping[str, Callable[[Any], ColumnElement[bool]]] | None = None
            ) -> tuple[Pages, Count]:
    """Pages and count of a list that is the same for all who may see it, by unique keys of its columns. `where`: the condition
    of each filter."""
    def asked_for(asked: Asked) -> Select[*tuple[Any, ...]]:
        return wanted.where(*(condition(asked.query[name]) for name, condition in (where or {}).items() if name in asked.query))

    def pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
        narrowed = asked_for(asked)
        if after:
            place = tuple(read(one) for read, one in zip(readers, after, strict=True))
            narrowed = narrowed.where(tuple_(*keys) < place if falling else tuple_(*keys) > place)
        found = db.execute(narrowed.order_by(*(key.desc() if falling else key for key in keys)).limit(limit)).all()
        names = [key.key for key in keys]
        made = [dict(one._mapping) for one in found]  # noqa: SLF001 - the public way
        return Page(made, [_said(made[-1][name]) for name in names] if len(found) == limit else None)

    def count(db: Session, asked: Asked, most: int) -> int:
        return db.scalar(select(func.count()).select_from(asked_for(asked).limit(most).subquery())) or 0
    return pages, count


def by_reading(pages: Pages, rows: int = 1000) -> Count:
    """Counts by reading page after page: for lists that nothing else knows how to count, and that are short."""
    def count(db: Session, asked: Asked, most: int) -> int:
        found, place = 0, None
        while found < most:
            page = pages(db, asked, place, rows)
            found, place = found + len(page.rows), page.next
            if place is None:
                break
        return min(found, most)
    return count


def _said(key: Any) -> str:
    return key.isoformat() if isinstance(key, datetime) else str(key)
