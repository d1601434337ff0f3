"""What adjudicators and supervisors look at: earlier rulings on returns, and orders from above with their own clocks."""
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.alarms import AlarmOut
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import CaseRowOut, public_number
from api.fields import Cursor, Moment, PageIn, encode, page_of, paged, rows
from casework.cases import alarms, orders, rulings, search
from casework.cases.search import Wanted
from casework.storage.database import reading

blueprint = Blueprint("oversight", __name__, url_prefix="/api/v1", description="督办 Rulings and orders")

LATEST = 20
"""So many alarms at first."""


class RulingOut(ma.Schema):
    """A return that was ruled on."""

    number = ma.fields.String(metadata={"description": "of the case"})
    department = ma.fields.String(metadata={"description": "who had handed it back"})
    upheld = ma.fields.Boolean()
    why = ma.fields.String(metadata={"description": "which rule or whose word had sent it there"})
    ground = ma.fields.String(allow_none=True, metadata={"description": "the legal ground of the return"})
    ruling = ma.fields.String(allow_none=True, metadata={"description": "in the adjudicator's words"})
    at = Moment(allow_none=True)


class RulingsOut(ma.Schema):
    """The latest first, ten at most."""

    items = ma.fields.List(ma.fields.Nested(RulingOut()))


class OrdersIn(PageIn):
    """A page of open orders."""

    cursor = Cursor(datetime, UUID)


class OrderOut(CaseRowOut):
    """A case that owes feedback to an order from above."""

    ordered_at = Moment(allow_none=True)
    order_due_at = Moment(allow_none=True, metadata={"description": "when its own clock ends; null while that stands still"})
    order_overdue = ma.fields.Boolean(allow_none=True)
    wanted = ma.fields.String(allow_none=True, metadata={"description": "the order in words"})


class SupervisionOut(ma.Schema):
    """The first page of each list; what follows is at /cases, /orders and /alarms."""

    late = ma.fields.Nested(page_of(CaseRowOut()), metadata={"description": "open cases of which a clock ran over"})
    orders = ma.fields.Nested(page_of(OrderOut()))
    alarms = ma.fields.Nested(page_of(AlarmOut()), metadata={"description": "mine, the latest first"})


@blueprint.operation("GET", "/cases/<number>/rulings", requires("rulings.read"), answer=RulingsOut())
def earlier(number: str) -> dict[str, Any]:
    """How returns of cases of the same category were ruled on before."""
    with reading() as db:
        found = search.find(db, caller(), public_number(number))
        return {"items": [vars(one) for one in rulings.earlier(db, caller(), found)]}


@blueprint.operation("GET", "/orders", requires("orders.read"), query=OrdersIn(), answer=page_of(OrderOut()))
def open_orders(query: dict[str, Any]) -> Response:
    """Orders from above that are open, what is due first on top, each with its own clock."""
    with reading() as db:
        return rows(*orders.page(db, caller(), after=query.get("cursor"), limit=query["limit"]))


@blueprint.operation("GET", "/supervision", requires("orders.read"), answer=SupervisionOut())
def supervision() -> Response:
    """What a supervisor looks at: what is late, orders that are open, and the alarms that reached me."""
    with reading() as db:
        lists = {"late": search.page(db, caller(), Wanted(overdue=True)), "orders": orders.page(db, caller()),
                 "alarms": alarms.mine(db, caller(), limit=LATEST)}
    return encode({name: paged(*one) for name, one in lists.items()})
