"""A number that only one can have: whose it is when several state it, at once and after somebody gave it up."""
import threading
import time as seconds
import uuid

import pytest
from sqlalchemy import select

from casework.errors import Conflict, Invalid
from casework.registry import conflicts, keys
from casework.registry.contests import Contest
from casework.registry.fields import Register
from casework.registry.statements import receive
from casework.storage.database import reading, transaction
from tests.storage.city import City
from tests.storage.test_registry_statements import CODE, OTHER_CODE, again, entry, lamp, open_conflict, stated, takes


def holders() -> set[uuid.UUID]:
    with reading() as db:
        return {one.entry_id for one in db.scalars(select(keys.Holder))}


def open_ones() -> set[tuple[uuid.UUID, uuid.UUID | None]]:
    with reading() as db:
        return {(one.subject_id, one.other_id) for one in db.scalars(select(Contest).where(Contest.closed_at.is_(None)))}


def test_those_who_state_a_number_still_are_in_conflict_when_its_holder_gives_it_up(city: City) -> None:
    one, two, three = lamp(CODE), lamp(CODE), lamp(CODE)
    for each in (one, two, three):
        takes(city.cast.li, each)
    takes(city.cast.li, again(one, register=Register.COMPONENT, values={"code": OTHER_CODE}))
    assert open_ones() == {(three.subject_id, two.subject_id)}
    with transaction() as db:
        conflicts.decide(db, city.cast.li, open_conflict(three.subject_id).id, "current")
    assert open_ones() == set()
    assert entry(three.subject_id).values.get("code") is None


def test_who_states_a_number_while_its_holder_gives_it_up_has_it(city: City) -> None:
    one, two = lamp(CODE), lamp(CODE)
    takes(city.cast.li, one)
    giving = threading.Thread(target=takes, args=(
        city.cast.li, again(one, register=Register.COMPONENT, values={"code": OTHER_CODE})))
    with transaction() as db:
        receive(db, city.cast.li, [two])
        giving.start()
        seconds.sleep(0.5)
    giving.join()
    assert holders() == {one.subject_id, two.subject_id}
    assert open_ones() == set()


def test_another_decision_than_the_one_taken_is_not_acknowledged(city: City) -> None:
    first = stated()
    takes(city.cast.li, first, again(first, values={"rooms": 4}), again(first, values={"rooms": 5}))
    conflict = open_conflict(first.subject_id)
    for _ in range(2):
        with transaction() as db:
            conflicts.decide(db, city.cast.li, conflict.id, "other", {"rooms": "6"})
    with pytest.raises(Conflict), transaction() as db:
        conflicts.decide(db, city.cast.li, conflict.id, "other", {"rooms": 7})
    assert entry(first.subject_id).values["rooms"] == 6


def test_the_number_in_question_settles_no_conflict_about_itself(city: City) -> None:
    one, two = lamp(CODE), lamp(CODE)
    takes(city.cast.li, one)
    takes(city.cast.li, two)
    with pytest.raises(Invalid), transaction() as db:
        conflicts.decide(db, city.cast.li, open_conflict(two.subject_id).id, "other", {"code": CODE})
    assert open_ones() == {(two.subject_id, one.subject_id)}
