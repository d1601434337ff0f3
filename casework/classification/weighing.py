"""Which words of a text made the suggester think of a category: each is covered in turn, and what then falls weighed."""
from collections.abc import Sequence

from casework.classification.suggester import Suggester

LOOKED_AT = 120
"""Characters that are tried, from the beginning: what it is about is said there, and each costs one more text to classify."""
COVERED = 2
"""Two characters are a Chinese word more often than not."""
MATTERS = 0.4
"""Pieces that weigh at least this share of the heaviest are named, those beside each other as one."""
MOST_NAMED = 5
COVER = "，"
"""Says nothing to the model, and keeps the characters around it apart."""


def weighing(suggester: Suggester, text: str, codes: Sequence[str], within: Sequence[str]) -> dict[str, list[str]]:
    """For each of these categories the words of the text that spoke for it, the heaviest first; none where none stands out."""
    shown = text[:LOOKED_AT]
    pieces = list(dict.fromkeys(shown[at:at + COVERED] for at in range(len(shown) - COVERED + 1)
                                if shown[at:at + COVERED].isalnum()))
    if not pieces:
        return {code: [] for code in codes}
    covered = [shown.replace(piece, COVER) for piece in pieces]  # wherever it stands: people say it twice
    whole, *others = [dict(made.alternatives) for made in suggester.suggest([shown, *covered], within)]
    return {code: _named(shown, {piece: whole.get(code, 0.0) - scores.get(code, 0.0)
                                 for piece, scores in zip(pieces, others, strict=True)}) for code in codes}


def _named(text: str, weights: dict[str, float]) -> list[str]:
    heaviest = max(weights.values(), default=0.0)
    if heaviest <= 0.0:
        return []
    found: list[tuple[int, int, float]] = []
    falls = {text.index(piece): weight for piece, weight in weights.items() if weight >= MATTERS * heaviest}
    for at in sorted(falls):
        if found and at <= found[-1][1]:
            start, _, weight = found.pop()
            found.append((start, at + COVERED, max(weight, falls[at])))
        else:
            found.append((at, at + COVERED, falls[at]))
    heavy = sorted(found, key=lambda one: -one[2])[:MOST_NAMED]
    return list(dict.fromkeys(text[start:end].strip("，。！？、 \n") for start, end, _ in heavy))
