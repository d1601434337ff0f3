"""Conflicts of the registers: what two sources say differently stays open, with all that was said, until somebody decides."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.registry.fields import Register
from casework.registry.keys import Same
from casework.registry.records import State
from casework.registry.subjects import Subject
from casework.storage import outbox
from casework.storage.database import Base, Keyed, partial_index


class ContestKind(StrEnum):
    """values: several values of fields of one entry; same_number: a number that another entry (`other_id`) has."""

    VALUES = "values"
    SAME_NUMBER = "same_number"


class Outcome(StrEnum):
    """How it ended: by a decision for what was shown, for what was stated, or for something else; or by itself."""

    CURRENT = "current"
    STATED = "stated"
    OTHER = "other"
    AGREED = "agreed"


class Contest(Keyed, Base):
    """One conflict about one entry. At most one about its values is open at a time; it grows with what joins it."""

    __tablename__ = "register_conflicts"
    kind: Mapped[ContestKind]
    subject_id: Mapped[uuid.UUID]
    other_id: Mapped[uuid.UUID | None]
    register: Mapped[Register]
    fields: Mapped[list[str]]
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    decided_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        partial_index("ix_register_conflicts_open", "subject_id", where="closed_at IS NULL"),
        partial_index("ix_register_conflicts_open_other", "other_id", where="closed_at IS NULL"),
    )

    def close(self, outcome: Outcome) -> None:
        """It is settled."""
        self.closed_at, self.outcome = clock.now(), outcome


def review(db: Session, touched: Sequence[Subject], same: Sequence[Same], given_up: set[tuple[uuid.UUID, str]]) -> None:
    """Open, let grow, and close conflicts as the entries now are. Publishes "register.conflict" for each that changed, and
    "register.changed" for entries whose conflict was settled elsewhere.

    The entries are locked by whoever calls, so nobody else opens or closes a conflict about them meanwhile.
    """
    there = _open(db, [one.id for one in touched if one.entry is not None] + [one.subject_id for one in same])
    values = {one.subject_id: one for one in there if one.kind == ContestKind.VALUES}
    changed = [_about_values(subject, values.get(subject.id)) for subject in touched]
    changed += _about_numbers(there, same)
    for one in there:
        if one.kind == ContestKind.SAME_NUMBER and not given_up.isdisjoint({(one.subject_id, one.fields[0]),
                                                                            (one.other_id, one.fields[0])}):
            one.close(Outcome.AGREED)
            changed.append(one)
    ours = [one for one in changed if one is not None]
    db.add_all(ours)
    db.flush()
    outbox.publish_many(db, "register.conflict", [one.id for one in ours])
    beside = {one.subject_id for one in ours} - {one.id for one in touched}  # settled by what another entry gave up
    outbox.publish_many(db, "register.changed", sorted(beside))


def _open(db: Session, entry_ids: Iterable[uuid.UUID]) -> Sequence[Contest]:
    ids = list(entry_ids)
    wanted = select(Contest).where(or_(Contest.subject_id.in_(ids), Contest.other_id.in_(ids)), Contest.closed_at.is_(None))
    return db.scalars(wanted).all() if ids else []


def _about_values(subject: Subject, row: Contest | None) -> Contest | None:
    """The conflict about an entry's values, if anything about it is new."""
    fields = sorted(subject.record.contested())
    if row is None and fields:
        return Contest(kind=ContestKind.VALUES, subject_id=subject.id, register=subject.register, fields=fields)
    if row is None:
        return None
    if not fields:
        row.close(Outcome.AGREED)
        return row
    if row.fields != fields or any(one.state == State.CONFLICT for one in subject.applied):
        row.fields = fields
        return row
    return None


def _about_numbers(there: Iterable[Contest], same: Iterable[Same]) -> list[Contest | None]:
    known = {(one.subject_id, one.other_id, one.fields[0]) for one in there if one.kind == ContestKind.SAME_NUMBER}
    return [Contest(kind=ContestKind.SAME_NUMBER, subject_id=one.subject_id, other_id=one.other_id, register=one.register,
                    fields=[one.field]) for one in same if (one.subject_id, one.other_id, one.field) not in known]
