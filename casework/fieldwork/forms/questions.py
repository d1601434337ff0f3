"""The questions of a form as our page asks them: what pyxform understood of an XLSForm, flat, in order, and plain JSON."""
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from casework.fieldwork.forms.expressions import BeyondError, Tree, parse

Question = dict[str, Any]
"""{name, type, label, hint, required, relevant, constraint, constraint_message, choices, appearance, default, group, field}.

`type`: text integer decimal date select_one select_multiple geopoint image note, or group and repeat, whose questions name
them in `group`; what a group's `relevant` hides, it hides with all that is in it. Words are {"zh": …, "en": …}, and `en` may
be missing. `relevant` and `constraint` are trees (expressions.py) or null, `required` is true, false or a tree; a constraint
is asked only of an answer that is not empty. `choices`: [{name, label}]. `field`: what of the register, or of the report, the
answer says.
"""

BY_BIND = {"string": "text", "barcode": "text", "int": "integer", "decimal": "decimal", "date": "date", "geopoint": "geopoint"}
BY_CONTROL = {"select1": "select_one", "select": "select_multiple"}
LANGUAGE = re.compile(r".*\(([A-Za-z]{2,3})(?:-[\w-]+)?\)\s*")
ALWAYS = {"yes": True, "true": True, "true()": True, "no": False, "false": False, "false()": False, "": False}


def read(children: Sequence[Mapping[str, Any]]) -> tuple[list[Question], list[str]]:
    """The questions of pyxform's survey, and a remark for each thing that ODK Collect does and our page does not."""
    remarks: list[str] = []
    return list(_walk(children, None, remarks)), remarks


def _walk(children: Sequence[Mapping[str, Any]], group: str | None, remarks: list[str]) -> Iterator[Question]:
    for child in children:
        name = child["name"]
        if name == "meta" and group is None:
            continue
        kind = _kind(child)
        if kind is None:
            if "label" in child:  # what nobody is asked (start, deviceid, calculate) the page need not know either
                remarks.append(f"{name}: only ODK Collect asks this ({child['type']})")
            continue
        yield _question(child, kind, group, remarks)
        if kind in {"group", "repeat"}:
            yield from _walk(child.get("children", ()), name, remarks)


def _kind(child: Mapping[str, Any]) -> str | None:
    if child["type"] in {"group", "repeat"}:
        return str(child["type"])
    known = QUESTION_TYPE_DICT.get(child["type"], {})
    control, bind = known.get("control", {}), known.get("bind", {})
    if bind.get("readonly") == "true()" and control.get("tag") == "input":
        return "note"
    if control.get("tag") == "upload":
        return "image" if control.get("mediatype") == "image/*" else None
    return BY_CONTROL.get(control.get("tag", ""), BY_BIND.get(bind.get("type", "")) if control.get("tag") == "input" else None)


def _question(child: Mapping[str, Any], kind: str, group: str | None, remarks: list[str]) -> Question:
    name, bind, control = child["name"], child.get("bind", {}), child.get("control", {})
    if "choice_filter" in child:
        remarks.append(f"{name}: our page offers all choices (choice_filter)")

    def tree(column: str, otherwise: str) -> Tree:
        """None where the page cannot judge; ODK Collect always can."""
        if not bind.get(column):
            return None
        try:
            return parse(bind[column])
        except BeyondError as error:
            remarks.append(f"{name}: our page {otherwise}; the expression {error}")
            return None

    said = str(bind.get("required", "")).strip()
    required = ALWAYS[said.lower()] if said.lower() in ALWAYS else tree("required", "does not insist") or False
    default = str(child.get("default", ""))
    return {
        "name": name, "type": kind, "label": words(child.get("label")) or {"zh": name}, "hint": words(child.get("hint")),
        "required": required, "relevant": tree("relevant", "shows this always"),
        "constraint": tree("constraint", "does not check this"), "constraint_message": words(bind.get("jr:constraintMsg")),
        "choices": [{"name": one["name"], "label": words(one.get("label")) or {"zh": one["name"]}}
                    for one in child.get("choices", ())] if kind.startswith("select") else None,
        "appearance": control.get("appearance"), "default": default if default and not re.search(r"[($]", default) else None,
        "group": group, "field": None}


def words(said: Any) -> dict[str, str] | None:
    """{"zh": …, "en": …} of a cell, or of one by language such as "中文 (zh)"; what names no language is Chinese."""
    if not said:
        return None
    if isinstance(said, str):
        return {"zh": said}
    spoken = {(match[1].lower() if (match := LANGUAGE.fullmatch(language)) else "zh"): text
              for language, text in said.items() if isinstance(text, str) and text}
    return spoken or None
