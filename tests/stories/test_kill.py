"""Law 1: an acknowledged report is never lost and never doubled, whatever process dies when. Told with kill -9."""
import os
import random
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import func, select

from casework.cases import proof
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Outcome, Report
from casework.cases.workflow import Status
from casework.geography.areas import import_areas
from casework.identity.people import actor_of
from casework.identity.sessions import enrol_device
from casework.media.photo import Photo, State
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import POSTGRES, REDIS, Say, absent
from tests.factories import departments, small_map
from tests.stories.harness import WEB_WORKER, System, connected, running
from tests.stories.hotline_platform import Platform
from tests.stories.senders import Citizen, Client, Hotline, Pda
from tests.stories.test_up import until

OWN_REDIS = REDIS.rpartition("/")[0] + "/13"
OURS = ("web", WEB_WORKER, "relay", "worker", "photos", "schedule")
PAUSE_SECONDS = 0.45
SETTLED_SECONDS = 150
"""A job that is lost on the way is announced again after a minute; all else heals in seconds."""


def seed() -> int:
    """Printed; set KILL_SEED to see the same again."""
    return int(os.environ.get("KILL_SEED") or secrets.randbelow(10_000))


@pytest.fixture
def servers() -> Iterator[dict[str, str]]:
    """A PostgreSQL database and a Redis database of this story's own, as the environment of the processes."""
    name, own = f"zhiwang_kill_{uuid.uuid4().hex[:12]}", redis.Redis.from_url(OWN_REDIS)
    try:
        own.flushdb()
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
    except (psycopg.OperationalError, redis.ConnectionError) as error:
        absent(f"this story wants PostgreSQL and Redis ({error})")
    yield {"DATABASE_URL": f"{POSTGRES}/{name}", "REDIS_URL": OWN_REDIS}
    own.flushdb()
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_nothing_is_lost_or_doubled_on_a_laptop(tmp_path: Path, say: Say) -> None:
    """SQLite and the embedded Valkey, which dies as well."""
    play(tmp_path / "laptop", {}, (*OURS, "valkey"), say)


def test_nothing_is_lost_or_doubled_on_servers(tmp_path: Path, servers: dict[str, str], say: Say) -> None:
    """PostgreSQL and this machine's Redis, which is not ours to kill."""
    say("\nRedis is this machine's own: it is not killed here")
    play(tmp_path / "server", servers, OURS, say)


def play(home: Path, environment: dict[str, str], victims: Sequence[str], say: Say) -> None:
    """More than a hundred reports while these processes are killed, one after the other; then the reckoning."""
    number = seed()
    say(f"\nKILL_SEED={number}")
    with running(home, environment) as system, connected(system):
        clients = crowd(system.url, number)
        total = sum(client.count for client in clients)
        assert total == 156
        for client in clients:
            client.start()
        kill_in_turn(system, clients, random.Random(number), victims, say)
        until(lambda: not any(client.is_alive() for client in clients), 120, "clients still wait for an answer")
        assert [fault for client in clients for fault in client.faults] == []
        began = time.monotonic()
        deadline = began + SETTLED_SECONDS
        while left := waiting():
            assert time.monotonic() < deadline, f"still waiting: {left}"
            time.sleep(0.2)
        attempts = sum(client.attempts for client in clients)
        say(f"{total} reports in {attempts} attempts; all triaged {time.monotonic() - began:.1f} s after the last answer")
        reckon({(client.channel, key): number for client in clients for key, number in client.acknowledged.items()}, say)
        system.stop()


def crowd(url: str, number: int) -> list[Client]:
    """A small city with its people, and who sends: four PDAs, two hotline systems, two citizens at a time."""
    with transaction() as db:
        import_areas(db, small_map(), "wgs84")
        cast = people.hire(db, departments(db))
        carriers = [cast.li, cast.wang, cast.zhao, cast.li]
        devices = [enrol_device(db, actor_of(db, carrier.id).id, f"PDA {at}") for at, carrier in enumerate(carriers)]
        known = [(device.id, token) for device, token in devices]
    pdas = [Pda(url, f"pda{at}", number, 18, PAUSE_SECONDS, device=device, token=token)
            for at, (device, token) in enumerate(known)]
    hotlines = [Hotline(url, f"hotline{at}", number, 24, 4 * PAUSE_SECONDS, platform=Platform(f"12345 {at}"))
                for at in range(2)]
    return [*pdas, *hotlines, *(Citizen(url, f"citizen{at}", number, 18, PAUSE_SECONDS) for at in range(2))]


def kill_in_turn(system: System, clients: Sequence[Client], choice: random.Random, victims: Sequence[str],
                 say: Say) -> None:
    """Each at a random moment: when a random share of the reports is acknowledged, and a little later."""
    total, order = sum(client.count for client in clients), choice.sample(victims, len(victims))
    began, moments = time.monotonic(), sorted(choice.sample(range(5, total - 20), len(order)))

    def acknowledged() -> int:
        return sum(len(client.acknowledged) for client in clients)
    for victim, moment in zip(order, moments, strict=True):
        until(lambda moment=moment: acknowledged() >= moment or any(client.faults for client in clients), 120,
              "reports are not acknowledged any more")
        time.sleep(choice.uniform(0, 0.3))
        system.kill(victim, choice)
        say(f"  {time.monotonic() - began:5.1f} s, {acknowledged():3} acknowledged: kill -9 {victim}")


def waiting() -> dict[str, int]:
    """How many reports, events, filed cases and photos nobody has dealt with yet."""
    with reading() as db:
        counts = {model.__tablename__: db.scalar(select(func.count()).select_from(model).where(*waits)) for model, *waits in (
            (Report, Report.triaged_at.is_(None)), (Event, Event.relayed_at.is_(None)),
            (Case, Case.status == Status.FILED, Case.waiting_for.is_(None)), (Photo, Photo.state == State.RECEIVED))}
    return {what: count for what, count in counts.items() if count}


def reckon(acknowledged: dict[tuple[str, str], str], say: Say) -> None:
    """Everything acknowledged is there once, under the number that was told, in one case, and every case is sound."""
    with reading() as db:
        reports = db.scalars(select(Report)).all()
        cases = {case.id: case for case in db.scalars(select(Case))}
        lines = db.scalars(select(Entry)).all()
        assert list(proof.of_cases(db, list(cases))) == []
        photos = Counter(map(tuple, db.execute(select(Photo.report_id, Photo.sha256).where(Photo.report_id.is_not(None)))))
    assert Counter((report.channel.value, report.key) for report in reports) == Counter(acknowledged.keys())
    assert {(report.channel.value, report.key): report.number for report in reports} == acknowledged
    assert all(report.triaged_at and report.outcome and report.outcome_reason for report in reports)
    by_case = Counter(report.case_id for report in reports)
    assert by_case == Counter({case.id: case.report_count for case in cases.values()})
    taken = Counter((line.case_id, line.action) for line in lines if line.action not in {"join", "presence"})
    assert set(taken.values()) == {1}  # opened once, filed once, dispatched once
    joined = Counter(line.facts["report"] for line in lines if line.action == "join")
    assert joined == Counter(report.number for report in reports if report.outcome is Outcome.JOINED)
    assert set(photos.values()) <= {1}
    told = Counter(str(report.outcome) for report in reports)
    dispatched = sum(case.status is Status.DISPATCHED for case in cases.values())
    say(f"{dict(told)}; {len(cases)} cases, {dispatched} dispatched by rule; {len(photos)} photos")


