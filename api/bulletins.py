"""Bulletins: to be read on a page, as HTML and as PDF; remarks on them, and how each stands."""
import uuid
from datetime import date
from typing import Any, cast
from urllib.parse import quote

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import CaseNumber, Cursor, Moment, PageIn, Text, page_of, rows
from casework.identity.permissions import allowed
from casework.performance.bulletins import bulletin, charts, remarks, tables
from casework.performance.bulletins.bulletin import Bulletin
from casework.performance.bulletins.periods import Kind
from casework.performance.bulletins.remarks import Stands
from casework.performance.bulletins.tables import Language
from casework.storage.database import reading, transaction

blueprint = Blueprint("bulletins", __name__, url_prefix="/api/v1/bulletins", description="简报 Bulletins")

ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"


class BulletinsIn(PageIn):
    """Which bulletins."""

    cursor = Cursor(date, uuid.UUID, metadata={"description": "`next` of the page before"})
    kind = ma.fields.Enum(Kind, by_value=True)


class LanguageIn(ma.Schema):
    """In which language."""

    language = ma.fields.String(load_default="zh", validate=ma.validate.OneOf(["zh", "en"]))


class BulletinIn(LanguageIn):
    """How it is to be shown."""

    narrow = ma.fields.Boolean(load_default=False, metadata={"description": "charts for the screen of a phone"})


class BulletinRowOut(ma.Schema):
    """A bulletin in a list. Days are the city's; `until` is not in it."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Kind, by_value=True)
    since = ma.fields.Date()
    until = ma.fields.Date()
    title = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    lead = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), metadata={"description": "its first sentence"})
    remarks_open = ma.fields.Integer()
    made_at = Moment()


class RemarkOut(ma.Schema):
    """What a leader remarked, whose it is, and how it stands."""

    id = ma.fields.UUID()
    bulletin_id = ma.fields.UUID()
    section = ma.fields.String(allow_none=True, metadata={"description": "code of the section; null for the whole"})
    words = ma.fields.String()
    by = ma.fields.String()
    at = Moment()
    department = ma.fields.String(allow_none=True)
    user = ma.fields.String(allow_none=True)
    case = ma.fields.String(allow_none=True, metadata={"description": "the case that is supervised by it"})
    due = ma.fields.Date()
    stands = ma.fields.Enum(Stands, by_value=True)
    answer = ma.fields.String(allow_none=True)
    answered_by = ma.fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    may_answer = ma.fields.Boolean(metadata={"description": "I am to answer it"})


class SectionOut(ma.Schema):
    """One part, in the language that was asked for: what is said, its chart, and the table below it."""

    code = ma.fields.String()
    heading = ma.fields.String()
    sentences = ma.fields.List(ma.fields.String())
    chart = ma.fields.String(metadata={"description": "SVG, to be shown as a picture; the table holds its numbers"})
    headings = ma.fields.List(ma.fields.String())
    rows = ma.fields.List(ma.fields.List(ma.fields.String()))


class BulletinOut(BulletinRowOut):
    """A bulletin with all that it says, and the remarks on it."""

    sections = ma.fields.List(ma.fields.Nested(SectionOut()))
    remarks = ma.fields.List(ma.fields.Nested(RemarkOut()))
    may_remark = ma.fields.Boolean()


class RemarksOut(ma.Schema):
    """Remarks that wait for my answer."""

    items = ma.fields.List(ma.fields.Nested(RemarkOut()))


class RemarkIn(ma.Schema):
    """What is remarked, and who is to answer by when: one of department, person and case."""

    words = Text(1000, required=True)
    section = Text(20)
    department = ma.fields.UUID()
    user = ma.fields.UUID()
    case = CaseNumber()
    due = ma.fields.Date(required=True)


class AnswerIn(ma.Schema):
    """The answer."""

    words = Text(2000, required=True)


@blueprint.operation("GET", "", requires("bulletins.read"), query=BulletinsIn(), answer=page_of(BulletinRowOut()))
def bulletins(query: dict[str, Any]) -> Response:
    """Bulletins that appeared, the latest first."""
    with reading() as db:
        found = bulletin.page(db, query.get("kind"), query.get("cursor"), query["limit"] + 1)
        counts = remarks.open_counts(db, [one.id for one in found])
    page = [_row(one, counts.get(one.id, 0)) for one in found[:query["limit"]]]
    return rows(page, [page[-1]["until"], page[-1]["id"]] if len(found) > len(page) else None)


@blueprint.operation("GET", "/remarks", requires("remarks.answer"), answer=RemarksOut())
def waiting() -> dict[str, Any]:
    """Leaders' remarks that wait for my answer or my department's, what is due first on top."""
    with reading() as db:
        return {"items": remarks.open_for(db, caller())}


@blueprint.operation("POST", "/remarks/<uuid:remark_id>/answer", requires("remarks.answer"), body=AnswerIn(),
                     answer=RemarkOut(), example={"words": "已会同街道增派人手，本周内清零。"})
def answer(remark_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Answer a leader's remark that is mine or my department's. 409 when it is answered."""
    with transaction() as db:
        answered = remarks.answer(db, caller(), remark_id, body["words"])
        db.flush()
        return remarks.one(db, caller(), answered)


