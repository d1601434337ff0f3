"""What has just happened to cases, for pages that are open: which case, and on which desk it lies now; nothing more.

The outbox is read on from where a reader was. Ids are given out before a commit, so a row may appear below others that are
known: its place is kept in mind for a while, and looked at again.
"""
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from casework.cases.assignment import Assignment
from casework.cases.search import CASES, DESKS
from casework.storage.outbox import Event

MOST = 1000
"""Events in one look; what is more comes with the next."""

MOST_MISSED = 500
"""Who missed more than this reads the lists anew instead."""

LATE_SECONDS = 60
"""A transaction that takes longer has been given up; its ids are never seen."""

BEHIND = 200
"""So far back a new reader looks for ids that are still on their way."""

HOLDS = frozenset({"case.held", "case.freed"})

@dataclass(frozen=True)
class Happening:
    """Something happened to this case. `queue` is where it lies now, None once it is over; `held` says that only who works
    on it has changed. The rest is what decides who may see it."""

    number: str
    queue: str | None
    held: bool
    area_code: str | None
    lead_department_id: uuid.UUID | None
    involved_department_ids: frozenset[uuid.UUID]


@dataclass
class Reader:
    """How far the outbox was read. `position` is what everything up to was surely told: a reader that is given it again
    misses nothing, and may hear something twice."""

    high: int
    gaps: dict[int, float] = field(default_factory=dict)
    """Ids below `high` that were not there, and since when they are missed."""

    @classmethod
    def at_end(cls, db: Session) -> "Reader":
        """From now on, with what is on its way now."""
        high = db.scalar(select(func.max(Event.id))) or 0
        low = max(0, high - BEHIND)
        known = set(db.scalars(select(Event.id).where(Event.id > low)))
        now = time.monotonic()
        return cls(high, {one: now for one in range(low + 1, high) if one not in known})

    @property
    def position(self) -> int:
        return min(self.gaps, default=self.high + 1) - 1

    def look(self, db: Session) -> list[Happening]:
        """What happened since the last look; one statement when nothing did."""
        missed = or_(Event.id > self.high, Event.id.in_(self.gaps)) if self.gaps else Event.id > self.high
        rows = db.execute(_events().where(missed).order_by(Event.id).limit(MOST)).all()
        self._note([row.id for row in rows])
        return _told(db, [(row.name, row.subject) for row in rows])

    def _note(self, ids: Sequence[int]) -> None:
        now, seen = time.monotonic(), set(ids)
        high = max(ids, default=self.high)
        for one in range(max(self.high + 1, high - BEHIND), high):
            if one not in seen:
                self.gaps[one] = now
        self.gaps = {one: since for one, since in self.gaps.items() if one not in seen and now - since < LATE_SECONDS}
        self.high = max(self.high, high)


def since(db: Session, position: int) -> list[Happening] | None:
    """What a reader missed who was told everything up to this position; None when that is too much, or no longer known."""
    oldest, newest = db.execute(select(func.min(Event.id), func.max(Event.id))).one()
    if position > (newest or 0) or position < (oldest or 1) - 1:
        return None
    rows = db.execute(_events().where(Event.id > position).order_by(Event.id).limit(MOST_MISSED + 1)).all()
    return None if len(rows) > MOST_MISSED else _told(db, [(row.name, row.subject) for row in rows])


def _events() -> Select[int, str, uuid.UUID]:
    return select(Event.id, Event.name, Event.subject)


def _told(db: Session, events: Collection[tuple[str, uuid.UUID]]) -> list[Happening]:
    """One happening a case, however much happened to it; that it moved outweighs that somebody took it in hand."""
    only_held: dict[uuid.UUID, bool] = {}
    for name, subject in events:
        if name.startswith("case."):
            only_held[subject] = only_held.get(subject, True) and name in HOLDS
    if not only_held:
        return []
    columns = (CASES.id, CASES.number, CASES.status, CASES.area_code, CASES.lead_department_id)
    cases = {row.id: row for row in db.execute(select(*columns).where(CASES.id.in_(only_held)))}
    involved: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    shares = select(Assignment.case_id, Assignment.department_id).where(
        Assignment.case_id.in_(cases), Assignment.until.is_(None))
    for case_id, department_id in db.execute(shares):
        involved[case_id].add(department_id)
    return [Happening(row.number, DESKS.get(row.status), only_held[case_id], row.area_code, row.lead_department_id,
                      frozenset(involved[case_id])) for case_id in only_held if (row := cases.get(case_id))]
