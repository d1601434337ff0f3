"""The grid workers' page as it is served: whole releases, words in both languages, text that can be read in the sun."""
import re
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import pages, releases
from api.operations import OPERATIONS
from api.releases import FOLDER, Release
from casework.cases.workflow import STATUS_NAMES
from casework.fieldwork.tasks import Kind as TaskKind
from casework.notifications.rules import Kind as MessageKind
from casework.registry.fields import Register
from casework.registry.relations import RelationKind
from casework.registry.visits import Purpose
from casework.settings import Settings
from tests.api.town import served
from tests.pages.test_pages_are_sound import contrast

WORDS: dict[str, list[str]] = orjson.loads((FOLDER / "words.json").read_bytes())
SCRIPTS = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.js")}
FAMILIES = {key.partition(".")[0] for key in WORDS if "." in key}
A_LITERAL = re.compile(r'"((?:[a-z]\w*\.)+\w+)"')


@pytest.fixture
def web(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    app: Flask = served(config, sqlite, monkeypatch)
    return app.test_client()


def test_every_word_is_there_in_both_languages() -> None:
    for key, texts in WORDS.items():
        assert len(texts) == 2, key
        assert all(text.strip() for text in texts), key
        assert set(re.findall(r"\{\w+\}", texts[0])) == set(re.findall(r"\{\w+\}", texts[1])), key


def test_every_word_that_is_said_is_in_the_list() -> None:
    said = set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', (FOLDER / "index.html").read_text("utf-8")))
    for text in SCRIPTS.values():
        said |= set(re.findall(r'\bsay\("([^"]+)"', text))
        keys = [key for key in A_LITERAL.findall(text) if not key.endswith((".js", ".json"))]
        said |= {key for key in keys if key.partition(".")[0] in FAMILIES}
    assert said - set(WORDS) == set()
    assert len(said) > 150


def test_no_word_is_kept_that_nobody_says() -> None:
    spoken = "\n".join([*SCRIPTS.values(), (FOLDER / "index.html").read_text("utf-8")])
    made_up = {f"{family}." for family in re.findall(r"(?:say|sayOr)\(`(\w+)\.\$\{", spoken)}
    assert [key for key in WORDS if f'"{key}"' not in spoken and not key.startswith(tuple(made_up))] == []


@pytest.mark.parametrize(("family", "members"), [
    ("status", STATUS_NAMES), ("task", TaskKind), ("message", MessageKind), ("register", Register), ("relation", RelationKind),
    ("visit", Purpose), ("kind", OPERATIONS)])
def test_whatever_the_server_names_has_words(family: str, members: list[str]) -> None:
    assert {f"{family}.{name}" for name in members} <= set(WORDS)


def test_a_release_is_served_whole_and_no_part_of_another(web: FlaskClient) -> None:
    release = releases.pda()
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


def test_whatever_a_script_imports_belongs_to_the_release() -> None:
    release = releases.pda()
    for name, text in SCRIPTS.items():
        if name == "sw.js":
            continue
        for wanted in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text):
            found = (Path("/") / name).parent.joinpath(wanted).resolve().relative_to("/").as_posix()
            assert found in release.files, f"{name} imports {wanted}"


def test_any_change_makes_another_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = releases.pda()
    for path in FOLDER.rglob("*"):
        if path.is_file():
            copied = tmp_path / path.relative_to(FOLDER)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes())
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    assert releases.pda().name == before.name
    for name in ("index.html", "sw.js", "sync.js", "style.css", "words.json"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
        after = releases.pda()
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
    monkeypatch.setattr(pages, "_pda", lambda: Release("feedfeedfeedfeed", {}))
    assert "feedfeedfeedfeed" in web.get("/pda").get_data(as_text=True)
    assert web.get(f"{releases.pda().address}/app.js").status_code == 404


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
