"""案卷: one case on one page, what lies around it, and the form of each action that can be taken on it."""
from dataclasses import asdict
from functools import cache
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import CaseOut, LineOut, public_number, tagged, told
from api.clocks import ExplainedClockOut
from api.comments import StaffCommentOut
from api.fields import Cursor, Moment, Text
from api.geography import OutlineOut
from api.steps import StepIn
from api.templates import OfferOut
from casework.cases import asking, clocks, dossier, search
from casework.cases.asking import Ask, Kind
from casework.cases.dossier import Dossier
from casework.cases.workflow import STEPS
from casework.errors import NotFound
from casework.notifications import replies
from casework.storage.database import reading

blueprint = Blueprint("dossier", __name__, url_prefix="/api/v1", description="案卷 One case on one page")

STEP = StepIn()


class ToldLineOut(LineOut):
    """A line of the history with the words of its step."""

    says = ma.fields.String(allow_none=True, metadata={"description": "null for what is no step of the workflow"})


class ShareOut(ma.Schema):
    """One department's part in the case."""

    department_id = ma.fields.UUID()
    part = ma.fields.String(metadata={"enum": ["lead", "assist"]})
    why = ma.fields.String()
    since = Moment()
    until = Moment(allow_none=True)
    signed_at = Moment(allow_none=True)
    done_at = Moment(allow_none=True)
    returned = ma.fields.Boolean(metadata={"description": "its return was upheld"})
    ruled = ma.fields.Boolean(metadata={"description": "its return was overruled"})


class ComponentOut(ma.Schema):
    """A thing of the city near the case."""

    id = ma.fields.UUID()
    label = ma.fields.String()
    code = ma.fields.String(allow_none=True)
    lon = ma.fields.Float()
    lat = ma.fields.Float()
    metres = ma.fields.Integer()


class SurroundingsOut(ma.Schema):
    """What a map of the case shows."""

    area = ma.fields.Nested(OutlineOut(), allow_none=True)
    components = ma.fields.List(ma.fields.Nested(ComponentOut()), metadata={"description": "the nearest first"})


class DossierOut(CaseOut):
    """A case with all that is known of it, and who was who."""

    history = ma.fields.List(ma.fields.Nested(ToldLineOut()))
    clocks = ma.fields.List(ma.fields.Nested(ExplainedClockOut()))
    shares = ma.fields.List(ma.fields.Nested(ShareOut()))
    comments = ma.fields.List(ma.fields.Nested(StaffCommentOut()), metadata={"description": "the latest first"})
    comments_next = ma.fields.String(allow_none=True, metadata={
        "description": "cursor for the comments before these, at /cases/{number}/comments"})
    names = ma.fields.Dict(keys=ma.fields.UUID(), values=ma.fields.String(), metadata={
        "description": "people and departments of the lines, comments and shares, by id"})
    around = ma.fields.Nested(SurroundingsOut())


class OptionOut(ma.Schema):
    """One of several."""

    value = ma.fields.String()
    text = ma.fields.String()


class AskOut(ma.Schema):
    """One field of a form; sent under its name with the action."""

    name = ma.fields.String()
    kind = ma.fields.Enum(Kind, by_value=True, metadata={"description":
        "text (several lines), line, category and standard (of the taxonomy), choice and choices (of `choices`), place and "
        "position (lon, lat), case (a number), photos (ids, sent ahead to /media), moment"})
    required = ma.fields.Boolean()
    most = ma.fields.Integer(allow_none=True, metadata={"description": "characters of a text, items of a list"})
    choices = ma.fields.List(ma.fields.Nested(OptionOut()), allow_none=True)
    evidence = ma.fields.List(ma.fields.String(), metadata={"description": "what the case's standard wants to see here"})
    purpose = ma.fields.String(allow_none=True, metadata={"description": "what the photos are kept as"})
    value = ma.fields.String(allow_none=True, metadata={"description": "what it begins with"})


class FormOut(ma.Schema):
    """All that an action asks."""

    action = ma.fields.String()
    says = ma.fields.String()
    asks = ma.fields.List(ma.fields.Nested(AskOut()))
    templates = ma.fields.List(ma.fields.Nested(OfferOut()), metadata={
        "description": "filled in for this case, for the first text that is asked for"})


@blueprint.operation("GET", "/cases/<number>/dossier", requires("case.read"), answer=DossierOut(), tagged=True)
def whole(number: str) -> dict[str, Any]:
    """One case as one page shows it: what GET /cases/{number} answers, and with it the comments, every clock with how its due
    time came about, each department's part, the names of all who appear, and what lies around it."""
    with reading() as db:
        found = dossier.read(db, caller(), public_number(number))
        body = told(db, found)
        body |= {"history": [_line(one) for one in body["history"]],
                 "clocks": [clocks.told(db, one, found.stretches[one.id]) for one in found.clocks],
                 "around": found.around, **_people(found)}
        return tagged(found.case, body)


@blueprint.operation("GET", "/cases/<number>/actions/<action>", requires("case.read"), answer=FormOut(),
                     problems=("conflict",))
def form(number: str, action: str) -> dict[str, Any]:
    """What an action asks for, field by field, with what there is to choose and texts that may be used.

    403 and 409 as for taking it, so that nobody fills in a form in vain.
    """
    if action not in STEPS:
        raise NotFound(f"there is no action {action}")
    with reading() as db:
        found = search.find(db, caller(), public_number(number))
        asked = asking.asks(db, found, caller(), action)
        return {"action": action, "says": STEPS[action].says, "asks": [_ask(one) for one in asked],
                "templates": replies.offered(db, found, action) if any(one.kind is Kind.TEXT for one in asked) else []}


def _line(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"says": STEPS[one["action"]].says if one["action"] in STEPS else None}


def _people(found: Dossier) -> dict[str, Any]:
    last = found.remarks[-1] if found.more_remarks else None
    return {
        "shares": [{name: getattr(one, name) for name in ShareOut().fields} for one in found.case.assignments],
        "comments": [{name: getattr(one, name) for name in StaffCommentOut().fields} for one in found.remarks],
        "comments_next": Cursor.write((last.at, last.id)) if last else None,
        "names": {str(one): name for one, name in found.names.items()}}


def _ask(one: Ask) -> dict[str, Any]:
    return asdict(one) | {"most": _most(one.name), "choices": [asdict(choice) for choice in one.choices]
                          if one.choices is not None else None}


@cache
def _most(name: str) -> int | None:
    """As StepIn has it: the longest text, or the most items."""
    field = STEP.fields[name]
    if isinstance(field, Text):
        return field.longest
    lengths = (one.max for one in field.validators if isinstance(one, ma.validate.Length))
    return next(lengths, None)
