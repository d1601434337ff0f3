"""Photos over HTTP: in at the door, out by links that expire."""
import uuid
from collections.abc import Iterable
from typing import Any

import marshmallow as ma
from flask import Response
from werkzeug.datastructures import FileStorage

from api import limits
from api.auth import caller, public, requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Text, Whole
from casework import media
from casework.cases import public_pictures
from casework.errors import Fault, Invalid, NotFound, TooLarge, Unsupported
from casework.media import Original, Photo, Rendition
from casework.media.links import OF_EVERYBODY
from casework.storage.database import reading, transaction

blueprint = Blueprint("media", __name__, url_prefix="/api/v1/media", description="照片 Photos")

ONE = Uploads(field="photo", most=1)


class PhotoOut(ma.Schema):
    """A photo that was taken in; its links work for a while and need no log-in."""

    id = ma.fields.UUID()
    state = ma.fields.String(metadata={"enum": ["received", "ready", "refused"]})
    reason = ma.fields.String(allow_none=True)
    purpose = ma.fields.String()
    step = ma.fields.String(allow_none=True)
    taken_at = ma.fields.DateTime(allow_none=True)
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    small = ma.fields.String(metadata={"description": "link, longest side 320 px"})
    large = ma.fields.String(metadata={"description": "link, longest side 1600 px"})


class UploadOut(ma.Schema):
    """What to name the photo by in the action or report it belongs to."""

    id = ma.fields.UUID()


class LinkIn(ma.Schema):
    """The two halves of a signed link."""

    expires = Whole(0, 2**53, required=True, metadata={"description": "seconds since 1970"})
    signature = Text(64, required=True, metadata={"description": "made by us for this link"})


@blueprint.operation("POST", "", requires("media.upload"), uploads=ONE, answer=UploadOut(), status=201, limit=limits.reports)
def upload(files: list[FileStorage]) -> dict[str, Any]:
    """Send a photo ahead of the action that shows it.

    Desk and PDA: name its id in `photos` of the action. One that no action claims is forgotten after a day.
    """
    (original,) = kept(one_file(files), ONE.field)
    with transaction() as db:
        return {"id": media.check_in(db, original, channel="desk", uploaded_by=caller().id).id}


@blueprint.operation("GET", "/<uuid:photo_id>/<rendition>", public("the signature in the link is the permission"),
                     query=LinkIn(), media_type="image/jpeg", problems=("refused",))
def show(photo_id: uuid.UUID, rendition: str, query: dict[str, Any]) -> Response:
    """Show a photo by a link that a case or report carried.

    `rendition` is 320, 1600 or original; or public and public-320, without faces and number plates, as long as the case is
    public. 503 with Retry-After while it is still being prepared.
    """
    if rendition not in set(Rendition):
        raise NotFound("there is no such picture")
    wanted = Rendition(rendition)
    follow = public_pictures.view if wanted in OF_EVERYBODY else media.view
    with reading() as db:
        picture = follow(db, photo_id, wanted, query["expires"], query["signature"])
    # What is taken back from the public is to be gone soon; nobody keeps it for others either way.
    seconds = 60 if wanted in OF_EVERYBODY else 600
    return Response(picture.content, mimetype=picture.media_type, headers={"Cache-Control": f"private, max-age={seconds}"})


def one_file(files: list[FileStorage], field: str = "photo") -> list[FileStorage]:
    """Exactly one. Raises Invalid."""
    if len(files) != 1:
        raise Invalid("send one file", Fault(field, "one file is needed"))
    return files


def kept(files: Iterable[FileStorage], field: str = "photos") -> list[Original]:
    """Check the files at the door and keep them, before a transaction opens. The problem names the file at fault.

    `field` is what the files came in: one alone is "photo", of several the second is "photos.1".
    """
    originals = []
    for at, file in enumerate(files):
        try:
            originals.append(media.keep(file.read()))
        except (Invalid, TooLarge, Unsupported) as error:
            at_fault = field if field == ONE.field else f"{field}.{at}"
            if isinstance(error, Invalid):
                error.faults = (Fault(at_fault, error.sentence),)
            error.facts["field"] = at_fault
            raise
    return originals


def shown(photo: Photo) -> dict[str, Any]:
    """A photo as PhotoOut describes it, with fresh links."""
    return {"id": photo.id, "state": photo.state, "reason": photo.reason, "purpose": photo.purpose, "step": photo.step,
            "taken_at": photo.taken_at, "lon": photo.lon, "lat": photo.lat,
            "small": media.sign(photo.id, Rendition.SMALL), "large": media.sign(photo.id, Rendition.LARGE)}
