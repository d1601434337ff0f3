"""Bulletins appear by themselves, and remarks on them are not forgotten."""
import uuid

import structlog

from casework import clock
from casework.performance.bulletins import bulletin, remarks
from casework.storage.database import reading, transaction
from workers.forgetting import until_fewer
from workers.job import job

log = structlog.get_logger("zhiwang.bulletins")


def make_bulletins() -> None:
    """The bulletins of the last week and the last month, if they are not made yet.

    On all days but Mondays and the first of a month there is nothing to do, unless a day was missed, or nothing could be said.
    """
    with reading() as db:
        due = bulletin.due(db, clock.now().astimezone(clock.CITY).date())
    for period in due:
        with transaction() as db:
            made_id = bulletin.make(db, period)
        if made_id is not None:
            log.info("bulletin_made", kind=period.kind, since=str(period.since), bulletin=str(made_id))


@job
def draw(bulletin_ids: list[str]) -> None:
    """Draw the PDFs of these bulletins, which takes seconds; one that is drawn already, or is not there, is left alone."""
    for one in bulletin_ids:
        with reading() as db:
            made = db.get(bulletin.Bulletin, uuid.UUID(one))
        if made is not None:
            for language in bulletin.LANGUAGES:
                bulletin.on_paper(made, language)


def look_after_remarks() -> None:
    """Remarks whose case was reported back on are answered; whoever owes an answer is reminded."""
    until_fewer(remarks.settle, 100)
    until_fewer(remarks.remind, 100)
