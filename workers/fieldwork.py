"""What follows in the field: devices are told what changed, tasks are made, and what is odd about a position is flagged."""
import uuid

import structlog

from casework.fieldwork import changes, presence, surveys, tasks
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.fieldwork")


@job
def follow(event_ids: list[str]) -> None:
    """Write down which devices are to hear of these events. Takes ids of outbox rows; an event is followed once."""
    with transaction() as db:
        written = changes.follow(db, [int(one) for one in event_ids])
    log.info("changes_followed", written=written)


@job
def spread_surveys(survey_ids: list[str]) -> None:
    """Make the tasks of these surveys, some at a time. A survey whose tasks are all there is left alone."""
    for survey_id in survey_ids:
        more = True
        while more:
            with transaction() as db:
                more = surveys.spread(db, uuid.UUID(survey_id))


@job
def settle_conflicts(conflict_ids: list[str]) -> None:
    """A task for each open conflict of the registers, once; the task of one that was settled is done."""
    with transaction() as db:
        tasks.for_conflicts(db, [uuid.UUID(one) for one in conflict_ids])


@job
def review_cases(case_ids: list[str]) -> None:
    """What is odd about the positions of the reports of these cases becomes flags, each once."""
    with transaction() as db:
        presence.review_cases(db, [uuid.UUID(one) for one in case_ids])


@job
def review_photos(photo_ids: list[str]) -> None:
    """The same for photos that came after their report."""
    with transaction() as db:
        presence.review_photos(db, [uuid.UUID(one) for one in photo_ids])
