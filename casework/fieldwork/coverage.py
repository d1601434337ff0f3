"""Which part of a grid was walked on which day: squares and days without names for as long as tracks are kept, after that
only how many squares it were. A grid has one worker, so which squares on which day would say for ever where somebody was.
"""
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import shapely
from sqlalchemy import Index, Select, UniqueConstraint, delete, func, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.cells import CELL_DEGREES, cell_of
from casework.errors import Fault, Invalid, NotFound
from casework.geography import areas
from casework.geography.areas import Area, Level
from casework.geography.codes import lies_in
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.permissions import allowed
from casework.storage.database import Base, Keyed, insert_once, new_id

LONGEST_DAYS = 366

HELD = "fixes that are held back"


class Walked(Keyed, Base):
    """A square of about 100 m (see cases.cells) of a grid in which somebody on duty was on that day of the city."""

    __tablename__ = "grid_presence"
    area_code: Mapped[str]
    day: Mapped[date]
    cell: Mapped[str]

    __table_args__ = (UniqueConstraint("area_code", "day", "cell"), Index(None, "day", "area_code"))


class Visit(Keyed, Base):
    """Somebody on duty was in the grid on that day of the city; `cells`: in how many squares, once they are forgotten."""

    __tablename__ = "grid_visits"
    area_code: Mapped[str]
    day: Mapped[date]
    cells: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("area_code", "day"),)


@dataclass(frozen=True)
class OfGrid:
    """How much of a grid was walked within a span of days: `share` is visited by cells.

    For days whose squares are forgotten the best of them counts, so it is at least so much. `last_visit`: up to the end of the
    span, however long ago.
    """

    code: str
    name: str
    cells: int
    visited: int
    share: float
    last_visit: date | None
    days_since: int | None


@dataclass(frozen=True)
class OfArea:
    """The coverage of an area: how many grids it has, in how many of them nobody was, and a page of them by code."""

    grids: int
    silent: int
    items: list[OfGrid]
    next: str | None


@contextmanager
def at_the_end(db: Session) -> Iterator[None]:
    """What is walked within the block is written when it ends, all of it in one order.

    Squares are shared: two who wrote theirs piece by piece, with other work between, would wait for each other.
    """
    held = db.info[HELD] = list[tuple[Point, datetime]]()
    try:
        yield
    finally:
        del db.info[HELD]
    if held:
        walked(db, held)


def walked(db: Session, fixes: Iterable[tuple[Point, datetime]]) -> int:
    """Somebody on duty was at these places: their squares count as walked on these days. Returns how many that is new; 0 as
    long as it is held back (see at_the_end).

    Two statements; said again it changes nothing.
    """
    if HELD in db.info:
        db.info[HELD].extend(fixes)
        return 0
    first: dict[tuple[str, date], tuple[Point, datetime]] = {}
    for place, at in fixes:
        first.setdefault((cell_of(place), _day(at)), (place, at))
    found = sorted(_squares(db, first.values()))
    visits = [{"id": new_id(), "area_code": code, "day": day, "cells": 0}
              for code, day in dict.fromkeys((code, day) for code, day, _ in found)]
    insert_once(db, Visit, visits, on=("area_code", "day"))
    rows = [{"id": new_id(), "area_code": code, "day": day, "cell": cell} for code, day, cell in found]
    return len(insert_once(db, Walked, rows, on=("area_code", "day", "cell")))


def take_back(db: Session, gone: Iterable[tuple[Point, datetime]],
              others: Callable[[set[str], set[date]], Iterable[tuple[Point, datetime]]]) -> int:
    """Nobody was on duty at these places: their squares count no more, except where others were. Returns how many.

    `others`: where somebody was on duty all the same, asked for by the grids and days in question.
    """
    squares = _squares(db, gone)
    near = {(day, cell) for _, day, cell in squares}
    there = others({code for code, _, _ in squares}, {day for _, day, _ in squares}) if squares else ()
    squares -= _squares(db, [fix for fix in there if (_day(fix[1]), cell_of(fix[0])) in near])
    if not squares:
        return 0
    taken = delete(Walked).where(tuple_(Walked.area_code, Walked.day, Walked.cell).in_(sorted(squares))).returning(Walked.id)
    number = len(db.scalars(taken).all())
    days = sorted({(code, day) for code, day, _ in squares})
    left = select(Walked.id).where(Walked.area_code == Visit.area_code, Walked.day == Visit.day)
    db.execute(delete(Visit).where(tuple_(Visit.area_code, Visit.day).in_(days), Visit.cells == 0, ~left.exists()))
    return number


