"""Cases: the pages people work from, and one case with all that belongs to it. What is done to them stands in steps.py."""
import hashlib
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, after_this_request, request
from sqlalchemy.orm import Session
from werkzeug.http import remove_entity_headers

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import ENCODING, CaseNumber, Cursor, Moment, PageIn, Text, page_of, rows
from api.media import PhotoOut, shown
from casework import clock, settings, taxonomy
from casework.cases import dossier, reporters, search, workflow
from casework.cases.case import Case
from casework.cases.dossier import Sheet
from casework.cases.history import Entry
from casework.cases.particulars import Particulars
from casework.cases.report import Report
from casework.cases.search import MATTERS, QUEUES, Wanted
from casework.cases.workflow import STEPS, Status
from casework.errors import NotFound, Refused
from casework.geography import areas
from casework.storage.database import reading, transaction

blueprint = Blueprint("cases", __name__, url_prefix="/api/v1", description="案件 Cases and their workflow")

CASE_NUMBER = CaseNumber()
MOST_SHEETS = 20


class CasesIn(PageIn):
    """Which cases; what is due first comes first."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    queue = ma.fields.String(validate=ma.validate.OneOf([*QUEUES, *MATTERS]), metadata={
        "description": "the desk they lie on, or what waits beside the desks: applications for time, appeals against a late "
                       "mark, orders from above that owe feedback, and cases with a flag; of those closed cases too"})
    status = ma.fields.Enum(Status, by_value=True, metadata={"description": "open ones of any status, unless said"})
    department = ma.fields.UUID(metadata={"description": "id of the department that leads"})
    area = Text(15, metadata={"description": "area code; includes everything inside"})
    category = Text(12, metadata={"description": "code of the taxonomy, exactly"})
    overdue = ma.fields.Boolean(metadata={"description": "only those of which a clock ran over, or did not"})
    due_before = Moment(metadata={"description": "whose first clock ends before this moment"})
    mine = ma.fields.Boolean(load_default=False, metadata={"description": "only those I am to inspect"})


class CaseRowOut(ma.Schema):
    """A case in a list."""

    id = ma.fields.UUID()
    number = ma.fields.String()
    status = ma.fields.Enum(Status, by_value=True)
    priority = ma.fields.String()
    title = ma.fields.String()
    channel = ma.fields.String()
    category_code = ma.fields.String(allow_none=True)
    category = ma.fields.String(allow_none=True)
    area_code = ma.fields.String(allow_none=True)
    area_name = ma.fields.String(allow_none=True, metadata={"description": "of the smallest area, with the one above it"})
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    address = ma.fields.String(allow_none=True)
    department = ma.fields.String(allow_none=True)
    opened_at = Moment()
    due_at = Moment()
    overdue = ma.fields.Boolean()
    waiting_for = ma.fields.String(allow_none=True)
    report_count = ma.fields.Integer()
    returns = ma.fields.Integer()
    reworks = ma.fields.Integer()
    version = ma.fields.Integer(metadata={"description": "how many lines its history has; If-Match and batches take it"})


class ActionOut(ma.Schema):
    """An action that I can take now."""

    action = ma.fields.String()
    says = ma.fields.String()
    needs = ma.fields.List(ma.fields.String())
    asks = ma.fields.Boolean(metadata={
        "description": "it takes more than its name: its form is at /cases/{number}/actions/{action}"})


class ReportOut(ma.Schema):
    """One report of a case; who sent it is masked."""

    number = ma.fields.String()
    channel = ma.fields.String()
    received_at = Moment()
    happened_at = Moment(allow_none=True)
    text = ma.fields.String()
    title = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    name = ma.fields.String(allow_none=True)
    phone = ma.fields.String(allow_none=True)
    confidential = ma.fields.Boolean(metadata={"description": "保密: only who took the call and supervisors see who it was"})
    outcome = ma.fields.String(allow_none=True)
    outcome_reason = ma.fields.String(allow_none=True)
    suggestion = ma.fields.Dict(allow_none=True)
    files_missing = ma.fields.Integer(metadata={"description": "files that it names and that have not arrived yet"})
    links = ma.fields.List(ma.fields.String(), metadata={
        "description": "addresses of pictures that an app sent: text, never fetched, and nobody knows what is there"})


class LineOut(ma.Schema):
    """One line of the history, chained to the one before by its hash."""

    number = ma.fields.Integer()
    action = ma.fields.String()
    source = ma.fields.String(allow_none=True)
    target = ma.fields.String()
    actor_kind = ma.fields.String()
    actor_id = ma.fields.UUID(allow_none=True)
    role = ma.fields.String(allow_none=True)
    department_id = ma.fields.UUID(allow_none=True)
    facts = ma.fields.Dict()
    at = Moment()
    hash = ma.fields.String()


class ClockOut(ma.Schema):
    """One open clock."""

    id = ma.fields.UUID(metadata={"description": "what an appeal names"})
    stage = ma.fields.String()
    state = ma.fields.String()
    limit = ma.fields.String()
    started_at = Moment()
    due_at = Moment(allow_none=True)
    overdue = ma.fields.Boolean(allow_none=True)


class CaseOut(CaseRowOut):
    """A case with all that belongs to it."""

    standard = ma.fields.Dict(allow_none=True)
    area = ma.fields.String(allow_none=True)
    lead_department_id = ma.fields.UUID(allow_none=True)
    handler_id = ma.fields.UUID(allow_none=True, metadata={"description": "the colleague of the lead who has it"})
    inspector_id = ma.fields.UUID(allow_none=True)
    closed_at = Moment(allow_none=True)
    turn = ma.fields.String(allow_none=True, metadata={"description": "the role whose turn it is"})
    urgent_because = ma.fields.String(allow_none=True, metadata={"description": "why its clocks run day and night"})
    return_until = Moment(allow_none=True, metadata={"description": "until when the department may hand it back"})
    applied_for = ma.fields.String(allow_none=True, metadata={"enum": ["extend", "suspend", None]})
    applied_until = Moment(allow_none=True, metadata={"description": "until when it is to rest, as applied for"})
    endorsed = ma.fields.Boolean(metadata={"description": "the department's head agrees to the application"})
    suspended_until = Moment(allow_none=True)
    question_until = Moment(allow_none=True, metadata={"description": "until when the clock waits for the citizen's answer"})
    questions = ma.fields.Integer(metadata={"description": "asked so far"})
    reopens = ma.fields.Integer()
    urges = ma.fields.Integer()
    feedback_owed = ma.fields.Boolean(metadata={"description": "an order from above is open"})
    dissatisfied = ma.fields.Integer(metadata={"description": "how often those concerned said that it is not put right"})
    appealed_timer_id = ma.fields.UUID(allow_none=True, metadata={"description": "the clock that an open appeal is about"})
    sampled = ma.fields.Boolean(allow_none=True, metadata={
        "description": "put right on the spot, and looked at afterwards or not; null for all others"})
    flags = ma.fields.List(ma.fields.String(), metadata={"description": "evidence that is missing or from far away"})
    reports = ma.fields.List(ma.fields.Nested(ReportOut()))
    photos = ma.fields.List(ma.fields.Nested(PhotoOut()))
    history = ma.fields.List(ma.fields.Nested(LineOut()))
    clocks = ma.fields.List(ma.fields.Nested(ClockOut()))
    actions = ma.fields.List(ma.fields.Nested(ActionOut()))


class SheetsIn(ma.Schema):
    """Which cases."""

    number = ma.fields.List(CaseNumber(), required=True, validate=ma.validate.Length(1, MOST_SHEETS))


class SheetsOut(ma.Schema):
    """In the order in which they were named."""

    items = ma.fields.List(ma.fields.Nested(CaseOut()))


PLAIN = [name for name in CaseOut().fields if hasattr(Case, name) and name not in {"standard", "version", "reports", "history"}]
"""What an answer takes from the case as it is."""


class RevealIn(ma.Schema):
    """Which field, and why: it is written to the access log."""

    field = ma.fields.String(required=True, validate=ma.validate.OneOf(["name", "phone"]))
    reason = Text(500, required=True)


class RevealOut(ma.Schema):
    """The text behind the mask."""

    value = ma.fields.String(allow_none=True)


@blueprint.operation("GET", "/cases", requires("case.list"), query=CasesIn(), answer=page_of(CaseRowOut()))
def cases(query: dict[str, Any]) -> Response:
    """Cases that I may see, by queue, department, area, status or due time; what is due first on top."""
    queue = query.get("queue", "")
    status = query.get("status") or QUEUES.get(queue)
    return page(query, Wanted(
        matter=queue if queue in MATTERS else None,
        status=status, department_id=query.get("department"), area_code=query.get("area"), overdue=query.get("overdue"),
        category_code=query.get("category"), due_before=query.get("due_before"),
        inspector_id=caller().id if query["mine"] else None))


@blueprint.operation("GET", "/cases/<number>", requires("case.read"), answer=CaseOut(), tagged=True)
def case(number: str) -> dict[str, Any]:
    """One case with its reports, photos, history, clocks, and the actions that I can take now.

    Its ETag, sent back as `If-Match` with a step, makes sure that nobody changed the case meanwhile.
    """
    with reading() as db:
        found = dossier.sheet(db, caller(), public_number(number))
        return tagged(found.case, told(db, found))


@blueprint.operation("GET", "/sheets", requires("case.read"), query=SheetsIn(), answer=SheetsOut())
def sheets(query: dict[str, list[str]]) -> dict[str, Any]:
    """Several cases as GET /cases/{number} has each, in one answer: for paper. What I may not know of is left out."""
    with reading() as db:
        return {"items": [told(db, one) for one in dossier.sheets(db, caller(), query["number"])]}


@blueprint.operation("POST", "/reports/<number>/reveal", requires("privacy.reveal"), body=RevealIn(), answer=RevealOut(),
                     example={"field": "phone", "reason": "联系核实地点"})
def look(number: str, body: dict[str, str]) -> dict[str, Any]:
    """Show a reporter's name or phone. Each look is kept in the access log with its reason.

    Who asked not to be known (保密) is shown to the operator who took the call and to supervisors; of others the attempt
    is kept.
    """
    with transaction() as db:
        report, followed = search.find_report_of_case(db, caller(), public_number(number))
        if reporters.may_know(caller(), report):
            return {"value": reporters.reveal(db, caller(), report, followed, body["field"], reason=body["reason"])}
        reporters.note_refused(db, caller(), report, body["field"], body["reason"])
    # Outside of the transaction: that it was refused is to be kept.
    raise Refused("whoever reported this asked not to be known", action="privacy.reveal")


def public_number(text: str) -> str:
    """A number as it stands in an address, in small letters too. Raises NotFound for what is none."""
    try:
        return CASE_NUMBER.deserialize(text)
    except ma.ValidationError:
        raise NotFound("there is no such number") from None


def page(query: dict[str, Any], wanted: Wanted) -> Response:
    """A page of cases for the caller."""
    with reading() as db:
        return rows(*search.page(db, caller(), wanted, after=query.get("cursor"), limit=query["limit"]))


def told(db: Session, sheet: Sheet) -> dict[str, Any]:
    """A case as CaseOut describes it."""
    found = sheet.case
    category = taxonomy.catalogue(db, found.taxonomy_version_id).by_code.get(found.category_code or "")
    standard = found.standard(db)
    place = areas.describe(db, found.area_code) if found.area_code else None
    return {name: getattr(found, name) for name in PLAIN} | {
        "category": category.name if category else None, "department": sheet.lead,
        "standard": {"condition": standard.condition, "closing": standard.closing, "limit_value": standard.limit_value,
                     "limit_unit": standard.limit_unit, "evidence": standard.evidence} if standard else None,
        "area": place.full_name if place else None,
        "turn": workflow.turn(found), "version": found.history_length,
        "reports": [_report(one, sheet.missing[one.id], sheet.said.get(one.id)) for one in found.reports],
        "photos": [shown(one) for one in sheet.photos], "history": [_line(one) for one in found.history],
        "clocks": [{"id": one.id, "stage": one.stage, "state": one.state, "limit": str(one.limit), "started_at": one.started_at,
                    "due_at": one.due_at, "overdue": one.overdue} for one in sheet.clocks],
        "actions": [{"action": action, "says": STEPS[action].says, "needs": list(STEPS[action].needs),
                     "asks": STEPS[action].asks}
                    for action in workflow.allowed_actions(found, caller())]}


def tagged(found: Case, body: dict[str, Any]) -> dict[str, Any]:
    """The same body, whose answer gets an ETag: the case's version, and a hash of all that the caller sees of it.

    Links to photos are made anew each time and count by half their life only, so that one kept with a 304 still opens.
    """
    shown_photos = [{name: value for name, value in one.items() if name not in {"small", "large"}} for one in body["photos"]]
    half_lives = int(clock.now().timestamp() // (30 * settings.current().link_minutes))
    seen = orjson.dumps([body | {"photos": shown_photos}, half_lives], option=ENCODING)
    tag = f"{found.history_length}-{hashlib.sha256(seen).hexdigest()[:20]}"

    @after_this_request
    def _tag(response: Response) -> Response:
        response.set_etag(tag)
        response.headers["Cache-Control"] = "private, no-cache"
        if request.method == "GET" and request.if_none_match.contains_weak(tag):
            response.status_code, response.data = 304, b""
            remove_entity_headers(response.headers)
        return response
    return body


def _report(one: Report, files_missing: int, said: Particulars | None) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ReportOut().fields if name not in {"name", "phone", "files_missing", "links"}}
    return plain | {"files_missing": files_missing, "links": said.links if said else []} | reporters.masked(caller(), one)


def _line(one: Entry) -> dict[str, Any]:
    return {name: getattr(one, name) for name in LineOut().fields}
