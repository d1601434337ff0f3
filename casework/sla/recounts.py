"""When a limit, the policy or the calendar has changed: open clocks go on under what holds now, and keep what they had used.

What was used under the old limit counts in the new one: as it is where the unit is the same, as the same share of the limit
where it is another. Nothing falls due before the change, and nothing that is judged, on time or late, is judged anew.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework import settings
from casework.sla import calendar, deadlines, policies, timers
from casework.sla.calendar import Calendar
from casework.sla.deadlines import Span, SpanState
from casework.sla.limits import Limit
from casework.sla.timers import Timer, TimerSegment, TimerState, arm, span_of
from casework.storage.database import new_id


@dataclass(frozen=True)
class Recount:
    """One clock that was recounted, with its limit (extensions included) and due time before; the timer has those of now."""

    timer: Timer
    limit: Limit
    due_at: datetime | None


def recount(db: Session, wanted: Sequence[tuple[Timer, Limit]], at: datetime) -> list[Recount]:
    """Give these timers, which the caller has locked, their limits (without extensions) from `at` on.

    Left alone are those that are stopped, that have run over, and whose limit and due time are right already: repeated, it
    changes nothing. Extensions grow or shrink with the limit, because each was one original limit.
    """
    days, version = calendar.load(db), policies.current(db).version
    open_still = [(timer, limit) for timer, limit in wanted
                  if timer.state is not TimerState.STOPPED and not timer.overdue and not (timer.due_at and timer.due_at < at)]
    stretches = _segments(db, [timer.id for timer, _ in open_still])
    done = []
    for timer, limit in open_still:
        theirs = stretches[timer.id]
        spans = [span_of(one, timer.original) for one in theirs]
        if limit == timer.original and deadlines.due_at(days, timer.limit, spans) == timer.due_at:
            continue
        done.append(Recount(timer, timer.limit, timer.due_at))
        before = deadlines.used(days, timer.limit_unit, spans, at) / timer.limit.seconds
        db.add(_cut(timer, theirs, at, version))
        _set(timer, limit, version)
        _rearm(days, timer, [span_of(one, timer.original) for one in theirs], before, at)
    db.flush()
    return done


def _segments(db: Session, timer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[TimerSegment]]:
    found: dict[uuid.UUID, list[TimerSegment]] = {timer_id: [] for timer_id in timer_ids}
    for one in timers.segments(db, *timer_ids):
        found[one.timer_id].append(one)
    return found


def _cut(timer: Timer, stretches: list[TimerSegment], at: datetime, version: str) -> TimerSegment:
    """What has passed keeps the limit that it ran under; what comes is a stretch of its own, appended and answered."""
    last = stretches[-1]
    last.until = max(at, last.since)
    for one in stretches:
        if one.limit_unit is None:
            one.limit_value, one.limit_unit = timer.limit_value, timer.limit_unit
    following = TimerSegment(id=new_id(), timer_id=timer.id, state=SpanState(timer.state.value), since=last.until,
                             policy_version=version)
    stretches.append(following)
    return following


def _set(timer: Timer, limit: Limit, version: str) -> None:
    timer.extra_value *= limit.value / timer.limit_value
    timer.limit_value, timer.limit_unit, timer.policy_version = limit.value, limit.unit, version


def _rearm(days: Calendar, timer: Timer, spans: Sequence[Span], before: float, at: datetime) -> None:
    """Due time and alarms under the new limit. A share that was warned of is warned of again only if there is more time."""
    due_before, timer.due_at = timer.due_at, deadlines.due_at(days, timer.limit, spans)
    shares, not_raised = settings.current().alarm_shares, timer.next_alarm_share
    now = deadlines.used(days, timer.limit_unit, spans, at) / timer.limit.seconds
    more = timer.due_at > due_before if timer.due_at and due_before else now < before
    ahead = [share for share in shares if (not_raised and share >= not_raised) or (more and share > now * 100)]
    timer.limit_round += more
    if timer.state is TimerState.RUNNING:
        arm(timer, [(share, moment) for share, moment in deadlines.alarms(days, timer.limit, spans, shares) if share in ahead])
    else:
        timer.next_alarm_share = ahead[0] if ahead else None
