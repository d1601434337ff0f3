"""Administrative area codes: digits; each level extends its parent's code, so "lies in" is a test of the beginning."""
import itertools
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_


class Level(StrEnum):
    """From the whole to the leaf. A grid has a grid worker."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


LENGTHS: dict[Level, tuple[int, ...]] = {
    Level.CITY: (4,), Level.DISTRICT: (6,), Level.STREET: (9,), Level.COMMUNITY: (12,), Level.GRID: (14, 15)}
"""GB/T 2260 for city and district, three digits each for street and community, two or three for the grid."""

LEVEL_OF_LENGTH = {length: level for level, lengths in LENGTHS.items() for length in lengths}
PARENT_LENGTHS = (4, 6, 9, 12)


def level_of(code: str) -> Level | None:
    """The level that a code of this length has; None when it is not an area code."""
    return LEVEL_OF_LENGTH.get(len(code)) if code.isascii() and code.isdigit() else None


def ancestors(code: str) -> list[str]:
    """The codes above this one, from the city down; whether such areas exist is another question."""
    return [code[:length] for length in PARENT_LENGTHS if length < len(code)]


def is_within(code: str, ancestor_code: str) -> bool:
    """Whether an area is this ancestor or lies in it. Nothing lies in the empty code."""
    return bool(ancestor_code) and code.startswith(ancestor_code)


def lies_in(column: Any, *ancestor_codes: str) -> ColumnElement[bool]:
    """The same of a column and several areas, by its index: in whatever way a database sorts, letters follow digits."""
    return or_(false(), *(and_(column >= code, column < f"{code}z") for code in ancestor_codes if code))


def clashes(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs on one level of which one begins with the other: is_within would take them for parent and child."""
    return [(shorter, longer) for shorter, longer in itertools.pairwise(sorted(codes))
            if level_of(shorter) is level_of(longer) and longer.startswith(shorter)]
