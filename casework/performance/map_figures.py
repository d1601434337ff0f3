"""How it stands in areas: what is open and late there now, what came in in a span and became of it, what they hold."""
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.geography.codes import Level, level_of, lies_in
from casework.performance import area_counts, indicators, tally
from casework.performance.facts import KeptFact
from casework.performance.rollups import Rollup, covering
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


FLOW = {"received": "received", "closed": "closed", "satisfaction": "satisfaction_rate"}
"""What happened in a span, by the name that a map has for it: the code of the indicator."""

Flow = Mapping[str, float | None]


def of(db: Session, around: Sequence[str], sizes: Mapping[str, float], span: Span) -> dict[str, dict[str, Any]]:
    """By code of the areas of `sizes` (their square kilometres), and by WHOLE for what lies in `around`, {values, before}."""
    standing = standing_in(db, around, list(sizes))
    flow, before = _flows(db, around, list(sizes), span)
    held = area_counts.of(db, {*around, *sizes})
    held[WHOLE] = _sum([held[code] for code in around])
    return {code: {"values": _values(standing[code], flow[code], held[code], size), "before": before[code]}
            for code, size in {**sizes, WHOLE: sum(sizes.values())}.items()}


def _values(standing: Standing, flow: Flow, held: Mapping[str, int], size: float) -> dict[str, Any]:
    received = flow["received"] or 0
    return {**asdict(standing), **flow, "density": round(received / size, 2) if size else None,
            "population": held.get(area_counts.POPULATION),
            **{name: held.get(register.value, 0) for name, register in REGISTERED.items()}}


def _sum(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = {name for part in parts for name in part}
    return {name: sum(part.get(name, 0) for part in parts) for name in names}


def standing_in(db: Session, around: Sequence[str] | None, codes: Sequence[str]) -> dict[str, Standing]:
    """How it stands in each of these areas, and under WHOLE in all of `around`; None is the whole city, and what lies nowhere.

    Read from the index of open cases alone: what is open grows with the city, not with its years.
    """
    part = _part(Case.area_code, codes)
    late = func.count(case((Case.due_at < clock.now(), 1)))
    inside = [] if around is None else [lies_in(Case.area_code, *around)]
    found: dict[str, Standing] = defaultdict(Standing)
    for place, number, overdue in db.execute(
            select(part, func.count(), late).where(Case.is_open, *inside).group_by(part)):
        for key in _keys(place or "", codes):
            found[key].open += number
            found[key].overdue += overdue
    return found


def _flows(db: Session, around: Sequence[str], codes: Sequence[str], span: Span) -> tuple[dict[str, Flow], dict[str, Flow]]:
    """Of the span and of the one before."""
    tallies: tuple[dict[str, list[bytes]], ...] = (defaultdict(list), defaultdict(list))
    fine = any(level_of(code) is Level.GRID for code in (*around, *codes))
    for key, day, one in (_facts if fine else _sums)(db, around, codes, span):
        tallies[day < span.since][key].append(one)
    return _told(tallies[0], codes), _told(tallies[1], codes)


def _sums(db: Session, around: Sequence[str], codes: Sequence[str], span: Span) -> Iterator[tuple[str, date, bytes]]:
    """What is kept of areas that are larger than a grid: key of the area, first day, tally."""
    levels = defaultdict[str, set[str]](set)
    for code in {*around, *codes}:
        levels[f"area.{level_of(code)}"].add(code)
    whose = or_(false(), *(and_(Rollup.grouping == grouping, Rollup.key.in_(keys)) for grouping, keys in levels.items()))
    when = or_(*(covering(one.since, one.until) for one in (span, span.before)))
    for code, first, one in db.execute(select(Rollup.key, Rollup.first, Rollup.tally).where(whose, Rollup.within == "", when)):
        if code in around:
            yield WHOLE, first, one
        if code in codes:
            yield code, first, one


def _facts(db: Session, around: Sequence[str], codes: Sequence[str], span: Span) -> Iterator[tuple[str, date, bytes]]:
    """The same from the cases themselves, of which a community has few."""
    wanted = select(KeptFact.area_code, KeptFact.day, KeptFact.tally).where(
        lies_in(KeptFact.area_code, *around), KeptFact.day >= span.before.since, KeptFact.day < span.until)
    for place, day, one in db.execute(wanted):
        for key in _keys(place or "", codes):
            yield key, day, one


def _told(tallies: Mapping[str, list[bytes]], codes: Sequence[str]) -> dict[str, Flow]:
    every = (*codes, WHOLE)
    counted = indicators.values(tally.table([b"".join(tallies.get(key, ())) for key in every]))
    return {key: {name: values[indicator] for name, indicator in FLOW.items()}
            for key, values in zip(every, counted, strict=True)}


def _part(column: Any, codes: Sequence[str]) -> Any:
    """As much of a code as tells in which of these areas it lies."""
    return func.substr(column, 1, max(map(len, codes), default=1))


def _keys(place: str, codes: Sequence[str]) -> Iterator[str]:
    """WHOLE, and the one of these areas that the place lies in, if it lies in one."""
    yield WHOLE
    yield from (place[:length] for length in {len(code) for code in codes} if place[:length] in codes)
