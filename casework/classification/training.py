"""Training from messages that people labelled: measured by cross-validation, calibrated on what was held out, then kept."""
import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy
import sklearn
from scipy import sparse
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from casework import clock
from casework.classification import calibration, files, ngrams, table
from casework.classification.linear import BLOCKS, LAYOUT, Classifier, Floats, Terms, fold, message
from casework.errors import Fault, Invalid

Ints = npt.NDArray[np.int64]

FOLDS = 5
FEWEST = FOLDS
"""Examples a label needs: one for each fold. Labels with fewer are left out, and the figures say so."""
SEED = 20260302
PRECISION = 0.97
"""What is not left to a person shall be right this often, measured on held-out messages."""
FAULTS = 20
"""Faults of a file that are told at once; more help nobody."""

# Chosen by 5-fold cross-validation on 5,833 messages in 7 classes (other folds than SEED's): macro-F1 was 0.933 so, about 0.005
# lower without PURITY and 0.009 lower with a PURITY of 1; a COST of 0.5 lost 0.003 and one of 2 gained nothing to speak of.
COST = 1.0
PRIOR = 5.0
PURITY = 0.5


class Example(NamedTuple):
    """One message (see linear.message) and what a person says it is about."""

    text: str
    label: str


def train_csv(in_path: Path | str, models: Path | None = None, precision: float = PRECISION) -> dict[str, Any]:
    """Train from a CSV file with the columns subject, detail and label, save and activate the model; returns its figures.

    Raises Invalid, by row and column, for a file that cannot be learned from.
    """
    with table.reading(in_path, all_of=("subject", "detail", "label")) as rows:
        examples = list(_examples(rows))
    classifier = train(examples, precision)
    files.save(classifier, models)
    files.activate(classifier.version, models)
    return classifier.figures


def train(examples: Iterable[Example], precision: float = PRECISION) -> Classifier:
    """A classifier with its measured figures. Raises Invalid when there is too little to learn from.

    The threshold for abstaining is the lowest at which at least `precision` of the held-out messages above it were right.
    """
    given = list(examples)
    numbers = Counter(example.label for example in given)
    labels = sorted(label for label, number in numbers.items() if number >= FEWEST)
    if len(labels) < 2:
        raise Invalid(f"two labels with at least {FEWEST} messages each are needed to learn from; there are {len(labels)}",
                      Fault("label", ", ".join(f"{label}: {number}" for label, number in numbers.most_common(10)) or "none"))
    used = [example for example in given if numbers[example.label] >= FEWEST]
    truth = np.array([labels.index(example.label) for example in used])
    counted = _counted([example.text for example in used])
    held_out, folds = _held_out(counted, truth, len(labels))
    scale, offset = calibration.fit(held_out, truth)
    measured = calibration.measure(held_out, truth, folds, labels, precision)
    terms, weights, intercept = _fit(counted, truth, len(labels))
    trained_at, data = clock.now(), _digest(given)
    version = f"{trained_at:%Y%m%dT%H%M%SZ}-{data[:8]}"
    figures = {"version": version, **measured, **_circumstances(trained_at, data),
               "rows": len(used), "labels": {label: numbers[label] for label in labels},
               "left_out": {label: number for label, number in sorted(numbers.items()) if number < FEWEST}}
    return Classifier(version=version, labels=tuple(labels), terms=terms, weights=weights, intercept=intercept,
                      scale=scale, offset=offset, threshold=measured["threshold"], figures=figures)


def _examples(rows: table.Rows) -> Iterator[Example]:
    faults: list[Fault] = []
    for row in rows:
        text, label = message(row["subject"], row["detail"]), row["label"].strip()
        if not label:
            faults.append(Fault(f"row {rows.row}.label", "is empty"))
        if not text:
            faults.append(Fault(f"row {rows.row}.detail", "is empty, and so is the subject"))
        if "\0" in text + label:
            faults.append(Fault(f"row {rows.row}", "holds a NUL character"))
        if len(faults) >= FAULTS:
            break
        yield Example(text, label)
    if faults:
        raise Invalid(f"{rows.name} cannot be learned from; the first fault is in {faults[0].field}", *faults)


