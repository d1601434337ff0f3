"""The work in numbers: how each channel's reports fared, and how each department did."""
from datetime import datetime, timedelta
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Moment
from casework import clock
from casework.errors import Fault, Invalid
from casework.intake import refusals
from casework.performance.channels import by_channel
from casework.performance.days import day_of, span_of
from casework.performance.departments import by_department
from casework.performance.scope import scope
from casework.storage.database import reading

blueprint = Blueprint("performance", __name__, url_prefix="/api/v1", description="统计 Figures")

LONGEST = timedelta(days=92)


class SpanIn(ma.Schema):
    """A span of days: reports received in it, cases given in it. Today in the city unless said."""

    since = Moment(metadata={"description": "at this moment or later"})
    until = Moment(metadata={"description": "before this moment"})


class ChannelOut(ma.Schema):
    """How the reports of one channel fared."""

    received = ma.fields.Integer()
    refused = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(),
                             metadata={"description": "by reason, on the span's city days; photo-… came before a report"})
    joined = ma.fields.Integer(metadata={"description": "one more voice on a case that was open already"})
    filed = ma.fields.Integer(metadata={"description": "triaged automatically into a case of its own"})
    left = ma.fields.Integer(metadata={"description": "left to a person, with the reason"})
    self_handled = ma.fields.Integer()
    waiting = ma.fields.Integer(metadata={"description": "not triaged yet"})
    dispatched_by_rule = ma.fields.Integer()
    closed = ma.fields.Integer()
    on_time = ma.fields.Integer(metadata={"description": "closed, and no clock of it overran"})
    open = ma.fields.Integer()
    rated = ma.fields.Integer()
    satisfied = ma.fields.Integer()


class SummaryOut(ma.Schema):
    """By channel."""

    since = Moment()
    until = Moment()
    channels = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Nested(ChannelOut()))


class DepartmentFiguresOut(ma.Schema):
    """How one department did with the cases it was given to lead; every figure counts those cases."""

    id = ma.fields.UUID()
    code = ma.fields.String()
    name = ma.fields.String()
    given = ma.fields.Integer()
    signed = ma.fields.Integer()
    signed_on_time = ma.fields.Integer(metadata={"description": "or late, and excused by a ruling on an appeal"})
    closed = ma.fields.Integer()
    handled_on_time = ma.fields.Integer(metadata={"description": "of those closed; or late, and excused"})
    overdue = ma.fields.Integer(metadata={"description": "of which a clock of the department ran over and was not excused"})
    extended = ma.fields.Integer()
    returned = ma.fields.Integer(metadata={"description": "handed back, and rightly so"})
    return_overruled = ma.fields.Integer(metadata={"description": "handed back, and ruled to be its own"})
    reworked = ma.fields.Integer()
    supervised = ma.fields.Integer()
    excused = ma.fields.Integer(metadata={"description": "an appeal against an overdue mark was granted"})


class DepartmentsFiguresOut(ma.Schema):
    """By code of the department; those that were given nothing are left out."""

    since = Moment()
    until = Moment()
    items = ma.fields.List(ma.fields.Nested(DepartmentFiguresOut()))


@blueprint.operation("GET", "/performance/channels", requires("performance.read"), query=SpanIn(), answer=SummaryOut())
def channels(query: dict[str, Any]) -> dict[str, Any]:
    """How the reports received in a span fared, by channel: refused, joined, filed, dispatched, on time, closed, rated.

    Of cases in my reach: those that my department leads, or that lie in my area. Only who sees the whole city sees also what
    was refused, and what is no case yet.
    """
    since, until = _span(query)
    with reading() as db:
        fared = by_channel(db, caller(), since, until)
        days = day_of(since), day_of(until - timedelta.resolution)
        refused = refusals.between(db, *days) if scope(caller()).everything else {}
    return {"since": since, "until": until,
            "channels": {name: figures | {"refused": dict(refused.get(name, {}))} for name, figures in fared.items()}}


@blueprint.operation("GET", "/performance/departments", requires("performance.read"), query=SpanIn(),
                     answer=DepartmentsFiguresOut())
def departments(query: dict[str, Any]) -> dict[str, Any]:
    """How each department did with what it was given in a span: signed, handled, extended, handed back, reworked, supervised.

    A head sees the own department, a post in an area what lies there. Counted when asked: a granted appeal corrects the figures
    of its span at once.
    """
    since, until = _span(query)
    with reading() as db:
        return {"since": since, "until": until, "items": by_department(db, caller(), since, until)}


def _span(query: dict[str, Any]) -> tuple[datetime, datetime]:
    today = span_of(clock.now())
    since, until = query.get("since", today[0]), query.get("until", today[1])
    if not since < until <= since + LONGEST:
        raise Invalid("this span cannot be counted", Fault("until", f"after `since`, by at most {LONGEST.days} days"))
    return since, until

