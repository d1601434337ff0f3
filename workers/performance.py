"""What follows for the figures when something happened to a case."""
import uuid

import structlog

from casework.performance import rollups
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.performance")


@job
def count_cases(case_ids: list[str]) -> None:
    """Count these cases as they stand now. Bears repetition, and events in any order."""
    with transaction() as db:
        changed = rollups.refresh(db, [uuid.UUID(one) for one in case_ids])
    log.info("cases_counted", changed=changed)
