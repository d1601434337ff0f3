"""What people are told when something happened to their case."""
import structlog

from casework.identity.sessions import LogSender
from casework.notifications import messages
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.notifications")

SENDER = LogSender()
AT_ONCE = 200


@job
def tell(event_ids: list[str]) -> None:
    """Write the messages of these events, each once, and send what waits. Takes ids of outbox rows."""
    with transaction() as db:
        written = messages.write(db, [int(one) for one in event_ids])
    log.info("messages", written=written, sent=send_waiting())


def send_waiting() -> int:
    """Hand every waiting message to the sender; how many."""
    sent = 0
    while True:
        with transaction() as db:
            done = messages.send_waiting(db, SENDER, AT_ONCE)
        sent += done
        if done < AT_ONCE:
            return sent
