"""The abuse list for those who keep it, the mark that a report was abuse, and the objection of whoever is on the list."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from api import limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from api.senders import sender
from casework.cases import search
from casework.cases.report import Report
from casework.errors import NotFound
from casework.intake import guard
from casework.intake.guard import book, marks
from casework.intake.guard.book import Effect, Entry
from casework.intake.guard.sender import Kind
from casework.storage.database import reading, transaction

blueprint = Blueprint("abuse", __name__, url_prefix="/api/v1", description="滥用名单 The abuse list")

KINDS = [kind.value for kind in Kind if kind is not Kind.PROVED]


class EntriesIn(PageIn):
    """Which entries."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})
    active = ma.fields.Boolean(metadata={"description": "only those in force, or only those that are over"})
    objected = ma.fields.Boolean(load_default=False, metadata={"description": "only those with an objection to decide"})
    kind = ma.fields.Enum(Kind, by_value=True)


class EntryIn(ma.Schema):
    """Somebody for the list."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    value = Text(200, required=True, metadata={"description":
        "the phone, the device's key, the address or network (203.0.113.0/24), the openid, the id of the app's key"})
    effect = ma.fields.Enum(Effect, by_value=True, required=True)
    reason = Text(200, required=True, metadata={"description": "is told to whoever it is about"})
    until = Moment(metadata={"description": "without it, until somebody ends it"})


class EntryChangeIn(ma.Schema):
    """What is given is changed. An objection is decided by it."""

    effect = ma.fields.Enum(Effect, by_value=True)
    until = Moment()
    reason = Text(200, required=True)


class ReasonIn(ma.Schema):
    """Why."""

    reason = Text(200, required=True)


class EntryOut(ma.Schema):
    """One line of the list."""

    id = ma.fields.UUID()
    kind = ma.fields.String()
    value = ma.fields.String(allow_none=True, metadata={"description": "masked; null where only its index is known"})
    effect = ma.fields.String(metadata={"enum": ["refuse", "hold"]})
    reason = ma.fields.String()
    by_id = ma.fields.UUID(allow_none=True, metadata={"description": "null: by the system, for several abusive reports"})
    since = Moment()
    until = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    active = ma.fields.Boolean()
    objection = ma.fields.String(allow_none=True, metadata={"description": "what whoever it is about says to it"})
    objected_at = Moment(allow_none=True, metadata={"description": "while it waits to be decided"})


class EntryChangeOut(ma.Schema):
    """Something that was done to it."""

    at = Moment()
    actor_name = ma.fields.String()
    what = ma.fields.String(metadata={"enum": ["added", "changed", "ended", "objected", "shown"]})
    words = ma.fields.String()


class EntryWithChangesOut(EntryOut):
    """An entry with its log."""

    changes = ma.fields.List(ma.fields.Nested(EntryChangeOut()))


class ShownOut(ma.Schema):
    """Whom it means."""

    value = ma.fields.String(allow_none=True)


class MarkOut(ma.Schema):
    """A report that is held to be abuse."""

    number = ma.fields.String()
    reason = ma.fields.String()
    at = Moment()
    withdrawn_at = Moment(allow_none=True)


class ObjectionIn(ma.Schema):
    """Why I should not be on the list."""

    entry = ma.fields.UUID(metadata={"description": "from the refusal; without it, the one that is held against the caller"})
    words = Text(book.LONGEST_OBJECTION, required=True)


@blueprint.operation("GET", "/admin/abuse", requires("abuse.manage"), query=EntriesIn(), answer=page_of(EntryOut()))
def entries(query: dict[str, Any]) -> Response:
    """The abuse list, the latest entry first."""
    after = query["cursor"][0] if "cursor" in query else None
    with reading() as db:
        found = book.page(db, caller(), active=query.get("active"), objected=query["objected"], kind=query.get("kind"),
                          after=after, limit=query["limit"] + 1)
        shown = [_plain(one) for one in found[:query["limit"]]]
    return rows(shown, [shown[-1]["id"]] if len(found) > len(shown) else None)


@blueprint.operation("POST", "/admin/abuse", requires("abuse.manage"), body=EntryIn(), answer=EntryOut(), status=201,
                     example={"kind": "phone", "value": "13800000000", "effect": "hold", "reason": "多次虚假上报",
                              "until": "2026-04-01T00:00:00+08:00"})
def add(body: dict[str, Any]) -> dict[str, Any]:
    """Put somebody on the list: `refuse` takes nothing from him, `hold` lets a person look first. He is told either way."""
    with transaction() as db:
        return _plain(book.add(db, caller(), **body | {"kind": Kind(body["kind"])}))


@blueprint.operation("GET", "/admin/abuse/<uuid:entry_id>", requires("abuse.manage"), answer=EntryWithChangesOut())
def entry(entry_id: uuid.UUID) -> dict[str, Any]:
    """An entry, with all that was done to it."""
    with reading() as db:
        found, changes = book.one(db, caller(), entry_id)
        log = [{"at": one.at, "actor_name": one.actor_name, "what": one.what, "words": one.words} for one in changes]
        return _plain(found) | {"changes": log}


@blueprint.operation("POST", "/admin/abuse/<uuid:entry_id>", requires("abuse.manage"), body=EntryChangeIn(), answer=EntryOut(),
                     example={"effect": "hold", "reason": "申诉部分成立"})
def change(entry_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change what happens to him, or until when. An objection that waited is decided by it."""
    with transaction() as db:
        return _plain(book.change(db, caller(), entry_id, **body))


