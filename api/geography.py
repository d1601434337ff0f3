"""Areas: the tree, the grid at a point, and their import."""
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.fields import TO_WGS84, Text, encode, kept
from casework.errors import NotFound
from casework.geography import addresses, areas, outlines
from casework.geography.codes import Level
from casework.geography.coordinates import Point
from casework.storage.database import reading, transaction

blueprint = Blueprint("geography", __name__, url_prefix="/api/v1/areas", description="区域与网格 Areas and grids")

LARGEST_KILOBYTES = 64 * 1024
MOST_FOUND = 50

OUTLINES_HOLD = 24 * 3600
"""Seconds: borders move with an import, and a map of yesterday still shows where one stands."""


class AreaOut(ma.Schema):
    """One area of the tree."""

    code = ma.fields.String()
    name = ma.fields.String()
    level = ma.fields.String(metadata={"enum": ["city", "district", "street", "community", "grid"]})
    parent_code = ma.fields.String(allow_none=True)


class AreasOut(ma.Schema):
    """The areas right below one."""

    items = ma.fields.List(ma.fields.Nested(AreaOut()))


class OutlineOut(ma.Schema):
    """An area as a map draws it."""

    code = ma.fields.String()
    name = ma.fields.String()
    level = ma.fields.String(metadata={"enum": ["district", "street", "community"]})
    outline = ma.fields.List(ma.fields.List(ma.fields.List(ma.fields.Float())), metadata={"description":
        "rings of [lon, lat], WGS-84"})


class OutlinesOut(ma.Schema):
    """What a map without tiles shows."""

    items = ma.fields.List(ma.fields.Nested(OutlineOut()))


class BelowIn(ma.Schema):
    """Which area; the top of the tree without one."""

    parent = Text(15, metadata={"description": "code of an area"})
    level = ma.fields.String(validate=ma.validate.OneOf(["city", "district", "street"]), metadata={
        "description": "all of this level instead; with `parent` those inside that area"})


class AreaFoundOut(AreaOut):
    """An area that was looked for, with the way down to it in words."""

    full_name = ma.fields.String()


class AreasFoundOut(ma.Schema):
    """The areas that fit, the widest first."""

    items = ma.fields.List(ma.fields.Nested(AreaFoundOut()))
    all = ma.fields.Boolean()


class LookedForIn(ma.Schema):
    """What is known of it."""

    q = Text(80, required=True, metadata={"description": "a part of the name, or the beginning of the code"})


class PointIn(ma.Schema):
    """A point in degrees."""

    lon = ma.fields.Float(required=True, validate=ma.validate.Range(-180, 180), metadata={"description": "degrees east"})
    lat = ma.fields.Float(required=True, validate=ma.validate.Range(-90, 90), metadata={"description": "degrees north"})
    system = ma.fields.String(load_default="wgs84", validate=ma.validate.OneOf(list(TO_WGS84)),
                              metadata={"description": "of the coordinates sent"})


class GridOut(ma.Schema):
    """The grid at a point, with the way down to it."""

    code = ma.fields.String()
    name = ma.fields.String()
    level = ma.fields.String()
    codes = ma.fields.List(ma.fields.String())
    names = ma.fields.List(ma.fields.String())


class ImportIn(ma.Schema):
    """In which coordinates the file is, and which area it describes completely, if it does."""

    system = ma.fields.String(required=True, validate=ma.validate.OneOf(list(TO_WGS84)),
                              metadata={"description": "of the coordinates in the file"})
    replaces = Text(15, metadata={"description": "what the file does not name inside this area is retired"})
    trial = ma.fields.Boolean(load_default=False, metadata={"description": "only say what it would do: nothing is changed"})


