"""延期与挂账: a department applies for time before it is overdue; others decide."""
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.verbs import Verb, plain
from casework.cases.workflow import Facts
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import SYSTEM, Actor, Role
from casework.sla import timers
from casework.sla.limits import Stage


def extend(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申请延期: before it is overdue, and not more often than the city allows; refusals do not count."""
    handling, most = _not_overdue(db, case), case.numbers.max_extensions
    if round(handling.extra_value / handling.limit_value) >= most:
        raise Conflict(f"the limit was extended {most} times already")
    case.move("extend", actor, facts)
    case.applied_for, case.endorsed = "extend", _heads(actor, case)


def endorse(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """初审同意: the department's own head first; what a head applies for himself needs no word of his."""
    case.move("endorse", actor, facts)
    case.endorsed = True


def allow(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """同意延期: one more original limit. It was asked for in time, so the decision may come later than the due time."""
    case.move("allow", actor, facts)
    _decided(case)
    handling = _handling(db, case)
    timers.extend(db, handling, handling.limit_value, clock.now())
    case.judge(timers.all_of(db, case.id))


def deny(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """不同意: the limit stays."""
    case.move("deny", actor, facts)
    _decided(case)


def defer(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申请挂账: until a date that lies ahead, within what the city allows."""
    _not_overdue(db, case)
    _until(case, facts)
    case.move("defer", actor, facts)
    case.applied_for, case.applied_until = "suspend", facts.until


def suspend(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """挂账: the clock stands still until the date that was applied for, or another one that the dispatcher names."""
    until = facts.until or case.applied_until
    case.move("suspend", actor, facts, extra={"until": until.isoformat()} if until else None)
    _until(case, facts)
    if until is None or until <= clock.now():
        raise Conflict("the date that was applied for is over")
    case.suspended_until = until
    case.rests_until(db, until)
    handling = _handling(db, case)
    if handling.overdue or handling.due_at:  # it was asked for in time, and ran over while the decision was waited for
        asked = next(line.at for line in reversed(case.history) if line.action == "defer")
        timers.give_back(db, handling, asked, clock.now())
        case.judge(timers.all_of(db, case.id))


def resume_due(db: Session, limit: int) -> int:
    """Let suspended cases go on whose date has come; how many."""
    due = select(Case).where(Case.suspended_until <= clock.now(), Case.is_open).order_by(Case.suspended_until, Case.id)
    cases = db.scalars(due.limit(limit).with_for_update(skip_locked=True)).all()
    for case in cases:
        case.move("resume", SYSTEM)
    return len(cases)


def _until(case: Case, facts: Facts) -> None:
    longest = timedelta(days=case.numbers.suspension_days)
    if facts.until and not clock.now() < facts.until <= clock.now() + longest:
        raise Invalid("this date cannot be", Fault("until", f"in the future, by at most {longest.days} days"))


def _decided(case: Case) -> None:
    case.applied_for = None
    case.applied_until = None
    case.endorsed = False


def _heads(actor: Actor, case: Case) -> bool:
    return any(Role.DEPARTMENT_HEAD in post.roles and case.lead_department_id in post.department_ids for post in actor.each())


def _not_overdue(db: Session, case: Case) -> timers.Timer:
    handling = _handling(db, case)
    if handling.due_at is not None and handling.due_at < clock.now():
        raise Conflict("more time is asked for before it is overdue")
    return handling


def _handling(db: Session, case: Case) -> timers.Timer:
    found = next((one for one in timers.running(db, case.id) if one.stage is Stage.HANDLE), None)
    if found is None:
        raise Conflict("no handling clock is open")
    return found


VERBS: dict[str, Verb] = {
    "extend": extend, "endorse": endorse, "allow": allow, "deny": deny, "defer": defer, "suspend": suspend,
    "resume": plain("resume"),
}
