"""专项普查 over HTTP: one task for each grid, or each entry of a register, of an area; and how far it is."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.duty.group import blueprint
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from casework.fieldwork import surveys
from casework.fieldwork.surveys import KINDS, Asked, Progress, Survey
from casework.fieldwork.tasks import Kind, State
from casework.registry.fields import Register
from casework.storage.database import reading, transaction


class SurveyIn(ma.Schema):
    """What is asked, where, and until when."""

    key = ma.fields.UUID(required=True, metadata={"description": "made by who sends it, so that a resend is harmless"})
    kind = ma.fields.String(load_default=Kind.SURVEY.value, validate=ma.validate.OneOf(sorted(KINDS)))
    title = Text(80, required=True)
    text = Text(2000)
    area = Text(15, required=True, metadata={"description": "area code; every grid inside it"})
    register = ma.fields.Enum(Register, by_value=True, metadata={
        "description": "one task for each entry of it; one for each grid without"})
    form = Text(120, metadata={"description": "id of the form to fill in"})
    due_at = Moment(required=True)


class SurveyOut(ma.Schema):
    """A survey."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Kind, by_value=True)
    title = ma.fields.String()
    text = ma.fields.String(allow_none=True)
    area = ma.fields.String()
    register = ma.fields.Enum(Register, by_value=True, allow_none=True)
    form = ma.fields.String(allow_none=True)
    due_at = Moment()
    made_at = Moment()
    spread_at = Moment(allow_none=True, metadata={"description": "when the last of its tasks was made; null while more come"})
    cancelled_at = Moment(allow_none=True)


class SurveyAreaOut(ma.Schema):
    """How far it is within one area: tasks by state."""

    code = ma.fields.String()
    name = ma.fields.String()
    open = ma.fields.Integer()
    expired = ma.fields.Integer(metadata={"description": "still to be done, and late"})
    done = ma.fields.Integer()
    cannot = ma.fields.Integer()
    cancelled = ma.fields.Integer()
    vacant = ma.fields.Integer(metadata={"description": "of those still to be done, how many nobody has"})


class SurveyWithProgressOut(SurveyOut):
    """A survey and how far it is in the areas right below one."""

    areas = ma.fields.List(ma.fields.Nested(SurveyAreaOut()))


class SurveysIn(PageIn):
    """A page of surveys."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class SurveyAreaIn(ma.Schema):
    """Where to look."""

    area = Text(15, metadata={"description": "area code; that of the survey, unless said"})


@blueprint.operation("POST", "/surveys", requires("tasks.manage"), body=SurveyIn(), answer=SurveyOut(), status=201, example={
    "key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "title": "电动车充电隐患专项普查", "area": "440301",
    "due_at": "2026-03-31T18:00:00+08:00"})
def create_survey(body: dict[str, Any]) -> dict[str, Any]:
    """Begin a survey. Its tasks follow by themselves, each for whose grid it is; what lies in a grid without a worker waits.

    Sent again with the same key it is the survey that is there.
    """
    given = {_NAMES.get(name, name): value for name, value in body.items()}
    with transaction() as db:
        return _survey(surveys.create(db, caller(), Asked(**given | {"kind": Kind(given["kind"])})))


@blueprint.operation("GET", "/surveys", requires("tasks.manage"), query=SurveysIn(), answer=page_of(SurveyOut()))
def all_surveys(query: dict[str, Any]) -> Response:
    """Surveys in the areas that I manage, the one due last first."""
    with reading() as db:
        found = surveys.page(db, caller(), after=query.get("cursor"), limit=query["limit"] + 1)
    shown = found[:query["limit"]]
    return rows([_survey(one) for one in shown],
                [shown[-1].due_at, shown[-1].id] if len(found) > len(shown) else None)


@blueprint.operation("GET", "/surveys/<uuid:survey_id>", requires("tasks.manage"), query=SurveyAreaIn(),
                     answer=SurveyWithProgressOut())
def survey(survey_id: uuid.UUID, query: dict[str, str]) -> dict[str, Any]:
    """A survey and how far it is, in each of the areas right below its own or the one named."""
    with reading() as db:
        found = surveys.find(db, caller(), survey_id)
        return _survey(found) | {"areas": [_progress(one) for one in surveys.progress(db, found, query.get("area"))]}


@blueprint.operation("POST", "/surveys/<uuid:survey_id>/cancel", requires("tasks.manage"), answer=SurveyOut())
def cancel_survey(survey_id: uuid.UUID) -> dict[str, Any]:
    """Call a survey off, with what is not done of it."""
    with transaction() as db:
        return _survey(surveys.cancel(db, caller(), survey_id))


_NAMES = {"area": "area_code", "form": "form_id"}


def _survey(one: Survey) -> dict[str, Any]:
    return {name: getattr(one, _NAMES.get(name, name)) for name in SurveyOut().fields}


def _progress(one: Progress) -> dict[str, Any]:
    return {"code": one.code, "name": one.name, "vacant": one.vacant} | {state: one.states.get(state, 0) for state in State}
