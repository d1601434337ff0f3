"""How statements make a record. Pure, so that its law can be tried in any order of arrival.

A statement says values of some fields, and was made by somebody who had *seen* some of the statements before it (what it is
based on, and all that went into that). Then, for each field by itself:

- A statement takes the place of what it has seen: who knew the value and says another, changes it.
- What it has not seen it leaves standing. Two that did not know of each other and differ are *contested*, both kept.
- Who repeats what he saw says nothing new. Who says something about a field that he saw contested joins the contest: only
  a decision (`decides`) takes the place of several values.
- Of places (PLACE) none is contested: receivers scatter, and nobody can choose between two pairs of numbers; of places that
  did not know of each other the latest holds.

So the values left standing of each field, with the statement that said each, depend on what was said and seen, and not on
the order of arrival. Order alone decides three things: the number of the version that each statement makes, whether it has
seen all that was there (then the version bears its name), and which of several contested values is *shown*: the one that
was there first, or what took its place. A statement that arrives before what it is based on waits; it is no part of this.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

PLACE = "place"
"""The name under which a record keeps where it is: [lon, lat, area code]."""


@dataclass(frozen=True)
class Claim:
    """A statement as far as compiling cares. `seen` is a set of numbers of earlier ones, bit by bit."""

    id: UUID
    at: datetime
    seen: int
    says: Mapping[str, Any]
    decides: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Said:
    """What one statement said about one field: `over` are the numbers whose place it took, bit by bit. Never changed, and
    itself alone is the same; frozen it would take three times as long to make, and there is one for each field."""

    number: int
    value: Any
    over: int
    rank: tuple[datetime, UUID]


@dataclass(slots=True)
class Line:
    """All that was said about one field, in order of arrival; what stands of it, and which of that is shown."""

    said: list[Said] = field(default_factory=list)
    stands: list[Said] = field(default_factory=list)
    shown: Said | None = None
    numbers: int = 0

    @property
    def contested(self) -> bool:
        """Whether several values stand."""
        return len(self.stands) > 1 and any(one.value != self.stands[0].value for one in self.stands)

    def standing(self, seen: int) -> list[Said]:
        """Of the statements seen the ones whose place no other of them took."""
        if not self.numbers & ~seen:
            return self.stands
        known = [one for one in self.said if seen >> one.number & 1]
        gone = 0
        for one in known:
            gone |= one.over
        return [one for one in known if not gone >> one.number & 1]

    def add(self, one: Said, *, latest: bool) -> None:
        """Keep it, and see what is to be shown now."""
        self.said.append(one)
        self.numbers |= 1 << one.number
        self.stands = [*(other for other in self.stands if not one.over >> other.number & 1), one]
        if latest:
            self.shown = max(self.stands, key=lambda said: said.rank)
        elif self.shown is None or one.over >> self.shown.number & 1:
            same = [other for other in self.stands if self.shown is not None and other.value == self.shown.value]
            self.shown = same[0] if same else one


class Record:
    """What the statements of one subject make, applied one after the other, each after what it is based on."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: dict[str, Line] = {}

    @classmethod
    def resumed(cls, values: Mapping[str, Any], versions: Mapping[str, int], count: int, at: tuple[datetime, UUID]) -> "Record":
        """The record as it stands, without what led there: enough for statements that have seen all of it, if nothing is
        contested."""
        made = cls()
        made.count = count
        for name, version in versions.items():
            made.lines[name] = line = Line()
            line.add(Said(version - 1, values.get(name), 0, at), latest=False)
        return made

    @property
    def all(self) -> int:
        """Every number so far, bit by bit."""
        return (1 << self.count) - 1

    def apply(self, claim: Claim) -> int:
        """Take the next statement; the number it got."""
        number, self.count = self.count, self.count + 1
        for name, value in claim.says.items():
            line = self.lines.setdefault(name, Line())
            over = _over(line.standing(claim.seen), value, decided=name in claim.decides, place=name == PLACE)
            if over is not None:
                line.add(Said(number, value, over, (claim.at, claim.id)), latest=name == PLACE)
            elif not line.said:
                del self.lines[name]
        return number

    def contested(self) -> dict[str, list[Said]]:
        """Fields with several values, and what stands of each, in order of arrival."""
        return {name: line.stands for name, line in self.lines.items() if line.contested and name != PLACE}

    def values(self) -> dict[str, Any]:
        """What is shown of each field; fields without a value are left out."""
        return {name: line.shown.value for name, line in self.lines.items() if line.shown and line.shown.value is not None}

    def versions(self) -> dict[str, int]:
        """By which version what is shown of each field came in, also that there is nothing."""
        return {name: line.shown.number + 1 for name, line in self.lines.items() if line.shown}


def _over(seen: Sequence[Said], value: Any, *, decided: bool, place: bool) -> int | None:
    """Whose place such a value takes, bit by bit; None when it says nothing new."""
    if not seen and value is None and not decided:
        return None
    every = 0
    for one in seen:
        every |= 1 << one.number
    if not decided and not place:
        values = [one.value for one in seen]
        if value in values:
            return None
        if any(one != values[0] for one in values):
            return 0
    return every


def compiled(claims: Iterable[Claim]) -> Record:
    """The record of all these, in this order."""
    record = Record()
    for claim in claims:
        record.apply(claim)
    return record
