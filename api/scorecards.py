"""Scorecards: what departments and grid workers are judged by, month by month; published, appealed against, ruled on."""
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
from casework.performance import score_appeals, scorecards
from casework.performance.score_appeals import Ruling, ScoreAppeal
from casework.performance.scorecards import Scorecard, State
from casework.performance.weights import Of
from casework.storage.database import reading, transaction

blueprint = Blueprint("scorecards", __name__, url_prefix="/api/v1/performance", description="考核 Scorecards")

PERIOD = {"description": "a month of the city", "example": "2026-10"}


class ScorecardsIn(PageIn):
    """Of which month, and of whom."""

    of = ma.fields.Enum(Of, by_value=True, required=True)
    period = Text(7, required=True, metadata=PERIOD)
    cursor = Cursor(int)


class ScoreLineOut(ma.Schema):
    """One figure of a scorecard."""

    indicator = ma.fields.String(metadata={"description": "code of the indicator"})
    value = ma.fields.Float(allow_none=True, metadata={"description": "null: nothing to judge by, and it weighs nothing"})
    weight = ma.fields.Float()
    points = ma.fields.Float(allow_none=True, metadata={"description": "0 to 100, by the curve of the weights' version"})


class ScorecardOut(ma.Schema):
    """How a department or a grid worker did in a month."""

    id = ma.fields.UUID()
    period = ma.fields.String(metadata=PERIOD)
    of = ma.fields.Enum(Of, by_value=True)
    subject_id = ma.fields.UUID()
    name = ma.fields.String()
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "a draft follows the figures, once a night"})
    version = ma.fields.Integer(metadata={"description": "of the weights"})
    score = ma.fields.Float(metadata={"description": "0 to 100; frozen when published"})
    rank = ma.fields.Integer(metadata={"description": "1 is the best of the month; equal scores share a rank"})
    amended_score = ma.fields.Float(allow_none=True, metadata={"description": "after a granted appeal, beside the frozen one"})
    appeal = ma.fields.Enum(Ruling, by_value=True, allow_none=True, metadata={"description": "how the appeal stands, if any"})
    published_at = Moment(allow_none=True)


class ScoreEventOut(ma.Schema):
    """Something that happened to a scorecard."""

    action = ma.fields.String(metadata={"description": "published, appealed, granted or dismissed"})
    at = Moment()
    by = ma.fields.String(allow_none=True)
    words = ma.fields.String(allow_none=True, metadata={"description": "grounds or reason"})
    score = ma.fields.Float(allow_none=True, metadata={"description": "as published, or as amended"})


class ScorecardWholeOut(ScorecardOut):
    """A scorecard with how it came about."""

    lines = ma.fields.List(ma.fields.Nested(ScoreLineOut()))
    history = ma.fields.List(ma.fields.Nested(ScoreEventOut()))
    appeal_id = ma.fields.UUID(allow_none=True)
    appeal_until = Moment(allow_none=True)


class PublishIn(ma.Schema):
    """Which month is frozen."""

    of = ma.fields.Enum(Of, by_value=True, required=True)
    period = Text(7, required=True, metadata=PERIOD)


class PublishedOut(ma.Schema):
    """How many scorecards were frozen."""

    published = ma.fields.Integer()


class AppealIn(ma.Schema):
    """Why a score is not accepted."""

    grounds = Text(2000, required=True)


class DecisionIn(ma.Schema):
    """A ruling."""

    granted = ma.fields.Boolean(required=True)
    reason = Text(2000, required=True)
    amended_score = ma.fields.Float(validate=ma.validate.Range(0, 100), metadata={"description": "with a granted appeal"})


class AppealsIn(PageIn):
    """Which appeals."""

    ruling = ma.fields.Enum(Ruling, by_value=True)
    cursor = Cursor(datetime, uuid.UUID)


class ScoreAppealOut(ma.Schema):
    """An appeal against a score."""

    id = ma.fields.UUID()
    scorecard_id = ma.fields.UUID()
    period = ma.fields.String(metadata=PERIOD)
    of = ma.fields.Enum(Of, by_value=True)
    name = ma.fields.String(metadata={"description": "whom the score is about"})
    score = ma.fields.Float(metadata={"description": "as published"})
    made_at = Moment()
    grounds = ma.fields.String()
    ruling = ma.fields.Enum(Ruling, by_value=True)
    ruled_at = Moment(allow_none=True)
    reason = ma.fields.String(allow_none=True)
    amended_score = ma.fields.Float(allow_none=True)


