"""数据冲突: what the registers contradict themselves about becomes a task for the worker of the grid, once."""
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework import clock
from casework.fieldwork.tasks.task import Kind, State, Task, changed, row_of
from casework.fieldwork.tasks.workers import whose
from casework.registry import conflicts
from casework.registry.catalogue import REGISTERS
from casework.registry.conflicts import About
from casework.registry.contests import ContestKind
from casework.storage.database import insert_once, one_at_a_time

CONFLICT_DAYS = 7
"""Within a week somebody has asked at the door; until then both values stand side by side."""


def for_conflicts(db: Session, conflict_ids: Sequence[uuid.UUID]) -> int:
    """A task for the worker of the grid for each of these conflicts of the registers that is open, once; the task of one that
    was settled is done. Bears repetition. Returns how many tasks were made."""
    one_at_a_time(db, "tasks of conflicts")  # who hears that one is settled must find the task that is just being made
    open_ones = conflicts.about(db, conflict_ids)
    workers = whose(db, {one.area_code for one in open_ones if one.area_code})
    due_at = clock.now() + timedelta(days=CONFLICT_DAYS)
    made = insert_once(db, Task, [row_of(Task(
        id=id_of(one.id), kind=Kind.CONFLICT, title=f"核对数据：{one.label}", text=_says(one), area_code=one.area_code or "",
        lon=one.lon, lat=one.lat, assignee_id=workers.get(one.area_code or ""), due_at=due_at, subject_id=one.subject_id,
        conflict_id=one.id)) for one in open_ones], on=("id",))
    over = [id_of(one) for one in set(conflict_ids) - {one.id for one in open_ones}]
    settled = db.scalars(update(Task).where(Task.id.in_(over), Task.is_open)
                         .values(state=State.DONE, is_open=False, done_at=clock.now(), version=Task.version + 1)
                         .returning(Task.id).execution_options(synchronize_session=False)).all()
    changed(db, *made, *settled)
    return len(made)


def id_of(conflict_id: uuid.UUID) -> uuid.UUID:
    """The id of a conflict's task: always the same, so that there is never a second one."""
    return uuid.uuid5(conflict_id, "task")


def _says(conflict: About) -> str:
    fields = REGISTERS[conflict.register].fields
    names = "、".join(fields[name].chinese for name in conflict.fields)
    if conflict.kind is ContestKind.SAME_NUMBER:
        return f"{names}与另一条记录相同"
    return f"{names}的说法不一致"
