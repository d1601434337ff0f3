"""Sums of facts by day and by month, kept as cases change, so that no page of figures reads every case of a year.

A sum has a grouping: one dimension on one level ("area.street"), or such a dimension within another one ("area.street in
department"), for what is asked most. What has no sum is added up from the facts (figures.py). Facts and sums change in one
transaction, by the difference, one writer after the other: so they always agree, whatever order events come in.

What is as small as a grid is summed up by month alone: by day there would be as many sums as facts.
"""
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Index, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.case import Case
from casework.cases.history import Entry
from casework.geography.codes import Level, ancestors, level_of
from casework.performance import facts, tally
from casework.performance.days import month_after
from casework.performance.facts import Fact, KeptFact
from casework.storage.database import Base, one_at_a_time

TOTAL = "total"
CATEGORY_LEVELS = {3: "category.1", 5: "category.2", 7: "category.3"}
GRID, WORKER = f"area.{Level.GRID}", "worker"
ONLY_BY_MONTH = frozenset({GRID, f"{GRID} in channel", WORKER})
"""Groups of hardly one case a day. A grid worker's sums lie within the area of the cases, of whatever level it is: so they
serve every area around it."""

DEPARTMENTS_WITHIN = frozenset({"area.city", "area.district", "area.street", "category.1", "category.2"})
AREAS_BY_CATEGORY = frozenset({("area.city", "category.1"), ("area.city", "category.2"), ("area.district", "category.1"),
                               ("area.district", "category.2"), ("area.street", "category.1")})
AT_ONCE = 400
"""Rows that one statement names: every database takes so many."""


class Span(StrEnum):
    """What a sum covers: a day, or a calendar month with all its days."""

    DAY = "day"
    MONTH = "month"


class Rollup(Base):
    """The sum of the facts of one group in one span. A group whose sum is nothing has no row."""

    __tablename__ = "performance_rollups"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """Made of the rest: rows are found by it without a long comparison."""
    grouping: Mapped[str]
    key: Mapped[str]
    within: Mapped[str]
    span: Mapped[Span]
    first: Mapped[date]
    tally: Mapped[bytes]

    __table_args__ = (Index(None, "grouping", "within", "span", "first"),
                      Index(None, "grouping", "key", "within", "span", "first"), Index(None, "first"))
    """By the first is read what all groups have in a span, by the second what one has; and what has so many groups that a page
    holds only some of them: the second has them in the order of the keys."""


Group = tuple[str, str, str]
"""Grouping, key, and the key of what it lies within ("" when in nothing)."""

Place = tuple[str, str, str, Span, date]
"""A group and the span."""


Spans = tuple[Span, date, date]
"""All spans of this kind from the first day to before the last."""


def spans(first: date, last: date, *, only_days: bool = False) -> list[Spans]:
    """What these days (`last` not included) are made of: whole months as such, and the days around them."""
    from_month = first if first.day == 1 else month_after(first)
    to_month = last.replace(day=1)
    if only_days or from_month >= to_month:
        return [(Span.DAY, first, last)]
    made = [(Span.MONTH, from_month, to_month), (Span.DAY, first, from_month), (Span.DAY, to_month, last)]
    return [(span, begin, end) for span, begin, end in made if begin < end]


def lies_in_spans(some: Spans) -> ColumnElement[bool]:
    """The sums of these spans."""
    span, first, last = some
    return and_(Rollup.span == span, Rollup.first >= first, Rollup.first < last)


def covering(first: date, last: date, *, only_days: bool = False) -> ColumnElement[bool]:
    """The sums of all spans that these days are made of."""
    return or_(*map(lies_in_spans, spans(first, last, only_days=only_days)))


def area_groupings(code: str) -> Iterator[tuple[str, str]]:
    """The area and all above it, each with the grouping of its level."""
    for one in (*ancestors(code), code):
        if level := level_of(one):
            yield f"area.{level}", one


def category_groupings(code: str) -> Iterator[tuple[str, str]]:
    """The category and all above it, each with the grouping of its level."""
    for length, grouping in CATEGORY_LEVELS.items():
        if len(code) >= length:
            yield grouping, code[:length]


def groups(fact: Fact) -> Iterator[Group]:
    """Everywhere this fact is summed up."""
    keys = {TOTAL: "", "channel": str(fact.channel)}
    if fact.department_id:
        keys["department"] = str(fact.department_id)
    keys |= dict(area_groupings(fact.area_code or ""))
    keys |= dict(category_groupings(fact.category_code or ""))
    for grouping, key in keys.items():
        yield grouping, key, ""
    for first, second in pairs(keys):
        yield f"{first} in {second}", keys[first], keys[second]
    if fact.worker_id:
        yield WORKER, str(fact.worker_id), fact.area_code or ""


