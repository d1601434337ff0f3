"""The pages of phones as they are served: whole releases, words in both languages, text that can be read in the sun."""
import re
import shutil
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import phone_pages, releases
from api.operations import OPERATIONS
from api.releases import FOLDER, PAGES, Release
from casework.cases.workflow import STATUS_NAMES
from casework.community.ratings import Outcome
from casework.fieldwork.tasks import Kind as TaskKind
from casework.media import Purpose as PhotoPurpose
from casework.notifications.rules import Kind as MessageKind
from casework.registry.fields import Register
from casework.registry.relations import RelationKind
from casework.registry.visits import Purpose
from casework.retention.requests import State as DataState
from casework.retention.requests import Wish
from casework.settings import Settings
from tests.api.town import served
from tests.pages.test_pages_are_sound import contrast

WORDS: dict[str, dict[str, list[str]]] = {page: orjson.loads((FOLDER / page / "words.json").read_bytes()) for page in PAGES}
RELEASES = {page: releases.of(page) for page in PAGES}
INDEX = {page: (FOLDER / page / "index.html").read_text("utf-8") for page in PAGES}
A_LITERAL = re.compile(r'"((?:[a-z]\w*\.)+\w+)"')


@pytest.fixture
def web(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    app: Flask = served(config, sqlite, monkeypatch)
    return app.test_client()


def scripts(page: str) -> dict[str, str]:
    """The page's own and those that it shares; Leaflet is not ours."""
    return {name: path.read_text("utf-8") for name, path in RELEASES[page].files.items()
            if name.endswith(".js") and not name.startswith("leaflet/")}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_word_is_there_in_both_languages(page: str) -> None:
    for key, texts in WORDS[page].items():
        assert len(texts) == 2, key
        assert all(text.strip() for text in texts), key
        assert set(re.findall(r"\{\w+\}", texts[0])) == set(re.findall(r"\{\w+\}", texts[1])), key


def test_every_word_that_is_said_is_in_the_list(page: str) -> None:
    families = {key.partition(".")[0] for key in WORDS[page] if "." in key}
    said = set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', INDEX[page]))
    for text in scripts(page).values():
        said |= set(re.findall(r'\bsay\("([^"]+)"', text))
        keys = [key for key in A_LITERAL.findall(text) if not key.endswith((".js", ".json"))]
        said |= {key for key in keys if key.partition(".")[0] in families}
    assert said - set(WORDS[page]) == set()
    assert len(said) > 150


def test_no_word_is_kept_that_nobody_says(page: str) -> None:
    spoken = "\n".join([*scripts(page).values(), INDEX[page]])
    made_up = {f"{family}." for family in re.findall(r"(?:say|sayOr)\(`(\w+)\.\$\{", spoken)}
    assert [key for key in WORDS[page] if f'"{key}"' not in spoken and not key.startswith(tuple(made_up))] == []


@pytest.mark.parametrize(("family", "members"), [
    ("status", STATUS_NAMES), ("task", TaskKind), ("message", MessageKind), ("register", Register), ("relation", RelationKind),
    ("visit", Purpose), ("kind", OPERATIONS)])
def test_whatever_the_server_names_has_words(family: str, members: list[str]) -> None:
    assert {f"{family}.{name}" for name in members} <= set(WORDS["pda"])


@pytest.mark.parametrize(("family", "members"), [("outcome", Outcome), ("photos", PhotoPurpose), ("rate", list("12345")),
                                                 ("wish", Wish), ("stage", DataState)])
def test_whatever_citizens_are_told_by_name_has_words(family: str, members: list[str]) -> None:
    assert {f"{family}.{name}" for name in members} <= set(WORDS["snap"])


def test_a_release_is_served_whole_and_no_part_of_another(web: FlaskClient, page: str) -> None:
    release = RELEASES[page]
    assert {"app.js", "style.css", "words.json", "leaflet/leaflet-src.esm.js", "leaflet/leaflet.css"} <= set(release.files)
    for name in [*release.files, "index.html"]:
        answer = web.get(f"{release.address}/{name}")
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["Cache-Control"]
    other = RELEASES["snap" if page == "pda" else "pda"]
    assert web.get(f"/{page}/{other.name}/app.js").status_code == 404
    assert web.get(f"{release.address}/../../pages.py").status_code == 404
    for address in (f"/{page}", f"/{page}/sw.js"):
        answer = web.get(address)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert release.address in answer.get_data(as_text=True)
    kept = re.search(r"serve\((.*)\);", web.get(f"/{page}/sw.js").get_data(as_text=True))
    assert kept
    told = orjson.loads(kept[1])
    assert (told["page"], told["name"], set(told["files"])) == (page, release.name, set(release.files))


def test_whatever_a_script_imports_belongs_to_the_release(page: str) -> None:
    for name, text in scripts(page).items():
        if name == "sw.js":
            continue
        for wanted in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text):
            found = (Path("/") / name).parent.joinpath(wanted).resolve().relative_to("/").as_posix()
            assert found in RELEASES[page].files, f"{name} imports {wanted}"


def test_any_change_makes_another_release(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = RELEASES[page]
    for folder in (page, "shared"):
        shutil.copytree(FOLDER / folder, tmp_path / folder)
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    assert releases.of(page).name == before.name
    for name in (f"{page}/index.html", f"{page}/sw.js", f"{page}/sync.js", f"{page}/words.json", "shared/style.css",
                 "shared/symbols.html", "shared/dom.js"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
        after = releases.of(page)
        assert after.name != before.name, name
        before = after


def test_it_has_one_address(web: FlaskClient, page: str) -> None:
    assert web.get(f"/{page}/").headers["Location"] == f"/{page}"


def test_a_screen_of_the_citizens_page_can_be_printed_on_a_poster(web: FlaskClient) -> None:
    assert web.get("/snap/report").headers["Location"] == "/snap#/report"
    assert web.get("/snap/nothing").status_code == 404


def test_it_can_be_installed(web: FlaskClient, page: str) -> None:
    answer = web.get(f"/{page}/app.webmanifest")
    manifest = orjson.loads(answer.data)
    assert answer.mimetype == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (f"/{page}", f"/{page}", "standalone")
    for icon in manifest["icons"]:
        assert web.get(icon["src"]).mimetype == "image/png"
    assert web.get(f"/{page}/sw.js").headers["Service-Worker-Allowed"] == f"/{page}"


def test_a_page_without_a_release_is_not_cached_for_ever(web: FlaskClient, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_pages, "served", lambda page: Release(page, "feedfeedfeedfeed", {}))
    assert "feedfeedfeedfeed" in web.get(f"/{page}").get_data(as_text=True)
    assert web.get(f"{RELEASES[page].address}/app.js").status_code == 404


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_can_be_read_in_bright_sun(scheme: int) -> None:
    """WCAG 2.2 AAA: 7 to 1 for text."""
    style = (FOLDER / "shared" / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    pairs = [*((ink, ground) for ground in ("ground", "panel") for ink in ("ink", "quiet", "link")),
             *((ink, "ground") for ink in ("alarm", "good", "wait")), ("on-link", "link"), ("on-bar", "bar"),
             ("alarm", "alarm-ground"), ("wait", "wait-ground"), ("good", "good-ground")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 7, (ink, ground)


def test_readers_of_feeds_find_them_from_the_citizens_page(web: FlaskClient) -> None:
    named = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', web.get("/snap").get_data(as_text=True))
    assert len(named) == 2
    for kind, address in named:
        answer = web.get(address)
        assert (answer.status_code, answer.mimetype) == (200, kind)
