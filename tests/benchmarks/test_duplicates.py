"""What joining by words is worth on real messages: judged pairs hold it to its floor; the largest groups and the pace are seen.

Beside this file stand only keys of messages and what a person who read both said: `same` problem, `near` (the same place or
people, another matter: joining them would be wrong) or `other`. Samples: a, b and e over the whole range of likeness, drawn
without regard to what the product says, e after its weights were settled; c and d among what earlier weights joined.
"""
import csv
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from casework import clock
from casework.cases import lookout, similarity
from casework.cases.similarity import Evidence, Rarity, Score
from casework.cases.whereabouts import SURE_OF_PLACE
from casework.geography import addresses
from casework.sla.policies import Numbers
from casework.storage.database import reading, transaction
from casework.taxonomy import Catalogue, catalogue
from tests.conftest import absent
from tests.stories import masked_province

MESSAGES = Path(__file__).parents[2].parent / "shared" / "data" / "messages" / "unlabelled.csv"
PAIRS = Path(__file__).with_name("duplicate_pairs.csv")
Pair = tuple[str, str, str, str]


def messages() -> dict[str, dict[str, str]]:
    """By their keys, the oldest first."""
    if not MESSAGES.exists():
        absent(f"no messages at {MESSAGES}")
    with MESSAGES.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in sorted(csv.DictReader(file), key=lambda row: (row["time"], row["id"]))}


def pairs() -> list[Pair]:
    with PAIRS.open(newline="") as file:
        return [(row["one"], row["other"], row["judgement"], row["sample"]) for row in csv.DictReader(file)]


@pytest.fixture
def said(sqlite: str) -> tuple[dict[str, Evidence], Catalogue]:
    """Each message as triage would weigh it: its words, its time, its district where the gazetteer is sure."""
    found = messages()
    with transaction() as db:
        masked_province.found(db)
    texts = [(row["subject"], row["detail"]) for row in found.values()]
    words = Rarity(["\n".join(pair) for pair in texts[-lookout.SAMPLE:]]).read(texts)
    with reading() as db:
        places = addresses.locate_many(db, [" ".join(pair) for pair in texts])
        kept = catalogue(db)
    areas = [place.area_code if place and place.confidence >= SURE_OF_PLACE else None for place in places]
    at = [datetime.fromisoformat(row["time"]).replace(tzinfo=clock.CITY) for row in found.values()]
    return {key: Evidence(*one, area_code=area) for key, area, *one in zip(found, areas, at, words, strict=True)}, kept


def joins(score: Score) -> bool:
    return score.sure and score.total >= Numbers().join_score


def worth(judged: list[tuple[Pair, Score]], which: Callable[[Pair], bool] = lambda _: True) -> tuple[float, float, int]:
    """Precision and recall of joining by itself on these pairs, and how many they are; `near` counts as another problem."""
    kept = [(pair[2] == "same", joins(score)) for pair, score in judged if which(pair)]
    right = sum(same and joined for same, joined in kept)
    return right / sum(joined for _, joined in kept), right / sum(same for same, _ in kept), len(kept)


def test_what_joins_by_itself_is_what_a_person_would_join(
        said: tuple[dict[str, Evidence], Catalogue], capsys: pytest.CaptureFixture[str]) -> None:
    evidence, kept = said
    judged = [(pair, similarity.score(evidence[pair[0]], evidence[pair[1]], kept)) for pair in pairs()]
    samples = sorted({pair[3] for pair, _ in judged})
    lines = {"all": worth(judged)}
    lines |= {f"sample {name}": worth(judged, lambda one, name=name: one[3] == name) for name in samples}
    with capsys.disabled():
        for name, (precision, recall, number) in lines.items():
            print(f"\n  {name:10} {number:4} pairs  precision {precision:.3f}  recall {recall:.3f}", end="")
    precision, recall, number = lines["all"]
    assert number >= 200
    assert precision >= 0.95
    assert recall >= 0.7


def test_what_a_person_would_join_is_at_least_proposed(said: tuple[dict[str, Evidence], Catalogue]) -> None:
    evidence, kept = said
    scores = [similarity.score(evidence[one], evidence[other], kept) for one, other, judgement, _ in pairs()
              if judgement == "same"]
    assert sum(score.total >= Numbers().propose_score for score in scores) / len(scores) >= 0.88


def grouped(evidence: dict[str, Evidence], kept: Catalogue) -> tuple[list[list[str]], int, int]:
    """The messages in the order in which they came, each joined as triage does: by the reports that share its keys.

    Answers the groups, how many messages joined, and how many comparisons that took.
    """
    keys = {key: similarity.keys(one.words) for key, one in evidence.items()}
    under: dict[int, list[str]] = {}
    group: dict[str, str] = {}
    compared = 0
    for key, mine in evidence.items():
        common = Counter(other for one in keys[key] for other in reversed(under.get(one, [])))
        best: tuple[float, str] | None = None
        for other, _ in common.most_common(lookout.LIKEST):
            compared += 1
            score = similarity.score(mine, evidence[other], kept)
            if joins(score):
                best = max(best or (0.0, ""), (score.total, other))
        group[key] = group[best[1]] if best else key
        for one in keys[key]:
            if len(under.setdefault(one, [])) < lookout.CROWDED:
                under[one].append(key)
    made: dict[str, list[str]] = {}
    for key, first in group.items():
        made.setdefault(first, []).append(key)
    return sorted(made.values(), key=len, reverse=True), len(group) - len(made), compared


@pytest.mark.benchmark
def test_the_largest_groups_and_the_pace(
        said: tuple[dict[str, Evidence], Catalogue], capsys: pytest.CaptureFixture[str]) -> None:
    evidence, kept = said
    began = time.process_time()
    groups, joined, compared = grouped(evidence, kept)
    seconds = time.process_time() - began
    with capsys.disabled():
        print(f"\n  {len(evidence)} messages, {joined} joined, {len(groups)} cases; {compared / len(evidence):.1f} comparisons "
              f"and {1000 * seconds / len(evidence):.2f} ms of processor time a message")
        for members in groups[:10]:
            print(f"  {len(members):4}  {' '.join(members)}")
    assert len(groups[0]) >= 10
