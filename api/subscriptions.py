"""Following cases, areas and categories: with a proved phone, with a report's token, or with a list that a browser keeps."""
import re
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response, request
from sqlalchemy.orm import Session

from api import limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Place, Text, page_of, rows
from api.wording import language_of
from casework.cases.subscribers import Follow, Rhythm
from casework.cases.wording import Language
from casework.community import subscriptions
from casework.community.subscriptions import Holder, Kind, Wish, following, news
from casework.errors import Fault, Invalid
from casework.storage.database import reading, transaction

blueprint = Blueprint("subscriptions", __name__, url_prefix="/api/v1/citizen/subscriptions", description="关注 Subscriptions")

ACCESS = replace(requires("subscriptions.manage"), scheme="subscriptionList")


class SubscriptionIn(ma.Schema):
    """What to follow."""

    kind = ma.fields.Enum(Kind, by_value=True, required=True)
    what = Text(32, required=True, metadata={"description":
        "case: the number of a public case, or of an own report; area: code of a district, street or community; category: a "
        "code, which includes those that begin with it"})
    area = Text(12, metadata={"description": "narrows a category"})
    category = Text(12, metadata={"description": "narrows an area"})
    rhythm = ma.fields.Enum(Rhythm, by_value=True, metadata={"description":
        "at_once: of a case, with each step (and so unless told otherwise); daily (so areas and categories) or weekly: one "
        "message for all that is followed so"})
    lang = ma.fields.Enum(Language, by_value=True, metadata={"description": "of messages"})

    @ma.validates_schema
    def _is_narrowed_by_the_other(self, data: dict[str, Any], **_: Any) -> None:
        for name, allowed in (("area", Kind.CATEGORY), ("category", Kind.AREA)):
            if name in data and data["kind"] is not allowed:
                raise ma.ValidationError(f"goes with kind {allowed} only", name)
        if data["kind"] is Kind.CASE and not re.fullmatch(r"[0-9A-Za-z-]{4,32}", data["what"]):
            raise ma.ValidationError("is not the number of a case or report", "what")

    @ma.post_load
    def _in_capitals(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | ({"what": data["what"].upper()} if data["kind"] is Kind.CASE else {})


class FollowOut(ma.Schema):
    """Something that is followed."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Kind, by_value=True)
    what = ma.fields.String()
    title = ma.fields.String(metadata={"description": "in words"})
    area = ma.fields.String(allow_none=True)
    category = ma.fields.String(allow_none=True)
    rhythm = ma.fields.Enum(Rhythm, by_value=True)
    created_at = Moment()


class ListIn(PageIn):
    """A page of what is followed."""

    lang = ma.fields.Enum(Language, by_value=True)
    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})


class NewsIn(PageIn):
    """A page of news."""

    lang = ma.fields.Enum(Language, by_value=True)
    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class NewsOut(ma.Schema):
    """A public case that became public or went on."""

    at = Moment(metadata={"description": "when it did"})
    number = ma.fields.String()
    status = ma.fields.String(metadata={"enum": ["open", "closed"]})
    stands = ma.fields.String(metadata={"description": "where it stands, in words"})
    category = ma.fields.String(allow_none=True)
    community = ma.fields.String(allow_none=True)
    square = Place(allow_none=True, metadata={"description": "the middle of the square of some 200 metres that it lies in"})
    department = ma.fields.String(allow_none=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    report_count = ma.fields.Integer()
    words = ma.fields.String(allow_none=True, metadata={"description": "what a moderator released"})


@blueprint.operation("POST", "", ACCESS, body=SubscriptionIn(), answer=FollowOut(), status=201, limit=limits.reports,
                     problems=("not-found", "conflict"), example={"kind": "area", "what": "440301001001", "category": "101"})
def follow(body: dict[str, Any]) -> dict[str, Any]:
    """Follow a case, an area or a category.

    Who has proved a phone is told by SMS; with a tracking token, or with X-Subscription-List alone, the news are read on the
    page. Followed already, only the rhythm changes. A case that is not public is as unknown as one that is not there.
    """
    language = body.pop("lang", None)
    with transaction() as db:
        made = subscriptions.follow(db, _holder(), caller(), Wish(**body, language=language))
        return _described(db, [made], language)[0]


@blueprint.operation("GET", "", ACCESS, query=ListIn(), answer=page_of(FollowOut()), problems=("conflict",))
def listed(query: dict[str, Any]) -> Response:
    """What I follow, the oldest first."""
    with reading() as db:
        (after,) = query.get("cursor") or (None,)
        found, last = subscriptions.listed(db, _holder().find(db), after=after, limit=query["limit"])
        return rows(_described(db, found, query.get("lang")), None if last is None else [last])


@blueprint.operation("GET", "/news", ACCESS, query=NewsIn(), answer=page_of(NewsOut()), limit=limits.reports,
                     problems=("conflict",))
def followed(query: dict[str, Any]) -> Response:
    """What is new of all that I follow, the latest first: cases that became public or went on."""
    holder = _holder()
    with reading() as db:
        found, last = news.followed(db, holder, after=query.get("cursor"), limit=query["limit"], language=language_of(query))
        again = news.is_seen_again(db, holder)
    if again:
        with transaction() as db:
            news.opened(db, holder)
    return rows([_item(one) for one in found], last)


@blueprint.operation("DELETE", "/<uuid:subscription_id>", ACCESS, problems=("conflict",))
def end(subscription_id: uuid.UUID) -> None:
    """Follow it no more. What is not followed is no error."""
    with transaction() as db:
        subscriptions.end(db, _holder().find(db, to_change=True), subscription_id)


def _holder() -> Holder:
    """Whose list it is. Raises Invalid for a secret that is none, Conflict for a caller who shows nothing."""
    said = request.headers.get("X-Subscription-List")
    try:
        secret = uuid.UUID(said) if said else None
    except ValueError:
        raise Invalid("this is not a list", Fault("X-Subscription-List", "must be a UUID, made at random")) from None
    return subscriptions.of_caller(caller(), secret)


def _described(db: Session, found: Sequence[Follow], language: Language | None) -> list[dict[str, Any]]:
    return following.described(db, found, language or language_of({}))


def _item(one: news.Item) -> dict[str, Any]:
    case = one.case
    square = {"lon": case.square.lon, "lat": case.square.lat} if case.square else None
    return {"at": one.at, "number": case.number, "status": "open" if case.is_open else "closed", "stands": case.stands,
            "category": case.category, "community": case.community, "square": square, "department": case.department,
            "opened_at": case.opened_at, "closed_at": case.closed_at, "report_count": case.report_count, "words": case.words}
