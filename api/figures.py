"""Indicators, and what they are for each day, department, area, grid worker, category or channel."""
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Moment, Text, Whole
from casework.cases.report import Channel
from casework.geography.codes import Level
from casework.performance import figures as counted
from casework.performance.figures import By, Wanted
from casework.performance.indicators import INDICATORS, Better, Unit
from casework.storage.database import reading

blueprint = Blueprint("figures", __name__, url_prefix="/api/v1/performance", description="指标 Indicators and their figures")


class InWordsOut(ma.Schema):
    """The same in both languages."""

    zh = ma.fields.String()
    en = ma.fields.String()


class IndicatorOut(ma.Schema):
    """How one figure comes about."""

    code = ma.fields.String()
    name = ma.fields.Nested(InWordsOut())
    unit = ma.fields.Enum(Unit, by_value=True, metadata={"description": "ratios are parts of 1, minutes are of running clocks"})
    formula = ma.fields.String(metadata={"description": "over counters of cases; p50 and p90 to 4 per cent"})
    source = ma.fields.String()
    period = ma.fields.String(metadata={"description": "opened: a day counts the cases that were opened on it"})
    better = ma.fields.Enum(Better, by_value=True)


class IndicatorsOut(ma.Schema):
    """In the order in which they are shown."""

    items = ma.fields.List(ma.fields.Nested(IndicatorOut()))


class FiguresIn(ma.Schema):
    """Which cases, and how they are told apart."""

    by = ma.fields.Enum(By, by_value=True, load_default=By.TOTAL)
    since = ma.fields.Date(required=True, metadata={"description": "the first day, of the city"})
    until = ma.fields.Date(required=True, metadata={"description": "the day after the last; at most 366 days"})
    area = Text(15, metadata={"description": "an area with all inside it"})
    level = ma.fields.Enum(Level, by_value=True, metadata={
        "description": "of the items by area; without it the level below `area`"})
    department = ma.fields.UUID(metadata={"description": "that led the case last, or of which it was given back"})
    category = Text(7, metadata={"description": "a category with all below it"})
    channel = ma.fields.Enum(Channel, by_value=True, metadata={"description": "of the report that opened the case"})
    limit = Whole(1, counted.MOST_ITEMS, load_default=counted.MOST_ITEMS, metadata={
        "description": f"items a page; of areas, grid workers and categories {counted.MOST_OF_MANY} at most"})
    after = Text(40, metadata={"description": "`next` of the page before"})


VALUES = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Float(allow_none=True), metadata={
    "description": "by code of the indicator; null where there is nothing to divide by",
    "example": {"received": 120, "closing_rate": 0.9372, "handle_p50": 214.6, "satisfaction_rate": None}})


class FiguresItemOut(ma.Schema):
    """One day, department, area, grid worker, category or channel."""

    key = ma.fields.String()
    name = ma.fields.String()
    values = VALUES


class WholeOut(ma.Schema):
    """Everything that was wanted together, also what is in no item."""

    values = VALUES


class FiguresOut(ma.Schema):
    """By key. Groups without a case in the period are left out."""

    since = ma.fields.Date()
    until = ma.fields.Date()
    by = ma.fields.Enum(By, by_value=True)
    items = ma.fields.List(ma.fields.Nested(FiguresItemOut()))
    total = ma.fields.Nested(WholeOut())
    next = ma.fields.String(allow_none=True, metadata={"description": "`after` of the next page; null at the end"})
    as_of = Moment(metadata={"description": "what happened before this moment is counted, or just being counted"})


@blueprint.operation("GET", "/indicators", requires("performance.read"), answer=IndicatorsOut())
def indicators() -> dict[str, Any]:
    """What the work is judged by: each indicator with its formula, its source and which way is better."""
    return {"items": [{"code": one.code, "name": one.name, "unit": one.unit, "formula": one.formula, "source": one.source,
                       "period": one.period, "better": one.better} for one in INDICATORS.values()]}


@blueprint.operation("GET", "/figures", requires("performance.read"), query=FiguresIn(), answer=FiguresOut(),
                     problems=("not-found",))
def figures(query: dict[str, Any]) -> dict[str, Any]:
    """Every indicator for each group of a period, as the cases that were opened in it stand now.

    A department head's figures are those of the own department, those of a post in an area the area's.
    """
    with reading() as db:
        return counted.page(db, caller(), Wanted(**query))
