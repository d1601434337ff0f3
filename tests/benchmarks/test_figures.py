"""Pages of figures over a year of a million cases: quick, because what is asked most is summed up as cases change."""
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from casework.cases.report import Channel
from casework.geography.codes import Level
from casework.identity.people import Actor, Role
from casework.performance import figures, tally
from casework.performance.facts import Fact
from casework.performance.figures import By, Wanted
from casework.performance.rollups import ONLY_BY_MONTH, Place, Span, groups, id_of
from casework.storage import database
from casework.storage.database import reading, transaction
from tests.benchmarks.harness import Measured, Scale, milliseconds, record
from tests.factories import small_taxonomy

FIRST = date(2026, 1, 1)
DAYS = 365
DAYS_IN_SMOKE = 20
LEADER = Actor("user", uuid.uuid4(), "leader", frozenset({Role.LEADER}), unbounded=True)
GOAL_SECONDS = 0.2

luck = random.Random(11)
DEPARTMENTS = [uuid.UUID(int=number + 1) for number in range(90)]
GRIDS = [f"4403{district:02}{street:03}{community:03}{grid:02}" for district in range(1, 11) for street in range(1, 8)
         for community in range(1, 10) for grid in range(1, 33)]
CATEGORIES = [f"{kind}{major:02}{minor:02}" for kind in (1, 2, 3) for major in range(1, 8) for minor in range(1, 25)]
CHANNELS = list(Channel)


def a_tally() -> bytes:
    closed, late = luck.random() < 0.9, luck.random() < 0.15
    counts = {"received": 1, "voices": 1, "filed": 1, "dispatched": 1, "given": 1, "due": int(closed or late),
              "closed": int(closed), "closed_on_time": int(closed and not late), "overdue": int(late),
              "reworked": int(luck.random() < 0.05), "rated": int(luck.random() < 0.2)}
    stages = {"triage": 12, "dispatch": 8, "sign": 50, "handle": 700, "check": 90, "total": 1500} if closed else {"triage": 12}
    return tally.packed(counts, {stage: middle * luck.lognormvariate(0, 1) for stage, middle in stages.items()})


def facts_of(day: date, number: int, tallies: list[bytes]) -> Iterator[Fact]:
    for _ in range(number):
        grid = min(int(luck.paretovariate(0.35)) - 1, len(GRIDS) - 1) if luck.random() < 0.1 else luck.randrange(len(GRIDS))
        category = luck.randrange(len(CATEGORIES))
        channel = luck.choices(CHANNELS, [5, 3, 2, 0.2, 1])[0]
        worker = uuid.UUID(int=1000 + grid) if channel is Channel.PDA else None
        yield Fact(day, DEPARTMENTS[category % 90 if luck.random() < 0.8 else luck.randrange(90)], GRIDS[grid], worker,
                   CATEGORIES[category], channel, luck.choice(tallies))


