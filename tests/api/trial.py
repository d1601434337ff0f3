"""A small group of operations for the tests of the ground: what goes wrong on purpose, and one of each kind of body."""
from typing import Any

import marshmallow as ma
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import FileStorage

from api.auth import caller, known, public, requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Cursor, Moment, PageIn, Place, Text, Whole, page_of, rows
from casework import errors

blueprint = Blueprint("trial", __name__, url_prefix="/trial", description="For tests")
WORRIES = {kind.__name__: kind for kind in (
    errors.NotFound, errors.Refused, errors.Unauthenticated, errors.Conflict, errors.TooLarge, errors.Unsupported)}


class NoteIn(ma.Schema):
    text = Text(20, required=True)
    at = Moment()
    place = ma.fields.List(Place())
    count = Whole(1, 9)
    inner = ma.fields.Raw()


class NoteOut(ma.Schema):
    text = ma.fields.String()
    at = Moment()
    place = ma.fields.List(Place())
    count = ma.fields.Integer()
    inner = ma.fields.Raw()
    files = ma.fields.List(ma.fields.Integer())


class PageOfNumbers(PageIn):
    cursor = Cursor(int)
    kind = ma.fields.List(Text(10))


class NumberOut(ma.Schema):
    number = ma.fields.Integer()


@blueprint.operation("POST", "/notes", public("for tests"), body=NoteIn(), answer=NoteOut(), status=201,
                     example={"text": "路灯不亮", "place": [{"lon": 114.05, "lat": 22.54}]}, kilobytes=8)
def note(body: dict[str, Any]) -> dict[str, Any]:
    """Say it back."""
    return body | {"place": [{"lon": one.lon, "lat": one.lat} for one in body.get("place", [])]}


@blueprint.operation("POST", "/photos", public("for tests"), body=NoteIn(), uploads=Uploads(most=2, megabytes=1),
                     answer=NoteOut(), example={"text": "井盖破损"}, kilobytes=8)
def photos(body: dict[str, Any], files: list[FileStorage]) -> dict[str, Any]:
    """Say how large they are."""
    return note(body) | {"files": [len(file.read()) for file in files]}


@blueprint.operation("GET", "/numbers", public("for tests"), query=PageOfNumbers(), answer=page_of(NumberOut()))
def numbers(query: dict[str, Any]) -> Any:
    """Count to ten, a page at a time."""
    first = query.get("cursor", (0,))[0] + 1
    page = [{"number": number} for number in range(first, 11)][:query["limit"]]
    return rows(page, [page[-1]["number"]] if page[-1]["number"] < 10 else None)


@blueprint.operation("GET", "/worries/<name>", public("for tests"))
def worry(name: str) -> None:
    """Go wrong in the way that is named."""
    if name == "Invalid":
        raise errors.Invalid("It cannot be.", errors.Fault("items.3.text", "is missing"), limit=3)
    if name == "TooMany":
        raise errors.TooMany("Too often.", 17)
    if name == "Unavailable":
        raise errors.Unavailable("Away.", 9)
    if name == "database":
        raise OperationalError("SELECT 1 WHERE phone = ?", ("13800138000",), Exception("connection refused"))
    if name == "bug":
        raise ZeroDivisionError("secret of 13800138000")
    raise WORRIES[name]("So it is.", wanted="more")


@blueprint.operation("GET", "/limited", public("for tests"), limit=lambda: "2 per minute")
def limited() -> None:
    """Twice a minute."""


@blueprint.operation("GET", "/posts", requires("users.manage"))
def posts() -> None:
    """Administrators only."""


@blueprint.operation("GET", "/me", known("for tests"), answer=NoteOut())
def me() -> dict[str, Any]:
    """Who calls."""
    return {"text": caller().name}


@blueprint.operation("GET", "/lie", public("for tests"), answer=NumberOut())
def lie() -> dict[str, Any]:
    """Answer more than is documented."""
    return {"number": 1, "phone": "13800138000"}
