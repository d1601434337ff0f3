"""The model in use: read once per process, replaced when another becomes active, asked in batches."""
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from casework.classification import files, table
from casework.classification.linear import Classifier, message
from casework.classification.suggestion import ALTERNATIVES, Alternative, Suggestion
from casework.errors import CaseworkError, Invalid

__all__ = ["Alternative", "Suggestion", "active", "classify_csv", "message", "status", "suggest"]

NONE = "none"
"""The version that stands in a suggestion when there is no model at all."""
ADDED = ("label", "confidence", "abstained")
BATCH = 1000

_log = logging.getLogger(__name__)
_lock = threading.Lock()


@dataclass(frozen=True)
class _Loaded:
    folder: Path
    version: str | None
    classifier: Classifier | None
    fault: str | None


_loaded: _Loaded | None = None


def active() -> Classifier | None:
    """The active model of this installation, None when there is none. Costs one look at a small file when nothing changed.

    A file that cannot be used is logged and reported by status(); the model that was in use until then goes on.
    """
    return _current().classifier


def status() -> dict[str, object]:
    """What /health shows: the version in use, its figures, and why a newer one is not in use."""
    loaded = _current()
    classifier = loaded.classifier
    return {"version": classifier.version if classifier else None, "fault": loaded.fault,
            "figures": classifier.figures if classifier else None}


def suggest(texts: Sequence[str], classifier: Classifier | None = None) -> list[Suggestion]:
    """What each text is about, by the given model or the active one; `message()` makes a text of subject and detail.

    With no model at all every suggestion abstains and says nothing.
    """
    classifier = classifier or active()
    if classifier is None:
        return [Suggestion(None, None, 0.0, abstained=True, alternatives=(), model_version=NONE) for _ in texts]
    made = []
    for text, row in zip(texts, classifier.probabilities(texts), strict=True):
        best = np.argsort(-row, kind="stable")[:ALTERNATIVES]
        first = Alternative(classifier.labels[best[0]], round(float(row[best[0]]), 4))
        made.append(Suggestion(
            code=None, label=first.label, confidence=first.score,
            abstained=first.score < classifier.threshold or not text.strip(),
            alternatives=tuple(Alternative(classifier.labels[one], round(float(row[one]), 4)) for one in best),
            model_version=classifier.version))
    return made


def classify_csv(in_path: Path | str, out_path: Path | str, version: str | None = None) -> int:
    """Copy a CSV file with what each row is about, and return the number of rows.

    Needs a column "subject" or "detail", in any order, beside any others; all are kept and label, confidence and abstained
    added (replaced where they stand already). Read and written in batches, whole or not at all. Raises NotFound without a
    model and Invalid, by row and column, for a file that cannot be read.
    """
    classifier = files.load(version) if version else active()
    if classifier is None:
        raise Invalid("there is no model yet; train one first: zhiwang train IN.csv")
    with table.reading(in_path, any_of=("subject", "detail")) as rows:
        columns = [*(name for name in rows.columns if name not in ADDED), *ADDED]
        with table.writing(out_path, columns) as write:
            total = 0
            for batch in table.batches(rows, BATCH):
                texts = [message(row.get("subject"), row.get("detail")) for row in batch]
                for row, suggestion in zip(batch, suggest(texts, classifier), strict=True):
                    write({**row, "label": suggestion.label, "confidence": f"{suggestion.confidence:.4f}",
                           "abstained": "true" if suggestion.abstained else "false"})
                total += len(batch)
    return total


def _current() -> _Loaded:
    global _loaded  # noqa: PLW0603 - one model a process, as settings and the engine are
    folder = files.folder()
    version = files.active_version(folder)
    seen = _loaded
    if seen is not None and (seen.folder, seen.version) == (folder, version):
        return seen
    with _lock:
        seen = _loaded
        if seen is None or (seen.folder, seen.version) != (folder, version):
            kept = seen.classifier if seen is not None and seen.folder == folder else None
            seen = _loaded = _load(folder, version, kept)
        return seen


def _load(folder: Path, version: str | None, kept: Classifier | None) -> _Loaded:
    if version is None:
        return _Loaded(folder, None, None, None)
    try:
        return _Loaded(folder, version, files.load(version, folder), None)
    except CaseworkError as error:
        _log.error("model %s is not used: %s", version, error.sentence)
        return _Loaded(folder, version, kept, error.sentence)
