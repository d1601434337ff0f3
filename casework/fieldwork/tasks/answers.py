"""The worker's answer to a task: done, or why it cannot be done; once, and late better than never."""
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.fieldwork import presence
from casework.fieldwork.presence import Fix, Subject
from casework.fieldwork.tasks.task import Outcome, State, Task, changed, find
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.privacy import reveal
from casework.identity.sealing import seal
from casework.media import Photo

LARGEST_COUNT = 1_000_000
"""Larger numbers may be those of phones, cards and accounts."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the worker says. `key` is the device's own, so that a resend is harmless; `at` in UTC, corrected; `photos` are
    ids of photos that the worker sent ahead, `values` the answers to the questions of the task's form."""

    key: uuid.UUID
    outcome: Outcome
    at: datetime
    place: Point | None = None
    accuracy: float | None = None
    mock: bool = False
    note: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[uuid.UUID] = ()


def answer(db: Session, actor: Actor, task_id: uuid.UUID, said: Answered) -> Task:
    """Take the answer of whoever has the task; the same answer again changes nothing.

    Raises NotFound when it is not the actor's, Conflict when it was answered otherwise or called off, Invalid when nobody
    says why it cannot be done.
    """
    task = find(db, actor, task_id, to_change=True)
    if task.answered_with == said.key:
        return task
    if task.assignee_id != actor.id:
        raise NotFound("there is no such task of yours", id=str(task_id))
    if not task.is_open:
        raise Conflict(f"this task is {task.state} already", state=task.state, version=task.version)
    if said.outcome is Outcome.CANNOT and not said.note:
        raise Invalid("why can it not be done?", Fault("note", "say why"))
    plain, words = parted(said.values)
    task.result = {"outcome": said.outcome.value, "late": said.at >= task.due_at, "values": plain,
                   "lon": said.place.lon if said.place else None, "lat": said.place.lat if said.place else None}
    task.state, task.is_open, task.done_at = State(said.outcome.value), False, said.at
    task.answered_with = said.key
    task.note = seal(said.note) if said.note else None
    task.words = seal(orjson.dumps(words).decode()) if words else None
    if said.place:
        presence.note(db, actor, Subject.TASK, task.id, Fix(said.place, said.at, said.accuracy, said.mock), photos=said.photos)
    _take(db, task, actor, said.photos)
    changed(db, task.id)
    return task


def words_of(db: Session, actor: Actor, task_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """What the worker wrote in words, {"note", "values"}; each look is kept in the access log with its reason.

    Raises NotFound, Refused for who does not manage the task.
    """
    task = find(db, actor, task_id)
    sealed = {"note": task.note, "values": task.words}
    shown = {name: reveal(db, actor, "task", task.id, name, text, subject=task, reason=reason, permission="tasks.manage")
             for name, text in sealed.items() if text}
    return {"note": shown.get("note"), "values": orjson.loads(shown.get("values", "{}"))}


def parted(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answers that can be counted (numbers of things, yes or no, names of choices), and those that are words of people,
    which may speak of people and are sealed."""
    plain = {name: value for name, value in values.items() if _countable(value)}
    return plain, {name: value for name, value in values.items() if name not in plain and value is not None}


def _countable(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, str) and _countable(one) for one in value)
    if isinstance(value, str):
        return re.fullmatch(r"[a-z][a-z0-9_]{0,31}", value) is not None
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < LARGEST_COUNT)


def _take(db: Session, task: Task, actor: Actor, photo_ids: Sequence[uuid.UUID]) -> None:
    """What the worker sent ahead shows this task done. Raises Invalid for what is not his, or was given before."""
    wanted = list(dict.fromkeys(photo_ids))
    found = {one.id: one for one in db.scalars(
        select(Photo).where(Photo.id.in_(wanted), Photo.uploaded_by == actor.id).order_by(Photo.id).with_for_update())}
    faults = [Fault(f"photos.{at}", "there is no such photo of yours that was not given before")
              for at, photo_id in enumerate(wanted) if photo_id not in found or found[photo_id].given]
    if faults:
        raise Invalid("these photos cannot be taken", *faults)
    for photo in found.values():
        photo.task_id = task.id
