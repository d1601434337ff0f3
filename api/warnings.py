"""Early warnings (预警): what is unusual, on what evidence, who looks after it, and how often each kind was right."""
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from casework.performance.early_warning import judging
from casework.performance.early_warning.warning import Kind, Outcome, State
from casework.storage.database import reading, transaction

blueprint = Blueprint("warnings", __name__, url_prefix="/api/v1/warnings", description="预警 Early warnings")


class WarningsIn(PageIn):
    """Which warnings."""

    cursor = Cursor(datetime, UUID)
    state = ma.fields.Enum(State, by_value=True)
    kind = ma.fields.Enum(Kind, by_value=True)
    area = Text(15, metadata={"description": "area code; everything inside it"})


class CodeNameOut(ma.Schema):
    """Something of the city's reference data."""

    code = ma.fields.String()
    name = ma.fields.String()


class LonLatOut(ma.Schema):
    """A point, in degrees of WGS-84."""

    lon = ma.fields.Float()
    lat = ma.fields.Float()


class BothOut(ma.Schema):
    """The same in both languages."""

    zh = ma.fields.String()
    en = ma.fields.String()


class EarlyWarningOut(ma.Schema):
    """Something unusual, kept up to date for as long as it lasts."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Kind, by_value=True)
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "closed: it has ended by itself, looked at or not"})
    raised_at = Moment()
    updated_at = Moment()
    ended_at = Moment(allow_none=True)
    area = ma.fields.Nested(CodeNameOut(), allow_none=True, metadata={"description": "null is the whole city"})
    category = ma.fields.Nested(CodeNameOut(), allow_none=True)
    place = ma.fields.Nested(LonLatOut(), allow_none=True, metadata={"description": "the middle of where it is"})
    metres = ma.fields.Integer(allow_none=True, metadata={"description": "how far from there it reaches"})
    since = Moment(metadata={"description": "the span that was counted begins"})
    until = Moment(metadata={"description": "and ends"})
    count = ma.fields.Integer(metadata={"description": "what was counted in the span"})
    expected = ma.fields.Float(metadata={"description": "how much of it this season, week and hour let expect"})
    confidence = ma.fields.Float(metadata={
        "description": "0 to 1: one minus the chance of as much in this city in a week although nothing is going on"})
    sentence = ma.fields.Nested(BothOut())
    acknowledged_by = ma.fields.String(allow_none=True)
    acknowledged_at = Moment(allow_none=True)
    outcome = ma.fields.Enum(Outcome, by_value=True, allow_none=True)


class DayCountedOut(ma.Schema):
    """A day of the city beside what it lets expect."""

    day = ma.fields.Date()
    count = ma.fields.Integer()
    expected = ma.fields.Float()


class EvidenceOut(ma.Schema):
    """What it rests on."""

    cases = ma.fields.List(ma.fields.String(), metadata={"description": "numbers, the latest first; not all of many"})
    days = ma.fields.List(ma.fields.Nested(DayCountedOut()))
    words = ma.fields.List(ma.fields.String(), metadata={"description": "what stands out in the texts; no name or number"})
    places = ma.fields.List(ma.fields.String(), metadata={"description": "names of areas, those with most first"})


class WholeWarningOut(EarlyWarningOut):
    """A warning with its evidence, and what was said of it."""

    note = ma.fields.String(allow_none=True, metadata={"description": "of who looks after it"})
    outcome_note = ma.fields.String(allow_none=True, metadata={"description": "how one knows whether it was right"})
    judged_by = ma.fields.String(allow_none=True)
    judged_at = Moment(allow_none=True)
    evidence = ma.fields.Nested(EvidenceOut())


class SeenIn(ma.Schema):
    """What is to be remembered of it."""

    note = Text(2000)


class OutcomeIn(ma.Schema):
    """Whether it was right, and how one knows."""

    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    note = Text(2000, required=True)


class PrecisionOut(ma.Schema):
    """How one kind of warning fared in the last year."""

    kind = ma.fields.Enum(Kind, by_value=True)
    raised = ma.fields.Integer()
    judged = ma.fields.Integer()
    true = ma.fields.Integer()
    false = ma.fields.Integer()
    precision = ma.fields.Float(allow_none=True, metadata={"description": "true of those judged; null while none is"})


class PrecisionsOut(ma.Schema):
    """By kind."""

    items = ma.fields.List(ma.fields.Nested(PrecisionOut()))


@blueprint.operation("GET", "", requires("warnings.read"), query=WarningsIn(), answer=page_of(EarlyWarningOut()))
def listed(query: dict[str, Any]) -> Response:
    """Warnings of the areas that I look after, the latest first."""
    wanted = judging.Wanted(state=query.get("state"), kind=query.get("kind"), area_code=query.get("area"))
    with reading() as db:
        return rows(*judging.page(db, caller(), wanted, after=query.get("cursor"), limit=query["limit"]))


@blueprint.operation("GET", "/precision", requires("warnings.read"), answer=PrecisionsOut())
def precision() -> dict[str, Any]:
    """How often each kind of warning was right, of those of the last year that somebody judged."""
    with reading() as db:
        return {"items": judging.precision(db, caller())}


@blueprint.operation("GET", "/<uuid:warning_id>", requires("warnings.read"), answer=WholeWarningOut())
def shown(warning_id: UUID) -> dict[str, Any]:
    """A warning with its evidence: cases, days beside what was expected, words, places."""
    with reading() as db:
        return judging.whole(db, judging.find(db, caller(), warning_id))


@blueprint.operation("POST", "/<uuid:warning_id>/acknowledge", requires("warnings.decide"), body=SeenIn(),
                     answer=WholeWarningOut(), example={"note": "已联系供水公司"})
def acknowledge(warning_id: UUID, body: dict[str, str]) -> dict[str, Any]:
    """I have seen it and look after it. 409 when somebody else does."""
    with transaction() as db:
        found = judging.find(db, caller(), warning_id, to_change=True)
        judging.acknowledge(db, found, caller(), body.get("note"))
        return judging.whole(db, found)


@blueprint.operation("POST", "/<uuid:warning_id>/outcome", requires("warnings.decide"), body=OutcomeIn(),
                     answer=WholeWarningOut(), example={"outcome": "true", "note": "主管爆裂，已抢修"})
def judge(warning_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Say whether it was right, and how one knows; it counts in the precision of its kind. May be said otherwise later."""
    with transaction() as db:
        found = judging.find(db, caller(), warning_id, to_change=True)
        judging.judge(db, found, caller(), body["outcome"], body["note"])
        return judging.whole(db, found)
