"""The responsibility list as a table of categories by areas: who answers where, what nobody answers for, what contradicts."""
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.errors import NotFound
from casework.responsibility import coverage
from casework.responsibility.rules import KINDS, Names, Rule, living, meet


class Open(StrEnum):
    """How much of a cell no rule answers for at all times."""

    NOTHING = "nothing"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True)
class Cell:
    """A category in an area: which departments a rule names for it or for a part of it, and what is wrong there."""

    leads: tuple[uuid.UUID, ...]
    open: Open
    overlaps: int


@dataclass(frozen=True)
class Line:
    """A code with its name; `below` says whether there is more in it to look at."""

    code: str
    name: str
    below: bool


@dataclass(frozen=True)
class Matrix:
    """Cells by category and then by area; beside them what is wrong with the rules of the whole city.

    Without areas the one column is the whole city, with an empty code.
    """

    categories: tuple[Line, ...]
    areas: tuple[Line, ...]
    cells: tuple[tuple[Cell, ...], ...]
    gaps: Sequence[coverage.Gap]
    overlaps: Sequence[coverage.Overlap]


def matrix(db: Session, within: str = "", area: str = "") -> Matrix:
    """The categories right below one (the kinds without it) by the areas right below one (the top without it).

    What has nothing below it stands for itself. Raises NotFound for an unknown code, or without a taxonomy.
    """
    moment = clock.now()
    names = Names(db)
    if (within and names.category(within) is None) or (area and names.area(area) is None):
        raise NotFound("there is no such category, or no such area")
    kinds = dict.fromkeys(KINDS, "")
    categories = coverage.tree(kinds | {one.code: one.parent_code or one.code[0]
                                        for one in taxonomy.catalogue(db).by_code.values()})
    places = coverage.area_tree(db)
    rows = [Line(code, names.category(code) or code, bool(categories.get(code))) for code in _below(categories, within)]
    columns = [Line(code, names.area(code) or code, bool(places.get(code))) for code in _below(places, area)]
    rules = living(db, moment)
    valid = [rule for rule in rules if rule.valid_from is None or rule.valid_from <= moment]
    gaps, overlaps = coverage.gaps(db, moment, rules), coverage.overlaps(db, rules)
    cells = tuple(_row(row.code, columns, valid, gaps, overlaps) for row in rows)
    return Matrix(tuple(rows), tuple(columns), cells, gaps, overlaps)


def _below(tree: coverage.Tree, code: str) -> Sequence[str]:
    return tree.get(code) or (code,)


def _row(category: str, columns: Iterable[Line], rules: Iterable[Rule], gaps: Iterable[coverage.Gap],
         overlaps: Iterable[coverage.Overlap]) -> tuple[Cell, ...]:
    """What is about this category is looked out once: a city has thousands of rules, and a rule few rows."""
    own = [rule for rule in rules if meet(category, rule.category_code)]
    holes = [one for one in gaps if meet(category, one.category_code)]
    pairs = [one for one in overlaps if meet(category, one.one.category_code)]
    return tuple(_cell(category, column.code, own, holes, pairs) for column in columns)


def _cell(category: str, area: str, rules: Iterable[Rule], gaps: Iterable[coverage.Gap],
          overlaps: Iterable[coverage.Overlap]) -> Cell:
    holes = [one for one in gaps if meet(category, one.category_code) and meet(area, one.area_code)]
    whole = any(category.startswith(one.category_code) and area.startswith(one.area_code or "") for one in holes)
    contradictions = sum(pair.one.meets(category, area) for pair in overlaps)
    leads = _leads(category, area, rules)
    return Cell(leads, Open.ALL if whole else Open.SOME if holes else Open.NOTHING, contradictions)


def _leads(category: str, area: str, rules: Iterable[Rule]) -> tuple[uuid.UUID, ...]:
    """Of the rules that hold for all of the cell, the most specific ones; of those for a part of it, each."""
    about = [rule for rule in rules if rule.meets(category, area)]
    whole = [rule for rule in about if category.startswith(rule.category_code or "") and area.startswith(rule.area_code or "")
             and not (rule.ownership or rule.hours)]
    narrowest = max((rule.specificity for rule in whole), default=None)
    named = [rule for rule in about if rule not in whole or rule.specificity == narrowest]
    named.sort(key=lambda rule: rule not in whole)
    return tuple(dict.fromkeys(rule.lead_department_id for rule in named))