class GeoJsonIn(ma.Schema):
    """A FeatureCollection; each feature has code, name and level among its properties."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True, validate=ma.validate.Equal("FeatureCollection"))
    features = ma.fields.List(ma.fields.Raw(), required=True)


class ImportOut(ma.Schema):
    """What the import did, and what is wrong with the map as it now stands."""

    added = ma.fields.Integer()
    changed = ma.fields.Integer()
    unchanged = ma.fields.Integer()
    retired = ma.fields.Integer()
    by_level = ma.fields.Dict()
    overlaps = ma.fields.List(ma.fields.Dict(), metadata={"description": "with size in square metres and a point"})
    gaps = ma.fields.List(ma.fields.Dict())
    outside = ma.fields.List(ma.fields.Dict())
    problems = ma.fields.List(ma.fields.String())


class PlacesOut(ma.Schema):
    """What the import of place names did."""

    stored = ma.fields.Integer()
    removed = ma.fields.Integer()
    nowhere = ma.fields.List(ma.fields.String(), metadata={"description": "names whose point lies in no area"})


RING = [[114, 22.6], [114.01, 22.6], [114.01, 22.61], [114, 22.61], [114, 22.6]]
EXAMPLE = {"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"code": "44030100100101", "name": "网格1", "level": "grid"},
    "geometry": {"type": "Polygon", "coordinates": [RING]}}]}


@blueprint.operation("GET", "", requires("areas.read"), query=BelowIn(), answer=AreasOut())
def below(query: dict[str, str]) -> dict[str, Any]:
    """The areas right below one, or those at the top; with `level` all of that level."""
    parent, level = query.get("parent"), query.get("level")
    with reading() as db:
        found = areas.of_level(db, Level(level), parent or "") if level else areas.children(db, parent)
        return {"items": [{"code": one.code, "name": one.name, "level": one.level, "parent_code": one.parent_code}
                          for one in found]}


@blueprint.operation("GET", "/search", requires("areas.read"), query=LookedForIn(), answer=AreasFoundOut())
def look_for(query: dict[str, str]) -> dict[str, Any]:
    """Areas by a part of their name or the beginning of their code."""
    with reading() as db:
        found = areas.look_for(db, query["q"], MOST_FOUND + 1)
    return {"all": len(found) <= MOST_FOUND, "items": [
        {"code": one.code, "name": one.name, "level": one.level, "full_name": one.full_name,
         "parent_code": one.codes[-2] if len(one.codes) > 1 else None} for one in found[:MOST_FOUND]]}


@blueprint.operation("GET", "/outlines", requires("areas.read"), answer=OutlinesOut())
def drawn() -> Response:
    """The outlines of districts, streets and communities, ten metres rough, to be kept for a day."""
    with reading() as db:
        return kept(encode({"items": outlines.of_city(db)}), f"public, max-age={OUTLINES_HOLD}")


@blueprint.operation("GET", "/at", requires("areas.read"), query=PointIn(), answer=GridOut())
def at(query: dict[str, Any]) -> dict[str, Any]:
    """The grid at a point; on a border, the one with the smaller code. 404 in gaps and outside the city."""
    with reading() as db:
        grid = areas.area_at(db, TO_WGS84[query["system"]](Point(query["lon"], query["lat"])))
    if grid is None:
        raise NotFound("this point lies in none of the city's areas")
    return asdict(grid)


@blueprint.operation("POST", "/import", requires("areas.import"), body=GeoJsonIn(), query=ImportIn(), answer=ImportOut(),
                     example=EXAMPLE, kilobytes=LARGEST_KILOBYTES)
def import_areas(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Add and update areas from GeoJSON, all or nothing.

    Overlaps and gaps are reported, not refused; an impossible outline is refused with its place in the file.
    """
    with transaction() as db:
        report = areas.import_areas(db, body, query["system"], query.get("replaces"))
        if query["trial"]:
            db.rollback()
    return encode(asdict(report))


@blueprint.operation("POST", "/places", requires("areas.import"), body=GeoJsonIn(), query=ImportIn(only=("system",)),
                     answer=PlacesOut(), kilobytes=LARGEST_KILOBYTES, example={"type": "FeatureCollection", "features": [{
                         "type": "Feature", "properties": {"name": "学府路", "kind": "road"},
                         "geometry": {"type": "Point", "coordinates": [114.005, 22.605]}}]})
def import_places(query: dict[str, str], body: dict[str, Any]) -> Response:
    """Names on the map (roads, estates, landmarks), so that address words can be placed; replaces those imported before."""
    with transaction() as db:
        report = addresses.import_places(db, body, query["system"])
    return encode(asdict(report))
