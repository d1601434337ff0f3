"""Rectangles in pictures: those of detectors in pixels, and those that are kept, relative to width and height."""
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is looked for."""

    FACE = "face"
    PLATE = "plate"


@dataclass(frozen=True)
class Rectangle:
    """Where something is, relative: 0 to 1 of the width from the left and of the height from the top."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Rectangle":
        """From what plain() wrote."""
        return cls(kept["x"], kept["y"], kept["width"], kept["height"])

    def plain(self) -> dict[str, float]:
        """As it is kept and answered, to a hundredth of a per cent."""
        return {name: round(value, 4) for name, value in vars(self).items()}

    def covers(self, other: "Rectangle") -> float:
        """Which share of the other lies in this one."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        high = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(wide, 0) * max(high, 0) / (other.width * other.height) if other.width * other.height else 0.0


@dataclass(frozen=True)
class Finding:
    """Something that a detector has found, and how sure it is, 0 to 1."""

    kind: Kind
    score: float
    where: Rectangle

    def plain(self) -> dict[str, Any]:
        """As it is kept and answered."""
        return {"kind": self.kind.value, "score": round(self.score, 3), **self.where.plain()}


def findings(kind: Kind, boxes: Iterable[Iterable[float]], width: int, height: int) -> list[Finding]:
    """Boxes in pixels as findings in a picture of this size; what lies outside of it is cut off."""
    made = []
    for left, top, right, bottom, score in boxes:
        x, y = max(0.0, left / width), max(0.0, top / height)
        where = Rectangle(x, y, min(1.0, right / width) - x, min(1.0, bottom / height) - y)
        if where.width > 0 and where.height > 0:
            made.append(Finding(kind, float(score), where))
    return made
