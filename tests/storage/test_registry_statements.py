"""Statements of several devices in any order make one record; what they say differently stays open until it is decided."""
import random
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.errors import Conflict, Invalid, NotFound, Refused
from casework.identity.people import Actor
from casework.registry import conflicts, entries, keys
from casework.registry.contests import Contest, ContestKind, Outcome
from casework.registry.fields import Register
from casework.registry.history import statements_of
from casework.registry.records import Entry, Source, State, Statement
from casework.registry.statements import Judged, Stated, receive
from casework.registry.subjects import Subject
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.statements import heard
from tests.storage.city import City


def stated(**facts: Any) -> Stated:
    """A house in the first grid, unless told otherwise."""
    made = {"id": new_id(), "register": Register.HOUSE, "subject_id": new_id(), "base": None,
            "values": {"address": "南塘路1号"}, "source": Source.COLLECTED, "at": clock.now(), "place": at_grid(0),
            "origin": "test"} | facts
    return Stated(**made)


def again(one: Stated, **facts: Any) -> Stated:
    """A further statement about the same house, based on that one, without a place."""
    return stated(**{"subject_id": one.subject_id, "base": one.id, "place": None, "values": {"rooms": 3}} | facts)


def takes(actor: Actor, *several: Stated) -> list[Judged]:
    with transaction() as db:
        return receive(db, actor, several)


def entry(subject_id: uuid.UUID) -> Entry:
    with reading() as db:
        return db.get_one(Entry, subject_id)


def count(model: type[Any], *where: Any) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(model).where(*where)) or 0


def open_conflict(subject_id: uuid.UUID) -> Contest:
    with reading() as db:
        return db.scalars(select(Contest).where(Contest.subject_id == subject_id, Contest.closed_at.is_(None))).one()


def whole_is_compiled_anew(subject_id: uuid.UUID) -> dict[str, set[str]]:
    """What all its statements make of an entry is what is stored; by contested field the values that stand."""
    with reading() as db:
        one = db.get_one(Entry, subject_id)
        subject = Subject.of(one)
        subject.recall(statements_of(db, [subject_id])[subject_id])
        made = subject.columns()
        for name in ("label", "area_code", "lon", "lat", "values", "head", "version", "field_versions", "contested"):
            assert made[name] == getattr(one, name), name
        assert {name: value for name, value in subject.record.values().items() if name != "place"} == one.whole
        return {name: {repr(said.value) for said in standing} for name, standing in subject.record.contested().items()}


def test_the_first_statement_makes_an_entry(city: City) -> None:
    one = stated(values={"address": "南塘路1号", "room": "302", "owner_name": "张三丰", "rooms": "3"})
    (judged,) = takes(city.cast.li, one)
    assert (judged.state, judged.head, judged.version) == (State.APPLIED, one.id, 1)
    made = entry(one.subject_id)
    assert (made.label, made.area_code, made.values["rooms"]) == ("南塘路1号 302", GRIDS[0], 3)
    assert "owner_name" not in made.values
    assert made.whole["owner_name"] == "张三丰"
    assert count(Event, Event.name == "register.changed", Event.subject == one.subject_id) == 1


def test_two_who_did_not_know_of_each_other_are_both_kept(city: City) -> None:
    first = stated(values={"address": "南塘路1号", "rooms": 3, "gas": "pipe"})
    takes(city.cast.li, first)
    mine, other = again(first, values={"rooms": 4, "usage": "rented"}), again(first, values={"rooms": 5, "gas": "bottle"})
    assert takes(city.cast.li, mine)[0].state == State.APPLIED
    (judged,) = takes(city.cast.li, other)
    assert (judged.state, judged.contested) == (State.CONFLICT, {"rooms": {"current": 4, "stated": 5}})
    made = entry(first.subject_id)
    assert (made.values["rooms"], made.values["gas"], made.values["usage"]) == (4, "bottle", "rented")
    assert made.head == judged.head != other.id
    assert made.contested == ["rooms"]
    assert count(Event, Event.name == "register.conflict") == 1
    assert takes(city.cast.li, other) == [judged]  # sent again
    assert whole_is_compiled_anew(first.subject_id) == {"rooms": {"4", "5"}}


