"""How the due times of a case came about, for whoever may see the case."""
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Moment
from casework.cases import clocks, search
from casework.storage.database import reading

blueprint = Blueprint("clocks", __name__, url_prefix="/api/v1", description="时限 Clocks and how their due times came about")


class StretchOut(ma.Schema):
    """One stretch of a clock: days that are alike are told together."""

    since = Moment()
    until = Moment()
    state = ma.fields.String(metadata={"enum": ["running", "paused", "given_back", "recounted"]})
    counted = ma.fields.Float(metadata={"description": "seconds of the limit's own unit; a work day is worth eight hours"})
    words = ma.fields.String()


class ExplainedClockOut(ma.Schema):
    """One clock, open or stopped."""

    id = ma.fields.UUID()
    stage = ma.fields.String()
    state = ma.fields.String()
    department_id = ma.fields.UUID(allow_none=True)
    limit = ma.fields.String(metadata={"description": "the original limit"})
    limit_value = ma.fields.Float()
    limit_unit = ma.fields.String(metadata={"enum": ["urgent_hour", "work_hour", "work_day", "natural_day"]})
    extra_value = ma.fields.Float(metadata={"description": "what extensions added, in the same unit"})
    extra = ma.fields.String(allow_none=True, metadata={"description": "the limit with its extensions, if it has any"})
    policy_version = ma.fields.String()
    started_at = Moment()
    stopped_at = Moment(allow_none=True)
    due_at = Moment(allow_none=True, metadata={"description": "null while it stands still with something left"})
    overdue = ma.fields.Boolean(allow_none=True, metadata={"description": "null until it is judged"})
    excused = ma.fields.Boolean(metadata={"description": "an appeal was granted: it does not count as late"})
    words = ma.fields.String()
    lines = ma.fields.List(ma.fields.Nested(StretchOut()))


class ExplainedClocksOut(ma.Schema):
    """Every clock of a case, in the order of their beginnings."""

    items = ma.fields.List(ma.fields.Nested(ExplainedClockOut()))


@blueprint.operation("GET", "/cases/<number>/clocks", requires("case.read"), answer=ExplainedClocksOut())
def explained(number: str) -> dict[str, Any]:
    """How each due time came about, stretch by stretch, in words: holidays, make-up days, nights, pauses, extensions, and what
    was carried over when a limit changed."""
    with reading() as db:
        return {"items": clocks.explained(db, search.find(db, caller(), public_number(number)))}
