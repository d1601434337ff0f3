"""What a table holds of people and how it goes, as data: the words in which table.py speaks.

A table is named, not imported: retention looks after tables of every topic, also of those beside it, and knows of each no more
than its line says. A law holds the lines to the tables there are.
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["report", "case", "phone", "citizen", "follower", "sender"]
"""What a column names: a report, a case, a phone by its blind index, a citizen or a WeChat follower by id; or a sender by the
blind index of his phone or openid, whichever it is."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Rows that belong to a report, a case or a person, by `column`. When that is forgotten, rows go (`drop`), or columns get
    these values (`clears`), and free words lose who is known (`words`; JSON and sealed columns too).

    `when`: only rows of which this column has this value.
    """

    kind: Kind
    column: str
    drop: bool = False
    clears: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    when: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Aged:
    """Rows go by rule `rule` (see rules.py) once `column` is so old; or, with `clears`, only these nullable columns do."""

    column: str
    rule: str
    clears: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fate:
    """A line of the table. `why`: what of people it holds and why that is kept so long, or that it holds nothing.

    `task` names an entry of the timetable that forgets by itself; `rule` a rule that is more than an age.
    """

    why: str
    links: tuple[Link, ...] = ()
    aged: Aged | None = None
    task: str | None = None
    rule: str | None = None


def kept(why: str) -> Fate:
    """It stays."""
    return Fate(why=why)


def of(kind: Kind, column: str, *, drop: bool = False, clears: Mapping[str, Any] | None = None,
       words: tuple[str, ...] = (), when: tuple[str, str] | None = None) -> Link:
    """A link in one line."""
    return Link(kind=kind, column=column, drop=drop, clears=clears or {}, words=words, when=when)
