"""Lists as files: asked for here, written in the background when long, fetched when done."""
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, encode, page_of, rows
from casework.exports import export, writing
from casework.exports.export import MOST_ROWS, SMALL, Export, Form, State
from casework.exports.listing import Asked
from casework.exports.lists import LISTS
from casework.identity.permissions import allowed, opens
from casework.storage.database import reading, transaction

blueprint = Blueprint("exports", __name__, url_prefix="/api/v1/exports", description="导出 Lists as files")

TYPES = {Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Form.CSV: "text/csv; charset=utf-8"}


class ExportIn(ma.Schema):
    """Which list, in which form, narrowed to what."""

    table = ma.fields.String(required=True, validate=ma.validate.OneOf(list(LISTS)))
    format = ma.fields.Enum(Form, by_value=True, load_default=Form.XLSX)
    query = ma.fields.Dict(keys=Text(40), values=Text(200), load_default=dict, metadata={
        "description": "filters as the list's page has them, as text; GET /exports/lists names those of each list"})
    language = ma.fields.String(load_default="zh", validate=ma.validate.OneOf(["zh", "en"]))
    plain = ma.fields.Boolean(load_default=False, metadata={
        "description": "names and phones without masks, where I may see them so; needs a reason, and is logged"})
    reason = Text(500)


class ExportOut(ma.Schema):
    """How far it is."""

    id = ma.fields.UUID()
    table = ma.fields.String()
    format = ma.fields.Enum(Form, by_value=True)
    name = ma.fields.String(metadata={"description": "of the file"})
    plain = ma.fields.Boolean()
    state = ma.fields.Enum(State, by_value=True)
    done = ma.fields.Integer(metadata={"description": "rows that are written"})
    total = ma.fields.Integer(allow_none=True, metadata={"description": "rows as counted at the beginning; null before"})
    bytes = ma.fields.Integer(allow_none=True)
    fault = ma.fields.String(allow_none=True, metadata={"description": "cancelled, too_long, or what went wrong"})
    asked_at = Moment()
    ended_at = Moment(allow_none=True)
    expires_at = Moment(metadata={"description": "when the file goes"})


class ExportsIn(PageIn):
    """A page of my exports."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class ListOut(ma.Schema):
    """A list that I may export."""

    table = ma.fields.String()
    zh = ma.fields.String()
    en = ma.fields.String()
    filters = ma.fields.List(ma.fields.String())
    needs = ma.fields.List(ma.fields.String(), metadata={"description": "filters that must be given"})
    plain = ma.fields.Boolean(metadata={"description": "I may have names and phones in it without masks"})
    most = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), metadata={"description": "rows, by format"})


class ListsOut(ma.Schema):
    """All lists that I may export."""

    items = ma.fields.List(ma.fields.Nested(ListOut()))


EXAMPLE = {"table": "cases", "format": "xlsx", "query": {"status": "handling", "area": "440301"}}


@blueprint.operation("GET", "/lists", requires("exports.make"), answer=ListsOut())
def lists() -> dict[str, Any]:
    """Which lists I may export, and what each is narrowed by."""
    return {"items": [
        {"table": one.name, "zh": one.zh, "en": one.en, "filters": sorted(one.filters), "needs": sorted(one.needs),
         "plain": one.personal and allowed(caller(), "exports.plain"), "most": dict(MOST_ROWS)}
        for one in LISTS.values() if opens(caller(), one.permission)]}


@blueprint.operation("POST", "", requires("exports.make"), body=ExportIn(), answer=ExportOut(), status=202, example=EXAMPLE)
def ask(body: dict[str, Any]) -> Response:
    """Ask for a list as a file, with the rows that I may see. 201 when it is done at once, else 202: look again.

    Personal data stay masked unless asked for in plain. Each export stands in the log of looks.
    """
    with transaction() as db:
        made = export.ask(db, caller(), body["table"], body["format"], body["query"], language=body["language"],
                          plain=body["plain"], reason=body.get("reason"))
        listing = LISTS[made.listing]
        made.total = listing.count(db, Asked(caller(), listing.read(made.query)), SMALL + 1)
        small = made.total <= SMALL
        if not small:
            made.total = None
            export.announce(db, made)
    if not small:
        return encode(_shown(made), 202)
    writing.run(made.id)
    with reading() as db:
        return encode(_shown(export.find(db, caller(), made.id)), 201)


@blueprint.operation("GET", "", requires("exports.make"), query=ExportsIn(), answer=page_of(ExportOut()))
def mine(query: dict[str, Any]) -> Response:
    """My exports, the latest first."""
    with reading() as db:
        found = export.page(db, caller(), query.get("cursor"), query["limit"] + 1)
    page = [_shown(one) for one in found[:query["limit"]]]
    return rows(page, [page[-1]["asked_at"], page[-1]["id"]] if len(found) > len(page) else None)


@blueprint.operation("GET", "/<uuid:export_id>", requires("exports.make"), answer=ExportOut())
def one(export_id: uuid.UUID) -> dict[str, Any]:
    """How far an export of mine is."""
    with reading() as db:
        return _shown(export.find(db, caller(), export_id))


@blueprint.operation("POST", "/<uuid:export_id>/cancel", requires("exports.make"), answer=ExportOut())
def cancel(export_id: uuid.UUID) -> dict[str, Any]:
    """It is not wanted any more. 409 when it has ended."""
    with transaction() as db:
        return _shown(export.cancel(db, caller(), export_id))


@blueprint.operation("GET", "/<uuid:export_id>/file", requires("exports.make"), media_type="application/octet-stream",
                     problems=("conflict", "gone"))
def file(export_id: uuid.UUID) -> Response:
    """The file: XLSX, or CSV in UTF-8 with a mark by which Excel knows it. 409 while it is not done, 410 when it is gone."""
    with reading() as db:
        made, pieces = export.file(db, caller(), export_id)
    response = Response(pieces, content_type=TYPES[made.form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(made.file_name)}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _shown(one: Export) -> dict[str, Any]:
    return {"id": one.id, "table": one.listing, "format": one.form, "name": one.file_name, "plain": one.plain,
            "state": one.state, "done": one.done, "total": one.total, "bytes": one.bytes, "fault": one.fault,
            "asked_at": one.asked_at, "ended_at": one.ended_at, "expires_at": one.expires_at}
