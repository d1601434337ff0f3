"""The answer of every classifier: what it takes a text to be about, how sure it is, and what else it could be."""
from dataclasses import dataclass
from typing import NamedTuple

ALTERNATIVES = 3


class Alternative(NamedTuple):
    """One thing a text could be about: a trained label or a category code, and its score between 0 and 1."""

    label: str
    score: float


@dataclass(frozen=True)
class Suggestion:
    """What one text is about.

    `code` is a category of the taxonomy, None when none is known; `label` is what the trained model said, None without one.
    `confidence` is between 0 and 1. `abstained` says that a person has to decide; code and label still hold the best guess.
    `alternatives` are up to three, best first: category codes where `code` is given, trained labels otherwise.
    `model_version` names the model file, "names" for a match of names alone, or both ("20260302T020000Z-1a2b3c4d+names").
    """

    code: str | None
    label: str | None
    confidence: float
    abstained: bool
    alternatives: tuple[Alternative, ...]
    model_version: str

    def stored(self) -> dict[str, object]:
        """The suggestion as plain values, to be kept on the report."""
        return {"code": self.code, "label": self.label, "confidence": self.confidence, "abstained": self.abstained,
                "alternatives": [list(one) for one in self.alternatives], "model_version": self.model_version}
