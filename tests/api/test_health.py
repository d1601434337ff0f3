"""Health says how far behind the work is; figures are added up over processes and shown to those who may."""
import multiprocessing
import re
import socket
import time as wall
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import app as application
from api.observe import Figures
from casework.classification import files
from casework.identity.sealing import scrape_token
from casework.settings import Settings
from casework.storage import database, outbox
from tests.conftest import SetClock


@pytest.fixture
def no_queue(config: Settings) -> Settings:
    """Nobody listens where Redis should be."""
    object.__setattr__(config, "redis_url", f"redis://127.0.0.1:{free_port()}/0")
    return config


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def figures(web: FlaskClient) -> str:
    answer = web.get("/metrics", headers={"Authorization": f"Bearer {scrape_token()}"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_living_process_answers_without_any_database(config: Settings) -> None:
    object.__setattr__(config, "database_url", "sqlite:////nowhere/at/all.db")
    web = application.create_app(config, testing=True).test_client()
    assert web.get("/health/live").json == {"status": "ok"}


def test_without_a_database_it_is_not_ready(config: Settings) -> None:
    object.__setattr__(config, "database_url", "sqlite:////nowhere/at/all.db")
    answer = application.create_app(config, testing=True).test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json is not None
    assert (answer.json["status"], answer.json["database"]) == ("unavailable", "unavailable")


def test_without_a_queue_it_is_ready_because_reports_still_come_in(no_queue: Settings, app: Flask) -> None:
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["status"], answer.json["database"], answer.json["queue"]) == ("degraded", "ok", "unavailable")


def test_an_event_that_waits_too_long_is_named(no_queue: Settings, app: Flask, time: SetClock) -> None:
    web = app.test_client()
    with database.transaction() as db:
        outbox.publish(db, "report.received", database.new_id())
    time.passes(seconds=59)
    answer: Any = web.get("/health/ready").json
    assert answer["behind"]["oldest_event_seconds"] == 59
    assert not [warning for warning in answer["warnings"] if "oldest_event" in warning]
    time.passes(seconds=2)
    answer = web.get("/health/ready").json
    assert answer["status"] == "degraded"
    assert "oldest_event_seconds is too high" in answer["warnings"]
    assert "zhiwang_oldest_event_seconds 61.0" in figures(web)


def test_a_year_without_a_calendar_is_said(app: Flask, time: SetClock) -> None:
    time.is_now("2031-05-05 10:00")
    answer: Any = app.test_client().get("/health/ready").json
    assert any("2031" in warning for warning in answer["warnings"])


def test_a_model_that_cannot_be_used_is_said(config: Settings, app: Flask) -> None:
    web = app.test_client()
    assert not [one for one in web.get("/health/ready").get_json()["warnings"] if "model" in one]
    folder = files.folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / files.ACTIVE).write_text("20260302T020000Z-0123abcd")
    assert [one for one in web.get("/health/ready").get_json()["warnings"] if "model" in one]


def test_a_queue_that_hangs_costs_a_second_at_most(config: Settings, app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        object.__setattr__(config, "redis_url", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = wall.perf_counter()
        answer: Any = app.test_client().get("/health/ready").json
        assert answer["queue"] == "unavailable"
        assert wall.perf_counter() - began < 1.5


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}, {"X-Forwarded-For": "127.0.0.1"}])
def test_strangers_see_no_figures(web: FlaskClient, headers: dict[str, str]) -> None:
    assert web.get("/metrics", headers=headers).status_code == 401


def test_requests_are_counted_by_route_and_status(config: Settings, sqlite: str) -> None:
    web = application.create_app(config, testing=True).test_client()  # its own: the last one made is where figures go
    web.get("/health/live")
    web.get("/problems/conflict")
    web.get("/problems/guess")
    text = figures(web)
    for route, status in (("/health/live", 200), ("/problems/<name>", 200), ("/problems/<name>", 404)):
        assert f'zhiwang_request_seconds_count{{method="GET",route="{route}",status="{status}"}} 1.0' in text


def _one_more_process(directory: str) -> None:
    Figures(Path(directory)).count("GET", "/shared", 200, 0.02)


def test_figures_of_all_processes_are_added_up(tmp_path: Path) -> None:
    mine = Figures(tmp_path / "metrics")
    mine.count("GET", "/shared", 200, 0.02)
    spawn = multiprocessing.get_context("spawn")
    for _ in range(2):
        process = spawn.Process(target=_one_more_process, args=(str(tmp_path / "metrics"),))
        process.start()
        process.join()
        assert process.exitcode == 0
    counts = [sample.value for metric in mine.registry().collect() for sample in metric.samples
              if sample.name == "zhiwang_request_seconds_count"]
    assert counts == [3]


def test_figures_of_a_server_that_is_gone_are_removed(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=wall.sleep, args=(0,))
    process.start()
    process.join()
    gone = tmp_path / f"histogram_{process.pid}-99.db"
    gone.write_bytes(b"")
    Figures(tmp_path)
    assert not gone.exists()


def test_the_log_names_the_actor_and_nobody_else(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    web.get("/health/live")
    line = capsys.readouterr().out
    assert re.search(r'"actor":"citizen"', line)


def test_the_log_names_the_report_that_came_in(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = web.post("/api/v1/citizen/reports", json={
        "key": str(database.new_id()), "text": "路灯坏了", "place": {"lon": 114.05, "lat": 22.54}})
    assert f'"case":"{answer.get_json()["number"]}"' in capsys.readouterr().out
