"""Whose job is it: the rules, why one fires, where none does, where two contradict each other."""
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Moment, Text, encode
from api.media import one_file
from casework import responsibility
from casework.responsibility import Question, Rule, coverage, sheets
from casework.responsibility import matrix as matrices
from casework.responsibility.rules import Names, living
from casework.storage.database import reading, transaction

blueprint = Blueprint("responsibility", __name__, url_prefix="/api/v1/rules", description="权责 Responsibility")

MOST_SHOWN = 1000
FEW = 100
"""Beside the matrix, which is a page that people look at."""


class RuleOut(ma.Schema):
    """One line of the responsibility list; what is null holds for all."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    category_code = ma.fields.String(allow_none=True)
    area_code = ma.fields.String(allow_none=True)
    ownership = ma.fields.String(allow_none=True)
    hours = ma.fields.String(allow_none=True)
    valid_from = Moment(allow_none=True)
    valid_until = Moment(allow_none=True)
    lead_department_id = ma.fields.UUID()
    assisting_ids = ma.fields.List(ma.fields.UUID())
    ground = ma.fields.String(allow_none=True)


class NamedRuleOut(RuleOut):
    """A rule, and what its category and area are called; null where they are called nothing any more."""

    category_name = ma.fields.String(allow_none=True)
    area_name = ma.fields.String(allow_none=True)


class RulesOut(ma.Schema):
    """Rules by category and area; `all` says whether these are all."""

    items = ma.fields.List(ma.fields.Nested(NamedRuleOut()))
    all = ma.fields.Boolean()


class RulesIn(ma.Schema):
    """Which rules: all, or those that reach a category and an area, from above or from inside."""

    category = Text(12, metadata={"description": "code of a category or a kind"})
    area = Text(15, metadata={"description": "code of an area"})


class RuleIn(ma.Schema):
    """A rule to be made; what is left out holds for all."""

    name = Text(120, required=True)
    category_code = Text(12, metadata={"description": "code of the taxonomy, or a kind: 1 components, 2 events, 3 requests"})
    area_code = Text(15)
    ownership = Text(40, metadata={"description": "whose the thing is, in the city's own words"})
    hours = Text(200, metadata={"description": "weekly hours, such as 1-5 08:00-18:00"})
    valid_from = Moment()
    valid_until = Moment(metadata={"description": "the first moment at which it no longer holds"})
    lead_department_id = ma.fields.UUID(required=True)
    assisting_ids = ma.fields.List(ma.fields.UUID(), load_default=list, validate=ma.validate.Length(max=20))
    ground = Text(2000, metadata={"description": "the law or order it rests on"})


class RuleChangeOut(ma.Schema):
    """What the rules answer for exactly this category and area: now, and with the rule."""

    before = ma.fields.String()
    before_lead = ma.fields.UUID(allow_none=True)
    after = ma.fields.String()
    after_lead = ma.fields.UUID(allow_none=True)


class MatrixIn(ma.Schema):
    """Which part of the table."""

    within = Text(12, load_default="", metadata={"description": "code of the category whose parts are wanted"})
    area = Text(15, load_default="", metadata={"description": "code of the area whose parts are wanted"})


class HeadingOut(ma.Schema):
    """A category or an area, and whether there is more below it."""

    code = ma.fields.String()
    name = ma.fields.String()
    below = ma.fields.Boolean()


class CellOut(ma.Schema):
    """Who answers for a category in an area."""

    leads = ma.fields.List(ma.fields.UUID(), metadata={"description":
        "departments that rules name for it, or for a part of it"})
    open = ma.fields.String(metadata={"enum": list(matrices.Open), "description": "how much of it no rule answers for"})
    overlaps = ma.fields.Integer(metadata={"description": "pairs of rules that contradict each other there"})


class QuestionIn(ma.Schema):
    """What is to be dispatched."""

    category = Text(12, required=True, metadata={"description": "code of the taxonomy"})
    area = Text(15, metadata={"description": "code of the area where it is"})
    ownership = Text(40, metadata={"description": "whose the thing is, as the rules write it"})
    at = Moment(metadata={"description": "now, unless said"})


class DecisionOut(ma.Schema):
    """Who would get it, and why."""

    lead = ma.fields.UUID(allow_none=True)
    assisting = ma.fields.List(ma.fields.UUID())
    rule = ma.fields.UUID(allow_none=True)
    candidates = ma.fields.List(ma.fields.Nested(NamedRuleOut()))
    explanation = ma.fields.String()


class GapsOut(ma.Schema):
    """What nobody answers for."""

    items = ma.fields.List(ma.fields.Dict())
    all = ma.fields.Boolean()


class OverlapOut(ma.Schema):
    """Two rules between which no decision is possible."""

    one = ma.fields.Nested(NamedRuleOut())
    other = ma.fields.Nested(NamedRuleOut())


class OverlapsOut(ma.Schema):
    """All such pairs."""

    items = ma.fields.List(ma.fields.Nested(OverlapOut()))
    all = ma.fields.Boolean()


class MatrixOut(ma.Schema):
    """A row of cells for each category, a cell in it for each area."""

    categories = ma.fields.List(ma.fields.Nested(HeadingOut()))
    areas = ma.fields.List(ma.fields.Nested(HeadingOut()))
    cells = ma.fields.List(ma.fields.List(ma.fields.Nested(CellOut())))
    gaps = ma.fields.Nested(GapsOut(), metadata={"description": "of the whole city, as /gaps, fewer of them"})
    overlaps = ma.fields.Nested(OverlapsOut(), metadata={"description": "of the whole city, as /overlaps, fewer of them"})


class ReplaceIn(ma.Schema):
    """Whether the rules that hold until now end."""

    replace = ma.fields.Boolean(load_default=False)


class ImportedOut(ma.Schema):
    """What the import did."""

    added = ma.fields.Integer()
    retired = ma.fields.Integer()
    overlaps = ma.fields.Integer(metadata={"description": "pairs of rules that now contradict each other; see /overlaps"})


@blueprint.operation("GET", "", requires("rules.read"), query=RulesIn(), answer=RulesOut())
def rules(query: dict[str, str]) -> dict[str, Any]:
    """The rules that have not ended, those that begin later included."""
    with reading() as db:
        found = [one for one in living(db) if one.meets(query.get("category", ""), query.get("area", ""))]
        return _capped(_named(db, found))


@blueprint.operation("GET", "/explain", requires("rules.explain"), query=QuestionIn(), answer=DecisionOut())
def explain(query: dict[str, Any]) -> dict[str, Any]:
    """Dry run: who would get a case of this category here, which rule says so, and why the others do not."""
    with reading() as db:
        made = responsibility.find(db, query["category"], query.get("area"), query.get("ownership"), query.get("at"))
        return {"lead": made.lead, "assisting": list(made.assisting), "rule": made.rule.id if made.rule else None,
                "candidates": _named(db, made.candidates), "explanation": made.explanation}


@blueprint.operation("GET", "/gaps", requires("rules.read"), answer=GapsOut())
def gaps() -> dict[str, Any]:
    """Categories and areas for which no rule holds: cases of these wait at the dispatcher's desk."""
    with reading() as db:
        return _capped([asdict(one) for one in coverage.gaps(db)])


