"""A city changes its policy: how fast the open clocks follow, when every one of them has to."""
import time
import uuid

from sqlalchemy import select

from casework.cases import recounting
from casework.sla import policies
from casework.sla.limits import Stage
from casework.sla.policies import Policy
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Scale, record
from workers import recounting as jobs
from workers import relay

MOST = 100_000
RULES = [{"stage": stage.value, "value": 30, "unit": "natural_day"} for stage in Stage]


def announced() -> list[str]:
    """Ids of the events that the job below works through."""
    after: uuid.UUID | None = None
    for _ in range(0, MOST, jobs.AT_ONCE):
        with transaction() as db:
            after = recounting.announce(db, "因", after, jobs.AT_ONCE)
        if after is None:
            break
    with reading() as db:
        return [str(one) for one in db.scalars(select(Event.id).where(Event.name == "clocks.outdated").order_by(Event.id))]


def test_every_open_clock_follows_a_new_policy(crowded: Ground, scale: Scale) -> None:
    (line,) = relay.JOBS["clocks.outdated"]
    with transaction() as db:
        policies.adopt(db, crowded.cast.administrator, Policy.read("2099.1", RULES, {}, {}))
    began = time.perf_counter()
    events = announced()
    told = time.perf_counter()
    assert len(events) == min(scale.rows, MOST)
    rounds = [events[at:at + line.batch] for at in range(0, len(events), line.batch)][:MOST if scale.full else 3]
    slowest = 0.0
    for ids in rounds:
        start = time.perf_counter()
        line.job(ids)
        slowest = max(slowest, time.perf_counter() - start)
    seconds = time.perf_counter() - told
    with transaction() as db:
        assert recounting.recount_many(db, dict.fromkeys(_cases(rounds[0]), "因")) == 0
    record(scale, f"clocks recounted after a new policy, {crowded.kind}", f"{sum(map(len, rounds)) / seconds:,.0f} cases/s",
           "", note=f"{len(events):,} announced in {told - began:.1f} s, slowest batch of {line.batch} {slowest:.2f} s")


def _cases(event_ids: list[str]) -> list[uuid.UUID]:
    with reading() as db:
        return list(db.scalars(select(Event.subject).where(Event.id.in_([int(one) for one in event_ids]))))
