"""转交: within a department a case goes from one colleague to another. The department answers for it as before."""
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.errors import Conflict, Fault, Invalid
from casework.identity import people
from casework.identity.people import Actor


def hand_over(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """转交: a colleague who handles cases for the same department has it from now on, and is told."""
    before = case.handler_id
    case.move("hand_over", actor, facts)
    departments = [case.lead_department_id] if case.lead_department_id else []
    if facts.handler not in {one.id for one in people.colleagues(db, departments)}:
        raise Invalid("this is no colleague", Fault("handler", "nobody of this id handles cases for the department"))
    if facts.handler == before:
        raise Conflict("this colleague has the case already")
    case.handler_id = facts.handler


VERBS: dict[str, Verb] = {"hand_over": hand_over}