def pairs(groupings: Collection[str]) -> Iterator[tuple[str, str]]:
    """Which of these dimensions are also summed up within which others."""
    for one in groupings:
        if "channel" in groupings and one.startswith(("area.", "category.", "department")):
            yield one, "channel"
        if "department" in groupings and one in DEPARTMENTS_WITHIN:
            yield one, "department"
        yield from ((one, other) for other in groupings if (one, other) in AREAS_BY_CATEGORY)


def places(fact: Fact) -> Iterator[Place]:
    """The sums in which this fact counts."""
    month = fact.day.replace(day=1)
    for group in groups(fact):
        if group[0] not in ONLY_BY_MONTH:
            yield *group, Span.DAY, fact.day
        yield *group, Span.MONTH, month


def refresh(db: Session, case_ids: Iterable[uuid.UUID]) -> int:
    """Count these cases as they stand, and those with which reports went to and fro. Returns how many facts were other than
    before. Bears repetition and any order: what is counted is the truth, and sums move by what has changed."""
    one_at_a_time(db, "figures")  # first of all: what is read after this is what everybody before has written
    wanted = _concerned(db, set(case_ids))
    true = facts.of(db, wanted)
    kept = {(one.case_id, one.position): one for one in db.scalars(
        select(KeptFact).where(KeptFact.case_id.in_(wanted)).execution_options(populate_existing=True))}
    more: dict[Place, list[bytes]] = defaultdict(list)
    less: dict[Place, list[bytes]] = defaultdict(list)
    changed = 0
    for key in true.keys() | kept.keys():
        changed += _replace(db, key, true.get(key), kept.get(key), (more, less))
    db.flush()
    _move(db, more, less)
    return changed


def _concerned(db: Session, case_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """A merge is told of the case that ended; the reports went to another, and may have come back."""
    merges = select(Entry.facts).where(Entry.case_id.in_(case_ids), Entry.action == "merge")
    numbers = {one["into"] for one in db.scalars(merges) if "into" in one}
    return case_ids | set(db.scalars(select(Case.id).where(Case.number.in_(numbers)))) if numbers else case_ids


def _replace(db: Session, key: tuple[uuid.UUID, int], true: Fact | None, kept: KeptFact | None,
             moves: tuple[dict[Place, list[bytes]], dict[Place, list[bytes]]]) -> bool:
    more, less = moves
    before = as_fact(kept) if kept is not None else None
    if true == before:
        return False
    if before is not None:
        for place in places(before):
            less[place].append(before.tally)
    if true is not None:
        for place in places(true):
            more[place].append(true.tally)
    if kept is None and true is not None:
        db.add(KeptFact(case_id=key[0], position=key[1], **vars(true)))
    elif kept is not None and true is None:
        db.delete(kept)
    elif kept is not None:
        for name, value in vars(true).items():
            setattr(kept, name, value)
    return True


def as_fact(kept: Any) -> Fact:
    """What was kept, as an object or a row of its columns."""
    return Fact(kept.day, kept.department_id, kept.area_code, kept.worker_id, kept.category_code, kept.channel, kept.tally)


def _move(db: Session, more: Mapping[Place, list[bytes]], less: Mapping[Place, list[bytes]]) -> None:
    """Change the sums by the difference."""
    moved = {place: difference for place in more.keys() | less.keys()
             if (difference := tally.added(more.get(place, ()), less.get(place, ())))}
    ids = {id_of(place): place for place in moved}
    stood: dict[uuid.UUID, bytes] = {}
    for some in in_parts(list(ids)):
        stood |= dict(db.execute(select(Rollup.id, Rollup.tally).where(Rollup.id.in_(some))).all())
    write(db, {place: tally.added((stood.get(one, tally.NOTHING), moved[place])) for one, place in ids.items()})


def write(db: Session, sums: Mapping[Place, bytes]) -> None:
    """Let these sums stand as given; NOTHING takes the row away."""
    insert = postgresql_insert if db.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(Rollup)
    rows = [{"id": id_of(place), "grouping": place[0], "key": place[1], "within": place[2], "span": place[3], "first": place[4],
             "tally": total} for place, total in sums.items() if total]
    if rows:
        db.connection().execute(statement.on_conflict_do_update(
            index_elements=["id"], set_={"tally": statement.excluded.tally}), rows)
    gone = [id_of(place) for place, total in sums.items() if not total]
    for some in in_parts(gone):
        db.execute(delete(Rollup).where(Rollup.id.in_(some)).execution_options(synchronize_session=False))


def id_of(place: Place) -> uuid.UUID:
    """The same for the same place, always."""
    grouping, key, within, span, first = place
    said = "|".join((grouping, key, within, span, first.isoformat()))
    return uuid.UUID(bytes=hashlib.blake2b(said.encode(), digest_size=16).digest())


def in_parts(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    """So many at once as a statement takes."""
    for at in range(0, len(ids), AT_ONCE):
        yield ids[at:at + AT_ONCE]
