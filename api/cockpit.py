"""The map of those who decide: areas with their figures, from the whole city down to the grid."""
from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import CaseRowOut
from api.fields import Cursor, Text, encode, kept, page_of
from api.warnings import EarlyWarningOut
from casework import clock, settings
from casework.cases import search
from casework.performance import map as city_map
from casework.performance import today as today_of
from casework.performance.days import FIRST_DAY, day_of, must_be_counted
from casework.performance.map_figures import Span
from casework.storage.database import reading

blueprint = Blueprint("cockpit", __name__, url_prefix="/api/v1/cockpit", description="驾驶舱 Cockpit")

USUAL = timedelta(days=7)
CASES = 50


class MapIn(ma.Schema):
    """Which area, and which days; the seven days that end today unless said."""

    area = Text(15, metadata={"description": "code; the whole of what I look after without one"})
    since = ma.fields.Date(metadata={"description": "the first city day"})
    until = ma.fields.Date(metadata={"description": "the day after the last, at most 366 days later"})


class FlowOut(ma.Schema):
    """What came in in a span, and became of it: the indicators of the same names."""

    received = ma.fields.Integer(metadata={"description": "cases opened"})
    closed = ma.fields.Integer(metadata={"description": "of these, cases that are closed by now"})
    satisfaction = ma.fields.Float(allow_none=True, metadata={"description":
        "share of ratings that are satisfied, 0 to 1; null when nobody has rated"})


class ValuesOut(FlowOut):
    """How it stands in an area."""

    open = ma.fields.Integer(metadata={"description": "cases that are open now"})
    overdue = ma.fields.Integer(metadata={"description": "of these, cases of which a clock has run out and nobody has acted"})
    density = ma.fields.Float(allow_none=True, metadata={"description": "cases opened in the span, by square kilometre"})
    population = ma.fields.Integer(allow_none=True, metadata={"description":
        "people as the map of areas tells; null when it does not"})
    components = ma.fields.Integer(metadata={"description": "of the register, as those below; counted anew every half hour"})
    persons = ma.fields.Integer()
    houses = ma.fields.Integer()
    entities = ma.fields.Integer()


class StandsOut(ma.Schema):
    """The values, and what happened in as many days before."""

    values = ma.fields.Nested(ValuesOut())
    before = ma.fields.Nested(FlowOut())


class OutlinedOut(ma.Schema):
    """An area as the map draws it."""

    code = ma.fields.String()
    name = ma.fields.String()
    level = ma.fields.String(metadata={"enum": ["city", "district", "street", "community", "grid"]})
    outline = ma.fields.List(ma.fields.List(ma.fields.List(ma.fields.Float())), metadata={"description":
        "rings of [lon, lat], WGS-84, as fine as a screen shows them"})


class MapAreaOut(OutlinedOut, StandsOut):
    """One of the areas right below, with its figures."""


class WayOut(ma.Schema):
    """An area above."""

    code = ma.fields.String()
    name = ma.fields.String()


class DaysOut(ma.Schema):
    """City days."""

    since = ma.fields.Date()
    until = ma.fields.Date(metadata={"description": "the day after the last"})


class TilesOut(ma.Schema):
    """The base map of this installation."""

    url = ma.fields.String(metadata={"description": "with {z}, {x} and {y}; WGS-84"})
    attribution = ma.fields.String()


class MapOut(DaysOut):
    """An area and what lies right below it."""

    area = ma.fields.Nested(OutlinedOut(), allow_none=True, metadata={"description":
        "null when I look after several areas, which are then the items"})
    way = ma.fields.List(ma.fields.Nested(WayOut()), metadata={"description": "down to this area, without it"})
    before = ma.fields.Nested(DaysOut())
    items = ma.fields.List(ma.fields.Nested(MapAreaOut()))
    total = ma.fields.Nested(StandsOut())
    cases = ma.fields.Nested(page_of(CaseRowOut()), allow_none=True, metadata={"description":
        "the open cases of an area that has nothing below it, as GET /cases begins; null of every other"})
    tiles = ma.fields.Nested(TilesOut(), allow_none=True)


class ShownOut(ma.Schema):
    """The indicators that a start screen shows, by their codes."""

    received = ma.fields.Integer()
    closed = ma.fields.Integer()
    closing_rate = ma.fields.Float(allow_none=True)
    on_time_rate = ma.fields.Float(allow_none=True)
    overdue_rate = ma.fields.Float(allow_none=True)
    satisfaction_rate = ma.fields.Float(allow_none=True)


class DayOut(ma.Schema):
    """A city day."""

    day = ma.fields.Date()
    values = ma.fields.Nested(ShownOut())


class RankedOut(ma.Schema):
    """A department among those that had at least ten cases to close."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    values = ma.fields.Nested(ShownOut())


class TodayOut(DaysOut):
    """What I look after, at one look."""

    days = ma.fields.List(ma.fields.Nested(DayOut()), metadata={"description": "each of the thirty, today the last"})
    total = ma.fields.Nested(ShownOut(), metadata={"description": "of these days together"})
    open = ma.fields.Integer(metadata={"description": "cases that are open now"})
    overdue = ma.fields.Integer(metadata={"description": "of these, those with a clock that has run out"})
    late = ma.fields.List(ma.fields.Nested(CaseRowOut()), metadata={"description": "those that are late the longest"})
    warnings = ma.fields.List(ma.fields.Nested(EarlyWarningOut()), metadata={"description": "the latest that nobody has seen"})
    best = ma.fields.List(ma.fields.Nested(RankedOut()), metadata={"description": "departments, by what they closed in time"})
    worst = ma.fields.List(ma.fields.Nested(RankedOut()), metadata={"description": "the least first; none of the best"})


@blueprint.operation("GET", "/today", requires("cockpit.read"), answer=TodayOut())
def today() -> dict[str, Any]:
    """The last thirty days in figures, what is late and what is unusual now, and which departments do best and worst."""
    with reading() as db:
        return today_of.look(db, caller())


@blueprint.operation("GET", "/map", requires("cockpit.read"), query=MapIn(), answer=MapOut(), tagged=True,
                     problems=("not-found",))
def drawn(query: dict[str, Any]) -> Response:
    """An area with what lies right below it: outlines to draw, and of each how many cases are open, late, new and closed.

    Also how satisfied people are, how many live there and what the registers hold, and how it was in as many days before. An
    area that has nothing below it comes with its open cases.
    """
    with reading() as db:
        shown = city_map.drawn(db, caller(), query.get("area"), _span(query))
        ends = shown["area"] is not None and not shown["items"]
        cases = _cases(db, shown["area"]["code"]) if ends else None
    return kept(encode({**shown, "cases": cases, "tiles": _tiles()}), "private, no-cache")


def _cases(db: Session, code: str) -> dict[str, Any]:
    """Whoever sees the map sees cases, and of these what lies in the own reach."""
    shown, last = search.page(db, caller(), search.Wanted(area_code=code), limit=CASES)
    return {"items": shown, "next": Cursor.write(last) if last else None}


def _span(query: dict[str, Any]) -> Span:
    until = query.get("until") or day_of(clock.now()) + timedelta(days=1)
    since = query.get("since") or max(until, FIRST_DAY) - USUAL
    must_be_counted(since, until)
    return Span(since=since, until=until)


def _tiles() -> dict[str, str] | None:
    config = settings.current()
    return {"url": config.tiles_url, "attribution": config.tiles_attribution} if config.tiles_url else None
