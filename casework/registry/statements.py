"""Taking statements in: each once, in any order, from several devices at once; what they make of the entries is kept.

The rules by which statements make a record are in compiling.py. Here they meet the database: entries are locked in the order
of their ids, a statement whose base is not here waits for it, and whatever is new or changed is written with a few
statements, however many come.
"""
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import CaseworkError, Conflict, Fault, Invalid, Refused
from casework.identity.people import Actor
from casework.identity.permissions import allowed, areas_of
from casework.registry import contests, keys
from casework.registry.catalogue import REGISTERS
from casework.registry.compiling import PLACE
from casework.registry.drafts import Draft, Fresh, Stated, Told, drafted, own_grid
from casework.registry.fields import Field
from casework.registry.history import statements_of
from casework.registry.records import Entry, State, Statement
from casework.registry.subjects import Subject, linear
from casework.storage import outbox
from casework.storage.database import Base, insert_once

__all__ = ["Judged", "Stated", "receive", "take"]


@dataclass(frozen=True)
class Judged:
    """What became of a statement. `head` and `version` are those of the version that it made, None where it made none;
    `contested` by field what is shown now ("current") and what was "stated", personal values masked; `error` when refused."""

    state: State
    statement_id: uuid.UUID
    head: uuid.UUID | None = None
    version: int | None = None
    contested: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: CaseworkError | None = None


def receive(db: Session, actor: Actor, stated: Sequence[Stated]) -> list[Judged]:
    """Keep these statements, each once, and what follows from them; an answer for each, in their order.

    Publishes "register.changed" for each entry that changed and "register.conflict" for each conflict that was opened or
    grew. One that cannot be kept is refused by itself and holds up no other.
    """
    return take(db, actor, drafted(db, actor, stated))


def take(db: Session, actor: Actor, drafts: Sequence[Draft]) -> list[Judged]:
    """The same for what has been read already."""
    judged: dict[uuid.UUID, Judged] = {}
    first: dict[uuid.UUID, Draft] = {}
    for draft in drafts:
        if draft.error is None:
            first.setdefault(draft.stated.id, draft)
    waiting: Iterable[Draft] = first.values()
    while waiting:
        made = _Batch(db, actor, list(waiting))
        judged |= made.judged
        waiting = made.again
    return [_answer(draft, first.get(draft.stated.id), judged) for draft in drafts]


def _answer(draft: Draft, first: Draft | None, judged: dict[uuid.UUID, Judged]) -> Judged:
    error = draft.error
    if error is None and first is not None and first.digest != draft.digest:
        error = _used()
    return Judged(State.REFUSED, draft.stated.id, error=error) if error else judged[draft.stated.id]


def _used() -> Conflict:
    return Conflict("this id was used before for another statement")


