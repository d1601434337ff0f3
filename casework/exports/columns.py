"""What a column of a file is, and how a value stands in a cell."""
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal
from uuid import UUID

from casework import clock

Speech = Literal["zh", "en"]

FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a spreadsheet reads as a formula when a cell begins with it; full-width forms are read as their half-width ones."""

WIDE = str.maketrans("＝＋－＠", "=+-@")

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""XML has no place for these, so XLSX has none either."""


@dataclass(frozen=True)
class Column:
    """One column: where its value stands in a row, its heading in both languages, and the words of its codes, if it has any."""

    name: str
    zh: str
    en: str
    words: Mapping[Any, str] | None = None
    """Chinese words of codes; in English the code itself is a word."""
    value: Callable[[Mapping[str, Any]], Any] | None = None
    """How the value is made of a row, when it is not simply there."""

    def heading(self, language: Speech) -> str:
        """What stands above it."""
        return self.zh if language == "zh" else self.en

    def cell(self, row: Mapping[str, Any], language: Speech) -> str | int | float | bool | None:
        """The value as a cell holds it: text, a number, or nothing. Moments are the city's, to the minute."""
        value = self.value(row) if self.value else row[self.name]
        if self.words is not None and language == "zh":
            value = self.words.get(value, value)
        return plain(value, language)


def plain(value: Any, language: Speech) -> str | int | float | None:
    """A value without types that a file has none for."""
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, datetime):
        return value.astimezone(clock.CITY).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Enum):
        return plain(value.value, language)
    if isinstance(value, (date, UUID)):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ("、" if language == "zh" else ", ").join(str(plain(one, language)) for one in value)
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


def harmless(value: str | float | None) -> str | float | None:
    """The same, where text that a spreadsheet would run begins with an apostrophe (OWASP, CSV injection)."""
    if not isinstance(value, str):
        return value
    text = UNWRITABLE.sub("", value)
    return f"'{text}" if FORMULA.match(text.lstrip(" \u3000\n").translate(WIDE)) else text
