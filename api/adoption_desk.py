"""领养的后台: kinds and their terms, shops to be confirmed, check-ins that are odd, and notices of weather."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response

from api.adoptions import flag_words
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, Whole, page_of, rows
from api.listing import plain
from api.media import shown
from api.wording import language_of
from casework.community.adoption import care, check_ins, kinds, occasions, shops
from casework.community.adoption.kinds import Kind, Weather
from casework.community.adoption.occasions import Forecast, Occasion
from casework.community.adoption.shops import Shop, ShopState
from casework.identity import privacy
from casework.storage.database import reading, transaction

blueprint = Blueprint("adoption_desk", __name__, url_prefix="/api/v1", description="领养管理 Adoption at the desk")


class AdoptionKindIn(ma.Schema):
    """What is given holds from now on, the rest stays. A new kind needs its names and what is expected."""

    zh = Text(60)
    en = Text(60)
    expects_zh = Text(300)
    expects_en = Text(300)
    check_in_days = Whole(1, 366)
    lapse_days = Whole(1, 1100)
    warn_days = Whole(1, 366)
    weather = ma.fields.List(ma.fields.Enum(Weather, by_value=True), validate=ma.validate.Length(max=len(Weather)))
    dates = ma.fields.List(Text(5), validate=ma.validate.Length(max=50), metadata={"description": "month and day: 11-15"})
    adopters = Whole(1, 20, metadata={"description": "how many may adopt the same component"})
    active = ma.fields.Boolean()


class AdoptionKindOut(ma.Schema):
    """A kind with its terms."""

    code = ma.fields.String()
    zh = ma.fields.String()
    en = ma.fields.String()
    expects_zh = ma.fields.String()
    expects_en = ma.fields.String()
    check_in_days = ma.fields.Integer()
    lapse_days = ma.fields.Integer()
    warn_days = ma.fields.Integer()
    weather = ma.fields.List(ma.fields.String())
    dates = ma.fields.List(ma.fields.String())
    adopters = ma.fields.Integer()
    active = ma.fields.Boolean()


class AdoptionKindsOut(ma.Schema):
    """Every kind, those that are switched off included."""

    items = ma.fields.List(ma.fields.Nested(AdoptionKindOut()))


class OldestFirstIn(PageIn):
    """A page."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})


class AdoptingShopOut(ma.Schema):
    """A shop that waits, or what was decided of it. Its contact is revealed for a reason."""

    id = ma.fields.UUID()
    name = ma.fields.String(allow_none=True)
    entity = ma.fields.UUID(allow_none=True, metadata={"description": "its entry in the register of legal entities"})
    wants_name = ma.fields.Boolean()
    state = ma.fields.Enum(ShopState, by_value=True)
    shown = ma.fields.String(allow_none=True)
    reason = ma.fields.String(allow_none=True)
    made_at = Moment()


class ShopDecisionIn(ma.Schema):
    """What was found."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(["confirm", "refuse"]))
    shown = Text(80, metadata={"description": "the name that everybody may read, if the shop asked for it"})
    reason = Text(300, metadata={"description": "needed to refuse; the shop reads it"})


class ContactIn(ma.Schema):
    """Why I need it; kept in the access log."""

    reason = Text(500, required=True)


class ContactOut(ma.Schema):
    """Whom to ask, and how."""

    contact = ma.fields.String()


class OddCheckInOut(ma.Schema):
    """A check-in with a flag."""

    id = ma.fields.UUID()
    at = Moment()
    kind = ma.fields.String()
    code = ma.fields.String()
    area_code = ma.fields.String(allow_none=True)
    metres = ma.fields.Integer(allow_none=True)
    flags = ma.fields.List(ma.fields.String())
    photos = ma.fields.List(ma.fields.String(), metadata={"description": "links, longest side 320 px"})


class WeatherNoticeIn(ma.Schema):
    """What is expected where and when. No areas: in the whole city."""

    key = ma.fields.UUID(required=True, metadata={"description": "the sender's own, so that a resend is harmless"})
    kind = ma.fields.Enum(Weather, by_value=True, required=True)
    areas = ma.fields.List(Text(15), load_default=[], validate=ma.validate.Length(max=200))
    since = Moment(required=True, data_key="from")
    until = Moment(required=True)
    source = Text(80, required=True)


class WeatherNoticeOut(ma.Schema):
    """A notice, and how many adopters were told."""

    id = ma.fields.UUID()
    kind = ma.fields.String()
    areas = ma.fields.List(ma.fields.String())
    since = Moment(data_key="from")
    until = Moment()
    source = ma.fields.String()
    at = Moment()
    told = ma.fields.Integer()


@blueprint.operation("GET", "/admin/adoption/kinds", requires("adoption.manage"), answer=AdoptionKindsOut())
def all_kinds() -> dict[str, Any]:
    """Every kind that may be adopted, with its terms."""
    with reading() as db:
        return {"items": [_kind(one) for one in kinds.current(db).values()]}


@blueprint.operation("POST", "/admin/adoption/kinds/<code>", requires("adoption.manage"), body=AdoptionKindIn(),
                     answer=AdoptionKindOut(), example={"check_in_days": 30, "lapse_days": 90, "weather": ["snow"],
                                                        "dates": ["11-15"]})
def change_kind(code: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change a kind, or add one by the code of its category; adoptions that there are go on by the new terms."""
    with transaction() as db:
        return _kind(care.change(db, caller(), code, body))


