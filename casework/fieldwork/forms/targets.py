"""What the answers to a form become: a report, or a statement on one entry of a register. A question's name says which part."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casework.errors import Fault
from casework.fieldwork.forms.questions import Question
from casework.registry.catalogue import REGISTERS
from casework.registry.fields import Field, Kind, Register

REPORT = "report"
PLACE = "place"
"""The question that says where: a geopoint."""
PURPOSES = ("before", "after", "report")
"""What a picture in a report shows, by the beginning of its question's name; the last one is all others."""
KNOWN = (REPORT, *Register)
"""What the column `register` of a form's settings may say."""
ASKS_NOTHING = {"group", "repeat", "note"}


@dataclass(frozen=True)
class Part:
    """What a question of one of these types may say; `choices` are the only answers it knows, none where all are taken."""

    types: frozenset[str]
    choices: frozenset[str] = frozenset()
    required: bool = False


WORDS, CODE = frozenset({"text", "select_one"}), frozenset({"text"})
TYPES: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: WORDS, Kind.PHONE: CODE, Kind.ID_NUMBER: CODE, Kind.CREDIT_CODE: CODE, Kind.OBJECT_CODE: CODE,
    Kind.INTEGER: frozenset({"integer"}), Kind.DECIMAL: frozenset({"decimal", "integer"}), Kind.DATE: frozenset({"date"}),
    Kind.CHOICE: frozenset({"select_one"}), Kind.CHOICES: frozenset({"select_multiple"})}
WHERE = Part(frozenset({"geopoint"}), required=True)
YES_NO = Part(frozenset({"select_one"}), frozenset({"yes", "no"}))
OF_REPORT: Mapping[str, Part] = {
    "text": Part(CODE, required=True), "category": Part(WORDS), PLACE: WHERE, "handled": YES_NO, "urgent": YES_NO}


def of_form_id(form_id: str) -> str | None:
    """What a form is about that does not say it: house for `house` and `house_survey_2026`."""
    return next((name for name in KNOWN if form_id == name or form_id.startswith(f"{name}_")), None)


def assign(register: str, asked: Sequence[Question]) -> list[Fault]:
    """Write into each question's `field` what it says, and tell which questions nothing would come of.

    A register holds its fields and nothing else, so an answer to any other question would be lost unnoticed: such a form is
    refused. Pictures belong to reports; `field` of one is its purpose.
    """
    if register not in KNOWN:
        return []
    parts = OF_REPORT if register == REPORT else {PLACE: WHERE} | {
        name: _part(field) for name, field in REGISTERS[Register(register)].fields.items()}
    return [*_twice(asked), *_unfit(register, parts, asked), *_missing(parts, asked)]


def _part(field: Field) -> Part:
    return Part(TYPES[field.kind], frozenset(choice.code for choice in field.choices), field.required)


def _twice(asked: Sequence[Question]) -> Iterator[Fault]:
    seen: set[str] = set()
    for question in asked:
        if question["name"] in seen:
            yield Fault(f"survey.{question['name']}", "there is another question of this name")
        seen.add(question["name"])


def _unfit(register: str, parts: Mapping[str, Part], asked: Sequence[Question]) -> Iterator[Fault]:
    repeats = _inside_repeats(asked)
    for question in asked:
        name, kind = question["name"], question["type"]
        if kind in ASKS_NOTHING:
            continue
        if register == REPORT and kind == "image":
            question["field"] = next((one for one in PURPOSES if name.startswith(one)), PURPOSES[-1])
        elif name not in parts:
            yield Fault(f"survey.{name}", f"{register} has no such field; it has {', '.join(parts)}")
        elif name in repeats:
            yield Fault(f"survey.{name}", "has one value, and cannot be asked in a repeat")
        elif kind not in parts[name].types:
            yield Fault(f"survey.{name}", f"must be asked as {' or '.join(sorted(parts[name].types))}, not as {kind}")
        else:
            question["field"] = name
            yield from _unknown(parts[name], question)


def _unknown(part: Part, question: Question) -> Iterator[Fault]:
    for choice in question["choices"] or ():
        if part.choices and choice["name"] not in part.choices:
            yield Fault(f"choices.{question['name']}.{choice['name']}", f"must be one of {', '.join(sorted(part.choices))}")


def _inside_repeats(asked: Sequence[Question]) -> set[str]:
    """Names of questions in a repeat, also in a group of one; what is outside comes before what is inside."""
    inside: set[str] = set()
    repeats: set[str] = set()
    for question in asked:
        if question["group"] in repeats:
            inside.add(question["name"])
        if question["type"] == "repeat" or (question["type"] == "group" and question["name"] in inside):
            repeats.add(question["name"])
    return inside


def _missing(parts: Mapping[str, Part], asked: Sequence[Question]) -> Iterator[Fault]:
    names = {question["name"] for question in asked}
    for name, part in parts.items():
        if part.required and name not in names:
            yield Fault(f"survey.{name}", "must be asked: nothing can be made of answers without it")
