"""What follows when a case was filed."""
import uuid

import structlog

from casework import dispatch
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.dispatching")


@job
def dispatch_cases(case_ids: list[str]) -> None:
    """Send each case to the department that the rules name; one that is no longer waiting for it is left alone."""
    with transaction() as db:
        log.info("cases_dispatched", by_rule=dispatch.dispatch_filed(db, [uuid.UUID(one) for one in case_ids]))
