"""Cases: the pages people work from, one case with all that belongs to it, and the actions of the workflow."""
import uuid
from dataclasses import fields
from datetime import datetime
from inspect import cleandoc
from typing import Any

import marshmallow as ma
from flask import Response, g
from sqlalchemy.orm import Session

from api.auth import caller, known, requires
from api.blueprint import Blueprint
from api.fields import CaseNumber, Cursor, Moment, PageIn, Place, Text, page_of, rows
from api.media import PhotoOut, shown
from casework import dispatch, inspection, media, resolution, taxonomy
from casework.cases import search, workflow
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.search import QUEUES, Wanted
from casework.cases.verbs import Verb
from casework.cases.workflow import STEPS, Facts, Status
from casework.errors import NotFound, Refused
from casework.geography import areas
from casework.identity.people import Department, Role
from casework.identity.privacy import SealedText, mask_name, mask_phone, reveal
from casework.sla import timers
from casework.storage.database import reading, transaction
from casework.triage import desk

blueprint = Blueprint("cases", __name__, url_prefix="/api/v1", description="案件 Cases and their workflow")

CASE_NUMBER = CaseNumber()
VERBS: dict[str, Verb] = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS
"""Every action of the workflow but `report`, which triage takes when it opens a case."""


class CasesIn(PageIn):
    """Which cases; what is due first comes first."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    queue = ma.fields.String(validate=ma.validate.OneOf(list(QUEUES)), metadata={"description": "the desk they lie on"})
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


class StepIn(ma.Schema):
    """What comes with an action; the case's `actions` say which of it each one needs."""

    reason = Text(2000)
    category = Text(12)
    standard = ma.fields.UUID()
    priority = ma.fields.String(validate=ma.validate.OneOf(["normal", "urgent"]))
    place = Place()
    address = Text(300)
    into = CaseNumber(metadata={"description": "number of the case to merge into"})
    lead = ma.fields.UUID(metadata={"description": "id of the leading department"})
    assistants = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(max=20))
    ground = Text(2000, metadata={"description": "legal ground of a return"})
    proposed = ma.fields.UUID(metadata={"description": "department that should have it"})
    photos = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(max=9))
    position = Place(metadata={"description": "where I stand"})
    finding = Text(2000)
    reply = Text(4000, metadata={"description": "what the citizen will read"})
    question = Text(2000)
    until = Moment()
    inspector = ma.fields.UUID()
    reports = ma.fields.List(CaseNumber(), validate=ma.validate.Length(max=100),
                             metadata={"description": "numbers of reports of this case"})
    clock = ma.fields.UUID(metadata={"description": "id of the clock whose overdue mark is appealed against"})

    @ma.post_load
    def _facts(self, data: dict[str, Any], **_: Any) -> Facts:
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        return Facts(**given)


class ActionOut(ma.Schema):
    """An action that I can take now."""

    action = ma.fields.String()
    says = ma.fields.String()
    needs = ma.fields.List(ma.fields.String())


class ReportOut(ma.Schema):
    """One report of a case; who sent it is masked."""

    number = ma.fields.String()
    channel = ma.fields.String()
    received_at = Moment()
    happened_at = Moment(allow_none=True)
    text = ma.fields.String()
    title = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    name = ma.fields.String(allow_none=True)
    phone = ma.fields.String(allow_none=True)
    outcome = ma.fields.String(allow_none=True)
    outcome_reason = ma.fields.String(allow_none=True)
    suggestion = ma.fields.Dict(allow_none=True)


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
    inspector_id = ma.fields.UUID(allow_none=True)
    closed_at = Moment(allow_none=True)
    turn = ma.fields.String(allow_none=True, metadata={"description": "the role whose turn it is"})
    version = ma.fields.Integer()
    reports = ma.fields.List(ma.fields.Nested(ReportOut()))
    photos = ma.fields.List(ma.fields.Nested(PhotoOut()))
    history = ma.fields.List(ma.fields.Nested(LineOut()))
    clocks = ma.fields.List(ma.fields.Nested(ClockOut()))
    actions = ma.fields.List(ma.fields.Nested(ActionOut()))


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
    status = query.get("status") or QUEUES.get(query.get("queue", ""))
    return page(query, Wanted(
        status=status, department_id=query.get("department"), area_code=query.get("area"), overdue=query.get("overdue"),
        category_code=query.get("category"), due_before=query.get("due_before"),
        inspector_id=caller().id if query["mine"] else None))


