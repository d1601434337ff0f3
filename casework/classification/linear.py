"""A trained classifier: weights over hashed n-grams, and the calibration that turns their sums into probabilities."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from casework.classification import ngrams

Floats = npt.NDArray[np.float64]
BATCH = 256
"""Texts turned into numbers at once: their n-grams stay in the processor's cache."""


def message(subject: str | None, detail: str | None) -> str:
    """One text of a subject and a detail. The first line is the subject; it is read with a weight of its own."""
    return f"{(subject or '').strip()}\n{(detail or '').strip()}".strip()


def features(texts: Sequence[str], idf: npt.NDArray[np.float32]) -> Any:
    """Rows of length 1 in a sparse matrix: n-grams of the whole text, damped and weighted by rarity."""
    owner, bucket, count = ngrams.count(texts)
    weight = (1 + np.log(count)) * idf[bucket]
    norm = np.sqrt(np.bincount(owner, weight * weight, minlength=len(texts)))
    weight /= np.maximum(norm, 1e-12)[owner]
    bounds = np.searchsorted(owner, np.arange(len(texts) + 1))
    return sparse.csr_array((weight.astype(np.float32), bucket.astype(np.int32), bounds.astype(np.int32)),
                            shape=(len(texts), 1 << ngrams.BITS))


@dataclass(frozen=True)
class Classifier:
    """What training found out. `scale` and `offset` calibrate: probabilities are softmax(scores * scale + offset)."""

    version: str
    labels: tuple[str, ...]
    idf: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    intercept: npt.NDArray[np.float64]
    scale: float
    offset: npt.NDArray[np.float64]
    threshold: float
    figures: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column a label, each row sums to 1."""
        made = np.empty((len(texts), len(self.labels)))
        for start in range(0, len(texts), BATCH):
            batch = texts[start:start + BATCH]
            made[start:start + BATCH] = features(batch, self.idf) @ self.weights + self.intercept
        return softmax(made * self.scale + self.offset)


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row's scores."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)
