"""Rosters: who of those that hold a post is on duty when. Alarms go to whoever is on duty."""
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from casework import clock
from casework.errors import Fault, Invalid
from casework.geography import areas
from casework.identity import people, rosters
from casework.identity.people import Role
from casework.identity.rosters import Duty, Shift
from casework.storage.database import reading, transaction

blueprint = Blueprint("rosters", __name__, url_prefix="/api/v1/admin/duties", description="值班 Rosters")

MOST_AT_ONCE = 500


class ShiftIn(ma.Schema):
    """One person on duty for a while. Department for handlers and heads; area for others, none being the whole city."""

    user_id = ma.fields.UUID(required=True)
    role = ma.fields.Enum(Role, by_value=True, required=True)
    department_id = ma.fields.UUID()
    area_code = Text(15)
    since = Moment(required=True)
    until = Moment(required=True, metadata={"description": "the first moment off duty"})
    note = Text(200)


class RosterIn(ma.Schema):
    """A roster, such as a week's."""

    items = ma.fields.List(ma.fields.Nested(ShiftIn()), required=True, validate=ma.validate.Length(1, MOST_AT_ONCE))


class DutyOut(ma.Schema):
    """A duty as it stands in the roster."""

    id = ma.fields.UUID()
    user_id = ma.fields.UUID()
    user_name = ma.fields.String()
    role = ma.fields.Enum(Role, by_value=True)
    department_id = ma.fields.UUID(allow_none=True)
    area_code = ma.fields.String(allow_none=True)
    area_name = ma.fields.String(allow_none=True)
    since = Moment()
    until = Moment()
    note = ma.fields.String(allow_none=True)


class DutiesOut(ma.Schema):
    """The duties, in the order in which they were sent."""

    items = ma.fields.List(ma.fields.Nested(DutyOut()))


class DutiesIn(PageIn):
    """Which duties: those that are not over now, unless said."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    since = Moment(metadata={"description": "not over at this moment"})
    until = Moment(metadata={"description": "begun before this moment"})
    role = ma.fields.Enum(Role, by_value=True)
    department_id = ma.fields.UUID()


class EndedOut(ma.Schema):
    """When it ended; null when it had not begun and is forgotten."""

    until = Moment(allow_none=True)


@blueprint.operation("GET", "", requires("duties.read"), query=DutiesIn(), answer=page_of(DutyOut()))
def duties(query: dict[str, Any]) -> Response:
    """Duties in the order in which they end; the head of a department sees its own."""
    with reading() as db:
        found = rosters.roster(db, caller(), since=query.get("since") or clock.now(), until=query.get("until"),
                               role=query.get("role"), department_id=query.get("department_id"),
                               after=query.get("cursor"), limit=query["limit"] + 1)
        shown = found[:query["limit"]]
        plain = _plain(db, shown)
    last = shown[-1] if len(found) > len(shown) else None
    return rows(plain, [last.until, last.id] if last else None)


@blueprint.operation("POST", "", requires("duties.manage"), body=RosterIn(), answer=DutiesOut(), status=201,
                     example={"items": [{"user_id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "role": "dispatcher",
                                         "since": "2026-03-02T00:00:00+08:00", "until": "2026-03-02T08:00:00+08:00",
                                         "note": "夜班"}]})
def enter(body: dict[str, Any]) -> dict[str, Any]:
    """Enter a roster, all or nothing; the same shift sent again stands once.

    A duty lends no powers: whoever has it holds the post. While somebody is on duty for a role in a department or an area,
    alarms reach them and not the other holders.
    """
    with transaction() as db:
        _check_areas(db, body["items"])
        made = rosters.enter(db, caller(), [Shift(**one) for one in body["items"]])
        return {"items": _plain(db, made)}


@blueprint.operation("POST", "/<uuid:duty_id>/end", requires("duties.manage"), answer=EndedOut())
def end(duty_id: uuid.UUID) -> dict[str, Any]:
    """End a duty now; one that has not begun is forgotten."""
    with transaction() as db:
        return {"until": rosters.end(db, caller(), duty_id)}


def _check_areas(db: Session, items: list[dict[str, Any]]) -> None:
    faults = [Fault(f"items.{number}.area_code", "no area has this code") for number, one in enumerate(items)
              if "area_code" in one and areas.describe(db, one["area_code"]) is None]
    if faults:
        raise Invalid("the roster was not entered", *faults[:100])


def _plain(db: Session, duties: Sequence[Duty]) -> list[dict[str, Any]]:
    names = people.names_of(db, (one.user_id for one in duties))
    places = areas.atlas(db).refs if any(one.area_code for one in duties) else {}
    own = [name for name in DutyOut().fields if name not in {"user_name", "area_name"}]
    return [{name: getattr(one, name) for name in own} | {
        "user_name": names[one.user_id], "area_name": places[one.area_code].full_name if one.area_code in places else None}
        for one in duties]
