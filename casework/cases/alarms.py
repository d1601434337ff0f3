"""A clock gave an alarm: somebody hears of it, and the case says who, and who should have and was not there."""
import uuid

from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.identity.people import SYSTEM
from casework.sla import escalation
from casework.storage.outbox import Event


def hear(db: Session, event: Event) -> None:
    """Settle who hears of the alarm in this event. Bears repetition; an alarm of a case that is over changes nothing."""
    alarm = event.detail
    case = db.get(Case, event.subject, with_for_update=True)
    if case is None or not case.is_open:
        return
    department = uuid.UUID(alarm["department_id"]) if alarm["department_id"] else None
    reached = escalation.escalate(db, case.id, uuid.UUID(alarm["timer_id"]), alarm["share"], department,
                                  limit_round=alarm["limit_round"], area_code=case.area_code)
    if alarm["share"] >= 100:
        case.overdue = True
    written = {line.facts.get("escalation") for line in case.history if line.action == "alarm"}
    if str(reached.id) not in written:
        user = str(reached.user_id) if reached.user_id else None
        case.note("alarm", SYSTEM, escalation=str(reached.id), stage=alarm["stage"], share=alarm["share"],
                  late=alarm["late"], role=reached.role, user=user, skipped=reached.skipped)
