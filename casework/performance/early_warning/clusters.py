"""Surges and clusters: every class is scanned for squares and areas that have more than is usual; warnings are kept of it."""
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from casework import clock
from casework.geography import areas
from casework.performance.early_warning import words
from casework.performance.early_warning.days import Said
from casework.performance.early_warning.grid import (
    GROUP,
    LEVELS,
    SQUARE_METRES,
    around,
    hour_of,
    middle_of,
    moment_of,
    mostly,
)
from casework.performance.early_warning.history import Past, by_day, past, recently, reports_of
from casework.performance.early_warning.keeping import MOST_CASES, Finding, allowance, begin, end, go_on, known
from casework.performance.early_warning.scan import (
    Going,
    Reports,
    Sight,
    Signal,
    Zone,
    confidence,
    inside,
    look,
    mark,
    share_of,
)
from casework.performance.early_warning.warning import EarlyWarning, Kind
from casework.storage.database import new_id

KINDS = (Kind.SURGE, Kind.CLUSTER)

FRESH_HOURS = 3.0
"""Reports that may begin a warning. Triage has a category for most within seconds, and a look that failed is made up for."""


class Watch:
    """One look at all classes, at one moment."""

    def __init__(self, db: Session, now: datetime, said: Sequence[Said], learnt: Past) -> None:
        self.db, self.now, self.said, self.past = db, hour_of(now), said, learnt
        self.least = mark(learnt.weekly, allowance(Kind.CLUSTER))
        self.kept = known(db, KINDS)

    def look(self) -> int:
        """Look at each class that has new reports or warnings; how many warnings began."""
        going = [one for one in self.kept if one.ended_at is None]
        new = {one.category[:GROUP] for one in self.said if hour_of(one.at) > self.now - FRESH_HOURS}
        return sum(self._look_at(group) for group in sorted(new | {_group(one) for one in going}))

    def _look_at(self, group: str) -> int:
        said = [one for one in self.said if one.category[:GROUP] == group]
        reports = reports_of(self.past.frame, said)
        fresh = int((reports.at > self.now - FRESH_HOURS).sum())
        mine = {str(one.id): one for one in self.kept if _group(one) == group}
        seen = [(one, self._going(one)) for one in mine.values()]
        verdict = look(Sight(self.past.of(group), reports, self.now, fresh, self.least), [one for _, one in seen if one])
        for name, signal, moves in verdict.go_on:
            self._go_on(mine[name], group, said, reports, signal, moves=moves)
        lost = [str(one.id) for one, zone in seen if zone is None and one.ended_at is None]  # its area is no more
        for name in (*verdict.end, *lost):
            end(mine[name])
        for signal in verdict.begin:
            begin(self.db, self._finding(group, said, reports, signal, f"{group}:{new_id().hex}"))
        return len(verdict.begin)

    def _going(self, one: EarlyWarning) -> Going | None:
        """The warning as the scan knows it; None where its area is none any more."""
        zone, seen = self._zone(one.evidence["zone"]), one.evidence
        until = hour_of(one.ended_at or one.updated_at)
        return Going(str(one.id), zone, seen["length"], seen["chance"], until, over=one.ended_at is not None) if zone else None

    def _zone(self, kept: list[Any]) -> Zone | None:
        frame = self.past.frame
        if len(kept) == 1:
            number = frame.areas.get(kept[0])
            return None if number is None else Zone(0, LEVELS.index(len(kept[0])), number)
        size, column, row = kept
        zone = Zone(size, column - frame.column, row - frame.row)
        fits = zone.column >= 0 and zone.row >= 0 and zone.column + size <= frame.columns and zone.row + size <= frame.rows
        return zone if fits else None

    def _go_on(self, one: EarlyWarning, group: str, said: Sequence[Said], reports: Reports,
               signal: Signal, *, moves: bool) -> None:
        seen = one.evidence
        found = self._finding(group, said, reports, signal, one.subject)
        least = min(signal.chance, seen["chance"])
        if not moves:  # it stays where it was seen best, and the length and chance of that stay with it
            found.evidence.update({name: seen[name] for name in ("zone", "length")})
        found.evidence["chance"] = least
        go_on(one, found)

    def _finding(self, group: str, said: Sequence[Said], reports: Reports, signal: Signal, subject: str) -> Finding:
        zone, frame = signal.zone, self.past.frame
        counted = [one for one, lies in zip(said, inside(reports, zone) & (reports.at > signal.since), strict=True) if lies]
        share = share_of(self.past.of(group), zone)
        square = zone.size > 0
        column, row = zone.column + frame.column, zone.row + frame.row
        code = around(one.area for one in counted) if square else frame.code_of(zone.row)
        within = [one for one, lies in zip(said, inside(reports, zone), strict=True) if lies]
        return Finding(
            kind=Kind.CLUSTER if square else Kind.SURGE, subject=subject, category_code=mostly(one.category for one in counted)
            or group, area_code=_below_city(code), place=middle_of(column, row, zone.size) if square else None,
            metres=round(zone.size * SQUARE_METRES / 2) if square else None, since=moment_of(signal.since),
            until=moment_of(self.now), count=signal.count, expected=signal.expected,
            confidence=confidence(signal.chance, self.past.weekly),
            evidence={"cases": numbers(counted), "days": by_day(self.past, within, share, group),
                      "words": words.telling(self.db, counted, self.past.words), "places": area_names(self.db, counted),
                      "zone": [zone.size, column, row] if square else [code], "length": self.now - signal.since,
                      "chance": signal.chance})


def watch(db: Session) -> int:
    """Look for surges and clusters now, keep the warnings that go on, and close those that are over. How many began."""
    now = clock.now()
    said = recently(db, now)
    learnt = past(db, now, said)
    return Watch(db, now, said, learnt).look() if learnt else 0


def numbers(said: Iterable[Said]) -> list[str]:
    """The cases of these reports, the latest first."""
    return list(dict.fromkeys(one.number for one in reversed(list(said))))[:MOST_CASES]


class Lying(Protocol):
    """What lies in an area."""

    @property
    def area(self) -> str | None: ...


def area_names(db: Session, said: Iterable[Lying]) -> list[str]:
    """The names of the areas in which they lie, those with most of them first."""
    found = Counter(one.area for one in said if one.area).most_common(5)
    return [area.name if (area := areas.describe(db, code)) else code for code, _ in found]


def _group(one: EarlyWarning) -> str:
    return one.subject.partition(":")[0]


def _below_city(code: str | None) -> str | None:
    return code if code and len(code) > LEVELS[-1] else None
