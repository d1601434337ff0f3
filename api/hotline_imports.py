"""The hotline's exports: files of tickets with any headings, and the saved mappings by which they are read."""
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response
from werkzeug.datastructures import FileStorage

from api import limits, refusals
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import Uploads, named_in
from api.fields import Moment, Text, encode
from api.media import one_file
from api.wording import worded
from casework.cases.report import Channel
from casework.geography.coordinates import System
from casework.intake.hotline import importing, mappings, sheets
from casework.intake.hotline.columns import FIELDS, LEFT_OUT
from casework.intake.hotline.mappings import Mapping, Wanted
from casework.storage.database import reading, transaction

blueprint = Blueprint("hotline_imports", __name__, url_prefix="/api/v1/hotline",
                      description="12345 工单导入 Exports of the hotline")
blueprint.after_request(refusals.counted(Channel.HOTLINE, import_tickets=""))


class MappingIn(ma.Schema):
    """How files of one kind are read."""

    columns = ma.fields.Dict(keys=Text(200), values=Text(40), load_default=dict, metadata={
        "description": f"heading → {', '.join(FIELDS)}, or `{LEFT_OUT}` to leave it out; else found by the heading"})
    words = ma.fields.Dict(keys=Text(40), values=ma.fields.Dict(keys=Text(200), values=Text(200)), load_default=dict, metadata={
        "description": "field → what a cell says → what is meant: {\"category\": {\"供水问题\": \"301\"}}"})
    system = ma.fields.Enum(System, by_value=True, metadata={"description": "of coordinates; wgs84 unless said"})
    platform = ma.fields.UUID(metadata={
        "description": "the system whose ticket numbers these are, so that what it pushed is known again; else operators' own"})


class NamedMappingIn(MappingIn):
    """A mapping to keep; one of the same name is replaced."""

    name = Text(80, required=True)


class MappingOut(ma.Schema):
    """A saved mapping."""

    name = ma.fields.String()
    columns = ma.fields.Dict()
    words = ma.fields.Dict()
    system = ma.fields.String()
    platform = ma.fields.UUID(allow_none=True)
    changed_at = Moment()


class MappingsOut(ma.Schema):
    """All of them."""

    items = ma.fields.List(ma.fields.Nested(MappingOut()))


class TicketsFileIn(MappingIn):
    """How this file is read: by a saved mapping, and what is said beside it."""

    mapping = Text(80, metadata={"description": "name of a saved mapping"})
    dry_run = ma.fields.Boolean(load_default=False)


class BadRowOut(ma.Schema):
    """What is wrong with a row."""

    row = ma.fields.Integer(metadata={"description": "in the file, whose first is 1"})
    column = ma.fields.String(metadata={"description": "its heading; empty when it is the row"})
    reason = ma.fields.String()


class ErrorFileOut(ma.Schema):
    """The bad rows as a file of the same columns and one more, 错误原因."""

    name = ma.fields.String()
    type = ma.fields.String()
    content = ma.fields.String(metadata={"description": "base64"})


class TicketsImportedOut(ma.Schema):
    """What the import did, or with `dry_run` would do."""

    rows = ma.fields.Integer()
    new = ma.fields.Integer()
    updated = ma.fields.Integer(metadata={"description": "known tickets that said something new: kept beside the report"})
    unchanged = ma.fields.Integer()
    skipped = ma.fields.Integer(metadata={"description": "bad rows"})
    bad = ma.fields.List(ma.fields.Nested(BadRowOut()))
    columns = ma.fields.Dict(metadata={"description": "how each heading was read; null: left out"})
    error_file = ma.fields.Nested(ErrorFileOut(), allow_none=True)


@blueprint.operation("POST", "/imports", requires("tickets.import"), body=TicketsFileIn(), answer=TicketsImportedOut(),
                     uploads=Uploads(field="file", most=1, megabytes=8), limit=limits.reports,
                     example={"mapping": "市12345平台", "columns": {"处理状态": "-"}, "dry_run": True})
def import_tickets(body: dict[str, Any], files: list[FileStorage]) -> Response:
    """Take in an export of the hotline, XLSX or CSV (UTF-8 or GBK): good rows are taken, each bad one is told.

    First with `dry_run`, which says what would become of it. A number that is known is no new report: what it says now and did
    not say before is kept with the caller's data or becomes an internal comment on the case. The same file again changes
    nothing. Bad rows come back as `error_file`: correct it and send it as it is.
    """
    (file,) = one_file(files, "file")
    content, name, actor = file.read(), file.filename or "", caller()
    with reading() as db:
        with named_in("mapping"):
            plan = mappings.plan(db, actor, _wanted(body))
        sheet = sheets.read(db, content, name, plan)
    report = importing.report_of(sheet)
    for batch in importing.batches(sheet):
        with reading() if body["dry_run"] else transaction() as db:
            report.add((importing.tried if body["dry_run"] else importing.take)(db, actor, plan, batch))
    if sheet.bad and not body["dry_run"]:
        with transaction() as db:
            importing.count_refused(db, sheet)
    told = asdict(report)
    return encode(told | {"bad": worded(told["bad"])})


@blueprint.operation("GET", "/mappings", requires("mappings.manage"), answer=MappingsOut())
def saved_mappings() -> dict[str, Any]:
    """The saved mappings, by name."""
    with reading() as db:
        return {"items": [_plain(one) for one in mappings.every(db)]}


@blueprint.operation("POST", "/mappings", requires("mappings.manage"), body=NamedMappingIn(), answer=MappingOut(), example={
    "name": "市12345平台", "columns": {"流水号": "number", "处理状态": "-"}, "words": {"category": {"供水问题": "301"}},
    "system": "gcj02"})
def save_mapping(body: dict[str, Any]) -> dict[str, Any]:
    """Keep a mapping under its name, in the place of the one that was there."""
    with transaction() as db:
        return _plain(mappings.save(db, body["name"], _wanted(body)))


def _wanted(body: dict[str, Any]) -> Wanted:
    return Wanted(mapping=body.get("mapping"), columns=body["columns"], words=body["words"], system=body.get("system"),
                  platform_id=body.get("platform"))


def _plain(one: Mapping) -> dict[str, Any]:
    return {"name": one.name, "columns": one.columns, "words": one.words, "system": one.system, "platform": one.platform_id,
            "changed_at": one.changed_at}
