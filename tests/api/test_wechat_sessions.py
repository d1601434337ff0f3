"""Logging in from the mini-program: by WeChat's word for the phone, and without its session key going anywhere."""
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from casework import settings
from casework.settings import Settings
from casework.storage.database import Base, reading
from tests.api.town import Caller, Town, ok, problem
from tests.wechat import MINI, SECRET, SESSION_KEY, Servers, servers, with_account

SESSIONS, CODES = "/api/v1/wechat/sessions", {"code": "c1", "phone_code": "p1"}


@pytest.fixture
def city(town: Town, config: Settings) -> Iterator[Servers]:
    with servers() as made:
        settings.configure(with_account(config, url=made.url, wechat_mini_app_id=MINI, wechat_mini_secret=SECRET))
        made.codes["c1"], made.phones["p1"] = "o-zhang", ("o-zhang", "+86 13812345678")
        yield made


def test_the_phone_that_wechat_knows_opens_what_was_reported_from_it(town: Town, city: Servers) -> None:
    body = {"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "text": "路灯坏了", "address": "学府路12号", "phone": "13812345678"}
    number = ok(town.stranger.post("/api/v1/citizen/reports", body), 201)["number"]
    answer = town.stranger.post(SESSIONS, CODES)
    tokens = ok(answer, 201)
    zhang = Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})
    assert [one["number"] for one in ok(zhang.get("/api/v1/citizen/reports"))["items"]] == [number]
    assert SESSION_KEY not in answer.text
    with reading() as db:
        for table in Base.metadata.sorted_tables:
            kept = repr(db.execute(select(table)).all())
            assert SESSION_KEY not in kept, table.name
            assert "o-zhang" not in kept, table.name


def test_a_code_is_taken_once(town: Town, city: Servers) -> None:
    ok(town.stranger.post(SESSIONS, CODES), 201)
    problem(town.stranger.post(SESSIONS, CODES), 401)


@pytest.mark.parametrize("wrong", [{"code": "c2"}, {"phone_code": "p2"}])
def test_a_wrong_code_and_another_one_s_phone_are_refused(town: Town, city: Servers, wrong: dict[str, str]) -> None:
    city.phones["p2"] = ("o-li", "+86 13900000000")
    problem(town.stranger.post(SESSIONS, CODES | wrong), 401)


def test_a_phone_abroad_is_refused(town: Town, city: Servers) -> None:
    city.phones["p1"] = ("o-zhang", "+1 13812345678")
    problem(town.stranger.post(SESSIONS, CODES), 401)


def test_while_wechat_is_busy_one_comes_again(town: Town, city: Servers) -> None:
    city.faults["/sns/jscode2session"] = [-1]
    assert problem(town.stranger.post(SESSIONS, CODES), 503)
    ok(town.stranger.post(SESSIONS, CODES), 201)


def test_without_a_mini_program_it_is_off(town: Town, config: Settings) -> None:
    settings.configure(with_account(config))
    problem(town.stranger.post(SESSIONS, CODES), 404)
