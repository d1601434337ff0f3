"""Real messages of citizens, thousands of them, in by the hotline's door: every one ends with a department or with a person
who is told why."""
import csv
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import func, select

from api import app as application
from api.limits import limiter
from casework import settings
from casework.cases.case import Case
from casework.cases.report import Outcome, Report
from casework.cases.workflow import Status
from casework.classification import training
from casework.settings import Settings
from casework.storage import database
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import REDIS, Say, absent
from tests.stories import masked_province
from tests.stories.hotline_platform import TICKETS, Platform
from workers import queues, relay
from workers.run import work

MESSAGES = Path(__file__).parents[2].parent / "shared" / "data" / "messages"
OWN_REDIS = REDIS.rpartition("/")[0] + "/14"
BATCH = 500


@pytest.fixture
def server(config: Settings) -> Iterator[redis.Redis]:
    """A Redis database of this story's own, emptied before and after."""
    settings.configure(replace(config, redis_url=OWN_REDIS, log_level="error"))
    made = redis.Redis.from_url(OWN_REDIS)
    try:
        made.flushdb()
    except redis.ConnectionError as error:
        absent(f"no Redis at {OWN_REDIS} ({error})")
    queues.forget_connection()
    yield made
    queues.forget_connection()
    made.flushdb()


@pytest.fixture
def web(store: str, server: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The whole application, without the limit on how often one caller may send."""
    monkeypatch.setattr(limiter, "enabled", False)
    made = application.create_app(settings.current(), testing=True)
    database.configure(store)
    return made.test_client()


@pytest.fixture(scope="module")
def _models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def trained(config: Settings, _models: Path) -> None:
    """The model of the labelled messages, trained once for both databases: the keys that sign it are the same."""
    labelled = MESSAGES / "labelled.csv"
    if not labelled.exists():
        absent(f"no labelled messages at {labelled}")
    if not (_models / "active").exists():
        training.train_csv(labelled, _models)
    shutil.copytree(_models, config.home / "models")


def tickets() -> list[dict[str, Any]]:
    """Every tenth of them, as all on both databases cost minutes: `EVERY_MESSAGE=1` for all."""
    step = 1 if os.environ.get("EVERY_MESSAGE") else 10
    with (MESSAGES / "unlabelled.csv").open(encoding="utf-8-sig", newline="") as file:
        return [{"number": row["id"], "subject": row["subject"], "detail": row["detail"],
                 "called_at": f"{row['time'].replace(' ', 'T')}+08:00"}
                for row in islice(csv.DictReader(file), 0, None, step)]


def sent(web: FlaskClient, platform: Platform, batch: list[dict[str, Any]]) -> dict[str, str]:
    """Our number for each ticket of the batch."""
    body, headers = platform.request(batch)
    answer = web.post(TICKETS, data=body, headers=headers)
    assert answer.status_code == 200, answer.text
    results = answer.get_json()["results"]
    assert {one["status"] for one in results} == {201}
    return {one["ticket"]: one["number"] for one in results}


def worked_off() -> None:
    """Everything that follows, by the relay and the workers, until nothing waits."""
    while relay.hand_over(500):
        work(queues.QUEUES, burst=True)


@pytest.mark.usefixtures("trained")
def test_every_message_is_with_a_department_or_with_a_person_who_is_told_why(web: FlaskClient, store: str, say: Say) -> None:
    with transaction() as db:
        masked_province.found(db)
    platform, messages = Platform(), tickets()
    began = time.perf_counter()
    numbers: dict[str, str] = {}
    for start in range(0, len(messages), BATCH):
        numbers |= sent(web, platform, messages[start:start + BATCH])
    taken_in = time.perf_counter()
    worked_off()
    done = time.perf_counter()
    assert sent(web, platform, messages[:BATCH]) == {one["number"]: numbers[one["number"]] for one in messages[:BATCH]}

    with reading() as db:
        reports = {one.key: one for one in db.scalars(select(Report))}
        cases = {one.id: one for one in db.scalars(select(Case))}
        waiting = db.scalar(select(func.count()).where(Event.relayed_at.is_(None)))
    assert {key: one.number for key, one in reports.items()} == numbers
    assert len(numbers) == len(messages)
    assert waiting == 0
    assert sum(queues.dead().values()) == 0
    with_department, on_desk, joined = Counter[str](), Counter[str](), 0
    for report in reports.values():
        assert report.triaged_at is not None
        case = cases[report.case_id]
        if report.outcome is Outcome.JOINED:  # by its words; where the case is, the report that opened it tells
            assert case.report_count > 1
            joined += 1
        elif case.status is Status.DISPATCHED:
            assert case.lead_department_id
            assert case.dispatched_by_rule
            assert case.category_code
            with_department[case.category_code[:3]] += 1
        else:
            assert case.status is (Status.REPORTED if report.outcome is Outcome.LEFT else Status.FILED)
            assert case.waiting_for
            on_desk[kind_of(case.waiting_for)] += 1
    say(f"{joined} joined another")
    say(summary(len(reports) - joined, with_department, on_desk, taken_in - began, done - taken_in))
    nameless = [one for one in reports.values()
                if not any(name in f"{one.title} {one.text}" for name in masked_province.NAMES)]
    assert nameless
    assert all(one.outcome is Outcome.LEFT and "地点" in (one.outcome_reason or "") for one in nameless
               if one.outcome is not Outcome.JOINED)
    assert all(cases[one.case_id].area_code for one in reports.values() if one.outcome is Outcome.FILED)
    assert with_department.total() > on_desk.total()


def kind_of(reason: str) -> str:
    """The reason without what is particular to one message."""
    return "；".join(part.partition("（")[0] for part in reason.split("；"))


def summary(total: int, with_department: Counter[str], on_desk: Counter[str], intake: float, work_seconds: float) -> str:
    """What became of them, in lines."""
    pace = f"in at {total / intake:.0f}/s, triaged, dispatched and told at {total / work_seconds:.0f}/s"
    lines = [f"\n{total} messages; {pace}", "  with a department, by class of request:"]
    lines += [f"    {code}  {number:5}  {number / total:.1%}" for code, number in with_department.most_common()]
    lines.append("  on a person's desk, by reason:")
    lines += [f"    {reason}  {number:5}  {number / total:.1%}" for reason, number in on_desk.most_common()]
    return "\n".join(lines)
