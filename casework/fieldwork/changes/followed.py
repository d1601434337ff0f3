"""What changes for a worker by what others do: tasks, cases and entries; first all that there is, then what has changed.

The number up to which changes are told is taken before the first look at what there is. So whatever changes while a device
is still being told comes once more afterwards, and nothing is lost in between.
"""
import re
import uuid
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from casework.fieldwork import tasks
from casework.fieldwork.changes import cases, log
from casework.fieldwork.changes.log import Thing, Told
from casework.fieldwork.changes.sections import Batch, Item, Position, Section, Worker
from casework.registry import entries

Ids = Callable[[Session, Worker, uuid.UUID | None, int], Sequence[uuid.UUID]]
Shown = Callable[[Session, Worker, Sequence[uuid.UUID]], dict[uuid.UUID, Item]]


def _task_ids(db: Session, worker: Worker, after: uuid.UUID | None, limit: int) -> Sequence[uuid.UUID]:
    return tasks.ids_of(db, worker.user_id, after, limit)


def _tasks(db: Session, worker: Worker, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Item]:
    return {one: {name: value for name, value in item.items() if name not in {"assignee", "open"}}
            for one, item in tasks.shown(db, ids).items() if item["open"] and item["assignee"] == worker.user_id}


def _entry_ids(db: Session, worker: Worker, after: uuid.UUID | None, limit: int) -> Sequence[uuid.UUID]:
    return entries.ids_in(db, sorted(worker.codes), after, limit)


def _entries(db: Session, worker: Worker, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Item]:
    return {one: item for one, item in entries.shown(db, ids).items() if item["area"] in worker.codes}


THINGS: dict[Thing, tuple[Ids, Shown]] = {
    Thing.TASK: (_task_ids, _tasks), Thing.CASE: (cases.ids_of, cases.shown), Thing.ENTRY: (_entry_ids, _entries)}
"""In the order in which a device is told of what there is: the day's work first."""

ORDER = tuple(THINGS)


def followed(db: Session, worker: Worker, position: Position, limit: int) -> Batch:
    """At first [number, which of the things, id of the last one told]; once all that there is was told, the number alone."""
    if isinstance(position, int):
        return _changes(db, worker, position, limit)
    seq, at, after = position or [log.newest(db), 0, None]
    last = uuid.UUID(after) if after else None
    found: list[Item] = []
    while at < len(ORDER) and len(found) < limit:
        kind, wanted = ORDER[at], limit - len(found)
        ids = THINGS[kind][0](db, worker, last, wanted)
        # What went since its id was read is not told, and counts nevertheless: what follows it is not skipped.
        found += [item for item in _items(db, worker, kind, ids) if "deleted" not in item]
        at, last = (at, ids[-1]) if len(ids) == wanted else (at + 1, None)
    over = at == len(ORDER)  # what changed meanwhile comes next
    return Batch(found, seq if over else [seq, at, last.hex if last else None], more=True, told=_told(worker, found))


def _changes(db: Session, worker: Worker, seq: int, limit: int) -> Batch:
    audiences = [log.user(worker.user_id), *(log.area(code) for code in sorted(worker.codes))]
    rows = log.since(db, audiences, seq, limit + 1)
    page = rows[:limit]
    found: list[Item] = []
    for kind in ORDER:
        found += _items(db, worker, kind, list(dict.fromkeys(row.subject for row in page if row.kind is kind)))
    return Batch(found, page[-1].seq if page else seq, more=len(rows) > limit, told=_told(worker, found))


def _items(db: Session, worker: Worker, kind: Thing, ids: Sequence[uuid.UUID]) -> list[Item]:
    """These things as they are now; `deleted` where they are not, or not any more, of this worker."""
    found = THINGS[kind][1](db, worker, ids) if ids else {}
    return [{"kind": kind, "id": one, **found.get(one, {"deleted": True})} for one in ids]


def _told(worker: Worker, items: Sequence[Item]) -> set[Told]:
    return {Told(log.area(item["area"]) if item["kind"] is Thing.ENTRY else log.user(worker.user_id), item["kind"], item["id"])
            for item in items if "deleted" not in item}


def _fits(position: Position) -> bool:
    if position is None:
        return True
    seq, at, after = position if isinstance(position, list) and len(position) == 3 else (position, 0, None)
    return (type(seq) is int and 0 <= seq < 2**63 and type(at) is int and 0 <= at < len(ORDER)
            and (after is None or (isinstance(after, str) and bool(re.fullmatch("[0-9a-f]{32}", after)))))


FOLLOWED = Section(followed, _fits)
