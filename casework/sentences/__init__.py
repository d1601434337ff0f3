"""What refuses says why in English, where it is raised; here stands the same in Chinese, for whoever reads Chinese first.

`ours.json` holds the sentences of this project, `marshmallow.json` those of the library that reads requests: English to
Chinese, with {} where a value stands, and {0}, {1} where Chinese puts them in another order. A law keeps it complete.
"""
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).parent
LONGEST = 600
"""Characters of a sentence with values in it that is looked up; what is longer holds somebody's text, and stays as it is."""

_NONE: Mapping[str, str] = MappingProxyType({})
_GAP = re.compile(r"\{\d*\}")


@cache
def catalogue() -> Mapping[str, str]:
    """All sentences, English to Chinese."""
    return {english: chinese for file in sorted(HERE.glob("*.json"))
            for english, chinese in json.loads(file.read_text("utf-8")).items()}


@cache
def _with_gaps() -> list[tuple[re.Pattern[str], str]]:
    """Sentences with values in them, those that say most in words of their own first."""
    found = [(english, chinese) for english, chinese in catalogue().items() if _GAP.search(english)]
    found.sort(key=lambda pair: -len(_GAP.sub("", pair[0])))
    return [(re.compile("(.*?)".join(map(re.escape, _GAP.split(english))), re.DOTALL), chinese) for english, chinese in found]


def in_chinese(sentence: str, terms: Mapping[str, str] = _NONE) -> str:
    """The sentence in Chinese; as it is where nobody has translated it. `terms` are names of codes that stand in sentences:
    {"grid_worker": "网格员"}. A value that is itself a sentence is translated too."""
    if (whole := catalogue().get(sentence)) is not None:
        return whole
    if len(sentence) > LONGEST:
        return sentence
    for pattern, chinese in _with_gaps():
        if (found := pattern.fullmatch(sentence)) is not None:
            return chinese.format(*(_value(one, terms) for one in found.groups()))
    return sentence


def _value(text: str, terms: Mapping[str, str]) -> str:
    listed = text.split(", ")
    if all(one in terms for one in listed):
        return "、".join(terms[one] for one in listed)
    return in_chinese(text, terms)
