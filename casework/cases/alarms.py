"""A clock gave an alarm: somebody hears of it, and the case says who, and who should have and was not there."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from casework.cases import workflow
from casework.cases.case import Case
from casework.cases.workflow import Status
from casework.identity.people import SYSTEM, Actor, Role
from casework.sla import escalation
from casework.sla.escalation import Escalation
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState
from casework.storage import outbox
from casework.storage.outbox import Event

EVENTS = ("timer.warned", "timer.overdue")

LOOKING = frozenset({Stage.VERIFY, Stage.CHECK})
"""Whose turn it is at these depends on the case: its inspector's, an operator's who calls back, or the dispatcher's."""

BEFORE_FILING = frozenset({Status.REPORTED, Status.VERIFYING})

Position = tuple[datetime, uuid.UUID]


def hear(db: Session, event: Event) -> None:
    """Settle who hears of the alarm in this event. Bears repetition.

    An alarm that came to nothing meanwhile changes nothing: the case is over (and with it all clocks but that of an
    appeal), the clock has stopped or was given new time.
    """
    alarm = event.detail
    case = db.get(Case, event.subject, with_for_update=True)
    timer = db.get(Timer, uuid.UUID(alarm["timer_id"]), populate_existing=True)
    if case is None or timer is None or not _stands(timer, alarm) or not (case.is_open or timer.stage is Stage.APPEAL):
        return
    if timer.counts_as_late and not case.overdue:
        case.overdue = True
        outbox.publish(db, "case.changed", case.id)
    if escalation.heard(db, timer.id, alarm["limit_round"], alarm["share"]):
        return  # its line of the history was written with it
    # An order from above is a clock of the case: it is for whoever leads it at this moment.
    department = uuid.UUID(alarm["department_id"]) if alarm["department_id"] else case.lead_department_id
    reached = escalation.escalate(db, case.id, timer.id, alarm["share"], department,
                                  limit_round=alarm["limit_round"], area_code=case.area_code,
                                  in_hand=_in_hand(case, timer.stage), inspector_id=case.inspector_id,
                                  late=alarm["late"], missed=alarm["missed"])
    user = str(reached.user_id) if reached.user_id else None
    case.note("alarm", SYSTEM, escalation=str(reached.id), stage=alarm["stage"], share=alarm["share"], late=alarm["late"],
              missed=alarm["missed"], role=reached.role, user=user, skipped=reached.skipped)


def mine(db: Session, actor: Actor, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` alarms that reached the actor, the latest first; and where the next page goes on, or None.

    What reached nobody, because no post was filled, is shown to all who hold the role that it was left with.
    """
    nobodys = and_(Escalation.user_id.is_(None), Escalation.role.in_(actor.roles))
    wanted = (select(Escalation.id, Escalation.at, Escalation.share, Escalation.role, Escalation.skipped, Escalation.late,
                     Escalation.missed, Timer.stage, Timer.state, Timer.due_at, Timer.overdue, Case.number.label("case"),
                     Case.status)
              .join(Timer, Timer.id == Escalation.timer_id).join(Case, Case.id == Escalation.case_id)
              .where(or_(Escalation.user_id == actor.id, nobodys)))
    if after:
        wanted = wanted.where(tuple_(Escalation.at, Escalation.id) < after)
    found = db.execute(wanted.order_by(Escalation.at.desc(), Escalation.id.desc()).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return [dict(row._mapping) for row in found[:limit]], (last.at, last.id) if last else None  # noqa: SLF001 - the public way


def unheard(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events: alarms that still stand, were handed over in this span, and of which nobody has heard, nor of a later
    one of their case. Not more than `limit`, the oldest first."""
    heard = exists().where(Escalation.case_id == Event.subject, Escalation.at >= Event.happened_at)
    silent = (select(Event).join(Case, Case.id == Event.subject)
              .where(Event.name.in_(EVENTS), Event.happened_at >= since, Event.relayed_at < until, ~heard,
                     or_(Case.is_open, Case.appealed_timer_id.is_not(None))))
    events = db.scalars(silent.order_by(Event.happened_at, Event.id).limit(10 * limit)).all()  # most no longer stand
    wanted = {uuid.UUID(event.detail["timer_id"]) for event in events}
    clocks = {timer.id: timer for timer in db.scalars(select(Timer).where(Timer.id.in_(wanted)))}
    return [event.id for event in events
            if (timer := clocks.get(uuid.UUID(event.detail["timer_id"]))) and _stands(timer, event.detail)][:limit]


def _in_hand(case: Case, stage: Stage) -> Role | None:
    """Whose the clock is in this case, where it is not the stage's usual party."""
    if stage in LOOKING:
        return workflow.turn(case)
    if stage is Stage.SUPERVISE and case.lead_department_id is None:  # the desk on which the case lies reports back
        return Role.TRIAGE_OPERATOR if case.status in BEFORE_FILING else Role.DISPATCHER
    return None


def _stands(timer: Timer, alarm: dict[str, Any]) -> bool:
    return timer.state is not TimerState.STOPPED and timer.limit_round == alarm["limit_round"]
