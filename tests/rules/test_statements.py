"""The law of the registers: whatever order statements arrive in, they make the same record, and none of them is lost."""
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from casework.registry.compiling import PLACE, Claim, Record, Said

EPOCH = datetime(2026, 3, 2, tzinfo=UTC)
FIELDS = ("phone", "rooms", PLACE)


@dataclass(frozen=True)
class Made:
    """A statement as somebody made it: what it says, and the ids of all that its author had seen."""

    id: uuid.UUID
    at: datetime
    seen: frozenset[uuid.UUID]
    says: dict[str, Any]
    decides: frozenset[str] = frozenset()


@dataclass
class World:
    """Devices and a server. Each statement is based on what its device had: nothing, its own last one, or what it read."""

    made: list[Made] = field(default_factory=list)
    had: dict[int, frozenset[uuid.UUID]] = field(default_factory=dict)

    def state(self, device: int, read: bool, says: dict[str, Any], minutes: int, decides: bool) -> None:
        seen = frozenset(one.id for one in self.made) if read or decides else self.had.get(device, frozenset())
        one = Made(uuid.UUID(int=len(self.made) + 1), EPOCH + timedelta(minutes=minutes), seen, says,
                   frozenset(says) if decides else frozenset())
        self.made.append(one)
        self.had[device] = seen | {one.id}


values = {"phone": some.sampled_from(["138", "139", None]), "rooms": some.integers(1, 3),
          PLACE: some.sampled_from([[114.0, 22.6, "1"], [114.1, 22.7, "2"]])}
acts = some.tuples(some.integers(0, 3), some.booleans(),
                   some.dictionaries(some.sampled_from(FIELDS), some.none(), min_size=1).flatmap(
                       lambda names: some.fixed_dictionaries({name: values[name] for name in names})),
                   some.integers(0, 60), some.sampled_from([False] * 5 + [True]))


@some.composite
def worlds(draw: some.DrawFn) -> World:
    world = World()
    for act in draw(some.lists(acts, min_size=1, max_size=14)):
        world.state(*act)
    return world


def compiled(order: list[Made]) -> Record:
    """The record of these in this order, each after all that its author had seen."""
    record, numbers = Record(), {}
    for one in order:
        seen = sum(1 << numbers[other] for other in one.seen)
        numbers[one.id] = record.apply(Claim(one.id, one.at, seen, one.says, one.decides))
    return record


def another_order(world: World, seed: int) -> list[Made]:
    """The same statements as they could as well have come in, each when what it is based on is there."""
    chance, left, order = random.Random(seed), list(world.made), []
    while left:
        here = {one.id for one in order}
        order.append(left.pop(left.index(chance.choice([one for one in left if one.seen <= here]))))
    return order


def standing(record: Record, order: list[Made]) -> dict[str, set[tuple[uuid.UUID, str]]]:
    """By field what stands: whose statement, and its value."""
    return {name: {(order[one.number].id, repr(one.value)) for one in line.stands} for name, line in record.lines.items()}


@settings(max_examples=400, deadline=None)
@given(worlds(), some.integers(0, 2**32))
def test_any_order_of_arrival_makes_the_same_record(world: World, seed: int) -> None:
    other = another_order(world, seed)
    one, two = compiled(world.made), compiled(other)
    assert standing(one, world.made) == standing(two, other)
    assert one.contested().keys() == two.contested().keys()
    same = one.values().keys() - one.contested().keys()
    assert {name: one.values()[name] for name in same} == {
        name: value for name, value in two.values().items() if name not in two.contested()}
    assert one.count == two.count


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_no_value_is_lost_and_none_is_overwritten_by_who_did_not_know_it(world: World) -> None:
    record = compiled(world.made)
    for number, made in enumerate(world.made):
        for name, value in made.says.items():
            line = record.lines.get(name)
            kept = next((one for one in line.said if one.number == number), None) if line else None
            if kept is None:  # it repeats what its author saw
                before = compiled([one for one in world.made if one.id in made.seen])
                seen = before.lines[name].standing(-1) if name in before.lines else []
                assert value in [one.value for one in seen] or (value is None and not seen)
                continue
            assert line is not None
            for later in line.said:
                if later.over >> number & 1:
                    assert made.id in world.made[later.number].seen
            if kept in line.stands and name != PLACE and line.shown.value != value:
                assert name in record.contested()


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_what_is_shown_stands_and_once_contested_only_a_decision_chooses(world: World) -> None:
    record = Record()
    numbers: dict[uuid.UUID, int] = {}
    for one in world.made:
        before = record.contested()
        seen = sum(1 << numbers[other] for other in one.seen)
        numbers[one.id] = record.apply(Claim(one.id, one.at, seen, one.says, one.decides))
        for name, line in record.lines.items():
            assert line.shown in line.stands
            if name in before and name not in one.decides and seen == record.all >> 1:
                assert {repr(said.value) for said in before[name]} <= {repr(said.value) for said in line.stands}
        if one.decides:
            assert not record.contested().keys() & one.decides
            assert all(record.values().get(name) == value for name, value in one.says.items())


