"""领养: what citizens and shops may adopt, what they have adopted, and how they look after it."""
import uuid
from typing import Any

import marshmallow as ma

from api import limits
from api.auth import caller, public, requires
from api.blueprint import Blueprint
from api.choosing import LanguageIn
from api.citizen import StepOut, UploadedIn
from api.fields import TO_WGS84, Moment, Place, Text, Whole
from api.media import shown
from api.wording import language_of
from casework.cases.wording import Language
from casework.community.adoption import adopting, check_ins, components, following, kinds, shops
from casework.community.adoption.adopting import Adoption, Ended
from casework.community.adoption.check_ins import FLAGS, MOST_PHOTOS, CheckIn
from casework.community.adoption.kinds import Kind
from casework.community.adoption.shops import Shop, ShopState
from casework.geography.coordinates import Point
from casework.media import Photo
from casework.notifications import notices
from casework.storage.database import reading, transaction

blueprint = Blueprint("adoptions", __name__, url_prefix="/api/v1/citizen/adoptions", description="领养 Adoption")


class AdoptableKindOut(ma.Schema):
    """A kind of component that may be adopted, and what is expected of whoever does."""

    kind = ma.fields.String(metadata={"description": "code of its category"})
    name = ma.fields.String()
    expects = ma.fields.String()
    check_in_days = ma.fields.Integer(metadata={"description": "how often a check-in is due"})
    lapse_days = ma.fields.Integer(metadata={"description": "after so long without a sign others may adopt it"})
    weather = ma.fields.List(ma.fields.String(), metadata={"description": "of which weather its adopter is reminded"})
    dates = ma.fields.List(ma.fields.String(), metadata={"description": "month and day of which its adopter is reminded"})


class AdoptableKindsOut(ma.Schema):
    """Every kind that may be adopted now."""

    items = ma.fields.List(ma.fields.Nested(AdoptableKindOut()))


class NearIn(LanguageIn):
    """Where to look."""

    lon = ma.fields.Float(required=True, validate=ma.validate.Range(-180, 180))
    lat = ma.fields.Float(required=True, validate=ma.validate.Range(-90, 90))
    system = ma.fields.String(load_default="wgs84", validate=ma.validate.OneOf(list(TO_WGS84)))
    metres = Whole(1, components.FARTHEST_METRES, load_default=300)
    kind = Text(12, metadata={"description": "only of this kind"})


class AdoptableOut(ma.Schema):
    """A component near by. Of its adopters no more than that there are some, and shops that want to be named."""

    id = ma.fields.UUID()
    kind = ma.fields.String()
    name = ma.fields.String()
    code = ma.fields.String(metadata={"description": "serial number beside the kind"})
    lon = ma.fields.Float()
    lat = ma.fields.Float()
    metres = ma.fields.Integer()
    adopted = ma.fields.Boolean(metadata={"description": "已领养: nobody else may"})
    adopters = ma.fields.List(ma.fields.String())


class AdoptablesOut(ma.Schema):
    """The nearest first, a hundred at most; WGS-84."""

    items = ma.fields.List(ma.fields.Nested(AdoptableOut()))


class AdoptIn(ma.Schema):
    """What I adopt, for myself or for a shop of mine."""

    component = ma.fields.UUID(required=True)
    shop = ma.fields.UUID()


class AdoptionOut(ma.Schema):
    """One of my adoptions."""

    id = ma.fields.UUID()
    component = ma.fields.UUID()
    kind = ma.fields.String()
    name = ma.fields.String()
    code = ma.fields.String(metadata={"description": "the whole object code, for reports on it"})
    lon = ma.fields.Float()
    lat = ma.fields.Float()
    expects = ma.fields.String()
    shop = ma.fields.UUID(allow_none=True)
    adopted_at = Moment()
    seen_at = Moment(metadata={"description": "the last sign of care"})
    warned_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    ended = ma.fields.Enum(Ended, by_value=True, allow_none=True)


class CheckInOut(ma.Schema):
    """A check-in as it was kept."""

    id = ma.fields.UUID()
    at = Moment()
    metres = ma.fields.Integer(allow_none=True, metadata={"description": "how far from the component I stood"})
    flags = ma.fields.List(ma.fields.String(), metadata={"description": "what is odd about it, in words"})
    photos = ma.fields.List(ma.fields.String(), metadata={"description": "links, longest side 320 px"})


