"""What an event of the outbox changed, and whom that concerns: workers by what they reported, inspect or have to do, and
whoever works in the area of an entry."""
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Channel, Report
from casework.cases.workflow import STEPS, Status
from casework.fieldwork.changes import log
from casework.fieldwork.changes.log import Subject, Thing
from casework.fieldwork.tasks import Task
from casework.registry import conflicts
from casework.registry.records import Entry as Registered
from casework.registry.relations import Relation
from casework.storage.outbox import Event

RECENT = timedelta(days=14)
"""So long a worker sees on the device what became of a case, and what he was told."""

OF_CASES = (*(f"case.{action}" for action in STEPS), "case.joined", "case.changed")

FOLLOWED: tuple[str, ...] = (*OF_CASES, "report.completed", "task.changed", "register.changed", "register.conflict")
"""The events that change what a worker has on the device."""


def of(db: Session, events: Sequence[Event]) -> dict[Subject, set[str]]:
    """Each thing that these events changed, with the audiences that it concerns now: none when it is over."""
    tasks = {one.subject for one in events if one.name == "task.changed"}
    changed = {one.subject for one in events if one.name == "register.changed"}
    opened = [one.subject for one in events if one.name == "register.conflict"]
    if opened:
        changed |= {one.subject_id for one in conflicts.about(db, opened)}
    return _cases(db, _touched(db, events)) | _tasks(db, tasks) | _entries(db, changed)


def still_shown() -> ColumnElement[bool]:
    """Cases that a worker has on the device: open ones, and those that came to an end not long ago."""
    return or_(Case.is_open, and_(Case.moved_at >= _lately(), Case.status != Status.MERGED))


def faded(db: Session, limit: int) -> list[Subject]:
    """Cases that somebody still has on the device, and that came to their end long ago."""
    over = (select(log.FieldChange.subject).distinct().join(Case, Case.id == log.FieldChange.subject)
            .where(log.FieldChange.kind == Thing.CASE, ~log.FieldChange.gone, ~still_shown()).limit(limit))
    return [(Thing.CASE, subject) for subject in db.scalars(over)]


def _touched(db: Session, events: Sequence[Event]) -> set[uuid.UUID]:
    """The cases of these events; of a merge both, and when it is undone both again."""
    found = {one.subject for one in events if one.name in OF_CASES}
    completed = [one.subject for one in events if one.name == "report.completed"]
    if completed:
        found |= set(db.scalars(select(Report.case_id).where(Report.id.in_(completed), Report.case_id.is_not(None))))
    merging = [one.subject for one in events if one.name in {"case.merge", "case.unmerge"}]
    if merging:
        lines = db.scalars(select(Entry.facts).where(Entry.case_id.in_(merging), Entry.action == "merge"))
        into = {facts["into"] for facts in lines}
        found |= set(db.scalars(select(Case.id).where(Case.number.in_(into))))
    return found


def _cases(db: Session, ids: set[uuid.UUID]) -> dict[Subject, set[str]]:
    found: dict[Subject, set[str]] = {(Thing.CASE, one): set() for one in ids}
    if not ids:
        return found
    looking = select(Case.id, Case.inspector_id).where(Case.id.in_(ids), Case.is_open, Case.inspector_id.is_not(None))
    said = (select(Case.id, Report.reporter_id).join(Report, Report.case_id == Case.id)
            .where(Case.id.in_(ids), still_shown(), Report.channel == Channel.PDA, Report.reporter_id.is_not(None)))
    for case_id, user_id in (*db.execute(looking), *db.execute(said)):
        if user_id:
            found[Thing.CASE, case_id].add(log.user(user_id))
    return found


def _tasks(db: Session, ids: set[uuid.UUID]) -> dict[Subject, set[str]]:
    found: dict[Subject, set[str]] = {(Thing.TASK, one): set() for one in ids}
    if ids:
        for task_id, user_id in db.execute(select(Task.id, Task.assignee_id).where(Task.id.in_(ids), Task.is_open)):
            found[Thing.TASK, task_id] = {log.user(user_id)} if user_id else set()
    return found


def _entries(db: Session, changed: set[uuid.UUID]) -> dict[Subject, set[str]]:
    """With those that are related to them: they show by what name the other goes."""
    if not changed:
        return {}
    ends = select(Relation.from_id, Relation.to_id).where(or_(Relation.from_id.in_(changed), Relation.to_id.in_(changed)))
    ids = changed.union(*db.execute(ends))
    areas = db.execute(select(Registered.id, Registered.area_code).where(Registered.id.in_(ids)))
    return {(Thing.ENTRY, one): {log.area(code)} if code else set() for one, code in areas}


def _lately() -> datetime:
    return clock.now() - RECENT
