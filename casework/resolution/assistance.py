"""协办: other departments help the lead, each with an assignment and clocks of its own."""
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.errors import Conflict
from casework.identity.people import Actor, active_department
from casework.sla import timers
from casework.sla.limits import Stage

ASSISTING = (Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE)


def assist(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办: ask other departments to help."""
    for department_id in dict.fromkeys(facts.assistants):
        active_department(db, department_id, "assistants")
        if department_id == case.lead_department_id or department_id in case.assisting_department_ids:
            raise Conflict("this department works on the case already")
        case.assign(department_id, Part.ASSIST, facts.reason or "")
    case.move("assist", actor, facts)


def assist_sign(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办签收: the assistant has its part."""
    case.move("assist_sign", actor, facts)
    mine = [one for one in _helped_by(case, actor) if one.signed_at is None]
    if not mine:
        raise Conflict("your department has signed for its part already")
    for one in mine:
        one.signed_at = clock.now()
        case.heed(timers.turn(db, case.id, clock.now(), stops=(Stage.ASSIST_SIGN,), assignment_id=one.id))


def decline_assist(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办退回: the assistant says why it cannot help; the lead goes on without it or asks somebody else."""
    mine = _helped_by(case, actor)
    case.move("decline_assist", actor, facts)
    for one in mine:
        end_part(db, case, one)


def assisted(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """协办完成: the assistant's part is done."""
    mine = _helped_by(case, actor)
    case.move("assisted", actor, facts)
    for one in mine:
        end_part(db, case, one, gone=False)


def end_part(db: Session, case: Case, one: Assignment, *, gone: bool = True) -> None:
    """An assistant's part is over, and its clocks stop. `gone`: it will not be done by him, and he is out of the case."""
    one.done_at = clock.now()
    one.until = one.done_at if gone else one.until
    case.heed(timers.turn(db, case.id, clock.now(), stops=ASSISTING, assignment_id=one.id))


def _helped_by(case: Case, actor: Actor) -> list[Assignment]:
    return [one for one in case.assignments if one.part is Part.ASSIST and one.done_at is None
            and one.department_id in actor.department_ids]


VERBS: dict[str, Verb] = {
    "assist": assist, "assist_sign": assist_sign, "decline_assist": decline_assist, "assisted": assisted,
}
