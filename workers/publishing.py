"""What follows for the public when something happened to a case, or when the city's policy has changed."""
import uuid

import structlog

from casework.cases import publication
from casework.storage.database import transaction
from workers.job import job

BATCH = 500

log = structlog.get_logger("zhiwang.publishing")


@job
def follow(case_ids: list[str]) -> None:
    """Publish, hold back or leave to a moderator, as each case is now; repeated, nothing is left to be done."""
    with transaction() as db:
        became = publication.follow(db, [uuid.UUID(one) for one in case_ids])
    log.info("publications_followed", became_public=became)


@job
def stir(case_ids: list[str]) -> None:
    """Let the feeds know that these cases went on; repeated, nothing is left to be done."""
    with transaction() as db:
        publication.stir(db, [uuid.UUID(one) for one in case_ids])


@job
def reconsider(_policy_ids: list[str]) -> None:
    """Hold against the policy as it is now what no person has decided; broken off, the next run finds what is left."""
    while True:
        with transaction() as db:
            if not publication.reconsider(db, BATCH):
                return
