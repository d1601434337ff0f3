"""Tasks in lists: for the device that keeps its worker's, for who manages them, and one worker's duties with his cases."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import search
from casework.cases.case import Priority
from casework.cases.workflow import Status
from casework.fieldwork.inside import reached
from casework.fieldwork.routes import Stop
from casework.fieldwork.tasks.task import TO_DO, Kind, State, Task
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.permissions import check

Position = tuple[datetime, uuid.UUID]

MOST_DUTIES = 100
"""Of each, tasks and cases: more than anybody walks in a day. Those due first are the ones that are shown."""


def shown(db: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """These tasks as a device keeps them, by id; no words of people. `assignee`: for whom it is; `open`: still to be done."""
    return {task.id: plain(task) for task in db.scalars(select(Task).where(Task.id.in_(ids)))}


def plain(task: Task) -> dict[str, Any]:
    """A task as lists show it."""
    return {"task_kind": task.kind, "title": task.title, "text": task.text, "lon": task.lon, "lat": task.lat,
            "area": task.area_code, "due_at": task.due_at, "state": task.state, "open": task.is_open,
            "assignee": task.assignee_id, "subject": task.subject_id, "form": task.form_id, "survey": task.survey_id,
            "conflict": task.conflict_id, "version": task.version}


def ids_of(db: Session, user_id: uuid.UUID, after: uuid.UUID | None = None, limit: int = 100) -> list[uuid.UUID]:
    """The ids of what this worker still has to do, in the order of the ids, from behind `after`."""
    wanted = select(Task.id).where(Task.is_open, Task.assignee_id == user_id).order_by(Task.id).limit(limit)
    return list(db.scalars(wanted.where(Task.id > after) if after else wanted))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a page of tasks is narrowed to; None means any. `area_code` includes everything inside that area."""

    area_code: str | None = None
    state: State | None = None
    kind: Kind | None = None
    assignee_id: uuid.UUID | None = None
    survey_id: uuid.UUID | None = None
    vacant: bool = False
    """Only those that nobody has."""
    only_open: bool = True


def page(db: Session, actor: Actor, wanted: Wanted, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[Task], Position | None]:
    """Up to `limit` tasks that the actor manages, what is due first on top; and where the next page goes on, or None."""
    where = [reached(Task.area_code, actor, "tasks.manage", wanted.area_code)]
    if wanted.state in TO_DO if wanted.state else wanted.only_open:
        where.append(and_(Task.is_open))  # said by name: the indexes of what is to be done ask for it
    for column, value in ((Task.state, wanted.state), (Task.kind, wanted.kind), (Task.assignee_id, wanted.assignee_id),
                          (Task.survey_id, wanted.survey_id)):
        if value is not None:
            where.append(column == value)
    if wanted.vacant:
        where.append(Task.assignee_id.is_(None))
    if after:
        where.append(tuple_(Task.due_at, Task.id) > after)
    found = db.scalars(select(Task).where(*where).order_by(Task.due_at, Task.id).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return list(found[:limit]), (last.due_at, last.id) if last else None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One thing that a worker has to do, a task or a case to look at; `number` is the case's."""

    id: uuid.UUID
    kind: Kind
    title: str
    text: str | None
    place: Point | None
    area_code: str | None
    due_at: datetime
    overdue: bool
    urgent: bool
    number: str | None = None
    subject_id: uuid.UUID | None = None
    form_id: str | None = None

    @property
    def stop(self) -> Stop:
        """As the order of a route wants it."""
        return Stop(self.place, self.due_at, urgent=self.urgent)


def mine(db: Session, actor: Actor) -> list[Duty]:
    """What the actor has to do and to look at, tasks and cases, at most MOST_DUTIES of each, what is due first on top."""
    check(actor, "tasks.read")
    now = clock.now()
    todo = select(Task).where(Task.is_open, Task.assignee_id == actor.id).order_by(Task.due_at, Task.id).limit(MOST_DUTIES)
    tasks = [Duty(id=task.id, kind=task.kind, title=task.title, text=task.text, place=task.place, area_code=task.area_code,
                  due_at=task.due_at, overdue=task.due_at <= now, urgent=False, subject_id=task.subject_id,
                  form_id=task.form_id) for task in db.scalars(todo)]
    looks, _ = search.page(db, actor, search.Wanted(inspector_id=actor.id), limit=MOST_DUTIES)
    cases = [Duty(id=row["id"], kind=Kind.VERIFY if row["status"] == Status.VERIFYING else Kind.INSPECT, title=row["title"],
                  text=row["address"], place=None if row["lon"] is None else Point(row["lon"], row["lat"]),
                  area_code=row["area_code"], due_at=row["due_at"], overdue=row["overdue"] or row["due_at"] <= now,
                  urgent=row["priority"] == Priority.URGENT, number=row["number"])
             for row in looks if row["status"] in {Status.VERIFYING, Status.RESOLVED}]
    return sorted([*tasks, *cases], key=lambda duty: (duty.due_at, duty.id))
