"""One problem, one case: what is like a case or a report that is about to be sent, with reasons, and the decision about it."""
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Moment, Place, Text
from casework import taxonomy
from casework.cases import duplicates, sameness, search
from casework.cases.duplicates import Similar, State
from casework.cases.sameness import Asked
from casework.storage.database import reading, transaction

blueprint = Blueprint("duplicates", __name__, url_prefix="/api/v1", description="并案 One problem, one case")


class SimilarOut(ma.Schema):
    """A case that may be the same problem."""

    number = ma.fields.String()
    status = ma.fields.String()
    title = ma.fields.String()
    category = ma.fields.String(allow_none=True)
    opened_at = Moment()
    report_count = ma.fields.Integer()
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    score = ma.fields.Float(metadata={"description": "0 to 1: how sure"})
    reasons = ma.fields.List(ma.fields.String())
    joins = ma.fields.Boolean(metadata={"description": "a report with these reasons would join by itself"})
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "what a person decided about the two"})


class SimilarsOut(ma.Schema):
    """The likeliest first."""

    items = ma.fields.List(ma.fields.Nested(SimilarOut()))


class AskIn(ma.Schema):
    """What I am about to report. A place or an address is needed to find more than what was said in nearly the same words."""

    text = Text(4000, required=True)
    title = Text(200)
    place = Place()
    address = Text(300)
    category = Text(12, metadata={"description": "code of the taxonomy, where the page offered them"})


class PublicOut(ma.Schema):
    """An open case as everybody may know of it: nothing of what its reporters said, and no exact place."""

    words = ma.fields.String(metadata={"description": "where it stands"})
    category = ma.fields.String(allow_none=True)
    area = ma.fields.String(allow_none=True)
    opened_at = Moment()
    report_count = ma.fields.Integer()
    score = ma.fields.Float(metadata={"description": "likely (the mark for joining) or perhaps (the mark for proposing)"})
    reasons = ma.fields.List(ma.fields.String())
    same_as = ma.fields.String(metadata={"description": "send it with the report to say that it is this problem"})


class PublicsOut(ma.Schema):
    """The likeliest first, five at most."""

    items = ma.fields.List(ma.fields.Nested(PublicOut()))


def asking() -> str:
    """Somebody who types asks a few times; nobody reads the city's cases one by one."""
    return "30 per minute"


@blueprint.operation("GET", "/cases/<number>/similar", requires("case.read"), answer=SimilarsOut())
def similar(number: str) -> dict[str, Any]:
    """Cases that may be the same problem as this one, with the reasons: what is found now, and what was proposed before.

    To join two, merge one into the other (`POST /cases/{number}/merge`); to keep them apart, decline.
    """
    with reading() as db:
        found = search.find(db, caller(), public_number(number))
        by_code = taxonomy.catalogue(db).by_code
        return {"items": [_plain(one, by_code) for one in duplicates.similar(db, found) if search.may_see(caller(), one.case)]}


@blueprint.operation("POST", "/cases/<number>/similar/<other>/decline", requires("duplicates.decide"), answer=SimilarsOut())
def decline(number: str, other: str) -> dict[str, Any]:
    """These are two problems: the one is not proposed for the other again. Answers what is left to look at.

    404 when nothing has proposed the pair, 409 when they were merged.
    """
    with transaction() as db:
        found = search.find(db, caller(), public_number(number), to_change=True)
        duplicates.decline(db, found, search.find(db, caller(), public_number(other)), caller())
        db.flush()
        by_code = taxonomy.catalogue(db).by_code
        return {"items": [_plain(one, by_code) for one in duplicates.similar(db, found) if search.may_see(caller(), one.case)]}


@blueprint.operation("POST", "/citizen/similar", requires("report.create.citizen"), body=AskIn(), answer=PublicsOut(),
                     limit=asking, example={"text": "路边的井盖没了，很危险", "place": {"lon": 114.0579, "lat": 22.5431}})
def like(body: dict[str, Any]) -> dict[str, Any]:
    """Before reporting: is it known already? Nothing is kept of what was asked."""
    with reading() as db:
        return {"items": [vars(one) for one in sameness.ask(db, Asked(**body))]}


def _plain(one: Similar, by_code: dict[str, taxonomy.Category]) -> dict[str, Any]:
    category = by_code.get(one.case.category_code or "")
    return {"number": one.case.number, "status": one.case.status, "title": one.case.title,
            "category": category.name if category else None, "opened_at": one.case.opened_at,
            "report_count": one.case.report_count, "lon": one.case.lon, "lat": one.case.lat, "score": round(one.score, 2),
            "reasons": list(one.reasons), "joins": one.joins, "state": one.state}
