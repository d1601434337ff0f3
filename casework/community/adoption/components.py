"""Which components near a place may be adopted: public facts of them, and of their adopters only that there are some."""
import math
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.cases.wording import Language
from casework.community.adoption import kinds, shops
from casework.community.adoption.adopting import ACTIVE, Adoption, kind_of
from casework.geography.coordinates import METRES_PER_DEGREE, Point, metres_between
from casework.registry.fields import Register
from casework.registry.records import Entry

FARTHEST_METRES = 1000
MOST = 100


def near(db: Session, place: Point, *, metres: float, kind: str | None = None,
         language: Language = Language.ZH) -> list[dict[str, Any]]:
    """Up to MOST of them, the nearest first: {id, kind, name, code, lon, lat, metres, adopted, adopters}; WGS-84.

    `code` is the serial number beside the kind, `adopters` the names of shops that may be shown. A box by the index.
    """
    known = {code: one for code, one in kinds.current(db).items() if one.active and kind in {None, code}}
    found = _in_circle(db, place, min(metres, FARTHEST_METRES), [code[1:] for code in known])
    taken = _adoptions(db, [entry.id for entry, _ in found])
    names = shops.shown(db, {one.shop_id for some in taken.values() for one in some if one.shop_id})
    return [{"id": entry.id, "kind": code, "name": known[code].name(language), "code": str(entry.values["code"])[-6:],
             "lon": entry.lon, "lat": entry.lat, "metres": round(away),
             "adopted": len(taken.get(entry.id, ())) >= known[code].adopters,
             "adopters": [names[one.shop_id] for one in taken.get(entry.id, ()) if one.shop_id in names]}
            for entry, away in found if (code := kind_of(entry) or "") in known]


def _in_circle(db: Session, place: Point, metres: float, classes: Sequence[str]) -> list[tuple[Entry, float]]:
    lat = metres / METRES_PER_DEGREE
    narrowing = max(0.1, math.cos(math.radians(place.lat)))  # how much shorter a degree is eastward than northward
    lon = lat / narrowing
    east, north = (Entry.lon - place.lon) * narrowing, Entry.lat - place.lat
    code, state = Entry.values["code"].as_string(), Entry.values["state"].as_string()
    wanted = (select(Entry).where(
        Entry.lat.between(place.lat - lat, place.lat + lat), Entry.lon.between(place.lon - lon, place.lon + lon),
        Entry.register == Register.COMPONENT, func.substr(code, 7, 4).in_(classes), func.coalesce(state, "good") != "missing")
        .order_by(east * east + north * north, Entry.id).limit(MOST))
    away = [(entry, metres_between(place, Point(entry.lon, entry.lat))) for entry in db.scalars(wanted)
            if entry.lon is not None and entry.lat is not None]
    return [(entry, distance) for entry, distance in away if distance <= metres]


def _adoptions(db: Session, component_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Adoption]]:
    found: dict[uuid.UUID, list[Adoption]] = {}
    for one in db.scalars(select(Adoption).where(Adoption.component_id.in_(component_ids), ACTIVE).order_by(Adoption.slot)):
        found.setdefault(one.component_id, []).append(one)
    return found
