"""Entries as others see them: masked, within their reach, by the page; one of them with all that is behind it."""
import math
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from casework.errors import Fault, Invalid, NotFound
from casework.geography.codes import lies_in
from casework.geography.coordinates import METRES_PER_DEGREE, Point, metres_between
from casework.identity import privacy
from casework.identity.people import Actor, User
from casework.identity.permissions import allowed
from casework.identity.privacy import seal
from casework.registry import access, keys, relations, visits
from casework.registry.catalogue import REGISTERS
from casework.registry.contests import Contest
from casework.registry.fields import Register
from casework.registry.keys import Key
from casework.registry.records import Entry, State, Statement
from casework.registry.statements import plain

FARTHEST_METRES = 2000
MOST_NEAR = 200
MOST_STATEMENTS = 200


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a search is narrowed to; None means any. `text`: part of a label, or exactly a name, phone or number."""

    register: Register | None = None
    text: str | None = None
    area_code: str | None = None
    near: Point | None = None
    metres: float = 200


def shown(db: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """By id what a PDA or a list shows of an entry: {register, label, lon, lat, area, head, version, values, masked,
    conflicts, relations}; entries that there are not are left out. Whether the reader may know of them the caller has seen to.
    """
    rows = db.scalars(select(Entry).where(Entry.id.in_(ids))).all() if ids else []
    return _shown(db, rows)


def ids_in(db: Session, area_codes: Iterable[str], after: uuid.UUID | None = None, limit: int = 500) -> list[uuid.UUID]:
    """Ids of the entries in these areas, in their order, from the one after `after` on."""
    around = sorted(set(area_codes))
    if not around:
        return []
    wanted = select(Entry.id).where(lies_in(Entry.area_code, *around)).order_by(Entry.id).limit(limit)
    return list(db.scalars(wanted.where(Entry.id > after) if after else wanted))


def areas_of(db: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str | None]:
    """By id the area that an entry lies in; entries that there are not are left out."""
    rows = db.execute(select(Entry.id, Entry.area_code).where(Entry.id.in_(ids))).all() if ids else []
    return dict(rows)


def find(db: Session, actor: Actor, entry_id: uuid.UUID) -> Entry:
    """The entry. Raises NotFound when there is none or the actor may not know of it."""
    entry = db.get(Entry, entry_id)
    if entry is None or not allowed(actor, "registry.read", entry):
        raise NotFound(f"no entry {entry_id}")
    return entry


def search(db: Session, actor: Actor, wanted: Wanted, *, after: uuid.UUID | None = None,
           limit: int = 50) -> tuple[list[dict[str, Any]], uuid.UUID | None]:
    """Up to `limit` entries within the actor's reach, each as `shown` has it with its id; where the next page begins, or None.

    In the order of their ids, with `near` by distance, and then there is one page of at most MOST_NEAR. A name, phone or
    number is found exactly, in every field that may hold it; a label also in part, which reads through the area.
    """
    where = _wanted(actor, wanted)
    if wanted.near:
        return _near(db, wanted, where), None
    page = select(Entry).where(*where).order_by(Entry.id).limit(limit + 1)
    rows = db.scalars(page.where(Entry.id > after) if after else page).all()
    found = _shown(db, rows[:limit])
    return [{"id": one, **about} for one, about in found.items()], rows[limit - 1].id if len(rows) > limit else None


def how_many(db: Session, actor: Actor, wanted: Wanted, *, most: int) -> int:
    """How many search() would find over all its pages, counted up to `most`; not for `near`."""
    asked = select(Entry.id).where(*_wanted(actor, wanted)).limit(most)
    return db.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _wanted(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = access.inside(actor, wanted.area_code)
    if wanted.register:
        where.append(Entry.register == wanted.register)
    if wanted.text:
        digests = keys.holding([wanted.register] if wanted.register else list(Register), wanted.text)
        exactly = Entry.id.in_(select(Key.entry_id).where(Key.digest.in_(digests)))
        where.append(or_(exactly, Entry.label.contains(wanted.text, autoescape=True)))
    return where


def detail(db: Session, entry: Entry) -> dict[str, Any]:
    """One entry with its statements (who, when, by what right, what; personal values masked) and its latest visits."""
    (about,) = _shown(db, [entry]).values()
    rows = db.execute(select(Statement, User.name).join(User, User.id == Statement.by_id, isouter=True)
                      .where(Statement.subject_id == entry.id).order_by(Statement.received_at.desc(), Statement.id.desc())
                      .limit(MOST_STATEMENTS))
    return {"id": entry.id, **about, "field_versions": entry.field_versions, "created_at": entry.created_at,
            "changed_at": entry.changed_at, "statements": [_statement(one, name) for one, name in rows],
            "visits": visits.of(db, entry.id)}


def reveal(db: Session, actor: Actor, entry: Entry, field: str, reason: str, *,
           statement_id: uuid.UUID | None = None) -> Any:
    """The value of a personal field as it is shown, or as this statement has it; the look is logged.

    Raises NotFound, Refused, Invalid.
    """
    about = REGISTERS[entry.register].fields.get(field)
    said = db.get(Statement, statement_id) if statement_id else entry
    if about is None or not about.personal:
        raise Invalid("nothing is hidden here", Fault("field", "is not a personal field of this register"))
    if isinstance(said, Statement) and said.subject_id == entry.id:
        value = said.says.get(field)
    else:
        value = said.whole.get(field) if isinstance(said, Entry) else None
    if value is None:
        raise NotFound(f"there is no {field}")
    return orjson.loads(privacy.reveal(
        db, actor, f"register.{entry.register}", entry.id, field, seal(orjson.dumps(value).decode()), subject=entry,
        reason=reason, permission="registry.reveal"))


def _shown(db: Session, entries: Sequence[Entry]) -> dict[uuid.UUID, dict[str, Any]]:
    ids = [one.id for one in entries]
    related = relations.of(db, ids)
    open_ones: dict[uuid.UUID, list[dict[str, Any]]] = {one: [] for one in ids}
    for one in db.scalars(select(Contest).where(Contest.subject_id.in_(ids), Contest.closed_at.is_(None))) if ids else ():
        open_ones[one.subject_id].append({"id": one.id, "fields": one.fields})
    return {one.id: {
        "register": one.register, "label": one.label, "lon": one.lon, "lat": one.lat, "area": one.area_code,
        "head": one.head, "version": one.version, "values": one.values, "masked": _masked(one),
        "conflicts": open_ones[one.id], "relations": related[one.id]} for one in entries}


def _masked(entry: Entry) -> dict[str, Any]:
    fields = REGISTERS[entry.register].fields
    return {name: fields[name].masked(value) for name, value in entry.whole.items() if fields[name].personal}


def _statement(one: Statement, name: str | None) -> dict[str, Any]:
    fields = REGISTERS[one.register].fields
    values = {**one.values, **{field: plain(fields[field], value) for field, value in one.says.items() if field in fields}}
    return {"id": one.id, "base": one.base, "source": one.source, "origin": one.origin, "form": one.form,
            "by": name or one.by_kind, "at": one.at, "device_at": one.device_at, "received_at": one.received_at,
            "values": values, "lon": one.lon, "lat": one.lat, "area": one.area_code, "state": State(one.state),
            "version": one.version, "contested": one.contested, "reason": one.reason}


def _near(db: Session, wanted: Wanted, where: list[Any]) -> list[dict[str, Any]]:
    """By distance from the point."""
    assert wanted.near is not None  # noqa: S101 - asked for only then
    far = {one.id: (metres, one) for metres, one in _by_distance(db, where, wanted.near, wanted.metres, MOST_NEAR)}
    found = _shown(db, [one for _, one in far.values()])
    return [{"id": one, **about, "metres": round(far[one][0])} for one, about in found.items()]


def components_near(db: Session, point: Point, metres: float, most: int) -> list[dict[str, Any]]:
    """Things of the city around a point, the nearest first: {id, label, code, lon, lat, metres}. They name no person, so
    whoever may know of what happened there may see them."""
    near = _by_distance(db, [Entry.register == Register.COMPONENT], point, metres, most)
    return [{"id": one.id, "label": one.label, "code": one.values.get("code"), "lon": one.lon, "lat": one.lat,
             "metres": round(metres)} for metres, one in near]


def _by_distance(db: Session, where: list[Any], point: Point, metres: float, most: int) -> list[tuple[float, Entry]]:
    """A box by the index, then the circle in it."""
    lat = metres / METRES_PER_DEGREE
    narrowing = max(0.1, math.cos(math.radians(point.lat)))  # how much shorter a degree is eastward than northward
    lon = lat / narrowing
    box = [Entry.lat.between(point.lat - lat, point.lat + lat), Entry.lon.between(point.lon - lon, point.lon + lon)]
    east, north = (Entry.lon - point.lon) * narrowing, Entry.lat - point.lat
    nearest = select(Entry).where(*where, *box).order_by(east * east + north * north, Entry.id).limit(most)
    measured = ((metres_between(point, Point(one.lon or 0, one.lat or 0)), one) for one in db.scalars(nearest))
    return [(far, one) for far, one in measured if far <= metres]