@blueprint.operation("GET", "/overlaps", requires("rules.read"), answer=OverlapsOut())
def overlaps() -> dict[str, Any]:
    """Pairs of equally specific rules that name different departments."""
    with reading() as db:
        return _capped(_pairs(db, coverage.overlaps(db)))


@blueprint.operation("GET", "/matrix", requires("rules.read"), query=MatrixIn(), answer=MatrixOut())
def matrix(query: dict[str, str]) -> Response:
    """The rules as a table of categories by areas, with its gaps and contradictions."""
    with reading() as db:
        made = matrices.matrix(db, query["within"], query["area"])
        return encode({
            "categories": [asdict(one) for one in made.categories], "areas": [asdict(one) for one in made.areas],
            "cells": [[asdict(cell) for cell in row] for row in made.cells],
            "gaps": _capped([asdict(one) for one in made.gaps], FEW),
            "overlaps": _capped(_pairs(db, made.overlaps), FEW)})


EXAMPLE = {"name": "路灯", "category_code": "10105", "area_code": "440301",
           "lead_department_id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "ground": "三定方案第四条"}


@blueprint.operation("POST", "", requires("rules.manage"), body=RuleIn(), answer=NamedRuleOut(), status=201, example=EXAMPLE)
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Make a rule; cases are dispatched by it from now on. Those that were dispatched stay where they are."""
    with transaction() as db:
        return _named(db, [_made(db, body)])[0]


@blueprint.operation("POST", "/try", requires("rules.manage"), body=RuleIn(), answer=RuleChangeOut(), example=EXAMPLE)
def dry_run(body: dict[str, Any]) -> dict[str, Any]:
    """Dry run: what this rule would change for a thing of exactly its category, area and ownership. Nothing is kept."""
    at = body.get("valid_from")
    with transaction() as db:
        question = Question(body.get("category_code", ""), body.get("area_code"), body.get("ownership"), at)
        before = responsibility.find_many(db, [question])[0]
        _made(db, body)
        after = responsibility.find_many(db, [question])[0]
        db.rollback()
    return {"before": before.explanation, "before_lead": before.lead, "after": after.explanation, "after_lead": after.lead}


@blueprint.operation("POST", "/import", requires("rules.import"), body=ReplaceIn(), answer=ImportedOut(), status=201,
                     uploads=Uploads(field="file", most=1), example={"replace": False})
def import_rules(body: dict[str, bool], files: list[FileStorage]) -> Response:
    """Add the rules of a CSV file or workbook, all or nothing. The problem lists each fault by row and column."""
    (file,) = one_file(files, "file")
    read = sheets.import_xlsx if (file.filename or "").lower().endswith(".xlsx") else sheets.import_csv
    with transaction() as db:
        report = read(db, file.read(), replace=body["replace"])
        return encode({"added": report.added, "retired": report.retired, "overlaps": len(report.overlaps)}, 201)


@blueprint.operation("POST", "/<uuid:rule_id>/retire", requires("rules.manage"), answer=NamedRuleOut())
def retire(rule_id: uuid.UUID) -> dict[str, Any]:
    """End a rule now; it stays readable."""
    with transaction() as db:
        return _named(db, [responsibility.retire_rule(db, rule_id)])[0]


@blueprint.operation("GET", "/export.csv", requires("rules.read"), media_type="text/csv")
def export() -> Response:
    """The rules that have not ended, as they can be imported."""
    with reading() as db:
        return Response(sheets.export_csv(db), mimetype="text/csv")


def plain_rule(one: Rule) -> dict[str, Any]:
    """A rule as RuleOut describes it."""
    return {name: getattr(one, name) for name in RuleOut().fields}


def _made(db: Session, body: dict[str, Any]) -> Rule:
    given = {name: value for name, value in body.items() if name != "assisting_ids"}
    return responsibility.add_rule(db, given.pop("name"), given.pop("lead_department_id"), **given,
                                   assisting=body["assisting_ids"])


def _named(db: Session, rules: Iterable[Rule]) -> list[dict[str, Any]]:
    names = Names(db)
    return [plain_rule(one) | {"category_name": names.category(one.category_code), "area_name": names.area(one.area_code)}
            for one in rules]


def _pairs(db: Session, found: Iterable[coverage.Overlap]) -> list[dict[str, Any]]:
    return [dict(zip(("one", "other"), _named(db, (pair.one, pair.other)), strict=True)) for pair in found]


def _capped(items: list[Any], most: int = MOST_SHOWN) -> dict[str, Any]:
    return {"items": items[:most], "all": len(items) <= most}
