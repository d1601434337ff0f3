"""The last days as they were counted, put together for the arithmetic; and those just going on, as the scan takes them."""
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.performance.early_warning.days import EVERYTHING, DayCounts, Said, said_between
from casework.performance.early_warning.expectation import (
    AHEAD_DAYS,
    HISTORY_DAYS,
    Expectation,
    Floats,
    History,
    Ints,
    day_facts,
    expected,
    map_days,
)
from casework.performance.early_warning.grid import GROUP, LEVELS, day_of, hour_of, number_of, square_of
from casework.performance.early_warning.scan import WINDOWS, Reports
from casework.sla import calendar

FEWEST_DAYS = 28
"""With less of a past nothing is known to be unusual."""

MOST_SQUARES, MOST_ASIDE = 1_000_000, 3000
TAIL = 0.002
"""Of a map that is larger, so much at each side is taken for misplaced."""


@dataclass
class Frame:
    """The squares that are looked at, and the areas by number."""

    column: int
    row: int
    columns: int
    rows: int
    areas: dict[str, int]
    leaves: dict[str, int]
    above: Ints

    def code_of(self, number: int) -> str:
        """The code of the area of this number."""
        return next(code for code, known in self.areas.items() if known == number)


@dataclass
class Past:
    """All days of the history, by class; `usual` is worked out for those classes that are asked for."""

    now: datetime
    today: int
    days: int
    frame: Frame
    facts: Floats
    groups: dict[str, list[DayCounts]]
    usual: dict[str, Expectation] = field(default_factory=dict)

    @property
    def words(self) -> tuple[Counter[str], int]:
        """In how many reports of how many a word stood; in none where it stood in too few a day."""
        rows = self.groups.get(EVERYTHING, [])
        counts = Counter[str]()
        for row in rows:
            counts.update(row.words)
        return counts, sum(sum(row.hours) for row in rows)

    def of(self, group: str) -> Expectation:
        """What this class lets expect."""
        if group not in self.usual:
            self.usual[group] = expected(_history(self, self.groups.get(group, [])), self.facts, self.today)
        return self.usual[group]

    @property
    def weekly(self) -> float:
        """Reports that a week lets expect, of all classes."""
        return sum(self.of(group).weekly for group in self.groups if group != EVERYTHING)


