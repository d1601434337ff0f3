"""Coverage: which squares of a grid were walked on which days, where nobody was, and nobody's name in it."""
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import shapely
from sqlalchemy import inspect, select

from casework import clock, settings
from casework.cases.cells import cell_of
from casework.errors import Invalid, NotFound
from casework.fieldwork import coverage
from casework.fieldwork.coverage import OfArea, Visit, Walked, cells_in
from casework.geography.areas import area
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, SIDE, SOUTH, WEST, at_grid
from tests.storage.city import City


def walked(*places: Point, at: datetime | None = None) -> int:
    with transaction() as db:
        return coverage.walked(db, [(place, at or clock.now()) for place in places])


def today() -> date:
    return clock.now().astimezone(clock.CITY).date()


def covered(actor: Actor, area_code: str = "4403", days: int = 7, **facts: object) -> OfArea:
    with reading() as db:
        return coverage.of(db, actor, area_code, today() - timedelta(days=days), today(), **facts)  # type: ignore[arg-type]


def test_a_square_counts_once_a_day(city: City, time: SetClock) -> None:
    here, there = at_grid(0), at_grid(0, 200)
    assert walked(here, here, there) == 2
    assert walked(here) == 0
    time.passes(days=1)
    assert walked(here) == 1
    (grid,) = covered(city.cast.li, GRIDS[0]).items
    assert (grid.visited, grid.last_visit, grid.days_since) == (2, today(), 0)
    (grid,) = covered(city.cast.li, GRIDS[0], days=0).items
    assert grid.visited == 1


def test_a_day_is_a_day_of_the_city(city: City) -> None:
    walked(at_grid(0), at=datetime.fromisoformat("2026-03-01T23:59:00+08:00"))
    walked(at_grid(0), at=datetime.fromisoformat("2026-03-02T00:01:00+08:00"))
    with reading() as db:
        assert sorted(db.scalars(select(Walked.day))) == [date(2026, 3, 1), date(2026, 3, 2)]


def test_outside_of_all_grids_nothing_counts(city: City) -> None:
    assert walked(Point(0, 0), at_grid(0, -9_000)) == 0


def test_the_squares_of_a_grid_cover_it(city: City) -> None:
    with reading() as db:
        outline = area(db, GRIDS[0]).outline
    assert outline is not None
    cells = cells_in(outline)
    assert len(cells) == 100  # ten by ten hundredths of a kilometre
    assert cell_of(at_grid(0)) in cells
    assert cell_of(at_grid(1)) not in cells


def test_walked_all_over_a_grid_is_covered_whole(city: City) -> None:
    step = SIDE / 10
    walked(*(Point(WEST + step * (east + 0.5), SOUTH + step * (north + 0.5)) for east in range(10) for north in range(10)))
    first, *others = covered(city.cast.supervisor).items
    assert (first.code, first.cells, first.visited, first.share) == (GRIDS[0], 100, 100, 1.0)
    assert {one.share for one in others} == {0.0}


def test_a_grid_smaller_than_a_square_has_one(city: City) -> None:
    corner = Point(WEST + 0.00005, SOUTH + 0.00005)
    tiny = shapely.box(corner.lon, corner.lat, corner.lon + 0.0002, corner.lat + 0.0002)
    assert cells_in(shapely.to_wkb(tiny)) == {cell_of(corner)}


def test_where_nobody_was_is_listed(city: City, time: SetClock) -> None:
    walked(at_grid(1))
    time.passes(days=20)
    walked(at_grid(0))
    found = covered(city.cast.leader, silent=True)
    assert (found.grids, found.silent) == (4, 3)
    assert [(one.code, one.days_since) for one in found.items] == [(GRIDS[1], 20), (GRIDS[2], None), (GRIDS[3], None)]
    assert covered(city.cast.leader, days=30).silent == 2


def test_pages_walk_over_every_grid_once(city: City) -> None:
    first = covered(city.cast.steward, limit=3)
    assert ([one.code for one in first.items], first.next) == (list(GRIDS[:3]), GRIDS[2])
    rest = covered(city.cast.steward, limit=3, after=first.next)
    assert ([one.code for one in rest.items], rest.next) == ([GRIDS[3]], None)


def test_a_grid_worker_sees_his_own_grid(city: City) -> None:
    assert len(covered(city.cast.li, GRIDS[0]).items) == 1
    for code in (GRIDS[1], "4403", "9999"):
        with pytest.raises(NotFound):
            covered(city.cast.li, code)
    with pytest.raises(NotFound):
        covered(city.cast.water_handler, GRIDS[0])


@pytest.mark.parametrize("days", [-1, 367])
def test_a_span_that_is_none_is_named(city: City, days: int) -> None:
    with pytest.raises(Invalid) as caught:
        covered(city.cast.leader, days=days)
    assert [one.field for one in caught.value.faults] == ["until"]


def test_neighbours_who_walk_the_same_border_at_once_do_not_wait_for_each_other(city: City) -> None:
    border = [at_grid(0, 400 + 10 * step, 30 * (step % 7)) for step in range(40)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda turn: walked(*(border if turn % 2 else reversed(border))), range(12)))
    with reading() as db:
        squares = db.execute(select(Walked.area_code, Walked.cell, Walked.day)).all()
        assert len(squares) == len(set(squares)) > 2
        assert len(db.scalars(select(Visit.id)).all()) == 2


def test_squares_are_forgotten_with_the_tracks_and_their_number_stays(city: City, time: SetClock) -> None:
    walked(at_grid(0), at_grid(0, 200), at_grid(0, 400))
    walked(at_grid(1))
    time.passes(days=settings.current().track_days + 1)
    walked(at_grid(0, -200))
    with transaction() as db:
        assert [coverage.forget_squares(db, 1) for _ in range(3)] == [1, 1, 0]
    with reading() as db:
        assert [one.area_code for one in db.scalars(select(Walked))] == [GRIDS[0]]
    first, second, *_ = covered(city.cast.leader, days=120).items
    assert (first.visited, second.visited) == (3, 1)  # at least: of days long past the best one counts
    assert (first.last_visit, second.days_since) == (today(), settings.current().track_days + 1)


def test_there_is_no_column_for_a_person() -> None:
    for table in (Walked, Visit):
        assert {column.name for column in inspect(table).columns} <= {"id", "area_code", "day", "cell", "cells"}
