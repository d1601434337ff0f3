"""What the grid workers' page does by itself: it resumes, sends when it is closed, takes over releases, and judges forms."""
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from werkzeug.serving import make_server

from api import phone_pages, releases
from casework.cases.report import Report
from casework.fieldwork.forms import judging
from casework.fieldwork.forms.expressions import FUNCTIONS, Tree
from casework.storage.database import reading
from tests.pages.conftest import City
from tests.pages.phone import Line, Phone
from tests.pages.test_pda_offline import a_picture, digest, offline, online, photos_of, report

PDA = releases.of("pda").address


def reports_of(text: str) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Report).where(Report.text == text)) or 0


def test_an_upload_goes_on_where_the_line_broke(phone: Phone, line: Line, tmp_path: Path) -> None:
    picture = a_picture(tmp_path, 700, 2400)
    size = picture.stat().st_size
    assert size > 2_000_000
    offline(phone)
    report(phone, "断线续传", ("report", picture))
    line.sent, line.breaks_after = 0, 1_400_000
    online(phone)
    phone.until(lambda: line.ears is None, why="the line did not break")
    phone.until(lambda: any(one["away"] for one in phone.stored("meta") if isinstance(one, dict) and "away" in one))
    halfway = phone.stored("progress")[0]["offset"]
    assert 0 < halfway < size
    line.mend()
    phone.go("#/sync")
    phone.page.locator("#send").click()
    phone.all_sent()
    assert [one.sha256 for one in photos_of("断线续传")] == [digest(picture)]
    assert line.sent < 1.5 * size


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_doubled(phone: Phone, line: Line, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "答复丢失", ("report", a_picture(tmp_path, 701)))
    lost: list[str] = []

    def lose(route: Any) -> None:
        """The server does it, and nobody hears of it."""
        route.fetch()
        lost.append(route.request.url)
        route.abort()
    for address in ("**/api/v1/pda/sync", "**/api/v1/uploads", "**/api/v1/uploads/*"):
        phone.page.route(address, lose, times=1)
    phone.line.mend()
    phone.context.set_offline(False)
    phone.go("#/sync")

    def press_until_sent() -> bool:
        phone.page.locator("#send").click()
        return not phone.stored("operations")
    phone.until(press_until_sent, 60)
    assert len(lost) == 3
    assert reports_of("答复丢失") == 1
    assert len(photos_of("答复丢失")) == 1


def test_a_cursor_that_cannot_be_read_any_more_begins_anew_and_holds_up_nothing(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "游标坏了", ("report", a_picture(tmp_path, 703)))
    phone.page.evaluate("""async ([address, told]) => {
        const store = await import(address);
        await store.put("meta", "no cursor of ours", "cursor");
        await store.put("items", told);
    }""", [f"{PDA}/store.js", {"kind": "task", "id": "gone", "title": "早已没有"}])
    online(phone)
    phone.all_sent()
    assert reports_of("游标坏了") == 1
    phone.until(lambda: "gone" not in {one["id"] for one in phone.stored("items")}, why="the old copy is still there")
    phone.until(lambda: any(one["kind"] == "profile" for one in phone.stored("items")), why="it did not begin anew")


def test_what_waits_is_sent_when_the_page_is_closed(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "关闭后发送", ("report", a_picture(tmp_path, 702)))
    inspector = phone.context.new_cdp_session(phone.page)
    found: list[dict[str, Any]] = []
    inspector.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    inspector.send("ServiceWorker.enable")
    registration = phone.until(lambda: [one for one in found if one["scopeURL"].endswith("/pda")])[-1]
    elsewhere = phone.context.new_page()
    elsewhere.goto("about:blank")
    phone.page.goto("about:blank")
    online(phone)
    inspector = phone.context.new_cdp_session(elsewhere)
    inspector.send("ServiceWorker.enable")
    inspector.send("ServiceWorker.dispatchSyncEvent", {
        "origin": phone.url, "registrationId": registration["registrationId"], "tag": "send", "lastChance": False})
    phone.page = elsewhere
    phone.until(lambda: reports_of("关闭后发送") == 1 and len(photos_of("关闭后发送")) == 1, why="the worker sent nothing")


