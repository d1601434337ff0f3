"""Outlines of areas as pages draw them: a map without tiles shows where a place is by the borders around it."""
from collections.abc import Iterable
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.geography.areas import Area, Level

Rings = list[list[list[float]]]

CITY_DEGREES = 1e-4
"""What a whole city is drawn with: ten metres, so that a thousand communities weigh little."""

DRAWN = (Level.DISTRICT, Level.STREET, Level.COMMUNITY)
"""Enough to find oneself; the grids in them are the city's own business."""


def rings(outline: bytes | None, rough_degrees: float) -> Rings:
    """The rings of an outline (WKB, WGS-84) as [lon, lat], without what is smaller than `rough_degrees`."""
    if outline is None:
        return []
    shape: Any = shapely.simplify(shapely.from_wkb(outline), rough_degrees)
    parts: Iterable[Any] = shapely.get_parts(shape)
    return [[[round(lon, 6), round(lat, 6)] for lon, lat in shapely.get_coordinates(ring).tolist()]
            for part in parts for ring in shapely.get_rings(part)]


def of_city(db: Session) -> list[dict[str, Any]]:
    """The areas of DRAWN in use, by code: {code, name, level, outline}."""
    wanted = (select(Area.code, Area.name, Area.level, Area.outline)
              .where(Area.level.in_(DRAWN), Area.retired_at.is_(None)).order_by(Area.code))
    return [{"code": code, "name": name, "level": level, "outline": rings(outline, CITY_DEGREES)}
            for code, name, level, outline in db.execute(wanted)]
