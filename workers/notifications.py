"""What people are told when something happened to their case."""
import time

import structlog
from prometheus_client import Counter

from casework.exchange.wechat import client
from casework.exchange.wechat.news import WechatNews
from casework.notifications import delivery, digests, messages, notices, senders
from casework.notifications.rules import Via
from casework.storage.database import transaction
from workers.job import job

MESSAGES = Counter("zhiwang_messages", "Messages to phones and mail boxes by outcome.", ["outcome"])

REST_SECONDS = 60.0
"""So long a way is left alone on which nobody answered: this worker has other work than to wait for a gateway."""

resting: dict[Via, float] = {}
"""Until when, by the monotonic clock of this process."""

log = structlog.get_logger("zhiwang.notifications")


@job
def tell(event_ids: list[str]) -> None:
    """Write the messages of these events, each once, and send what waits. Takes ids of outbox rows."""
    with transaction() as db:
        ids = [int(one) for one in event_ids]
        written = notices.write(db, ids) + messages.write(db, ids)
    _send(written)


@job
def tell_digests(event_ids: list[str]) -> None:
    """Write the digests that these events ask for, each once, and send what waits. Takes ids of outbox rows."""
    with transaction() as db:
        written = digests.write(db, [int(one) for one in event_ids])
    _send(written)


def _send(written: int) -> None:
    now = time.monotonic()
    account = client.server()
    carriers = senders.carriers() | ({Via.WECHAT: WechatNews(account)} if account else {})
    fared = delivery.send_waiting(carriers, leave=[via for via, until in resting.items() if until > now])
    resting.update(dict.fromkeys(fared.away, time.monotonic() + REST_SECONDS))
    for outcome, count in fared.items():
        MESSAGES.labels(outcome).inc(count)
    log.info("messages", written=written, away=sorted(fared.away), **fared)
