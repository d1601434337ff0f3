"""Moderators decide which cases everybody may read of, and in which words."""
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Cursor, Moment, PageIn, Place, Text, encode, page_of, rows
from casework import taxonomy
from casework.cases import moderation
from casework.cases.case import Case
from casework.cases.moderation import Decision, Waiting
from casework.cases.publication import State
from casework.cases.report import Channel
from casework.cases.workflow import Status
from casework.geography import areas
from casework.storage.database import reading, transaction

blueprint = Blueprint("moderation", __name__, url_prefix="/api/v1/moderation", description="公开审核 What becomes public")


class QueueIn(PageIn):
    """A page of what waits, or of what was decided."""

    cursor = Cursor(datetime, UUID)
    state = ma.fields.Enum(State, by_value=True, load_default=State.WAITING)
    by_person = ma.fields.Boolean(metadata={"description":
        "decided by a person, or by none: `state=published&by_person=false` is what was published before a look"})


class SaidOut(ma.Schema):
    """What one reporter said."""

    number = ma.fields.String()
    channel = ma.fields.Enum(Channel, by_value=True)
    received_at = Moment()
    text = ma.fields.String()


class ModeratedOut(ma.Schema):
    """A case, what its reporters said, and what everybody reads of it."""

    number = ma.fields.String()
    status = ma.fields.Enum(Status, by_value=True)
    category = ma.fields.String(allow_none=True)
    category_code = ma.fields.String(allow_none=True)
    community = ma.fields.String(allow_none=True)
    square = Place(allow_none=True, metadata={"description": "as it is or would be shown: the middle of the square, WGS-84"})
    opened_at = Moment()
    report_count = ma.fields.Integer()
    reports = ma.fields.List(ma.fields.Nested(SaidOut()), metadata={"description": "the first three"})
    draft = ma.fields.String(allow_none=True, metadata={
        "description": "the first report without the numbers that a machine finds; names and the like are still in it"})
    state = ma.fields.Enum(State, by_value=True)
    since = Moment(metadata={"description": "since when it has this state"})
    words = ma.fields.String(allow_none=True, metadata={"description": "what was released"})
    reason = ma.fields.String(allow_none=True, metadata={"description": "why it is withheld"})
    decided_by_person = ma.fields.Boolean(metadata={"description": "else the city's policy or a rule has decided"})


class DecisionIn(ma.Schema):
    """What is decided."""

    decision = ma.fields.Enum(Decision, by_value=True, required=True)
    words = Text(1000, allow_none=True, load_default=None, metadata={
        "description": "what everybody may read, with everything personal taken out; without, only category, square and days"})
    reason = Text(500, allow_none=True, load_default=None, metadata={"description": "needed to withhold"})


@blueprint.operation("GET", "/cases", requires("moderation.decide"), query=QueueIn(), answer=page_of(ModeratedOut()))
def waiting(query: dict[str, Any]) -> Response:
    """Cases within my reach in this state: those that wait for a look, the longest first; of other states the latest first."""
    with reading() as db:
        found, after = moderation.queue(db, caller(), query["state"], by_person=query.get("by_person"),
                                        after=query.get("cursor"), limit=query["limit"])
        return rows([_plain(db, one) for one in found], after)


@blueprint.operation("POST", "/cases/<number>", requires("moderation.decide"), body=DecisionIn(), answer=ModeratedOut(),
                     example={"decision": "publish", "words": "路口的上水井盖缺失，行人有危险。"})
def decide(number: str, body: dict[str, Any]) -> Response:
    """Publish a case, with words or without, or withhold it.

    The same again has no effect; a later decision replaces an earlier one. 409 for what must not be public: requests,
    confidential reports, cases that are void, merged or not taken up. 422 names what the words still hold of somebody: a
    telephone, an identity number, an account, a home.
    """
    with transaction() as db:
        found = moderation.decide(db, caller(), public_number(number), body["decision"], words=body["words"],
                                  reason=body["reason"])
        return encode(_plain(db, found))


def _plain(db: Session, one: Waiting) -> dict[str, Any]:
    case, row = one.case, one.row
    square = {"lon": row.square.lon, "lat": row.square.lat} if row.square else None
    return {
        "number": case.number, "status": case.status, "category": _category(db, case), "category_code": case.category_code,
        "community": place.full_name if (place := areas.describe(db, row.community_code or "")) else None, "square": square,
        "opened_at": case.opened_at, "report_count": case.report_count,
        "reports": [{"number": said.number, "channel": said.channel, "received_at": said.received_at, "text": said.text}
                    for said in one.reports],
        "draft": one.draft, "state": row.state, "since": row.changed_at, "words": row.words, "reason": row.reason,
        "decided_by_person": row.decided_by_id is not None}


def _category(db: Session, case: Case) -> str | None:
    found = taxonomy.catalogue(db, case.taxonomy_version_id).by_code.get(case.category_code or "")
    return found.name if found else None
