"""The outbox drained into jobs, beside raw claims of the same batch."""
from typing import Any

import pytest
import redis
from sqlalchemy import text

from casework.storage import outbox
from casework.storage.database import engine, new_id, transaction
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import BENCH_REDIS, Measured, Scale, by_turns, per_second, record, timed
from tests.conftest import absent
from workers import queues, relay

BATCH = 500
RAW = """UPDATE outbox SET relayed_at = CURRENT_TIMESTAMP WHERE id IN (SELECT id FROM outbox WHERE relayed_at IS NULL
ORDER BY id LIMIT {batch} {locking}) RETURNING id, name, subject"""


@pytest.fixture
def broker() -> Any:
    """A Redis database that is only ours, empty."""
    made = redis.Redis.from_url(BENCH_REDIS)
    try:
        made.flushdb()
    except redis.exceptions.ConnectionError as error:
        absent(f"no Redis at {BENCH_REDIS} ({error})")
    queues.forget_connection()
    yield made
    queues.forget_connection()
    made.flushdb()


def fill(events: int) -> None:
    with transaction() as db:
        db.execute(text("UPDATE outbox SET relayed_at = happened_at WHERE relayed_at IS NULL"))
    for _ in range(0, events, 5000):
        with transaction() as db:
            outbox.publish_many(db, "report.received", [new_id() for _ in range(min(events, 5000))])


def relayed() -> int:
    done = 0
    while number := relay.hand_over(BATCH):
        done += number
    return done


def jobs(events: int) -> int:
    """How many jobs come of so many events, claimed BATCH at a time: for each line of the relay as many as its batches."""
    claims = [BATCH] * (events // BATCH) + [events % BATCH]
    return sum(-(-claim // line.batch) for claim in claims for line in relay.JOBS["report.received"])


def claimed(sql: str, bare: Any) -> int:
    """The least there is to do: claim, mark, commit."""
    done = 0
    while rows := bare.execute(sql).fetchall():
        bare.commit()
        done += len(rows)
    bare.commit()
    return done


def test_outbox_into_jobs(empty: Ground, scale: Scale, broker: Any) -> None:
    locking = "" if empty.kind == "sqlite" else "FOR UPDATE SKIP LOCKED"
    pooled = engine().raw_connection()
    bare: Any = pooled.driver_connection
    sql = RAW.format(batch=BATCH, locking=locking)
    relayed_now: list[int] = []

    def ours() -> Measured:
        fill(scale.events)
        made = timed(relayed, database_cpu=empty.backends_cpu())
        relayed_now.append(made.number)
        return made

    def limit() -> Measured:
        fill(scale.events)
        return timed(lambda: claimed(sql, bare), database_cpu=empty.backends_cpu())
    made, raw, ratio = by_turns(scale, ours, limit)
    pooled.close()
    assert set(relayed_now) == {scale.events}
    waiting = sum(broker.llen(f"rq:queue:{name}") for name in queues.QUEUES)
    assert waiting == scale.rounds * jobs(scale.events)
    record(scale, f"outbox into jobs, batches of {BATCH}, {empty.kind}", per_second(made), per_second(raw), ratio=ratio,
           goal=0.5, note=f"by processor time {raw.cost / made.cost:.2f}")
