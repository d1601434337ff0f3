"""When time is up: pure arithmetic over a calendar, a limit and the stretches in which a clock ran.

Hours and days of work pass only while offices are open: what starts outside is counted from the next opening, and a
limit that is used up exactly at closing time is due then. A work day is a whole office day, so one that starts at 16:00
is due at 16:00 on the next work day. Urgent hours and natural days (24 hours each) pass always.
"""
from collections.abc import Sequence
from dataclasses import dataclass
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
    """One stretch of a clock; `until` None is still going on. Spans of a clock follow each other and do not overlap."""

    state: SpanState
    since: datetime
    until: datetime | None = None


def moment_at(calendar: Calendar, limit: Limit, spans: Sequence[Span], share: int = 100) -> datetime | None:
    """The first moment (UTC) at which `share` per cent of the limit is used; None while it stands still before that."""
    rest = round(limit.seconds * 1_000_000) * share // 100
    for span in spans:
        if span.state is not SpanState.RUNNING:
            continue
        begun = calendar.measure(limit.unit, span.since)
        if span.until is None or calendar.measure(limit.unit, span.until) - begun >= rest:
            return max(calendar.reach(limit.unit, begun + rest), span.since)
        rest -= calendar.measure(limit.unit, span.until) - begun
    return None


def due_at(calendar: Calendar, limit: Limit, spans: Sequence[Span]) -> datetime | None:
    """When the whole limit is used; None while paused with something left, or stopped before."""
    return moment_at(calendar, limit, spans)


def used(calendar: Calendar, unit: Unit, spans: Sequence[Span], until: datetime) -> float:
    """Seconds of the unit's own time that ran up to `until`: eight hours for each work day."""
    return sum(calendar.measure(unit, min(span.until or until, until)) - calendar.measure(unit, span.since)
               for span in spans if span.state is SpanState.RUNNING and span.since < until) / 1_000_000


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
            result.append(Span(SpanState.RUNNING, span.since, inside_since))
        result.append(Span(SpanState.GIVEN_BACK, inside_since, inside_until))
        if end is None or inside_until < end:
            result.append(Span(SpanState.RUNNING, inside_until, end))
    return result
