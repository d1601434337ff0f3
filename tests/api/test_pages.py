"""The plain pages: right figures, both languages, cached as they should be, and nothing from any other host."""
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from api import board
from api.app import SECURITY_HEADERS
from api.pages import WORDS
from casework import clock
from casework.cases.workflow import OPEN
from casework.performance import board as live

BOARD = {
    "at": clock.now(), "counted_at_most": 10_000,
    "reports": {"today": 1080, "waiting_triage": 10_000, "by_channel": {"pda": 310, "hotline": 620, "citizen": 150}},
    "cases": {**{status.value: number for number, status in enumerate(sorted(OPEN))}, "closed_today": 41},
    "due": [
        {"number": "ZW-1", "category": "<b>井盖</b>", "area": "福田", "department": None, "status": "handling",
         "due_at": clock.now() - timedelta(hours=1)},
        {"number": "ZW-2", "category": None, "area": None, "department": "水务局", "status": "dispatched",
         "due_at": clock.now() + timedelta(hours=1)}],
}


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city with something to show."""
    monkeypatch.setattr(live, "board", lambda _db: BOARD)
    board.forget()


def test_the_board_of_an_empty_city_says_that_nothing_is_due(web: FlaskClient) -> None:
    answer = web.get("/api/v1/board")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["reports"]["today"] == 0
    assert answer.json["due"] == []
    page = web.get("/").get_data(as_text=True)
    assert WORDS["board.none"][0] in page


@pytest.mark.usefixtures("busy")
def test_the_page_shows_the_figures_without_any_script(web: FlaskClient) -> None:
    page = web.get("/").get_data(as_text=True)
    for path, figure in {"reports.today": "1080", "reports.waiting_triage": "10000+", "reports.by_channel.citizen": "150",
                         "cases.closed_today": "41"}.items():
        assert f'data-figure="{path}">{figure}</dd>' in page
    assert page.count('class="overdue"') == 1
    assert "&lt;b&gt;井盖&lt;/b&gt;" in page
    assert "<b>" not in page


@pytest.mark.usefixtures("busy")
def test_many_readers_cost_one_look(web: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(live, "board", lambda _db: looks.append(1) or BOARD)
    for _ in range(5):
        assert web.get("/api/v1/board").status_code == 200
    assert looks == [1]


def test_chinese_is_first_and_english_stays_when_chosen(web: FlaskClient) -> None:
    assert 'lang="zh-CN"' in web.get("/problems/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert WORDS["problems.title"][1] in web.get("/problems/?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in web.get("/problems/conflict").get_data(as_text=True)
    assert '<html lang="zh-CN">' in web.get("/problems/conflict?lang=zh").get_data(as_text=True)
    assert "lang=fr" not in str(web.get("/problems/?lang=fr").headers)


@pytest.mark.parametrize("address", ["/", "/docs", "/problems/", "/static/style.css", "/openapi.json", "/nothing"])
def test_everything_is_sent_with_the_same_protection(web: FlaskClient, address: str) -> None:
    headers = web.get(address).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_with_their_version_are_kept_and_others_checked(web: FlaskClient) -> None:
    page = web.get("/").get_data(as_text=True)
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = web.get(address)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type.startswith("text/css")
    plain = web.get(address.partition("?")[0])
    assert plain.headers["Cache-Control"] == "no-cache"
    again = web.get(address.partition("?")[0], headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["/static/../pages.py", "/static/%2e%2e/words.json", "/static/nothing.js", "/static/"])
def test_only_the_files_of_the_pages_are_served(web: FlaskClient, address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
