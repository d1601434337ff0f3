"""A batch of 500 tickets from the hotline over HTTP, signed and validated, beside their rows copied in ready-made."""
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import func, select

from casework import clock
from casework.cases import report
from casework.cases.report import Channel, Report, Said
from casework.identity.privacy import SealedText
from casework.identity.sessions.clients import signature_of
from casework.storage.database import engine, reading
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Measured, Scale, by_turns, load, per_second, post, record, timed

PATH = "/api/v1/hotline/tickets"
BATCH = 500
GOALS = {"postgresql": 0.5, "sqlite": 0.35}
DETAIL = ("来电人反映小区从昨天下午开始停水，物业没有任何通知，家里有老人和小孩，"
          "生活非常不便，希望有关部门尽快核实并告知恢复供水的时间。")


def signed(ground: Ground, body: bytes) -> bytes:
    key, secret = ground.platform
    at, nonce = str(int(time.time())), uuid.uuid4().hex
    signature = signature_of(secret, "POST", PATH, at, nonce, body)
    return post(PATH, body, Authorization=f"ZW-HMAC key={key}, time={at}, nonce={nonce}, signature={signature}")


def batches(ground: Ground, chance: random.Random) -> Iterator[bytes]:
    """Batches of new tickets without end, as the platform sends them."""
    while True:
        tickets = [{"number": f"12345-{chance.getrandbits(60)}", "subject": "小区停水", "detail": DETAIL, "category": "301",
                    "called_at": "2026-03-02T10:00:00+08:00", "address": "南塘社区东门小区", "caller_name": "张三",
                    "caller_phone": f"138{chance.randrange(10**8):08}"} for _ in range(BATCH)]
        yield signed(ground, orjson.dumps({"tickets": tickets}))


def ready_made(chance: random.Random) -> tuple[list[str], list[tuple[Any, ...]]]:
    """A batch as rows that want nothing but to be written: validated, numbered, sealed."""
    at = clock.now()
    rows = [report._row(Said(
        channel=Channel.HOTLINE, source="beside", key=f"{chance.getrandbits(60)}", title="小区停水", text=DETAIL,
        happened_at=datetime(2026, 3, 2, 2, tzinfo=UTC), claimed_category="301", address="南塘社区东门小区",
        reporter_name="张三", reporter_phone=f"138{chance.randrange(10**8):08}"), at) for _ in range(BATCH)]
    sqlite = engine().dialect.name == "sqlite"
    return list(rows[0]), [tuple(_plain(name, value, sqlite) for name, value in row.items()) for row in rows]


def _plain(name: str, value: Any, sqlite: bool) -> Any:
    if isinstance(value, SealedText):
        return value.sealed_for(f"reports.{name}")
    if isinstance(value, Channel):
        return str(value)
    if sqlite and isinstance(value, uuid.UUID):
        return value.hex
    if sqlite and isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value


def write(bare: Any, columns: list[str], rows: list[tuple[Any, ...]]) -> int:
    """The limit: one COPY, or one executemany, and the commit."""
    names = ", ".join(columns)
    if engine().dialect.name == "sqlite":
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(f"INSERT INTO reports ({names}) VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608
    else:
        with bare.cursor().copy(f"COPY reports ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    bare.commit()
    return len(rows)


def test_a_batch_of_tickets(empty: Ground, scale: Scale) -> None:
    product, chance = empty.product(scale), random.Random(11)
    pooled = engine().raw_connection()
    bare: Any = pooled.driver_connection
    load(product.port, batches(empty, chance), seconds=0, connections=scale.workers, status=200)  # warm
    with reading() as db:
        before = db.scalar(select(func.count()).select_from(Report))
    backends = empty.backends_cpu()
    each = 20 if scale.full else 1

    def ours() -> Measured:
        prepared = [signed_batch for signed_batch, _ in zip(batches(empty, chance), range(each), strict=False)]
        return timed(lambda: sum(BATCH * load(product.port, [one], seconds=0, connections=1, status=200).number
                                 for one in prepared), product.cpu, backends)

    def limit() -> Measured:
        prepared = [ready_made(chance) for _ in range(each)]
        return timed(lambda: sum(write(bare, columns, rows) for columns, rows in prepared), database_cpu=backends)
    made, copied, ratio = by_turns(scale, ours, limit)
    pooled.close()
    with reading() as db:
        stored = db.scalar(select(func.count()).select_from(Report)) - before
    assert stored == made.number + copied.number, "what was acknowledged is not what is stored"
    record(scale, f"hotline, batches of {BATCH}, {empty.kind}", per_second(made), per_second(copied), ratio=ratio,
           goal=GOALS[empty.kind], note=f"by processor time {copied.cost / made.cost:.2f}")
