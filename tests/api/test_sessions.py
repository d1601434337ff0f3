"""Logging in and out over HTTP: what is stolen, guessed, used twice or revoked stops at once."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import auth
from casework.identity import passwords
from casework.identity.people import User
from casework.identity.sessions import MemorySender
from casework.notifications import senders
from casework.storage.database import transaction
from tests.api.town import Caller, Json, Town, citizen_report, ok, pda_report, problem
from tests.conftest import SetClock

SESSIONS = "/api/v1/sessions"
SECRET = "correct horse battery"
HASH = passwords.hashed(SECRET)


@pytest.fixture
def dispatcher(town: Town) -> Json:
    """The dispatcher's log-in and password."""
    with transaction() as db:
        db.get_one(User, town.cast.dispatcher.id).password_hash = HASH
    return {"login": "dispatcher", "password": SECRET}


def me(town: Town, tokens: Json) -> int:
    return Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"}).get(f"{SESSIONS}/me").status_code


def test_a_desk_log_in_opens_what_the_posts_allow(town: Town, dispatcher: Json) -> None:
    tokens = ok(town.stranger.post(SESSIONS, dispatcher), 201)
    assert tokens["expires_in"] == 900
    somebody = Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})
    known = ok(somebody.get(f"{SESSIONS}/me"))
    permissions = known.pop("permissions")
    assert "duplicates.decide" in permissions
    assert "users.manage" not in permissions
    assert known == {
        "kind": "user", "id": str(town.cast.dispatcher.id), "name": "Dispatcher", "roles": ["dispatcher"],
        "department_ids": [], "area_codes": []}
    assert ok(somebody.get("/api/v1/cases"))["items"] == []
    problem(somebody.get("/api/v1/admin/clients"), 403)


def test_a_wrong_log_in_is_answered_alike_and_ever_more_slowly(town: Town, dispatcher: Json, time: SetClock) -> None:
    wrong = [dispatcher | {"password": "guess"}, dispatcher | {"login": "nobody"}, dispatcher | {"password": "\u202e😀"}]
    answers = [problem(town.stranger.post(SESSIONS, one), 401)["detail"] for one in wrong]
    assert len(set(answers)) == 1
    for _ in range(4):
        problem(town.stranger.post(SESSIONS, wrong[0]), 401)
    waiting = town.stranger.post(SESSIONS, dispatcher)
    problem(waiting, 429)
    seconds = int(waiting.headers["Retry-After"])
    assert 1 <= seconds <= 10
    time.passes(seconds=seconds + 1)
    ok(town.stranger.post(SESSIONS, dispatcher), 201)


def test_what_is_no_log_in_is_a_fault_of_the_field(town: Town) -> None:
    for body, fields in (({}, {"login", "password"}), ({"login": "a", "password": ""}, {"password"}),
                         ({"login": "a" * 81, "password": "x"}, {"login"}),
                         ({"login": ["a"], "password": {}}, {"login", "password"}),
                         ({"login": "a\0", "password": "x"}, {"login"}), ({"login": "a", "password": "x", "otp": 1}, {"otp"})):
        assert set(problem(town.stranger.post(SESSIONS, body), 422)["fields"]) == fields


def test_refreshing_gives_the_next_pair_and_a_stolen_token_ends_the_log_in(
        town: Town, dispatcher: Json, time: SetClock) -> None:
    first = ok(town.stranger.post(SESSIONS, dispatcher), 201)
    time.passes(minutes=16)
    assert me(town, first) == 401
    second = ok(town.stranger.post(f"{SESSIONS}/refresh", {"refresh": first["refresh"]}), 201)
    assert me(town, second) == 200
    problem(town.stranger.post(f"{SESSIONS}/refresh", {"refresh": first["refresh"]}), 401)
    assert me(town, second) == 401  # nobody can tell thief from owner
    problem(town.stranger.post(f"{SESSIONS}/refresh", {"refresh": second["refresh"]}), 401)
    problem(town.stranger.post(f"{SESSIONS}/refresh", {"refresh": "made up"}), 401)


def test_logging_out_stops_the_access_token_too(town: Town, dispatcher: Json) -> None:
    one, other = (ok(town.stranger.post(SESSIONS, dispatcher), 201) for _ in range(2))
    assert town.stranger.post(f"{SESSIONS}/end", {"refresh": one["refresh"]}).status_code == 204
    assert (me(town, one), me(town, other)) == (401, 200)
    assert town.stranger.post(f"{SESSIONS}/end", {"refresh": "made up"}).status_code == 204