class CareCaseOut(ma.Schema):
    """A public case on what I look after."""

    number = ma.fields.String()
    category = ma.fields.String(allow_none=True)
    words = ma.fields.String(metadata={"description": "the status in words"})
    opened_at = Moment()
    closed_at = Moment(allow_none=True)


class ShopOut(ma.Schema):
    """A shop that I speak for."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    state = ma.fields.Enum(ShopState, by_value=True)
    shown = ma.fields.String(allow_none=True, metadata={"description": "the name that everybody may read"})
    reason = ma.fields.String(allow_none=True)


class MyAdoptionsOut(ma.Schema):
    """What I have adopted and had, and the shops that I speak for."""

    items = ma.fields.List(ma.fields.Nested(AdoptionOut()))
    news = ma.fields.List(ma.fields.Nested(StepOut()), metadata={"description": "what I was told, the latest first"})
    shops = ma.fields.List(ma.fields.Nested(ShopOut()))


class AdoptionDetailOut(AdoptionOut):
    """One of them with its check-ins and the cases on it."""

    check_ins = ma.fields.List(ma.fields.Nested(CheckInOut()))
    cases = ma.fields.List(ma.fields.Nested(CareCaseOut()))


class CheckInIn(ma.Schema):
    """That I was there. The key is made by the page, so that a resend is harmless."""

    key = ma.fields.UUID(required=True)
    photos = ma.fields.List(ma.fields.Nested(UploadedIn()), required=True, validate=ma.validate.Length(1, MOST_PHOTOS))
    place = Place(metadata={"description": "where I stand; only how far that is from the component is kept"})
    accuracy = ma.fields.Float(load_default=0.0, validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    note = Text(500, metadata={"description": "kept encrypted"})


class ShopIn(ma.Schema):
    """A shop that wants to adopt; somebody looks into it."""

    key = ma.fields.UUID(required=True)
    name = Text(80, required=True, metadata={"description": "kept encrypted"})
    contact = Text(80, required=True, metadata={"description": "kept encrypted: whom to ask, and how"})
    credit_code = Text(18, metadata={"description": "统一社会信用代码, if the register of legal entities has it"})
    wants_name = ma.fields.Boolean(load_default=False, metadata={"description": "show the name, once it was looked at"})


@blueprint.operation("GET", "/kinds", public("what may be adopted is for everybody to know"), query=LanguageIn(),
                     answer=AdoptableKindsOut())
def adoptable_kinds(query: dict[str, Any]) -> dict[str, Any]:
    """What may be adopted, and what is expected of whoever does."""
    language = language_of(query)
    with reading() as db:
        return {"items": [{"kind": one.code, "name": one.name(language), "expects": one.expects(language),
                           "check_in_days": one.check_in_days, "lapse_days": one.lapse_days, "weather": list(one.weather),
                           "dates": list(one.dates)} for one in kinds.current(db).values() if one.active]}


@blueprint.operation("GET", "/near", public("where the city's things stand can be seen in the street"), query=NearIn(),
                     answer=AdoptablesOut(), limit=limits.reports)
def near(query: dict[str, Any]) -> dict[str, Any]:
    """Components near a place that may be adopted, and whether they are."""
    place = TO_WGS84[query["system"]](Point(query["lon"], query["lat"]))
    with reading() as db:
        return {"items": components.near(db, place, metres=query["metres"], kind=query.get("kind"),
                                         language=language_of(query))}


@blueprint.operation("GET", "", requires("adoption.take_part"), query=LanguageIn(), answer=MyAdoptionsOut())
def mine(query: dict[str, Any]) -> dict[str, Any]:
    """What I have adopted and had, the latest first, and the shops that I speak for."""
    with reading() as db:
        known = kinds.current(db)
        return {"items": [_adoption(one, known, language_of(query)) for one in adopting.of(db, caller())],
                "news": [{"at": one.created_at, "words": one.text} for one in notices.told(db, caller())],
                "shops": [_shop(one) for one in shops.of(db, caller())]}


@blueprint.operation("POST", "", requires("adoption.take_part"), body=AdoptIn(), answer=AdoptionOut(), status=201,
                     limit=limits.reports, example={"component": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"})
def adopt(body: dict[str, Any]) -> dict[str, Any]:
    """Adopt a component. 409 when it has been adopted, and for one more than a person may have; again changes nothing."""
    with transaction() as db:
        made = adopting.adopt(db, caller(), body["component"], body.get("shop"))
        return _adoption(made, kinds.current(db), language_of({}))


@blueprint.operation("GET", "/<uuid:adoption>", requires("adoption.take_part"), query=LanguageIn(), answer=AdoptionDetailOut())
def detail(adoption: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """One of my adoptions with its check-ins, and the cases on it in the words of the public."""
    language = language_of(query)
    with reading() as db:
        found = adopting.find(db, caller(), adoption)
        looks = check_ins.of(db, found.id)
        photos = check_ins.photos_of(db, [one.id for one in looks])
        return _adoption(found, kinds.current(db), language) | {
            "check_ins": [_check_in(one, photos.get(one.id, []), language) for one in looks],
            "cases": following.cases_of(db, found, language)}


@blueprint.operation("POST", "/<uuid:adoption>/check-ins", requires("adoption.take_part"), body=CheckInIn(),
                     answer=CheckInOut(), status=201, limit=limits.reports, example={
                         "key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "place": {"lon": 114.0579, "lat": 22.5431},
                         "accuracy": 12, "photos": [{"id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ac", "token": "mF3kq0"}]})
def check_in(adoption: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """I was there: with at least one photo, sent before to `/citizen/photos`. What is odd about it is said, not refused."""
    photos = [(one["id"], one["token"]) for one in body.pop("photos")]
    with transaction() as db:
        made = check_ins.check_in(db, caller(), adoption, photos=photos, **body)
        db.flush()
        return _check_in(made, check_ins.photos_of(db, [made.id]).get(made.id, []), language_of({}))


@blueprint.operation("POST", "/<uuid:adoption>/give-back", requires("adoption.take_part"), answer=AdoptionOut())
def give_back(adoption: uuid.UUID) -> dict[str, Any]:
    """I look after it no longer; somebody else may adopt it."""
    with transaction() as db:
        return _adoption(adopting.give_back(db, caller(), adoption), kinds.current(db), language_of({}))


@blueprint.operation("POST", "/shops", requires("adoption.take_part"), body=ShopIn(), answer=ShopOut(), status=201,
                     limit=limits.reports, example={"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "name": "老张包子铺",
                                                    "contact": "张师傅 13800000000", "wants_name": True})
def propose(body: dict[str, Any]) -> dict[str, Any]:
    """Speak for a shop. It may adopt once a data steward has confirmed it."""
    code = body.pop("credit_code", None)
    with transaction() as db:
        return _shop(shops.propose(db, caller(), code=code, **body))


def flag_words(flags: list[str], language: Language) -> list[str]:
    """Flags of a check-in in words."""
    return [FLAGS[one][0 if language is Language.ZH else 1] for one in flags]


def _adoption(one: Adoption, known: dict[str, Kind], language: Language) -> dict[str, Any]:
    kind = known[one.kind]
    return {"id": one.id, "component": one.component_id, "kind": one.kind, "name": kind.name(language), "code": one.code,
            "lon": one.lon, "lat": one.lat, "expects": kind.expects(language), "shop": one.shop_id,
            "adopted_at": one.adopted_at, "seen_at": one.seen_at, "warned_at": one.warned_at, "ended_at": one.ended_at,
            "ended": one.ended}


def _check_in(one: CheckIn, photos: list[Photo], language: Language) -> dict[str, Any]:
    return {"id": one.id, "at": one.at, "metres": one.metres, "flags": flag_words(one.flags, language),
            "photos": [shown(photo)["small"] for photo in photos]}


def _shop(one: Shop) -> dict[str, Any]:
    return {"id": one.id, "name": one.name.open() if one.name else "", "state": one.state, "shown": one.shown,
            "reason": one.reason}
