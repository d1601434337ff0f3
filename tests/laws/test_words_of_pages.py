"""No page says anything in one language only: words stand in lists with both, never in scripts or in shells without a key."""
import re

import orjson
import pytest

from api.releases import FOLDER

CHINESE = re.compile(r"[\u3400-\u9fff，。；：、（）「」]")
WITHOUT_A_KEY = {*"，。；：、（）", *"中文"}
"""Marks by which a Chinese list is joined, and the name that a language gives itself."""
NAMES_OF_LANGUAGES = {"switch", "settings.language"}
"""Whoever reads only the other language must find the way."""
SCRIPTS = sorted(path for path in FOLDER.rglob("*.js"))
LISTS = sorted([*FOLDER.rglob("words.json"), *FOLDER.rglob("words/*.json")])
PAGES = ("pda", "snap", "staff")


def code(text: str) -> str:
    """A script without its comments."""
    return re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_script_holds_no_words_for_people(path) -> None:  # type: ignore[no-untyped-def]
    text = code(path.read_text("utf-8"))
    assert set(CHINESE.findall(text)) <= WITHOUT_A_KEY
    children = re.findall(r"""(?:make|add)\(\s*"\w+",\s*\{[^{}]*\},\s*"([^"]*)""", text)
    assert [words for words in children if re.search(r"[A-Za-z]{3,}", words)] == []


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_word_is_said_in_both_languages(path) -> None:  # type: ignore[no-untyped-def]
    for key, texts in orjson.loads(path.read_bytes()).items():
        assert len(texts) == 2, key
        chinese, english = texts
        assert chinese.strip(), key
        assert english.strip(), key
        assert not re.search(r"[\u3400-\u9fff]", english) or key in NAMES_OF_LANGUAGES, f"{key}: {english}"
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), key


@pytest.mark.parametrize("page", PAGES)
def test_every_text_of_a_shell_has_a_key(page: str) -> None:
    """So that the switch of languages finds it: what is between tags, and what a screen reader says."""
    shell = (FOLDER / page / "index.html").read_text("utf-8")
    body = re.sub(r"<noscript>.*?</noscript>", "", shell[shell.index("<body"):], flags=re.DOTALL)
    for tag, text in re.findall(r"<(\w[^>]*)>([^<{]*[\u3400-\u9fff][^<]*)<", body):
        assert "data-i18n=" in tag or 'id="title"' in tag, text  # the title is that of the screen
    for tag in re.findall(r"<\w[^>]*aria-label=\"[^\"]*[\u3400-\u9fff][^>]*>", body):
        assert "data-i18n-label=" in tag, tag