@settings(max_examples=300, deadline=None)
@given(worlds(), some.dictionaries(some.sampled_from(FIELDS[:2]), some.sampled_from([1, 2, "138", None]), min_size=1))
def test_to_go_on_from_the_head_needs_no_history_unless_something_is_contested(world: World, says: dict[str, Any]) -> None:
    record = compiled(world.made)
    if record.contested():
        return
    short = Record.resumed(record.values(), record.versions(), record.count, (EPOCH, uuid.UUID(int=0)))
    claim = Claim(uuid.UUID(int=99), EPOCH, record.all, says)
    record.apply(claim)
    short.apply(claim)
    assert (short.values(), short.versions(), short.count) == (record.values(), record.versions(), record.count)
    assert short.contested() == record.contested() == {}


def said(record: Record, seen: int, **says: Any) -> int:
    return record.apply(Claim(uuid.uuid4(), EPOCH + timedelta(minutes=record.count), seen, says))


def test_the_first_that_was_there_stays_shown_and_goes_on_in_its_own_line() -> None:
    record = Record()
    root = said(record, 0, rooms=1)
    mine = said(record, 1 << root, rooms=2)
    other = said(record, 1 << root, rooms=3)
    assert record.values() == {"rooms": 2}
    assert [one.value for one in record.contested()["rooms"]] == [2, 3]
    said(record, 1 << root | 1 << mine, rooms=4)  # my own next one, which knows nothing of the other
    assert record.values() == {"rooms": 4}
    assert [one.value for one in record.contested()["rooms"]] == [3, 4]
    said(record, 1 << root | 1 << other, rooms=4)  # now the other says so too
    assert (record.values(), record.contested()) == ({"rooms": 4}, {})


def test_who_sends_a_whole_form_contests_only_what_was_changed() -> None:
    record = Record()
    root = said(record, 0, rooms=1, phone="138")
    said(record, 1 << root, rooms=2, phone="138")
    said(record, 1 << root, rooms=1, phone="139")  # left the rooms as they were
    assert (record.values(), record.contested()) == ({"rooms": 2, "phone": "139"}, {})


def test_a_place_is_never_contested_and_the_latest_holds() -> None:
    one, two = (Claim(uuid.uuid4(), EPOCH + timedelta(minutes=minute), 0, {PLACE: [lon, 22.0, "1"]})
                for minute, lon in ((5, 114.5), (1, 114.1)))
    for order in ((one, two), (two, one)):
        record = Record()
        for claim in order:
            record.apply(claim)
        assert (record.values(), record.contested()) == ({PLACE: [114.5, 22.0, "1"]}, {})


def test_a_value_can_be_taken_away_and_that_is_a_value_too() -> None:
    record = Record()
    root = said(record, 0, phone="138")
    said(record, 1 << root, phone=None)
    assert (record.values(), record.versions()) == ({}, {"phone": 2})
    said(record, 1 << root, phone="139")
    assert [one.value for one in record.contested()["phone"]] == [None, "139"]
    assert isinstance(record.lines["phone"].shown, Said)
