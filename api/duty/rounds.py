"""Rounds over HTTP: on duty and off, check-ins, and the track between, which its walker sees and others for a reason."""
import uuid
from datetime import datetime, timedelta
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, known, requires
from api.duty.group import blueprint
from api.fields import Cursor, Moment, PageIn, Place, Text, page_of, rows
from api.operations.shapes import Points
from casework import clock
from casework.fieldwork import rounds
from casework.fieldwork.rounds import Here, Round
from casework.fieldwork.tracks import Batch
from casework.identity.people import Role
from casework.storage.database import reading, transaction

PLATFORMS = frozenset({Role.CITIZEN, Role.PLATFORM})


class RoundStartIn(ma.Schema):
    """签到: on duty."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device; the id of the round"})
    at = Moment(metadata={"description": "when; now, unless said"})
    place = Place(metadata={"description": "where I am"})


class RoundEndIn(ma.Schema):
    """签退: off duty."""

    at = Moment(metadata={"description": "when; now, unless said"})
    place = Place(metadata={"description": "where I am"})


class RoundTrackIn(ma.Schema):
    """Points of a round, as they were collected."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device, so that a resend is harmless"})
    points = Points(required=True)
    sent_at = Moment(metadata={"description": "the device's own time now, by which its clock is corrected"})


class PointsKeptOut(ma.Schema):
    """What became of the points; the same for every resend."""

    kept = ma.fields.Integer(metadata={"description": "after thinning"})
    dropped = ma.fields.Integer(metadata={"description": "outside of the round"})


class HereIn(ma.Schema):
    """签到: here I am."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device, so that a resend is harmless"})
    place = Place(required=True)
    at = Moment(metadata={"description": "when; now, unless said"})
    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    mock = ma.fields.Boolean(load_default=False, metadata={"description": "the system says that the position is made up"})
    note = Text(500, metadata={"description": "sealed"})
    round = ma.fields.UUID(metadata={"description": "the round that it belongs to"})


class PresenceFlagsOut(ma.Schema):
    """What is odd about where I say I am, for people to look at; it is kept all the same."""

    flags = ma.fields.List(ma.fields.String())


class RoundOut(ma.Schema):
    """A round; times and figures only."""

    id = ma.fields.UUID()
    user_id = ma.fields.UUID()
    area_code = ma.fields.String(allow_none=True)
    started_at = Moment()
    ended_at = Moment(allow_none=True)
    ended_by = ma.fields.String(allow_none=True, metadata={"enum": ["worker", "timetable", None]})
    kept = ma.fields.Integer(metadata={"description": "points of the track"})
    dropped = ma.fields.Integer(metadata={"description": "points that lay outside of the round"})
    metres = ma.fields.Float(metadata={"description": "length of the track"})


class OwnRoundsIn(PageIn):
    """A page of my rounds."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class RoundsIn(OwnRoundsIn):
    """Whose rounds, where and when."""

    user = ma.fields.UUID()
    area = Text(15, metadata={"description": "area code; includes everything inside"})
    since = Moment(metadata={"description": "begun at this moment or later"})
    until = Moment(metadata={"description": "begun before this moment"})


class TrackLookIn(ma.Schema):
    """Why somebody looks; needed for the round of another, and written to the access log."""

    reason = Text(500)


class TrackOut(ma.Schema):
    """Where somebody went."""

    points = ma.fields.List(ma.fields.List(ma.fields.Float()), metadata={
        "description": "longitude, latitude (WGS-84), accuracy in metres, milliseconds since 1970; in the order of time"})


ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"


@blueprint.operation("POST", "/rounds", requires("rounds.walk"), body=RoundStartIn(), answer=RoundOut(), status=201,
                     example={"key": ID, "place": {"lon": 114.0579, "lat": 22.5431}})
def start_round(body: dict[str, Any]) -> dict[str, Any]:
    """Begin a round. From now on the device may keep where I go. Sent again it is the same round."""
    with transaction() as db:
        return _plain(rounds.start(db, caller(), body["key"], _past(body), body.get("place")))


