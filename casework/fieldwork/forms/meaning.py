"""What the answers to a form mean: the words of a report, or the values of a statement; and which rules they break."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.errors import Fault, Invalid
from casework.fieldwork.forms import answers
from casework.fieldwork.forms.answers import Filled
from casework.fieldwork.forms.judging import holds
from casework.fieldwork.forms.questions import Question
from casework.fieldwork.forms.targets import ASKS_NOTHING, PLACE

LONGEST_TEXT = 4000


@dataclass(frozen=True)
class Picture:
    """A file that a report names, by the name it has in the form; `purpose` is report, before or after."""

    name: str
    purpose: str


def pictures(questions: Sequence[Question], filled: Filled) -> list[Picture]:
    """The files that the answers name, each once, in the order of the questions."""
    named = {text: Picture(text, question["field"]) for question in questions if question["type"] == "image"
             for text in filled.said.get(question["name"], ()) if text}
    return list(named.values())


def report(filled: Filled, corrects: str | None = None) -> dict[str, Any]:
    """The data of an operation `report`, without its files. `corrects`: the number of the report that this one sets right."""
    text = filled.one("text")
    corrected = f"更正{corrects}：{text}"
    said = {"text": corrected if corrects and len(corrected) <= LONGEST_TEXT else text, "category": filled.one("category"),
            "handled": filled.one("handled") == "yes", "urgent": filled.one("urgent") == "yes"}
    return {name: value for name, value in said.items() if value != ""} | _where(filled)


def values(questions: Sequence[Question], filled: Filled) -> dict[str, Any]:
    """What is said of the fields of a register: None where a question was not answered."""
    return {question["field"]: _value(question["type"], filled.one(question["name"])) for question in questions
            if question["field"] not in {None, PLACE}}


def changes(questions: Sequence[Question], filled: Filled, before: Filled | None) -> dict[str, Any]:
    """`values` and, where it was said, `place` and `accuracy`: all that was answered, or what differs from before."""
    said = values(questions, filled)
    if before is None:
        return {"values": {name: value for name, value in said.items() if value is not None}} | _where(filled)
    former = values(questions, before)
    where = _where(filled) if filled.one(PLACE) != before.one(PLACE) else {}
    return {"values": {name: value for name, value in said.items() if value != former[name]}} | where


def broken(questions: Sequence[Question], filled: Filled, today: date) -> list[str]:
    """The rules of the form that these answers do not keep, such as "required:usage" or "constraint:rooms".

    ODK Collect and our page keep them; whoever sends by other means may not. Such answers are taken and marked, since what
    the register itself asks is judged there. Of questions in repeats nothing is said.
    """
    told = {name: filled.one(name) for name in filled.said}
    hidden: set[str] = set()
    return list(_broken(questions, told, hidden, today))


def _broken(questions: Sequence[Question], told: Mapping[str, str], hidden: set[str], today: date) -> Iterator[str]:
    for question in questions:
        name, text, required = question["name"], told.get(question["name"], ""), question["required"]
        relevant = question["relevant"] is None or holds(question["relevant"], told, text, today)
        if question["group"] in hidden or not relevant or question["type"] == "repeat":
            hidden.add(name)
        elif question["type"] in ASKS_NOTHING:
            continue
        elif not text:
            if required is True or (required and holds(required, told, text, today)):
                yield f"required:{name}"
        elif question["constraint"] is not None and not holds(question["constraint"], told, text, today):
            yield f"constraint:{name}"


def _value(kind: str, text: str) -> Any:
    if not text:
        return None
    if kind == "select_multiple":
        return text.split()
    return answers.day(text) if kind == "date" else text


def _where(filled: Filled) -> dict[str, Any]:
    """Raises Invalid for a geopoint that is none: a report must not go to the wrong end of the city."""
    text = filled.one(PLACE)
    if not text:
        return {}
    found = answers.position(text)
    if found is None:
        raise Invalid("the position cannot be read", Fault(PLACE, "must be latitude and longitude in degrees"))
    return {"place": {"lon": found.lon, "lat": found.lat}} | ({} if found.accuracy is None else {"accuracy": found.accuracy})
