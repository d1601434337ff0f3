"""A desk in a test: one Chromium, in it a window for each person who sits there, and what axe finds wrong with a page."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

from tests.pages.phone import ARGUMENTS, CHROMIUM, WAIT

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
        "resultTypes": ["violations"]}  # of what is right nothing is told: that would be most of the time


@contextmanager
def browser_of(playwright: Playwright) -> Iterator[Browser]:
    made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, headless=True)
    try:
        yield made
    finally:
        made.close()


class Window:
    """A browser of its own, with one page open; it notes what it asked for and what went wrong in it."""

    def __init__(self, browser: Browser, url: str, viewport: dict[str, int] = WIDE, *, touch: bool = False) -> None:
        self.url = url
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme="light",  # type: ignore[arg-type]
            has_touch=touch, accept_downloads=True,
            reduced_motion="reduce")  # a colour on its way from one to another is none to be judged
        self.context.set_default_timeout(WAIT)
        self.context.on("request", self._note)
        self.page: Page = self.open()

    def open(self) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda message: self.wrong.append(message.text) if "Content Security" in message.text else None)
        return page

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def visit(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def log_in(self, login: str, password: str, path: str) -> Page:
        """Open a page, and be led to it by the log-in."""
        page = self.visit(path)
        page.get_by_label("账号").fill(login)
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录", exact=True).click()
        page.locator("#who, form > .fault, [role=alert]").filter(visible=True).first.wait_for()
        assert page.locator("#who").is_visible(), page.locator("main").inner_text()
        return page

    def strangers(self) -> list[str]:
        """Addresses of any other host that the browser asked for."""
        return [url for url in self.asked if not url.startswith((f"{self.url}/", "blob:", "data:"))]

    def is_wider_than_its_screen(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def is_sound(self) -> None:
        """Nothing against WCAG 2.2 AA on the page as it stands, and nothing beyond the edge."""
        found = self.faults()
        assert found == [], "\n".join(found)
        assert not self.is_wider_than_its_screen()

    def faults(self) -> list[str]:
        return faults(self.page)


def faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", WCAG)
    return [f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"] for node in one["nodes"]]
