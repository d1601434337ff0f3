"""No change is ever skipped: whoever asks when and how often, whatever is committed, followed or seen in which order, a
device ends with what a new one would be told."""
import random
import threading
import time as wall
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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
from tests import people
from tests.conftest import Say
from tests.factories import at_grid, small_city
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


WORLD_DEEDS = st.tuples(st.just("deed"), st.integers(0, len(World.DEEDS) - 1), st.integers(0, 1), st.integers(0, 20))
FOLLOWS = st.tuples(st.just("follow"), st.integers(0, 10**6), st.integers(1, 4), st.just(0))
POLLS = st.tuples(st.just("poll"), st.integers(0, 1), st.sampled_from((1, 2, 3, 1000)), st.booleans())


@given(st.lists(st.one_of(WORLD_DEEDS, WORLD_DEEDS, FOLLOWS, POLLS), min_size=4, max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_interleaving_of_changes_and_looks_ends_in_the_same_picture(city: City, happens: list[Any]) -> None:
    with transaction() as db:
        emptied(db)
    world = World(city)
    devices = [Device(actor) for actor in world.workers]
    for what, first, second, third in happens:
        if what == "deed":
            World.DEEDS[first](world, second, third)
        elif what == "follow" and (waiting := unfollowed()):
            # Relays share the work: any of what waits, in any order.
            follow(random.Random(first).sample(waiting, min(second, len(waiting))))
        elif what == "poll":
            devices[first].pull(second) if third else devices[first].page(second)
    follow()
    for device in devices:
        assert device.pull().has == Device(device.actor).pull().has


# ---- at the same moment

def busy(stop: threading.Event, do: Callable[[random.Random], None], seed: int,
         faults: list[BaseException]) -> threading.Thread:
    """Do this again and again until told to stop."""
    def run() -> None:
        chance = random.Random(seed)
        try:
            while not stop.is_set():
                do(chance)
        except BaseException as fault:  # whatever it is, the test has to know
            faults.append(fault)
            stop.set()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_nothing_is_skipped_when_writers_commit_out_of_order_while_devices_ask(postgresql: str, say: Say) -> None:
    number = random.randrange(10**6)
    say(f"seed {number}")
    with transaction() as db:
        departments = small_city(db)
        world = World(City(people.hire(db, departments), departments))
    for who in (0, 1) * 5:
        world.new_task(who, 0)
    stop, faults = threading.Event(), list[BaseException]()
    devices = [Device(world.workers[which % 2]) for which in range(4)]

    def write(chance: random.Random) -> None:
        """A transaction that may take long, so that a later one is committed first."""
        with transaction() as db:
            task, who = chance.choice(world.tasks), chance.choice(world.workers)
            db.execute(update(Task).where(Task.id == task).values(
                assignee_id=who.id, title=f"{chance.random()}", is_open=chance.random() < 0.8, version=Task.version + 1))
            outbox.publish(db, "task.changed", task)
            wall.sleep(chance.choice((0, 0.001, 0.03)))

    def relay(chance: random.Random) -> None:
        """Two of them share the work, and take their time between numbering and commit."""
        with transaction() as db:
            claimed = outbox.claim(db, 5)
            outbox.mark_relayed(db, claimed)
        with transaction() as db:
            changes.follow(db, [one.id for one in claimed])
            wall.sleep(chance.choice((0, 0.005)))

    threads = [busy(stop, write, number + one, faults) for one in range(4)]
    threads += [busy(stop, relay, number + 10 + one, faults) for one in range(2)]
    threads += [busy(stop, lambda chance, device=device: device.page(chance.choice((1, 3, 50))), number, faults)  # type: ignore[misc]
                for device in devices]
    stop.wait(4)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert faults == []
    follow()
    for device in devices:
        assert device.pull().has == Device(device.actor).pull().has
    with reading() as db:
        assert len(list(db.scalars(select(Event.id)))) > 50