@blueprint.operation("POST", "/rounds/<uuid:round_id>/end", requires("rounds.walk"), body=RoundEndIn(), answer=RoundOut(),
                     example={"at": "2026-03-02T17:30:00+08:00"})
def end_round(round_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """End my round. Nothing is kept of where I go after it; a round that nobody ends is over after twelve hours."""
    with transaction() as db:
        return _plain(rounds.end(db, caller(), round_id, _past(body), body.get("place")))


@blueprint.operation("POST", "/rounds/<uuid:round_id>/track", requires("rounds.walk"), body=RoundTrackIn(),
                     answer=PointsKeptOut(), kilobytes=512,
                     example={"key": ID, "points": [[114.0579, 22.5431, 8.5, 1772416800000]]})
def track_round(round_id: uuid.UUID, body: dict[str, Any]) -> dict[str, int]:
    """Send where I went on my round, during it or later. What lies outside of the round is not kept, and counted."""
    behind = clock.now() - body["sent_at"] if "sent_at" in body else timedelta()
    with transaction() as db:
        kept = rounds.track(db, caller(), Batch(body["key"], round_id, body["points"], behind))
    return {"kept": kept.kept, "dropped": kept.dropped}


@blueprint.operation("POST", "/check-ins", requires("rounds.walk"), body=HereIn(), answer=PresenceFlagsOut(), status=201,
                     example={"key": ID, "place": {"lon": 114.0579, "lat": 22.5431}, "accuracy": 8.5})
def check_in(body: dict[str, Any]) -> dict[str, Any]:
    """Say where I am, on a round or not. Sent again it counts once."""
    said = {name: value for name, value in body.items() if name not in {"at", "round"}}
    with transaction() as db:
        return {"flags": rounds.check_in(db, caller(), Here(**said, at=_past(body), round_id=body.get("round")))}


@blueprint.operation("GET", "/rounds", requires("rounds.walk"), query=OwnRoundsIn(), answer=page_of(RoundOut()))
def own_rounds(query: dict[str, Any]) -> Response:
    """My own rounds, the latest first."""
    with reading() as db:
        return _page(rounds.own(db, caller(), after=query.get("cursor"), limit=query["limit"] + 1), query["limit"])


@blueprint.operation("GET", "/rounds/all", requires("tracks.read"), query=RoundsIn(), answer=page_of(RoundOut()))
def all_rounds(query: dict[str, Any]) -> Response:
    """Rounds of whomever in the areas that I oversee, the latest first: times and figures, not where they went."""
    with reading() as db:
        found = rounds.listed(db, caller(), user_id=query.get("user"), area_code=query.get("area"), since=query.get("since"),
                              until=query.get("until"), after=query.get("cursor"), limit=query["limit"] + 1)
    return _page(found, query["limit"])


@blueprint.operation("POST", "/rounds/<uuid:round_id>/look", known("one's own, or tracks.read with a reason", but=PLATFORMS),
                     body=TrackLookIn(), answer=TrackOut(), example={"reason": "核实投诉：当日是否到过现场"})
def look_at_round(round_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Where somebody went on a round: I myself, or another for a reason, and then it is kept in the access log.

    404 once the track was forgotten by rule, and for whoever may not look.
    """
    with transaction() as db:
        return {"points": rounds.look(db, caller(), round_id, body.get("reason"))}


def _past(body: dict[str, Any]) -> datetime:
    now = clock.now()
    at: datetime = body.get("at", now)
    return min(at, now)


def _page(found: Any, limit: int) -> Response:
    shown = found[:limit]
    return rows([_plain(one) for one in shown], [shown[-1].started_at, shown[-1].id] if len(found) > limit else None)


def _plain(one: Round) -> dict[str, Any]:
    return {name: getattr(one, name) for name in RoundOut().fields}
