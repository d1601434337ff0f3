"""Early warning by the timetable: days are counted, and what is unusual is looked for."""
from datetime import timedelta

import structlog

from casework import clock
from casework.performance.early_warning import clusters, days, history, keeping, lateness, repeats, silence, topics
from casework.performance.early_warning.warning import Kind
from casework.storage.database import transaction

MOST_DAYS = 30
"""Days that one run counts: a city that is just set up is learnt in a few, and is not held up."""

TOPIC_OUTLIVES = timedelta(hours=6)
"""So long a topic goes on after it was last found: at night nobody speaks."""

log = structlog.get_logger("zhiwang.warnings")


def count_days() -> None:
    """Days that are over, and not more than one run can count."""
    wanted = days.catch_up(MOST_DAYS)
    if wanted:
        log.info("days_counted", days=len(wanted), last=wanted[0].isoformat())


def watch_clusters() -> None:
    """Surges and clusters, every quarter of an hour. Bears repetition: a signal that lasts is one warning."""
    count_days()
    with transaction() as db:
        begun = clusters.watch(db)
    log.info("clusters_watched", begun=begun)


def watch_topics() -> None:
    """What many people suddenly speak of, every half hour. Bears repetition, as above."""
    now = clock.now()
    with transaction() as db:
        if learnt := history.past(db, now, ()):
            log.info("topics_watched", begun=keeping.keep(
                db, Kind.TOPIC, topics.find(db, learnt), outlives=TOPIC_OUTLIVES))


def watch_places() -> None:
    """Repeated cases, silent grids and classes that become late, every morning. Bears repetition, as above."""
    now = clock.now()
    with transaction() as db:
        begun = keeping.keep(db, Kind.REPEAT, repeats.find(db, now))
        if learnt := history.past(db, now, ()):
            begun += keeping.keep(db, Kind.SILENT, silence.find(db, learnt))
            begun += keeping.keep(db, Kind.LATE, lateness.find(db, learnt))
    log.info("places_watched", begun=begun)
