"""Words of people without what names a person: phones and identity numbers by their shape, names and addresses that are known.

What is taken out is gone: "•••" stands in its place. A name that nobody told us cannot be found this way.
"""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from casework.identity.sealing import HIDDEN, SHORTEST_PHONE, normal_phone

SHORTEST_NAME = 2
"""A surname alone stands in texts of whoever it may be."""

BETWEEN = r"[\s\-.·()（）]*"
MOBILE = r"(?<!\d)(?<!\d[-.])(?:(?:\+|00)?86[\s-]?)?[1１][3-9３-９](?:[\s\-·]?\d){9}(?!\d)"
IDENTITY = r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
SHAPES = re.compile(f"{IDENTITY}|{MOBILE}")
"""Chinese mobile numbers and identity card numbers (GB 11643), as people write them; full-width digits count."""

REFERENCE = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|[A-Z]{2}\d{6}-[0-9A-Z]{5}-[0-9A-Z]{5}")
"""Ids and numbers of ours: their digits are nobody's."""


@dataclass(frozen=True)
class Known:
    """What we know of some people. `others` are taken out to the letter: mail addresses, accounts."""

    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def __or__(self, other: "Known") -> "Known":
        return Known(self.names | other.names, self.phones | other.phones, self.others | other.others)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds any of it; None when nothing is known."""
        parts = [*_longest_first(re.escape(one) for one in self.others if len(one) > SHORTEST_PHONE),
                 *_longest_first(map(_phone, self._numbers())),
                 *_longest_first(r"\s?".join(map(re.escape, name)) for name in self._plain_names())]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def _numbers(self) -> set[str]:
        return {number for number in map(normal_phone, self.phones) if len(number) >= SHORTEST_PHONE}

    def _plain_names(self) -> set[str]:
        names = {re.sub(r"\s", "", name) for name in self.names}
        return {name for name in names if len(name) >= SHORTEST_NAME}


def scrub(text: str, known: Known, *, shapes: bool = True) -> str:
    """The text without these people; with `shapes` also without any phone or identity number. Done twice it changes nothing."""
    if REFERENCE.fullmatch(text):
        return text
    if known.pattern:
        text = known.pattern.sub(HIDDEN, text)
    return SHAPES.sub(HIDDEN, text) if shapes else text


def scrub_all(value: Any, known: Known, *, shapes: bool = True) -> Any:
    """The same for every text in a JSON value; its keys are ours and stay."""
    if isinstance(value, str):
        return scrub(value, known, shapes=shapes)
    if isinstance(value, dict):
        return {key: scrub_all(inner, known, shapes=shapes) for key, inner in value.items()}
    if isinstance(value, list):
        return [scrub_all(inner, known, shapes=shapes) for inner in value]
    return value


def _phone(digits: str) -> str:
    """The number with whatever people put between its digits, in half or full width."""
    each = (f"[{digit}{chr(ord(digit) + 0xFEE0)}]" for digit in digits)
    return rf"(?<!\d)(?:(?:\+|00)?86[\s-]?)?{BETWEEN.join(each)}(?!\d)"


def _longest_first(patterns: Iterable[str]) -> list[str]:
    return sorted(patterns, key=lambda one: (-len(one), one))
