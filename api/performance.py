"""The work in numbers: how each channel's reports fared."""
from datetime import date, datetime, timedelta
from typing import Any

import marshmallow as ma

from api.auth import requires
from api.blueprint import Blueprint
from api.fields import Moment
from casework import clock
from casework.errors import Fault, Invalid
from casework.intake import refusals
from casework.performance import indicators
from casework.storage.database import reading

blueprint = Blueprint("performance", __name__, url_prefix="/api/v1", description="统计 Figures")

LONGEST = timedelta(days=92)


class SpanIn(ma.Schema):
    """From when until when reports were received; today in the city unless said."""

    since = Moment(metadata={"description": "received at this moment or later"})
    until = Moment(metadata={"description": "received before this moment"})


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


@blueprint.operation("GET", "/performance/channels", requires("performance.read"), query=SpanIn(), answer=SummaryOut())
def channels(query: dict[str, Any]) -> dict[str, Any]:
    """How the reports received in a span fared, by channel: refused, joined, filed, dispatched, on time, closed, rated."""
    today = indicators.span_of(clock.now())
    since, until = query.get("since", today[0]), query.get("until", today[1])
    if not since < until <= since + LONGEST:
        raise Invalid("this span cannot be counted", Fault("until", f"after `since`, by at most {LONGEST.days} days"))
    with reading() as db:
        fared = indicators.by_channel(db, since, until)
        refused = refusals.between(db, _day(since), _day(until - timedelta.resolution))
    return {"since": since, "until": until,
            "channels": {name: figures | {"refused": dict(refused[name])} for name, figures in fared.items()}}


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.CITY).date()
