"""What the expressions of a form are worth for some answers: as the page judges them, and as ODK Collect does.

Answers are texts, as an XForm carries them: choices of a select_multiple parted by blanks, dates as 2026-03-02, "" where
nothing was answered. Written after XPath 1.0 and ODK XForms: a number is wanted of a text: a decimal number, or the days
since 1970-01-01 of a date, else not a number; "=" compares truths if one side is one, else numbers if one side is one, else
texts; "<" and the like compare numbers; a text is true unless it is empty. A pattern must fit the whole text.
"""
import math
import re
from collections.abc import Mapping
from datetime import date

from casework.fieldwork.forms.expressions import FUNCTIONS, Tree, compiled

Value = str | float | bool

FACTS = {"today", "true", "false"}
NUMBER = re.compile(r"\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*)?")


def holds(tree: Tree, answers: Mapping[str, str], here: str, today: date) -> bool:
    """Is it true, for these answers by question name, `here` being the one judged, on this day in the city?"""
    return _truth(evaluate(tree, answers, here, today))


def evaluate(tree: Tree, answers: Mapping[str, str], here: str, today: date) -> Value:
    """The value of a tree; see the top of this file for what counts as what."""
    if not isinstance(tree, list):
        return tree if isinstance(tree, str) else float(tree)
    what, *inner = tree
    if what in {".", "$"}:
        return here if what == "." else answers.get(inner[0], "")
    if what in {"or", "and"}:  # the second is not looked at when the first decides
        first = _truth(evaluate(inner[0], answers, here, today))
        return first if first is (what == "or") else _truth(evaluate(inner[1], answers, here, today))
    values = [evaluate(one, answers, here, today) for one in inner]
    if what in FUNCTIONS:
        return _applied(what, values, today)
    if what in {"=", "!="}:
        return _same(*values) is (what == "=")
    return _reckoned(what, *(_number(value) for value in values))


def _applied(what: str, values: list[Value], today: date) -> Value:
    if what in FACTS:
        return today.isoformat() if what == "today" else what == "true"
    if what == "not":
        return not _truth(values[0])
    text = _text(values[0])
    if what == "selected":
        return _text(values[1]).strip() in text.split()
    if what == "regex":
        return compiled(_text(values[1])).fullmatch(text) is not None
    return float(len(text.split()) if what == "count-selected" else len(text))


def _reckoned(what: str, left: float, right: float = 0.0) -> Value:
    if what in {"<", "<=", ">", ">="}:
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[what]
    if what in {"div", "mod"}:
        return _divided(what, left, right)
    return {"+": left + right, "-": left - right, "*": left * right, "negative": -left}[what]


def _divided(what: str, left: float, right: float) -> float:
    """As in JavaScript: the remainder has the sign of what is divided, and nothing raises."""
    if math.isnan(left) or math.isnan(right):
        return math.nan
    if what == "mod":
        return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)
    if right == 0:
        return math.nan if left == 0 else math.copysign(math.inf, left) * math.copysign(1, right)
    return math.nan if math.isinf(left) and math.isinf(right) else left / right


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) is _truth(right)
    if isinstance(left, float) or isinstance(right, float):
        return _number(left) == _number(right)
    return left == right


def _truth(value: Value) -> bool:
    return not math.isnan(value) and value != 0 if isinstance(value, float) else bool(value)


def _number(value: Value) -> float:
    if not isinstance(value, str):
        return float(value)
    if NUMBER.fullmatch(value):
        return float(value)
    day = DAY.fullmatch(value)
    try:
        return float((date.fromisoformat(day[1]) - date(1970, 1, 1)).days) if day else math.nan
    except ValueError:
        return math.nan


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() else repr(value)