def copied(cursor: Any, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@pytest.fixture
def counted(postgresql: str, scale: Scale) -> None:
    """Facts of a year and their sums, as the jobs would have left them; the cases themselves are not looked at."""
    tallies = [a_tally() for _ in range(3000)]
    raw = database.engine().raw_connection()
    cursor: Any = raw.cursor()
    cursor.execute("SET session_replication_role = replica")  # no case stands behind a fact here
    cursor.execute("SET synchronous_commit = on")  # what is not yet on the disk VACUUM marks for no index-only scan
    with transaction() as db:
        small_taxonomy(db)
    months: dict[Place, list[bytes]] = defaultdict(list)
    for number in range(DAYS if scale.full else DAYS_IN_SMOKE):
        day = FIRST + timedelta(days=number)
        made = list(facts_of(day, scale.rows // DAYS + 1, tallies))
        copied(cursor, "performance_facts",
               "case_id,position,day,department_id,area_code,worker_id,category_code,channel,tally",
               ((uuid.uuid4(), 0, one.day, one.department_id, one.area_code, one.worker_id, one.category_code,
                 one.channel.value, one.tally) for one in made))
        sums: dict[Place, list[bytes]] = defaultdict(list)
        for one in made:
            for group in groups(one):
                sums[*group, Span.DAY, day].append(one.tally)
        whole = {place: tally.added(some) for place, some in sums.items()}
        for place, total in whole.items():
            months[*place[:3], Span.MONTH, day.replace(day=1)].append(total)
        into_rollups(cursor, {place: total for place, total in whole.items() if place[0] not in ONLY_BY_MONTH})
    into_rollups(cursor, {place: tally.added(some) for place, some in months.items()})
    raw.commit()
    cursor.execute("SET session_replication_role = origin")
    cursor.execute("RESET synchronous_commit")
    raw.commit()
    raw.close()
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE performance_facts"))
        connection.execute(text("VACUUM ANALYZE performance_rollups"))


def into_rollups(cursor: Any, sums: dict[Place, bytes]) -> None:
    copied(cursor, "performance_rollups", "id,grouping,key,within,span,first,tally",
           ((id_of(place), *place[:3], place[3].value, place[4], total) for place, total in sums.items()))


YEAR = {"since": FIRST, "until": FIRST + timedelta(days=DAYS)}
ODD = {"since": FIRST + timedelta(days=16), "until": FIRST + timedelta(days=346)}
DISTRICT, STREET, COMMUNITY, GRID = GRIDS[0][:6], GRIDS[0][:9], GRIDS[0][:12], GRIDS[0]
"""Where most happens: a tenth of all cases lies in the first street, seven of a hundred in its first community."""

PAGES: dict[str, dict[str, Any]] = {
    "the city, a year": {"by": By.TOTAL}, "by day": {"by": By.DAY}, "by department": {"by": By.DEPARTMENT},
    "by channel": {"by": By.CHANNEL}, "by district": {"by": By.AREA}, "by big class": {"by": By.CATEGORY},
    "by community, 200 of them": {"by": By.AREA, "level": Level.COMMUNITY},
    "by grid, 200 of them": {"by": By.AREA, "level": Level.GRID},
    "by grid worker, 200 of them": {"by": By.WORKER}, "by department in a district": {"by": By.DEPARTMENT, "area": DISTRICT},
    "by minor class in a district": {"by": By.CATEGORY, "category": "101", "area": DISTRICT},
    "a department's streets by hotline": {"by": By.AREA, "level": Level.STREET, "department": DEPARTMENTS[0],
                                          "channel": Channel.HOTLINE},
    "by department, a class in a street": {"by": By.DEPARTMENT, "area": STREET, "category": "101"},
    "by day, a department": {"by": By.DAY, "department": DEPARTMENTS[0]},
    "by community in a district, by phone": {"by": By.AREA, "level": Level.COMMUNITY, "area": DISTRICT,
                                             "channel": Channel.HOTLINE},
    "by grid worker in a street": {"by": By.WORKER, "area": STREET},
    "by grid worker in a district": {"by": By.WORKER, "area": DISTRICT},
    "by grid worker, a class": {"by": By.WORKER, "category": "101"},
    "by grid worker, a class in a district": {"by": By.WORKER, "category": "101", "area": DISTRICT},
    "by grid worker, of a department": {"by": By.WORKER, "department": DEPARTMENTS[0]},
    "by grid worker, by PDA": {"by": By.WORKER, "channel": Channel.PDA},
    "by grid of a department": {"by": By.AREA, "level": Level.GRID, "department": DEPARTMENTS[0]},
    "by grid, by phone in a street": {"by": By.AREA, "level": Level.GRID, "area": STREET, "channel": Channel.HOTLINE},
    "by grid, by phone": {"by": By.AREA, "level": Level.GRID, "channel": Channel.HOTLINE},
    "by grid, a class": {"by": By.AREA, "level": Level.GRID, "category": "101"},
    "by community, a class": {"by": By.AREA, "level": Level.COMMUNITY, "category": "101"},
    "by minor class in a community": {"by": By.CATEGORY, "category": "101", "area": COMMUNITY},
    "by department in a community": {"by": By.DEPARTMENT, "area": COMMUNITY},
    "by big class in a district, by phone": {"by": By.CATEGORY, "area": DISTRICT, "channel": Channel.HOTLINE},
    "by department in a district, by phone": {"by": By.DEPARTMENT, "area": DISTRICT, "channel": Channel.HOTLINE},
    "by day in a grid": {"by": By.DAY, "area": GRID},
}


def measured(work: Any, times: int) -> Measured:
    made = Measured()
    for _ in range(times):
        began = time.perf_counter()
        work()
        made.latencies.append(time.perf_counter() - began)
    made.number, made.seconds = times, sum(made.latencies)
    return made


def test_pages_of_figures_beside_select_one(counted: None, scale: Scale) -> None:
    def one() -> None:
        with reading() as db:
            db.execute(text("SELECT 1"))
    slow = []
    for name, narrowed in PAGES.items():
        for kind, period in (("", YEAR), (", from the 17th to the 13th", ODD)):
            def look(wanted: Wanted) -> None:
                with reading() as db:
                    assert figures.page(db, LEADER, wanted)["total"]["values"]["received"] >= 0
            wanted = Wanted(**(period | narrowed))
            look(wanted)
            ours, limit = measured(partial(look, wanted), 20 if scale.full else 1), measured(one, 20)
            record(scale, f"figures {name}{kind}", f"p95 {milliseconds(ours.at(0.95))}",
                   f"select 1: {milliseconds(limit.at(0.95))}", ratio=ours.at(0.95) / GOAL_SECONDS, goal=1.0, at_most=True,
                   note=f"median {milliseconds(ours.at(0.5))}; ratio to 200 ms")
            slow += [(name, ours.at(0.95))] if ours.at(0.95) > GOAL_SECONDS else []
    assert not (scale.full and slow), slow