def test_whoever_saw_both_goes_on_from_the_version_that_holds_both(city: City) -> None:
    first = stated(values={"address": "南塘路1号"})
    takes(city.cast.li, first, again(first, values={"rooms": 4}), again(first, values={"gas": "pipe"}))
    head = entry(first.subject_id).head
    (judged,) = takes(city.cast.li, again(first, base=head, values={"rooms": 5, "gas": "bottle"}))
    assert (judged.state, judged.version) == (State.APPLIED, 4)
    assert whole_is_compiled_anew(first.subject_id) == {}


def test_a_later_statement_about_what_is_contested_joins_the_conflict(city: City) -> None:
    first = stated()
    takes(city.cast.li, first, again(first, values={"rooms": 4}), again(first, values={"rooms": 5}))
    conflict = open_conflict(first.subject_id)
    (judged,) = takes(city.cast.li, again(first, base=entry(first.subject_id).head, values={"rooms": 6, "gas": "pipe"}))
    assert judged.contested == {"rooms": {"current": 4, "stated": 6}}
    assert open_conflict(first.subject_id).id == conflict.id
    assert entry(first.subject_id).values["gas"] == "pipe"
    assert whole_is_compiled_anew(first.subject_id) == {"rooms": {"4", "5", "6"}}
    assert count(Event, Event.name == "register.conflict", Event.subject == conflict.id) == 2


def test_who_comes_to_the_same_as_the_other_ends_the_conflict(city: City) -> None:
    first = stated()
    mine, other = again(first, values={"rooms": 4}), again(first, values={"rooms": 5})
    takes(city.cast.li, first, mine, other)
    conflict = open_conflict(first.subject_id)
    takes(city.cast.li, again(other, values={"rooms": 4}))
    with reading() as db:
        assert db.get_one(Contest, conflict.id).outcome == Outcome.AGREED
        assert conflicts.about(db, [conflict.id]) == []
    assert whole_is_compiled_anew(first.subject_id) == {}


def test_what_is_based_on_something_unknown_waits_for_it_also_in_chains(city: City) -> None:
    first = stated()
    second = again(first, values={"rooms": 4})
    third = again(second, values={"rooms": 5})
    assert [one.state for one in takes(city.cast.li, third)] == [State.WAITING]
    assert [one.state for one in takes(city.cast.li, third, second)] == [State.WAITING, State.WAITING]
    assert count(Entry) == 0
    assert [one.state for one in takes(city.cast.li, first)] == [State.APPLIED]
    made = entry(first.subject_id)
    assert (made.values["rooms"], made.version, made.head) == (5, 3, third.id)
    assert [one.state for one in takes(city.cast.li, third)] == [State.APPLIED]
    assert whole_is_compiled_anew(first.subject_id) == {}


def test_the_same_id_for_something_else_is_a_conflict_and_changes_nothing(city: City) -> None:
    first = stated()
    takes(city.cast.li, first)
    for other in (stated(id=first.id), again(first, id=first.id, base=None, values={"address": "别处"}, place=at_grid(0))):
        (judged,) = takes(city.cast.li, other)
        assert (judged.state, type(judged.error)) == (State.REFUSED, Conflict)
    one, two = again(first, values={"rooms": 1}), again(first, values={"rooms": 2})
    both = takes(city.cast.li, one, stated(**vars(two) | {"id": one.id}), one)
    assert [judged.state for judged in both] == [State.APPLIED, State.REFUSED, State.APPLIED]
    assert (count(Entry), count(Statement)) == (1, 2)


def test_a_worker_states_in_own_grids_and_of_what_moves_in_or_out(city: City) -> None:
    here, there = stated(), stated(place=at_grid(1))
    first, second = takes(city.cast.li, here, there)
    assert (first.state, second.state, type(second.error)) == (State.APPLIED, State.REFUSED, Refused)
    takes(city.cast.wang, there)
    (judged,) = takes(city.cast.li, again(there))
    assert isinstance(judged.error, Refused)
    assert [one.state for one in takes(city.cast.li, again(there, place=at_grid(0)))] == [State.APPLIED]
    assert entry(there.subject_id).area_code == GRIDS[0]
    assert [one.state for one in takes(city.cast.steward, again(here))] == [State.APPLIED]
    (judged,) = takes(city.cast.dispatcher, again(here))
    assert isinstance(judged.error, Refused)


