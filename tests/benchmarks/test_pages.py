"""Every page of /desk, /command and /cockpit among a million cases: server time of all that it asks for, and its statements.

A page is opened by somebody who has been here before: who I am is known to the browser, and areas and taxonomy to the process.
"""
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from api import app as application
from api.cases import MOST_SHEETS
from casework import clock
from casework.cases.case import Case
from casework.performance.bulletins.bulletin import Bulletin
from casework.performance.early_warning.warning import EarlyWarning
from casework.performance.scorecards import Scorecard
from casework.storage import database
from casework.storage.database import reading
from tests.benchmarks import past
from tests.benchmarks.conftest import Folders
from tests.benchmarks.crowd import GRIDS_AROUND
from tests.benchmarks.ground import Ground, area_desk, ground
from tests.benchmarks.harness import Measured, Scale, milliseconds, record, timed
from tests.statements import heard

SCREENS = Path(application.__file__).parent / "pages" / "staff" / "screens"
OVER = 0.9
"""So many of a city's cases are closed."""

LONGEST = 0.1
"""Seconds of the server for one page at the 95th percentile."""

MOST = 6
"""Statements of one page, all its requests together."""

TIMES = 20


@dataclass(frozen=True)
class Page:
    """Who opens it and what it then asks for, in the order of its script; {braces} are filled in.

    `lines` are streams that it keeps open: each costs the look at its credential.
    """

    who: str
    asks: tuple[str, ...]
    lines: int = 0


def page(who: str, *asks: str, lines: int = 0) -> Page:
    return Page(who, asks, lines)


def bench(who: str, queue: str) -> Page:
    """A desk of the centre: what lies there, who holds what, and the stream of what happens."""
    return page(who, f"/cases?queue={queue}&limit=30", "/holds", lines=1)


OUTLINES, DEPARTMENTS, CATEGORIES = "/areas/outlines", "/admin/departments", "/taxonomy/categories"
DESK = {
    "/desk/queues": page("busy", "/desk?queue=open&limit=30"),
    "/desk/print/:numbers": page("busy", "/sheets?{sheets}"),
    "/desk/cases/:number": page("busy", "/cases/{case}/dossier"),
    "/desk/exports": page("water_head", "/exports/lists", "/exports?limit=20"),
    "/desk/remarks": page("water_head", "/bulletins/remarks"),
}
COMMAND = {
    "/command/calls": page("operator", CATEGORIES, OUTLINES),
    "/command/triage": bench("triage", "triage"),
    "/command/dispatch": bench("dispatcher", "dispatch"),
    "/command/returns": bench("adjudicator", "adjudicate"),
    "/command/supervision": page("supervisor", "/supervision", lines=1),
    "/command/moderation": page("operator", "/moderation/cases?state=waiting&limit=20",
                                "/moderation/cases?state=published&by_person=false&limit=20"),
    "/command/imports": page("operator", "/hotline/mappings"),
    "/command/find": page("supervisor"),  # asks nothing until somebody looks for something: tests/benchmarks/test_desk.py
}
ADMIN = {f"/command/admin/{name}": page("administrator", *asks) for name, asks in {
    "people": ("/admin/users",), "posts": ("/admin/posts", DEPARTMENTS), "roles": ("/admin/roles",),
    "rosters": ("/admin/duties?since={monday}&until={sunday}&limit=100", DEPARTMENTS),
    "areas": ("/areas", OUTLINES), "taxonomy": (CATEGORIES, "/taxonomy/versions"), "rules": ("/rules/matrix", DEPARTMENTS),
    "calendar": ("/admin/calendar/{year}",), "limits": ("/admin/policy", "/admin/policy/versions"),
    "templates": ("/admin/roles", "/admin/templates"), "forms": ("/forms",),
    "clients": ("/admin/clients", "/open311/keys"), "devices": ("/admin/devices",),
    "queues": ("/exchange/standing", "/admin/queues", "/admin/messages?limit=50"),
}.items()}
COCKPIT = {
    "/cockpit/today": page("leader", "/cockpit/today"),
    "/cockpit/map": page("leader", "/cockpit/map"),
    "/cockpit/map, a district": page("leader", "/cockpit/map?area=440302"),
    "/cockpit/map, a community in a year": page("leader", "/cockpit/map?area={community}&since={last_year}&until={tomorrow}"),
    "/cockpit/map, a grid": page("leader", "/cockpit/map?area={grid}"),
    "/cockpit/figures": page("leader", "/performance/indicators", "/performance/figures?by=day&{month}"),
    "/cockpit/figures, departments": page("leader", "/performance/indicators", "/performance/figures?by=department&{month}"),
    "/cockpit/figures, areas": page("leader", "/performance/indicators", "/performance/figures?by=area&{month}"),
    "/cockpit/figures, classes": page("leader", "/performance/indicators", "/performance/figures?by=category&{month}"),
    "/cockpit/scorecards": page("supervisor", "/performance/scorecards?of=department&period={period}&limit=100"),
    "/cockpit/scorecards/:id": page("supervisor", "/performance/scorecards/{scorecard}", "/performance/indicators"),
    "/cockpit/appeals": page("supervisor", "/performance/appeals?ruling=open"),
    "/cockpit/warnings": page("leader", OUTLINES, "/warnings?state=open"),
    "/cockpit/warnings/:id": page("leader", OUTLINES, "/warnings/{warning}"),
    "/cockpit/bulletins": page("leader", "/bulletins?limit=20"),
    "/cockpit/bulletins/:id": page("leader", "/bulletins/{bulletin}?language=zh&narrow=false"),
    "/cockpit/exports": page("leader", "/exports/lists", "/exports?limit=20"),
}
PAGES = DESK | COMMAND | ADMIN | COCKPIT


