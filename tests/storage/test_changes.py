"""No change is ever skipped: whoever asks when and how often, whatever is committed, followed or seen in which order, a
device ends with what a new one would be told."""
import random
import threading
import time as wall
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from casework.fieldwork import changes
from casework.fieldwork.tasks import Task
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import Say
from tests.factories import small_city
from tests.storage.city import City
from tests.storage.field import Device, World, emptied, follow, unfollowed

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

