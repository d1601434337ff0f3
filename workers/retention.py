"""What is forgotten by the city's rules at night, and what one person asked for."""
import uuid
from collections.abc import Sequence

import structlog
from prometheus_client import Counter

from casework.retention import answering, carrying_out, requests
from casework.storage.database import reading
from workers.job import job

FORGOTTEN = Counter("zhiwang_retention", "What retention has forgotten, by rule.", ["rule"])

log = structlog.get_logger("zhiwang.retention")


def carry_out_rules() -> None:
    """Every rule, in short transactions; then the files that nobody wants any more."""
    done = carrying_out.carry_out()
    for rule, count in done.items():
        FORGOTTEN.labels(rule).inc(count)
    log.info("retention", **{rule: count for rule, count in done.items() if count})


def answer_ready_requests() -> None:
    """Requests whose time has come: erasures after their waiting time, and what was lost on the way."""
    with reading() as db:
        ready = requests.ready(db, requests.MOST_AT_ONCE)
    _answer(ready)


@job
def answer_requests(request_ids: list[str]) -> None:
    """Answer these requests if their time has come. One that was answered or taken back is left alone."""
    _answer([uuid.UUID(one) for one in request_ids])


def _answer(request_ids: Sequence[uuid.UUID]) -> None:
    done = sum(answering.answer(one) for one in request_ids)
    log.info("data_requests", answered=done)
