"""Reply templates: kept by those who look after reference data, offered to whoever answers a case."""
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from casework.cases import search
from casework.cases.workflow import STEPS
from casework.notifications import replies
from casework.notifications.replies import ReplyTemplate
from casework.storage.database import reading, transaction

blueprint = Blueprint("templates", __name__, url_prefix="/api/v1", description="答复模板 Reply templates")

ACTION = ma.validate.OneOf(list(STEPS))


class TemplateIn(ma.Schema):
    """A sentence for an action on a kind of case. Its text may name {title}, {case}, {department} and {due}."""

    category = Text(12, blank=True, load_default="", metadata={"description": "beginning of a code; empty for all"})
    action = ma.fields.String(required=True, validate=ACTION)
    title = Text(80, required=True)
    text = Text(replies.LONGEST, required=True)


class TemplateOut(ma.Schema):
    """A template as it is kept."""

    id = ma.fields.UUID()
    category = ma.fields.String()
    action = ma.fields.String()
    title = ma.fields.String()
    text = ma.fields.String()
    changed_at = Moment()


class TemplatesIn(PageIn):
    """A page of templates."""

    cursor = Cursor(UUID)
    action = ma.fields.String(validate=ACTION)


class OfferIn(ma.Schema):
    """What I am about to do."""

    action = ma.fields.String(required=True, validate=ACTION)


class OfferOut(ma.Schema):
    """A text filled in for the case."""

    id = ma.fields.UUID()
    category = ma.fields.String()
    title = ma.fields.String()
    text = ma.fields.String()


class OffersOut(ma.Schema):
    """What fits, the narrowest category first."""

    items = ma.fields.List(ma.fields.Nested(OfferOut()))


EXAMPLE = {"category": "10101", "action": "resolve", "title": "井盖复位",
           "text": "{department}已到场处置：{title}。感谢您的反映。"}


@blueprint.operation("GET", "/cases/<number>/templates", requires("templates.read"), query=OfferIn(), answer=OffersOut())
def offered(number: str, query: dict[str, str]) -> dict[str, Any]:
    """Texts for what I am about to do with a case, filled in.

    What the case does not have yet leaves its name in braces standing.
    """
    with reading() as db:
        found = search.find(db, caller(), public_number(number))
        return {"items": replies.offered(db, found, query["action"])}


@blueprint.operation("GET", "/admin/templates", requires("templates.manage"), query=TemplatesIn(),
                     answer=page_of(TemplateOut()))
def templates(query: dict[str, Any]) -> Response:
    """All templates, the oldest first."""
    with reading() as db:
        found, last = replies.listed(db, action=query.get("action"), after=query["cursor"][0] if "cursor" in query else None,
                                     limit=query["limit"])
        return rows([_plain(one) for one in found], (last,) if last else None)


@blueprint.operation("POST", "/admin/templates", requires("templates.manage"), body=TemplateIn(), answer=TemplateOut(),
                     status=201, example=EXAMPLE)
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Keep a new template."""
    with transaction() as db:
        return _plain(replies.keep(db, by=caller().id, **body))


@blueprint.operation("POST", "/admin/templates/<uuid:template>", requires("templates.manage"), body=TemplateIn(),
                     answer=TemplateOut(), example=EXAMPLE)
def change(template: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Put another text in the place of a template's."""
    with transaction() as db:
        return _plain(replies.keep(db, by=caller().id, template_id=template, **body))


@blueprint.operation("POST", "/admin/templates/<uuid:template>/retire", requires("templates.manage"))
def retire(template: UUID) -> None:
    """Offer a template no longer."""
    with transaction() as db:
        replies.retire(db, template, caller().id)


def _plain(one: ReplyTemplate) -> dict[str, Any]:
    return {name: getattr(one, name) for name in TemplateOut().fields}
