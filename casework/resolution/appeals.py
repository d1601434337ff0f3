"""申诉: a department does not accept that one of its clocks counts as late, and an adjudicator rules."""
from datetime import timedelta

from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor
from casework.sla import timers
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState


def appeal(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申诉: within the city's days after the clock ran over, once for each clock."""
    case.move("appeal", actor, facts)
    timer = db.get(Timer, facts.clock)
    if timer is None or timer.case_id != case.id or not _owed_by(timer, case, actor):
        raise Invalid("this is no clock of your department", Fault("clock", "names none of your clocks in this case"))
    if not timer.counts_as_late:
        raise Conflict("this clock does not count as late")
    if timer.state is not TimerState.STOPPED:
        raise Conflict("this clock is not at its end; appeal when it has stopped")
    if any(line.action == "appeal" and line.facts.get("clock") == str(timer.id) for line in case.history[:-1]):
        raise Conflict("this clock was appealed against before; the ruling stands")
    days, since = case.numbers.appeal_days, timer.stopped_at or timer.due_at
    if since is not None and clock.now() > since + timedelta(days=days):
        raise Conflict(f"an appeal is made within {days} days")
    case.appealed_timer_id = timer.id


def grant(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申诉成立: the clock no longer counts as late, wherever it is counted."""
    timer = db.get_one(Timer, case.appealed_timer_id, with_for_update=True)
    case.move("grant", actor, facts, extra={"clock": str(timer.id)})
    case.appealed_timer_id = None
    timer.excused_at = clock.now()
    db.flush()
    case.judge(timers.all_of(db, case.id))


def dismiss(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申诉不成立: it stays late."""
    case.move("dismiss", actor, facts, extra={"clock": str(case.appealed_timer_id)})
    case.appealed_timer_id = None


def _owed_by(timer: Timer, case: Case, actor: Actor) -> bool:
    """The actor's department was to keep this clock; feedback on an order is owed by whoever leads."""
    owing = case.lead_department_id if timer.stage is Stage.SUPERVISE else timer.department_id
    return owing in actor.department_ids


VERBS: dict[str, Verb] = {"appeal": appeal, "grant": grant, "dismiss": dismiss}
