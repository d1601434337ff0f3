"""Devices of grid workers seen from inside casework, and what others do meanwhile."""
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from casework import clock
from casework.cases.case import Case
from casework.fieldwork import changes, tasks
from casework.fieldwork.changes.log import FieldChange, FollowedEvent
from casework.fieldwork.tasks import Task
from casework.identity.people import Actor
from casework.registry.fields import Register
from casework.registry.records import Entry, Source, Statement
from casework.registry.statements import Stated, receive
from casework.storage import outbox
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.factories import at_grid
from tests.storage.bare_cases import bare_cases
from tests.storage.city import City

Key = tuple[str, Any]


class Device:
    """What one worker's device has, told page by page."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.cursor: str | None = None
        self.has: dict[Key, dict[str, Any]] = {}
        self.told: list[dict[str, Any]] = []

    def page(self, limit: int = 1000) -> bool:
        """Ask once; whether there is more."""
        with reading() as db:
            page = changes.page(db, self.actor, self.cursor, limit, changes.SECTIONS)
        if page.unknown:
            with transaction() as db:
                changes.remember(db, page.unknown)
        assert len(page.items) <= limit
        if page.reset:
            self.has.clear()
        for item in page.items:
            key = item["kind"], item["id"]
            if item.get("deleted"):
                self.has.pop(key, None)
            else:
                self.has[key] = self.has.get(key, {}) | item
        self.told += page.items
        self.cursor = page.next
        return page.more

    def pull(self, limit: int = 1000) -> "Device":
        self.told = []
        while self.page(limit):
            pass
        return self

    def of(self, kind: str) -> dict[Any, dict[str, Any]]:
        return {id_: item for (one, id_), item in self.has.items() if one == kind}


def follow(event_ids: list[int] | None = None) -> int:
    """Follow these events, or all that there are."""
    with transaction() as db:
        return changes.follow(db, list(db.scalars(select(Event.id))) if event_ids is None else event_ids)


def unfollowed() -> list[int]:
    with reading() as db:
        return list(db.scalars(select(Event.id).where(Event.id.not_in(select(FollowedEvent.event_id))).order_by(Event.id)))


# ---- the model: two workers, and things that come, change hands and go

class World:
    """What others do; each deed is one transaction with its event, as the product's own verbs are."""

    def __init__(self, city: City) -> None:
        self.city, self.workers = city, (city.cast.li, city.cast.wang)
        self.tasks: list[uuid.UUID] = []
        self.cases: list[uuid.UUID] = []
        self.entries: list[uuid.UUID] = []

    def new_task(self, who: int, _which: int) -> None:
        with transaction() as db:
            self.tasks.append(tasks.create(
                db, self.city.cast.dispatcher, task_id=new_id(), kind=tasks.Kind.VISIT, title="走访", place=at_grid(who),
                due_at=clock.now() + timedelta(days=2), assignee_id=self.workers[who].id).id)

    def give_task(self, who: int, which: int) -> None:
        if self.tasks:
            with transaction() as db:
                db.execute(update(Task).where(Task.id == self.tasks[which % len(self.tasks)])
                           .values(assignee_id=self.workers[who].id, title=f"走访{which}", version=Task.version + 1))
                outbox.publish(db, "task.changed", self.tasks[which % len(self.tasks)])

    def close_task(self, who: int, which: int) -> None:
        if self.tasks:
            with transaction() as db:
                db.execute(update(Task).where(Task.id == self.tasks[which % len(self.tasks)])
                           .values(is_open=bool(who), version=Task.version + 1))
                outbox.publish(db, "task.changed", self.tasks[which % len(self.tasks)])

    def send_to_look(self, who: int, which: int) -> None:
        with transaction() as db:
            if which % 3 == 0 or not self.cases:
                self.cases += bare_cases(db, 1)
            case = self.cases[which % len(self.cases)]
            db.execute(update(Case).where(Case.id == case).values(inspector_id=self.workers[who].id, title=f"井盖{which}"))
            outbox.publish(db, "case.reassign", case)

    def looked(self, _who: int, which: int) -> None:
        if self.cases:
            case = self.cases[which % len(self.cases)]
            with transaction() as db:
                db.execute(update(Case).where(Case.id == case).values(inspector_id=None))
                outbox.publish(db, "case.pass", case)

    def state(self, who: int, which: int) -> None:
        """A house is built, or changes, perhaps into the other's grid."""
        with transaction() as db:
            if which % 3 == 0 or not self.entries:
                self.entries.append(new_id())
            subject = self.entries[which % len(self.entries)]
            known = db.get(Entry, subject)
            actor = next(one for one in self.workers if known is None or known.area_code in one.area_codes)
            receive(db, actor, [Stated(
                id=new_id(), register=Register.HOUSE, subject_id=subject, base=known.head if known else None, at=clock.now(),
                values={"address": f"南塘路{which}号"}, source=Source.COLLECTED, place=at_grid(
                    who if known else self.workers.index(actor)))])

    DEEDS = (new_task, give_task, close_task, send_to_look, looked, state)


def emptied(db: Any) -> None:
    for model in (FieldChange, FollowedEvent, Event, Task, Case, Statement, Entry):
        db.execute(delete(model))