def _counted(texts: Sequence[str]) -> list[Any]:
    """For each block a sparse matrix of how often which n-gram stands in which text."""
    characters = fold(texts)
    made = []
    for block in BLOCKS:
        counts = ngrams.count(characters[block.field], block.lengths)
        made.append(sparse.csr_array((counts.times.astype(np.float32), (counts.owner, counts.bucket)),
                                     shape=(len(texts), 1 << ngrams.BITS)))
    return made


def _fit(counted: list[Any], truth: Ints, labels: int) -> tuple[tuple[Terms, ...], tuple[Any, ...], Floats]:
    """Terms, weights and intercept, learned from all the rows given."""
    terms = tuple(_terms(counts, truth, labels) for counts in counted)
    machine = LinearSVC(C=COST, random_state=SEED).fit(_rows(terms, counted), truth)
    # Of two labels the library keeps one side only; the other is its mirror.
    coefficients = machine.coef_ if labels > 2 else np.vstack([-machine.coef_, machine.coef_])
    intercept = machine.intercept_ if labels > 2 else np.hstack([-machine.intercept_, machine.intercept_])
    bounds = np.cumsum([len(one.buckets) for one in terms])[:-1]
    weights = tuple(np.ascontiguousarray(part.T, dtype=np.float32) for part in np.split(coefficients, bounds, axis=1))
    return terms, weights, np.asarray(intercept, dtype=np.float64)


def _terms(counts: Any, truth: Ints, labels: int) -> Terms:
    """Which n-grams are kept, and what each is worth: rare ones more, and those more that keep to few labels.

    Worth = (ln((1 + n) / (1 + df)) + 1) * (1 - H)**PURITY, where H is the entropy of the labels of the messages that have
    the n-gram, between 0 and 1, with PRIOR imagined messages spread like all.
    """
    rows = counts.shape[0]
    belongs = np.zeros((rows, labels), dtype=np.float32)
    belongs[np.arange(rows), truth] = 1
    total = np.bincount(counts.indices, minlength=counts.shape[1])
    # What stands in fewer than one of a thousand messages is chance; five are enough however many there are.
    kept = np.flatnonzero(total >= min(max(rows // 1000, 1), 5))
    presence = sparse.csr_array((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)[:, kept]
    having, total = np.asarray(presence.T @ belongs, dtype=np.float64), total[kept]
    prior = belongs.mean(axis=0, dtype=np.float64)
    lift = (having + PRIOR * prior) / ((total[:, None] + PRIOR) * prior)
    share = lift / lift.sum(axis=1, keepdims=True)
    entropy = -(share * np.log(share)).sum(axis=1) / np.log(labels)
    worth = (np.log((1 + rows) / (1 + total)) + 1) * np.maximum(1 - entropy, 1e-6)**PURITY
    return Terms(kept.astype(np.int32), worth.astype(np.float32))


def _rows(terms: Sequence[Terms], counted: Sequence[Any]) -> Any:
    made = []
    for block, known, counts in zip(BLOCKS, terms, counted, strict=True):
        owner = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        made.append(known.rows(ngrams.Counts(owner, counts.indices, counts.data, counts.shape[0]), block.share))
    return sparse.hstack(made, format="csr")


def _held_out(counted: list[Any], truth: Ints, labels: int) -> tuple[Floats, Ints]:
    """Scores of each message by a classifier that has not seen it, and the fold it was held out in."""
    scores = np.empty((len(truth), labels))
    folds = np.empty(len(truth), dtype=np.int64)
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(truth, truth)
    for number, (seen, unseen) in enumerate(split):
        terms, weights, intercept = _fit([counts[seen] for counts in counted], truth[seen], labels)
        rows = _rows(terms, [counts[unseen] for counts in counted])
        scores[unseen] = rows @ np.vstack(weights) + intercept
        folds[unseen] = number
    return scores, folds


def _digest(examples: Iterable[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(f"{example.text}\0{example.label}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _circumstances(trained_at: datetime, data: str) -> dict[str, Any]:
    return {"trained_at": trained_at.isoformat(timespec="seconds"), "data_sha256": data, "folds": FOLDS, "seed": SEED,
            "parameters": {"cost": COST, "prior": PRIOR, "purity": PURITY, **LAYOUT},
            "libraries": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                          "scikit-learn": sklearn.__version__}}
