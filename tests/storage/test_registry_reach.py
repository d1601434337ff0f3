"""What a post does not give: a second post lends no register to the first, and nobody writes about what lies elsewhere."""
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from casework import clock
from casework.errors import Refused
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.registry import conflicts, entries, visits
from casework.registry.entries import Wanted
from casework.registry.statements import State
from casework.registry.visits import Visited
from casework.storage.database import new_id, reading, transaction
from tests.factories import GRIDS, at_grid
from tests.storage.city import City
from tests.storage.test_registry_import import brings, csv_of
from tests.storage.test_registry_statements import CODE, again, entry, lamp, open_conflict, stated, takes


def with_posts(*posts: tuple[Role, str | None]) -> Actor:
    with transaction() as db:
        user = create_user(db, uuid.uuid4().hex[:8], "Sun")
        for role, area_code in posts:
            create_post(db, role.value, role, area_code=area_code, holder_id=user.id)
    with reading() as db:
        return actor_of(db, user.id)


def seen_by(actor: Actor, **wanted: Any) -> set[uuid.UUID]:
    with reading() as db:
        found, _ = entries.search(db, actor, Wanted(**wanted))
        return {one["id"] for one in found}


@pytest.fixture
def both(city: City) -> Actor:
    """Who walks the first grid, and sees the whole city's cases in another post."""
    return with_posts((Role.GRID_WORKER, GRIDS[0]), (Role.DISPATCHER, None))


def test_a_post_that_sees_all_cases_shows_no_further_entries(city: City, both: Actor) -> None:
    here, there = stated(), stated(place=at_grid(1))
    takes(city.cast.steward, here, there, again(there, values={"rooms": 1}), again(there, values={"rooms": 2}))
    assert seen_by(both) == seen_by(city.cast.li) == {here.subject_id}
    assert seen_by(both, area_code=GRIDS[1]) == seen_by(both, near=at_grid(1)) == set()
    with reading() as db:
        assert conflicts.page(db, both) == []
        assert len(conflicts.page(db, city.cast.wang)) == 1


def test_what_waited_is_not_judged_by_a_post_that_writes_no_register(city: City, both: Actor) -> None:
    first = stated(place=at_grid(1))
    mine = again(first, values={"rooms": 4})
    assert takes(both, mine)[0].state == State.WAITING
    takes(city.cast.wang, first)
    assert takes(both, mine)[0].state == State.REFUSED
    assert entry(first.subject_id).values == {"address": "南塘路1号"}


def test_who_stands_where_another_post_looks_tells_of_no_visit_there(city: City) -> None:
    walker = with_posts((Role.GRID_WORKER, GRIDS[0]), (Role.DISPATCHER, GRIDS[1]))
    there = stated(place=at_grid(1))
    takes(city.cast.wang, there)
    for place, refused in ((at_grid(1), True), (at_grid(0), False)):  # in the own grid it may have moved to
        told = Visited(id=new_id(), subject_id=there.subject_id, purpose="care", at=clock.now(), place=place)
        with transaction() as db:
            (error,) = visits.record(db, walker, [told])
        assert isinstance(error, Refused) is refused


def test_who_says_no_place_means_the_own_grid_whatever_other_post_there_is(city: City, both: Actor) -> None:
    one = stated(place=None)
    assert takes(both, one)[0].state == State.APPLIED
    assert entry(one.subject_id).area_code == GRIDS[0]


def test_a_number_is_not_taken_from_an_entry_that_lies_elsewhere(city: City) -> None:
    his, mine = lamp(CODE, place=at_grid(1)), lamp(CODE)
    takes(city.cast.wang, his)
    takes(city.cast.li, mine)
    conflict = open_conflict(mine.subject_id)
    with reading() as db:
        assert [conflicts.page(db, actor)[0]["other"]["id"] for actor in (city.cast.li, city.cast.steward)] == [
            None, his.subject_id]  # who knows the id of an entry can say that it moved
    with pytest.raises(Refused), transaction() as db:
        conflicts.decide(db, city.cast.li, conflict.id, "stated")
    assert entry(his.subject_id).values["code"] == CODE
    assert open_conflict(mine.subject_id).id == conflict.id
    with transaction() as db:
        conflicts.decide(db, city.cast.steward, conflict.id, "stated")
    assert (entry(his.subject_id).values.get("code"), entry(mine.subject_id).values["code"]) == (None, CODE)


LAMPS = [["标识码", "名称", "网格编码"], [CODE, "路灯", GRIDS[1]]]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_table_of_another_area_is_refused_also_when_it_is_only_tried(city: City, dry_run: bool) -> None:
    local = with_posts((Role.DATA_STEWARD, GRIDS[0]))
    told = brings(local, csv_of(LAMPS), register="component", dry_run=dry_run, skip_bad=True)
    assert (told.new, told.skipped, [one.row for one in told.bad]) == (0, 1, [2])
    takes(city.cast.wang, lamp(CODE, place=at_grid(1)))
    for name in ("路灯", "高杆灯"):  # the same as is known there, and another: who may not know of it is not told which
        cells = [LAMPS[0], [CODE, name, GRIDS[0]]]
        told = brings(local, csv_of(cells), register="component", dry_run=dry_run, skip_bad=True)
        assert (told.unchanged, told.conflicts, told.skipped) == (0, 0, 1)
    told = brings(local, csv_of([LAMPS[0], [CODE[:-1] + "9", "路灯", GRIDS[0]]]), register="component", dry_run=dry_run)
    assert (told.new, told.bad) == (1, [])


def test_areas_are_found_also_where_the_database_sorts_as_a_dictionary_does(city: City, store: str) -> None:
    if not store.startswith("postgresql"):
        return  # SQLite compares bytes
    takes(city.cast.li, one := stated())
    with transaction() as db:
        db.execute(text('ALTER TABLE register_entries ALTER COLUMN area_code TYPE varchar COLLATE "zh-x-icu"'))
        found, _ = entries.search(db, city.cast.li, Wanted())
        assert [row["id"] for row in found] == [one.subject_id]
        assert entries.ids_in(db, [GRIDS[0][:6]]) == [one.subject_id]
        db.rollback()
