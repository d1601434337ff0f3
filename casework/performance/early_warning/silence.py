"""Silent grids: nothing, or next to nothing, is heard of where otherwise enough is."""
import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from casework.geography import areas
from casework.performance.early_warning.days import EVERYTHING
from casework.performance.early_warning.grid import LEVELS, day_of, moment_of, number_of
from casework.performance.early_warning.history import Past
from casework.performance.early_warning.keeping import SURE, Finding, allowance
from casework.performance.early_warning.scan import tail
from casework.performance.early_warning.warning import Kind

SPANS = (7, 14, 28)
"""Days up to yesterday in which it may be too silent."""

LEAST_BEFORE = 21
"""Days before these that say what is usual."""

SPREAD = 0.15
"""How much a grid's share of the city varies by itself over such a span."""


def find(db: Session, past: Past) -> list[Finding]:
    """Grids from which far less came than their share of what the whole city had; the longest silence of each."""
    found: dict[str, Finding] = {}
    for span in SPANS:
        if past.days - span >= LEAST_BEFORE:
            found |= {one.subject: one for one in _in_span(db, past, span)}
    return list(found.values())


def _in_span(db: Session, past: Past, span: int) -> Iterator[Finding]:
    now, before = Counter[str](), Counter[str]()
    for row in past.groups[EVERYTHING]:
        back = past.today - number_of(row.day)
        if back <= past.days:
            (now if back <= span else before).update(row.areas)
    grids = sorted(code for code in before if len(code) > LEVELS[0])
    if not grids or not before.total():
        return
    count = np.array([float(now[code]) for code in grids])
    mean = np.array([before[code] / before.total() for code in grids]) * now.total()
    chance = 1 - tail(count + 1, np.maximum(mean, 1e-6), np.full(len(grids), SPREAD))
    least = min(allowance(Kind.SILENT) * span / 7 / len(grids), SURE)  # a span is one look, however often it is taken
    for number in np.flatnonzero(chance <= least):
        code, seen = grids[number], float(chance[number]) * len(grids) * 7 / span
        if area := areas.describe(db, code):  # not of those that were retired
            yield Finding(kind=Kind.SILENT, subject=code, since=moment_of((past.today - span) * 24.0),
                          until=moment_of(past.today * 24.0), count=int(count[number]), expected=float(mean[number]),
                          confidence=math.exp(-seen), area_code=code,
                          evidence={"places": [area.name], "days": _days(past, code, span, float(mean[number]) / span)})


def _days(past: Past, code: str, span: int, usual: float) -> list[dict[str, object]]:
    counted = {row.day: row.areas.get(code, 0) for row in past.groups[EVERYTHING]}
    days = [day_of(past.today) - timedelta(days=back) for back in range(span, 0, -1)]
    return [{"day": day.isoformat(), "count": counted.get(day, 0), "expected": round(usual, 2)} for day in days]