@blueprint.operation("GET", "/cases/<number>", requires("case.read"), answer=CaseOut())
def case(number: str) -> dict[str, Any]:
    """One case with its reports, photos, history, clocks, and the actions that I can take now."""
    with reading() as db:
        return whole(db, search.find(db, caller(), public_number(number)))


def take(number: str, action: str, body: Facts) -> dict[str, Any]:
    """Take an action of the workflow on a case.

    403 when I may not, 409 when the case is not in a state for it, 422 with the fields that it cannot do without.
    """
    if action not in VERBS:
        raise NotFound(f"there is no action {action}")
    if caller().kind == "citizen":  # what this answers shows the whole case, with what others reported
        raise Refused("citizens act on their report, at /api/v1/citizen/reports", action=action)
    g.case_number = public_number(number)
    with transaction() as db:
        found = search.find(db, caller(), g.case_number, to_change=True)
        workflow.take(action, found, caller(), body)  # who may not, or not now, is told so, whatever else is wrong
        VERBS[action](db, found, caller(), body)
        db.flush()
        return whole(db, found)


take.__doc__ = "\n".join((cleandoc(take.__doc__ or ""), "", *(
    f"- `{action}` {STEPS[action].says}" + (f"; needs {', '.join(STEPS[action].needs)}" if STEPS[action].needs else "")
    for action in VERBS)))
blueprint.operation("POST", "/cases/<number>/<action>", known(
    "each action carries its own grants in the workflow table", but=frozenset({Role.CITIZEN})),
                    body=StepIn(), answer=CaseOut(), example={"reason": "同一处", "into": "AJ260302-7K3F9-Q2MXA"})(take)


@blueprint.operation("POST", "/reports/<number>/reveal", requires("privacy.reveal"), body=RevealIn(), answer=RevealOut(),
                     example={"field": "phone", "reason": "联系核实地点"})
def look(number: str, body: dict[str, str]) -> dict[str, Any]:
    """Show a reporter's name or phone. Each look is kept in the access log with its reason."""
    with transaction() as db:
        report, followed = search.find_report_of_case(db, caller(), public_number(number))
        sealed: SealedText | None = report.reporter_name if body["field"] == "name" else report.reporter_phone
        if sealed is None:
            return {"value": None}
        return {"value": reveal(db, caller(), "report", report.id, body["field"], sealed, subject=followed,
                                reason=body["reason"])}


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


def whole(db: Session, found: Case) -> dict[str, Any]:
    """A case as CaseOut describes it."""
    catalogue = taxonomy.catalogue(db, found.taxonomy_version_id)
    category = catalogue.by_code.get(found.category_code or "")
    standard = found.standard(db)
    place = areas.describe(db, found.area_code) if found.area_code else None
    lead = db.get(Department, found.lead_department_id) if found.lead_department_id else None
    photos = [*media.of_reports(db, [one.id for one in found.reports]), *media.of_case(db, found.id)]
    plain = {name: getattr(found, name) for name in CaseRowOut().fields if name not in {"category", "department"}}
    return plain | {
        "category": category.name if category else None, "department": lead.name if lead else None,
        "standard": {"condition": standard.condition, "closing": standard.closing, "limit_value": standard.limit_value,
                     "limit_unit": standard.limit_unit, "evidence": standard.evidence} if standard else None,
        "area": place.full_name if place else None, "lead_department_id": found.lead_department_id,
        "inspector_id": found.inspector_id, "closed_at": found.closed_at, "turn": workflow.turn(found),
        "version": found.version, "reports": [_report(one) for one in found.reports],
        "photos": [shown(one) for one in photos], "history": [_line(one) for one in found.history],
        "clocks": [{"stage": one.stage, "state": one.state, "limit": str(one.limit), "started_at": one.started_at,
                    "due_at": one.due_at, "overdue": one.overdue}
                   for one in timers.running(db, found.id, to_change=False)],
        "actions": [{"action": action, "says": STEPS[action].says, "needs": list(STEPS[action].needs)}
                    for action in workflow.allowed_actions(found, caller())]}


def _report(one: Report) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ReportOut().fields if name not in {"name", "phone"}}
    return plain | {"name": mask_name(one.reporter_name.open()) if one.reporter_name else None,
                    "phone": mask_phone(one.reporter_phone.open()) if one.reporter_phone else None}


def _line(one: Entry) -> dict[str, Any]:
    return {name: getattr(one, name) for name in LineOut().fields}


assert {one.name for one in fields(Facts)} - {"rule"} == set(StepIn().fields)  # noqa: S101 - one shape, said twice, must agree
