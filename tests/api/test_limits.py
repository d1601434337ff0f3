"""Who asks too often is told when to come back; a Redis that is away or hangs costs nobody more than a moment."""
import socket
import time as wall

import pytest
from flask import Flask

from api import app as application
from api.auth import tracking_credential
from api.limits import PATIENCE_SECONDS, limiter
from casework.settings import Settings
from casework.storage.database import new_id
from tests.api import trial
from tests.api.test_health import free_port


def build(config: Settings, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> Flask:
    object.__setattr__(config, "redis_url", redis_url)
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(application, "BLUEPRINTS", [*application.BLUEPRINTS, trial.blueprint])
    return application.create_app(config, testing=True)


def statuses(app: Flask, times: int, address: str = "127.0.0.1") -> list[int]:
    web = app.test_client()
    return [web.get("/trial/limited", environ_base={"REMOTE_ADDR": address}).status_code for _ in range(times)]


def test_the_third_time_in_a_minute_is_too_often(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(config, monkeypatch, f"redis://127.0.0.1:{free_port()}/0")
    assert statuses(app, 3) == [204, 204, 429]
    assert statuses(app, 1, "127.0.0.2") == [204]
    answer = app.test_client().get("/trial/limited")
    assert answer.content_type == "application/problem+json"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_redis_that_refuses_costs_nothing(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(config, monkeypatch, f"redis://127.0.0.1:{free_port()}/0")
    began = wall.perf_counter()
    statuses(app, 20)
    assert wall.perf_counter() - began < 1


def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        app = build(config, monkeypatch, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = wall.perf_counter()
        assert statuses(app, 1) == [204]
        first = wall.perf_counter() - began
        began = wall.perf_counter()
        assert statuses(app, 10) == [204] + [429] * 9
        others = wall.perf_counter() - began
    assert first < 5 * PATIENCE_SECONDS
    assert others < PATIENCE_SECONDS + 0.5


def test_a_tracking_token_does_not_make_another_caller(
        config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(config, "rate_limit_reports", "2 per minute")
    web = build(config, monkeypatch, f"redis://127.0.0.1:{free_port()}/0").test_client()
    answers = [web.post("/api/v1/citizen/reports", json={}, headers={"X-Tracking-Token": tracking_credential(new_id())})
               for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]


def test_a_whole_office_behind_one_address_stays_logged_in(
        config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    web = build(config, monkeypatch, f"redis://127.0.0.1:{free_port()}/0").test_client()
    answers = [web.post("/api/v1/sessions/refresh", json={"refresh": "somebody's"}).status_code for _ in range(60)]
    assert set(answers) == {401}