@blueprint.operation("GET", "/<uuid:bulletin_id>", requires("bulletins.read"), query=BulletinIn(), answer=BulletinOut())
def one(bulletin_id: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """A bulletin in one answer: what changed in sentences, its charts and tables, and how the remarks on it stand."""
    language = cast("Language", query["language"])
    with reading() as db:
        made = bulletin.find(db, bulletin_id)
        said = remarks.of_bulletin(db, caller(), made.id)
    waits = sum(each["stands"] is not Stands.ANSWERED for each in said)
    return _row(made, waits) | {
        "sections": [{"code": each["code"], "heading": each[language], "headings": tables.headings(language),
                      "sentences": [sentence[language] for sentence in each["sentences"]],
                      "chart": charts.as_svg(charts.of(each, language, narrow=query["narrow"])),
                      "rows": tables.rows(each, language)}
                     for each in made.content["sections"]],
        "remarks": said, "may_remark": allowed(caller(), "bulletins.remark")}


@blueprint.operation("GET", "/<uuid:bulletin_id>/page", requires("bulletins.read"), query=LanguageIn(), media_type="text/html")
def page(bulletin_id: uuid.UUID, query: dict[str, str]) -> Response:
    """The bulletin as one HTML page that opens anywhere."""
    language = cast("Language", query["language"])
    with reading() as db:
        made = bulletin.find(db, bulletin_id)
    return _saved(made, language, bulletin.as_page(made, language).encode(), "html", "text/html")


@blueprint.operation("GET", "/<uuid:bulletin_id>/pdf", requires("bulletins.read"), query=LanguageIn(),
                     media_type="application/pdf")
def paper(bulletin_id: uuid.UUID, query: dict[str, str]) -> Response:
    """The bulletin as PDF."""
    language = cast("Language", query["language"])
    with reading() as db:
        made = bulletin.find(db, bulletin_id)
    return _saved(made, language, bulletin.on_paper(made, language), "pdf", "application/pdf")


@blueprint.operation("POST", "/<uuid:bulletin_id>/remarks", requires("bulletins.remark"), body=RemarkIn(), answer=RemarkOut(),
                     status=201, example={"words": "超期率连续上升，请说明原因。", "section": "department", "due": "2026-03-09",
                                          "department": ID})
def remark(bulletin_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Remark on a bulletin: a task for a department or a person, or an order on a case, until it is answered."""
    with transaction() as db:
        made = remarks.make(db, caller(), bulletin_id, body.pop("words"), due=body.pop("due"), **body)
        return remarks.one(db, caller(), made)


def _row(made: Bulletin, remarks_open: int) -> dict[str, Any]:
    return {"id": made.id, "kind": made.kind, "since": made.since, "until": made.until, "title": made.content["title"],
            "lead": made.lead, "remarks_open": remarks_open, "made_at": made.made_at}


def _saved(made: Bulletin, language: Language, content: bytes, ending: str, media_type: str) -> Response:
    name = quote(f"{made.content['title'][language]}.{ending}")
    return Response(content, content_type=f"{media_type}; charset=utf-8" if ending == "html" else media_type, headers={
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "private, max-age=86400"})
