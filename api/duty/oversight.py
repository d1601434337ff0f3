"""What those who answer for an area look at: which part of it was walked, and where somebody was not where he said."""
import uuid
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.duty.group import blueprint
from api.fields import EARLIEST, LATEST, Cursor, Moment, PageIn, Text, encode, page_of, rows
from casework import clock
from casework.fieldwork import coverage, presence
from casework.fieldwork.presence import Check, Subject
from casework.storage.database import reading

A_MONTH = timedelta(days=29)

SENSIBLE = ma.validate.Range(EARLIEST.date(), LATEST.date())


class CoverageIn(PageIn):
    """Which grids, and which days of the city; the last thirty, unless said."""

    cursor = Cursor(str, metadata={"description": "`next` of the page before"})
    area = Text(15, required=True, metadata={"description": "area code; every grid inside it"})
    since = ma.fields.Date(validate=SENSIBLE, metadata={"description": "first day"})
    until = ma.fields.Date(validate=SENSIBLE, metadata={"description": "last day; today, unless said"})
    silent = ma.fields.Boolean(load_default=False, metadata={"description": "only grids in which nobody was"})


class GridWalkedOut(ma.Schema):
    """How much of a grid was walked."""

    code = ma.fields.String()
    name = ma.fields.String()
    cells = ma.fields.Integer(metadata={"description": "squares of about 100 m that it has"})
    visited = ma.fields.Integer(metadata={"description": "squares in which somebody on duty was; of days long past at least"})
    share = ma.fields.Float(metadata={"description": "visited by cells"})
    last_visit = ma.fields.Date(allow_none=True, metadata={"description": "up to the last day asked for, however long ago"})
    days_since = ma.fields.Integer(allow_none=True, metadata={"description": "from the last visit to the last day asked for"})


class CoverageOut(ma.Schema):
    """The coverage of an area."""

    area = ma.fields.String()
    since = ma.fields.Date()
    until = ma.fields.Date()
    grids = ma.fields.Integer(metadata={"description": "how many there are"})
    silent = ma.fields.Integer(metadata={"description": "in how many of them nobody was"})
    items = ma.fields.List(ma.fields.Nested(GridWalkedOut()))
    next = ma.fields.String(allow_none=True, metadata={"description": "cursor of the next page; null at the end"})


class PresenceIn(PageIn):
    """Whose, and where."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    area = Text(15, metadata={"description": "area code; includes everything inside"})
    user = ma.fields.UUID()


class PresenceOut(ma.Schema):
    """What is odd about where somebody said he was."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Subject, by_value=True, metadata={"description": "what he sent it with"})
    subject_id = ma.fields.UUID(metadata={"description": "of the report, task, check-in, or the operation of a step"})
    case_id = ma.fields.UUID(allow_none=True, metadata={"description": "of a step"})
    user_id = ma.fields.UUID()
    at = Moment()
    area_code = ma.fields.String(allow_none=True)
    flags = ma.fields.List(ma.fields.String())


@blueprint.operation("GET", "/coverage", requires("coverage.read"), query=CoverageIn(), answer=CoverageOut(),
                     problems=("not-found",))
def coverage_of_area(query: dict[str, Any]) -> Response:
    """How much of each grid of an area was walked, and when last: squares and days, nobody's name.

    `silent` lists only those in which nobody was. 404 for an area that I do not look after.
    """
    until: date = query.get("until") or clock.now().astimezone(clock.CITY).date()
    since: date = query.get("since") or until - A_MONTH
    with reading() as db:
        found = coverage.of(db, caller(), query["area"], since, until, silent=query["silent"],
                            after=query["cursor"][0] if "cursor" in query else None, limit=query["limit"])
    return encode(asdict(found) | {"area": query["area"], "since": since, "until": until,
                                   "next": Cursor.write([found.next]) if found.next else None})


@blueprint.operation("GET", "/presence", requires("tracks.read"), query=PresenceIn(), answer=page_of(PresenceOut()))
def presence_flags(query: dict[str, Any]) -> Response:
    """What is odd about where workers of the areas that I oversee said they were; the latest first.

    A flag proves nothing: receivers err, and batteries die. It was not refused for it.
    """
    with reading() as db:
        found = presence.flagged(db, caller(), area_code=query.get("area"), user_id=query.get("user"),
                                 after=query.get("cursor"), limit=query["limit"] + 1)
    shown = found[:query["limit"]]
    return rows([_plain(one) for one in shown], [shown[-1].at, shown[-1].id] if len(found) > len(shown) else None)


def _plain(one: Check) -> dict[str, Any]:
    return {name: getattr(one, name) for name in PresenceOut().fields}
