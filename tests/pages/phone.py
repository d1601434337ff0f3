"""A phone in a test: Chromium with a profile on the disk, behind a line to the server that can be cut."""
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, Request, expect

from tests.conftest import absent

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""Debian's Chromium, if installed its build without windows: a page in that costs a third."""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--disable-extensions", "--metrics-recording-only", "--disable-dev-shm-usage",
    "--disable-blink-features=OnDeviceWebSpeechAvailable"]  # without windows it falls down when asked which languages it hears
SMALL = {"width": 320, "height": 640}
ORDINARY = {"width": 360, "height": 740}
WAIT = 60_000
"""Milliseconds for what needs the server: on a busy machine each test is one of many."""
expect.set_options(timeout=WAIT)


def browser_is_there() -> None:
    """Skips where no Chromium is installed, except in CI."""
    if shutil.which(CHROMIUM) is None:
        absent(f"no Chromium at {CHROMIUM}")


class Line:
    """The only way from the phone to the server: a TCP relay on a port of its own. Cut, nobody listens on that port."""

    def __init__(self, port: int) -> None:
        self.target = port
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.ears: socket.socket | None = None
        self.sent = 0
        self.breaks_after: int | None = None
        """Bytes from the phone after which the line is cut, once."""
        self.open: set[socket.socket] = set()
        self.mend()

    def mend(self) -> None:
        self.ears = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self.ears,), daemon=True).start()

    def cut(self) -> None:
        """Nobody answers any more, and whoever is talking is cut off."""
        if self.ears is not None:
            ears, self.ears = self.ears, None
            with suppress(OSError):
                ears.shutdown(socket.SHUT_RDWR)
            ears.close()
        for one in list(self.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self, ears: socket.socket) -> None:
        while True:
            try:
                phone, _ = ears.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.open |= {phone, server}
            for source, sink in ((phone, server), (server, phone)):
                threading.Thread(target=self._pass, args=(source, sink, source is phone), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, from_phone: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(16384):
                sink.sendall(piece)
                self.sent += len(piece) if from_phone else 0
                if from_phone and self.breaks_after is not None and self.sent > self.breaks_after:
                    self.breaks_after = None
                    self.cut()
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self.open.discard(one)


class Phone:
    """One phone: what is on its disk outlives its processes."""

    def __init__(self, playwright: Playwright, profile: Path, line: Line, *, viewport: dict[str, int] = ORDINARY,
                 place: dict[str, float] | None = None, app: str = "pda",
                 agent: str | None = None, browser: Browser | None = None) -> None:
        self.app, self.agent = app, agent
        """Which page it is for, and what the browser says it is."""
        self.browser = browser
        """One that runs already: the phone starts faster, and its disk ends with it."""
        self.playwright, self.profile, self.line, self.viewport = playwright, profile, line, viewport
        self.place = place
        self.url = f"http://127.0.0.1:{line.port}"
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.switch_on()

    def switch_on(self) -> None:
        """Open the page, as the worker does from the first screen."""
        looks: dict[str, Any] = {
            "viewport": self.viewport, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "color_scheme": "light",
            "permissions": ["geolocation"], "geolocation": self.place, "has_touch": True, "is_mobile": True,
            "user_agent": self.agent}
        self.context = self.browser.new_context(**looks) if self.browser else \
            self.playwright.chromium.launch_persistent_context(
                self.profile, executable_path=CHROMIUM, args=ARGUMENTS, headless=True, **looks)
        self.context.set_default_timeout(WAIT)
        self.context.on("request", self._note)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def kill(self) -> None:
        """The battery is empty: every process of this browser dies at once, and nothing is written any more."""
        if self.browser:
            self.context.close()
            return
        mark = f"--user-data-dir={self.profile}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        with suppress(Exception):  # playwright says in many ways that its browser is gone
            self.context.close()
        for lock in self.profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    def visit(self, screen: str = "") -> None:
        """Open a screen by its address."""
        self.page.goto(f"{self.url}/{self.app}{screen}")

    def go(self, screen: str) -> None:
        """Go to a screen without loading the page again."""
        self.page.evaluate("address => { location.hash = address; }", screen)

    def log_in(self, login: str, password: str) -> None:
        self.page.get_by_label("账号").fill(login)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        self.page.locator("#tabs").wait_for()

    def is_kept(self) -> None:
        """The whole release is on the phone."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def stored(self, room: str) -> list[dict[str, Any]]:
        """What the page keeps in a room of its database, without what JSON cannot carry."""
        found: list[dict[str, Any]] = self.page.evaluate("""([app, room]) => new Promise((resolve, reject) => {
            const request = indexedDB.open(`zhiwang-${app}`);
            request.onerror = () => reject(request.error);
            request.onsuccess = () => {
                const all = request.result.transaction(room).objectStore(room).getAll();
                all.onsuccess = () => { request.result.close(); resolve(JSON.parse(JSON.stringify(all.result))); };
            };
        })""", [self.app, room])
        return found

    def until(self, condition: Callable[[], Any], seconds: float = 120, why: str = "") -> Any:
        """Wait for something outside of the page, while the page lives on."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{why or 'not in time'}; the page said {self.wrong[-5:]}"
            self.page.wait_for_timeout(100)
        return found

    def all_sent(self, seconds: float = 180) -> None:
        """Nothing waits on this phone."""
        self.until(lambda: not self.stored("operations") and not self.stored("files"), seconds, "not all was sent")

    def shown(self, selector: str) -> Locator:
        found = self.page.locator(selector)
        expect(found.first).to_be_visible()
        return found

    def strangers(self) -> list[str]:
        """Addresses of any other host that the browser asked for."""
        return [url for url in self.asked if not url.startswith((f"{self.url}/", "blob:", "data:"))]

    def is_wider_than_its_screen(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(Exception):
            self.context.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to the server on this port."""
    made = Line(port)
    try:
        yield made
    finally:
        made.cut()
