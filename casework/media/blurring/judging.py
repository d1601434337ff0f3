"""What follows from what the detectors have found: what is covered, and whether a machine may say so alone.

Two marks for each kind, read from the table in docs/moderation.md: above SURE there is one, below CLEAR there is none. In
between nobody knows, and the photo waits for a person. CLEAR lies low: a look too many costs a minute, a face too many is
a person shown.
"""
from collections.abc import Sequence
from dataclasses import dataclass

from casework.media.blurring.boxes import Finding, Kind, Rectangle

SURE = {Kind.FACE: 0.6, Kind.PLATE: 0.7}
CLEAR = {Kind.FACE: 0.25, Kind.PLATE: 0.25}

MARGIN = {Kind.FACE: 0.25, Kind.PLATE: 0.15}
"""Of width and height, on each side: detectors frame a face from chin to brow, and hair and ears tell a person as well."""

MOST = 100
"""Rectangles of one photo; a crowd of more is not left to a machine."""

COVERED = 0.7
"""What lies so far under a sure rectangle is gone with it, whatever it was."""


@dataclass(frozen=True)
class Verdict:
    """`certain`: nothing lies between the marks. `rectangles` cover all that might be something, sure or not."""

    certain: bool
    rectangles: Sequence[Rectangle]
    found: Sequence[Finding]


def judge(found: Sequence[Finding]) -> Verdict:
    """What to make of these findings."""
    known = [one for one in found if one.score >= SURE[one.kind]]
    covers = [grown(one.where, MARGIN[one.kind]) for one in known]
    doubtful = [one for one in found if CLEAR[one.kind] <= one.score < SURE[one.kind]
                and not any(cover.covers(one.where) >= COVERED for cover in covers)]
    rectangles = [*covers, *(grown(one.where, MARGIN[one.kind]) for one in doubtful)]
    return Verdict(not doubtful and len(rectangles) <= MOST, rectangles[:MOST], [*known, *doubtful][:MOST])


def grown(where: Rectangle, margin: float) -> Rectangle:
    """Larger by this share on each side, as far as the picture goes."""
    left, top = max(0.0, where.x - margin * where.width), max(0.0, where.y - margin * where.height)
    return Rectangle(left, top, min(1.0, where.x + (1 + margin) * where.width) - left,
                     min(1.0, where.y + (1 + margin) * where.height) - top)
