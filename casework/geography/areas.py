"""The tree of areas in the database, its import, and the answer to: which grid is this point in?"""
import heapq
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column, undefer

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography import tiling
from casework.geography.atlas import AreaRow, Atlas, GridRef
from casework.geography.codes import Level, ancestors, clashes, is_within, level_of, lies_in
from casework.geography.coordinates import Point
from casework.geography.geojson import AreaShape, read_areas
from casework.geography.tiling import Flaw
from casework.storage import database
from casework.storage.database import Base, new_id

__all__ = ["Area", "GridRef", "ImportReport", "Level", "area", "area_at", "areas_at", "atlas", "children", "describe",
           "import_areas", "is_within"]

FRESH_SECONDS = 1.0
"""How long a process trusts its picture of the areas before it looks whether another process changed them."""


class Area(Base):
    """One area of the tree. A retired area keeps its name for old cases; no point lies in it any more."""

    __tablename__ = "areas"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[Level]
    parent_code: Mapped[str | None] = mapped_column(index=True)
    aliases: Mapped[list[str]] = mapped_column(default=list)
    outline: Mapped[bytes | None] = mapped_column(deferred=True)
    """WKB, WGS-84."""
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    retired_at: Mapped[datetime | None]


class AreasVersion(Base):
    """One row whose value changes with every import of areas or places, so that other processes notice."""

    __tablename__ = "areas_version"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[uuid.UUID]


