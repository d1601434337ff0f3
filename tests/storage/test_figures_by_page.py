"""Pages of grids and grid workers: whole months from their sums, the days around them from the facts, by key."""
from datetime import date
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, literal, select, union_all

from casework.cases.case import Case
from casework.cases.report import Channel
from casework.geography.codes import Level
from casework.performance import figures, rollups
from casework.performance.figures import By, Wanted
from casework.performance.rollups import ONLY_BY_MONTH, Rollup, Span
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.statements import heard
from tests.storage.city import City

SINCE, UNTIL = date(2026, 3, 31), date(2026, 6, 3)
WHOLE = {"since": date(2026, 4, 1), "until": date(2026, 6, 1)}
DAYS = ("2026-03-30", "2026-03-31", "2026-04-15", "2026-05-31", "2026-06-02", "2026-06-03")


@pytest.fixture
def spread(city: City, time: SetClock) -> City:
    """Cases before, on each part of, and after a period: some grids have them on odd days alone, some in whole months alone."""
    cast = city.cast
    workers = (cast.li, cast.wang, cast.li, cast.wang, cast.li, cast.li)
    for day, grid, worker in zip(DAYS, (0, 3, 0, 1, 2, 1), workers, strict=True):
        time.is_now(f"{day} 10:00")
        city.triages(city.receives(place=at_grid(grid), channel=Channel.PDA, source=worker.name, reporter_id=worker.id))
    with transaction() as db:
        rollups.refresh(db, db.scalars(select(Case.id)).all())
    return city


def found(city: City, **narrowed: Any) -> dict[str, Any]:
    with reading() as db:
        page = figures.page(db, city.cast.leader, Wanted(**({"since": SINCE, "until": UNTIL} | narrowed)))
    return {one["key"]: one["values"]["received"] for one in page["items"]}


def test_months_and_the_days_around_them_come_together(spread: City) -> None:
    li, wang = str(spread.cast.li.id), str(spread.cast.wang.id)
    assert found(spread, by=By.AREA, level=Level.GRID) == dict.fromkeys(GRIDS, 1)
    assert found(spread, by=By.WORKER) == {li: 2, wang: 2}
    assert found(spread, by=By.WORKER, area=GRIDS[0][:12]) == {li: 1, wang: 1}
    assert found(spread, by=By.WORKER, area=GRIDS[3]) == {wang: 1}
    assert found(spread, by=By.AREA, level=Level.GRID, channel=Channel.PDA, area=GRIDS[2][:12]) == {GRIDS[2]: 1, GRIDS[3]: 1}


@pytest.mark.parametrize("narrowed", [
    {"by": By.AREA, "level": Level.GRID}, {"by": By.AREA, "level": Level.GRID, "channel": Channel.PDA}, {"by": By.WORKER},
    {"by": By.WORKER, "area": GRIDS[0][:9]}, {"by": By.WORKER, "category": "101"}, {"by": By.AREA, "level": Level.COMMUNITY}])
def test_a_page_begins_where_the_one_before_ended_whatever_it_is_read_from(spread: City, narrowed: dict[str, Any]) -> None:
    whole = found(spread, **narrowed)
    assert len(whole) > 1
    seen: dict[str, Any] = {}
    for _ in range(len(whole)):
        one = found(spread, **narrowed, limit=1, after=max(seen, default=None))
        assert len(one) == 1
        seen |= one
    assert list(seen.items()) == sorted(whole.items())
    assert found(spread, **narrowed, after=max(seen)) == {}


@pytest.mark.parametrize("narrowed", [
    {"by": By.AREA, "level": Level.GRID}, {"by": By.AREA, "level": Level.GRID, "channel": Channel.PDA},
    {"by": By.AREA, "area": GRIDS[0][:12]}, {"by": By.WORKER}, {"by": By.WORKER, "area": GRIDS[0][:12]},
    {"by": By.WORKER, "channel": Channel.PDA}])
def test_of_whole_months_no_fact_is_read(spread: City, narrowed: dict[str, Any]) -> None:
    with heard() as said:
        assert found(spread, **narrowed, **WHOLE)
    assert not [sql for sql, _ in said if "performance_facts" in sql]


def test_what_is_as_small_as_a_grid_has_no_sums_by_day(spread: City) -> None:
    with reading() as db:
        kept = set(db.execute(select(Rollup.grouping, Rollup.span)).all())
    small = {grouping for grouping, _ in kept} & ONLY_BY_MONTH
    assert small == ONLY_BY_MONTH
    assert {(one, Span.DAY) for one in small}.isdisjoint(kept)


def test_no_grid_worker_opened_what_did_not_come_in_by_the_pda(spread: City) -> None:
    assert found(spread, by=By.WORKER, channel=Channel.HOTLINE) == {}
    assert found(spread, by=By.WORKER, channel=Channel.PDA) == found(spread, by=By.WORKER)


def test_a_case_whose_caller_was_split_off_is_not_of_the_grid_worker_who_is_left(city: City, time: SetClock) -> None:
    called = city.receives(channel=Channel.HOTLINE, reporter_phone="13800000000")
    time.passes(hours=1)
    seen = city.receives(place=at_grid(1), source="li", reporter_id=city.cast.li.id)
    city.triages(called, seen)
    case = city.case(called)
    city.does(city.cast.dispatcher, "merge", seen, into=case.number, reason="同一处")
    with transaction() as db:
        number = min(db.get_one(Case, case.id).reports, key=lambda one: one.received_at).number
        city.act(db, case.id, city.cast.dispatcher, "split", reports=(number,), reason="是另一处")
    with transaction() as db:
        rollups.refresh(db, db.scalars(select(Case.id)).all())
    day = {"since": date(2026, 3, 2), "until": date(2026, 3, 3)}
    assert found(city, by=By.CHANNEL, **day) == {"hotline": 2, "pda": 0}
    assert not any(found(city, by=By.WORKER, **day).values())


@pytest.mark.usefixtures("store")
def test_bytes_are_joined_alike_in_both_databases() -> None:
    parts = union_all(*(select(literal(key).label("key"), literal(part, LargeBinary).label("part"))
                        for key, part in (("a", b"\x00\xff"), ("a", None), ("a", b"\x00\xff"), ("b", None)))).subquery()
    together = func.string_agg(parts.c.part, b"-", type_=LargeBinary)
    joined = select(parts.c.key, together).group_by(parts.c.key).order_by(parts.c.key)
    with reading() as db:
        assert [(key, bytes(one) if one is not None else None) for key, one in db.execute(joined)] == [
            ("a", b"\x00\xff-\x00\xff"), ("b", None)]


def test_of_what_there_may_be_thousands_a_page_holds_fewer_than_it_might(
        spread: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_OF_MANY", 2)
    assert list(found(spread, by=By.AREA, level=Level.GRID)) == sorted(GRIDS)[:2]
    assert list(found(spread, by=By.AREA, level=Level.GRID, limit=1)) == sorted(GRIDS)[:1]
    assert len(found(spread, by=By.DAY)) == 4
