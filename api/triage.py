"""The triage desk: what a report may be about and which words say so, and what people had to put right lately."""
from dataclasses import asdict
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Moment
from api.taxonomy import StandardOut
from casework.cases import search
from casework.storage.database import reading
from casework.triage import reasons

blueprint = Blueprint("triage", __name__, url_prefix="/api/v1/triage", description="受理 The triage desk")


class OptionOut(ma.Schema):
    """A category that it may be."""

    code = ma.fields.String()
    name = ma.fields.String(metadata={"description": "with the classes above it"})
    score = ma.fields.Float(metadata={"description": "0 to 1"})
    words = ma.fields.List(ma.fields.String(), metadata={"description": "of the report that spoke for it, the heaviest first"})
    standards = ma.fields.List(ma.fields.Nested(StandardOut()))


class ReasonsOut(ma.Schema):
    """What it may be, the likeliest first, three at most."""

    options = ma.fields.List(ma.fields.Nested(OptionOut()))
    sure = ma.fields.Boolean(metadata={"description": "triage would take the first without a person"})
    model_version = ma.fields.String(allow_none=True)


class MistakenOut(ma.Schema):
    """Suggested as one thing, filed as another."""

    suggested = ma.fields.String(allow_none=True)
    suggested_name = ma.fields.String(allow_none=True)
    corrected = ma.fields.String()
    corrected_name = ma.fields.String()
    count = ma.fields.Integer()


class LearningOut(ma.Schema):
    """What people put right since the model in use was trained; the next training learns from it."""

    model_version = ma.fields.String(allow_none=True)
    trained_at = Moment(allow_none=True)
    count = ma.fields.Integer()
    all = ma.fields.Boolean(metadata={"description": "false: there are more than were counted"})
    pairs = ma.fields.List(ma.fields.Nested(MistakenOut()))


@blueprint.operation("GET", "/cases/<number>", requires("triage.read"), answer=ReasonsOut())
def why(number: str) -> dict[str, Any]:
    """What the case may be about by the words of its first report, with the standards under which it can be filed."""
    with reading() as db:
        made = reasons.reasons(db, search.find(db, caller(), public_number(number)))
        names = list(StandardOut().fields)
        options = [vars(one) | {"standards": [{name: getattr(standard, name) for name in names} for standard in one.standards]}
                   for one in made.options]
        return {"options": options, "sure": made.sure, "model_version": made.model_version}


@blueprint.operation("GET", "/corrections", requires("triage.read"), answer=LearningOut())
def corrections() -> dict[str, Any]:
    """What people corrected since the model in use was trained: how often, and which categories are mistaken for which."""
    with reading() as db:
        return asdict(reasons.learning(db))
