"""Classes suggested by their names and the words of their standards, so that a city can start without training data."""
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from casework.classification import ngrams
from casework.classification.linear import BATCH, Floats, fold
from casework.classification.ngrams import Characters
from casework.classification.suggestion import ALTERNATIVES, Alternative, Suggestion

VERSION = "names"
PAIR = (2,)
"""Two characters are a Chinese word more often than not; single ones and threes were worse."""

# Of 5,833 labelled messages and the 517 request classes in 15 branches, the best class lies in the right branch for 62 %, one
# of the best three for 80 %, with nothing trained; of the third that scores 0.5 or more it is 79 % (tests/benchmarks).
WORDS = 0.5
"""What a word about a class counts for beside one of its name."""
DETAIL = 0.6
"""What a word found in the detail counts for beside one in the subject."""


class NameMatcher:
    """Knows a list of classes, each a pair of code and text. The text's first line is the class's own name, the rest
    (parents' names, filing conditions) helps. A class scores by how much of its wording stands in a text, each pair of
    characters by its rarity among the classes, squeezed between 0 and 1. It is an order, not a probability.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        known = list(pairs)
        self.codes = tuple(code for code, _ in known)
        parts = [text.partition("\n") for _, text in known]
        wording = _present(ngrams.fold([part[0] for part in parts])).maximum(
            _present(ngrams.fold([part[2] for part in parts])) * WORDS)
        having = np.bincount(wording.indices, minlength=1 << ngrams.BITS)
        wording.data *= (np.log((1 + len(known)) / (1 + having)) + 1)[wording.indices]
        owner = np.repeat(np.arange(len(known)), np.diff(wording.indptr))
        length = np.sqrt(np.bincount(owner, wording.data**2, minlength=len(known)))
        wording.data /= length[owner]
        self._weights = wording.T.tocsr()

    def scores(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column a class in the order of `codes`, each from 0 (nothing in common) to below 1."""
        made = np.zeros((len(texts), len(self.codes)))
        for start in range(0, len(texts), BATCH):
            subjects, details = fold(texts[start:start + BATCH])
            made[start:start + BATCH] = (_present(subjects).maximum(_present(details) * DETAIL) @ self._weights).toarray()
        return np.asarray(made / (1 + made), dtype=np.float64)

    def suggest(self, texts: Sequence[str]) -> list[Suggestion]:
        """The three nearest classes of each text. They always abstain: a likeness of words is a hint for a person."""
        return [suggestion_of(self.codes, row) for row in self.scores(texts)]


def suggestion_of(codes: Sequence[str], row: Floats) -> Suggestion:
    """The best three of one row of scores; classes that share no word with the text are not named."""
    best = [one for one in np.argsort(-row, kind="stable")[:ALTERNATIVES] if row[one] > 0]
    nearest = tuple(Alternative(codes[one], round(float(row[one]), 4)) for one in best)
    return Suggestion(code=nearest[0].label if nearest else None, label=None, abstained=True, alternatives=nearest,
                      confidence=nearest[0].score if nearest else 0.0, model_version=VERSION)


def _present(characters: Characters) -> Any:
    counts = ngrams.count(characters, PAIR)
    return sparse.csr_array((np.ones(len(counts.owner), dtype=np.float32), (counts.owner, counts.bucket)),
                            shape=(counts.texts, 1 << ngrams.BITS))
