"""Lists become files in the background."""
import uuid

import structlog

from casework.exports import export, writing
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.exports")


@job
def write(export_ids: list[str]) -> None:
    """Write some seconds of each; what is not done announces itself again. What is ended, or in other hands, is left alone."""
    for one in export_ids:
        state = writing.run(uuid.UUID(one))
        log.info("export_written", export=one, state=state)


def announce_waiting_exports() -> None:
    """What nobody is at is announced again: a worker was killed, or the announcement was lost."""
    with transaction() as db:
        if lost := export.announce_waiting(db, 100):
            log.warning("exports_announced_again", exports=lost)
