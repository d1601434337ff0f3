"""Keys for apps that speak Open311: asked for, given out, and taken back."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response

from api import limits
from api.auth import Access, caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, Whole, page_of, rows
from api.listing import plain
from casework.identity.sessions import api_keys
from casework.storage.database import reading, transaction

blueprint = Blueprint("api_keys", __name__, url_prefix="/api/v1/open311", description="开放接口密钥 Keys for Open311")

ANYBODY = Access(None, "whoever builds an app asks for a key, and an administrator says yes", identifies=True, anonymous=True)


class ApplicationIn(ma.Schema):
    """An app, and who answers for it."""

    name = Text(80, required=True, metadata={"description": "what people know the app by"})
    contact = Text(200, required=True, metadata={"description": "whom to write to; kept encrypted"})


class ApiKeyIn(ApplicationIn):
    """An app that an administrator lets in."""

    per_minute = Whole(1, 10_000, load_default=api_keys.USUAL_RATE, metadata={"description": "reports it may send"})


class RateIn(ma.Schema):
    """How often."""

    per_minute = Whole(1, 10_000, load_default=api_keys.USUAL_RATE, metadata={"description": "reports it may send"})


class WhyIn(ma.Schema):
    """Why somebody looks."""

    reason = Text(500, required=True)


class ApiKeyOut(ma.Schema):
    """A key, or an application for one; in force from approved_at until revoked_at."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    per_minute = ma.fields.Integer()
    created_at = Moment()
    approved_at = Moment(allow_none=True)
    revoked_at = Moment(allow_none=True)


class NewApiKeyOut(ApiKeyOut):
    """The key is shown this once."""

    api_key = ma.fields.String()


class ContactOut(ma.Schema):
    """Whom to write to."""

    contact = ma.fields.String()


class ApiKeysIn(PageIn):
    """A page of keys."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})


@blueprint.operation("POST", "/applications", ANYBODY, body=ApplicationIn(), answer=NewApiKeyOut(), status=201,
                     limit=limits.logins, example={"name": "随手报", "contact": "dev@example.org"})
def apply(body: dict[str, str]) -> dict[str, Any]:
    """Ask for a key: it is shown this once, and works as soon as an administrator has approved it."""
    with transaction() as db:
        made, key = api_keys.apply(db, body["name"], body["contact"])
    return plain(made, ApiKeyOut) | {"api_key": key}


@blueprint.operation("POST", "/keys", requires("clients.manage"), body=ApiKeyIn(), answer=NewApiKeyOut(), status=201,
                     example={"name": "随手报", "contact": "dev@example.org", "per_minute": 60})
def make(body: dict[str, Any]) -> dict[str, Any]:
    """Give an app a key that works at once; it is shown this once."""
    with transaction() as db:
        made, key = api_keys.make(db, caller(), body["name"], body["contact"], body["per_minute"])
    return plain(made, ApiKeyOut) | {"api_key": key}


@blueprint.operation("GET", "/keys", requires("clients.manage"), query=ApiKeysIn(), answer=page_of(ApiKeyOut()))
def keys(query: dict[str, Any]) -> Response:
    """Keys and applications, in the order they came."""
    with reading() as db:
        found = api_keys.page(db, caller(), query["cursor"][0] if "cursor" in query else None, query["limit"] + 1)
    shown = [plain(one, ApiKeyOut) for one in found[:query["limit"]]]
    return rows(shown, [shown[-1]["id"]] if len(found) > len(shown) else None)


@blueprint.operation("POST", "/keys/<uuid:key_id>/approve", requires("clients.manage"), body=RateIn(), answer=ApiKeyOut(),
                     example={"per_minute": 60})
def approve(key_id: uuid.UUID, body: dict[str, int]) -> dict[str, Any]:
    """The app may send reports from now on. Said again, it changes how many."""
    with transaction() as db:
        return plain(api_keys.approve(db, caller(), key_id, body["per_minute"]), ApiKeyOut)


@blueprint.operation("POST", "/keys/<uuid:key_id>/revoke", requires("clients.manage"), answer=ApiKeyOut())
def revoke(key_id: uuid.UUID) -> dict[str, Any]:
    """The key stops now; an application is turned down."""
    with transaction() as db:
        return plain(api_keys.revoke(db, caller(), key_id), ApiKeyOut)


@blueprint.operation("POST", "/keys/<uuid:key_id>/contact", requires("clients.manage"), body=WhyIn(), answer=ContactOut(),
                     example={"reason": "大量重复上报"})
def contact(key_id: uuid.UUID, body: dict[str, str]) -> dict[str, str]:
    """Whom to write to about a key. The look is written down."""
    with transaction() as db:
        return {"contact": api_keys.contact(db, caller(), key_id, body["reason"])}
