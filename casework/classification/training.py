"""Training from messages that people labelled: measured by cross-validation, calibrated on what was held out, then kept."""
import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy
import sklearn
from scipy import sparse
from scipy.optimize import minimize
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from casework import clock
from casework.classification import files, table
from casework.classification.linear import Classifier, Floats, features, message, softmax
from casework.errors import Fault, Invalid

FOLDS = 5
SEED = 20260302
FEWEST = FOLDS
"""Examples a label needs: one for each fold. Labels with fewer are left out, and the figures say so."""
PRECISION = 0.97
"""What is not left to a person is right this often, measured on held-out messages."""


class Example(NamedTuple):
    """One message and what a person says it is about."""

    text: str
    label: str


def train_csv(in_path: Path | str, models: Path | None = None, precision: float = PRECISION) -> dict[str, Any]:
    """Train from a CSV file with the columns subject, detail and label, save and activate the model; returns its figures.

    Raises Invalid, by row and column, for a file that cannot be learned from.
    """
    with table.reading(in_path, all_of=("subject", "detail", "label")) as rows:
        examples = list(_examples(rows, Path(in_path).name))
    classifier = train(examples, precision)
    files.save(classifier, models)
    files.activate(classifier.version, models)
    return classifier.figures


def train(examples: Iterable[Example], precision: float = PRECISION) -> Classifier:
    """A classifier with its measured figures. Raises Invalid when there is too little to learn from."""
    raise NotImplementedError
