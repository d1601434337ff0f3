"""Reads GeoJSON (RFC 7946) of areas and of named places, all or nothing; faults are named by the feature's index."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import shapely

from casework.errors import Fault, Invalid
from casework.geography.codes import Level, level_of
from casework.geography.coordinates import Point, System, many_to_wgs84

MOST_FAULTS = 100
NAME_LENGTH = 100
DEGREES = [{"type": "name", "properties": {"name": name}} for name in (
    "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "EPSG:4490", "urn:ogc:def:crs:EPSG::4490")]
"""What an old file may declare in "crs". CGCS2000 (4490) differs from WGS-84 by centimetres."""


@dataclass(frozen=True)
class AreaShape:
    """One area as a file describes it; the outline is WGS-84, None when the file gives none."""

    code: str
    name: str
    level: Level
    outline: Any
    aliases: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceShape:
    """One named place as a file describes it; the numbers are the house numbers that this stretch of a road has."""

    name: str
    kind: str
    point: Point
    area_code: str | None = None
    number_from: int | None = None
    number_to: int | None = None


class _Faults(list[Fault]):
    """What is wrong so far. A file with one mistake in every feature need not be listed to its end."""

    def note(self, where: str, reason: str) -> None:
        self.append(Fault(where, reason))
        if len(self) >= MOST_FAULTS:
            self.refuse()

    def refuse(self) -> None:
        raise Invalid("the file was not taken: nothing was changed", *self)


def read_areas(document: Any, system: str) -> list[AreaShape]:
    """The areas of a FeatureCollection. Members: code (or DataV's adcode), name, level, aliases; the rest is kept.

    Raises Invalid with one fault for each wrong feature ("features.3.geometry"), at most MOST_FAULTS of them.
    """
    faults = _Faults()
    found: list[AreaShape] = []
    rows: dict[str, int] = {}
    for index, members, geometry in _features(document, faults):
        where = f"features.{index}"
        identity = _identity(members, where, faults)
        outline = _outline(geometry, f"{where}.geometry", faults)
        if identity is None:
            continue
        if geometry is None and identity.level is Level.GRID:
            faults.note(f"{where}.geometry", "a grid needs an outline")
        if (earlier := rows.setdefault(identity.code, index)) != index:
            faults.note(f"{where}.properties.code", f"code {identity.code} stands in feature {earlier} already")
        found.append(AreaShape(**{**vars(identity), "outline": outline}))
    if faults:
        faults.refuse()
    return _turned(found, _system(system), rows)


def read_places(document: Any, system: str) -> list[PlaceShape]:
    """The named points of a FeatureCollection. Members: name, kind, area_code, number_from, number_to.

    Raises Invalid like read_areas.
    """
    faults = _Faults()
    points: list[list[float]] = []
    found: list[dict[str, Any]] = []
    for index, members, geometry in _features(document, faults):
        where = f"features.{index}"
        point = _geometry(geometry, ("Point",), f"{where}.geometry", faults)
        numbers = [_number(members, one, where, faults) for one in ("number_from", "number_to")]
        if (numbers[0] is None) != (numbers[1] is None) or (numbers[0] or 0) > (numbers[1] or 0):
            faults.note(f"{where}.properties.number_to", "needs the first and the last house number, in this order")
        area_code = members.get("area_code")
        if area_code is not None and (not isinstance(area_code, str) or level_of(area_code) is None):
            faults.note(f"{where}.properties.area_code", "is not an area code")
        name = _text(members, "name", where, faults)
        kind = _text({"kind": "landmark", **members}, "kind", where, faults)
        if point is not None:
            points.append([point.x, point.y])
            found.append({"name": name, "kind": kind, "area_code": area_code,
                          "number_from": numbers[0], "number_to": numbers[1]})
    if faults:
        faults.refuse()
    turned = many_to_wgs84(np.array(points, dtype=np.float64).reshape(-1, 2), _system(system))
    return [PlaceShape(point=Point(*at), **place) for at, place in zip(turned.tolist(), found, strict=True)]


def _system(text: str) -> System:
    try:
        return System(text)
    except ValueError:
        known = ", ".join(System)
        raise Invalid("the coordinate system is not known", Fault("system", f"must be one of {known}")) from None


def _features(document: Any, faults: _Faults) -> Iterator[tuple[int, dict[str, Any], Any]]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise Invalid("this is not GeoJSON", Fault("type", "must be FeatureCollection"))
    if document.get("crs") is not None and document["crs"] not in DEGREES:
        raise Invalid("the file is not in degrees", Fault("crs", "must be absent or CRS84: longitude and latitude"))
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise Invalid("this GeoJSON has no features", Fault("features", "must be a list with at least one feature"))
    for index, feature in enumerate(features):
        members = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(members, dict):
            yield index, members, feature.get("geometry")
        else:
            faults.note(f"features.{index}", "must be a Feature with properties")


def _identity(members: dict[str, Any], where: str, faults: _Faults) -> AreaShape | None:
    before = len(faults)
    code = _code(members)
    level = level_of(code)
    if level is None:
        faults.note(f"{where}.properties.code", "must have 4, 6, 9, 12, 14 or 15 digits")
    elif members.get("level", level) != level:
        faults.note(f"{where}.properties.level", f"is not the level of code {code}, which is a {level}")
    name = _text(members, "name", where, faults)
    aliases = members.get("aliases") or []
    if not isinstance(aliases, list):
        faults.note(f"{where}.properties.aliases", "must be a list of names")
        aliases = []
    aliases = [_text({"aliases": alias}, "aliases", where, faults) for alias in aliases]
    rest = {key: value for key, value in members.items() if key not in {"code", "name", "level", "aliases"}}
    try:
        if b"\\u0000" in orjson.dumps(rest):
            faults.note(f"{where}.properties", "contains a NUL character")
    except (orjson.JSONEncodeError, RecursionError):
        faults.note(f"{where}.properties", "cannot be written as JSON")
    if level is None or len(faults) > before:
        return None
    return AreaShape(code, name, level, None, aliases, rest)


def _code(members: dict[str, Any]) -> str:
    code = members.get("code", members.get("adcode", ""))
    if isinstance(code, bool) or not isinstance(code, str | int):
        return ""
    # DataV, whence most Chinese outlines come, writes a city as six digits that end in two noughts.
    is_datav_city = "code" not in members and members.get("level") == Level.CITY
    return str(code).strip().removesuffix("00") if is_datav_city else str(code).strip()


def _text(members: dict[str, Any], key: str, where: str, faults: _Faults) -> str:
    value = members.get(key)
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= NAME_LENGTH or not text.isprintable():
        faults.note(f"{where}.properties.{key}", f"must be a text of 1 to {NAME_LENGTH} printable characters")
    return text


def _number(members: dict[str, Any], key: str, where: str, faults: _Faults) -> int | None:
    value = members.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000):
        return value
    faults.note(f"{where}.properties.{key}", "must be a house number between 1 and 99999")
    return None


def _outline(geometry: Any, where: str, faults: _Faults) -> Any:
    return None if geometry is None else _geometry(geometry, ("Polygon", "MultiPolygon"), where, faults)


def _geometry(geometry: Any, kinds: tuple[str, ...], where: str, faults: _Faults) -> Any:
    if not isinstance(geometry, dict) or geometry.get("type") not in kinds:
        faults.note(where, f"must be a {' or '.join(kinds)}")
        return None
    try:
        made = shapely.from_geojson(orjson.dumps(geometry))
    except (shapely.errors.GEOSException, orjson.JSONEncodeError) as error:
        faults.note(where, f"cannot be read: {error}")
        return None
    west, south, east, north = made.bounds
    if made.is_empty:
        faults.note(where, "is empty")
    elif not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        faults.note(where, "leaves the range of degrees: longitude comes first, and metres are not taken")
    elif not made.is_valid:
        faults.note(where, f"is not valid: {shapely.is_valid_reason(made)}")
    else:
        return made
    return None


def _turned(shapes: list[AreaShape], system: System, rows: dict[str, int]) -> list[AreaShape]:
    outlines = shapely.transform(np.array([shape.outline for shape in shapes], dtype=object),
                                 lambda coordinates: many_to_wgs84(coordinates, system))
    faults = _Faults()
    for shape, outline in zip(shapes, outlines, strict=True):
        # The shift bends straight lines a little: a sliver thinner than that can cross itself.
        if outline is not None and not outline.is_valid:
            faults.note(f"features.{rows[shape.code]}.geometry",
                        f"is not valid in WGS-84: {shapely.is_valid_reason(outline)}")
    if faults:
        faults.refuse()
    return [AreaShape(**{**vars(shape), "outline": outline}) for shape, outline in zip(shapes, outlines, strict=True)]
