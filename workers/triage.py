"""What follows when a report came in."""
import uuid

import structlog

from casework.triage import automatic
from workers.job import job

log = structlog.get_logger("zhiwang.triage")


def leave_to_a_person(report_id: str) -> None:
    """What becomes of a report that triage cannot work."""
    automatic.leave(uuid.UUID(report_id))


@job(otherwise=leave_to_a_person)
def triage_reports(report_ids: list[str]) -> None:
    """Join, file or leave each of these reports; those that were triaged already are left alone."""
    log.info("reports_triaged", **automatic.triage([uuid.UUID(one) for one in report_ids]))


@job
def complete_reports(report_ids: list[str]) -> None:
    """The last files of these reports are here: what only waited for them is closed. What is settled is left alone."""
    log.info("reports_completed", **automatic.complete([uuid.UUID(one) for one in report_ids]))