def forget_squares(db: Session, batch: int) -> int:
    """Of up to `batch` grids and days of settings.track_days ago keep only in how many squares somebody was.

    Returns how many; call again while it is `batch`.
    """
    oldest = clock.now().astimezone(clock.CITY).date() - timedelta(days=settings.current().track_days)
    old = db.execute(select(Walked.area_code, Walked.day, func.count()).where(Walked.day < oldest)
                     .group_by(Walked.day, Walked.area_code).order_by(Walked.day, Walked.area_code).limit(batch)).all()
    for code, day, cells in old:
        db.execute(update(Visit).where(Visit.area_code == code, Visit.day == day, Visit.cells < cells).values(cells=cells))
    db.execute(delete(Walked).where(tuple_(Walked.area_code, Walked.day).in_([(code, day) for code, day, _ in old])))
    return len(old)


def of(db: Session, actor: Actor, area_code: str, since: date, until: date, *, silent: bool = False,
       after: str | None = None, limit: int = 50) -> OfArea:
    """The grids in this area (or the grid itself) from the day `since` to the day `until`; `silent`: only where nobody was.

    Raises NotFound for an area that is not there or not the actor's to know of, Invalid for a span that is none.
    """
    if areas.describe(db, area_code) is None or not allowed(actor, "coverage.read", _Asked(area_code)):
        raise NotFound("there is no such area", code=area_code)
    if not 0 <= (until - since).days <= LONGEST_DAYS:
        raise Invalid("this is no span of days", Fault("until", f"must be 0 to {LONGEST_DAYS} days after `since`"))
    grids = select(Area.code).where(Area.level == Level.GRID, Area.retired_at.is_(None), lies_in(Area.code, area_code))
    nobody = ~_visits(since, until).exists()
    listed = grids.where(nobody) if silent else grids
    codes = db.scalars((listed.where(Area.code > after) if after else listed).order_by(Area.code).limit(limit + 1)).all()
    shown = codes[:limit]
    return OfArea(grids=_count(db, grids), silent=_count(db, grids.where(nobody)), items=_items(db, shown, since, until),
                  next=shown[-1] if len(codes) > limit else None)


def cells_in(outline: bytes) -> set[str]:
    """The squares of a grid: those whose middle lies in its outline (WKB, WGS-84), or the one it lies in where it has none."""
    shape = shapely.from_wkb(outline)
    west, south, east, north = (int(np.floor(edge / CELL_DEGREES)) for edge in shape.bounds)
    columns, rows = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    within = shapely.contains_xy(shape, (columns + 0.5) * CELL_DEGREES, (rows + 0.5) * CELL_DEGREES)
    found = {f"{column}:{row}" for column, row in zip(columns[within].tolist(), rows[within].tolist(), strict=True)}
    middle = shape.representative_point()
    return found or {cell_of(Point(middle.x, middle.y))}


def _day(at: datetime) -> date:
    return at.astimezone(clock.CITY).date()


def _squares(db: Session, fixes: Iterable[tuple[Point, datetime]]) -> set[tuple[str, date, str]]:
    """The grid, the day of the city and the square of each that lies in a grid."""
    several = list(fixes)
    grids = areas.areas_at(db, [place for place, _ in several]) if several else []
    return {(grid.code, _day(at), cell_of(place)) for (place, at), grid in zip(several, grids, strict=True) if grid}


@dataclass(frozen=True)
class _Asked:
    """What a condition looks at."""

    area_code: str


def _visits(since: date, until: date) -> Select[uuid.UUID]:
    return select(Visit.id).where(Visit.area_code == Area.code, Visit.day >= since, Visit.day <= until)


def _count(db: Session, grids: Select[str]) -> int:
    return db.scalar(select(func.count()).select_from(grids.subquery())) or 0


def _items(db: Session, codes: Sequence[str], since: date, until: date) -> list[OfGrid]:
    of_grid = select(func.max(Visit.day)).where(Visit.area_code == Area.code, Visit.day <= until)
    best = select(func.max(Visit.cells)).where(Visit.area_code == Area.code, Visit.day >= since, Visit.day <= until)
    rows = db.execute(select(Area.code, Area.name, Area.outline, of_grid.scalar_subquery(), best.scalar_subquery())
                      .where(Area.code.in_(codes)).order_by(Area.code)).all()
    been: dict[str, set[str]] = defaultdict(set)
    for code, cell in db.execute(select(Walked.area_code, Walked.cell).where(
            Walked.area_code.in_(codes), Walked.day >= since, Walked.day <= until).distinct()):
        been[code].add(cell)
    items = []
    for code, name, outline, last, at_least in rows:
        cells = cells_in(outline) if outline else set()
        visited = min(len(cells), max(len(been[code] & cells), at_least or 0))
        items.append(OfGrid(code, name, len(cells), visited, round(visited / len(cells), 4) if cells else 0.0, last,
                            (until - last).days if last else None))
    return items
