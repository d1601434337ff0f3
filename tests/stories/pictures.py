"""Pictures of the main pages, taken from a running demonstration: each is opened as its user would, and kept."""
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from casework.geography import demo_district
from tests.pages.desk import Window, browser_of
from tests.pages.phone import Phone, line_to

TROUBLE = ("页面出错", "服务器没有应答", "没有这些页面的权限", "没有这个页面", "Something went wrong")
COLOURS = 128
SETTLED = 1000
"""Milliseconds for a map or a list to be drawn: a stream of news stays open, so that the network is never idle."""

BENCH = ".screen .bench-work"


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it, under the name of its file."""

    name: str
    login: str
    path: str
    waits_for: str
    """What must be there before it is taken, as a CSS selector."""
    takes: str = ""
    """The key that takes the first case of a list in hand, if there is any."""
    opens: str = ""
    """The link that is followed from there, if there is any."""


PICTURES = (
    Picture("desk", "{department}-head", "/desk/queues", ".screen nav.queues a"),
    Picture("triage", "triage1", "/command/triage", BENCH, "Alt+n"),
    Picture("dispatch", "dispatcher1", "/command/dispatch", BENCH, "Alt+n"),
    Picture("supervision", "supervisor1", "/command/supervision", ".screen"),
    Picture("rules", "admin", "/command/admin/rules", ".screen table"),
    Picture("areas", "admin", "/command/admin/areas", ".leaflet-container path"),
    Picture("cockpit", "leader1", "/cockpit/today", ".screen svg"),
    Picture("map", "leader1", "/cockpit/map#area=990101", ".leaflet-container path"),
    Picture("figures", "leader1", "/cockpit/figures", ".screen svg.drawn"),
    Picture("warnings", "leader1", "/cockpit/warnings", ".screen .controls"),
    Picture("warning", "leader1", "/cockpit/warnings", ".screen .controls", opens="a[href^='/cockpit/warnings/']"),
    Picture("scorecards", "leader1", "/cockpit/scorecards", ".screen"),
    Picture("bulletins", "leader1", "/cockpit/bulletins", ".screen"),
    Picture("bulletin", "leader1", "/cockpit/bulletins", ".screen", opens="a[href^='/cockpit/bulletins/']"),
)

PHONES = (
    Picture("pda", "grid01", "/pda#/today", ".cards .card, .empty"),
    Picture("pda-report", "grid01", "/pda#/report", "textarea"),
    Picture("snap", "", "/snap#/report", "textarea"),
    Picture("snap-near", "", "/snap#/near", ".cards .card"),
)
"""The same on phones, of grid workers and of citizens, who have no log-in."""

OFTEN = frozenset({"desk", "triage", "map", "warning", "bulletin", "case", "pda", "snap-near"})
"""What is taken where none are to be kept: of each face some, with what is hardest to draw. All of them cost a minute."""


def passwords(home: Path) -> dict[str, str]:
    """By login, as the demonstration left them."""
    lines = (home / "log-ins.txt").read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := re.match(r"(\S+)  (\S+)  ", line))}


def taken(url: str, known: dict[str, str], department: str, case: str, folder: Path, *,
          all_of_them: bool) -> Iterator[tuple[str, Window | Phone]]:
    """Each picture's name with the window or phone in which it was taken; the files are in the folder."""
    def wanted(pictures: Iterable[Picture]) -> list[Picture]:
        return [one for one in pictures if all_of_them or one.name in OFTEN]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, browser_of(playwright) as browser:
        windows: dict[str, Window] = {}
        for one in wanted((*PICTURES, Picture("case", "leader1", f"/desk/cases/{case}", ".screen.case h2"))):
            login = one.login.format(department=department)
            page = _open(browser, windows, url, login=login, password=known[login], path=one.path)
            _take(page, one, folder)
            yield one.name, windows[login]
        for window in windows.values():
            window.context.close()
        with line_to(int(url.rpartition(":")[2])) as line:
            for one in wanted(PHONES):
                yield one.name, _on_phone(Phone(playwright, folder, line, app=one.path.split("/")[1].partition("#")[0],
                                                place=_here(), browser=browser), one, known, folder)


def _take(page: Page, one: Picture, folder: Path) -> None:
    page.locator(one.waits_for).first.wait_for()
    expect(page.get_by_text("正在读取…")).to_have_count(0)
    page.wait_for_timeout(SETTLED)
    if one.takes and page.locator(".bench-row").count():
        page.keyboard.press(one.takes)
        page.locator(".bench-work .actions").wait_for()
        page.wait_for_timeout(SETTLED)
    if one.opens and page.locator(one.opens).count():
        page.locator(one.opens).first.click()
        page.wait_for_url("**/*-*-*")
        page.wait_for_timeout(SETTLED)
    assert not any(words in page.inner_text("main") for words in TROUBLE), page.inner_text("main")
    page.evaluate("scrollTo(0, 0)")
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.quantize(COLOURS).save(folder / f"{one.name}.png", optimize=True)  # a quarter of the size, and nobody sees it


def _open(browser: Browser, windows: dict[str, Window], url: str, *, login: str, password: str, path: str) -> Page:
    if login in windows:
        return windows[login].visit(path)
    windows[login] = Window(browser, url)
    return windows[login].log_in(login, password, path)


def _on_phone(phone: Phone, one: Picture, known: dict[str, str], folder: Path) -> Phone:
    phone.visit()
    if one.login:
        phone.log_in(one.login, known[one.login])
    phone.go(one.path.partition("#")[2])
    _take(phone.page, one, folder)
    return phone


def _here() -> dict[str, float]:
    """Somewhere in the demonstration's district."""
    lon, lat = demo_district.demo_places()["features"][0]["geometry"]["coordinates"]
    return {"longitude": lon, "latitude": lat, "accuracy": 8.0}
