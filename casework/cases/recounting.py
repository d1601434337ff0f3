"""A limit, the city's policy or the calendar has changed: the clocks of open cases are recounted, and the history says so."""
import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal_column, select, union
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.identity.people import SYSTEM, Actor
from casework.sla import recounts
from casework.sla.limits import Stage
from casework.sla.recounts import Recount
from casework.sla.timers import Timer, TimerState
from casework.storage import outbox
from casework.storage.outbox import Event

CHANGES = ("policy.changed", "calendar.changed")


def recount(db: Session, case: Case, why: str, actor: Actor = SYSTEM) -> int:
    """Give the open clocks of a case that was found to be changed the limits that are right for it now; how many changed.

    Call after its category, priority or channel has become another. One line `recount` of the history names them all.
    """
    db.flush()
    return _recount(db, {case.id: case}, {case.id: why}, actor)


def recount_many(db: Session, reasons: Mapping[uuid.UUID, str]) -> int:
    """The same for the cases of these ids, each for its reason, in a few statements for all; how many clocks changed.

    Bears repetition: what is right already is left alone, and so is what has run over.
    """
    cases = db.scalars(select(Case).where(Case.id.in_(reasons)).order_by(Case.id).with_for_update())
    return _recount(db, {case.id: case for case in cases}, reasons, SYSTEM)


def announce(db: Session, why: str, after: uuid.UUID | None, limit: int) -> uuid.UUID | None:
    """Say of the next `limit` cases with open clocks, by id, that these are to be looked at; answers after which to go on,
    or None when that was all."""
    looks = [_open(Timer.assignment_id.is_(None), after, limit), _open(Timer.assignment_id.is_not(None), after, limit)]
    both = union(*(select(look.c.case_id) for look in (one.subquery() for one in looks)))
    found = db.scalars(both.order_by("case_id").limit(limit)).all()
    outbox.publish_many(db, "clocks.outdated", found, why=why)
    return found[-1] if len(found) == limit else None


def changes(db: Session, since: datetime, until: datetime) -> list[int]:
    """Ids of the events of this span that let clocks be recounted."""
    told = select(Event.id).where(Event.name.in_(CHANGES), Event.happened_at >= since, Event.happened_at < until)
    return list(db.scalars(told.order_by(Event.id)))


def _open(which: Any, after: uuid.UUID | None, limit: int) -> Select[uuid.UUID]:
    # Spelt out, not a parameter: only then do the databases know that their indexes of open timers are enough.
    still = Timer.state != literal_column(f"'{TimerState.STOPPED.value}'")
    wanted = select(Timer.case_id).where(still, which).order_by(Timer.case_id).limit(limit).distinct()
    return wanted.where(Timer.case_id > after) if after else wanted


def _recount(db: Session, cases: Mapping[uuid.UUID, Case], reasons: Mapping[uuid.UUID, str], actor: Actor) -> int:
    still = select(Timer).where(Timer.case_id.in_(cases), Timer.state != TimerState.STOPPED).order_by(Timer.case_id, Timer.id)
    timers = db.scalars(still.with_for_update().execution_options(populate_existing=True)).all()
    done = recounts.recount(db, [(timer, cases[timer.case_id].limit(db, timer.stage)) for timer in timers], clock.now())
    changed: dict[uuid.UUID, list[Recount]] = defaultdict(list)
    for one in done:
        changed[one.timer.case_id].append(one)
    running: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    for timer in timers:
        if timer.state is TimerState.RUNNING and timer.due_at:
            running[timer.case_id].append(timer.due_at)
    for case_id, theirs in changed.items():
        case = cases[case_id]
        case.due_at = min(running[case_id], default=case.due_at)
        signing = next((one.timer.due_at for one in theirs if one.timer.stage is Stage.SIGN), None)
        if signing and case.return_until:
            case.return_until = signing
        case.note("recount", actor, why=reasons[case_id], clocks=[_said(one) for one in theirs])
    outbox.publish_many(db, "case.changed", changed)
    db.flush()
    return len(done)


def _said(one: Recount) -> dict[str, Any]:
    return {"stage": one.timer.stage.value, "before": str(one.limit), "after": str(one.timer.limit),
            "due_before": _moment(one.due_at), "due_after": _moment(one.timer.due_at)}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