def test_what_waited_is_judged_by_the_areas_of_who_sent_it(city: City) -> None:
    first = stated(place=at_grid(1))
    mine, his = again(first, values={"rooms": 4}), again(first, values={"gas": "pipe"})
    takes(city.cast.li, mine)
    takes(city.cast.wang, his)
    takes(city.cast.wang, first)
    assert entry(first.subject_id).values == {"address": "南塘路1号", "gas": "pipe"}
    (judged,) = takes(city.cast.li, mine)
    assert judged.state == State.REFUSED
    assert whole_is_compiled_anew(first.subject_id) == {}


def test_who_says_no_place_means_the_own_grid_if_there_is_one(city: City) -> None:
    mine, nowhere = stated(place=None), stated(place=None)
    takes(city.cast.li, mine)
    assert (entry(mine.subject_id).area_code, entry(mine.subject_id).lon) == (GRIDS[0], None)
    (judged,) = takes(city.cast.steward, nowhere)
    assert isinstance(judged.error, Invalid)
    assert judged.error.faults[0].field == "place"
    (judged,) = takes(city.cast.steward, stated(place=None, area_code=GRIDS[2]))
    assert judged.state == State.APPLIED
    (judged,) = takes(city.cast.steward, stated(place=None, area_code="999999"))
    assert isinstance(judged.error, Invalid)


def test_another_register_or_another_entrys_head_is_refused(city: City) -> None:
    first, other = stated(), stated()
    takes(city.cast.li, first, other)
    wrong = [again(first, register=Register.ENTITY, values={"name": "店"}), again(first, base=other.id)]
    assert [type(one.error) for one in takes(city.cast.li, *wrong)] == [Invalid, Invalid]
    assert count(Statement) == 2


@pytest.fixture
def contested(city: City) -> Stated:
    """A house of which two say different numbers of rooms and different owners."""
    first = stated()
    takes(city.cast.li, first, again(first, values={"rooms": 4, "owner_name": "张三"}),
          again(first, values={"rooms": 5, "owner_name": "李四"}))
    return first


@pytest.mark.parametrize(("keep", "rooms", "owner"), [("current", 4, "张三"), ("stated", 5, "李四"), ("other", 6, "王五")])
def test_a_decision_is_a_statement_and_keeps_what_is_chosen(
        city: City, contested: Stated, keep: str, rooms: int, owner: str) -> None:
    conflict = open_conflict(contested.subject_id)
    assert conflict.fields == ["owner_name", "rooms"]
    with transaction() as db:
        values = {"rooms": rooms, "owner_name": owner} if keep == "other" else {}
        decided = conflicts.decide(db, city.cast.li, conflict.id, keep, values)
        assert (decided.whole["rooms"], decided.whole["owner_name"], decided.contested) == (rooms, owner, [])
    with reading() as db:
        closed = db.get_one(Contest, conflict.id)
        assert (closed.outcome, closed.decided_by) == (Outcome(keep), city.cast.li.id)
        last = statements_of(db, [contested.subject_id])[contested.subject_id][-1]
    assert (last.source, last.origin, last.decides) == (Source.GENERATED, f"conflict:{conflict.id}", ["owner_name", "rooms"])
    assert whole_is_compiled_anew(contested.subject_id) == {}


def test_who_may_not_know_of_it_does_not_decide_and_nothing_is_decided_twice(city: City, contested: Stated) -> None:
    conflict = open_conflict(contested.subject_id)
    for actor, error in ((city.cast.wang, NotFound), (city.cast.dispatcher, NotFound), (city.cast.administrator, Refused)):
        with transaction() as db, pytest.raises(error):
            conflicts.decide(db, actor, conflict.id, "current")
    with transaction() as db, pytest.raises(NotFound):
        conflicts.decide(db, city.cast.li, new_id(), "current")
    for keep, values in (("both", {}), ("agreed", {}), ("other", {"rooms": 3}),
                         ("other", {"rooms": 3, "owner_name": "王", "gas": "pipe"})):
        with transaction() as db, pytest.raises(Invalid):
            conflicts.decide(db, city.cast.li, conflict.id, keep, values)
    with transaction() as db:
        first = conflicts.decide(db, city.cast.li, conflict.id, "stated").version
    with transaction() as db:
        assert conflicts.decide(db, city.cast.li, conflict.id, "stated").version == first
    with transaction() as db, pytest.raises(Conflict):
        conflicts.decide(db, city.cast.steward, conflict.id, "current")


