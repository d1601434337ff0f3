"""One report in from a PDA: device token, validation, the report and its outbox row, beside hello on the same server."""
import random
import uuid
from collections.abc import Iterator

import orjson
from sqlalchemy import func, select

from casework.cases.report import Report
from casework.storage.database import reading
from casework.storage.outbox import Event
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Scale, by_turns, get, per_second, post, record, repeat, under_load
from tests.factories import at_grid

GOALS = {"postgresql": 0.25, "sqlite": 0.22}
WORDS = "人行道上的上水井盖缺失，行人经过很危险，旁边没有任何警示标志，请尽快处理。"


def reports(ground: Ground, chance: random.Random) -> Iterator[bytes]:
    """New reports without end, as PDAs send them."""
    while True:
        place = at_grid(chance.randrange(4), chance.uniform(-400, 400), chance.uniform(-400, 400))
        body = orjson.dumps({
            "key": str(uuid.UUID(int=chance.getrandbits(128))), "text": WORDS, "category": "10101", "accuracy": 8.5,
            "place": {"lon": place.lon, "lat": place.lat}, "at": "2026-03-02T10:00:00+08:00", "urgent": False})
        yield post("/api/v1/pda/reports", body, **ground.device_headers(chance))


def kept() -> tuple[int, int]:
    """How many reports there are, and how many events."""
    with reading() as db:
        reports, events = (db.scalar(select(func.count()).select_from(table)) or 0 for table in (Report, Event))
    return reports, events


def test_one_report_in(empty: Ground, scale: Scale) -> None:
    product, beside = empty.product(scale), empty.beside(scale)
    prepared = reports(empty, random.Random(7))
    under_load(product, prepared, scale, status=201)  # warm
    before = kept()
    backends = empty.backends_cpu()
    ours, hello, ratio = by_turns(
        scale, lambda: under_load(product, prepared, scale, status=201, database_cpu=backends),
        lambda: under_load(beside, repeat(get("/hello")), scale, status=200))
    stored, announced = (now - then for now, then in zip(kept(), before, strict=True))
    assert stored == announced == ours.number, "what was acknowledged is not what is stored and on its way"
    record(scale, f"one report in, {empty.kind}", per_second(ours), per_second(hello), ratio=ratio, goal=GOALS[empty.kind],
           note=f"p95 {ours.at(0.95) * 1000:.1f} ms; by processor time {hello.cost / ours.cost:.2f}")
