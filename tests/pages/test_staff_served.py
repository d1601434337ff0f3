"""The staff pages as they are served: one whole release, words in both languages, text that stands out, no other host."""
import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import releases, staff_pages
from api.releases import FOLDER
from api.staff_pages import FACES
from casework import settings
from casework.cases.desk import Queue
from casework.cases.publication import State
from casework.cases.report import Channel
from casework.cases.workflow import STATUS_NAMES
from casework.exchange.feed import EVENTS
from casework.identity.people import Role
from casework.identity.permissions import PERMISSIONS
from casework.intake.hotline.columns import FIELDS
from casework.media import Purpose
from casework.performance.indicators import INDICATORS
from casework.settings import Settings
from tests.api.town import served
from tests.pages.test_pages_are_sound import contrast
from workers.queues import QUEUES

LISTS: dict[str, dict[str, list[str]]] = {
    path.stem: orjson.loads(path.read_bytes()) for path in sorted((FOLDER / "staff" / "words").glob("*.json"))}
WORDS = {key: texts for words in LISTS.values() for key, texts in words.items()}
RELEASE = releases.of("staff")
SHELL = (FOLDER / "staff" / "index.html").read_text("utf-8")
SCRIPTS = {name: path.read_text("utf-8") for name, path in RELEASE.files.items()
           if name.endswith(".js") and not name.startswith("leaflet/")}
SPOKEN = "\n".join([*SCRIPTS.values(), SHELL])


@pytest.fixture
def web(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    app: Flask = served(config, sqlite, monkeypatch)
    return app.test_client()


def test_every_list_of_words_is_read_and_no_word_stands_in_two() -> None:
    assert set(re.findall(r'"(\w+)"', SCRIPTS["words.js"].partition("LISTS = [")[2].partition("]")[0])) == set(LISTS)
    assert sum(map(len, LISTS.values())) == len(WORDS)


def test_every_word_is_there_in_both_languages() -> None:
    for key, texts in WORDS.items():
        assert len(texts) == 2, key
        assert all(text.strip() for text in texts), key
        assert set(re.findall(r"\{\w+\}", texts[0])) == set(re.findall(r"\{\w+\}", texts[1])), key


def test_every_word_that_is_said_is_in_the_list() -> None:
    said = set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', SHELL)) | set(re.findall(r'\bsay\("([^"]+)"', SPOKEN))
    families = {key.partition(".")[0] for key in WORDS if "." in key}
    literals = set(re.findall(r'"((?:[a-z]\w*\.)+\w+)"', SPOKEN)) - set(PERMISSIONS)
    said |= {key for key in literals if key.partition(".")[0] in families and not key.endswith((".js", ".json"))}
    assert said - set(WORDS) == set()
    assert len(said) > 100


def test_no_word_is_kept_that_nobody_says() -> None:
    made_up = tuple(f"{family}." for family in re.findall(r"(?:say|sayOr)\(`(\w+)\.\$\{", SPOKEN))
    titles = set(re.findall(r'title: "(\w+)"', SPOKEN))
    said = [key for key in WORDS if f'"{key}"' in SPOKEN or key.startswith(made_up) or key in titles]
    assert [key for key in WORDS if key not in said] == []


@pytest.mark.parametrize(("family", "members"), [
    ("status", STATUS_NAMES), ("channel", Channel), ("queue", QUEUES), ("field", list(FIELDS)),
    ("permission", list(PERMISSIONS)), ("post_role", Role),
    ("source", [re.sub("[ -]", "_", part) for one in INDICATORS.values() for part in one.source.split(", ")]),
    ("period", [one.period for one in INDICATORS.values()]),
    ("purpose", Purpose), ("moderation", State), ("event", EVENTS), ("desk_queue", Queue)])
def test_whatever_the_server_names_has_words(family: str, members: list[str]) -> None:
    assert {f"{family}.{name}" for name in members} <= set(WORDS)


def test_every_screen_has_an_address_of_a_face_and_asks_for_permissions_that_there_are() -> None:
    listed = "\n".join(text for name, text in SCRIPTS.items() if name.endswith("/screens.js"))
    paths = re.findall(r'path: "([^"]+)"', listed)
    assert len(paths) == len(set(paths)) >= 4
    assert {path.split("/")[1] for path in paths} <= set(FACES)
    for needs in re.findall(r"needs: \[(.*?)\]", listed):
        asked = set(re.findall(r'"([\w.]+)"', needs))
        assert asked, listed
        assert asked <= set(PERMISSIONS)
    for style in re.findall(r'style: "([^"]+)"', listed):
        assert style.removeprefix("./") in RELEASE.files


def test_whatever_a_script_imports_belongs_to_the_release() -> None:
    for name, text in SCRIPTS.items():
        for wanted in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text):
            found = (Path("/") / name).parent.joinpath(wanted).resolve().relative_to("/").as_posix()
            assert found in RELEASE.files, f"{name} imports {wanted}"


def test_the_shell_is_checked_each_time_and_its_files_are_kept_for_ever(web: FlaskClient) -> None:
    for address in ("/desk", "/command/calls", "/command/admin/people", "/cockpit/nothing"):
        answer = web.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert RELEASE.address in answer.get_data(as_text=True)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    for name in RELEASE.files:
        answer = web.get(f"{RELEASE.address}/{name}")
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True), name
    for address in ("/command", "/command/", "/command/calls/", "/desk/"):
        assert web.get(address).get_data(as_text=True) == web.get("/command/calls").get_data(as_text=True)
    assert web.get(f"{RELEASE.address}/../../pages.py").status_code == 404


def test_a_base_map_is_asked_of_its_one_host_and_on_the_leaders_pages_alone(web: FlaskClient, config: Settings) -> None:
    def allowed(address: str) -> str:
        policy = web.get(address).headers["Content-Security-Policy"]
        return next(part for part in policy.split("; ") if part.startswith("img-src"))
    assert allowed("/cockpit/map") == allowed("/desk") == "img-src 'self' data: blob:"
    settings.configure(replace(config, tiles_url="https://tiles.example.org:8443/wgs/{z}/{x}/{y}.png?key=1"))
    assert allowed("/cockpit/map") == "img-src 'self' data: blob: https://tiles.example.org:8443"
    assert allowed("/desk") == "img-src 'self' data: blob:"
    assert web.get("/cockpit").headers["X-Content-Type-Options"] == "nosniff"


def test_another_release_is_not_served(web: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_pages, "served", lambda: releases.Release("staff", "feedfeedfeedfeed", {}))
    assert "feedfeedfeedfeed" in web.get("/command/calls").get_data(as_text=True)
    assert web.get(f"{RELEASE.address}/app.js").status_code == 404


def test_nothing_names_another_host_and_nothing_is_inline() -> None:
    without_namespaces = SPOKEN.replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|\bwss?://", without_namespaces) == []
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", SPOKEN)
    assert not re.search(r"<style|style=|\son\w+=", SHELL)


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for what shows the focus."""
    style = (FOLDER / "staff" / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    pairs = [*((ink, ground) for ground in ("ground", "panel") for ink in ("ink", "quiet", "link")),
             *((ink, "ground") for ink in ("alarm", "good", "wait")), ("on-link", "link"), ("on-bar", "bar"),
             ("alarm", "alarm-ground"), ("wait", "wait-ground"), ("good", "good-ground")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ground in ("ground", "panel"):
        assert contrast(colours["focus"], colours[ground]) >= 3
