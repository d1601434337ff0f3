"""How it stands in areas: what is open and late there now, what came in and was closed in a span, what they hold."""
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.geography.codes import lies_in
from casework.performance import area_counts
from casework.performance.indicators import SATISFIED
from casework.registry.fields import Register

REGISTERED = {"components": Register.COMPONENT, "persons": Register.PERSON, "houses": Register.HOUSE,
              "entities": Register.ENTITY}
"""What of the registers a map shows, by the name it has there."""

WHOLE = ""
"""The key of all areas together."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """City days from `since` to before `until`."""

    since: date
    until: date

    @property
    def before(self) -> "Span":
        """As many days, right before."""
        return Span(since=self.since - (self.until - self.since), until=self.since)


@dataclass
class Standing:
    """Now: cases that are open, and those of them of which a clock has run out and nobody has acted."""

    open: int = 0
    overdue: int = 0


@dataclass
class Flow:
    """In a span: cases that were opened, that were closed, and of the ratings given the satisfied ones."""

    received: int = 0
    closed: int = 0
    rated: int = 0
    satisfied: int = 0

    def told(self) -> dict[str, Any]:
        """As a map tells it: `satisfaction` is a share from 0 to 1, None when nobody has rated."""
        return {"received": self.received, "closed": self.closed,
                "satisfaction": round(self.satisfied / self.rated, 4) if self.rated else None}


def of(db: Session, around: Sequence[str], sizes: Mapping[str, float], span: Span) -> dict[str, dict[str, Any]]:
    """By code of the areas of `sizes` (their square kilometres), and by WHOLE for what lies in `around`, {values, before}."""
    standing = _standing(db, around, list(sizes))
    flow, before = (_flow(db, around, list(sizes), one) for one in (span, span.before))
    held = area_counts.of(db, {*around, *sizes})
    held[WHOLE] = _sum([held[code] for code in around])
    return {code: {"values": _values(standing[code], flow[code], held[code], size), "before": before[code].told()}
            for code, size in {**sizes, WHOLE: sum(sizes.values())}.items()}


def _values(standing: Standing, flow: Flow, held: Mapping[str, int], size: float) -> dict[str, Any]:
    return {**asdict(standing), **flow.told(), "density": round(flow.received / size, 2) if size else None,
            "population": held.get(area_counts.POPULATION),
            **{name: held.get(register.value, 0) for name, register in REGISTERED.items()}}


def _sum(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = {name for part in parts for name in part}
    return {name: sum(part.get(name, 0) for part in parts) for name in names}


def _standing(db: Session, around: Sequence[str], codes: Sequence[str]) -> dict[str, Standing]:
    """Read from the index of open cases alone: what is open grows with the city, not with its years."""
    part = _part(Case.area_code, codes)
    late = func.count(case((Case.due_at < clock.now(), 1)))
    found: dict[str, Standing] = defaultdict(Standing)
    for place, number, overdue in db.execute(
            select(part, func.count(), late).where(Case.is_open, lies_in(Case.area_code, *around)).group_by(part)):
        for key in _keys(place, codes):
            found[key].open += number
            found[key].overdue += overdue
    return found


def _flow(db: Session, around: Sequence[str], codes: Sequence[str], span: Span) -> dict[str, Flow]:
    part, found = _part(Case.area_code, codes), defaultdict[str, Flow](Flow)
    since, until = (datetime.combine(day, time(), clock.CITY) for day in (span.since, span.until))
    inside = lies_in(Case.area_code, *around)
    for place, number in db.execute(select(part, func.count()).where(
            inside, Case.opened_at >= since, Case.opened_at < until).group_by(part)):
        for key in _keys(place, codes):
            found[key].received += number
    for place, number in db.execute(select(part, func.count()).where(
            inside, Case.closed_at >= since, Case.closed_at < until).group_by(part)):
        for key in _keys(place, codes):
            found[key].closed += number
    rated = select(part, func.count(Report.rating), func.count(case((Report.rating >= SATISFIED, 1)))).join(
        Report, Report.case_id == Case.id).where(inside, Report.received_at >= since, Report.received_at < until)
    for place, number, satisfied in db.execute(rated.group_by(part)):
        for key in _keys(place, codes):
            found[key].rated += number
            found[key].satisfied += satisfied
    return found


def _part(column: Any, codes: Sequence[str]) -> Any:
    """As much of a code as tells in which of these areas it lies."""
    return func.substr(column, 1, max(map(len, codes), default=1))


def _keys(place: str, codes: Sequence[str]) -> Iterator[str]:
    """WHOLE, and the one of these areas that the place lies in, if it lies in one."""
    yield WHOLE
    yield from (place[:length] for length in {len(code) for code in codes} if place[:length] in codes)
