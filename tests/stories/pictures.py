"""Pictures of the main pages, taken from a running demonstration: each is opened as its user would, and kept."""
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.pages.desk import Window, browser_of

TROUBLE = ("页面出错", "服务器没有应答", "没有这些页面的权限", "没有这个页面", "Something went wrong")


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it, under the name of its file."""

    name: str
    login: str
    path: str
    waits_for: str
    """What must be there before it is taken, as a CSS selector."""


PICTURES = (
    Picture("desk", "{department}-head", "/desk/queues", ".screen nav.queues a"),
    Picture("triage", "triage1", "/command/triage", ".screen"),
    Picture("dispatch", "dispatcher1", "/command/dispatch", ".screen"),
    Picture("supervision", "supervisor1", "/command/supervision", ".screen"),
    Picture("rules", "admin", "/command/admin/rules", ".screen table"),
    Picture("areas", "admin", "/command/admin/areas", ".leaflet-container path"),
    Picture("cockpit", "leader1", "/cockpit/today", ".screen svg"),
    Picture("map", "leader1", "/cockpit/map#area=990101", ".leaflet-container path"),
    Picture("figures", "leader1", "/cockpit/figures", ".screen svg.drawn"),
    Picture("bulletins", "leader1", "/cockpit/bulletins", ".screen"),
)


def passwords(home: Path) -> dict[str, str]:
    """By login, as the demonstration left them."""
    lines = (home / "log-ins.txt").read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := re.match(r"(\S+)  (\S+)  ", line))}


def taken(url: str, known: dict[str, str], department: str, case: str, folder: Path) -> Iterator[tuple[str, Window]]:
    """Each picture's name with the window in which it was taken; the files are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, browser_of(playwright) as browser:
        windows: dict[str, Window] = {}
        for one in (*PICTURES, Picture("case", "leader1", f"/desk/cases/{case}", ".screen.case h2")):
            login = one.login.format(department=department)
            page = _open(browser, windows, url, login=login, password=known[login], path=one.path)
            page.locator(one.waits_for).first.wait_for()
            expect(page.get_by_text("正在读取…")).to_have_count(0)
            page.wait_for_timeout(1000)  # for the map; a stream of news stays open, so that the network is never idle
            assert not any(words in page.inner_text("main") for words in TROUBLE), page.inner_text("main")
            page.screenshot(path=folder / f"{one.name}.png")
            yield one.name, windows[login]
        for window in windows.values():
            window.context.close()


def _open(browser: Browser, windows: dict[str, Window], url: str, *, login: str, password: str, path: str) -> Page:
    if login in windows:
        return windows[login].visit(path)
    windows[login] = Window(browser, url)
    return windows[login].log_in(login, password, path)
