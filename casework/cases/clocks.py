"""The clocks of a case, each with how its due time came about."""
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.sla import calendar, explaining, timers
from casework.sla.explaining import Facts, Told
from casework.sla.timers import Timer, TimerSegment, span_of


def explained(db: Session, case: Case) -> list[dict[str, Any]]:
    """Every clock that the case has or had, in the order in which they were started, as plain values.

    `lines` tell it stretch by stretch (seconds of the limit's own unit), `words` in one sentence.
    """
    clocks = sorted(timers.all_of(db, case.id), key=lambda one: (one.started_at, one.id))
    stretches: dict[uuid.UUID, list[TimerSegment]] = defaultdict(list)
    for one in timers.segments(db, *(timer.id for timer in clocks)):
        stretches[one.timer_id].append(one)
    return [told(db, timer, stretches[timer.id]) for timer in clocks]


def told(db: Session, timer: Timer, stretches: Sequence[TimerSegment]) -> dict[str, Any]:
    """One clock with its stretches, in their order, as explained() has it."""
    days, now, facts = calendar.load(db), clock.now(), _facts(timer, stretches)
    return {
        "id": timer.id, "stage": timer.stage, "state": timer.state, "department_id": timer.department_id,
        "limit": str(timer.original), "limit_value": timer.limit_value, "limit_unit": timer.limit_unit,
        "extra_value": timer.extra_value, "extra": str(facts.whole) if timer.extra_value else None,
        "policy_version": timer.policy_version, "started_at": timer.started_at, "stopped_at": timer.stopped_at,
        "due_at": timer.due_at, "overdue": timer.overdue, "excused": timer.excused_at is not None,
        "words": explaining.sentence(days, facts, now),
        "lines": [asdict(line) for line in explaining.explain(days, facts, now)]}


def _facts(timer: Timer, stretches: Sequence[TimerSegment]) -> Facts:
    return Facts(stage=timer.stage, limit=timer.original, extra=timer.extra_value, due_at=timer.due_at,
                 stretches=[Told(span_of(one, timer.original), one.policy_version) for one in stretches],
                 stopped_at=timer.stopped_at, excused=timer.excused_at is not None)
