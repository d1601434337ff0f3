"""Classes suggested by their names and the words of their standards, so that a city can start without training data."""
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from casework.classification import ngrams
from casework.classification.linear import BATCH, Floats
from casework.classification.suggestion import ALTERNATIVES, Alternative, Suggestion

VERSION = "names"
LENGTHS = (2, 3)
NAME_SHARE = 0.75
"""How much of a score is the class's own name; the rest is the words about it."""


class NameMatcher:
    """Knows a list of classes, each a pair of code and text. The text's first line is the class's own name, the rest
    (parents' names, filing conditions) helps. A class scores by how much of its wording, weighed by rarity among the
    classes, stands in a text: 1 is all of it.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        known = list(pairs)
        self.codes = tuple(code for code, _ in known)
        parts = [text.partition("\n") for _, text in known]
        names, words = ([part[0] for part in parts], [part[2] for part in parts])
        rarity = _rarity([f"{name}\n{more}" for name, more in zip(names, words, strict=True)])
        self._weights = (_rows(names, rarity) * NAME_SHARE + _rows(words, rarity) * (1 - NAME_SHARE)).T.tocsr()

    def scores(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column a class in the order of `codes`, each between 0 and 1."""
        made = np.zeros((len(texts), len(self.codes)))
        for start in range(0, len(texts), BATCH):
            counts = _count(texts[start:start + BATCH])
            made[start:start + BATCH] = (_matrix(counts, np.ones(len(counts.owner))) @ self._weights).toarray()
        return made

    def suggest(self, texts: Sequence[str]) -> list[Suggestion]:
        """The three nearest classes of each text. They always abstain: a likeness of words is a hint for a person."""
        return [suggestion_of(self.codes, row) for row in self.scores(texts)]


def suggestion_of(codes: Sequence[str], row: Floats) -> Suggestion:
    """The best three of one row of scores; classes that share no word with the text are not named."""
    best = [one for one in np.argsort(-row, kind="stable")[:ALTERNATIVES] if row[one] > 0]
    nearest = tuple(Alternative(codes[one], round(float(row[one]), 4)) for one in best)
    return Suggestion(code=nearest[0].label if nearest else None, label=None, abstained=True, alternatives=nearest,
                      confidence=nearest[0].score if nearest else 0.0, model_version=VERSION)


def _count(texts: Sequence[str]) -> ngrams.Counts:
    return ngrams.count(ngrams.fold(texts), LENGTHS)


def _rarity(texts: Sequence[str]) -> Floats:
    having = np.bincount(_count(texts).bucket, minlength=1 << ngrams.BITS)
    return np.asarray(np.log((1 + len(texts)) / (1 + having)) + 1, dtype=np.float64)


def _rows(texts: Sequence[str], rarity: Floats) -> Any:
    """One row a text, whose weights add up to 1."""
    counts = _count(texts)
    weight = rarity[counts.bucket]
    weight /= np.maximum(np.bincount(counts.owner, weight, minlength=len(texts)), 1e-12)[counts.owner]
    return _matrix(counts, weight)


def _matrix(counts: ngrams.Counts, weight: Floats) -> Any:
    return sparse.csr_array((weight, (counts.owner, counts.bucket)), shape=(counts.texts, 1 << ngrams.BITS))