@dataclass
class Visitor:
    """Somebody at a browser."""

    web: FlaskClient
    headers: dict[str, str]

    def opens(self, asks: list[str]) -> int:
        """How many bytes came back."""
        size = 0
        for path in asks:
            answer = self.web.get(f"/api/v1{path}", headers=self.headers)
            assert answer.status_code == 200, f"{path}: {answer.get_data(as_text=True)[:600]}"
            size += len(answer.data)
        return size


class City:
    """A city with a past, whoever opens a page of it, and what stands for the braces."""

    def __init__(self, made: Ground) -> None:
        self.ground = made
        self.web = application.create_app(made.settings).test_client()
        made.stand()
        cast = made.cast.everybody()
        self.tokens = made.desks | {who: area_desk(cast[who]) for who in {one.who for one in PAGES.values()} & cast.keys()}
        day = clock.now().astimezone(clock.CITY).date()
        with reading() as db:
            mine = select(Case.number).where(Case.lead_department_id == made.crowd["busy"], Case.is_open)
            sheets = db.scalars(mine.limit(MOST_SHEETS)).all()
            first = {name: db.scalars(select(model.id).limit(1)).one() for name, model in (
                ("scorecard", Scorecard), ("warning", EarlyWarning), ("bulletin", Bulletin))}
        month = timedelta(days=29)
        self.facts: dict[str, Any] = first | {
            "case": sheets[0], "sheets": "&".join(f"number={one}" for one in sheets),
            "grid": GRIDS_AROUND[0], "community": GRIDS_AROUND[0][:12], "year": day.year,
            "monday": f"{day}T00:00:00%2B08:00", "sunday": f"{day + timedelta(days=7)}T00:00:00%2B08:00",
            "tomorrow": day + timedelta(days=1), "last_year": day - timedelta(days=364),
            "month": f"since={day - month}&until={day + timedelta(days=1)}",
            "period": f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"}

    def visit(self, one: Page) -> Any:
        """A call that opens this page."""
        visitor = Visitor(self.web, {"Authorization": f"Bearer {self.tokens[one.who]}"})
        return partial(visitor.opens, [ask.format(**self.facts) for ask in one.asks])


@pytest.fixture(scope="module")
def city(scale: Scale, tmp_path_factory: Folders, _sqlite_template: Path) -> Iterator[City]:
    with ground("postgresql", tmp_path_factory.mktemp("past"), _sqlite_template, scale.rows, OVER) as made:
        past.fill(database.engine(), scale)
        yield City(made)


def test_every_screen_is_measured() -> None:
    listed = "\n".join(file.read_text("utf-8") for file in SCREENS.glob("*/screens.js"))
    assert set(re.findall(r'path: "([^"]+)"', listed)) == {name.partition(",")[0] for name in PAGES}


def fewest(opens: Any) -> list[str]:
    """Its statements when the process knows what it keeps; what it only looks at once a second does not count."""
    looks = []
    for _ in range(3):
        with heard() as seen:
            opens()
        looks.append(seen)
    return min(looks, key=len)


def test_a_page_takes_few_statements(city: City) -> None:
    """In one test: the city is filled once."""
    city.ground.stand()
    seen = {name: fewest(city.visit(one)) for name, one in PAGES.items()}
    over = {name: some for name, some in seen.items() if len(some) + PAGES[name].lines > MOST}
    assert over == {}, "\n".join(f"{name}: {len(some)}, {some}" for name, some in over.items())


def test_every_page_beside_its_limit(city: City, scale: Scale) -> None:
    city.ground.stand()

    def select_one() -> int:
        with reading() as db:
            db.execute(text("SELECT 1"))
        return 1
    slow = []
    for name, one in PAGES.items():
        opens = city.visit(one)
        opens()
        rounds = TIMES if scale.full else 1
        ours = [timed(opens) for _ in range(rounds)]
        limit = [timed(select_one) for _ in range(rounds)]
        mine, theirs = (Measured(latencies=[each.seconds for each in some]) for some in (ours, limit))
        record(scale, name, f"p95 {milliseconds(mine.at(0.95))}", f"select 1: {milliseconds(theirs.at(0.95))}",
               ratio=mine.at(0.95) / LONGEST, goal=1.0, at_most=True,
               note=f"median {milliseconds(mine.at(0.5))}; {len(fewest(opens)) + one.lines} statements of {MOST}")
        slow += [name] if mine.at(0.95) > LONGEST else []
    assert not (scale.full and slow), slow
