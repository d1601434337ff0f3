"""Our pages in WeChat's browser: known by its word, once and for this browser, and nothing of WeChat's leaves the server."""
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from casework import settings
from casework.settings import Settings
from casework.storage.database import Base, reading
from tests.api.town import Caller, Json, Town, citizen_report, ok, problem
from tests.conftest import SetClock
from tests.wechat import APP_ID, PAGE_TOKEN, Servers, User, servers, with_account

OUT, BACK, SESSIONS = "/api/v1/wechat/h5", "/api/v1/wechat/h5/back", "/api/v1/wechat/h5/sessions"
REPORTS = "/api/v1/citizen/reports"


@pytest.fixture
def city(town: Town, config: Settings) -> Iterator[Servers]:
    with servers() as made:
        settings.configure(with_account(config, url=made.url))
        made.codes["code-1"] = "o-zhang"
        yield made


def sets_out(browser: FlaskClient, to: str | None = None) -> dict[str, str]:
    """What WeChat is asked."""
    answer = browser.get(OUT, query_string={"to": to} if to else None)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert (parts.netloc, parts.path, parts.fragment) == ("open.weixin.qq.com", "/connect/oauth2/authorize", "wechat_redirect")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def comes_back(browser: FlaskClient, asked: dict[str, str], code: str = "code-1") -> str:
    """The page's address."""
    answer: TestResponse = browser.get(BACK, query_string={"code": code, "state": asked["state"]})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def opened(town: Town, code: str = "code-1") -> Caller:
    """Somebody who has opened our page in WeChat."""
    browser = town.app.test_client()
    page, _, ticket = comes_back(browser, sets_out(browser), code).partition("#wechat=")
    assert page == "/snap"
    tokens = ok(browser.post(SESSIONS, json={"ticket": ticket}), 201)
    return Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})


def mine(caller: Caller) -> list[str]:
    return [one["number"] for one in ok(caller.get(REPORTS))["items"]]


def test_what_wechat_is_asked_is_as_it_wants_it(town: Town, city: Servers) -> None:
    asked = sets_out(town.app.test_client())
    assert list(asked) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert (asked["appid"], asked["response_type"], asked["scope"]) == (APP_ID, "code", "snsapi_base")
    assert urlsplit(asked["redirect_uri"]).path == BACK
    assert asked["state"].isalnum()
    assert len(asked["state"]) <= 128


def test_my_reports_are_those_of_my_account_from_chat_and_page(town: Town, city: Servers) -> None:
    user = User(town.app, openid="o-zhang")
    user.says("路灯坏了")
    user.stands_at(114.06, 22.54)
    user.says("提交")
    me = opened(town)
    (from_chat,) = mine(me)
    from_page: Json = ok(me.post(REPORTS, citizen_report()), 201)
    assert mine(me) == [from_page["number"], from_chat]
    assert ok(me.get(f"{REPORTS}/{from_chat}"))["text"] == "路灯坏了"
    city.codes["code-2"] = "o-li"
    other = opened(town, "code-2")
    assert mine(other) == []
    problem(other.get(f"{REPORTS}/{from_chat}"), 404)


def test_what_was_reported_by_the_page_is_his_in_the_chat_too_and_earns_him_points(town: Town, city: Servers) -> None:
    me, user = opened(town), User(town.app, openid="o-zhang")
    number = ok(me.post(REPORTS, citizen_report(phone="13800138000", category="10101")), 201)["number"]
    town.jobs()
    assert number in user.says("进度")
    assert "等待责任部门签收" in user.says(f"进度 {number}")
    assert "您自己反映的" in user.says(f"关注 {number}")
    town.jobs()
    assert [one["report"] for one in ok(me.get("/api/v1/citizen/points"))["lines"]] == [number]
    assert "没有找到" in User(town.app, openid="o-li").says(f"进度 {number}")


def test_who_comes_from_wechat_alone_is_told_where_he_chooses_what_he_hears(town: Town, city: Servers) -> None:
    me, address = opened(town), "/api/v1/citizen/preferences"
    for answer in (me.get(address), me.post(address, {"lang": "en"})):
        assert "write 退订 in the chat" in problem(answer, 409)["detail"]
    receipt: Json = ok(me.post(REPORTS, citizen_report()), 201)
    ok(town.citizen(receipt).post(address, {"off": {"page": ["progress"]}}))


def test_nothing_of_wechat_s_leaves_the_server_or_is_kept(town: Town, city: Servers) -> None:
    browser = town.app.test_client()
    asked = sets_out(browser)
    answer = browser.get(BACK, query_string={"code": "code-1", "state": asked["state"]})
    ticket = answer.headers["Location"].partition("#wechat=")[2]
    session = browser.post(SESSIONS, json={"ticket": ticket})
    for said in (str(answer.headers), answer.text, session.text):
        assert PAGE_TOKEN not in said
        assert "o-zhang" not in said
    with reading() as db:
        for table in Base.metadata.sorted_tables:
            kept = repr(db.execute(select(table)).all())
            assert PAGE_TOKEN not in kept, table.name
            assert "o-zhang" not in kept, table.name


