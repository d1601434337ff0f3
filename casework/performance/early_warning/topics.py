"""Hot topics: words that suddenly stand in many reports, whatever class these were put into."""
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from casework.performance.early_warning import words
from casework.performance.early_warning.clusters import area_names, numbers
from casework.performance.early_warning.days import Said, said_between
from casework.performance.early_warning.grid import around, day_of, hour_of, mostly
from casework.performance.early_warning.history import Past
from casework.performance.early_warning.keeping import Finding, allowance, known
from casework.performance.early_warning.scan import tail
from casework.performance.early_warning.warning import Kind
from casework.performance.early_warning.words import Usual

SPAN = timedelta(days=1)
FEWEST = 8
RARE = 1.0
"""What is expected at least of any word in a day: those of fewer reports were not counted, see words.py."""

SPREAD = 0.3
SAME = 0.5
"""Words of which so many reports are another word's tell of the same."""

MOST_TRIED = 200


def find(db: Session, past: Past) -> list[Finding]:
    """What many people speak of in the last day who did not before. A topic that goes on keeps its name while any of its words
    stays."""
    said = list(said_between(db, past.now - SPAN, past.now))
    named = {word: one.subject for one in known(db, [Kind.TOPIC]) for word in one.evidence.get("words", ())}
    return [found for mine, usual, chance in _burst(said, past.words, allowance(Kind.TOPIC) / 7)
            for found in _finding(db, past, [said[one] for one in sorted(mine)], named, (usual, chance))]


def _burst(said: Sequence[Said], usual: Usual, least: float) -> Iterator[tuple[set[int], float, float]]:
    """Reports that share a word which is too frequent, how many of it are usual, and how often a day has as much by chance."""
    holders: dict[str, set[int]] = defaultdict(set)
    for number, one in enumerate(said):
        for run in words.runs(one.words):
            holders[run].add(number)
    frequent = [run for run, mine in holders.items() if len(mine) >= FEWEST]
    if not frequent:
        return
    counts, total = usual
    count = np.array([float(len(holders[run])) for run in frequent])
    mean = np.maximum(np.array([counts[run] for run in frequent]) * len(said) / max(total, 1), RARE)
    chance = tail(count, mean, np.full(len(frequent), SPREAD)) * max(len(counts), len(frequent))
    kept: list[set[int]] = []
    order = sorted(range(len(frequent)), key=lambda one: (chance[one], -len(frequent[one]), frequent[one]))
    for number in order[:MOST_TRIED]:
        mine = holders[frequent[number]]
        if chance[number] > least:
            return
        if all(len(mine & other) < SAME * len(mine) for other in kept):
            kept.append(mine)
            yield mine, float(mean[number]), float(chance[number])


def _finding(db: Session, past: Past, said: Sequence[Said], named: dict[str, str],
             seen: tuple[float, float]) -> Iterator[Finding]:
    found = words.telling(db, said, past.words)
    if not found:  # nothing but names
        return
    yield Finding(
        kind=Kind.TOPIC, subject=next((named[word] for word in found if word in named), found[0]),
        since=past.now - SPAN, until=past.now, count=len(said), expected=seen[0], confidence=math.exp(-seen[1] * 7),
        category_code=mostly(one.category for one in said), area_code=around(one.area for one in said),
        evidence={"cases": numbers(said), "words": found, "places": area_names(db, said),
                  "days": [{"day": day.isoformat(), "count": many, "expected": round(seen[0], 2)}
                           for day, many in sorted(Counter(day_of(int(hour_of(one.at) // 24)) for one in said).items())]})