@contextmanager
def serving_here(city: City, line: Line) -> Iterator[None]:
    """The line leads to this process, whose release a test can change."""
    server = make_server("127.0.0.1", 0, city.town.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line.target, before = server.server_port, line.target
    line.cut()  # a connection that is kept leads to the old server
    line.mend()
    try:
        yield
    finally:
        line.target = before
        server.shutdown()


def test_a_new_release_takes_the_place_of_the_old_one_as_a_whole(
        phone: Phone, city: City, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = releases.of("pda")
    style = tmp_path / "style.css"
    style.write_text(old.files["style.css"].read_text("utf-8") + "\n#title { letter-spacing: 3px; }\n", "utf-8")
    new = replace(old, name="0123456789abcdef", files=old.files | {"style.css": style})
    monkeypatch.setattr(phone_pages, "served", lambda _page: new)
    spacing = "getComputedStyle(document.querySelector('#title')).letterSpacing"
    with serving_here(city, line):
        phone.page.evaluate("navigator.serviceWorker.getRegistration('/pda').then(one => one.update())")
        phone.page.get_by_text("有新版本").wait_for()
        assert phone.page.evaluate(spacing) == "normal", "the old page goes on with its own parts"
        phone.page.get_by_role("button", name="立即更新").click()
        phone.page.wait_for_function(f"{spacing} === '3px'")
        kept = phone.page.evaluate("caches.keys()")
        assert kept == ["zhiwang-pda-0123456789abcdef"]
    offline(phone)
    phone.page.reload()
    phone.page.locator("#tabs").wait_for()
    assert phone.page.evaluate(spacing) == "3px"
    expect(phone.page.locator("#update")).to_be_hidden()


ANSWERS = {"a": "12", "b": "", "c": "gas wiring", "d": "2026-03-02", "e": "3.5", "f": "井盖", "g": "none"}
CONSTANTS: list[Tree] = ["", "gas", "12", "2026-03-02", "井盖", "x1", 0, 1, 12, 3.5, -2, ["."], ["true"], ["false"], ["today"]]


def a_tree(chance: random.Random, depth: int) -> Tree:
    """Any tree of the small language."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice([*CONSTANTS, *(["$", name] for name in [*ANSWERS, "nobody"])])
    what = chance.choice(["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod", "negative", *FUNCTIONS])
    if what == "regex":
        return [what, a_tree(chance, depth - 1), chance.choice([r"\d+", "[A-Z]{2}", ".*gas.*", r"1[3-9]\d{9}", "(a|b)?"])]
    return [what, *(a_tree(chance, depth - 1) for _ in range(FUNCTIONS.get(what, 1 if what == "negative" else 2)))]


def test_the_page_and_the_server_judge_every_expression_alike(phone: Phone) -> None:
    chance = random.Random(20261126)
    trees = [a_tree(chance, 4) for _ in range(3000)]
    here = [chance.choice(list(ANSWERS.values())) for _ in trees]
    today, found = phone.page.evaluate("""async ([address, trees, answers, here]) => {
        const {holds, evaluate} = await import(address);
        return [evaluate(["today"], answers, ""), trees.map((tree, number) => holds(tree, answers, here[number]))];
    }""", [f"{PDA}/judging.js", trees, ANSWERS, here])
    day = date.fromisoformat(today)
    wanted = [judging.holds(tree, ANSWERS, one, day) for tree, one in zip(trees, here, strict=True)]
    differing = [(tree, one) for tree, one, mine, theirs in zip(trees, here, wanted, found, strict=True) if mine is not theirs]
    assert differing == []
    assert 500 < sum(wanted) < 2500
