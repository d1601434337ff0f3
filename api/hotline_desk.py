"""The operators' desk: what helps whoever has a caller on the telephone. The tickets themselves: hotline.py."""
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Moment, Place, Text, Whole, encode
from casework.geography.coordinates import Point
from casework.intake.hotline import desk
from casework.storage.database import reading, transaction

blueprint = Blueprint("hotline_desk", __name__, url_prefix="/api/v1/hotline", description="话务台 The operators' desk")


class CallerIn(ma.Schema):
    """Who calls, from where, or both: not everybody shows a number."""

    phone = Text(32)
    reason = Text(200, load_default="来电", metadata={"description": "kept in the access log"})
    lon = ma.fields.Float(validate=ma.validate.Range(-180, 180), metadata={"description": "WGS-84"})
    lat = ma.fields.Float(validate=ma.validate.Range(-90, 90))
    metres = Whole(1, desk.FARTHEST, load_default=300)

    @ma.validates_schema
    def _whole_place(self, data: dict[str, Any], **_: Any) -> None:
        if ("lon" in data) != ("lat" in data):
            raise ma.ValidationError("must be given with the other", "lat" if "lon" in data else "lon")
        if "lon" not in data and "phone" not in data:
            raise ma.ValidationError("must be given, or a place", "phone")


class EarlierOut(ma.Schema):
    """What came from this phone before."""

    number = ma.fields.String()
    ticket = ma.fields.String(allow_none=True)
    channel = ma.fields.String()
    received_at = Moment()
    text = ma.fields.String()
    address = ma.fields.String(allow_none=True)
    confidential = ma.fields.Boolean()
    case = ma.fields.String(allow_none=True)
    status = ma.fields.String(allow_none=True)


class NearOut(ma.Schema):
    """An open case near the place."""

    number = ma.fields.String()
    title = ma.fields.String()
    status = ma.fields.String()
    category_code = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    opened_at = Moment()
    report_count = ma.fields.Integer()
    metres = ma.fields.Integer()
    lon = ma.fields.Float()
    lat = ma.fields.Float()


class CallerOut(ma.Schema):
    """What helps whoever has the caller on the telephone."""

    reports = ma.fields.List(ma.fields.Nested(EarlierOut()))
    near = ma.fields.List(ma.fields.Nested(NearOut()))


@blueprint.operation("POST", "/caller", requires("callers.read"), body=CallerIn(), answer=CallerOut(),
                     example={"phone": "13800138000", "lon": 114.0579, "lat": 22.5431})
def who_calls(body: dict[str, Any]) -> Response:
    """What the caller reported before, the latest first, and with a place the open cases near by, the nearest first.

    The look is kept in the access log. What was said in confidence is there for whoever took it, and for supervisors. The
    phone is in the body: addresses are written down by every proxy on the way.
    """
    with transaction() as db:
        reports = desk.of_caller(db, caller(), body["phone"], body["reason"]) if "phone" in body else []
        near = desk.near(db, caller(), Point(body["lon"], body["lat"]), body["metres"]) if "lon" in body else []
    return encode({"reports": reports, "near": near})


class HeardIn(ma.Schema):
    """What the caller said so far."""

    text = Text(20_000, required=True)


class AboutOut(ma.Schema):
    """A category that it may be about."""

    code = ma.fields.String()
    name = ma.fields.String(metadata={"description": "with the classes above it"})
    confidence = ma.fields.Float(metadata={"description": "0 to 1"})
    sure = ma.fields.Boolean(metadata={"description": "triage would take it for this without a person"})


class AboutsOut(ma.Schema):
    """The likeliest first, three at most."""

    items = ma.fields.List(ma.fields.Nested(AboutOut()))


@blueprint.operation("POST", "/suggestions", requires("callers.read"), body=HeardIn(), answer=AboutsOut(),
                     kilobytes=128, example={"text": "小区停水，从早上开始"})
def suggestions(body: dict[str, str]) -> dict[str, Any]:
    """While an operator writes down what is said: which categories it may be. Nothing is kept of what was asked."""
    with reading() as db:
        return {"items": desk.guesses(db, body["text"])}


class AddressIn(ma.Schema):
    """Where it is, in the caller's words."""

    address = Text(300, required=True)


class WhereOut(ma.Schema):
    """What is known of an address; `place` (WGS-84) and `area` are null where it names nothing that we know."""

    place = Place(allow_none=True)
    area = ma.fields.String(allow_none=True, metadata={"description": "its name, the city first"})
    sure = ma.fields.Boolean(metadata={"description": "triage would go by it"})


@blueprint.operation("GET", "/place", requires("callers.read"), query=AddressIn(), answer=WhereOut())
def where(query: dict[str, str]) -> Response:
    """Where an address lies, as triage would understand it."""
    with reading() as db:
        return encode(desk.where(db, query["address"]))