def test_a_changed_password_ends_every_log_in(town: Town, dispatcher: Json) -> None:
    tokens = ok(town.stranger.post(SESSIONS, dispatcher), 201)
    somebody, new = Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"}), "staple and a longer one"
    problem(town.stranger.post(f"{SESSIONS}/password", {"old": SECRET, "new": new}), 401)
    problem(somebody.post(f"{SESSIONS}/password", {"old": "wrong", "new": new}), 401)
    for weak in ("short", "dispatcher 2026", "aaaaaaaaaaaa"):
        assert set(problem(somebody.post(f"{SESSIONS}/password", {"old": SECRET, "new": weak}), 422)["fields"]) == {"new"}
    assert somebody.post(f"{SESSIONS}/password", {"old": SECRET, "new": new}).status_code == 204
    assert me(town, tokens) == 401
    problem(town.stranger.post(SESSIONS, dispatcher), 401)
    ok(town.stranger.post(SESSIONS, dispatcher | {"password": new}), 201)


def test_who_has_left_is_out_at_once(town: Town, dispatcher: Json) -> None:
    tokens = ok(town.stranger.post(SESSIONS, dispatcher), 201)
    assert town.administrator.post(f"/api/v1/admin/users/{town.cast.dispatcher.id}/deactivate").status_code == 204
    assert me(town, tokens) == 401
    problem(town.stranger.post(SESSIONS, dispatcher), 401)


def test_a_lost_pda_is_revoked_at_once(town: Town) -> None:
    enrolled = ok(town.administrator.post("/api/v1/admin/devices", {"user_id": str(town.cast.li.id), "name": "PDA 17"}), 201)
    pda = Caller(town.app, {"Authorization": f"Device {enrolled['token']}", "X-Device-Id": enrolled["id"]})
    ok(pda.post("/api/v1/pda/reports", pda_report()), 201)
    (known,) = ok(town.administrator.get("/api/v1/admin/devices", user_id=str(town.cast.li.id)))["items"]
    assert (known["id"], known["name"], known["revoked_at"]) == (enrolled["id"], "PDA 17", None)
    assert "token" not in known
    assert town.administrator.post(f"/api/v1/admin/devices/{enrolled['id']}/revoke").status_code == 204
    problem(pda.post("/api/v1/pda/reports", pda_report()), 401)
    auth._seen.clear()
    problem(pda.get("/api/v1/pda/inspections"), 401)
    problem(town.administrator.post(f"/api/v1/admin/devices/{town.cast.li.id}/revoke"), 404)


def test_a_code_proves_a_phone_a_few_guesses_do_not(town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = MemorySender()
    monkeypatch.setattr(senders, "texts", lambda: texts)
    for phone in ("110", "not a phone", "+1 555 0100"):
        assert set(problem(town.stranger.post(f"{SESSIONS}/phone/code", {"phone": phone}), 422)["fields"]) == {"phone"}
    mine = {"phone": "13900139000"}
    assert town.stranger.post(f"{SESSIONS}/phone/code", mine).status_code == 204
    problem(town.stranger.post(f"{SESSIONS}/phone/code", mine), 429)
    ((phone, text),) = texts.sent
    assert phone == "13900139000"
    code = text.split("验证码 ")[1][:6]
    problem(town.stranger.post(f"{SESSIONS}/phone", mine | {"code": f"{(int(code) + 1) % 1_000_000:06d}"}), 401)
    problem(town.stranger.post(f"{SESSIONS}/phone", {"phone": "13800138000", "code": code}), 401)
    tokens = ok(town.stranger.post(f"{SESSIONS}/phone", mine | {"code": code}), 201)
    assert ok(Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"}).get("/api/v1/citizen/reports"))["items"] == []
    assert me(town, tokens) == 403  # that is for people who work here
    problem(town.stranger.post(f"{SESSIONS}/phone", mine | {"code": code}), 401)


def test_a_gateway_that_does_not_answer_holds_up_nobody_and_is_said(
        town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[int] = []

    class Hanging:
        def send(self, to: str, text: str, key: str) -> None:
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(town.stranger.post, "/api/v1/citizen/reports", citizen_report())
                reported.append(answer.result(timeout=120).status_code)
            raise senders.NotTakenError("ReadTimeout", final=False)
    monkeypatch.setattr(senders, "texts", Hanging)
    refused = town.stranger.post(f"{SESSIONS}/phone/code", {"phone": "13900139000"})
    assert "ask for another one" in problem(refused, 503)["detail"]
    assert refused.headers["Retry-After"] == "60"
    assert reported == [201]
    time.passes(minutes=1)
    texts = MemorySender()
    monkeypatch.setattr(senders, "texts", lambda: texts)
    assert town.stranger.post(f"{SESSIONS}/phone/code", {"phone": "13900139000"}).status_code == 204
    assert len(texts.sent) == 1
