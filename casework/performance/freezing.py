"""Before figures are frozen for good: what happened in their period is counted, also what no job has come to yet."""
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.report import Report
from casework.performance import rebuilding, rollups
from casework.performance.days import begins, day_of
from casework.storage import outbox


def all_counted(db: Session, since: date, until: date) -> bool:
    """Whether all that happened before `until`, a day of the city, stands in the figures. Counts in this transaction whatever
    anything happened to from `since` on: an event that was handed over may still lie in the queue, or have been lost there.

    False while something of before `until` is on its way to a job, or to a case: nobody knows yet what becomes of it.
    """
    if _waits(db, until):
        return False
    for some in rollups.in_parts(rebuilding.told_since(db, begins(since))):
        rollups.refresh(db, some)
    return True


def _waits(db: Session, until: date) -> bool:
    untriaged = select(Report.received_at).where(Report.triaged_at.is_(None)).order_by(Report.received_at, Report.id).limit(1)
    oldest = outbox.oldest_waiting(db), db.scalar(untriaged)
    return any(one is not None and day_of(one) < until for one in oldest)