def test_a_state_holds_once_and_for_the_browser_that_set_out(town: Town, city: Servers) -> None:
    browser, another = town.app.test_client(), town.app.test_client()
    asked = sets_out(browser)
    city.codes |= {"code-2": "o-zhang", "code-3": "o-zhang"}
    sets_out(another)
    assert comes_back(another, asked) == "/snap#wechat=failed"
    assert city.asked["/sns/oauth2/access_token"] == 0
    cookie = browser.get_cookie("wechat_h5", path="/api/v1/wechat")
    assert cookie is not None
    assert comes_back(browser, asked, "code-2") != "/snap#wechat=failed"
    assert comes_back(browser, asked, "code-3") == "/snap#wechat=failed"


def test_a_state_is_too_old_after_ten_minutes_and_a_ticket_after_one(town: Town, city: Servers, time: SetClock) -> None:
    browser = town.app.test_client()
    asked = sets_out(browser)
    time.passes(minutes=11)
    assert comes_back(browser, asked) == "/snap#wechat=failed"
    ticket = comes_back(browser, sets_out(browser)).partition("#wechat=")[2]
    time.passes(seconds=61)
    problem(browser.post(SESSIONS, json={"ticket": ticket}), 401)


def test_a_ticket_opens_one_session_and_a_changed_one_none(town: Town, city: Servers) -> None:
    browser = town.app.test_client()
    ticket = comes_back(browser, sets_out(browser)).partition("#wechat=")[2]
    for place in range(0, len(ticket), 5):
        changed = f"{ticket[:place]}{'0' if ticket[place] != '0' else '1'}{ticket[place + 1:]}"
        problem(browser.post(SESSIONS, json={"ticket": changed}), 401)
    ok(browser.post(SESSIONS, json={"ticket": ticket}), 201)
    problem(browser.post(SESSIONS, json={"ticket": ticket}), 401)


def test_a_ticket_in_a_link_that_somebody_was_sent_makes_him_nobody_else(town: Town, city: Servers) -> None:
    browser, victim = town.app.test_client(), town.app.test_client()
    ticket = comes_back(browser, sets_out(browser)).partition("#wechat=")[2]
    problem(victim.post(SESSIONS, json={"ticket": ticket}), 401)
    sets_out(victim)
    problem(victim.post(SESSIONS, json={"ticket": ticket}), 401)
    ok(browser.post(SESSIONS, json={"ticket": ticket}), 201)


def test_nobody_is_sent_to_a_page_that_is_not_ours(town: Town, city: Servers) -> None:
    browser = town.app.test_client()
    for to in ("https://evil.example", "//evil.example/snap", "/snap/../desk", "/desk", "/snap?x=https://evil.example"):
        assert set(problem(browser.get(OUT, query_string={"to": to}), 422)["fields"]) == {"to"}
    asked = sets_out(browser, "/snap/mine")
    assert comes_back(browser, asked).startswith("/snap/mine#wechat=")
    browser.set_cookie("wechat_h5", "0" * 32 + "//evil.example", path="/api/v1/wechat")
    assert comes_back(browser, sets_out(browser)).startswith("/snap#")


def test_a_wrong_code_and_a_busy_wechat_lead_to_a_page_that_does_without(town: Town, city: Servers) -> None:
    browser = town.app.test_client()
    assert comes_back(browser, sets_out(browser), "no such code") == "/snap#wechat=failed"
    city.faults["/sns/oauth2/access_token"] = [-1]
    assert comes_back(browser, sets_out(browser)) == "/snap#wechat=failed"


def test_the_session_is_refreshed_and_ended_as_any_other(town: Town, city: Servers) -> None:
    browser = town.app.test_client()
    ticket = comes_back(browser, sets_out(browser)).partition("#wechat=")[2]
    tokens = ok(browser.post(SESSIONS, json={"ticket": ticket}), 201)
    again = ok(town.stranger.post("/api/v1/sessions/refresh", {"refresh": tokens["refresh"]}), 201)
    me = Caller(town.app, {"Authorization": f"Bearer {again['access']}"})
    assert mine(me) == []
    assert town.stranger.post("/api/v1/sessions/end", {"refresh": again["refresh"]}).status_code == 204
    problem(me.get(REPORTS), 401)


def test_without_an_account_it_is_off_and_says_so(town: Town) -> None:
    assert "no WeChat account" in problem(town.stranger.get(OUT), 404)["detail"]
