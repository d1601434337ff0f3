"""What people are told when something happened to their case."""
import structlog
from prometheus_client import Counter

from casework.identity.sessions import sender
from casework.notifications import delivery, messages
from casework.storage.database import transaction
from workers.job import job

MESSAGES = Counter("zhiwang_messages", "Messages to phones by outcome (sent, refused, given_up).", ["outcome"])

log = structlog.get_logger("zhiwang.notifications")


@job
def tell(event_ids: list[str]) -> None:
    """Write the messages of these events, each once, and send what waits. Takes ids of outbox rows."""
    with transaction() as db:
        written = messages.write(db, [int(one) for one in event_ids])
    fared = delivery.send_waiting(sender())
    for outcome, count in fared.items():
        MESSAGES.labels(outcome).inc(count)
    log.info("messages", written=written, **fared)
