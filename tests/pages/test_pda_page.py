"""The grid workers' page as it is served: whole releases, words in both languages, text that can be read in the sun."""
import re
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import releases
from api.operations import OPERATIONS
from api.releases import PAGES, Release
from casework.cases.workflow import STATUS_NAMES
from casework.fieldwork.tasks import Kind as TaskKind
from casework.notifications.rules import Kind as MessageKind
from casework.registry.fields import Register
from casework.registry.relations import RelationKind
from casework.registry.visits import Purpose
from casework.settings import Settings
from tests.api.town import served
from tests.pages.test_pages_are_sound import contrast

FOLDER, SHARED = PAGES / "pda", PAGES / "shared"
WORDS: dict[str, list[str]] = orjson.loads((FOLDER / "words.json").read_bytes())


@pytest.fixture
def web(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    app: Flask = served(config, sqlite, monkeypatch)
    return app.test_client()


@pytest.mark.parametrize(("family", "members"), [
    ("status", STATUS_NAMES), ("task", TaskKind), ("message", MessageKind), ("register", Register), ("relation", RelationKind),
    ("visit", Purpose), ("kind", OPERATIONS)])
def test_whatever_the_server_names_has_words(family: str, members: list[str]) -> None:
    assert {f"{family}.{name}" for name in members} <= set(WORDS)


def test_a_release_is_served_whole_and_no_part_of_another(web: FlaskClient) -> None:
    release = releases.of("pda")
    assert {"app.js", "style.css", "words.json", "leaflet/leaflet-src.esm.js", "leaflet/leaflet.css"} <= set(release.files)
    for name in [*release.files, "index.html"]:
        answer = web.get(f"{release.address}/{name}")
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["Cache-Control"]
    assert web.get("/pda/0123456789abcdef/app.js").status_code == 404
    assert web.get(f"{release.address}/../../pages.py").status_code == 404
    for address in ("/pda", "/pda/sw.js"):
        answer = web.get(address)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert release.address in answer.get_data(as_text=True)
    kept = re.search(r"serve\((.*)\);", web.get("/pda/sw.js").get_data(as_text=True))
    assert kept
    assert set(orjson.loads(kept[1])["files"]) == set(release.files)


def test_any_change_makes_another_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = releases.of("pda")
    for path in [*FOLDER.rglob("*"), *SHARED.rglob("*")]:
        if path.is_file():
            copied = tmp_path / path.relative_to(PAGES)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes())
    monkeypatch.setattr(releases, "PAGES", tmp_path)
    assert releases.of("pda").name == before.name
    for name in ("pda/index.html", "pda/sw.js", "pda/sync.js", "pda/style.css", "pda/words.json", "shared/dom.js"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
        after = releases.of("pda")
        assert after.name != before.name, name
        before = after


def test_it_has_one_address(web: FlaskClient) -> None:
    assert web.get("/pda/").headers["Location"] == "/pda"


def test_it_can_be_installed(web: FlaskClient) -> None:
    answer = web.get("/pda/app.webmanifest")
    manifest = orjson.loads(answer.data)
    assert answer.mimetype == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/pda", "/pda", "standalone")
    for icon in manifest["icons"]:
        assert web.get(icon["src"]).mimetype == "image/png"
    assert web.get("/pda/sw.js").headers["Service-Worker-Allowed"] == "/pda"


def test_a_page_without_a_release_is_not_cached_for_ever(web: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "current", lambda page: Release(page, "feedfeedfeedfeed", {}))
    assert "feedfeedfeedfeed" in web.get("/pda").get_data(as_text=True)
    assert web.get(f"{releases.of('pda').address}/app.js").status_code == 404


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_can_be_read_in_bright_sun(scheme: int) -> None:
    """WCAG 2.2 AAA: 7 to 1 for text."""
    style = (FOLDER / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    pairs = [*((ink, ground) for ground in ("ground", "panel") for ink in ("ink", "quiet", "link")),
             *((ink, "ground") for ink in ("alarm", "good", "wait")), ("on-link", "link"), ("on-bar", "bar"),
             ("alarm", "alarm-ground"), ("wait", "wait-ground"), ("good", "good-ground")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 7, (ink, ground)
