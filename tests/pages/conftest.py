"""The small city behind a real server, for tests that look at it through a browser."""
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from api import app as application
from api import auth
from casework import settings, storage
from casework.fieldwork.forms import library
from casework.identity import passwords
from casework.settings import Settings
from casework.storage import database
from casework.storage.database import transaction
from tests import people
from tests.api.town import Town
from tests.benchmarks.harness import Server, serving
from tests.conftest import REDIS
from tests.factories import SIDE, SOUTH, WEST, small_city
from tests.pages.desk import NARROW, Window, browser_of
from tests.pages.phone import ORDINARY, Line, Phone, browser_is_there, line_to
from tests.settled import Sqlite, forget

PASSWORD = "correct horse battery"
HERE = {"longitude": WEST + SIDE / 2, "latitude": SOUTH + SIDE / 2, "accuracy": 8.0}
"""The middle of the first grid, where Li works."""


@dataclass
class City:
    """Its server, and the same town seen from this process: who else calls, and the jobs that run when a test says so."""

    server: Server
    town: Town
    folder: Path
    phones: list[Phone] = field(default_factory=list)

    def phone(self, playwright: Playwright, line: Line, name: str = "phone", **more: Any) -> Phone:
        """A phone that was never used; it is switched off when the test is over."""
        made = Phone(playwright, self.folder / f"{name}-{len(self.phones)}", line, **({"place": HERE} | more))
        self.phones.append(made)
        return made


@pytest.fixture(scope="module")  # a loop runs while it is open, and other files may want one of their own
def playwright() -> Iterator[Playwright]:
    browser_is_there()
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def _city_that_runs(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[
        tuple[City, Settings, Sqlite]]:
    """One server for the whole run, and its city as it was at first: to start it costs more than most files of tests."""
    folder = tmp_path_factory.mktemp("city")
    config = Settings(database_url=f"sqlite:///{folder}/zhiwang.db", redis_url=REDIS, blob_url=f"file://{folder}/blobs",
                      home=folder, signing_key=b"s" * 32, index_key=b"i" * 32, data_keys={"k1": b"d" * 32},
                      rate_limit_reports="100000 per minute", rate_limit_login="1000 per minute", flood=())
    shutil.copy(_sqlite_template, folder / "zhiwang.db")
    settings.configure(config)
    app = application.create_app(config, testing=True)
    with transaction() as db:
        departments = small_city(db)
        town = Town(app, people.hire(db, departments, passwords.hashed(PASSWORD)), departments)
        library.load_default(db)
    first = Sqlite()
    with serving("api.app:create_app", config, 1, "/health/live") as server:
        yield City(server, town, folder), config, first


@pytest.fixture(scope="module")
def server_of_city(_city_that_runs: tuple[City, Settings, Sqlite]) -> Iterator[tuple[Settings, Server, Town]]:
    """The city as it was at first, for all tests of a file: each uses people or places of its own, or counts what is new."""
    city, config, first = _city_that_runs
    settings.configure(config)
    storage.connect(config)
    first.restore_under_readers()
    forget()
    auth._seen.clear()
    city.town.known.clear()
    yield config, city.server, city.town
    database.engine().dispose()
    settings._current = None


@pytest.fixture
def city(server_of_city: tuple[Settings, Server, Town], tmp_path: Path) -> Iterator[City]:
    config, server, town = server_of_city
    settings.configure(config)
    storage.connect(config)
    made = City(server, town, tmp_path)
    yield made
    for phone in made.phones:
        phone.kill()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One for all windows, and all phones that are not killed: most of a start is the browser's."""
    with browser_of(playwright) as made:
        yield made


@pytest.fixture
def window(browser: Browser, city: City) -> Iterator[Window]:
    """A wide window in which nobody is logged in; afterwards it must have asked no other host, and broken nothing."""
    made = Window(browser, f"http://127.0.0.1:{city.server.port}")
    yield made
    assert (made.strangers(), made.wrong) == ([], [])
    made.context.close()


@pytest.fixture
def narrow(browser: Browser, city: City) -> Iterator[Window]:
    """The same on a screen of 320 pixels that is touched."""
    made = Window(browser, f"http://127.0.0.1:{city.server.port}", NARROW, touch=True)
    yield made
    assert (made.strangers(), made.wrong) == ([], [])
    made.context.close()


@pytest.fixture
def line(city: City) -> Iterator[Line]:
    with line_to(city.server.port) as made:
        yield made


@pytest.fixture
def phone(playwright: Playwright, city: City, line: Line) -> Phone:
    """Li's phone: logged in, and everything that it needs is on it."""
    made = city.phone(playwright, line, viewport=ORDINARY)
    made.visit()
    made.log_in("li", PASSWORD)
    made.is_kept()
    made.until(lambda: any(one["kind"] == "profile" for one in made.stored("items")), why="the first changes did not come")
    return made


class Shop:
    """Where citizens' phones come from."""

    def __init__(self, playwright: Playwright, city: City, line: Line, browser: Browser) -> None:
        self.playwright, self.city, self.line, self.browser = playwright, city, line, browser

    def phone(self, **more: Any) -> Phone:
        return self.city.phone(self.playwright, self.line, **({"app": "snap", "browser": self.browser} | more))


@pytest.fixture
def shop(playwright: Playwright, city: City, line: Line, browser: Browser) -> Shop:
    return Shop(playwright, city, line, browser)
