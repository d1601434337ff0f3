"""What follows when a report came in."""
import uuid

import structlog

from casework.triage import automatic
from workers.job import job

log = structlog.get_logger("zhiwang.triage")


@job
def triage_reports(report_ids: list[str]) -> None:
    """Join, file or leave each of these reports; those that were triaged already are left alone."""
    log.info("reports_triaged", **automatic.triage([uuid.UUID(one) for one in report_ids]))
