"""What a row of a table says beside what is known of its entry, so that the same file again says nothing.

The id of a statement follows from what the row says; where it was said before, the history tells whether it still counts.
"""
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.geography.coordinates import Point
from casework.identity.privacy import blind_index
from casework.registry.drafts import Stated
from casework.registry.history import statements_of
from casework.registry.records import Entry, Statement
from casework.registry.subjects import Subject


def id_of(*parts: Any) -> uuid.UUID:
    """Always the same for the same. Keyed, so it tells nothing of what it was made of."""
    return uuid.UUID(hex=blind_index("import", repr(parts)))


def said_before(db: Session, rows: Sequence[tuple[Stated, Entry]]) -> dict[uuid.UUID, bool]:
    """By id the statements that say what these rows say of these entries, and whether each still counts: what it says stands
    beside what is shown, or was decided against. Else others took its place, and to say it again is news. Two statements."""
    named = {_said(row, entry): (row, entry) for row, entry in rows}
    there = list(db.scalars(select(Statement.id).where(Statement.id.in_(named)))) if named else []
    histories = statements_of(db, {named[one][1].id for one in there})
    return {one: _counts(*named[one], histories.get(named[one][1].id, ())) for one in there}


def against(stated: Stated, entry: Entry | None, before: Mapping[uuid.UUID, bool], *, trust: bool,
            area_code: str | None) -> Stated | None:
    """What a row says that is not known; None for nothing. `before`: see said_before(); `area_code`: where something new is
    whose row says nothing of where."""
    if entry is None:
        return replace(stated, id=id_of(stated.subject_id, sorted(stated.values.items()), None),
                       area_code=stated.area_code or (None if stated.place else area_code))
    place, within = _where(stated, entry, trust=trust)
    differing = differs(stated, entry)
    if differing and (not trust or entry.contested):
        said = _said(stated, entry)
        if not before.get(said):
            # What was said before, and others took its place, is said once more over what is known now.
            again = (entry.head,) if said in before else ()
            return replace(stated, id=id_of(entry.id, sorted(stated.values.items()), None, *again), subject_id=entry.id,
                           place=place, area_code=within)
        differing = {}
    if not differing and place is None and within is None:
        return None
    where = [] if place is None and within is None else [(place and (place.lon, place.lat), within)]
    return replace(stated, id=id_of(entry.id, sorted(stated.values.items()), entry.head, *where), subject_id=entry.id,
                   base=entry.head, values=differing, place=place, area_code=within)


def differs(stated: Stated, entry: Entry) -> dict[str, Any]:
    """The values of a row that are not those that are shown."""
    whole = entry.whole
    return {name: value for name, value in stated.values.items() if whole.get(name) != value}


def _said(stated: Stated, entry: Entry) -> uuid.UUID:
    """Of the statement that says this without knowing of anything."""
    return id_of(entry.id, sorted(stated.values.items()), None)


def _counts(stated: Stated, entry: Entry, statements: Sequence[Statement]) -> bool:
    subject = Subject.of(entry)
    subject.recall(statements)
    decided = {one.id: one.decides for one in statements if one.decides}
    for name, value in differs(stated, entry).items():
        stands = subject.record.lines[name].stands if name in subject.record.lines else []
        if all(said.value != value and name not in decided.get(said.rank[1], ()) for said in stands):
            return False
    return True


def _where(stated: Stated, entry: Entry, *, trust: bool) -> tuple[Point | None, str | None]:
    """Point and area to be stated of an entry that is known. Places are never contested, so a file that is not trusted tells
    one only where nobody has: where somebody stood is known better than by a table."""
    moved = stated.place is not None and (entry.lon, entry.lat) != (stated.place.lon, stated.place.lat)
    elsewhere = stated.area_code is not None and not (entry.area_code or "").startswith(stated.area_code)
    if (moved and (trust or entry.lon is None)) or (elsewhere and trust):
        return stated.place, stated.area_code
    return None, None
