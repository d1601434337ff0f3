"""What follows when the policy or the calendar has changed: every open clock is looked at, a few hundred cases at a time."""
import uuid

import structlog
from sqlalchemy import select

from casework.cases import recounting
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from workers.job import job

AT_ONCE = 5000
"""Cases that are announced in one transaction: their ids alone, so this takes a moment."""

log = structlog.get_logger("zhiwang.recounting")


@job
def announce(event_ids: list[str]) -> None:
    """Takes ids of outbox rows. Announces every case with open clocks; repeated, they are looked at again and found right."""
    with reading() as db:
        events = db.scalars(select(Event).where(Event.id.in_([int(one) for one in event_ids])).order_by(Event.id)).all()
    why = "；".join(dict.fromkeys(event.detail["why"] for event in events))
    after: uuid.UUID | None = None
    while events:
        with transaction() as db:
            after = recounting.announce(db, why, after, AT_ONCE)
        if after is None:
            return


@job
def recount_cases(event_ids: list[str]) -> None:
    """Takes ids of outbox rows, because the reason stands there. Clocks that are right already are left alone."""
    with transaction() as db:
        rows = db.execute(select(Event.subject, Event.detail).where(Event.id.in_([int(one) for one in event_ids])))
        changed = recounting.recount_many(db, {case_id: detail["why"] for case_id, detail in rows})
    log.info("clocks_recounted", changed=changed)
