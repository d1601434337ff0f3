"""Alarms of the clocks, as those whom they reached see them."""
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, page_of, rows
from casework.cases import alarms
from casework.cases.workflow import Status
from casework.identity.people import Role
from casework.sla.limits import Stage
from casework.sla.timers import TimerState
from casework.storage.database import reading

blueprint = Blueprint("alarms", __name__, url_prefix="/api/v1", description="提醒 Alarms of the clocks")


class AlarmsIn(PageIn):
    """A page of my alarms."""

    cursor = Cursor(datetime, UUID)


class AlarmOut(ma.Schema):
    """A clock had used so much of its limit, and this reached me."""

    id = ma.fields.UUID()
    at = Moment()
    case = ma.fields.String(metadata={"description": "number of the case"})
    status = ma.fields.Enum(Status, by_value=True, metadata={"description": "of the case, now"})
    stage = ma.fields.Enum(Stage, by_value=True)
    share = ma.fields.Integer(metadata={"description": "per cent of the limit that were used; from 100 on it was overdue"})
    role = ma.fields.Enum(Role, by_value=True, metadata={"description": "in which of my roles it reached me"})
    skipped = ma.fields.List(ma.fields.String(), metadata={
        "description": "posts below that should have heard of it and that nobody holds, such as 水务局·处置人员"})
    late = ma.fields.Boolean(metadata={"description": "an outage held the alarm up"})
    missed = ma.fields.List(ma.fields.Integer(), metadata={"description": "lower shares, never raised because of that"})
    state = ma.fields.Enum(TimerState, by_value=True, metadata={"description": "of the clock, now"})
    due_at = Moment(allow_none=True, metadata={"description": "when the clock ends; null while it stands still"})
    overdue = ma.fields.Boolean(allow_none=True, metadata={"description": "null until it is judged"})


@blueprint.operation("GET", "/alarms", requires("alarm.list"), query=AlarmsIn(), answer=page_of(AlarmOut()))
def mine(query: dict[str, Any]) -> Response:
    """The alarms that reached me, the latest first.

    Those that reached nobody, because no post was filled, are shown to all who hold the role that they were left with.
    """
    with reading() as db:
        return rows(*alarms.mine(db, caller(), after=query.get("cursor"), limit=query["limit"]))
