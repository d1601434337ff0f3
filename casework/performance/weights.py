"""How figures become a score: weights and curves as data (weights.toml), in versions that hold from a month on."""
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from casework.performance.indicators import INDICATORS

FILE = Path(__file__).with_name("weights.toml")


class Of(StrEnum):
    """Whose work a scorecard is about."""

    DEPARTMENT = "department"
    WORKER = "worker"


@dataclass(frozen=True)
class Weight:
    """One line of a scorecard: the figure of an indicator, what it weighs, and the points for it."""

    indicator: str
    weight: float
    curve: tuple[tuple[float, float], ...]

    def points(self, value: float) -> float:
        """0 to 100: straight lines between the corners of the curve, level beyond them."""
        figures, points = zip(*self.curve, strict=True)
        return round(float(np.interp(value, figures, points)), 2)


@dataclass(frozen=True)
class Version:
    """The weights that hold from a month ("2026-10") on."""

    number: int
    since: str
    lines: Mapping[Of, Sequence[Weight]]


def parsed(text: str) -> tuple[int, tuple[Version, ...]]:
    """Days to appeal, and the versions in their order. Raises ValueError for an indicator or a curve that cannot be."""
    read = tomllib.loads(text)
    versions = [Version(one["number"], one["from"], {of: [_weight(code, line) for code, line in one[of].items()] for of in Of})
                for one in read["version"]]
    return read["appeal_days"], tuple(sorted(versions, key=lambda one: one.since))


def _weight(code: str, line: dict[str, Any]) -> Weight:
    made = Weight(code, line["weight"], tuple((figure, points) for figure, points in line["curve"]))
    rising = [figure for figure, _ in made.curve]
    if code not in INDICATORS or made.weight <= 0 or rising != sorted(set(rising)):
        raise ValueError(f"weight of {code}: an indicator, a weight above 0 and a curve from left to right")
    if not all(0 <= points <= 100 for _, points in made.curve):
        raise ValueError(f"weight of {code}: points are 0 to 100")
    return made


APPEAL_DAYS, VERSIONS = parsed(FILE.read_text(encoding="utf-8"))


def appeals_end(published_at: datetime) -> datetime:
    """Until when a score that was published then is appealed against."""
    return published_at + timedelta(days=APPEAL_DAYS)


def version_for(period: str) -> Version:
    """The weights that hold for a month; the first ones before there were any."""
    return next((one for one in reversed(VERSIONS) if one.since <= period), VERSIONS[0])


def score(weights: Sequence[Weight], values: Mapping[str, float | None]) -> tuple[float | None, list[dict[str, Any]]]:
    """The score, 0 to 100 to two places, and its lines {indicator, value, weight, points}; None when no figure is there."""
    lines: list[dict[str, Any]] = []
    for one in weights:
        value = values[one.indicator]
        points = one.points(value) if value is not None else None
        lines.append({"indicator": one.indicator, "value": value, "weight": one.weight, "points": points})
    counted = [line for line in lines if line["points"] is not None]
    whole = sum(line["weight"] for line in counted)
    return (round(sum(line["weight"] * line["points"] for line in counted) / whole, 2) if whole else None), lines