def past(db: Session, now: datetime, recent: Sequence[Said]) -> Past | None:
    """What was counted up to yesterday; None where that is too little to know what is usual."""
    today = int(hour_of(now) // 24)
    groups: dict[str, list[DayCounts]] = defaultdict(list)
    for row in db.scalars(select(DayCounts).where(DayCounts.day >= day_of(today - HISTORY_DAYS), DayCounts.day < day_of(today))
                          .order_by(DayCounts.day)):
        groups[row.group_code].append(row)
    known = {number_of(row.day) for row in groups[EVERYTHING]}
    days = next((back for back in range(HISTORY_DAYS) if today - 1 - back not in known), HISTORY_DAYS)
    if days < FEWEST_DAYS:
        return None
    for one in recent:
        groups.setdefault(one.category[:GROUP], [])
    return Past(now, today, days, _frame(groups, recent), _facts(db, today - days, days + AHEAD_DAYS), dict(groups))


def recently(db: Session, now: datetime) -> list[Said]:
    """The reports of the longest window, the oldest first."""
    return list(said_between(db, now - timedelta(hours=float(WINDOWS[-1])), now))


def reports_of(frame: Frame, said: Sequence[Said]) -> Reports:
    """These as the scan takes them."""
    places = [square_of(one.lon, one.lat) for one in said]
    column = np.array([place[0] - frame.column if place else -1 for place in places], dtype=np.int64)
    row = np.array([place[1] - frame.row if place else -1 for place in places], dtype=np.int64)
    outside = (column < 0) | (column >= frame.columns) | (row < 0) | (row >= frame.rows)
    column[outside] = row[outside] = -1
    area = np.array([frame.leaves.get(one.area or "", -1) for one in said], dtype=np.int64)
    return Reports(np.array([hour_of(one.at) for one in said]), column, row, area, frame.above)


def by_day(past: Past, said: Sequence[Said], share: float, group: str) -> list[dict[str, Any]]:
    """These reports by day of the city, beside what a place with this share of the city lets expect."""
    usual, counts = past.of(group), np.bincount([int(hour_of(one.at) // 24) - past.today + 7 for one in said], minlength=8)
    expected_then = [float(usual.between(np.array([hour]), hour + 24)[0]) * share
                     for hour in (past.today - 7 + np.arange(8)) * 24.0]
    return [{"day": day_of(past.today - 7 + number).isoformat(), "count": int(counts[number]),
             "expected": round(expected_then[number], 2)} for number in range(1, 8)]


def _frame(groups: dict[str, list[DayCounts]], recent: Sequence[Said]) -> Frame:
    parts = [part for counted in groups.values() for row in counted for part in row.squares]
    triples = np.array(parts, dtype=np.int64).reshape(-1, 3)
    here = [square for one in recent if (square := square_of(one.lon, one.lat))]
    columns = np.concatenate([triples[:, 0], np.array([one[0] for one in here], dtype=np.int64)])
    rows = np.concatenate([triples[:, 1], np.array([one[1] for one in here], dtype=np.int64)])
    (west, east), (south, north) = _bounds(columns, 0.0), _bounds(rows, 0.0)
    if (east - west) * (north - south) > MOST_SQUARES:
        (west, east), (south, north) = _bounds(columns, TAIL), _bounds(rows, TAIL)
    leaves = sorted({code for counted in groups.values() for row in counted for code in row.areas} | {
        one.area for one in recent if one.area})
    areas: dict[str, int] = {}
    above = np.array([[areas.setdefault(leaf[:length], len(areas)) if len(leaf) >= length else -1 for length in LEVELS]
                      for leaf in leaves], dtype=np.int64).reshape(-1, len(LEVELS))
    return Frame(west, south, min(east - west, MOST_ASIDE), min(north - south, MOST_ASIDE), areas,
                 {leaf: number for number, leaf in enumerate(leaves)}, above)


def _bounds(numbers: Ints, tail: float) -> tuple[int, int]:
    if not len(numbers):
        return 0, 1
    low, high = np.quantile(numbers, [tail, 1 - tail], method="nearest")
    return int(low), int(high) + 1


def _facts(db: Session, first: int, count: int) -> Floats:
    known = calendar.load(db)
    days = [day_of(first + number) for number in range(count)]
    special = np.array([known.is_exception(day) for day in days])
    works = np.array([known.is_work(day) for day in days])
    return day_facts(np.array([day.weekday() for day in days]), special & ~works, special & works)


def _history(past: Past, rows: Sequence[DayCounts]) -> History:
    frame, first, hours = past.frame, past.today - past.days, np.zeros((past.days, 24))
    squares, areas = np.zeros((frame.rows, frame.columns)), np.zeros(len(frame.areas))
    mapped, entries = map_days(past.days), defaultdict[tuple[int, int], int](int)
    for row in rows:
        day = number_of(row.day) - first
        if day < 0:
            continue
        hours[day] = row.hours
        if mapped.start <= day < mapped.stop:
            _put(frame, squares, row.squares)
            for code, many in row.areas.items():
                numbers = frame.above[frame.leaves[code]]
                np.add.at(areas, numbers[numbers >= 0], many)
                if numbers[0] >= 0:
                    entries[day - mapped.start, int(numbers[0])] += many
    keys = np.array(list(entries), dtype=np.int64).reshape(-1, 2)
    return History(hours.sum(axis=1), hours, squares, areas, keys[:, 0], keys[:, 1],
                   np.array(list(entries.values()), dtype=np.float64))


def _put(frame: Frame, squares: Floats, triples: Sequence[int]) -> None:
    column, row, many = np.array(triples, dtype=np.int64).reshape(-1, 3).T - np.array([[frame.column], [frame.row], [0]])
    inside = (column >= 0) & (column < frame.columns) & (row >= 0) & (row < frame.rows)
    np.add.at(squares, (row[inside], column[inside]), many[inside])
