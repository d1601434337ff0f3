"""What a person asks for: a copy of what we hold, or to be forgotten; and where staff see what is asked and until when."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response, request
from sqlalchemy.orm import Session

from api import limits
from api.auth import caller, public, requires, shown_reports
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, Whole, page_of, rows
from casework import settings
from casework.identity import sessions
from casework.identity.people import Actor
from casework.retention import answering, carrying_out, requests
from casework.retention.requests import DataRequest, State, Wish
from casework.retention.rules import RULES
from casework.storage.database import reading, transaction

blueprint = Blueprint("data_requests", __name__, url_prefix="/api/v1", description="个人数据 Personal data")


class AlsoIn(ma.Schema):
    """Reports that were sent without the phone."""

    tokens = ma.fields.List(Text(80), load_default=[], validate=ma.validate.Length(max=50), metadata={"description":
        "tracking tokens of reports that were sent without a phone"})
    wechat = Text(2000, metadata={"description":
        "access token of /wechat/h5/sessions: brings that WeChat user, and all that he sent there"})


class EraseIn(AlsoIn):
    """The phone is proved once more."""

    code = Text(12, required=True, metadata={"description": "sent to the phone by /sessions/phone/code"})


class DataRequestOut(ma.Schema):
    """A request, and how far it is."""

    id = ma.fields.UUID()
    wish = ma.fields.Enum(Wish, by_value=True)
    state = ma.fields.Enum(State, by_value=True)
    asked_at = Moment()
    ready_at = Moment(metadata={"description": "not before; until then an erasure can be withdrawn"})
    due_at = Moment(metadata={"description": "answered by then"})
    ended_at = Moment(allow_none=True)
    reports = ma.fields.Integer(allow_none=True, metadata={"description": "how many reports it concerned"})
    ruling = ma.fields.String(allow_none=True, metadata={"description": "why it was refused"})
    copy = ma.fields.String(allow_none=True, metadata={"description": "link to the ZIP, while there is one"})


class DataRequestsOut(ma.Schema):
    """My requests, the latest first."""

    items = ma.fields.List(ma.fields.Nested(DataRequestOut()))
    erasure_days = ma.fields.Integer(metadata={"description": "so long an erasure waits, and can be withdrawn"})


class CallerIn(ma.Schema):
    """What somebody who rang up asks for."""

    wish = ma.fields.Enum(Wish, by_value=True, required=True)
    phone = Text(32, required=True, metadata={"description": "kept encrypted until it is answered"})
    reason = Text(500, required=True, metadata={"description": "how the caller asked, and how one knows that it is he"})


class StaffRequestOut(DataRequestOut):
    """A request as staff see it: never the phone."""

    asked_by_id = ma.fields.UUID(allow_none=True, metadata={"description": "null: asked for himself, with a proved phone"})
    reason = ma.fields.String(allow_none=True)
    decided_by_id = ma.fields.UUID(allow_none=True)
    decided_at = Moment(allow_none=True)
    overdue = ma.fields.Boolean()


class RequestsIn(PageIn):
    """A page of requests, what is due first coming first."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    all = ma.fields.Boolean(load_default=False, metadata={"description": "also those that were answered"})


class RulingIn(ma.Schema):
    """Why not."""

    ruling = Text(500, required=True)


class CopyIn(ma.Schema):
    """The two halves of a signed link."""

    expires = Whole(0, 2**53, required=True, metadata={"description": "seconds since 1970"})
    signature = Text(64, required=True, metadata={"description": "made by us for this link"})


class RetentionRuleOut(ma.Schema):
    """A rule of retention."""

    name = ma.fields.String()
    zh = ma.fields.String()
    en = ma.fields.String()
    days = ma.fields.Integer()


class RetentionRulesOut(ma.Schema):
    """All rules, in the order in which they are carried out."""

    items = ma.fields.List(ma.fields.Nested(RetentionRuleOut()))


class RetentionRunOut(ma.Schema):
    """Something was forgotten: how many, by which rule ("erasure", "export": on request); nobody's name."""

    id = ma.fields.UUID()
    rule = ma.fields.String()
    days = ma.fields.Integer(allow_none=True)
    count = ma.fields.Integer()
    at = Moment()


class RunsIn(PageIn):
    """A page of the record."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


@blueprint.operation("POST", "/citizen/data/export", requires("data.own"), body=AlsoIn(), answer=DataRequestOut(), status=201,
                     limit=limits.logins, example={"tokens": []})
def export(body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a copy of what is held of me: a ZIP of JSON and photos, explained in both languages.

    Needs a log-in by phone code. It is made within minutes; `copy` of GET /citizen/data then leads to it, for a week.
    """
    with transaction() as db:
        return _shown(requests.ask(db, caller(), Wish.EXPORT, shown_reports(body["tokens"]), _in_wechat(db, body)))


@blueprint.operation("POST", "/citizen/data/erase", requires("data.own"), body=EraseIn(), answer=DataRequestOut(), status=201,
                     limit=limits.logins, problems=("unauthenticated",), example={"code": "123456", "tokens": []})
def erase(body: dict[str, Any]) -> dict[str, Any]:
    """Ask to be forgotten: name, phone, account, and whatever of me stands in words. The phone is proved once more by a code.

    It is done after a waiting time, in which it can be withdrawn. Cases go on without me, open ones too: nobody can call back
    then, and the tracking token still opens the report.
    """
    with transaction() as db:
        phone = requests.phone_of(db, caller())
        also, wechat = shown_reports(body["tokens"]), _in_wechat(db, body)
        sessions.prove_phone(db, phone, body["code"], request.remote_addr or "")
        return _shown(requests.ask(db, caller(), Wish.ERASE, also, wechat))


