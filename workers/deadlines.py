"""What follows when a clock gives an alarm: somebody is settled who hears of it."""
from sqlalchemy import select

from casework.cases import alarms
from casework.storage.database import transaction
from casework.storage.outbox import Event
from workers.job import job


@job
def escalate(event_ids: list[str]) -> None:
    """Takes ids of outbox rows, because the share and the clock stand there. Repeated, it settles nothing twice."""
    with transaction() as db:
        wanted = [int(one) for one in event_ids]
        for event in db.scalars(select(Event).where(Event.id.in_(wanted)).order_by(Event.id)):
            alarms.hear(db, event)