def test_what_is_about_a_conflict_is_told_while_it_is_open(city: City, contested: Stated) -> None:
    conflict = open_conflict(contested.subject_id)
    with reading() as db:
        (told,) = conflicts.about(db, [conflict.id, new_id()])
        (page,) = conflicts.page(db, city.cast.li)
    assert (told.subject_id, told.label, told.area_code, told.fields, told.kind) == (
        contested.subject_id, "南塘路1号", GRIDS[0], ["owner_name", "rooms"], ContestKind.VALUES)
    assert page["contested"] == {"rooms": {"current": 4, "stated": 5}, "owner_name": {"current": "张*", "stated": "李*"}}


def lamp(code: str, **facts: Any) -> Stated:
    return stated(register=Register.COMPONENT, **{"values": {"code": code, "name": "路灯"}} | facts)


CODE, OTHER_CODE = "4403050101000001", "4403050101000002"


@pytest.mark.parametrize(("keep", "mine", "others"), [
    ("current", None, CODE), ("stated", CODE, None), ("other", OTHER_CODE, CODE)])
def test_a_number_that_another_entry_has_is_kept_flagged_and_decided(
        city: City, keep: str, mine: str | None, others: str | None) -> None:
    one, two = lamp(CODE), lamp(CODE)
    assert takes(city.cast.li, one)[0].state == State.APPLIED
    (judged,) = takes(city.cast.li, two)
    assert (judged.state, judged.contested) == (State.CONFLICT, {"code": {"current": CODE, "stated": CODE}})
    conflict = open_conflict(two.subject_id)
    assert (conflict.kind, conflict.other_id, conflict.fields) == (ContestKind.SAME_NUMBER, one.subject_id, ["code"])
    with transaction() as db:
        conflicts.decide(db, city.cast.li, conflict.id, keep, {"code": OTHER_CODE} if keep == "other" else {})
    assert (entry(two.subject_id).values.get("code"), entry(one.subject_id).values.get("code")) == (mine, others)
    with reading() as db:
        assert db.get_one(Contest, conflict.id).outcome == keep
        holders = {one.entry_id for one in db.scalars(select(keys.Holder))}
    assert holders == {subject for subject, code in ((two.subject_id, mine), (one.subject_id, others)) if code}


def test_a_number_given_up_goes_to_who_states_it_still(city: City) -> None:
    one, two, three = lamp(CODE), lamp(CODE), lamp(CODE)
    takes(city.cast.li, one, two)
    before = count(Event, Event.name == "register.changed", Event.subject == two.subject_id)
    takes(city.cast.li, again(one, register=Register.COMPONENT, values={"code": OTHER_CODE}))
    assert count(Event, Event.name == "register.changed", Event.subject == two.subject_id) == before + 1
    with reading() as db:
        assert db.scalars(select(Contest).where(Contest.closed_at.is_(None))).all() == []
    takes(city.cast.li, three)
    assert open_conflict(three.subject_id).other_id == two.subject_id


def test_several_houses_may_have_one_owner(city: City) -> None:
    takes(city.cast.li, *(stated(values={"address": f"{number}号", "owner_phone": "13800138000"}) for number in (1, 2)))
    assert count(Contest) == 0


def test_two_at_once_about_one_house_are_both_kept(city: City) -> None:
    first = stated()
    takes(city.cast.li, first)
    several = [again(first, values={"rooms": number}) for number in range(1, 9)]
    at_once([lambda one=one: takes(city.cast.li, one) for one in several])
    assert whole_is_compiled_anew(first.subject_id) == {"rooms": {str(number) for number in range(1, 9)}}
    assert count(Contest) == 1


