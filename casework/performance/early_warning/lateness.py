"""Classes that become late: more of what was closed in the last week had overrun a clock than in the weeks before."""
import math
from collections.abc import Iterator, Sequence

from scipy.stats import betabinom
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.geography.codes import lies_in
from casework.performance.early_warning.days import EVERYTHING, DayCounts
from casework.performance.early_warning.grid import day_of, moment_of, number_of
from casework.performance.early_warning.history import Past
from casework.performance.early_warning.keeping import MOST_CASES, SURE, Finding, allowance
from casework.performance.early_warning.warning import Kind

SPAN, BEFORE = 7, 56
"""Days up to yesterday that are looked at, and those before that say what is usual."""

FEWEST = 20
"""Cases closed, in either: of fewer no share is to be had."""

WEIGHT = 80
"""The past counts at most as so many cases: shares drift from week to week, and that is not news."""

GROWTH = 1.3
"""A share that is not so many times the usual one is nobody's concern, however sure it is."""


def find(db: Session, past: Past) -> list[Finding]:
    """The classes whose share of late cases has grown beyond chance."""
    groups = {group: rows for group, rows in past.groups.items() if group != EVERYTHING}
    return [found for group, rows in sorted(groups.items())
            for found in _grown(db, past, group, rows, len(groups))]


def _grown(db: Session, past: Past, group: str, rows: Sequence[DayCounts], groups: int) -> Iterator[Finding]:
    closed, late = _sums(past, rows, 1, SPAN)
    closed_before, late_before = _sums(past, rows, SPAN + 1, SPAN + BEFORE)
    if min(closed, closed_before) < FEWEST:
        return
    usual, weight = (late_before + 0.5) / (closed_before + 1), min(closed_before, WEIGHT)
    chance = float(betabinom.sf(late - 1, closed, usual * weight, (1 - usual) * weight))
    if chance > min(allowance(Kind.LATE) / groups, SURE) or late < GROWTH * usual * closed:
        return
    since, until = moment_of((past.today - SPAN) * 24.0), moment_of(past.today * 24.0)
    wanted = (select(Case.number).where(Case.closed_at >= since, Case.closed_at < until, Case.overdue,
                                        lies_in(Case.category_code, group))
              .order_by(Case.closed_at.desc(), Case.id).limit(MOST_CASES))
    yield Finding(
        kind=Kind.LATE, subject=group, since=since, until=until, count=late, expected=usual * closed,
        confidence=math.exp(-chance * groups), category_code=group,
        evidence={"cases": list(db.scalars(wanted)), "share": round(100 * late / closed), "usual": round(100 * usual),
                  "days": [{"day": row.day.isoformat(), "count": row.late, "expected": round(usual * row.closed, 2)}
                           for row in rows if row.day >= day_of(past.today - SPAN)]})


def _sums(past: Past, rows: Sequence[DayCounts], nearest: int, farthest: int) -> tuple[int, int]:
    """Closed and late of the days so far back."""
    meant = [row for row in rows if nearest <= past.today - number_of(row.day) <= farthest]
    return sum(row.closed for row in meant), sum(row.late for row in meant)
