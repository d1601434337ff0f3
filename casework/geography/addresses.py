"""From address words to a place: names of areas, roads, estates and landmarks, with house numbers where known."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.errors import Fault, Invalid
from casework.geography.areas import Area, atlas, touch
from casework.geography.atlas import Atlas
from casework.geography.codes import is_within
from casework.geography.coordinates import Point
from casework.geography.gazetteer import Gazetteer, Name, Place, area_names
from casework.geography.geojson import read_places
from casework.storage.database import Base, Keyed

__all__ = ["Place", "PlaceName", "PlacesReport", "import_places", "locate", "locate_many"]


class PlaceName(Keyed, Base):
    """A name on the map. A road has one row for each stretch, with the house numbers that lie there (WGS-84)."""

    __tablename__ = "place_names"
    name: Mapped[str]
    kind: Mapped[str]
    area_code: Mapped[str | None]
    """As the source says; the grid at the point is used when it lies in this area, or when the source says nothing."""
    lon: Mapped[float]
    lat: Mapped[float]
    number_from: Mapped[int | None]
    number_to: Mapped[int | None]
    source: Mapped[str] = mapped_column(index=True)


@dataclass
class PlacesReport:
    """What an import of places did; `nowhere` are names whose point lies in no area, they cannot be found."""

    stored: int = 0
    removed: int = 0
    nowhere: list[str] = field(default_factory=list)


def import_places(db: Session, geojson: Any, system: str, source: str = "import") -> PlacesReport:
    """Take a FeatureCollection of named points for all that this source knows; what it said before is replaced.

    Raises Invalid with the feature's index and reason, and then nothing has changed.
    """
    shapes = read_places(geojson, system)
    touch(db)
    areas = atlas(db)
    faults = [Fault(f"features.{index}.properties.area_code", f"there is no area {shape.area_code}")
              for index, shape in enumerate(shapes) if shape.area_code and shape.area_code not in areas.refs]
    if faults:
        raise Invalid("the file was not taken: nothing was changed", *faults[:100])
    old = db.scalars(select(PlaceName.id).where(PlaceName.source == source)).all()
    db.execute(delete(PlaceName).where(PlaceName.source == source))
    db.add_all(PlaceName(
        name=shape.name, kind=shape.kind, area_code=shape.area_code, lon=shape.point.lon, lat=shape.point.lat,
        number_from=shape.number_from, number_to=shape.number_to, source=source) for shape in shapes)
    db.flush()
    placed = areas.at_many([shape.point for shape in shapes])
    nowhere = [shape.name for shape, ref in zip(shapes, placed, strict=True) if ref is None and shape.area_code is None]
    return PlacesReport(stored=len(shapes), removed=len(old), nowhere=nowhere)


def locate(db: Session, text: str) -> Place | None:
    """The place that a text is about: the longest and most specific names win, ambiguous ones give the area above.

    Confidence is a judgement between 0 and 1: about 0.9 for one full name, more when names agree, 0.5 for a name
    without 街道 or 社区, less when names contradict each other. None when nothing known is named.
    """
    return gazetteer(db).locate(text)


def locate_many(db: Session, texts: Sequence[str]) -> list[Place | None]:
    """locate for many texts, in their order."""
    known = gazetteer(db)
    return [known.locate(text) for text in texts]


_held: tuple[Atlas, Gazetteer] | None = None


def gazetteer(db: Session) -> Gazetteer:
    """The names in memory, as fresh as the atlas."""
    global _held  # noqa: PLW0603 - one a process, replaced whole whenever the atlas is another
    areas, held = atlas(db), _held
    if held is not None and held[0] is areas:
        return held[1]
    made = Gazetteer(_names(db, areas), {code: ref.name for code, ref in areas.refs.items()})
    _held = (areas, made)
    return made


def _names(db: Session, areas: Atlas) -> list[Name]:
    named = db.execute(select(Area.code, Area.name, Area.level, Area.aliases).where(Area.retired_at.is_(None)))
    names = [name for code, text, level, aliases in named for name in area_names(code, text, level, aliases)]
    places = db.scalars(select(PlaceName).order_by(PlaceName.id)).all()
    refs = areas.at_many([Point(place.lon, place.lat) for place in places])
    for place, ref in zip(places, refs, strict=True):
        said = place.area_code if place.area_code in areas.refs else None
        code = ref.code if ref and is_within(ref.code, said or ref.code) else said
        if code:
            names.append(Name(place.name, code, Point(place.lon, place.lat), (place.number_from, place.number_to)))
    return names
