"""Visits 走访: somebody called on an entry, why, and what was found. What was found is sealed, since it is about people."""
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import CaseworkError, Conflict, Fault, Invalid, NotFound, Refused
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.identity import privacy
from casework.identity.people import Actor, User
from casework.identity.permissions import allowed, areas_of
from casework.identity.privacy import Sealed, SealedText, blind_index, seal
from casework.registry.records import Entry
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once

LONGEST = 10_000
"""Characters of all that a visit found, as JSON."""


class Purpose(StrEnum):
    """Why somebody called."""

    ROUTINE = "routine"
    CHECK = "check"
    SAFETY = "safety"
    CARE = "care"
    DISPUTE = "dispute"
    SERVICE = "service"
    PUBLICITY = "publicity"
    OTHER = "other"


PURPOSES: dict[Purpose, tuple[str, str]] = {
    Purpose.ROUTINE: ("日常走访", "routine visit"), Purpose.CHECK: ("信息核对", "check of what is known"),
    Purpose.SAFETY: ("安全检查", "safety check"), Purpose.CARE: ("关爱帮扶", "care"),
    Purpose.DISPUTE: ("矛盾调处", "mediation"), Purpose.SERVICE: ("便民服务", "service"),
    Purpose.PUBLICITY: ("政策宣传", "telling people of a policy"), Purpose.OTHER: ("其他", "other")}


class Visit(Keyed, Base):
    """One visit. lon, lat: WGS-84, where the visitor stood. The entry may not be here yet."""

    __tablename__ = "register_visits"
    subject_id: Mapped[uuid.UUID]
    purpose: Mapped[Purpose]
    found: Mapped[SealedText | None] = mapped_column(Sealed("register_visits.found"))
    """JSON of `values` and `note`."""
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    digest: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "subject_id", "at"),)


@dataclass(frozen=True, kw_only=True)
class Visited:
    """A visit as it is told; `id` is the sender's own, `values` are answers by question."""

    id: uuid.UUID
    subject_id: uuid.UUID
    purpose: str
    at: datetime
    place: Point | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None


def record(db: Session, actor: Actor, visited: Sequence[Visited]) -> list[CaseworkError | None]:
    """Keep these visits, each once; for each of them None, or why it is refused. Publishes "register.changed"."""
    digests = dict(db.execute(select(Visit.id, Visit.digest).where(Visit.id.in_([one.id for one in visited]))).all())
    entries = {one.id: one for one in db.scalars(select(Entry).where(Entry.id.in_([one.subject_id for one in visited])))}
    errors: list[CaseworkError | None] = []
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for one in visited:
        row = _row(one, actor)
        before = digests.get(one.id)
        error = _fault(db, actor, one, entries.get(one.subject_id)) if before is None else _used(row["digest"], before)
        errors.append(error)
        if error is None and before is None:
            rows[one.id] = row
            digests[one.id] = row["digest"]
    new = insert_once(db, Visit, [rows[one] for one in sorted(rows)], on=("id",))
    changed = {rows[one]["subject_id"] for one in new} & entries.keys()
    outbox.publish_many(db, "register.changed", sorted(changed))
    return errors


def of(db: Session, subject_id: uuid.UUID, limit: int = 50) -> list[dict[str, Any]]:
    """The latest visits to an entry: {id, purpose, at, by, lon, lat, found}; `found`: whether anything was written down."""
    rows = db.execute(select(Visit, User.name).join(User, User.id == Visit.by_id, isouter=True)
                      .where(Visit.subject_id == subject_id).order_by(Visit.at.desc(), Visit.id.desc()).limit(limit))
    return [{"id": one.id, "purpose": one.purpose, "at": one.at, "by": name, "lon": one.lon, "lat": one.lat,
             "found": one.found is not None} for one, name in rows]


def reveal(db: Session, actor: Actor, entry: Entry, visit_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """What a visit found: {values, note}; the look is logged. Raises NotFound, Refused, Invalid."""
    one = db.get(Visit, visit_id)
    if one is None or one.subject_id != entry.id or one.found is None:
        raise NotFound("there is no such visit, or nothing was written down")
    found: dict[str, Any] = orjson.loads(privacy.reveal(
        db, actor, "visit", one.id, "found", one.found, subject=entry, reason=reason, permission="registry.reveal"))
    return found


def _fault(db: Session, actor: Actor, one: Visited, entry: Entry | None) -> CaseworkError | None:
    if entry is not None and not allowed(actor, "registry.write", entry) and not _stood_within(db, actor, one.place):
        return Refused("this lies in none of your areas", action="registry.write")
    faults = []
    if one.purpose not in set(Purpose):
        faults.append(Fault("purpose", f"must be one of {', '.join(Purpose)}"))
    if len(_found(one)) > LONGEST:
        faults.append(Fault("values", f"may have at most {LONGEST} characters with the note"))
    return Invalid("the visit cannot be kept so", *faults) if faults else None


def _stood_within(db: Session, actor: Actor, place: Point | None) -> bool:
    """A visit is also told of by whoever made it in an own grid, wherever the entry is thought to lie."""
    grid = areas.area_at(db, place) if place else None
    return grid is not None and grid.code.startswith(areas_of(actor, "registry.write") or ())


def _found(one: Visited) -> str:
    said = {name: value for name, value in (("values", dict(one.values)), ("note", one.note)) if value}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode() if said else ""


def _row(one: Visited, actor: Actor) -> dict[str, Any]:
    found = _found(one)
    digest = blind_index("visit", repr((one.subject_id, one.purpose, one.place and (one.place.lon, one.place.lat), found)))
    return {"id": one.id, "subject_id": one.subject_id, "purpose": one.purpose, "found": seal(found) if found else None,
            "lon": one.place.lon if one.place else None, "lat": one.place.lat if one.place else None, "at": one.at,
            "by_id": actor.id, "digest": digest, "received_at": clock.now()}


def _used(digest: str, before: str) -> CaseworkError | None:
    return None if digest == before else Conflict("this id was used before for another visit")
