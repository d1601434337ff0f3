"""What follows when a case was filed."""
import uuid

import structlog
from sqlalchemy import select

from casework import dispatch
from casework.cases.case import Case
from casework.cases.workflow import Status
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.dispatching")


def leave(case_id: str) -> None:
    """A case that dispatching stumbles over is the dispatcher's: a fault of ours must not be met again every minute."""
    with transaction() as db:
        case = db.scalar(select(Case).where(Case.id == uuid.UUID(case_id), Case.status == Status.FILED).with_for_update())
        if case is not None:
            case.waiting_for = "自动派遣出错，请派遣员派遣"


@job(otherwise=leave)
def dispatch_cases(case_ids: list[str]) -> None:
    """Send each case to the department that the rules name; one that is no longer waiting for it is left alone."""
    with transaction() as db:
        log.info("cases_dispatched", by_rule=dispatch.dispatch_filed(db, [uuid.UUID(one) for one in case_ids]))
