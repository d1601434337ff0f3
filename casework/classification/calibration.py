"""From scores to honest probabilities and to a threshold for abstaining, both from messages the classifier had not seen."""
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.metrics import f1_score, precision_recall_fscore_support

from casework.classification.linear import Floats, softmax

Ints = npt.NDArray[np.int64]

NEVER = 1.01
"""A threshold no probability reaches: everything is left to a person."""
LOWEST = 0.55
"""However easy the messages were: a label that is hardly likelier than all others together is a guess."""
FEWEST = 20
BINS = 10
HOLD = 1e-3
"""How strongly the offset is held near 0, so that a few held-out messages of a rare label do not push it."""


def fit(scores: Floats, truth: Ints) -> tuple[float, Floats]:
    """Scale and offset that make softmax(scores * scale + offset) most likely; the offset is held near 0."""
    said = np.zeros_like(scores)
    said[np.arange(len(truth)), truth] = 1

    def surprise(guess: Floats) -> tuple[float, Floats]:
        scale, offset = np.exp(guess[0]), guess[1:]
        probabilities = softmax(scores * scale + offset)
        loss = -np.log(np.maximum(probabilities[said > 0], 1e-12)).mean() + HOLD * (offset**2).sum()
        wrong = (probabilities - said) / len(truth)
        slope = np.concatenate([[(wrong * scores).sum() * scale], wrong.sum(axis=0) + 2 * HOLD * offset])
        return float(loss), slope
    found = minimize(surprise, np.zeros(1 + scores.shape[1]), jac=True, method="L-BFGS-B").x
    return float(np.exp(found[0])), np.asarray(found[1:], dtype=np.float64)


def threshold(confidence: Floats, right: npt.NDArray[np.bool_], precision: float, fewest: int = FEWEST) -> float:
    """The lowest confidence at which at least this share of all that are as confident or more is right.

    Never below LOWEST; and NEVER when there is none, or when fewer than `fewest` are that confident, which could be luck.
    """
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Equal confidences stand or fall together, so only the last of each group can be the limit.
    last = np.append(np.diff(confidence[order]) != 0, True)
    good = np.flatnonzero((share >= precision) & last & (np.arange(1, len(order) + 1) >= fewest))
    return max(float(confidence[order][good[-1]]), LOWEST) if len(good) else NEVER


def measure(scores: Floats, truth: Ints, folds: Ints, labels: Sequence[str], precision: float) -> dict[str, Any]:
    """What the classifier is worth on messages it has not seen.

    Calibration and threshold are found on four folds and measured on the fifth, so these figures promise nothing that was
    fitted to itself. The threshold given is found on all. `coverage` is the share that is not left to a person,
    `kept_accuracy` how much of it is right, `calibration_error` the expected difference of confidence and accuracy.
    """
    probabilities = np.empty_like(scores)
    kept = np.zeros(len(truth), dtype=bool)
    for number in np.unique(folds):
        unseen = folds == number
        scale, offset = fit(scores[~unseen], truth[~unseen])
        learned = softmax(scores[~unseen] * scale + offset)
        limit = threshold(learned.max(axis=1), learned.argmax(axis=1) == truth[~unseen], precision)
        probabilities[unseen] = softmax(scores[unseen] * scale + offset)
        kept[unseen] = probabilities[unseen].max(axis=1) >= limit
    guess, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guess == truth
    all_scale, all_offset = fit(scores, truth)
    whole = softmax(scores * all_scale + all_offset)
    by_fold = [f1_score(truth[folds == one], guess[folds == one], average="macro") for one in np.unique(folds)]
    return {
        "macro_f1": round(float(f1_score(truth, guess, average="macro")), 4),
        "macro_f1_folds": [round(float(one), 4) for one in by_fold],
        "accuracy": round(float(right.mean()), 4),
        "per_label": _per_label(truth, guess, labels),
        "calibration_error": round(_calibration_error(confidence, right), 4),
        "precision_wanted": precision,
        "threshold": threshold(whole.max(axis=1), whole.argmax(axis=1) == truth, precision),
        "coverage": round(float(kept.mean()), 4),
        "kept_accuracy": round(float(right[kept].mean()), 4) if kept.any() else None,
    }


def _per_label(truth: Ints, guess: Ints, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    columns = precision_recall_fscore_support(truth, guess, labels=np.arange(len(labels)), zero_division=0)
    return {label: {"precision": round(float(precision), 4), "recall": round(float(recall), 4), "f1": round(float(f1), 4),
                    "rows": int(rows)}
            for label, precision, recall, f1, rows in zip(labels, *columns, strict=True)}


def _calibration_error(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Mean of |confidence - accuracy| over ten bins of equal width, weighted by how many fall in each (ECE)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bins, confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(right))
