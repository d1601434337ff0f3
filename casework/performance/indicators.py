"""Indicators as data: indicators.toml says what each is called, how it is worked out and which way is better.

A formula is arithmetic over the counters of a tally, or a percentile of a stage. It is read once, and a name that nothing
counts stops the start.
"""
import ast
import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casework.performance import tally
from casework.performance.tally import Numbers

Column = NDArray[np.float64]
FILE = Path(__file__).with_name("indicators.toml")
SHARES = {"p50": 0.5, "p90": 0.9}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


class Unit(StrEnum):
    """What the figure of an indicator is."""

    COUNT = "count"
    RATIO = "ratio"
    MINUTES = "minutes"


class Better(StrEnum):
    """Which way is the good one."""

    HIGH = "high"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True)
class Indicator:
    """One line of the file."""

    code: str
    name: dict[str, str]
    unit: Unit
    formula: str
    source: str
    period: str
    better: Better
    work_out: Callable[[Numbers], Column]
    """One figure for each row of a table of tallies; NaN or infinite where there is none."""


def parsed(text: str) -> dict[str, Indicator]:
    """The indicators of such a file, by code and in its order. Raises ValueError for a formula that means nothing."""
    return {code: Indicator(code, line["name"], Unit(line["unit"]), line["formula"], line["source"], line["period"],
                            Better(line["better"]), _compiled(code, line["formula"]))
            for code, line in tomllib.loads(text).items()}


def _compiled(code: str, formula: str) -> Callable[[Numbers], Column]:
    try:
        return _meaning(ast.parse(formula, mode="eval").body)
    except (SyntaxError, KeyError, TypeError) as error:
        raise ValueError(f"indicator {code}: {formula!r} cannot be worked out ({error})") from error


def _meaning(node: ast.expr) -> Callable[[Numbers], Column]:
    match node:
        case ast.BinOp(left, operation, right):
            apply, first, second = ARITHMETIC[type(operation)], _meaning(left), _meaning(right)
            return lambda numbers: apply(first(numbers), second(numbers))
        case ast.Name(name):
            place = tally.PLACE[name]
            return lambda numbers: numbers[:, place].astype(np.float64)
        case ast.Constant(int() | float() as value):
            return lambda numbers: np.full(len(numbers), float(value))
        case ast.Call(ast.Name(name), [ast.Name(stage)], []):
            share, _ = SHARES[name], tally.FIRST[stage]
            return lambda numbers: tally.percentile(numbers, stage, share)
        case _:
            raise TypeError(f"no {type(node).__name__} here")


INDICATORS: Mapping[str, Indicator] = parsed(FILE.read_text(encoding="utf-8"))
DIGITS = {Unit.COUNT: 0, Unit.RATIO: 4, Unit.MINUTES: 1}


def values(numbers: Numbers) -> list[dict[str, float | None]]:
    """Every indicator for each row of a table: counts whole, ratios to four places, minutes to one; None where the
    formula divides by nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {code: _plain(one.work_out(numbers), one.unit) for code, one in INDICATORS.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: Column, unit: Unit) -> list[float | None]:
    rounded = np.round(column, DIGITS[unit])
    found = [value if known else None for value, known in zip(rounded.tolist(), np.isfinite(column).tolist(), strict=True)]
    return [int(value) if value is not None else None for value in found] if unit is Unit.COUNT else found
