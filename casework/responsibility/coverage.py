"""What the responsibility list leaves open and where it contradicts itself, told in as few lines as possible."""
import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.geography import areas
from casework.responsibility import hours as weekly
from casework.responsibility.decisions import prefixes
from casework.responsibility.rules import Names, Rule, living

Tree = Mapping[str, Sequence[str]]
"""Codes below each code; "" is the root above all."""


@dataclass(frozen=True)
class Gap:
    """No rule holds always for this category in this area, nor for anything beneath them.

    None as area_code is the whole city. `partly`: there are rules for it that hold at some times or for some ownership.
    """

    category_code: str
    category_name: str
    area_code: str | None
    area_name: str
    partly: bool


@dataclass(frozen=True)
class Overlap:
    """Two equally specific rules that can hold at the same time and name different departments."""

    one: Rule
    other: Rule


def gaps(db: Session, at: datetime | None = None, rules: Sequence[Rule] | None = None) -> list[Gap]:
    """What nobody answers for at this moment (now, unless said otherwise). Raises NotFound without a taxonomy.

    A class is named instead of all its members, an area instead of all its parts. The cost follows the number of rules
    and gaps, not categories times grids. `rules` are those that live at the moment, for who has them already.
    """
    moment = at or clock.now()
    known = living(db, moment) if rules is None else rules
    valid = [rule for rule in known if rule.valid_from is None or rule.valid_from <= moment]
    names = Names(db)
    categories = tree({one.code: one.parent_code or one.code[0] for one in taxonomy.catalogue(db).by_code.values()})
    found = uncovered(categories, area_tree(db), [rule for rule in valid if not (rule.ownership or rule.hours)])
    sometimes = [rule for rule in valid if rule.ownership or rule.hours]
    return [Gap(category, names.category(category) or "", area or None, names.area(area) or "",
                any(rule.meets(category, area) for rule in sometimes))
            for category, area in found]


def overlaps(db: Session, rules: Sequence[Rule] | None = None) -> list[Overlap]:
    """Pairs of rules, of those that have not ended (or of these), between which no decision will be possible."""
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in living(db) if rules is None else rules:
        alike[rule.category_code, rule.area_code, rule.ownership, rule.specificity].append(rule)
    return [Overlap(one, other) for like in alike.values() for one, other in itertools.combinations(like, 2)
            if (one.lead_department_id, one.assisting) != (other.lead_department_id, other.assisting)
            and _at_one_time(one, other)]


def area_tree(db: Session) -> Tree:
    """The living areas under the root that stands for the whole city."""
    return tree({code: ref.codes[-2] if len(ref.codes) > 1 else "" for code, ref in areas.atlas(db).refs.items()})


def tree(parents: Mapping[str, str]) -> Tree:
    """Children of each code, in order; whatever has no parent among the codes hangs under it all the same."""
    below: dict[str, list[str]] = defaultdict(list)
    for code, parent in sorted(parents.items()):
        below[parent].append(code)
    below[""] += sorted({parent for parent in below if parent and parent not in parents})
    return dict(below)


def uncovered(categories: Tree, places: Tree, rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Pure: pairs of category and area without a rule, the widest that are wholly without; by category."""
    ruled: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        ruled[rule.category_code or ""].add(rule.area_code or "")
    known: dict[frozenset[str], tuple[str, ...]] = {}

    def open_areas(category: str) -> tuple[str, ...]:
        covered = frozenset[str]().union(*(ruled.get(prefix, ()) for prefix in prefixes(category)))
        if covered not in known:
            known[covered] = tuple(_open_below("", places, covered, sorted(covered)))
        return known[covered]

    return [pair for top in categories.get("", ()) for pair in _rolled_up(top, categories, open_areas)[1]]


def _rolled_up(category: str, categories: Tree, open_areas: Callable[[str], tuple[str, ...]]
               ) -> tuple[tuple[str, ...] | None, list[tuple[str, str]]]:
    """The open areas that all leaves below have in common (None when they differ), and the pairs to tell."""
    below = categories.get(category, ())
    if not below:
        same: tuple[str, ...] | None = open_areas(category)
        return same, [(category, area) for area in same or ()]
    parts = [_rolled_up(child, categories, open_areas) for child in below]
    same = parts[0][0] if all(part[0] == parts[0][0] for part in parts) else None
    if same is not None:
        return same, [(category, area) for area in same]
    return None, [pair for part in parts for pair in part[1]]


def _open_below(area: str, places: Tree, covered: frozenset[str], ordered: list[str]) -> list[str]:
    if area in covered:
        return []
    place = bisect_left(ordered, area)
    ruled_inside = place < len(ordered) and ordered[place].startswith(area)
    if not ruled_inside or not places.get(area):
        return [area]
    return [found for child in places[area] for found in _open_below(child, places, covered, ordered)]


def _at_one_time(one: Rule, other: Rule) -> bool:
    def before(end: datetime | None, start: datetime | None) -> bool:
        return end is not None and start is not None and end <= start
    if before(one.valid_until, other.valid_from) or before(other.valid_until, one.valid_from):
        return False
    return one.hours is None or other.hours is None or weekly.meet(one.hours, other.hours)
