"""What everybody may read of the city's cases, without log-in: a list, one case, and a map of how many there are where."""
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.auth import public
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import Cursor, Moment, PageIn, Place, Text, encode, kept, page_of, rows
from casework.cases import public_lists, public_pictures, publication
from casework.cases.public_lists import Box, Heap, Wanted
from casework.cases.publication import PublicCase
from casework.cases.wording import Language
from casework.errors import NotFound
from casework.storage.database import reading

blueprint = Blueprint("public", __name__, url_prefix="/api/v1/public", description="公开 What everybody may read")

WHY = "it shows what a rule or a moderator made public: squares, no persons"
FRESH = "public, max-age=60"
"""Whoever stands between may keep an answer for a minute, and asks then whether it is still so."""


class BoxField(ma.fields.Field[Box]):
    """Four numbers of degrees, WGS-84: west, south, east, north."""

    documented: ClassVar[dict[str, Any]] = {"type": "string", "pattern": r"^-?[0-9.]+(,-?[0-9.]+){3}$",
                                            "example": "114.02,22.53,114.08,22.57"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Box:
        try:
            west, south, east, north = map(float, value.split(","))
        except ValueError:
            raise ma.ValidationError("must be four numbers: west,south,east,north") from None
        if not all(math.isfinite(one) for one in (west, south, east, north)):
            raise ma.ValidationError("must be four numbers: west,south,east,north")
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ma.ValidationError("west must lie before east and south before north, in degrees")
        return Box(west, south, east, north)


class WhereIn(ma.Schema):
    """What is looked for."""

    bbox = BoxField(metadata={"description":
        "west,south,east,north in degrees, WGS-84. In the list a side has 0.1 degrees at most, on the map 1: "
        "up to 0.1 it counts by square, beyond by tile, and without a box by community"})
    category = Text(12, metadata={"description": "whole code of the taxonomy"})
    community = Text(12, metadata={"description": "whole code of a community"})
    status = ma.fields.String(validate=ma.validate.OneOf(["open", "closed"]))
    since = Moment(metadata={"description": "became public not before"})
    lang = ma.fields.String(validate=ma.validate.OneOf(list(Language)), load_default=Language.ZH.value)


class ListIn(PageIn, WhereIn):
    """A page of public cases."""

    cursor = Cursor(datetime, UUID)


class OneIn(ma.Schema):
    """In which language."""

    lang = ma.fields.String(validate=ma.validate.OneOf(list(Language)), load_default=Language.ZH.value)


class PublicCaseOut(ma.Schema):
    """A case as everybody may know it."""

    number = ma.fields.String()
    status = ma.fields.String(metadata={"enum": ["open", "closed"]})
    stands = ma.fields.String(metadata={"description": "where it stands, in words"})
    category = ma.fields.String(allow_none=True)
    category_code = ma.fields.String(allow_none=True)
    community = ma.fields.String(allow_none=True)
    community_code = ma.fields.String(allow_none=True)
    square = Place(allow_none=True, metadata={"description": "middle of the square of some 200 metres, WGS-84"})
    opened_at = Moment()
    published_at = Moment()
    moved_at = Moment()
    closed_at = Moment(allow_none=True)
    department = ma.fields.String(allow_none=True, metadata={"description": "which has it"})
    report_count = ma.fields.Integer()
    words = ma.fields.String(allow_none=True, metadata={"description": "what a moderator released; text, never markup"})


class StepOut(ma.Schema):
    """Something that happened."""

    at = Moment()
    words = ma.fields.String()


class PublicPictureOut(ma.Schema):
    """A photo in which faces and number plates are destroyed. The links work for a while, and as long as it is public."""

    purpose = ma.fields.String(metadata={"enum": ["report", "before", "after"]})
    link = ma.fields.String(metadata={"description": "longest side 1280 px"})
    small = ma.fields.String(metadata={"description": "longest side 320 px"})


class PublicCaseWholeOut(PublicCaseOut):
    """The same with what happened so far and the pictures of it, the oldest first."""

    steps = ma.fields.List(ma.fields.Nested(StepOut()))
    photos = ma.fields.List(ma.fields.Nested(PublicPictureOut()))


class MapOut(ma.Schema):
    """GeoJSON (RFC 7946): points in the middle of squares, tiles or communities, with `count` in their properties."""

    type = ma.fields.String(metadata={"enum": ["FeatureCollection"]})
    features = ma.fields.List(ma.fields.Dict())


def reading_limit() -> str:
    """Somebody who looks around the map asks often; nobody reads the whole city in an hour."""
    return "120 per minute"


@blueprint.operation("GET", "/cases", public(WHY), query=ListIn(), answer=page_of(PublicCaseOut()), limit=reading_limit)
def cases(query: dict[str, Any]) -> Response:
    """Public cases, what became public last on top.

    Answers stand for a minute and carry an ETag. A page may be shorter than `limit` although `next` is not null.
    """
    with reading() as db:
        found, after = public_lists.page(db, _wanted(query), after=query.get("cursor"), limit=query["limit"],
                                         language=Language(query["lang"]))
    return kept(rows([_plain(one) for one in found], after), FRESH)


@blueprint.operation("GET", "/cases/<number>", public(WHY), query=OneIn(), answer=PublicCaseWholeOut(), limit=reading_limit)
def case(number: str, query: dict[str, Any]) -> Response:
    """One public case with what happened to it. 404 also for a case that is not public, or is no more."""
    language = Language(query["lang"])
    with reading() as db:
        found = publication.find(db, public_number(number))
        described = publication.describe(db, [found], language) if found else []
        if not described:
            raise NotFound("there is no such public case")
        case_id = described[0].id
        steps = [{"at": at, "words": words} for at, words in public_lists.happened(db, case_id, language)]
        photos = [{"purpose": one.purpose, "link": one.link, "small": one.small}
                  for one in public_pictures.public_photos(db, [case_id]).get(case_id, ())]
    return kept(encode(_plain(described[0]) | {"steps": steps, "photos": photos}), FRESH)


@blueprint.operation("GET", "/map", public(WHY), query=WhereIn(), answer=MapOut(), limit=reading_limit)
def counts(query: dict[str, Any]) -> Response:
    """How many public cases there are where: open ones, or those closed that became public in the last 30 days.

    422 for a box of more than a degree a side, and for `status=closed` with `since` more than 90 days ago.
    """
    with reading() as db:
        found = public_lists.counts(db, _wanted(query))
    return kept(encode({"type": "FeatureCollection", "features": [_feature(one) for one in found]}), FRESH)


def _wanted(query: Mapping[str, Any]) -> Wanted:
    return Wanted(box=query.get("bbox"), category=query.get("category"), community=query.get("community"),
                  is_open=query["status"] == "open" if "status" in query else None, since=query.get("since"))


def _plain(one: PublicCase) -> dict[str, Any]:
    square = {"lon": one.square.lon, "lat": one.square.lat} if one.square else None
    plain = {name: getattr(one, name) for name in PublicCaseOut().fields if name not in {"status", "square"}}
    return plain | {"status": "open" if one.is_open else "closed", "square": square}


def _feature(one: Heap) -> dict[str, Any]:
    kind = "community" if not one.side else "square" if one.side < 0.01 else "tile"
    geometry = {"type": "Point", "coordinates": [one.place.lon, one.place.lat]} if one.place else None
    box = [round(middle + sign * one.side / 2, 3) for sign in (-1, 1) for middle in (one.place.lon, one.place.lat)] \
        if one.place and one.side else None
    return {"type": "Feature", "geometry": geometry, **({"bbox": box} if box else {}),
            "properties": {"kind": kind, "count": one.count, "community_code": one.code, "community": one.name}}