@blueprint.operation("GET", "/scorecards", requires("scorecards.read"), query=ScorecardsIn(), answer=page_of(ScorecardOut()))
def listed(query: dict[str, Any]) -> Response:
    """A month's scorecards, the best first.

    Grid workers and department heads see their own once it is published; who publishes sees drafts.
    """
    limit, (after,) = query["limit"], query.get("cursor", (None,))
    with reading() as db:
        found = scorecards.page(db, caller(), query["of"], query["period"], limit=limit, after=after)
        shown = _shown(db, found[:limit])
    return rows(shown, [found[limit - 1].place] if len(found) > limit else None)


@blueprint.operation("GET", "/scorecards/<uuid:scorecard_id>", requires("scorecards.read"), answer=ScorecardWholeOut())
def one(scorecard_id: uuid.UUID) -> dict[str, Any]:
    """One scorecard: its figures, weights and points, and what happened to it."""
    with reading() as db:
        card = scorecards.find(db, caller(), scorecard_id)
        appeal = score_appeals.against(db, [card]).get(card.id)
        (shown,) = _shown(db, [card])
        until = score_appeals.until(card)
        return shown | {"lines": card.lines, "history": score_appeals.history(db, card, appeal),
                        "appeal_id": appeal.id if appeal else None, "appeal_until": until}


@blueprint.operation("POST", "/scorecards/publish", requires("scorecards.publish"), body=PublishIn(), answer=PublishedOut(),
                     example={"of": "department", "period": "2026-10"}, problems=("not-found",))
def publish(body: dict[str, Any]) -> dict[str, Any]:
    """Freeze a month that is over: scores stay as they are now, whatever is corrected later."""
    with transaction() as db:
        return {"published": scorecards.publish(db, caller(), body["of"], body["period"])}


@blueprint.operation("POST", "/scorecards/<uuid:scorecard_id>/appeal", requires("scorecards.appeal"), body=AppealIn(),
                     answer=ScoreAppealOut(), status=201, example={"grounds": "道路封闭三日，无法进场"})
def appeal(scorecard_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Say that the own score, or the own department's, is not accepted; once, within the days for it."""
    with transaction() as db:
        made = score_appeals.appeal(db, caller(), scorecard_id, body["grounds"])
        return _appeal(made, db.get_one(Scorecard, scorecard_id))


@blueprint.operation("POST", "/appeals/<uuid:appeal_id>/decide", requires("scorecards.decide"), body=DecisionIn(),
                     answer=ScoreAppealOut(), example={"granted": True, "reason": "情况属实", "amended_score": 86.5})
def decide(appeal_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Rule on an appeal, as neither who published nor whom it is about. An amended score stands beside the frozen one."""
    with transaction() as db:
        ruled = score_appeals.decide(db, caller(), appeal_id, **body)
        return _appeal(ruled, db.get_one(Scorecard, ruled.scorecard_id))


@blueprint.operation("GET", "/appeals", requires("scorecards.read"), query=AppealsIn(), answer=page_of(ScoreAppealOut()))
def appeals(query: dict[str, Any]) -> Response:
    """Appeals against scores, the oldest first: the own, or those in one's reach."""
    limit = query["limit"]
    with reading() as db:
        found = score_appeals.page(db, caller(), limit, query.get("cursor"), ruling=query.get("ruling"))
    shown = [_appeal(one, card) for one, card in found[:limit]]
    return rows(shown, [shown[-1]["made_at"], shown[-1]["id"]] if len(found) > limit else None)


def _shown(db: Session, cards: Sequence[Scorecard]) -> list[dict[str, Any]]:
    made = score_appeals.against(db, cards) if cards else {}
    return [{"id": card.id, "period": card.period, "of": card.of, "subject_id": card.subject_id, "name": card.name,
             "state": card.state, "version": card.version, "score": card.score, "rank": card.rank,
             "amended_score": made[card.id].amended_score if card.id in made else None,
             "appeal": made[card.id].ruling if card.id in made else None, "published_at": card.published_at}
            for card in cards]


def _appeal(made: ScoreAppeal, card: Scorecard) -> dict[str, Any]:
    return {"id": made.id, "scorecard_id": card.id, "period": card.period, "of": card.of, "name": card.name,
            "score": card.score, "made_at": made.made_at, "grounds": made.grounds, "ruling": made.ruling,
            "ruled_at": made.ruled_at, "reason": made.reason, "amended_score": made.amended_score}