@blueprint.operation("GET", "/admin/adoption/shops", requires("adoption.manage"), query=OldestFirstIn(),
                     answer=page_of(AdoptingShopOut()))
def waiting_shops(query: dict[str, Any]) -> Response:
    """Shops that wait to be confirmed, the oldest first."""
    with reading() as db:
        found, following = shops.waiting(db, query["cursor"][0] if "cursor" in query else None, query["limit"])
        return rows([_shop(one) for one in found], [following] if following else None)


@blueprint.operation("POST", "/admin/adoption/shops/<uuid:shop>", requires("adoption.manage"), body=ShopDecisionIn(),
                     answer=AdoptingShopOut(), example={"decision": "confirm", "shown": "老张包子铺"})
def decide(shop: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Confirm a shop, with the name that may be shown, or refuse it with the reason."""
    confirm = body.pop("decision") == "confirm"
    with transaction() as db:
        return _shop(shops.decide(db, caller(), shop, confirm=confirm, **body))


@blueprint.operation("POST", "/admin/adoption/shops/<uuid:shop>/contact", requires("adoption.manage"), body=ContactIn(),
                     answer=ContactOut(), example={"reason": "核实是否本店"})
def contact(shop: uuid.UUID, body: dict[str, str]) -> dict[str, str]:
    """Whom to ask about a shop; the look is logged."""
    with transaction() as db:
        sealed = shops.contact_of(db, shop)
        return {"contact": privacy.reveal(db, caller(), "adopting_shop", shop, "contact", sealed, reason=body["reason"],
                                          permission="adoption.manage")}


@blueprint.operation("GET", "/admin/adoption/check-ins", requires("adoption.manage"), query=OldestFirstIn(),
                     answer=page_of(OddCheckInOut()))
def odd_check_ins(query: dict[str, Any]) -> Response:
    """Check-ins that somebody should look at, the latest first."""
    language = language_of({})
    with reading() as db:
        found, following = check_ins.flagged(db, query["cursor"][0] if "cursor" in query else None, query["limit"])
        photos = check_ins.photos_of(db, [one.id for one, _ in found])
        return rows([{"id": one.id, "at": one.at, "kind": adoption.kind, "code": adoption.code, "area_code": adoption.area_code,
                      "metres": one.metres, "flags": flag_words(one.flags, language),
                      "photos": [shown(photo)["small"] for photo in photos.get(one.id, [])]} for one, adoption in found],
                    [following] if following else None)


@blueprint.operation("GET", "/weather/notices", requires("weather.notice"), query=OldestFirstIn(),
                     answer=page_of(WeatherNoticeOut()))
def notices(query: dict[str, Any]) -> Response:
    """The notices that came in, the latest first."""
    with reading() as db:
        found, following = occasions.listed(db, query["cursor"][0] if "cursor" in query else None, query["limit"])
    return rows([_notice(one) for one in found], [following] if following else None)


@blueprint.operation("POST", "/weather/notices", requires("weather.notice"), body=WeatherNoticeIn(), answer=WeatherNoticeOut(),
                     status=201, example={"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "kind": "snow", "areas": ["440301"],
                                          "from": "2026-12-01T20:00:00+08:00", "until": "2026-12-02T20:00:00+08:00",
                                          "source": "市气象台"})
def give_notice(body: dict[str, Any]) -> dict[str, Any]:
    """Give notice of weather: whoever has adopted something that it concerns is told once, before."""
    with transaction() as db:
        return _notice(occasions.notice(db, caller(), Forecast(**body)))


def _kind(one: Kind) -> dict[str, Any]:
    return plain(one, AdoptionKindOut) | {"weather": list(one.weather), "dates": list(one.dates)}


def _shop(one: Shop) -> dict[str, Any]:
    return {"id": one.id, "name": one.name.open() if one.name else None, "entity": one.entity_id,
            "wants_name": one.wants_name, "state": one.state, "shown": one.shown, "reason": one.reason, "made_at": one.made_at}


def _notice(one: Occasion) -> dict[str, Any]:
    return {"id": one.id, "kind": one.what, "areas": one.areas, "from": one.since, "until": one.until, "source": one.source,
            "at": one.at, "told": one.told}
