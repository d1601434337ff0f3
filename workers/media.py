"""What follows when a photo came in. Give it small batches: one large photo takes seconds."""
import uuid

import structlog

from casework.media import processing
from workers.job import job

log = structlog.get_logger("zhiwang.media")


@job
def process(photo_ids: list[str]) -> None:
    """Make the photos fit to be shown. Those already done are left alone, a broken one is marked and the rest go on."""
    tally = processing.process([uuid.UUID(one) for one in photo_ids])
    log.info("photos_processed", ready=tally.ready, refused=tally.refused)
