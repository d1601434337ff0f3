"""The pages of the three faces on an old office PC: from the address to its rows, in a browser at a fraction of its speed.

The limit beside it is the plainest page that this browser can open over this line: a heading and a list, without a script.
"""
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, expect, sync_playwright
from sqlalchemy import select

from casework.cases.case import Case
from casework.identity import passwords
from casework.identity.people import Role, create_post, create_user
from casework.storage.database import reading, transaction
from tests.benchmarks.conftest import Folders
from tests.benchmarks.ground import Ground, ground
from tests.benchmarks.harness import Scale, milliseconds, record
from tests.pages.desk import Window, browser_of
from tests.pages.phone import browser_is_there
from tests.servers import always

SLOWER = 6
"""Times: what Chromium's own tools take for a cheap machine, beside one of today."""

LINE = {"offline": False, "latency": 20, "downloadThroughput": 1_250_000, "uploadThroughput": 1_250_000}
"""An office's line: 20 ms to the server and 10 Mbit/s."""

LONGEST = 2.5
"""Seconds until the largest thing on a page is drawn that web.dev calls good."""

CASES = 50_000

PASSWORD = "correct horse battery"
PAGES = {
    "handler": {"/desk/queues": ".screen tbody tr", "/desk/cases/{case}": ".case h2"},
    "triage": {"/command/triage": ".bench-row"},
    "leader": {"/cockpit/today": ".chart svg.drawn", "/cockpit/map": ".leaflet-container path",
               "/cockpit/figures": ".screen :is(svg.drawn, .empty)"},
}


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser_is_there()
    with sync_playwright() as playwright, browser_of(playwright) as made:
        yield made


@pytest.fixture
def city(scale: Scale, tmp_path_factory: Folders, _sqlite_template: Path) -> Iterator[Ground]:
    """With a department that has much on its desk, and one person for each kind of page."""
    with ground("postgresql", tmp_path_factory.mktemp("pc"), _sqlite_template, min(scale.rows, CASES)) as made:
        sit_down(made.crowd["busy"])
        yield made


class Pc:
    """One old PC at which somebody is logged in."""

    def __init__(self, browser: Browser, url: str, login: str, slower: int) -> None:
        self.window = Window(browser, url)
        self.window.log_in(login, PASSWORD, "/desk")
        self.line: CDPSession = self.window.context.new_cdp_session(self.window.page)
        self.line.send("Network.enable")
        self.line.send("Network.emulateNetworkConditions", LINE)
        self.line.send("Emulation.setCPUThrottlingRate", {"rate": slower})

    def opens(self, url: str, drawn: str, *, anew: bool = False) -> float:
        """Seconds from the address to what is to be seen; `anew` with nothing kept of an earlier visit."""
        if anew:
            self.line.send("Network.clearBrowserCache")
        began = time.perf_counter()
        page = self.window.page
        page.goto(url)
        page.locator(drawn).first.wait_for()
        expect(page.get_by_text("正在读取…")).to_have_count(0)
        return time.perf_counter() - began


def sit_down(department: uuid.UUID) -> None:
    """One person for each kind of page."""
    with transaction() as db:
        for login, role, place in (("handler", Role.HANDLER, department), ("triage", Role.TRIAGE_OPERATOR, None),
                                   ("leader", Role.LEADER, None)):
            user = create_user(db, f"pc-{login}", login, passwords.hashed(PASSWORD))
            create_post(db, role.value, role, department_id=place, holder_id=user.id)


PLAINEST = ("<!doctype html><title>-</title><h1>-</h1><ul>" + "<li>路口井盖缺失</li>" * 30 + "</ul>").encode()
"""A page without a script."""


@dataclass
class Times:
    """Seconds of one page, by visit, and of the plainest page there is."""

    first: list[float]
    again: list[float]
    limit: list[float]


def visits(pc: Pc, url: str, drawn: str, plain: str, rounds: int) -> Times:
    """The page with nothing kept of it, then by turns with the plainest."""
    made = Times([pc.opens(url, drawn, anew=True) for _ in range(rounds)], [], [])
    for _ in range(3 * rounds):
        made.again.append(pc.opens(url, drawn))
        made.limit.append(pc.opens(plain, "li"))
    return made


def test_a_page_beside_one_without_a_script(browser: Browser, city: Ground, scale: Scale) -> None:
    with reading() as db:
        case = db.scalars(select(Case.number).where(Case.lead_department_id == city.crowd["busy"]).limit(1)).one()
    url = f"http://127.0.0.1:{city.product(scale).port}"
    with always(PLAINEST, "text/html; charset=utf-8") as (plain, _):
        for login, pages in PAGES.items() if scale.full else list(PAGES.items())[:1]:
            pc = Pc(browser, url, f"pc-{login}", SLOWER if scale.full else 1)
            for path, drawn in pages.items():
                seen = visits(pc, url + path.format(case=case), drawn, plain, scale.rounds)
                ours, limit, first = (statistics.median(one) for one in (seen.again, seen.limit, seen.first))
                record(scale, f"{path}, a PC {SLOWER} times slower", milliseconds(ours), f"no script: {milliseconds(limit)}",
                       ratio=max(seen.again) / LONGEST, goal=1.0, at_most=True,
                       note=f"of {LONGEST} s, the slowest of {len(seen.again)}; at the first visit {milliseconds(first)}")
            pc.window.context.close()