@blueprint.operation("GET", "/citizen/data", requires("data.own"), answer=DataRequestsOut())
def mine() -> dict[str, Any]:
    """What I asked for, the latest first."""
    with reading() as db:
        return {"items": [_shown(one) for one in requests.mine(db, caller())],
                "erasure_days": settings.current().erasure_days}


@blueprint.operation("POST", "/citizen/data/<uuid:request_id>/withdraw", requires("data.own"), answer=DataRequestOut())
def withdraw(request_id: uuid.UUID) -> dict[str, Any]:
    """I take it back. 409 when it was answered already."""
    with transaction() as db:
        return _shown(requests.withdraw(db, caller(), request_id))


@blueprint.operation("GET", "/data/<uuid:request_id>/copy", public("the signature in the link is the permission"),
                     query=CopyIn(), media_type="application/zip", limit=limits.logins)
def copy(request_id: uuid.UUID, query: dict[str, Any]) -> Response:
    """Fetch the copy by the link of a request. 410 when its time is over."""
    content = answering.fetch(request_id, query["expires"], query["signature"])
    return Response(content, mimetype="application/zip", headers={
        "Content-Disposition": 'attachment; filename="zhiwang-data.zip"', "Cache-Control": "no-store"})


@blueprint.operation("POST", "/admin/data-requests", requires("data_requests.manage"), body=CallerIn(),
                     answer=StaffRequestOut(), status=201,
                     example={"wish": "erase", "phone": "13800000000", "reason": "来电要求删除，已回拨核对本人"})
def ask_for_caller(body: dict[str, Any]) -> dict[str, Any]:
    """Ask for somebody who rang up. A second person has to agree; the reason is kept until it is answered."""
    with transaction() as db:
        return _for_staff(requests.ask_for_caller(db, caller(), **body))


@blueprint.operation("GET", "/admin/data-requests", requires("data_requests.manage"), query=RequestsIn(),
                     answer=page_of(StaffRequestOut()))
def listed(query: dict[str, Any]) -> Response:
    """What people have asked for and when it is due, the most pressing first."""
    with reading() as db:
        found = requests.listed(db, caller(), is_open=not query["all"], after=query.get("cursor"), limit=query["limit"] + 1)
        page = found[:query["limit"]]
        last = [page[-1].due_at, page[-1].id] if len(found) > len(page) else None
        return rows([_for_staff(one) for one in page], last)


@blueprint.operation("POST", "/admin/data-requests/<uuid:request_id>/agree", requires("data_requests.decide"),
                     answer=StaffRequestOut())
def agree(request_id: uuid.UUID) -> dict[str, Any]:
    """Agree to what a colleague asked for a caller. 409 for the colleague himself."""
    with transaction() as db:
        return _for_staff(requests.agree(db, caller(), request_id))


@blueprint.operation("POST", "/admin/data-requests/<uuid:request_id>/refuse", requires("data_requests.decide"), body=RulingIn(),
                     answer=StaffRequestOut(), example={"ruling": "回拨无人认可该申请"})
def refuse(request_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Refuse what a colleague asked for a caller, and say why."""
    with transaction() as db:
        return _for_staff(requests.refuse(db, caller(), request_id, body["ruling"]))


@blueprint.operation("POST", "/admin/data-requests/<uuid:request_id>/copy", requires("data_requests.decide"),
                     answer=StaffRequestOut())
def hand_over(request_id: uuid.UUID) -> dict[str, Any]:
    """The link to the copy that was made for a caller, to be handed over. That it was fetched stands in the log of looks."""
    with transaction() as db:
        made = requests.hand_over(db, caller(), request_id)
        return _for_staff(made) | {"copy": answering.link_of(made)}


@blueprint.operation("GET", "/admin/retention/rules", requires("retention.read"), answer=RetentionRulesOut())
def rules() -> dict[str, Any]:
    """What is forgotten after how many days. ZHIWANG_RETENTION sets the days."""
    return {"items": [{"name": one.name, "zh": one.zh, "en": one.en, "days": one.days} for one in RULES.values()]}


@blueprint.operation("GET", "/admin/retention/runs", requires("retention.read"), query=RunsIn(),
                     answer=page_of(RetentionRunOut()))
def runs(query: dict[str, Any]) -> Response:
    """What was forgotten, when and by which rule, the latest first."""
    with reading() as db:
        found = carrying_out.record(db, query.get("cursor"), query["limit"] + 1)
    page = [{"id": one.id, "rule": one.rule, "days": one.days, "count": one.count, "at": one.at}
            for one in found[:query["limit"]]]
    return rows(page, [page[-1]["at"], page[-1]["id"]] if len(found) > len(page) else None)


def _in_wechat(db: Session, body: dict[str, Any]) -> Actor | None:
    """Who has a page of ours open in WeChat, by the session that is shown. Raises Unauthenticated."""
    return sessions.actor_of_access(db, body["wechat"]) if "wechat" in body else None


def _shown(one: DataRequest) -> dict[str, Any]:
    return {"id": one.id, "wish": one.wish, "state": one.state, "asked_at": one.asked_at, "ready_at": one.ready_at,
            "due_at": one.due_at, "ended_at": one.ended_at, "reports": one.reports, "ruling": one.ruling,
            "copy": answering.link_of(one)}


def _for_staff(one: DataRequest) -> dict[str, Any]:
    """Without the link: who may hand the copy over asks for it, and that is logged."""
    return _shown(one) | {"copy": None, "asked_by_id": one.asked_by_id, "reason": one.reason, "overdue": one.is_overdue,
                          "decided_by_id": one.decided_by_id, "decided_at": one.decided_at}
