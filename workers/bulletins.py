"""Bulletins appear by themselves, and remarks on them are not forgotten."""
import structlog

from casework import clock
from casework.performance.bulletins import bulletin, remarks
from casework.storage.database import reading, transaction
from workers.forgetting import until_fewer

log = structlog.get_logger("zhiwang.bulletins")


def make_bulletins() -> None:
    """The bulletins of the last week and the last month, if they are not made yet; and their PDFs, which take seconds.

    On all days but Mondays and the first of a month there is nothing to do, unless a day was missed.
    """
    today = clock.now().astimezone(clock.CITY).date()
    with reading() as db:
        due = bulletin.due(db, today)
    for period in due:
        with transaction() as db:
            made_id = bulletin.make(db, period)
        if made_id is None:
            continue
        with reading() as db:
            made = bulletin.find(db, made_id)
        for language in bulletin.LANGUAGES:
            bulletin.on_paper(made, language)
        log.info("bulletin_made", kind=period.kind, since=str(period.since))


def look_after_remarks() -> None:
    """Remarks whose case was reported back on are answered; whoever owes an answer is reminded."""
    until_fewer(remarks.settle, 100)
    until_fewer(remarks.remind, 100)
