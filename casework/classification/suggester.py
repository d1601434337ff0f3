"""A category of the taxonomy for a text: the trained model says which branch, the names say which class in it."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from casework.classification import model
from casework.classification.linear import Classifier, Floats
from casework.classification.names import VERSION, NameMatcher, suggestion_of
from casework.classification.suggestion import ALTERNATIVES, Alternative, Suggestion
from casework.taxonomy import Catalogue, Kind

FINE = 0.5
"""From this name score on the narrower class is taken instead of the trained branch; see names.py for what it is worth."""
REST = "其他"
"""What has no class of its own: no words can mean that, so the class above it stands for it."""


class Suggester:
    """Suggests categories: `pairs` are code and text of every class (see NameMatcher), `labels` says which category code
    a trained label means. A trained label that is itself a code needs no line there.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], labels: Mapping[str, str] | None = None) -> None:
        self._names = NameMatcher(pairs)
        self._labels = {code: code for code in self._names.codes} | dict(labels or {})
        self._inside: dict[str, Any] = {}

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Suggester":
        """Over the leaves of a taxonomy, with their parents' names and the conditions of their standards as words.

        Trained labels are taken for names of categories, requests first: they are what citizens' messages are trained on.
        """
        texts = {}
        for leaf in catalogue.leaves():
            path = [one for one in catalogue.path(leaf.code) if one.name != REST]
            if path:
                conditions = [] if leaf.kind == Kind.REQUEST else [one.condition for one in catalogue.standards(leaf.code)]
                texts[path[-1].code] = "\n".join([*(one.name for one in reversed(path)), *conditions])
        named = sorted(catalogue.by_code.values(), key=lambda one: (one.kind == Kind.REQUEST, -one.level))
        return cls(texts.items(), {one.name: one.code for one in named} | {code: code for code in catalogue.by_code})

    def suggest(self, texts: Sequence[str], within: Sequence[str] = ("",),
                classifier: Classifier | None = None) -> list[Suggestion]:
        """A category for each text, only such whose code starts with one of `within` ("3": requests).

        With the active (or the given) model: the label's branch, or the class in it whose name the text speaks; confidence
        and abstaining are the model's. Without one, or where its label lies outside `within` or means no category: the
        nearest names, abstained. When the model abstains, the nearest names of all branches stand among the alternatives.
        """
        labelled = model.suggest(texts, classifier)
        inside = np.array([code.startswith(tuple(within)) for code in self._names.codes], dtype=bool)
        made = []
        for trained, row in zip(labelled, self._names.scores(texts) * inside, strict=True):
            branch = self._labels.get(trained.label or "")
            if branch is not None and branch.startswith(tuple(within)):
                made.append(self._narrowed(trained, row, tuple(within)))
            else:
                named = suggestion_of(self._names.codes, row)
                made.append(replace(named, label=trained.label, model_version=_versions(trained)) if trained.label else named)
        return made

    def _narrowed(self, trained: Suggestion, row: Floats, within: tuple[str, ...]) -> Suggestion:
        """A branch scores its probability; a class in it as much when its name is spoken clearly, else its part of it."""
        scores: dict[str, float] = {}
        for label, probability in trained.alternatives:
            branch = self._labels.get(label)
            if branch is None or not branch.startswith(within):
                continue
            for one in self._nearest(row, branch):
                scores[self._names.codes[one]] = probability * min(1.0, row[one] / FINE)
            scores[branch] = probability
        if trained.abstained:
            for one in self._nearest(row, ""):
                scores.setdefault(self._names.codes[one], float(row[one]) * (1 - trained.confidence))
        # Of equals the one that came first: classes were put in before their branch, the nearest name before the others.
        best = sorted(scores.items(), key=lambda item: -item[1])[:ALTERNATIVES]
        return Suggestion(
            code=best[0][0], label=trained.label, confidence=trained.confidence, abstained=trained.abstained,
            alternatives=tuple(Alternative(code, round(float(score), 4)) for code, score in best),
            model_version=_versions(trained))

    def _nearest(self, row: Floats, branch: str) -> list[int]:
        """The two classes in this branch whose names are nearest; those with no word in common are not."""
        if branch not in self._inside:
            self._inside[branch] = np.flatnonzero([code.startswith(branch) for code in self._names.codes])
        inside = self._inside[branch]
        return [int(one) for one in inside[np.argsort(-row[inside], kind="stable")[:2]] if row[one] > 0]


def _versions(trained: Suggestion) -> str:
    return f"{trained.model_version}+{VERSION}"


@lru_cache(maxsize=2)
def suggester_of(catalogue: Catalogue) -> Suggester:
    """Built once for each taxonomy version of this process."""
    return Suggester.of(catalogue)
