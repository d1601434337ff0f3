"""Whatever refuses says why in Chinese as well as in English."""
import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import marshmallow as ma
import pytest

from api.wording import TERMS
from casework import sentences
from casework.sentences import catalogue, in_chinese

ROOT = Path(sentences.__file__).parents[2]
KINDS = {"NotFound", "Gone", "Refused", "Unauthenticated", "Conflict", "Invalid", "TooLarge", "Unsupported", "Damaged",
         "TooMany", "Unavailable", "NoRoom", "ValidationError", "Fault"}
CHINESE = re.compile("[一-鿿]")
GAP = re.compile(r"\{\d*\}")


def said_by(node: ast.AST) -> Iterator[str]:
    """The sentences that this expression may be, each value in them a gap; nothing for what is worked out elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from said_by(one)
            yield from said_by(other)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (first + second for first in said_by(left) for second in said_by(right))
        case ast.BoolOp(values=several):
            for one in several:
                yield from said_by(one)


def raised(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in KINDS:
            for argument in node.args[1:2] if name == "Fault" else node.args[:1]:
                yield from said_by(argument)
        for keyword in node.keywords:
            if keyword.arg == "error":  # of a validator
                yield from said_by(keyword.value)


def refused(tree: ast.AST) -> Iterator[str]:
    """Why a rule on a case says no."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from said_by(node.value)


@cache
def trees() -> dict[Path, ast.Module]:
    files = [file for package in ("api", "casework") for file in sorted((ROOT / package).rglob("*.py"))]
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


def test_every_refusal_has_its_chinese() -> None:
    said = {sentence: file.relative_to(ROOT) for file, tree in trees().items() for sentence in raised(tree)}
    said |= {sentence: Path("conditions.py") for sentence in refused(trees()[ROOT / "casework/cases/conditions.py"])}
    wanted = {sentence: file for sentence, file in said.items() if re.search("[A-Za-z]", GAP.sub("", sentence))}
    assert len(wanted) > 500
    assert not {sentence: file for sentence, file in wanted.items() if sentence not in catalogue()}


def test_no_chinese_is_left_over() -> None:
    written = {text for tree in trees().values() for node in ast.walk(tree) for text in said_by(node)}
    library = set(json.loads((sentences.HERE / "marshmallow.json").read_text("utf-8")))
    assert not [sentence for sentence in catalogue() if sentence not in written | library]


def test_values_keep_their_places() -> None:
    for english, chinese in catalogue().items():
        assert CHINESE.search(chinese), english
        gaps = GAP.findall(english)
        assert sorted(GAP.findall(chinese)) in (gaps, [f"{{{place}}}" for place in range(len(gaps))]), english
        values = [f"值{place}" for place in range(len(gaps))]
        told = in_chinese(english.format(*values) if gaps else english)
        assert told == (chinese.format(*values) if gaps else chinese), english


def test_a_value_is_named_and_a_reason_inside_is_translated() -> None:
    assert in_chinese("cannot resolve: a question is open already", TERMS) == "不能“反馈”：已有待答复的询问"
    assert in_chinese("rungs are posts: handler, department_head", TERMS) == "每级为岗位：处置人员、部门负责人"
    assert in_chinese("there is no user 王芳") == "没有用户 王芳"


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert in_chinese("quite another thing {0} {} {name}") == "quite another thing {0} {} {name}"
    assert in_chinese("there is no user " + "x" * 700).startswith("there is no user x")


class Everything(ma.Schema):
    """A field of each kind that requests use."""

    text = ma.fields.String(validate=ma.validate.Length(2, 3))
    whole = ma.fields.Integer(validate=ma.validate.Range(1, 5))
    number = ma.fields.Float()
    yes = ma.fields.Boolean()
    id = ma.fields.UUID()
    day = ma.fields.Date()
    moment = ma.fields.AwareDateTime()
    chosen = ma.fields.String(validate=ma.validate.OneOf(["a", "b"]))
    several = ma.fields.List(ma.fields.String())
    named = ma.fields.Dict()
    needed = ma.fields.String(required=True)
    mail = ma.fields.Email()


@pytest.mark.parametrize("wrong", [
    dict.fromkeys(Everything().fields, 1.5) | {"number": "x", "yes": 7, "whole": "x"}, dict.fromkeys(Everything().fields),
    {"text": "long one", "whole": 9, "number": "nan", "chosen": "c", "day": "x", "moment": "2026-01-01T00:00:00", "other": 1}])
def test_what_the_library_says_has_its_chinese(wrong: dict[str, object]) -> None:
    said = Everything().validate(wrong)
    assert len(said) > 5
    assert not [one for reasons in said.values() for one in reasons if not CHINESE.search(in_chinese(one))]
