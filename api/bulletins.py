"""Bulletins: to be read on a page, as HTML and as PDF; remarks on them, and how each stands."""
import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, cast
from urllib.parse import quote

import marshmallow as ma
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import CaseNumber, Cursor, Moment, PageIn, Text, page_of, rows
from casework.cases.case import Case
from casework.identity.people import Department, User
from casework.identity.permissions import allowed
from casework.performance.bulletins import bulletin, charts, remarks, tables
from casework.performance.bulletins.bulletin import Bulletin
from casework.performance.bulletins.periods import Kind
from casework.performance.bulletins.remarks import Remark, Stands
from casework.performance.bulletins.tables import Language
from casework.storage.database import reading, transaction

blueprint = Blueprint("bulletins", __name__, url_prefix="/api/v1/bulletins", description="简报 Bulletins")

ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"


class BulletinsIn(PageIn):
    """Which bulletins."""

    cursor = Cursor(str, uuid.UUID, metadata={"description": "`next` of the page before"})
    kind = ma.fields.Enum(Kind, by_value=True)


class LanguageIn(ma.Schema):
    """In which language."""

    language = ma.fields.String(load_default="zh", validate=ma.validate.OneOf(["zh", "en"]))


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
    """One part: what is said, and the table below its chart."""

    code = ma.fields.String()
    heading = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    sentences = ma.fields.List(ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String()))
    headings = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()))
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
    after = query.get("cursor")
    with reading() as db:
        found = bulletin.page(db, query.get("kind"), (_day(after[0]), after[1]) if after else None, query["limit"] + 1)
        counts = remarks.open_counts(db, [one.id for one in found])
    page = [_row(one, counts.get(one.id, 0)) for one in found[:query["limit"]]]
    return rows(page, [str(page[-1]["until"]), page[-1]["id"]] if len(found) > len(page) else None)


@blueprint.operation("GET", "/remarks", requires("remarks.answer"), answer=RemarksOut())
def waiting() -> dict[str, Any]:
    """Leaders' remarks that wait for my answer or my department's, what is due first on top."""
    with reading() as db:
        return {"items": _remarks(db, remarks.open_for(db, caller()))}


@blueprint.operation("POST", "/remarks/<uuid:remark_id>/answer", requires("remarks.answer"), body=AnswerIn(),
                     answer=RemarkOut(), example={"words": "已会同街道增派人手，本周内清零。"})
def answer(remark_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Answer a leader's remark that is mine or my department's. 409 when it is answered."""
    with transaction() as db:
        (shown,) = _remarks(db, [remarks.answer(db, caller(), remark_id, body["words"])])
        return shown


@blueprint.operation("GET", "/<uuid:bulletin_id>", requires("bulletins.read"), answer=BulletinOut())
def one(bulletin_id: uuid.UUID) -> dict[str, Any]:
    """A bulletin: what changed in sentences, its tables, and how the remarks on it stand."""
    with reading() as db:
        made = bulletin.find(db, bulletin_id)
        said = _remarks(db, remarks.of_bulletin(db, made.id))
    waits = sum(each["stands"] is not Stands.ANSWERED for each in said)
    return _row(made, waits) | {
        "sections": [{"code": each["code"], "heading": {"zh": each["zh"], "en": each["en"]}, "sentences": each["sentences"],
                      "headings": {"zh": tables.headings("zh"), "en": tables.headings("en")}, "rows": tables.rows(each, "zh")}
                     for each in made.content["sections"]],
        "remarks": said, "may_remark": allowed(caller(), "bulletins.remark")}


@blueprint.operation("GET", "/<uuid:bulletin_id>/charts/<section>", requires("bulletins.read"), query=LanguageIn(),
                     media_type="image/svg+xml")
def chart(bulletin_id: uuid.UUID, section: str, query: dict[str, str]) -> Response:
    """The chart of a section, as SVG."""
    with reading() as db:
        drawn = charts.of(bulletin.section(bulletin.find(db, bulletin_id), section), cast("Language", query["language"]))
    return Response(charts.as_svg(drawn), mimetype="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


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
        (shown,) = _remarks(db, [made])
        return shown


def _row(made: Bulletin, remarks_open: int) -> dict[str, Any]:
    return {"id": made.id, "kind": made.kind, "since": made.since, "until": made.until, "title": made.content["title"],
            "lead": made.lead, "remarks_open": remarks_open, "made_at": made.made_at}


def _remarks(db: Session, found: Iterable[Remark]) -> list[dict[str, Any]]:
    """As RemarkOut has them: names by three queries, however many there are."""
    found = list(found)
    people = {one for each in found for one in (each.by_id, each.user_id, each.answered_by_id) if one}
    names: dict[Any, str] = dict(db.execute(select(User.id, User.name).where(User.id.in_(people))).all()) if people else {}
    for model, ids in ((Department, {one.department_id for one in found}), (Case, {one.case_id for one in found})):
        shown = Case.number if model is Case else Department.name
        if wanted := ids - {None}:
            names |= dict(db.execute(select(model.id, shown).where(model.id.in_(wanted))).all())
    return [{"id": one.id, "bulletin_id": one.bulletin_id, "section": one.section, "words": one.words,
             "by": names.get(one.by_id, ""), "at": one.at, "department": names.get(one.department_id),
             "user": names.get(one.user_id), "case": names.get(one.case_id), "due": one.due, "stands": one.stands,
             "answer": one.answer, "answered_by": names.get(one.answered_by_id), "answered_at": one.answered_at,
             "may_answer": one.case_id is None and one.answered_at is None and remarks.may_answer(caller(), one)}
            for one in found]


def _saved(made: Bulletin, language: Language, content: bytes, ending: str, media_type: str) -> Response:
    name = quote(f"{made.content['title'][language]}.{ending}")
    return Response(content, content_type=f"{media_type}; charset=utf-8" if ending == "html" else media_type, headers={
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "private, max-age=86400"})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ma.ValidationError({"cursor": ["is not a cursor of this list"]}) from None