def test_two_at_once_make_an_entry_once_and_a_number_has_one_holder(city: City) -> None:
    same = new_id()
    several = [stated(subject_id=same, values={"address": "南塘路1号", "rooms": number}) for number in (1, 2, 3, 4)]
    at_once([lambda one=one: takes(city.cast.li, one) for one in several])
    assert whole_is_compiled_anew(same) == {"rooms": {"1", "2", "3", "4"}}
    lamps = [lamp(CODE) for _ in range(4)]
    at_once([lambda one=one: takes(city.cast.li, one) for one in lamps])
    assert count(Contest, Contest.kind == ContestKind.SAME_NUMBER) == 3
    assert count(keys.Holder) == 1


def test_batches_that_overlap_at_once_make_each_statement_once(city: City) -> None:
    several = [stated(values={"address": f"{number}号"}) for number in range(40)]
    def sends() -> None:
        mixed = random.sample(several, len(several))
        assert {one.state for one in takes(city.cast.li, *mixed)} == {State.APPLIED}
    at_once([sends] * 4)
    assert (count(Entry), count(Statement)) == (40, 40)


def at_once(works: list[Any]) -> None:
    failed: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def work(one: Any) -> None:
        try:
            gate.wait()
            one()
        except BaseException as error:
            failed.append(error)
    threads = [threading.Thread(target=work, args=(one,)) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def offline(chance: random.Random, subject_id: uuid.UUID) -> list[Stated]:
    """What four devices state of one subject without hearing of each other: each its own chain, or based on another's."""
    made = [stated(subject_id=subject_id, values={"address": "南塘路1号", "rooms": 1})]
    for _ in range(chance.randint(3, 9)):
        base = chance.choice(made)
        values = {name: chance.choice(options) for name, options in (
            ("rooms", [1, 2, 3]), ("owner_name", ["张三", "李四", None]), ("gas", ["pipe", "bottle"])) if chance.random() < 0.6}
        made.append(again(base, values=values or {"note": "看过"}, place=chance.choice([None, at_grid(0)])))
    return made


def test_in_any_order_and_any_batches_the_stored_record_is_the_same(city: City, time: SetClock) -> None:
    for seed in range(12):
        chance = random.Random(seed)
        seen = []
        for _ in range(2):
            subject_id = uuid.UUID(int=chance.getrandbits(128))
            statements = offline(random.Random(seed), subject_id)
            left = chance.sample(statements, len(statements))
            while left:
                size = chance.randint(1, len(left))
                takes(city.cast.li, *left[:size])
                left = left[size:]
            standing = whole_is_compiled_anew(subject_id)
            one = entry(subject_id)
            settled = {name: value for name, value in one.whole.items() if name not in standing}
            seen.append((standing, settled, one.version))
            assert all(repr(one.whole.get(name)) in values for name, values in standing.items())
            assert count(Statement, Statement.subject_id == subject_id, Statement.version.is_(None)) == 0
        assert seen[0] == seen[1], seed


def test_entries_are_shown_masked_and_listed_by_area(city: City) -> None:
    mine = [stated(values={"address": f"{number}号", "owner_phone": "13800138000"}) for number in range(5)]
    takes(city.cast.li, *mine)
    takes(city.cast.wang, stated(place=at_grid(1)))
    with reading() as db:
        first = entries.ids_in(db, [GRIDS[0]], limit=3)
        rest = entries.ids_in(db, [GRIDS[0]], after=first[-1], limit=3)
        assert [*first, *rest] == sorted(one.subject_id for one in mine)
        assert len(entries.ids_in(db, [GRIDS[0][:12]])) == 6
        assert entries.ids_in(db, []) == []
        shown = entries.shown(db, [mine[0].subject_id, new_id()])
        assert entries.areas_of(db, [mine[0].subject_id]) == {mine[0].subject_id: GRIDS[0]}
    (item,) = shown.values()
    assert item["masked"] == {"owner_phone": "138****8000"}
    assert set(item) == {"register", "label", "lon", "lat", "area", "head", "version", "values", "masked", "conflicts",
                         "relations"}


def test_many_are_taken_in_with_few_statements_of_the_database(city: City) -> None:
    several = [stated(values={"address": f"{number}号", "owner_phone": "13800138000"}) for number in range(300)]
    for batch in (several, [again(one) for one in several], [again(one, values={"gas": "pipe"}) for one in several]):
        with heard() as run:
            assert {one.state for one in takes(city.cast.li, *batch)} == {State.APPLIED}
        assert len(run) < 20, run
