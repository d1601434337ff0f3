"""Repeated cases at one place: what was put right there comes again, more often than as small a place around there has it."""
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.cells import CELL_DEGREES
from casework.geography.coordinates import Point
from casework.performance.early_warning.clusters import area_names
from casework.performance.early_warning.days import NOT_SO
from casework.performance.early_warning.grid import GROUP, around, hour_of, mostly
from casework.performance.early_warning.keeping import MOST_CASES, SURE, Finding, allowance
from casework.performance.early_warning.scan import tail
from casework.performance.early_warning.warning import Kind

SPAN = timedelta(days=30)

FEWEST_CASES, FEWEST_DAYS = 4, 3
"""Four cases, on three days at least: what comes at once is a cluster."""

AROUND = 6
"""Squares of 100 m to each side that speak for a place: about a kilometre."""

SPREAD = 1.0
"""How much places differ: as an exponential distribution does, for there are markets and there are parks."""

METRES = 70


class Opened(NamedTuple):
    """A case, where and when."""

    number: str
    category: str
    area: str | None
    lon: float
    lat: float
    at: datetime


Place = tuple[str, int, int]
"""A class, and a square of 100 m (see cases.cells)."""


def find(db: Session, now: datetime) -> list[Finding]:
    """The places with too many cases of one class in SPAN. Reads the cases of SPAN, by the index of when they were opened."""
    places: dict[Place, list[Opened]] = defaultdict(list)
    wanted = (select(Case.number, Case.category_code, Case.area_code, Case.lon, Case.lat, Case.opened_at)
              .where(Case.opened_at >= now - SPAN, Case.opened_at < now, Case.category_code.is_not(None), Case.lon.is_not(None),
                     Case.status.not_in(NOT_SO)).order_by(Case.opened_at, Case.id))
    for row in db.execute(wanted).yield_per(5000):
        one = Opened(*row)  # type: ignore[arg-type]  # those without a category or a place were left out
        places[one.category[:GROUP], math.floor(one.lon / CELL_DEGREES), math.floor(one.lat / CELL_DEGREES)].append(one)
    return list(_unusual(db, places, now))


def _unusual(db: Session, places: dict[Place, list[Opened]], now: datetime) -> Iterator[Finding]:
    least = min(allowance(Kind.REPEAT) * SPAN.days / 7 / max(len(places), 1), SURE)  # a place is told once a span
    counts = Counter({place: len(cases) for place, cases in places.items()})
    for (group, column, row), cases in places.items():
        if len(cases) < FEWEST_CASES or len({int(hour_of(one.at) // 24) for one in cases}) < FEWEST_DAYS:
            continue
        others = sum(counts[group, column + east, row + north] for east in range(-AROUND, AROUND + 1)
                     for north in range(-AROUND, AROUND + 1)) - len(cases)
        usual = (others + 1) / ((2 * AROUND + 1) ** 2 - 1)
        chance = float(tail(np.array([float(len(cases))]), np.array([usual]), np.array([SPREAD]))[0])
        if chance <= least:
            yield _finding(db, (group, column, row), cases, now, (usual, chance * len(places) * 7 / SPAN.days))


def _finding(db: Session, place: Place, cases: Sequence[Opened], now: datetime, seen: tuple[float, float]) -> Finding:
    group, column, row = place
    days = Counter((now - one.at).days for one in cases)
    return Finding(
        kind=Kind.REPEAT, subject=f"{group}:{column}:{row}", since=now - SPAN, until=now, count=len(cases), expected=seen[0],
        confidence=math.exp(-seen[1]), category_code=mostly(one.category for one in cases),
        area_code=around(one.area for one in cases), metres=METRES,
        place=Point(round((column + 0.5) * CELL_DEGREES, 5), round((row + 0.5) * CELL_DEGREES, 5)),
        evidence={"cases": [one.number for one in reversed(cases)][:MOST_CASES], "places": area_names(db, cases),
                  "days": [{"day": f"{now - timedelta(days=ago):%Y-%m-%d}", "count": days[ago],
                            "expected": round(seen[0] / SPAN.days, 3)} for ago in range(SPAN.days, -1, -1) if days[ago]]})
