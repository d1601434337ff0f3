"""Whose job is it: the rules, why one fires, where none does, where two contradict each other."""
import uuid
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response
from werkzeug.datastructures import FileStorage

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Moment, Text, encode
from api.media import one_file
from casework import responsibility
from casework.responsibility import Rule, coverage, sheets
from casework.responsibility.rules import living
from casework.storage.database import reading, transaction

blueprint = Blueprint("responsibility", __name__, url_prefix="/api/v1/rules", description="权责 Responsibility")

MOST_SHOWN = 1000


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


class RulesOut(ma.Schema):
    """Rules by category and area; `all` says whether these are all."""

    items = ma.fields.List(ma.fields.Nested(RuleOut()))
    all = ma.fields.Boolean()


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
    candidates = ma.fields.List(ma.fields.Nested(RuleOut()))
    explanation = ma.fields.String()


class GapsOut(ma.Schema):
    """What nobody answers for."""

    items = ma.fields.List(ma.fields.Dict())
    all = ma.fields.Boolean()


class OverlapOut(ma.Schema):
    """Two rules between which no decision is possible."""

    one = ma.fields.Nested(RuleOut())
    other = ma.fields.Nested(RuleOut())


class OverlapsOut(ma.Schema):
    """All such pairs."""

    items = ma.fields.List(ma.fields.Nested(OverlapOut()))
    all = ma.fields.Boolean()


class ReplaceIn(ma.Schema):
    """Whether the rules that hold until now end."""

    replace = ma.fields.Boolean(load_default=False)


class ImportedOut(ma.Schema):
    """What the import did."""

    added = ma.fields.Integer()
    retired = ma.fields.Integer()
    overlaps = ma.fields.Integer(metadata={"description": "pairs of rules that now contradict each other; see /overlaps"})


@blueprint.operation("GET", "", requires("rules.read"), answer=RulesOut())
def rules() -> dict[str, Any]:
    """The rules that have not ended."""
    with reading() as db:
        return _capped([plain_rule(one) for one in living(db)])


@blueprint.operation("GET", "/explain", requires("rules.explain"), query=QuestionIn(), answer=DecisionOut())
def explain(query: dict[str, Any]) -> dict[str, Any]:
    """Dry run: who would get a case of this category here, which rule says so, and why the others do not."""
    with reading() as db:
        made = responsibility.find(db, query["category"], query.get("area"), query.get("ownership"), query.get("at"))
        return {"lead": made.lead, "assisting": list(made.assisting), "rule": made.rule.id if made.rule else None,
                "candidates": [plain_rule(one) for one in made.candidates], "explanation": made.explanation}


@blueprint.operation("GET", "/gaps", requires("rules.read"), answer=GapsOut())
def gaps() -> dict[str, Any]:
    """Categories and areas for which no rule holds: cases of these wait at the dispatcher's desk."""
    with reading() as db:
        return _capped([asdict(one) for one in coverage.gaps(db)])


@blueprint.operation("GET", "/overlaps", requires("rules.read"), answer=OverlapsOut())
def overlaps() -> dict[str, Any]:
    """Pairs of equally specific rules that name different departments."""
    with reading() as db:
        return _capped([{"one": plain_rule(pair.one), "other": plain_rule(pair.other)} for pair in coverage.overlaps(db)])


@blueprint.operation("POST", "/import", requires("rules.import"), body=ReplaceIn(), answer=ImportedOut(), status=201,
                     uploads=Uploads(field="file", most=1), example={"replace": False})
def import_rules(body: dict[str, bool], files: list[FileStorage]) -> Response:
    """Add the rules of a CSV file or workbook, all or nothing. The problem lists each fault by row and column."""
    (file,) = one_file(files, "file")
    read = sheets.import_xlsx if (file.filename or "").lower().endswith(".xlsx") else sheets.import_csv
    with transaction() as db:
        report = read(db, file.read(), replace=body["replace"])
        return encode({"added": report.added, "retired": report.retired, "overlaps": len(report.overlaps)}, 201)


@blueprint.operation("POST", "/<uuid:rule_id>/retire", requires("rules.manage"), answer=RuleOut())
def retire(rule_id: uuid.UUID) -> dict[str, Any]:
    """End a rule now; it stays readable."""
    with transaction() as db:
        return plain_rule(responsibility.retire_rule(db, rule_id))


@blueprint.operation("GET", "/export.csv", requires("rules.read"), media_type="text/csv")
def export() -> Response:
    """The rules that have not ended, as they can be imported."""
    with reading() as db:
        return Response(sheets.export_csv(db), mimetype="text/csv")


def plain_rule(one: Rule) -> dict[str, Any]:
    """A rule as RuleOut describes it."""
    return {name: getattr(one, name) for name in RuleOut().fields}


def _capped(items: list[Any]) -> dict[str, Any]:
    return {"items": items[:MOST_SHOWN], "all": len(items) <= MOST_SHOWN}
