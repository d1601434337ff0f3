"""The task and what those who manage tasks do with it: make one, give it to somebody else, call it off."""
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import CaseworkError, Conflict, Fault, Invalid, NotFound
from casework.fieldwork.tasks.workers import whose
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role, actor_of
from casework.identity.permissions import allowed, check
from casework.identity.sealing import Sealed, SealedText
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, partial_index


class Kind(StrEnum):
    """What is to be done. The first two are cases and stand in their own table; a list of duties joins both."""

    VERIFY = "verify"                      # 核实
    INSPECT = "inspect"                    # 核查
    VISIT = "visit"                        # 走访
    SURVEY = "survey"                      # 专项普查
    COMPONENT_SURVEY = "component_survey"  # 部件普查
    CONFLICT = "conflict"                  # 数据冲突


OF_CASES = frozenset({Kind.VERIFY, Kind.INSPECT})


class State(StrEnum):
    """expired: its time is over and it is still to be done; an answer is late, and taken."""

    OPEN = "open"
    EXPIRED = "expired"
    DONE = "done"
    CANNOT = "cannot"
    CANCELLED = "cancelled"


TO_DO = frozenset({State.OPEN, State.EXPIRED})


class Outcome(StrEnum):
    """How a worker answers a task."""

    DONE = "done"
    CANNOT = "cannot"


class Task(Keyed, Base):
    """One thing for one grid worker. `subject_id` is an entry of the registers, `lon` and `lat` are WGS-84.

    `result` holds nothing of a person: what the worker wrote in words is sealed.
    """

    __tablename__ = "field_tasks"
    kind: Mapped[Kind]
    title: Mapped[str]
    text: Mapped[str | None]
    area_code: Mapped[str]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(default=State.OPEN)
    is_open: Mapped[bool] = mapped_column(default=True)
    """Still to be done, in time or not."""
    subject_id: Mapped[uuid.UUID | None]
    form_id: Mapped[str | None]
    survey_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_surveys.id"))
    conflict_id: Mapped[uuid.UUID | None]
    made_by_id: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]
    answered_with: Mapped[uuid.UUID | None]
    """The worker's key of the answer, by which a resend is known."""
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[SealedText | None] = mapped_column(Sealed("field_tasks.note"))
    words: Mapped[SealedText | None] = mapped_column(Sealed("field_tasks.words"))
    """Answers in words, as JSON: they may speak of people."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name for optimistic concurrency
    __table_args__ = (
        partial_index("ix_field_tasks_done", "done_at", where="done_at IS NOT NULL"),
        partial_index("ix_field_tasks_todo", "assignee_id", "due_at", "id", where="is_open"),
        partial_index("ix_field_tasks_todo_ids", "assignee_id", "id", where="is_open"),
        partial_index("ix_field_tasks_todo_area", "area_code", "due_at", "id", where="is_open"),
        partial_index("ix_field_tasks_running", "due_at", "id", where="state = 'open'"),
        Index(None, "survey_id", "area_code", "state"),
        Index(None, "due_at", "id"),
    )

    @property
    def place(self) -> Point | None:
        """WGS-84, or None where only the area is known."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)


GIVEN = ("kind", "title", "text", "area_code", "lon", "lat", "due_at", "subject_id", "form_id")
"""What tells a resend from another task under the same id."""


