"""What follows when a photo came in, or its case became public. Give it small batches: one large photo takes seconds."""
import uuid

import structlog

from casework.cases import public_pictures
from casework.community.adoption import check_ins
from casework.media import processing
from casework.media.blurring import looking
from casework.storage.database import reading, transaction
from workers.job import job

log = structlog.get_logger("zhiwang.media")


@job
def process(photo_ids: list[str]) -> None:
    """Make the photos fit to be shown. Those already done are left alone, a broken one is marked and the rest go on.

    Those of cases that are public already are then entered to be looked at, and check-ins that waited for theirs earn points.
    """
    ids = [uuid.UUID(one) for one in photo_ids]
    tally = processing.process(ids)
    log.info("photos_processed", ready=tally.ready, refused=tally.refused)
    with transaction() as db:
        public_pictures.enter_photos(db, ids)
    with reading() as db:
        waited = check_ins.shown_by(db, ids)
    for one in waited:  # one after the other: each holds the account of its adopter
        with transaction() as db:
            check_ins.award(db, one)


@job
def enter_cases(case_ids: list[str]) -> None:
    """Let the photos of cases that are public be looked at; repeated, nothing is left to be done."""
    with transaction() as db:
        log.info("photos_entered", photos=public_pictures.enter(db, [uuid.UUID(one) for one in case_ids]))


@job
def enter_photos(photo_ids: list[str]) -> None:
    """The same for photos that a step has given to a case."""
    with transaction() as db:
        public_pictures.enter_photos(db, [uuid.UUID(one) for one in photo_ids])


@job
def look(photo_ids: list[str]) -> None:
    """Let the detectors look at photos that are to be public. Those already looked at or decided are left alone."""
    tally = looking.look_at([uuid.UUID(one) for one in photo_ids], alone=public_pictures.alone())
    log.info("photos_looked_at", ready=tally.ready, waiting=tally.waiting)
