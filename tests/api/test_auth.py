"""Each kind of caller is known by its own credential, and the permission table decides what it may."""
import secrets
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import auth
from casework.identity import sessions
from casework.identity.passwords import hashed
from casework.identity.people import Role, create_post, create_user
from casework.settings import Settings
from casework.storage import database
from tests.api import trial
from tests.api.town import served
from tests.conftest import SetClock


@dataclass
class Worker:
    """A grid worker with a PDA."""

    user_id: UUID
    device_id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Device {self.token}", "X-Device-Id": str(self.device_id)}


@pytest.fixture
def app(config: Settings, store: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    auth._seen.clear()
    return served(config, store, monkeypatch, trial.blueprint)


@pytest.fixture(autouse=True)
def _clock(time: SetClock) -> None:
    """Signatures and devices live by the clock: it stands still unless a test moves it."""


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def worker(app: Flask) -> Worker:
    with database.transaction() as db:
        user = create_user(db, "li", "李网格")
        create_post(db, "网格员", Role.GRID_WORKER, area_code="44030100100101", holder_id=user.id)
        device, token = sessions.enrol_device(db, user.id, "PDA 1")
        return Worker(user.id, device.id, token)


def test_a_device_is_its_users(web: FlaskClient, worker: Worker) -> None:
    assert web.get("/trial/me", headers=worker.headers).json == {"text": "李网格"}


def test_a_device_token_works_on_its_device_only(web: FlaskClient, worker: Worker) -> None:
    for other in ({}, {"X-Device-Id": "x"}, {"X-Device-Id": str(database.new_id())}):
        answer = web.get("/trial/me", headers={"Authorization": f"Device {worker.token}", **other})
        assert answer.status_code == 401


def test_a_revoked_device_stops_at_once(web: FlaskClient, worker: Worker) -> None:
    assert web.get("/trial/me", headers=worker.headers).status_code == 200
    with database.transaction() as db:
        sessions.revoke_device(db, worker.device_id)
    assert web.get("/trial/me", headers=worker.headers).status_code == 401


def test_a_device_is_noted_as_seen_and_not_at_every_request(
        web: FlaskClient, worker: Worker, time: SetClock) -> None:
    def seen() -> object:
        with database.reading() as db:
            device = db.get(sessions.Device, worker.device_id)
            assert device is not None
            return device.last_seen_at
    web.get("/trial/me", headers=worker.headers)
    first = seen()
    assert first == time.now()
    time.passes(minutes=5)
    web.get("/trial/me", headers=worker.headers)
    assert seen() == first  # this process noted it less than a minute ago, by its own watch
    auth._seen.clear()
    web.get("/trial/me", headers=worker.headers)
    assert seen() == time.now()


def test_the_wrong_post_is_refused(web: FlaskClient, worker: Worker) -> None:
    answer = web.get("/trial/posts", headers=worker.headers)
    assert answer.status_code == 403
    assert answer.get_json(force=True)["action"] == "users.manage"


def test_the_right_post_comes_in(web: FlaskClient, worker: Worker) -> None:
    with database.transaction() as db:
        create_post(db, "管理员", Role.ADMINISTRATOR, holder_id=worker.user_id)
    assert web.get("/trial/posts", headers=worker.headers).status_code == 204


def signed(method: str, path: str, system: tuple[str, str], at: int, body: bytes = b"") -> dict[str, str]:
    key, secret = system
    nonce = secrets.token_hex(16)
    signature = sessions.signature_of(secret, method, path, str(at), nonce, body)
    return {"Authorization": f"ZW-HMAC key={key}, time={at}, nonce={nonce}, signature={signature}"}


def test_a_system_signs_each_request_and_each_counts_once(web: FlaskClient, time: SetClock) -> None:
    with database.transaction() as db:
        _, key, secret = sessions.create_client(db, "12345", [Role.PLATFORM])
    headers = signed("GET", "/trial/me?x=%20y", (key, secret), int(time.now().timestamp()))
    assert web.get("/trial/me?x=%20y", headers=headers).json == {"text": "12345"}
    assert web.get("/trial/me?x=%20y", headers=headers).status_code == 401
    for path in ("/trial/me?x=y", "/trial/me"):
        headers = signed("GET", "/trial/me?x=%20y", (key, secret), int(time.now().timestamp()))
        assert web.get(path, headers=headers).status_code == 401


def test_the_body_is_part_of_what_is_signed(web: FlaskClient, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as db:
        _, key, secret = sessions.create_client(db, "12345", [Role.PLATFORM])
    view = web.application.view_functions["trial.note"]
    monkeypatch.setattr(view, "access", auth.known("for this test a signature is asked"))
    body = '{"text": "路灯不亮"}'.encode()
    headers = signed("POST", "/trial/notes", (key, secret), int(time.now().timestamp()), body)
    assert web.post("/trial/notes", data=body, content_type="application/json", headers=headers).status_code == 201
    headers = signed("POST", "/trial/notes", (key, secret), int(time.now().timestamp()), body)
    answer = web.post("/trial/notes", data=body + b" ", content_type="application/json", headers=headers)
    assert answer.status_code == 401


def test_a_citizen_comes_back_with_the_receipts_token(app: Flask, web: FlaskClient) -> None:
    report_id = database.new_id()
    credential = auth.tracking_credential(report_id)
    with app.test_request_context("/", headers={"X-Tracking-Token": credential}):
        actor = auth.authenticate()
    assert (actor.kind, actor.report_id) == ("citizen", report_id)
    forged = credential.replace(report_id.hex, database.new_id().hex)
    assert web.get("/trial/me", headers={"X-Tracking-Token": forged}).status_code == 401


def test_a_desk_log_in_gives_an_access_token(web: FlaskClient) -> None:
    with database.transaction() as db:
        user = create_user(db, "wang", "王科长", hashed("correct horse battery"))
        create_post(db, "管理员", Role.ADMINISTRATOR, holder_id=user.id)
    with database.transaction() as db:
        tokens = sessions.log_in(db, "wang", "correct horse battery", "127.0.0.1")
    headers = {"Authorization": f"Bearer {tokens.access}"}
    assert web.get("/trial/me", headers=headers).json == {"text": "王科长"}
    assert web.get("/trial/posts", headers=headers).status_code == 204
    assert web.get("/metrics", headers=headers).status_code == 200