def create(db: Session, actor: Actor, *, task_id: uuid.UUID, kind: Kind, title: str, due_at: datetime,
           text: str | None = None, area_code: str | None = None, place: Point | None = None,
           assignee_id: uuid.UUID | None = None, subject_id: uuid.UUID | None = None, form_id: str | None = None) -> Task:
    """A task for the worker named, else for whose grid it is; under the same id again it is the one that is there.

    It lies in the area named, else in the grid at the place. Raises Invalid with the field, Refused for an area that the
    actor does not reach, Conflict when the id was used for something else.
    """
    if kind in OF_CASES:
        raise Invalid("cases are sent to be looked at by their own steps", Fault("kind", f"{kind} is a step of a case"))
    if due_at <= clock.now():
        raise Invalid("nobody can do this in time", Fault("due_at", "must be in the future"))
    area_code = _area(db, area_code, place)
    values: dict[str, Any] = {
        "kind": kind, "title": title, "text": text, "area_code": area_code, "lon": place.lon if place else None,
        "lat": place.lat if place else None, "due_at": due_at, "subject_id": subject_id, "form_id": form_id}
    if assignee_id:
        check_worker(db, assignee_id)
    made = Task(id=task_id, made_by_id=actor.id, assignee_id=assignee_id or whose(db, [area_code]).get(area_code), **values)
    check(actor, "tasks.manage", made)
    if insert_once(db, Task, [row_of(made)], on=("id",)):
        changed(db, task_id)
    known = db.get_one(Task, task_id)
    if any(getattr(known, name) != values[name] for name in GIVEN):
        raise Conflict("this key was used before for another task", id=str(task_id))
    return known


def reassign(db: Session, actor: Actor, task_id: uuid.UUID, assignee_id: uuid.UUID) -> Task:
    """改派: another grid worker does it. Raises NotFound, Conflict when it is done or called off, Invalid for who may not."""
    task = _to_manage(db, actor, task_id)
    check_worker(db, assignee_id)
    if task.assignee_id != assignee_id:
        task.assignee_id = assignee_id
        changed(db, task.id)
    return task


def cancel(db: Session, actor: Actor, task_id: uuid.UUID) -> Task:
    """Nobody has to do it any more. Called off twice is called off. Raises NotFound, Conflict when it is done."""
    task = _to_manage(db, actor, task_id, unless=State.CANCELLED)
    if task.state is not State.CANCELLED:
        task.state, task.is_open, task.done_at = State.CANCELLED, False, clock.now()
        changed(db, task.id)
    return task


def find(db: Session, actor: Actor, task_id: uuid.UUID, *, to_change: bool = False) -> Task:
    """The task, locked when it is to be changed. Raises NotFound when there is none, or none for who does neither do nor
    manage it."""
    task = db.get(Task, task_id, with_for_update=to_change, populate_existing=to_change)
    if task is None or not (task.assignee_id == actor.id or allowed(actor, "tasks.manage", task)):
        raise NotFound("there is no such task", id=str(task_id))
    return task


def check_worker(db: Session, user_id: uuid.UUID) -> None:
    """Raises Invalid unless this is somebody who walks a grid."""
    try:
        worker = actor_of(db, user_id)
    except CaseworkError as error:
        raise Invalid(error.sentence, Fault("assignee", error.sentence)) from None
    if Role.GRID_WORKER not in worker.roles:
        raise Invalid("only grid workers do this", Fault("assignee", "is no grid worker"))


def changed(db: Session, *task_ids: uuid.UUID) -> None:
    """Say that these tasks are not as they were; what was changed is written, and has its new version."""
    db.flush()
    outbox.publish_many(db, "task.changed", task_ids)


def row_of(task: Task) -> dict[str, Any]:
    """A task that is not stored yet, as insert_once takes it."""
    return {"state": State.OPEN, "is_open": True, "made_at": clock.now(), "result": {}, "version": 1} | {
        name: value for name, value in vars(task).items() if not name.startswith("_")}


def _to_manage(db: Session, actor: Actor, task_id: uuid.UUID, unless: State | None = None) -> Task:
    task = find(db, actor, task_id, to_change=True)
    check(actor, "tasks.manage", task)
    if not task.is_open and task.state is not unless:
        raise Conflict(f"this task is {task.state} already", state=task.state)
    return task


def _area(db: Session, area_code: str | None, place: Point | None) -> str:
    if area_code is None:
        grid = areas.area_at(db, place) if place else None
        if grid is None:
            raise Invalid("where is it?", Fault("area" if place is None else "place", "lies in none of the city's areas"))
        return grid.code
    if areas.describe(db, area_code) is None:
        raise Invalid("there is no such area", Fault("area", "no area has this code"))
    return area_code
