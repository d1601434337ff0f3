"""What follows when a clock gives an alarm: somebody is settled who hears of it."""
import uuid

from sqlalchemy import select

from casework.cases.case import Case
from casework.sla import escalation
from casework.storage.database import transaction
from casework.storage.outbox import Event
from workers.job import job


@job
def escalate(event_ids: list[str]) -> None:
    """Takes ids of outbox rows, because the share and the clock stand there. Repeated, it settles nothing twice."""
    with transaction() as db:
        wanted = [int(one) for one in event_ids]
        for event in db.scalars(select(Event).where(Event.id.in_(wanted)).order_by(Event.id)):
            alarm, department = event.detail, event.detail["department_id"]
            escalation.escalate(
                db, event.subject, uuid.UUID(alarm["timer_id"]), alarm["share"],
                uuid.UUID(department) if department else None, limit_round=alarm["limit_round"],
                area_code=db.scalar(select(Case.area_code).where(Case.id == event.subject)))
