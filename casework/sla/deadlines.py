"""When time is up: pure arithmetic over a calendar, a limit and the stretches in which a clock ran.

Hours and days of work pass only while offices are open: what starts outside is counted from the next opening, and a
limit that is used up exactly at closing time is due then. A work day is a whole office day, so one that starts at 16:00
is due at 16:00 on the next work day. Urgent hours and natural days (24 hours each) pass always.

A clock whose limit was changed on the way (see recounts.py) keeps what it had used: time of the same unit as it is, time of
another unit as the same share of the limit. It is never due before the change.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from casework.sla.calendar import Calendar
from casework.sla.limits import Limit, Unit


class SpanState(StrEnum):
    """What a clock did for a while. Only running uses up the limit."""

    RUNNING = "running"
    PAUSED = "paused"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True)
class Span:
    """One stretch of a clock; `until` None is still going on. Spans of a clock follow each other and do not overlap.

    `under` is the limit (without extensions) that it ran under, if the clock was given another one or was recounted since;
    `worth` is then what a second of that limit's unit counts in the unit of today's.
    """

    state: SpanState
    since: datetime
    until: datetime | None = None
    under: Limit | None = None
    worth: float = 1.0

    def passed(self, calendar: Calendar, unit: Unit, until: datetime) -> int:
        """Microseconds of the clock's `unit` that ran in it up to `until`: nothing unless it was running."""
        end = min(self.until or until, until)
        if self.state is not SpanState.RUNNING or end <= self.since:
            return 0
        measured = self.under.unit if self.under else unit
        return round((calendar.measure(measured, end) - calendar.measure(measured, self.since)) * self.worth)


def worth(before: Limit, after: Limit) -> float:
    """What a second used under one limit counts under another: itself in the same unit, else the same share of the limit."""
    return 1.0 if before.unit is after.unit else after.seconds / before.seconds


def moment_at(calendar: Calendar, limit: Limit, spans: Sequence[Span], share: int = 100) -> datetime | None:
    """The first moment (UTC) at which `share` per cent of the limit is used; None while it stands still before that."""
    rest = round(limit.seconds * 1_000_000) * share // 100
    for span in spans:
        if span.under and span.until:
            rest -= span.passed(calendar, limit.unit, span.until)
        elif span.state is SpanState.RUNNING:
            begun, left = calendar.measure(limit.unit, span.since), max(rest, 0)
            if span.until is None or calendar.measure(limit.unit, span.until) - begun >= left:
                return max(calendar.reach(limit.unit, begun + left), span.since)
            rest -= calendar.measure(limit.unit, span.until) - begun
    return None


def due_at(calendar: Calendar, limit: Limit, spans: Sequence[Span]) -> datetime | None:
    """When the whole limit is used; None while paused with something left, or stopped before."""
    return moment_at(calendar, limit, spans)


def used(calendar: Calendar, unit: Unit, spans: Sequence[Span], until: datetime) -> float:
    """Seconds of the unit's own time that ran up to `until`: eight hours for each work day."""
    return sum(span.passed(calendar, unit, until) for span in spans) / 1_000_000


def remaining(calendar: Calendar, limit: Limit, spans: Sequence[Span], until: datetime) -> float:
    """Seconds of the unit's own time that are left at `until`; less than nothing when overdue."""
    return limit.seconds - used(calendar, limit.unit, spans, until)


def is_late(calendar: Calendar, limit: Limit, spans: Sequence[Span], at: datetime) -> bool:
    """Whether `at` lies after the due time; exactly at it is in time."""
    due = due_at(calendar, limit, spans)
    return due is not None and due < at


def alarms(calendar: Calendar, limit: Limit, spans: Sequence[Span],
           shares: Sequence[int]) -> list[tuple[int, datetime]]:
    """The shares (per cent, rising) with the moment each is reached, as far as the clock gets if nothing changes."""
    moments = [(share, moment_at(calendar, limit, spans, share)) for share in shares]
    return [(share, moment) for share, moment in moments if moment is not None]


def given_back(spans: Sequence[Span], since: datetime, until: datetime) -> list[Span]:
    """The same stretches, with what ran between `since` and `until` given back."""
    result: list[Span] = []
    for span in spans:
        end = span.until
        inside_since, inside_until = max(span.since, since), until if end is None else min(end, until)
        if span.state is not SpanState.RUNNING or inside_since >= inside_until:
            result.append(span)
            continue
        if span.since < inside_since:
            result.append(replace(span, until=inside_since))
        result.append(replace(span, state=SpanState.GIVEN_BACK, since=inside_since, until=inside_until))
        if end is None or inside_until < end:
            result.append(replace(span, since=inside_until))
    return result