@dataclass
class ImportReport:
    """What an import did, and what is wrong with the map as it now stands; sizes in square metres, places WGS-84."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    by_level: dict[Level, int] = field(default_factory=dict)
    overlaps: list[Flaw] = field(default_factory=list)
    gaps: list[Flaw] = field(default_factory=list)
    outside: list[Flaw] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def import_areas(db: Session, geojson: Any, system: str, replaces: str | None = None) -> ImportReport:
    """Add and update areas from a FeatureCollection in "wgs84", "gcj02" or "bd09".

    With `replaces` the file is all there is in that area: what it does not name is retired. Overlaps and gaps are
    reported, not refused. Raises Invalid with the feature's index and reason, and then nothing has changed.
    """
    shapes = read_areas(geojson, system)
    named = {shape.code for shape in shapes}
    touch(db)
    known = {one.code: one for one in db.scalars(select(Area).options(undefer(Area.outline)))}
    living = [one for one in known.values() if one.retired_at is None and one.code not in named]
    dropped = [one for one in living if replaces is not None and is_within(one.code, replaces)]
    _refuse_misplaced(shapes, {one.code for one in living} - {one.code for one in dropped}, replaces)
    report = ImportReport(retired=len(dropped), by_level=dict(Counter(shape.level for shape in shapes)))
    for one in dropped:
        one.retired_at = clock.now()
    for shape in shapes:
        _store(db, shape, known, report)
    db.flush()
    _review(db, named, report)
    return report


def area_at(db: Session, point: Point) -> GridRef | None:
    """The grid at this point (WGS-84), or the deepest area where there are no grids; None in gaps and outside the city.

    A point on a border lies in exactly one grid, the one with the smaller code, whoever asks.
    """
    return atlas(db).at(point)


def areas_at(db: Session, points: Sequence[Point]) -> list[GridRef | None]:
    """area_at for many points at once, in their order."""
    return atlas(db).at_many(points)


def describe(db: Session, code: str) -> GridRef | None:
    """The area of this code with the way down to it, from memory; None when there is none or it is retired."""
    return atlas(db).refs.get(code)


def look_for(db: Session, text: str, most: int) -> list[GridRef]:
    """At most so many areas whose name has this text in it, or whose code begins with it; the widest first."""
    wanted = text.strip()
    found = (one for one in atlas(db).refs.values() if wanted in one.name or one.code.startswith(wanted))
    return heapq.nsmallest(most, found, key=lambda one: (len(one.code), one.code))


def area(db: Session, code: str) -> Area:
    """The area of this code, retired or not. Raises NotFound."""
    if found := db.get(Area, code):
        return found
    raise NotFound(f"no area {code}")


def children(db: Session, code: str | None) -> Sequence[Area]:
    """The areas right below this one, by code; those at the top of the tree for None."""
    living = select(Area).where(Area.retired_at.is_(None), Area.parent_code == code)
    return db.scalars(living.order_by(Area.code)).all()


def of_level(db: Session, level: Level, inside: str = "") -> Sequence[Area]:
    """All areas of this level inside one, by code."""
    living = select(Area).where(Area.retired_at.is_(None), Area.level == level)
    return db.scalars((living.where(lies_in(Area.code, inside)) if inside else living).order_by(Area.code)).all()


@dataclass(frozen=True)
class _Held:
    atlas: Atlas
    version: uuid.UUID | None
    engine: Engine
    until: float


_held: _Held | None = None


def atlas(db: Session) -> Atlas:
    """The areas in memory, at most FRESH_SECONDS behind what any process committed, never behind this session."""
    global _held  # noqa: PLW0603 - one picture a process; it is replaced whole, so threads need no lock
    if _changed_here in db.info:
        return Atlas(_rows(db))
    held, engine = _held, database.engine()
    if held is not None and held.engine is engine and time.monotonic() < held.until:
        return held.atlas
    until = time.monotonic() + FRESH_SECONDS
    version = db.scalar(select(AreasVersion.version))
    same = held is not None and held.engine is engine and held.version == version
    # The version is read before the rows: rows that are newer than their version are only read once more.
    made = held.atlas if same and held is not None else Atlas(_rows(db))
    _held = _Held(made, version, engine, until)
    return made


_changed_here = "areas changed in this session"


def touch(db: Session) -> None:
    """Say that areas or places change in this transaction; a second import waits here until this one has committed."""
    row = db.get(AreasVersion, 1, with_for_update=True)
    if row is None:
        row = AreasVersion(id=1)
        db.add(row)
    row.version = new_id()
    try:
        db.flush()
    except IntegrityError:
        raise Conflict("somebody else is importing areas for the first time just now; try again") from None
    db.info[_changed_here] = True
    event.listen(db, "after_transaction_end", _look_again)


def _look_again(db: Session, ended: SessionTransaction) -> None:
    global _held  # noqa: PLW0603 - see atlas()
    if ended.parent is None:  # a savepoint that ends has made nothing visible yet
        db.info.pop(_changed_here, None)
        _held = None


def _rows(db: Session) -> list[AreaRow]:
    living = select(Area.code, Area.name, Area.level, Area.outline).where(Area.retired_at.is_(None))
    return [AreaRow(*row) for row in db.execute(living)]


def _refuse_misplaced(shapes: list[AreaShape], staying: set[str], replaces: str | None) -> None:
    index_of = {shape.code: index for index, shape in enumerate(shapes)}
    faults = [Fault(f"features.{index}.properties.code", f"{code} does not lie in {replaces}")
              for code, index in index_of.items() if replaces is not None and not is_within(code, replaces)]
    faults += [Fault(f"features.{index_of.get(longer, index_of.get(shorter))}.properties.code",
                     f"{longer} begins with {shorter}, and both are a {level_of(longer)}")
               for shorter, longer in clashes(staying | index_of.keys())]
    if faults:
        raise Invalid("the file was not taken: nothing was changed", *faults[:100])


def _store(db: Session, shape: AreaShape, known: dict[str, Area], report: ImportReport) -> None:
    above = ancestors(shape.code)
    values = {
        "name": shape.name, "level": shape.level, "parent_code": above[-1] if above else None, "aliases": shape.aliases,
        "properties": shape.properties, "retired_at": None,
        "outline": None if shape.outline is None else shapely.to_wkb(shape.outline)}
    stored = known.get(shape.code)
    if stored is None:
        db.add(Area(code=shape.code, **values))
        report.added += 1
    elif any(getattr(stored, key) != value for key, value in values.items()):
        for key, value in values.items():
            setattr(stored, key, value)
        report.changed += 1
    else:
        report.unchanged += 1


def _review(db: Session, named: set[str], report: ImportReport) -> None:
    rows = {row.code: row for row in _rows(db)}
    shapes = {code: shapely.from_wkb(row.outline) for code, row in rows.items() if row.outline is not None}
    families: dict[str, list[str]] = defaultdict(list)
    levels: dict[Level, dict[str, Any]] = defaultdict(dict)
    for code, row in rows.items():
        above = ancestors(code)
        if code in named and above and above[-1] not in rows:
            report.problems.append(f"{code} {row.name}: there is no area {above[-1]} above it")
        if code in shapes:
            families[above[-1] if above else ""].append(code)
            levels[row.level][code] = shapes[code]
    for outlines in levels.values():
        report.overlaps += tiling.overlaps(outlines, named)
    for parent, codes in sorted(families.items()):
        if parent in rows and (parent in named or not named.isdisjoint(codes)):
            report.gaps += tiling.gaps(parent, shapes.get(parent), [shapes[code] for code in codes])
            if parent in shapes:
                for code in codes:
                    report.outside += tiling.outside(code, shapes[code], parent, shapes[parent])
