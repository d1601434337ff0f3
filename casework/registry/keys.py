"""How entries are found by what is sealed, and whose a number is that only one can have."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, UniqueConstraint, delete, insert, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.identity.privacy import blind_index
from casework.registry.catalogue import REGISTERS
from casework.registry.fields import Field, Kind, Register
from casework.storage.database import Base, Keyed, insert_once, new_id


class Key(Keyed, Base):
    """A value that an entry has in one field, as a keyed hash: the same name or phone is found in every register."""

    __tablename__ = "register_keys"
    entry_id: Mapped[uuid.UUID]
    field: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("entry_id", "field"),)


class Holder(Keyed, Base):
    """Whose a number is: the entry that stated it first. A row of its own, so that two at once cannot both have it."""

    __tablename__ = "register_holders"
    register: Mapped[Register]
    digest: Mapped[str]
    entry_id: Mapped[uuid.UUID]

    __table_args__ = (UniqueConstraint("register", "digest"), Index(None, "entry_id"))


@dataclass(frozen=True)
class Change:
    """What an entry had before and has now, by field."""

    entry_id: uuid.UUID
    register: Register
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Same:
    """An entry states a number that another entry has stated before."""

    register: Register
    subject_id: uuid.UUID
    field: str
    other_id: uuid.UUID


SCHEMES: dict[Kind, str] = {Kind.PHONE: "phone", Kind.TEXT: "name"}
"""What names a keyed hash: names and phones are compared across fields and registers, everything else within its kind."""


def digest_of(field: Field, value: str) -> str:
    """The keyed hash by which such a value is found."""
    scheme = "address_code" if field.unique and field.kind is Kind.TEXT else SCHEMES.get(field.kind, field.kind)
    return blind_index(scheme, value)


def found_fields(register: Register) -> list[Field]:
    """The fields by whose exact value entries are found."""
    return [field for field in REGISTERS[register].fields.values() if field.found]


def keep(db: Session, changes: Sequence[Change]) -> tuple[list[Same], set[tuple[uuid.UUID, str]]]:
    """Keep the index as the entries now are.

    Returns the numbers that others have, and (entry, field) of the numbers that were given up or changed.
    """
    moved: list[tuple[Change, Field]] = [
        (change, field) for change in changes for field in found_fields(change.register)
        if change.before.get(field.name) != change.after.get(field.name)]
    old = [(change.entry_id, field.name) for change, field in moved if change.before.get(field.name) is not None]
    if old:
        db.execute(delete(Key).where(tuple_(Key.entry_id, Key.field).in_(old)))
    rows = [{"id": new_id(), "entry_id": change.entry_id, "field": field.name,
             "digest": digest_of(field, change.after[field.name])}
            for change, field in moved if change.after.get(field.name) is not None]
    if rows:  # whoever calls holds the entries, so nobody else writes of them
        db.connection().execute(insert(Key.__table__), rows)  # type: ignore[arg-type]  # a table it is
    numbers = [(change, field) for change, field in moved if field.unique]
    old_numbers = [(change, field) for change, field in numbers if change.before.get(field.name) is not None]
    left = _give_up(db, old_numbers)
    same = _claim(db, [(change, field) for change, field in numbers if change.after.get(field.name) is not None])
    return list(dict.fromkeys([*left, *same])), {(change.entry_id, field.name) for change, field in old_numbers}


def _claim(db: Session, numbers: Sequence[tuple[Change, Field]]) -> list[Same]:
    """Each number is whose who states it first; the others are told whose it is."""
    wanted: dict[tuple[str, str], list[tuple[uuid.UUID, str]]] = {}
    for change, field in numbers:
        digest = digest_of(field, change.after[field.name])
        wanted.setdefault((change.register, digest), []).append((change.entry_id, field.name))
    # In the order of the numbers: two transactions that want the same ones must not wait for each other.
    rows = [{"id": new_id(), "register": at[0], "digest": at[1], "entry_id": wanted[at][0][0]} for at in sorted(wanted)]
    new = insert_once(db, Holder, rows, on=("register", "digest"))
    holder: dict[tuple[str, str], uuid.UUID] = {
        at: wanted[at][0][0] for at, row in zip(sorted(wanted), rows, strict=True) if row["id"] in new}
    others = [at for at in sorted(wanted) if at not in holder]
    if others:  # locked: who gives one up at this moment is to find that we state it
        taken = select(Holder).where(tuple_(Holder.register, Holder.digest).in_(others))
        holder |= {(one.register, one.digest): one.entry_id
                   for one in db.scalars(taken.order_by(Holder.digest).with_for_update(read=True))}
    same = [Same(Register(at[0]), entry_id, field, holder[at]) for at, claims in wanted.items() if at in holder
            for entry_id, field in claims if holder[at] != entry_id]
    gone = {at[1] for at in others if at not in holder}  # given up between the two statements: it is to be had now
    again = [(change, field) for change, field in numbers if gone and digest_of(field, change.after[field.name]) in gone]
    return same + (_claim(db, again) if again else [])


def _give_up(db: Session, numbers: Sequence[tuple[Change, Field]]) -> list[Same]:
    """Numbers that an entry had and has no more go to who states them still, if anybody: to the first; the others are told
    whose it is now."""
    same: list[Same] = []
    for digest, change, field in sorted(((digest_of(field, change.before[field.name]), change, field)
                                         for change, field in numbers), key=lambda one: one[0]):
        held = delete(Holder).where(Holder.register == change.register, Holder.digest == digest,
                                    Holder.entry_id == change.entry_id)
        if db.execute(held).rowcount:  # type: ignore[attr-defined]  # a DELETE has it
            still = select(Key.entry_id).where(Key.digest == digest, Key.field == field.name).order_by(Key.id)
            stating = db.scalars(still).all()
            if stating:
                insert_once(db, Holder, [{"id": new_id(), "register": change.register, "digest": digest,
                                          "entry_id": stating[0]}], on=("register", "digest"))
                same += [Same(change.register, other, field.name, stating[0]) for other in stating[1:]]
    return same


def holding(registers: Iterable[Register], text: str) -> list[str]:
    """Every keyed hash that this text could have in these registers, for a search: as a name, a phone, a number."""
    found = set()
    for register in registers:
        for field in found_fields(register):
            try:
                value = field.read(text)
            except ValueError:
                continue
            if value is not None:
                found.add(digest_of(field, value))
    return sorted(found)
