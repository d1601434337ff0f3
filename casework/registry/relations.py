"""Who lives where, who rents to whom, which shop is in which house: relations between two entries."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import CaseworkError, Conflict, Fault, Invalid, Refused
from casework.identity.people import Actor
from casework.identity.permissions import allowed
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once


class RelationKind(StrEnum):
    """What one entry is to another; ENDS says of which registers they are."""

    LIVES_IN = "lives_in"
    OWNS = "owns"
    RENTS_TO = "rents_to"
    WORKS_AT = "works_at"
    LOCATED_IN = "located_in"
    REPRESENTS = "represents"
    STANDS_AT = "stands_at"
    LIES_AT = "lies_at"


NAMES: dict[RelationKind, tuple[str, str]] = {
    RelationKind.LIVES_IN: ("居住于", "lives in"), RelationKind.OWNS: ("拥有", "owns"),
    RelationKind.RENTS_TO: ("出租给", "rents to"), RelationKind.WORKS_AT: ("就业于", "works at"),
    RelationKind.LOCATED_IN: ("位于", "is located in"),
    RelationKind.REPRESENTS: ("代表", "represents"), RelationKind.STANDS_AT: ("设置于", "stands at"),
    RelationKind.LIES_AT: ("坐落于", "lies at")}
ENDS: dict[RelationKind, tuple[frozenset[Register], frozenset[Register]]] = {
    RelationKind.LIVES_IN: (frozenset({Register.PERSON}), frozenset({Register.HOUSE})),
    RelationKind.OWNS: (frozenset({Register.PERSON, Register.ENTITY}), frozenset({Register.HOUSE})),
    RelationKind.RENTS_TO: (frozenset({Register.PERSON}), frozenset({Register.PERSON})),
    RelationKind.WORKS_AT: (frozenset({Register.PERSON}), frozenset({Register.ENTITY})),
    RelationKind.LOCATED_IN: (frozenset({Register.ENTITY}), frozenset({Register.HOUSE})),
    RelationKind.REPRESENTS: (frozenset({Register.PERSON}), frozenset({Register.ENTITY})),
    RelationKind.STANDS_AT: (frozenset({Register.COMPONENT}), frozenset({Register.ADDRESS})),
    RelationKind.LIES_AT: (frozenset({Register.HOUSE}), frozenset({Register.ADDRESS}))}


class Relation(Keyed, Base):
    """What somebody said at a time of how two entries stand to each other. The latest of the same kind between the same two
    holds; one with `until` in the past has ended. An end may not be here yet."""

    __tablename__ = "register_relations"
    kind: Mapped[RelationKind]
    from_id: Mapped[uuid.UUID] = mapped_column(index=True)
    to_id: Mapped[uuid.UUID]
    since: Mapped[date | None]
    until: Mapped[date | None]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "to_id"),)


@dataclass(frozen=True, kw_only=True)
class Related:
    """A relation as it is stated; `id` is the sender's own."""

    id: uuid.UUID
    kind: RelationKind
    from_id: uuid.UUID
    to_id: uuid.UUID
    since: date | None = None
    until: date | None = None
    at: datetime


def relate(db: Session, actor: Actor, related: Sequence[Related]) -> list[CaseworkError | None]:
    """Keep these relations, each once; for each of them None, or why it is refused.

    Whoever may write about one end may relate it to the other; ends that are not here yet are taken on trust, and shown
    when they come. Publishes "register.changed" for both ends.
    """
    known = {one.id: one for one in db.scalars(select(Relation).where(Relation.id.in_([one.id for one in related])))}
    ends = [end for one in related for end in (one.from_id, one.to_id)]
    entries = {one.id: one for one in db.scalars(select(Entry).where(Entry.id.in_(ends)))}
    errors: list[CaseworkError | None] = []
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for one in related:
        row = _row(one, actor)
        before = rows.get(one.id) or (_plain(known[one.id]) if one.id in known else None)
        error = _used(row, before) if before else _fault(actor, one, entries)
        errors.append(error)
        if error is None and before is None:
            rows[one.id] = row
    new = insert_once(db, Relation, [rows[one] for one in sorted(rows)], on=("id",))
    changed = {end for one in new for end in (rows[one]["from_id"], rows[one]["to_id"])} & entries.keys()
    outbox.publish_many(db, "register.changed", sorted(changed))
    return errors


def of(db: Session, entry_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """By entry its relations that have not ended: {kind, other, label, outward, since, until}; `outward`: it is the one
    from which the relation goes. Those to entries that are not here are left out."""
    ids = list(entry_ids)
    rows = db.scalars(select(Relation).where(or_(Relation.from_id.in_(ids), Relation.to_id.in_(ids)))
                      .order_by(Relation.at, Relation.id)).all() if ids else []
    latest = {(one.kind, one.from_id, one.to_id): one for one in rows}
    today = clock.now().astimezone(clock.CITY).date()
    living = [one for one in latest.values() if one.until is None or one.until >= today]
    labels: dict[uuid.UUID, str] = dict(db.execute(select(Entry.id, Entry.label).where(
        Entry.id.in_({end for one in living for end in (one.from_id, one.to_id)}))).all()) if living else {}
    found: dict[uuid.UUID, list[dict[str, Any]]] = {one: [] for one in ids}
    for one in living:
        for own, other in {(one.from_id, one.to_id), (one.to_id, one.from_id)}:
            if own in found and other in labels:
                found[own].append({"kind": one.kind, "other": other, "label": labels[other], "outward": own == one.from_id,
                                   "since": one.since and one.since.isoformat(), "until": one.until and one.until.isoformat()})
    return found


def _fault(actor: Actor, one: Related, entries: Mapping[uuid.UUID, Entry]) -> CaseworkError | None:
    here = [entries[end] for end in (one.from_id, one.to_id) if end in entries]
    if here and not any(allowed(actor, "registry.write", entry) for entry in here):
        return Refused("neither of them lies in your areas", action="registry.write")
    faults = []
    for name, end, registers in zip(("from", "to"), (one.from_id, one.to_id), ENDS[one.kind], strict=True):
        if end in entries and entries[end].register not in registers:
            faults.append(Fault(name, f"must be in the register {' or '.join(sorted(registers))}"))
    if one.from_id == one.to_id:
        faults.append(Fault("to", "must be another than from"))
    if one.since and one.until and one.until < one.since:
        faults.append(Fault("until", "must not lie before since"))
    return Invalid("they cannot be related so", *faults) if faults else None


def _row(one: Related, actor: Actor) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "from_id": one.from_id, "to_id": one.to_id, "since": one.since,
            "until": one.until, "at": one.at, "by_id": actor.id, "received_at": clock.now()}


SAID = ("kind", "from_id", "to_id", "since", "until")


def _plain(row: Relation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in SAID}


def _used(row: Mapping[str, Any], before: Mapping[str, Any]) -> CaseworkError | None:
    same = all(row[name] == before[name] for name in SAID)
    return None if same else Conflict("this id was used before for another relation")
