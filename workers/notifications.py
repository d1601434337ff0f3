"""What people are told when something happened to their case."""
import structlog
from prometheus_client import Counter

from casework.notifications import delivery, messages, senders
from casework.storage.database import transaction
from workers.job import job

MESSAGES = Counter("zhiwang_messages", "Messages to phones and mail boxes by outcome.", ["outcome"])

log = structlog.get_logger("zhiwang.notifications")


@job
def tell(event_ids: list[str]) -> None:
    """Write the messages of these events, each once, and send what waits. Takes ids of outbox rows."""
    with transaction() as db:
        written = messages.write(db, [int(one) for one in event_ids])
    fared = delivery.send_waiting(senders.carriers())
    for outcome, count in fared.items():
        MESSAGES.labels(outcome).inc(count)
    log.info("messages", written=written, **fared)
