"""A trained classifier: weights over hashed n-grams, and the calibration that turns their sums into probabilities."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from casework.classification import ngrams
from casework.classification.ngrams import Characters, Counts

Floats = npt.NDArray[np.float64]

BATCH = 256
"""Texts turned into numbers at once: their n-grams stay in the processor's cache."""


class Block(NamedTuple):
    """N-grams of some lengths of one field (0 the subject, 1 the detail), whose row in the matrix is as long as `share`."""

    field: int
    lengths: tuple[int, ...]
    share: float


BLOCKS = (Block(0, (1, 2), 0.7), Block(1, (1, 2), 1.0), Block(1, (3,), 0.4))
"""A block each, so that a short subject is heard beside a long detail, and many rare trigrams do not drown the pairs."""

LAYOUT = {"blocks": [[block.field, list(block.lengths), block.share] for block in BLOCKS],
          "bits": ngrams.BITS, "longest": ngrams.LONGEST}
"""Written into model files: weights mean something only over the features they were trained on."""


def message(subject: str | None, detail: str | None) -> str:
    """One text of a subject and a detail. What stands before the first line break is read as the subject."""
    return f"{(subject or '').strip()}\n{(detail or '').strip()}".strip()


def fold(texts: Sequence[str]) -> tuple[Characters, Characters]:
    """Subjects and details. A text of one line is both: people who write one sentence write a subject."""
    parts = [text.partition("\n") for text in texts]
    return ngrams.fold([part[0] for part in parts]), ngrams.fold([part[2] or part[0] for part in parts])


@dataclass(frozen=True)
class Terms:
    """The n-grams that one block knows: their buckets, rising, and what each counts for."""

    buckets: npt.NDArray[np.int32]
    worth: npt.NDArray[np.float32]

    @cached_property
    def _column(self) -> npt.NDArray[np.int32]:
        column = np.full(1 << ngrams.BITS, -1, dtype=np.int32)
        column[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return column

    def rows(self, counts: Counts, share: float) -> Any:
        """A sparse row a text, of length `share`, or empty when the text has none of the terms."""
        column = self._column[counts.bucket]
        known = column >= 0
        column, owner = column[known], counts.owner[known]
        weight = (1 + np.log(counts.times[known])) * self.worth[column]
        norm = np.sqrt(np.bincount(owner, weight * weight, minlength=counts.texts))
        weight *= (share / np.maximum(norm, 1e-12))[owner]
        bounds = np.searchsorted(owner, np.arange(counts.texts + 1)).astype(np.int32)
        return sparse.csr_array((weight.astype(np.float32), column, bounds), shape=(counts.texts, len(self.buckets)))


@dataclass(frozen=True)
class Classifier:
    """What training found out. Probabilities are softmax(scores * scale + offset), the calibration."""

    version: str
    labels: tuple[str, ...]
    terms: tuple[Terms, ...]
    weights: tuple[npt.NDArray[np.float32], ...]
    """For each block a row a term, a column a label."""
    intercept: Floats
    scale: float
    offset: Floats
    threshold: float
    """Below this probability the best label is left to a person."""
    figures: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column a label; each row sums to 1. A text without any known n-gram could be all alike."""
        made = np.empty((len(texts), len(self.labels)))
        for start in range(0, len(texts), BATCH):
            made[start:start + BATCH] = self._probabilities(texts[start:start + BATCH])
        return made

    def _probabilities(self, texts: Sequence[str]) -> Floats:
        characters = fold(texts)
        scores = np.tile(self.intercept, (len(texts), 1))
        known = np.zeros(len(texts), dtype=np.int64)
        for block, terms, weights in zip(BLOCKS, self.terms, self.weights, strict=True):
            rows = terms.rows(ngrams.count(characters[block.field], block.lengths), block.share)
            scores += rows @ weights
            known += np.diff(rows.indptr)
        made = softmax(scores * self.scale + self.offset)
        made[known == 0] = 1 / len(self.labels)
        return made


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row's scores."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)
