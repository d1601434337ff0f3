"""Early warning by the timetable: days are counted, and what is unusual is looked for."""
import structlog

from casework.performance.early_warning import clusters, days
from casework.storage.database import reading, transaction

MOST_DAYS = 30
"""Days that one run counts: a city that is just set up is learnt in a few, and is not held up."""

log = structlog.get_logger("zhiwang.warnings")


def count_days() -> None:
    """Count the days that are over and not counted, each by itself, and once more those that have settled."""
    with reading() as db:
        wanted = days.uncounted(db, MOST_DAYS)
    for day in wanted:
        with transaction() as db:
            days.count(db, day)
    if wanted:
        log.info("days_counted", days=len(wanted), last=wanted[0].isoformat())


def watch_clusters() -> None:
    """Surges and clusters, every quarter of an hour. Bears repetition: a signal that lasts is one warning."""
    count_days()
    with transaction() as db:
        begun = clusters.watch(db)
    log.info("clusters_watched", begun=begun)