class _Batch:
    """Statements that are taken in together."""

    def __init__(self, db: Session, actor: Actor, drafts: list[Draft]) -> None:
        self.db, self.actor = db, actor
        self.judged: dict[uuid.UUID, Judged] = {}
        self.reached: dict[str, bool] = {}
        self.again: list[Draft] = []
        """Those whose subject somebody else made at the same moment: it is there now."""
        subject_ids = {draft.stated.subject_id for draft in drafts}
        self.subjects = {one.id: Subject.of(one) for one in self._locked(subject_ids)}
        self.known = self._known(drafts)
        drafts = self._not_yet(drafts)
        within = areas_of(actor, "registry.write")
        self.new = {draft.stated.id: draft.fresh(actor, within) for draft in drafts}
        self.pending = self._pending(subject_ids)
        self._recall()
        for subject_id, pending in self.pending.items():
            self._apply(subject_id, pending)
        self._keep(drafts)

    # ---- what is there

    def _locked(self, subject_ids: Iterable[uuid.UUID]) -> Sequence[Entry]:
        return self.db.scalars(select(Entry).where(Entry.id.in_(subject_ids)).order_by(Entry.id).with_for_update()
                               .execution_options(populate_existing=True)).all()

    def _known(self, drafts: Sequence[Draft]) -> dict[uuid.UUID, Statement]:
        """Statements that are here, by id and by the version that they made: those that come again, and the bases."""
        named = {draft.stated.id for draft in drafts} | {draft.stated.base for draft in drafts if draft.stated.base}
        rows = self.db.scalars(select(Statement).where(or_(Statement.id.in_(named), Statement.merged.in_(named)))).all()
        return {one.id: one for one in rows} | {one.merged: one for one in rows if one.merged}

    def _not_yet(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Those that did not come before; the others are answered, or looked at again if they wait."""
        new = []
        for draft in drafts:
            row = self.known.get(draft.stated.id)
            if row is None:
                new.append(draft)
            elif row.digest != draft.digest:
                self.judged[draft.stated.id] = Judged(State.REFUSED, draft.stated.id, error=_used())
            elif row.state != State.WAITING:
                self.judged[row.id] = self._judged(row)
        return new

    def _pending(self, subject_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Told]]:
        """By subject what may be applied now: those that wait, and those that came."""
        parked = self.db.scalars(select(Statement).where(Statement.subject_id.in_(subject_ids), Statement.version.is_(None),
                                                         Statement.state == State.WAITING).order_by(Statement.id))
        found: dict[uuid.UUID, list[Told]] = {}
        waiting: Iterable[Told] = chain(parked, self.new.values())
        for one in waiting:
            found.setdefault(one.subject_id, []).append(one)
        return dict(sorted(found.items()))

    def _recall(self) -> None:
        """Read the whole history of entries where something is not based on the head, in one statement."""
        known = {name for name, one in self.known.items() if one.version is not None}
        wanted = {one.id: one for one in self.subjects.values()
                  if one.entry is not None and not linear(one.entry, self.pending.get(one.id, ()), known)}
        for subject_id, statements in statements_of(self.db, wanted).items():
            wanted[subject_id].recall(statements)

    # ---- what follows

    def _apply(self, subject_id: uuid.UUID, pending: list[Told]) -> None:
        """Apply what can be, in any order in which each comes after what it is based on; the others wait."""
        while ready := [one for one in pending if self._is_ready(subject_id, one)]:
            for one in ready:
                self._apply_one(subject_id, one)
            pending = [one for one in pending if one not in ready]
        for one in pending:
            base = self.known.get(one.base) if one.base else None
            if base is not None and base.subject_id != subject_id:
                self._refuse(one, Invalid("it is based on a statement about something else",
                                          Fault("base", "is the head of another entry")))
            else:
                self.judged[one.id] = Judged(State.WAITING, one.id)

    def _is_ready(self, subject_id: uuid.UUID, one: Told) -> bool:
        return one.base is None or (subject_id in self.subjects and self.subjects[subject_id].knows(one.base))

    def _apply_one(self, subject_id: uuid.UUID, one: Told) -> None:
        subject = self.subjects.get(subject_id) or Subject(subject_id, one.register, None)
        if subject.area_code is None and one.area_code is None and (own := own_grid(one.within)):
            one.lies_in(own)
        if subject.register != one.register:
            self._refuse(one, Invalid("the entry is in another register",
                                      Fault("register", f"the entry is in the register {subject.register}")))
        elif subject.area_code is None and one.area_code is None:
            self._refuse(one, Invalid("nobody has said where it is", Fault("place", "must be given, or an area")))
        elif not self._may_write(subject, one):
            self._refuse(one, Refused("this lies in none of your areas", action="registry.write"))
        else:
            self.subjects[subject_id] = subject
            subject.apply(one)

    def _may_write(self, subject: Subject, one: Told) -> bool:
        """Within reach before or after: what moves from one grid to another is told by whoever walks either. One that waited
        is judged by the areas that its author had then; a decision by who may decide."""
        if one.decides:
            return True
        area_codes = {code for code in (subject.area_code, one.area_code) if code}
        if isinstance(one, Fresh):
            return any(self._reaches(code) for code in area_codes)
        return one.within is None or any(code.startswith(tuple(one.within)) for code in area_codes)

    def _reaches(self, area_code: str) -> bool:
        if area_code not in self.reached:
            self.reached[area_code] = allowed(self.actor, "registry.write", SimpleNamespace(area_code=area_code))
        return self.reached[area_code]

    def _refuse(self, one: Told, error: CaseworkError) -> None:
        self.judged[one.id] = Judged(State.REFUSED, one.id, error=error)
        if isinstance(one, Statement):  # it has waited: what it said is kept, with the reason
            one.state, one.reason = State.REFUSED, error.sentence
        else:
            del self.new[one.id]

    # ---- what is written

    def _keep(self, drafts: Sequence[Draft]) -> None:
        touched = [one for one in self.subjects.values() if one.applied]
        lost = self._write_entries(touched)
        for one in chain.from_iterable(subject.applied for subject in touched if subject.id in lost):
            if isinstance(one, Statement):
                self.db.expire(one)  # it waits still
        touched = [one for one in touched if one.id not in lost]
        self.again = [draft for draft in drafts if draft.stated.subject_id in lost]
        self._write_statements([one for one in self.new.values() if one.subject_id not in lost])
        same, given_up = keys.keep(self.db, [one.change() for one in touched])
        self._mark(same)
        self.db.flush()
        contests.review(self.db, touched, same, given_up)
        outbox.publish_many(self.db, "register.changed", [one.id for one in touched])
        for subject in touched:
            for one in subject.applied:
                self.judged[one.id] = self._judged(one, subject)

    def _write_entries(self, touched: Sequence[Subject]) -> set[uuid.UUID]:
        """Write what the entries are now; the ids of those that somebody else made at the same moment."""
        made = {}
        for subject in touched:
            columns = subject.columns()
            if subject.entry is None:
                made[subject.id] = {"id": subject.id, "register": subject.register, "created_at": columns["changed_at"],
                                    **columns}
            else:
                for name, value in columns.items():
                    setattr(subject.entry, name, value)
        return self._insert(Entry, [made[one] for one in sorted(made)])

    def _write_statements(self, new: Sequence[Fresh]) -> None:
        at = clock.now()
        there = self._insert(Statement, [one.row(at) for one in sorted(new, key=lambda one: one.id)])
        known = select(Statement.id, Statement.digest).where(Statement.id.in_(there))
        same = dict(self.db.execute(known).all()) if there else {}
        for one in new:  # two that wait and are the same have one effect; an entry would have been locked, or lost
            if one.id in there and (one.version is not None or same.get(one.id) != one.digest):
                raise _used()

    def _insert(self, model: type[Base], rows: list[dict[str, Any]]) -> set[uuid.UUID]:
        """Insert these rows; the ids of those that somebody else inserted at the same moment, which hardly ever happens.

        Plain, row by row in a pipeline: one text with ten thousand values takes longer to read than to carry out.
        """
        if not rows:
            return set()
        try:
            with self.db.begin_nested():
                self.db.connection().execute(insert(model.__table__), rows)  # type: ignore[arg-type]  # a table it is
        except IntegrityError:
            return {row["id"] for row in rows} - insert_once(self.db, model, rows, on=("id",))
        return set()

    def _mark(self, same: Sequence[keys.Same]) -> None:
        """A number that another entry has makes a conflict of the statement that brought it, if that came now."""
        for one in same:
            applied = self.subjects[one.subject_id].applied if one.subject_id in self.subjects else ()
            for brought in [statement for statement in applied if one.field in statement.says][-1:]:
                brought.state, brought.contested = State.CONFLICT, sorted({*brought.contested, one.field})

    def _judged(self, one: Told, subject: Subject | None = None) -> Judged:
        if isinstance(one, Statement) and one.state == State.REFUSED:
            return Judged(one.state, one.id, error=Conflict(one.reason or "it was refused"))
        shown: dict[str, Any] = {}
        if one.contested:
            shown = subject.record.values() if subject else self.subjects[one.subject_id].before
        return Judged(one.state, one.id, one.merged or one.id, one.version, contested(one, shown))


def contested(one: Told, shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a statement that others say otherwise, with both values, personal ones masked."""
    fields, says = REGISTERS[one.register].fields, one.says if one.contested else {}
    return {name: {"current": plain(fields[name], shown.get(name)), "stated": plain(fields[name], says.get(name))}
            for name in one.contested}


def plain(about: Field, value: Any) -> Any:
    """A value as it is shown to everybody who may know of the entry."""
    return about.masked(value) if about.personal and value is not None else value


assert PLACE not in {name for kept in REGISTERS.values() for name in kept.fields}  # noqa: S101 - a record keeps both by name
