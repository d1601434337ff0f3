"""Outlines of areas as pages draw them: a map without tiles shows where a place is by the borders around it."""
from collections.abc import Iterable
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.geography import areas
from casework.geography.areas import Area, Level
from casework.geography.atlas import Atlas

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


_drawn: tuple[Atlas, list[dict[str, Any]]] | None = None
"""What was drawn last, of which areas: a thousand outlines are made rough once for each map, not for each look."""


def of_city(db: Session) -> list[dict[str, Any]]:
    """The areas of DRAWN in use, by code: {code, name, level, outline}; as fresh as areas.atlas()."""
    global _drawn  # noqa: PLW0603 - replaced whole, so threads need no lock
    now, kept = areas.atlas(db), _drawn
    if kept is None or kept[0] is not now:
        _drawn = kept = (now, _of_city(db))
    return kept[1]


def _of_city(db: Session) -> list[dict[str, Any]]:
    wanted = (select(Area.code, Area.name, Area.level, Area.outline)
              .where(Area.level.in_(DRAWN), Area.retired_at.is_(None)).order_by(Area.code))
    return [{"code": code, "name": name, "level": level, "outline": rings(outline, CITY_DEGREES)}
            for code, name, level, outline in db.execute(wanted)]
