"""Repeated cases at one place: what was put right there comes again, more often than as small a place around there has it."""
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.cells import CELL_DEGREES
from casework.geography.coordinates import Point
from casework.performance.early_warning.clusters import area_names
from casework.performance.early_warning.days import NOT_SO
from casework.performance.early_warning.grid import GROUP, around, day_of, hour_of, mostly
from casework.performance.early_warning.keeping import MOST_CASES, Finding, allowance, known
from casework.performance.early_warning.scan import tail
from casework.performance.early_warning.warning import Kind

SPAN = timedelta(days=30)

FEWEST_CASES, FEWEST_DAYS = 4, 3
"""Four cases, on three days at least: what comes at once is a cluster."""

HALF_DEGREES = CELL_DEGREES / 2
"""Places are squares of 100 m that begin every 50 m: what lies on the line between two is in the midst of a third."""

SURE = 1e-4
"""However few places there are, what chance brings in one of ten thousand squares is no warning: each case lies in four."""

AROUND = 6
"""Squares to each side that speak for a place: about a kilometre."""

SAME = 0.5
"""A place of whose cases so many are another one's is that other one."""

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
"""A class, column and row: of a half (50 m), and of the square whose lower left half it is."""


def find(db: Session, now: datetime) -> list[Finding]:
    """The places with too many cases of one class in SPAN. Reads the cases of SPAN, by the index of when they were opened."""
    halves: dict[Place, list[Opened]] = defaultdict(list)
    wanted = (select(Case.number, Case.category_code, Case.area_code, Case.lon, Case.lat, Case.opened_at)
              .where(Case.opened_at >= now - SPAN, Case.opened_at < now, Case.category_code.is_not(None), Case.lon.is_not(None),
                     Case.status.not_in(NOT_SO)).order_by(Case.opened_at, Case.id))
    for row in db.execute(wanted).yield_per(5000):
        one = Opened(*row)  # type: ignore[arg-type]  # those without a category or a place were left out
        halves[one.category[:GROUP], math.floor(one.lon / HALF_DEGREES), math.floor(one.lat / HALF_DEGREES)].append(one)
    return list(_findings(db, halves, now))


def _findings(db: Session, halves: Mapping[Place, list[Opened]], now: datetime) -> Iterator[Finding]:
    """Of squares that share their cases one: that of which was told already, else the least likely."""
    told, taken = {one.subject for one in known(db, [Kind.REPEAT])}, set[str]()
    unusual = sorted(_unusual(halves), key=lambda one: (_subject(one.place) not in told, one.expected, one.place))
    for one in unusual:
        numbers = {case.number for case in one.cases}
        if len(numbers & taken) < SAME * len(numbers):
            taken |= numbers
            yield _finding(db, one, now)


class Unusual(NamedTuple):
    """A square with its cases, the oldest first; how many are usual; and how often a week has a place like it by chance."""

    place: Place
    cases: list[Opened]
    usual: float
    expected: float


def _unusual(halves: Mapping[Place, list[Opened]]) -> Iterator[Unusual]:
    counts = Counter({place: len(cases) for place, cases in halves.items()})
    squares = {(group, column - east, row - north) for group, column, row in halves for east in (0, 1) for north in (0, 1)}
    least = min(allowance(Kind.REPEAT) * SPAN.days / 7 / max(len(squares), 1), SURE)  # a place is told once a span
    for place in squares:
        if _sum(counts, place) < FEWEST_CASES:
            continue
        cases = sorted((one for half in _halves(place) for one in halves.get(half, ())), key=lambda one: (one.at, one.number))
        if len({_day(one) for one in cases}) < FEWEST_DAYS:
            continue
        usual = (_sum(counts, place, margin=2 * AROUND) - len(cases) + 1) / ((2 * AROUND + 1) ** 2 - 1)
        chance = float(tail(np.array([float(len(cases))]), np.array([usual]), np.array([SPREAD]))[0])
        if chance <= least:
            yield Unusual(place, cases, usual, chance * len(squares) * 7 / SPAN.days)


def _halves(place: Place, margin: int = 0) -> Iterator[Place]:
    """The halves of a square, with a margin of so many."""
    group, column, row = place
    steps = range(-margin, margin + 2)
    return ((group, column + east, row + north) for east in steps for north in steps)


def _sum(counts: Counter[Place], place: Place, margin: int = 0) -> int:
    return sum(counts[half] for half in _halves(place, margin))


def _day(one: Opened) -> date:
    return day_of(int(hour_of(one.at) // 24))


def _subject(place: Place) -> str:
    return ":".join(map(str, place))


def _finding(db: Session, one: Unusual, now: datetime) -> Finding:
    _, column, row = one.place
    cases, days = one.cases, Counter(map(_day, one.cases))
    return Finding(
        kind=Kind.REPEAT, subject=_subject(one.place), since=now - SPAN, until=now, count=len(cases), expected=one.usual,
        confidence=math.exp(-one.expected), category_code=mostly(case.category for case in cases),
        area_code=around(case.area for case in cases), metres=METRES,
        place=Point(round((column + 1) * HALF_DEGREES, 5), round((row + 1) * HALF_DEGREES, 5)),
        evidence={"cases": [case.number for case in reversed(cases)][:MOST_CASES], "places": area_names(db, cases),
                  "days": [{"day": day.isoformat(), "count": many, "expected": round(one.usual / SPAN.days, 3)}
                           for day, many in sorted(days.items())]})