@blueprint.operation("POST", "/admin/abuse/<uuid:entry_id>/end", requires("abuse.manage"), body=ReasonIn(), answer=EntryOut(),
                     example={"reason": "申诉成立"})
def end(entry_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Take him off the list. What was held of his stays on the triage desk."""
    with transaction() as db:
        return _plain(book.end(db, caller(), entry_id, body["reason"]))


@blueprint.operation("POST", "/admin/abuse/<uuid:entry_id>/value", requires("abuse.manage"), body=ReasonIn(),
                     answer=ShownOut(), example={"reason": "核对申诉"})
def value(entry_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Whom an entry means, in plain. The look is written down."""
    with transaction() as db:
        return {"value": book.show(db, caller(), entry_id, body["reason"])}


@blueprint.operation("POST", "/cases/<number>/reports/<report>/abuse", requires("abuse.mark"), body=ReasonIn(),
                     answer=MarkOut(), example={"reason": "现场不存在该问题，照片为网络图片"})
def mark(number: str, report: str, body: dict[str, str]) -> dict[str, Any]:
    """This report was abuse. Several within ZHIWANG_ABUSE_DAYS, and what its sender sends is looked at by a person first.

    Nothing else happens to report and case: to reject is a step of its own. Said again, nothing changes.
    """
    with transaction() as db:
        found = _report(db, number, report)
        return _marked(found, marks.mark(db, caller(), found, body["reason"]))


@blueprint.operation("POST", "/cases/<number>/reports/<report>/abuse/withdraw", requires("abuse.mark"), answer=MarkOut())
def withdraw(number: str, report: str) -> dict[str, Any]:
    """It was none after all: it counts against nobody any more."""
    with transaction() as db:
        found = _report(db, number, report)
        return _marked(found, marks.withdraw(db, caller(), found))


@blueprint.operation("POST", "/citizen/objections", requires("report.create.citizen"), body=ObjectionIn(), limit=limits.logins,
                     problems=("not-found",),
                     example={"entry": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "words": "号码是上月才办的，以前的事与我无关"})
def object_to(body: dict[str, Any]) -> None:
    """Say why I should not be on the list; `entry` stands in the refusal. A supervisor decides.

    Whose report is held may show its tracking token instead.

    409 while an earlier objection waits.
    """
    with transaction() as db:
        known = body.get("entry") or guard.known_as(db, sender(), caller().report_id)
        book.object_to(db, caller(), known, body["words"])


def _report(db: Session, number: str, report: str) -> Report:
    """The report, in a case that the caller may see. Raises NotFound."""
    case = search.find(db, caller(), public_number(number))
    found, counts_in = search.find_report_of_case(db, caller(), public_number(report))
    if counts_in.id != case.id:
        raise NotFound(f"no report {report} in this case")
    return found


def _marked(report: Report, mark: marks.Mark) -> dict[str, Any]:
    return {"number": report.number, "reason": mark.reason, "at": mark.at, "withdrawn_at": mark.withdrawn_at}


def _plain(one: Entry) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "value": one.masked, "effect": one.effect, "reason": one.reason, "by_id": one.by_id,
            "since": one.since, "until": one.until, "ended_at": one.ended_at, "active": one.active,
            "objection": one.objection.open() if one.objection else None, "objected_at": one.objected_at}
