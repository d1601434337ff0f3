"""What follows for citizens who take part: points for what they reported and looked after, and what adopters are told."""
import uuid

import structlog

from casework.community.points import awards
from casework.storage.database import reading, transaction
from workers.job import job

log = structlog.get_logger("zhiwang.community")


@job
def settle_points(case_ids: list[str]) -> None:
    """Give and take what these cases mean for their reporters. Bears repetition, and events in any order."""
    with reading() as db:
        wanted = awards.concerned(db, [uuid.UUID(one) for one in case_ids])
    written = 0
    for case_id in wanted:  # one after the other: each holds the accounts of its reporters
        with transaction() as db:
            written += awards.settle(db, case_id)
    log.info("points_settled", cases=len(wanted), lines=written)
