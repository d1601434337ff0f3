"""Comments on a case by those who work here: among themselves, or for the citizens whom it concerns."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response, g

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import CaseNumber, Cursor, Moment, PageIn, Text, page_of, rows
from casework.cases import comments, search
from casework.cases.comments import Comment, Visibility
from casework.identity import people
from casework.storage.database import reading, transaction

blueprint = Blueprint("comments", __name__, url_prefix="/api/v1", description="留言 Comments on cases")


class CommentIn(ma.Schema):
    """What I have to say."""

    text = Text(2000, required=True)
    visibility = ma.fields.Enum(Visibility, by_value=True, load_default=Visibility.INTERNAL)
    report = CaseNumber(metadata={"description": "of a public one: the report whose sender alone is answered"})


class StaffCommentOut(ma.Schema):
    """One remark."""

    id = ma.fields.UUID()
    at = Moment()
    visibility = ma.fields.Enum(Visibility, by_value=True)
    text = ma.fields.String()
    author_kind = ma.fields.String()
    author_id = ma.fields.UUID(allow_none=True)
    role = ma.fields.String(allow_none=True)
    department_id = ma.fields.UUID(allow_none=True)


class NamedCommentOut(StaffCommentOut):
    """One remark, and who made it."""

    author = ma.fields.String(allow_none=True, metadata={"description": "the name of who works here; null for citizens"})
    department = ma.fields.String(allow_none=True)


class CommentsIn(PageIn):
    """A page of comments."""

    cursor = Cursor(datetime, uuid.UUID)


@blueprint.operation("GET", "/cases/<number>/comments", requires("case.read"), query=CommentsIn(),
                     answer=page_of(NamedCommentOut()))
def said(number: str, query: dict[str, Any]) -> Response:
    """What was said about a case, the latest first, and what its reporters added."""
    with reading() as db:
        found = search.find(db, caller(), public_number(number))
        page, last = comments.of_case(db, found, after=query.get("cursor"), limit=query["limit"])
        names = people.called(db, (who for one in page for who in (one.author_id, one.department_id)))
        return rows([_plain(one) | {"author": names.get(one.author_id), "department": names.get(one.department_id)}
                     for one in page], last)


@blueprint.operation("POST", "/cases/<number>/comments", requires("comment.create"), body=CommentIn(),
                     answer=StaffCommentOut(), status=201, example={"text": "已约周三上午到场", "visibility": "public"})
def say(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say something about a case: among us, unless `visibility` is public.

    A public one stands on the tracking page of everybody who reported the problem, or of the one whose `report` it answers.
    It changes nothing of the case, and does not begin the window for reopening anew.
    """
    g.case_number = public_number(number)
    with transaction() as db:
        found = search.find(db, caller(), g.case_number, to_change=True)
        made = comments.say(db, found, caller(), body["text"], visibility=body["visibility"], to=body.get("report"))
        return _plain(made)


def _plain(one: Comment) -> dict[str, Any]:
    return {name: getattr(one, name) for name in StaffCommentOut().fields}
