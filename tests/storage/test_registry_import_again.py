"""A table that comes again, or comes back to what it said: what differs is told as such, once, and places are not left out."""
from typing import Any

import pytest
from sqlalchemy import select

from casework.registry import conflicts
from casework.registry.contests import Contest
from casework.registry.fields import Register
from casework.registry.importing import Report
from casework.registry.records import Entry, Statement
from casework.registry.statements import receive
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.city import City
from tests.storage.test_registry_import import CARD, PEOPLE, brings, csv_of, told, vars_of
from tests.storage.test_registry_statements import again, count, stated, whole_is_compiled_anew

CODE = "4403050101000001"


def lamp(city: City, state: str = "", *more: Any, headings: tuple[str, ...] = ("网格编码",), **facts: Any) -> Report:
    """A file about one lamp: its state, and what else stands beside it."""
    cells = [["标识码", "名称", "状态", *headings], [CODE, "路灯", state, *(more or (GRIDS[0],))]]
    return brings(city.cast.steward, csv_of(cells), register=Register.COMPONENT, **facts)


def the_only() -> Entry:
    with reading() as db:
        return db.scalars(select(Entry)).one()


def decide(city: City, keep: str) -> None:
    with transaction() as db:
        open_one = select(Contest.id).where(Contest.closed_at.is_(None))
        conflicts.decide(db, city.cast.steward, db.scalars(open_one).one(), keep)


def test_a_file_that_comes_back_to_what_it_said_differs_once(city: City) -> None:
    assert told(lamp(city, "完好")) == {"new": 1}
    assert told(lamp(city, "破损", trust=True)) == {"changed": 1}
    assert told(lamp(city, "完好", dry_run=True)) == {"conflicts": 1}
    for expected in ({"conflicts": 1}, {"unchanged": 1}, {"unchanged": 1}):
        assert told(lamp(city, "完好")) == expected
    lit = the_only()
    assert (lit.contested, lit.values["state"], count(Contest)) == (["state"], "damaged", 1)
    assert whole_is_compiled_anew(lit.id) == {"state": {"'good'", "'damaged'"}}


@pytest.mark.parametrize("keep", ["current", "stated"])
def test_what_was_decided_is_not_raised_again_until_others_say_something_else(city: City, keep: str) -> None:
    lamp(city, "完好")
    lamp(city, "破损", trust=True)
    lamp(city, "完好")
    decide(city, keep)
    assert told(lamp(city, "完好")) == {"unchanged": 1}
    lamp(city, "缺失", trust=True)
    for expected in ({"conflicts": 1}, {"unchanged": 1}):
        assert told(lamp(city, "完好")) == expected
    decide(city, "current")
    assert told(lamp(city, "完好")) == {"unchanged": 1}


def test_a_file_that_says_what_a_worker_set_right_differs_from_it_once(city: City) -> None:
    brings(city.cast.steward, csv_of(PEOPLE[:2]))
    zhang = the_only()
    with transaction() as db:
        receive(db, city.cast.li, [again(stated(subject_id=zhang.id), register=Register.PERSON, base=zhang.head,
                                         values={"phone": "13600136000"})])
    for expected in ({"conflicts": 1}, {"unchanged": 1}):
        assert told(brings(city.cast.steward, csv_of(PEOPLE[:2]))) == expected
    assert (the_only().whole["phone"], the_only().contested) == ("13600136000", ["phone"])
    assert (the_only().whole["id_number"], count(Entry)) == (CARD, 1)


PLACED = ("经度", "纬度")


def test_a_place_is_told_of_an_entry_that_had_none(city: City) -> None:
    lamp(city, "完好")
    assert told(lamp(city, "完好", *vars_of(at_grid(1)), headings=PLACED, dry_run=True)) == {"changed": 1}
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(lamp(city, "完好", *vars_of(at_grid(1)), headings=PLACED)) == expected
    lit = the_only()
    assert (lit.lon, lit.lat, lit.area_code) == (at_grid(1).lon, at_grid(1).lat, GRIDS[1])
    assert whole_is_compiled_anew(lit.id) == {}


def test_only_a_trusted_file_moves_what_has_a_place(city: City) -> None:
    lamp(city, "完好", *vars_of(at_grid(0)), headings=PLACED)
    assert told(lamp(city, "完好", *vars_of(at_grid(1)), headings=PLACED)) == {"unchanged": 1}
    assert the_only().area_code == GRIDS[0]
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(lamp(city, "完好", *vars_of(at_grid(1)), headings=PLACED, trust=True)) == expected
    assert (the_only().lon, the_only().area_code) == (at_grid(1).lon, GRIDS[1])
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(lamp(city, "破损", *vars_of(at_grid(0)), headings=PLACED, trust=True)) == expected
    assert (the_only().lon, the_only().area_code, the_only().values["state"]) == (at_grid(0).lon, GRIDS[0], "damaged")


def test_so_it_is_with_the_grid_and_an_area_for_all_rows_moves_nothing(city: City) -> None:
    lamp(city, "完好")
    assert told(lamp(city, "完好", GRIDS[1])) == {"unchanged": 1}
    assert told(lamp(city, "完好", "", area_code=GRIDS[1], trust=True)) == {"unchanged": 1}
    assert told(lamp(city, "完好", GRIDS[0][:9], trust=True)) == {"unchanged": 1}, "it lies there already"
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(lamp(city, "完好", GRIDS[1], trust=True)) == expected
    assert the_only().area_code == GRIDS[1]


def test_a_place_comes_beside_what_differs_and_also_when_that_was_said_before(city: City) -> None:
    lamp(city, "完好")
    for expected in ({"conflicts": 1}, {"unchanged": 1}):
        assert told(lamp(city, "破损")) == expected
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(lamp(city, "破损", *vars_of(at_grid(1)), headings=PLACED)) == expected
    assert (the_only().lon, the_only().contested, count(Statement)) == (at_grid(1).lon, ["state"], 3)


def test_what_differs_and_has_a_place_is_said_once(city: City, time: SetClock) -> None:
    lamp(city, "完好")
    time.passes(minutes=1)
    for expected in ({"conflicts": 1}, {"unchanged": 1}):
        assert told(lamp(city, "破损", *vars_of(at_grid(1)), headings=PLACED)) == expected
    assert (the_only().lon, the_only().contested) == (at_grid(1).lon, ["state"])


def test_a_place_that_is_none_is_told_when_it_is_to_be_taken(city: City) -> None:
    lamp(city, "完好")
    tried = lamp(city, "完好", 1, 1, headings=PLACED, dry_run=True)
    assert [(one.row, one.column) for one in tried.bad] == [(2, "经度")]
    assert told(lamp(city, "完好", "999", trust=True, skip_bad=True)) == {"skipped": 1}
