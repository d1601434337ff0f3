"""Moderators decide which photos everybody may see, and what of them is covered."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, encode, page_of, rows
from casework import media
from casework.cases import public_pictures
from casework.cases.public_pictures import Moderated
from casework.media import Rendition
from casework.media.blurring.boxes import Kind, Rectangle
from casework.media.blurring.judging import MOST
from casework.media.blurring.public_photo import State
from casework.storage.database import reading, transaction

blueprint = Blueprint("moderation_photos", __name__, url_prefix="/api/v1/moderation/photos",
                      description="公开照片审核 Which photos become public")

LOOK_MINUTES = 5
"""So long the link to a picture with everything in it works: long enough to be loaded."""


class QueueIn(PageIn):
    """Which photos; the oldest first."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})
    state = ma.fields.Enum(State, by_value=True, load_default=State.WAITING)


class RectangleOut(ma.Schema):
    """Relative: 0 to 1 of the width from the left, of the height from the top."""

    x = ma.fields.Float()
    y = ma.fields.Float()
    width = ma.fields.Float()
    height = ma.fields.Float()


class FindingOut(RectangleOut):
    """What a detector has found there."""

    kind = ma.fields.Enum(Kind, by_value=True)
    score = ma.fields.Float(metadata={"description": "how sure, 0 to 1"})


class PhotoRowOut(ma.Schema):
    """A photo in a list."""

    id = ma.fields.UUID()
    case = ma.fields.String(metadata={"description": "number of the case"})
    purpose = ma.fields.String()
    state = ma.fields.Enum(State, by_value=True)
    certain = ma.fields.Boolean(allow_none=True, metadata={
        "description": "the detectors have no doubt; null: they have not looked, because none are installed, or not yet"})
    covers = ma.fields.Integer(metadata={"description": "rectangles that are covered, or would be by the detectors' advice"})
    created_at = Moment()


class ModeratedPhotoOut(PhotoRowOut):
    """A photo as it came, and what of it is covered or might have to be."""

    link = ma.fields.String(metadata={"description": f"as it came, longest side 1600 px; works for {LOOK_MINUTES} minutes"})
    public = ma.fields.String(allow_none=True, metadata={"description": "what the public sees; works while it may"})
    width = ma.fields.Integer(metadata={"description": "of the photo, upright"})
    height = ma.fields.Integer()
    found = ma.fields.List(ma.fields.Nested(FindingOut()))
    rectangles = ma.fields.List(ma.fields.Nested(RectangleOut()), metadata={
        "description": "what is covered; while it waits, what the detectors advise"})
    decided_at = Moment(allow_none=True)
    decided_by = ma.fields.UUID(allow_none=True, metadata={"description": "id of who decided; null: the setting, or nobody"})


class Share(ma.fields.Float):
    """A share of a width or height: a number from 0 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=ma.validate.Range(0, 1), required=True, **kwargs)

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ma.ValidationError("must be a number from 0 to 1")
        return super()._validated(value)


class RectangleIn(ma.Schema):
    """What is to be covered, relative to width and height."""

    x = Share()
    y = Share()
    width = Share()
    height = Share()

    @ma.validates_schema
    def _lies_inside(self, data: dict[str, float], **_: Any) -> None:
        for start, length in (("x", "width"), ("y", "height")):
            if data[length] <= 0:
                raise ma.ValidationError("must be more than 0", length)
            if data[start] + data[length] > 1.0005:  # four digits are kept
                raise ma.ValidationError("reaches out of the picture", length)


class PhotoDecisionIn(ma.Schema):
    """What is decided."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(["publish", "withhold"]))
    rectangles = ma.fields.List(ma.fields.Nested(RectangleIn()), validate=ma.validate.Length(max=MOST), metadata={
        "description": "needed to publish: everything that is covered, and nothing else is; an empty list: nothing"})

    @ma.validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        if data["decision"] == "publish" and "rectangles" not in data:  # a face must not be shown because a field was forgotten
            raise ma.ValidationError("say what is covered; an empty list for nothing", "rectangles")
        if data["decision"] == "withhold" and data.get("rectangles"):
            raise ma.ValidationError("of what is withheld nothing needs to be covered", "rectangles")


@blueprint.operation("GET", "", requires("moderation.decide"), query=QueueIn(), answer=page_of(PhotoRowOut()))
def waiting(query: dict[str, Any]) -> Response:
    """Photos of public cases within my reach in this state: those that wait for a person, unless told otherwise."""
    after = query.get("cursor")
    with reading() as db:
        found, last = public_pictures.queue(
            db, caller(), query["state"], after=after[0] if after else None, limit=query["limit"])
        return rows([_row(one) for one in found], [last] if last else None)


@blueprint.operation("GET", "/<uuid:photo_id>", requires("moderation.decide"), answer=ModeratedPhotoOut())
def photo(photo_id: uuid.UUID) -> Response:
    """One photo as it came, with what the detectors have found and what is covered. Each look is logged."""
    with transaction() as db:
        return encode(_whole(public_pictures.look(db, caller(), photo_id)))


@blueprint.operation("POST", "/<uuid:photo_id>", requires("moderation.decide"), body=PhotoDecisionIn(),
                     answer=ModeratedPhotoOut(), example={
                         "decision": "publish", "rectangles": [{"x": 0.31, "y": 0.12, "width": 0.08, "height": 0.11}]})
def decide(photo_id: uuid.UUID, body: dict[str, Any]) -> Response:
    """Show a photo with these rectangles destroyed and nothing else, or show it to nobody.

    The same again has no effect; a later decision replaces an earlier one, and what was shown before is gone.
    """
    if body["decision"] == "publish":
        public_pictures.publish(caller(), photo_id, [Rectangle(**one) for one in body["rectangles"]])
    else:
        public_pictures.withhold(caller(), photo_id)
    with reading() as db:
        return encode(_whole(public_pictures.find(db, caller(), photo_id)))


def _row(one: Moderated) -> dict[str, Any]:
    return {"id": one.photo.id, "case": one.case.number, "purpose": one.photo.purpose, "state": one.row.state,
            "certain": one.row.certain, "covers": len(one.row.rectangles), "created_at": one.row.created_at}


def _whole(one: Moderated) -> dict[str, Any]:
    public = media.links.sign_for_everybody(one.photo.id, Rendition.PUBLIC) if one.row.state is State.READY else None
    return _row(one) | {
        "link": media.sign(one.photo.id, Rendition.LARGE, LOOK_MINUTES), "public": public, "width": one.photo.width,
        "height": one.photo.height, "found": one.row.found, "rectangles": one.row.rectangles,
        "decided_at": one.row.decided_at, "decided_by": one.row.decided_by_id}
