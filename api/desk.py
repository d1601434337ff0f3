"""A department's desk: its queues with their counts, filters that are kept, colleagues to hand over to."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import CaseRowOut
from api.fields import Cursor, Moment, PageIn, Text, encode, page_of, rows
from casework.cases import desk, saved_filters
from casework.cases.desk import Queue
from casework.cases.report import Channel
from casework.cases.saved_filters import SavedFilter
from casework.cases.sifting import Sieve
from casework.identity import people
from casework.identity.permissions import reach
from casework.storage.database import reading, transaction

blueprint = Blueprint("desk", __name__, url_prefix="/api/v1/desk", description="部门工作台 A department's desk")

ACCESS = requires("desk.use")


class FilterIn(ma.Schema):
    """What of a queue is shown; all of it unless said."""

    queue = ma.fields.Enum(Queue, by_value=True, metadata={"description": "the queue; `open` is all of the department's"})
    area = Text(15, metadata={"description": "area code; includes everything inside"})
    category = Text(12, metadata={"description": "beginning of a category's code"})
    channel = ma.fields.Enum(Channel, by_value=True, metadata={"description": "by which the case was opened"})
    urgent = ma.fields.Boolean()
    supervised = ma.fields.Boolean(metadata={"description": "with an order from above that owes feedback, or without"})
    mine = ma.fields.Boolean(metadata={"description": "only those that I have"})
    words = Text(60, metadata={"description": "each stands in the title, in the address or in a report"})


class DeskIn(FilterIn, PageIn):
    """A page of a queue. With a filter a page may hold fewer rows than `limit`, or none, and still have a `next`."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class DeskRowOut(CaseRowOut):
    """A case on the desk."""

    handler_id = ma.fields.UUID(allow_none=True, metadata={"description": "the colleague who has it"})
    handler = ma.fields.String(allow_none=True)
    feedback_owed = ma.fields.Boolean(metadata={"description": "an order from above is open"})
    urges = ma.fields.Integer()
    applied_for = ma.fields.String(allow_none=True, metadata={"enum": ["extend", "suspend", None]})
    question_until = Moment(allow_none=True, metadata={"description": "the citizen is asked something until then"})
    suspended_until = Moment(allow_none=True)


class SavedFilterOut(ma.Schema):
    """A filter of mine."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    wanted = ma.fields.Nested(FilterIn())


class SavedFilterIn(ma.Schema):
    """A filter to be kept; one of this name is replaced."""

    name = Text(40, required=True)
    wanted = ma.fields.Nested(FilterIn(), required=True)


class DeskOut(ma.Schema):
    """The desk as I come to it."""

    counts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), metadata={
        "description": f"by queue, without filters; more than {desk.MOST_COUNTED} is told as {desk.MOST_COUNTED + 1}"})
    counted_at_most = ma.fields.Integer()
    filters = ma.fields.List(ma.fields.Nested(SavedFilterOut()))
    items = ma.fields.List(ma.fields.Nested(DeskRowOut()))
    next = ma.fields.String(allow_none=True, metadata={"description": "cursor for /desk/cases; null at the end"})


class ColleagueOut(ma.Schema):
    """Somebody who handles cases for one of my departments."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    title = ma.fields.String()
    department_id = ma.fields.UUID()


class ColleaguesOut(ma.Schema):
    """By name."""

    items = ma.fields.List(ma.fields.Nested(ColleagueOut()))


WANTED = FilterIn()


@blueprint.operation("GET", "", ACCESS, query=DeskIn(), answer=DeskOut())
def overview(query: dict[str, Any]) -> Response:
    """My departments' queues with their counts, my filters, and the first page of a queue: what a desk shows at once."""
    with reading() as db:
        shown, last = _page(db, query)
        kept = [_plain(one) for one in saved_filters.of(db, caller())]
        counts = desk.counts(db, caller())
    return encode({"counts": counts, "counted_at_most": desk.MOST_COUNTED, "filters": kept, "items": shown,
                   "next": Cursor.write(last) if last else None})


@blueprint.operation("GET", "/cases", ACCESS, query=DeskIn(), answer=page_of(DeskRowOut()))
def cases(query: dict[str, Any]) -> Response:
    """A page of a queue of my departments, what is due first on top."""
    with reading() as db:
        return rows(*_page(db, query))


@blueprint.operation("POST", "/filters", ACCESS, body=SavedFilterIn(), answer=SavedFilterOut(), status=201,
                     example={"name": "南塘急件", "wanted": {"queue": "handle", "area": "440301001", "urgent": True}})
def keep(body: dict[str, Any]) -> dict[str, Any]:
    """Keep a filter under a name of mine."""
    with transaction() as db:
        return _plain(saved_filters.keep(db, caller(), body["name"], WANTED.dump(body["wanted"])))


@blueprint.operation("DELETE", "/filters/<uuid:filter_id>", ACCESS)
def drop(filter_id: uuid.UUID) -> None:
    """Keep a filter no longer."""
    with transaction() as db:
        saved_filters.drop(db, caller(), filter_id)


@blueprint.operation("GET", "/colleagues", ACCESS, answer=ColleaguesOut())
def colleagues() -> Response:
    """Who handles cases for my departments: whom I can hand one over to."""
    with reading() as db:
        found = people.colleagues(db, reach(caller()).department_ids)
    return encode({"items": [one._asdict() for one in found]})


def _page(db: Any, query: dict[str, Any]) -> Any:
    sieve = Sieve(area_code=query.get("area"), category_code=query.get("category"), channel=query.get("channel"),
                  urgent=query.get("urgent"), supervised=query.get("supervised"), words=query.get("words"),
                  handler_id=caller().id if query.get("mine") else None)
    return desk.page(db, caller(), query.get("queue", Queue.OPEN), sieve, after=query.get("cursor"), limit=query["limit"])


def _plain(one: SavedFilter) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "wanted": one.wanted}
