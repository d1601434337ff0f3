"""Those who call in the demonstration: patient with a busy system, honest about what they did not expect."""
import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from casework.cli.demo.callers import Caller, City, DayEnded, Desk, Platform
from casework.identity.sessions.clients import signature_of

Answers = Callable[[httpx.Request], httpx.Response]


def city(answer: Answers) -> City:
    return City("http://city", httpx.Client(transport=httpx.MockTransport(answer)))


def one_after_the_other(*answers: httpx.Response) -> tuple[Answers, list[httpx.Request]]:
    left: Iterator[httpx.Response] = iter(answers)
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return next(left)
    return answer, seen


BUSY = {"Retry-After": "0"}


def test_a_busy_system_is_asked_again() -> None:
    answer, seen = one_after_the_other(httpx.Response(429, headers=BUSY), httpx.Response(503, headers=BUSY),
                                       httpx.Response(201, json={"number": "1"}))
    asked = city(answer)
    assert Caller(asked).do("POST", "/reports", json={"key": "a"}) == {"number": "1"}
    assert len({request.content for request in seen}) == 1  # the same key each time
    assert dict(asked.answers) == {201: 1}
    assert asked.surprises == []


def test_each_try_is_signed_anew() -> None:
    answer, seen = one_after_the_other(httpx.Response(503, headers=BUSY), httpx.Response(200, json={"results": []}))
    Platform(city(answer), "key", "secret").tickets(b"{}")
    nonces = []
    for request in seen:
        said = dict(part.split("=", 1) for part in request.headers["Authorization"].removeprefix("ZW-HMAC ").split(", "))
        assert said["signature"] == signature_of("secret", "POST", request.url.path, said["time"], said["nonce"], b"{}")
        nonces.append(said["nonce"])
    assert len(set(nonces)) == 2


def test_a_refusal_that_nobody_expected_is_noted() -> None:
    asked = city(lambda _: httpx.Response(409, json={"detail": "the case is closed"}))
    assert Caller(asked).step("AJ1", "sign") is None
    (noted,) = asked.surprises
    assert "/api/v1/cases/AJ1/sign" in noted
    assert "409" in noted


def test_to_be_outrun_is_no_surprise_where_it_may_happen() -> None:
    asked = city(lambda _: httpx.Response(409, json={"detail": "somebody was first"}))
    assert Caller(asked).do("POST", "/rating", may_be_outrun=True) is None
    assert asked.surprises == []


def test_a_system_that_never_answers_ends_the_day() -> None:
    asked = city(lambda _: httpx.Response(503, headers=BUSY))
    with pytest.raises(DayEnded):
        Caller(asked).ask("GET", "/board")
    assert asked.surprises


def test_nobody_calls_after_the_day_has_ended() -> None:
    asked = city(lambda _: pytest.fail("somebody called"))
    asked.ended.set()
    with pytest.raises(DayEnded):
        Caller(asked).ask("GET", "/board")


def test_a_list_is_read_to_its_last_page() -> None:
    answer, seen = one_after_the_other(httpx.Response(200, json={"items": [{"n": 1}, {"n": 2}], "next": "a+b"}),
                                       httpx.Response(200, json={"items": [{"n": 3}], "next": None}))
    assert [row["n"] for row in Caller(city(answer)).pages("/cases", queue="sign")] == [1, 2, 3]
    assert dict(seen[1].url.params) == {"queue": "sign", "limit": "100", "cursor": "a+b"}


def test_a_desk_logs_in_once_and_again_when_its_token_is_nearly_over() -> None:
    log_ins = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal log_ins
        if request.url.path == "/api/v1/sessions":
            log_ins += 1
            assert json.loads(request.content) == {"login": "triage1", "password": "word"}
            lasts = 900 if log_ins == 1 else 30
            return httpx.Response(201, json={"access": f"token{log_ins}", "refresh": "r", "expires_in": lasts})
        return httpx.Response(200, json={"token": request.headers["Authorization"]})
    desk = Desk(city(answer), "triage1", "word")
    assert [desk.do("GET", "/me") for _ in range(2)] == [{"token": "Bearer token1"}] * 2
    desk._until = 0.0
    assert [desk.do("GET", "/me") for _ in range(2)] == [{"token": "Bearer token2"}, {"token": "Bearer token3"}]
