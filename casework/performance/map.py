"""The city on a map for those who decide: what lies right below an area, with how it stands there and how it was before."""
from collections.abc import Sequence
from typing import Any

import shapely
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, undefer

from casework.errors import NotFound
from casework.geography import areas, outlines
from casework.geography.areas import Area
from casework.geography.coordinates import square_metres
from casework.identity.people import Actor
from casework.identity.permissions import areas_of
from casework.performance import map_figures
from casework.performance.map_figures import WHOLE, Span

STEPS = 1500
"""The area shown, in so many steps from side to side: finer is not seen on a screen, and is not sent."""

MOST = 500
"""Areas right below one at most: a city has ten districts, a community a few dozen grids."""

Scope = tuple[str, ...] | None
"""The areas that an actor looks after; None for all."""


def drawn(db: Session, actor: Actor, code: str | None, span: Span) -> dict[str, Any]:
    """The area with the way down to it, the areas right below it with outlines and values, and the values of all of it.

    Without a code, the whole of what the actor looks after. An area that has nothing below it has no items: its cases come
    next. Outlines are rings of [lon, lat], WGS-84. Raises NotFound for an area that is none, is retired or lies elsewhere.
    """
    scope = areas_of(actor, "cockpit.read")
    here, below = _shown(db, code, scope)
    rough = _rough([*below, *([here] if here else [])])
    figures = map_figures.of(db, [here.code] if here else [one.code for one in below],
                             {one.code: _square_kilometres(one.outline) for one in below}, span)
    return {
        "area": _named(here, rough) if here else None, "way": _way(db, here, scope),
        "since": span.since, "until": span.until, "before": {"since": span.before.since, "until": span.before.until},
        "items": [{**_named(one, rough), **figures[one.code]} for one in below],
        "total": figures[WHOLE]}


def _shown(db: Session, code: str | None, scope: Scope) -> tuple[Area | None, Sequence[Area]]:
    """The area and those right below it; None and several areas for who looks after several and named none."""
    tops = scope if scope is not None else [one.code for one in areas.atlas(db).refs.values() if len(one.codes) == 1]
    code = code or (tops[0] if len(tops) == 1 else None)
    which = or_(Area.code == code, Area.parent_code == code) if code else Area.code.in_(tops)
    found = db.scalars(select(Area).options(undefer(Area.outline)).where(Area.retired_at.is_(None), which)
                       .order_by(Area.code).limit(MOST)).all()
    if code is None:
        return None, found
    here = next((one for one in found if one.code == code), None)
    if here is None or not _is_inside(code, scope):
        raise NotFound(f"no area {code}")
    return here, [one for one in found if one is not here]


def _is_inside(code: str, scope: Scope) -> bool:
    return scope is None or code.startswith(scope)


def _way(db: Session, here: Area | None, scope: Scope) -> list[dict[str, Any]]:
    """From the largest area that the actor may see down to this one, without it."""
    ref = areas.describe(db, here.code) if here else None
    above = zip(ref.codes[:-1], ref.names[:-1], strict=True) if ref else ()
    return [{"code": code, "name": name} for code, name in above if _is_inside(code, scope)]


def _named(area: Area, rough: float) -> dict[str, Any]:
    return {"code": area.code, "name": area.name, "level": area.level, "outline": outlines.rings(area.outline, rough)}


def _rough(shown: Sequence[Area]) -> float:
    """Degrees that are not seen when these areas fill a screen."""
    shapes: Any = shapely.from_wkb([one.outline for one in shown if one.outline is not None])
    if not len(shapes):
        return outlines.CITY_DEGREES
    west, south, east, north = shapely.total_bounds(shapes)
    return float(max(east - west, north - south)) / STEPS


def _square_kilometres(outline: bytes | None) -> float:
    if outline is None:
        return 0.0
    shape: Any = shapely.from_wkb(outline)
    return square_metres(shape.area, shape.centroid.y) / 1e6 if shape.area else 0.0
