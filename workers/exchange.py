"""What other systems are told: platforms hear how their tickets fare."""
import uuid

import structlog
from prometheus_client import Counter

from casework.exchange import feed, webhooks
from casework.storage.database import transaction
from workers.job import job

DELIVERIES = Counter("zhiwang_webhooks", "Webhooks to platforms by outcome.", ["outcome"])

log = structlog.get_logger("zhiwang.exchange")


@job
def tell(case_ids: list[str]) -> None:
    """Write what platforms have not been told of these cases into their feeds, each line once, and deliver what is due."""
    written = 0
    if case_ids:
        with transaction() as db:
            written = feed.follow(db, [uuid.UUID(one) for one in case_ids])
    fared = webhooks.deliver()
    for outcome, count in fared.items():
        DELIVERIES.labels(outcome).inc(count)
    log.info("platforms_told", written=written, **fared)
