"""What can be known of the pages without a browser: languages, labels, landmarks, contrast, and no other host."""
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from flask import Flask

from api import app as application
from api import board
from casework.cases.report import Channel
from casework.cases.workflow import OPEN
from casework.settings import Settings
from tests.api.town import served

FOLDER = Path(application.__file__).with_name("pages")
WORDS = orjson.loads((FOLDER / "words.json").read_bytes())
ADDRESSES = ["/", "/docs", "/problems/", "/pda", "/snap", "/command/calls"]


class Page(HTMLParser):
    """A page's elements, and which texts stand in labels."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def app(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    board.forget()
    return served(config, sqlite, monkeypatch)


@pytest.fixture(params=ADDRESSES)
def page(app: Flask, request: pytest.FixtureRequest) -> Page:
    answer = app.test_client().get(request.param)
    assert answer.status_code == 200
    return Page(answer.get_data(as_text=True))


def test_every_text_is_there_in_both_languages() -> None:
    for key, texts in WORDS.items():
        assert len(texts) == 2, key
        assert all(text.strip() for text in texts), key
    used = set(re.findall(r'say\("([^"]+)"\)', "".join(file.read_text("utf-8") for file in FOLDER.glob("*.html"))))
    assert used <= set(WORDS)


def test_every_status_and_channel_has_words() -> None:
    assert {f"status.{status.value}" for status in OPEN} <= set(WORDS)
    assert {f"board.{channel.value}" for channel in Channel} <= set(WORDS)


def test_no_other_host_is_named(page: Page) -> None:
    for _, attributes in page.elements:
        for name in ("src", "href", "action", "srcset"):
            assert re.match(r"(/(?!/)|#|\?|data:image/svg)", attributes.get(name) or "/"), attributes


def test_nothing_needs_inline_script_or_style(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes.get("src") or attributes.get("type") == "application/json"


def test_ids_are_unique_and_every_field_has_its_label(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes.get("for") for attributes in page.all("label")}
    for attributes in page.all("input", "textarea", "select"):
        assert attributes["id"] in labels
    for _, attributes in page.elements:
        for name in ("for", "aria-labelledby"):
            assert attributes.get(name) is None or attributes[name] in ids, attributes


def test_headings_and_landmarks_guide_a_screen_reader(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.all("main")) == len(page.all("header")) == 1
    names = [one.get("aria-label") for one in page.all("nav")]
    assert len(names) == len(set(names)) >= 1, "a screen reader tells them apart by name"
    assert page.all("html")[0]["lang"] == "zh-CN"
    assert page.elements[[tag for tag, _ in page.elements].index("body") + 1][1].get("class") == "skip"


def test_a_phone_is_not_told_to_be_a_desk(page: Page) -> None:
    viewport = next(meta["content"] for meta in page.all("meta") if meta.get("name") == "viewport")
    assert viewport == "width=device-width, initial-scale=1"
    style = (FOLDER / "static" / "style.css").read_text("utf-8")
    fixed = [float(width) for width in re.findall(r"(?<![-\w])(?:min-)?width:\s*([\d.]+)px", style)]
    assert not [width for width in fixed if width > 280]


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text."""
    style = (FOLDER / "static" / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
    for ground in ("ground", "panel"):
        for ink in ("ink", "quiet", "link"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["alarm"], colours["alarm-ground"]) >= 4.5
    assert contrast(colours["ink"], colours["alarm-ground"]) >= 4.5


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place:place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
