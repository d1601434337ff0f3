"""Words without a dictionary: runs of two to four Chinese characters, and in how many reports each stands."""
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import anonymity, personal
from casework.cases.report import Report
from casework.identity.scrubbing import Known, scrub

LENGTHS = (2, 3, 4)
LONGEST = 300
"""Characters of a report that are read: what it is about stands at its beginning."""

KEPT = 3000
FEWEST = 3
"""In fewer reports of a day a word may be somebody's name, and is forgotten."""

HAN = re.compile("[\u4e00-\u9fff]{2,}")
EMPTY = set("的了是在有我你他她它们这那个不也就都和与及或着过到把被请求希望您好已很无一二三四五六七八九十年月日时分号")
"""Characters that say nothing at the beginning or end of a word."""

READ = 100
"""Reports of which it is looked who sent them."""


class Saying(Protocol):
    """A report, as far as its words matter."""

    @property
    def report_id(self) -> Any: ...
    @property
    def words(self) -> str: ...


def runs(text: str, known: Known | None = None) -> set[str]:
    """The runs of characters of a text without numbers of people, and without who is known."""
    plain = scrub(personal.masked(text[:LONGEST]), known or Known())
    return {run[at:at + length] for run in HAN.findall(plain) for length in LENGTHS for at in range(len(run) - length + 1)
            if run[at] not in EMPTY and run[at + length - 1] not in EMPTY}


Usual = tuple[Counter[str], int]
"""In how many reports a word stood, of how many."""


def telling(db: Session, said: Sequence[Saying], usual: Usual, most: int = 8) -> list[str]:
    """The words that stand in more of these reports than in others; nobody's name or number, also of those who sent them."""
    said = said[:READ]
    reports = db.scalars(select(Report).where(Report.id.in_([one.report_id for one in said]))).all()
    known = anonymity.known_of(db, reports)
    counts = Counter(run for one in said for run in runs(one.words, known))
    scored = {run: many * np.log((many / len(said)) / ((usual[0][run] + 1) / (usual[1] + 1)))
              for run, many in counts.items() if many >= max(FEWEST, len(said) / 4)}
    chosen: list[str] = []
    for run in sorted(scored, key=lambda one: (-scored[one] * len(one) ** 0.5, one)):
        if scored[run] > 0 and not any(run in other or other in run for other in chosen):
            chosen.append(run)
    return chosen[:most]


def common(texts: Iterable[str]) -> dict[str, int]:
    """In how many of these texts a run stands: those in at least FEWEST, the KEPT most frequent."""
    counts = Counter(run for text in texts for run in runs(text))
    return {run: many for run, many in counts.most_common(KEPT) if many >= FEWEST}
