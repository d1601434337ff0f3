"""What a department does with a case that is its own: sign, ask for help or time, and answer with evidence."""
from datetime import timedelta

from sqlalchemy.orm import Session

from casework import clock
from casework.cases import inspectors
from casework.cases.case import Case, Part
from casework.cases.verbs import Verb, plain
from casework.cases.workflow import Facts, is_request
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor, Department
from casework.media import photo
from casework.media.photo import Purpose
from casework.sla import timers
from casework.sla.limits import Stage
from casework.taxonomy import Evidence

MOST_EXTENSIONS = 2
LONGEST_SUSPENSION = timedelta(days=366)


def sign(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """签收: the department has it."""
    case.move("sign", actor, facts)
    if case.lead_assignment:
        case.lead_assignment.signed_at = clock.now()


def resolve(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """反馈: done, with the evidence that the standard asks for; somebody else is sent to look."""
    case.move("resolve", actor, facts)
    _require_evidence(db, case, facts)
    if facts.photos:
        photo.attach(db, facts.photos, case_id=case.id, purpose=Purpose.AFTER, step="resolve", actor_id=actor.id)
    case.extension_asked = False
    if case.lead_assignment:
        case.lead_assignment.done_at = clock.now()
    if is_request(case):
        case.inspector_id = inspectors.choose(db, case, never=case.handled_by)
        case.waiting_for = None if case.inspector_id else "没有可派的核查员"


def assist(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办: ask other departments to help."""
    for department_id in dict.fromkeys(facts.assistants):
        if db.get(Department, department_id) is None:
            raise Invalid("there is no such department", Fault("assistants", f"no department {department_id}"))
        if department_id == case.lead_department_id or department_id in case.assisting_department_ids:
            raise Conflict("this department works on the case already")
        case.assign(department_id, Part.ASSIST, facts.reason or "")
    case.move("assist", actor, facts)


def assisted(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办完成: the assistant's part is done."""
    case.move("assisted", actor, facts)
    for one in case.assignments:
        if one.part is Part.ASSIST and one.done_at is None and one.department_id in actor.department_ids:
            one.done_at = clock.now()
            timers.stop(db, case.id, Stage.ASSIST_HANDLE, clock.now(), one.id)


def extend(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申请延期: before it is overdue, and at most twice."""
    clock_of_handling = _handling(db, case)
    if clock_of_handling.due_at is not None and clock_of_handling.due_at < clock.now():
        raise Conflict("more time is asked for before it is overdue")
    if clock_of_handling.extra_value >= MOST_EXTENSIONS * clock_of_handling.limit_value:
        raise Conflict(f"the limit was extended {MOST_EXTENSIONS} times already")
    case.move("extend", actor, facts)
    case.extension_asked = True


def allow(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """同意延期: one more original limit."""
    case.move("allow", actor, facts)
    case.extension_asked = False
    clock_of_handling = _handling(db, case)
    timers.extend(db, clock_of_handling, clock_of_handling.limit_value, clock.now())
    case.due_at = timers.next_due(db, case.id) or case.due_at


def deny(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """不同意延期: the limit stays."""
    case.move("deny", actor, facts)
    case.extension_asked = False


def suspend(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """挂账: the clock stands still until a date within a year."""
    if facts.until and not clock.now() < facts.until <= clock.now() + LONGEST_SUSPENSION:
        raise Invalid("this date cannot be", Fault("until", f"in the future, by at most {LONGEST_SUSPENSION.days} days"))
    case.move("suspend", actor, facts)


def reopen(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """重开: back to the same department, with everything that was done; once."""
    case.move("reopen", actor, facts)
    case.reopens += 1
    case.inspector_id = None
    case.waiting_for = None if case.lead_department_id else f"重开待派遣：{facts.reason}"
    if case.lead_assignment:
        case.lead_assignment.signed_at = case.lead_assignment.done_at = None


def _require_evidence(db: Session, case: Case, facts: Facts) -> None:
    standard = case.standard(db)
    asked = set(standard.evidence) if standard else set()
    has_before = bool(photo.of_reports(db, [report.id for report in case.reports]))
    has_after = bool(facts.photos)
    given = {Evidence.REPLY: bool(facts.reply), Evidence.BEFORE_PHOTO: has_before or has_after, Evidence.AFTER_PHOTO: has_after,
             Evidence.POSITION: facts.position is not None or case.place is not None, Evidence.DOCUMENT: bool(facts.reply)}
    fields = {Evidence.REPLY: "reply", Evidence.POSITION: "position", Evidence.DOCUMENT: "reply"}
    missing = [Fault(fields.get(one, "photos"), f"the standard asks for {one}")
               for one in Evidence if one in asked and not given[one]]
    if missing:
        raise Invalid("no closing without the evidence that the standard asks for", *missing)


def _handling(db: Session, case: Case) -> timers.Timer:
    found = next((one for one in timers.running(db, case.id) if one.stage is Stage.HANDLE), None)
    if found is None:
        raise Conflict("no handling clock is open")
    return found


VERBS: dict[str, Verb] = {
    "sign": sign, "resolve": resolve, "assist": assist, "assisted": assisted, "extend": extend, "allow": allow,
    "deny": deny, "suspend": suspend, "resume": plain("resume"), "ask": plain("ask"),
    "answered": plain("answered"), "reopen": reopen, "urge": plain("urge"), "supervise": plain("supervise"),
}
