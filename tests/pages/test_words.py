"""The words of the pages that are written in the browser: all there in both languages, and none that nobody says."""
import re
from pathlib import Path

import orjson
import pytest

from api import releases
from api.releases import PAGES

A_LITERAL = re.compile(r'"((?:[a-z]\w*\.)+\w+)"')
PAGES_WITH_WORDS = sorted(path.parent.name for path in PAGES.glob("*/words.json"))


class Page:
    """A page's own words and scripts, with the scripts that it shares with others."""

    def __init__(self, name: str) -> None:
        self.name, folder = name, PAGES / name
        self.words: dict[str, list[str]] = orjson.loads((folder / "words.json").read_bytes())
        self.shell = (folder / "index.html").read_text("utf-8")
        self.scripts = {path: file.read_text("utf-8") for path, file in releases.of(name).files.items()
                        if path.endswith(".js") and not path.startswith("leaflet/")}


@pytest.fixture(params=PAGES_WITH_WORDS)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.param)


def test_every_word_is_there_in_both_languages(page: Page) -> None:
    for key, texts in page.words.items():
        assert len(texts) == 2, key
        assert all(text.strip() for text in texts), key
        assert set(re.findall(r"\{\w+\}", texts[0])) == set(re.findall(r"\{\w+\}", texts[1])), key


def test_every_word_that_is_said_is_in_the_list(page: Page) -> None:
    families = {key.partition(".")[0] for key in page.words if "." in key}
    said = set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', page.shell))
    for text in page.scripts.values():
        said |= set(re.findall(r'\bsay\("([^"]+)"', text))
        keys = [key for key in A_LITERAL.findall(text) if not key.endswith((".js", ".json"))]
        said |= {key for key in keys if key.partition(".")[0] in families}
    assert said - set(page.words) - NOT_WORDS == set()
    assert len(said) > 100


NOT_WORDS = {"case.read"}
"""Names of the server's that look like keys of words: permissions."""


def test_no_word_is_kept_that_nobody_says(page: Page) -> None:
    spoken = "\n".join([*page.scripts.values(), page.shell])
    made_up = {f"{family}." for family in re.findall(r"(?:say|sayOr)\(`([\w.]+)\.\$\{", spoken)}
    assert [key for key in page.words if f'"{key}"' not in spoken and not key.startswith(tuple(made_up))] == []


def test_whatever_a_script_imports_belongs_to_the_release(page: Page) -> None:
    served = releases.of(page.name).files
    for name, text in page.scripts.items():
        for wanted in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text):
            found = (Path("/") / name).parent.joinpath(wanted).resolve().relative_to("/").as_posix()
            assert found in served, f"{name} imports {wanted}"
