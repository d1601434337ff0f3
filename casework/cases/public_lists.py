"""What everybody may look up: pages of public cases, and how many there are where. Read by index, however many there are.

A box is asked for by the tiles that it touches, each by itself in the order of the page: so a corner of the map costs the
same in a city of a million cases. Places are the middles of squares all along, so no box, however small, finds a door.
"""
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, tuple_, union_all
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import wording
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.publication import HOLDS, STANDS, Publication, PublicCase, State, describe, has_state
from casework.cases.wording import Language
from casework.errors import Fault, Invalid
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.geography.squares import PER_TILE, SQUARE_DEGREES, middle_of, tiles_of

WIDEST_LIST, WIDEST_MAP = 0.1, 1.0
"""Degrees that a side of a box may have: in the list, where the map still shows squares; and at all."""

CLOSED_DAYS, MOST_CLOSED_DAYS = 30, 90
"""How far back the map counts what is closed, unless told otherwise; and at most."""


class Box(NamedTuple):
    """Degrees, WGS-84; from west to east and from south to north."""

    west: float
    south: float
    east: float
    north: float

    @property
    def widest(self) -> float:
        """The longer side in degrees."""
        return max(self.east - self.west, self.north - self.south)

    def holds(self) -> list[ColumnElement[bool]]:
        """Of a publication: the middle of its square lies inside."""
        return [Publication.lon.between(self.west, self.east), Publication.lat.between(self.south, self.north)]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked up; None means any. `category` and `community` are whole codes, `since` when it became public."""

    box: Box | None = None
    category: str | None = None
    community: str | None = None
    is_open: bool | None = None
    since: datetime | None = None

    def narrowed(self) -> list[ColumnElement[bool]]:
        """Of a publication, beside box and whether it is open."""
        where: list[ColumnElement[bool]] = [has_state(State.PUBLISHED)]
        # The narrowest has its index; what is inside a function tempts no database to another one.
        if self.community:
            where.append(_beside(Publication.community_code == self.community, self.box is not None))
        if self.category:
            where.append(_beside(Publication.category_code == self.category, bool(self.box or self.community)))
        if self.since:
            where.append(Publication.published_at >= self.since)
        return where


def _beside(condition: ColumnElement[bool], something_narrower: bool) -> ColumnElement[bool]:
    return func.coalesce(condition, False) if something_narrower else condition


Position = tuple[datetime, uuid.UUID]
"""Where a page ended: when its last case became public, and its id."""


def page(db: Session, wanted: Wanted, *, after: Position | None = None, limit: int = 50,
         language: Language = Language.ZH) -> tuple[list[PublicCase], Position | None]:
    """Up to `limit` public cases, what became public last on top; and where the next page goes on, or None.

    A page may be shorter although more follow, where a case was taken back just now. Raises Invalid for too large a box.
    """
    key = Publication.published_at.desc(), Publication.case_id.desc()
    looks = [select(Publication.case_id, Publication.published_at).where(*where).order_by(*key).limit(limit + 1).subquery()
             for where in _ways(wanted, after)]
    both = union_all(*(select(look) for look in looks)).subquery()
    found = db.execute(select(both).order_by(both.c.published_at.desc(), both.c.case_id.desc()).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    ids = [row.case_id for row in found[:limit]]
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_(ids)))}
    return (describe(db, [cases[one] for one in ids], language),
            (last.published_at, last.case_id) if last else None)


def _ways(wanted: Wanted, after: Position | None) -> Iterable[list[ColumnElement[bool]]]:
    """One look for each beginning of an index: an IN or an OR would be sorted by the database, all of it."""
    where = wanted.narrowed()
    if after:
        where.append(tuple_(Publication.published_at, Publication.case_id) < after)
    tiles: Sequence[int | None] = [None]
    if wanted.box:
        _must_fit(wanted.box, WIDEST_LIST, "the map counts in larger ones")
        where += wanted.box.holds()
        tiles = tiles_of(*wanted.box)
    for is_open in (True, False) if wanted.is_open is None else (wanted.is_open,):
        for tile in tiles:
            yield [*where, Publication.is_open.is_(is_open), *([Publication.tile == tile] if tile is not None else [])]


def happened(db: Session, case_id: uuid.UUID, language: Language = Language.ZH) -> list[tuple[datetime, str]]:
    """What the public is told of a case's life, the oldest first: when, and what in words."""
    lines = select(Entry.at, Entry.action).where(Entry.case_id == case_id, Entry.action.in_(wording.HAPPENED))
    return [(row.at, wording.HAPPENED[row.action][language]) for row in db.execute(lines.order_by(Entry.number))]


@dataclass(frozen=True)
class Heap:
    """How many public cases there are in a square, a tile of squares, or a community. `place` is the middle, WGS-84; `side`
    in degrees, 0 for a community."""

    count: int
    place: Point | None
    side: float = 0
    code: str | None = None
    name: str | None = None


def counts(db: Session, wanted: Wanted) -> list[Heap]:
    """Where public cases are: by square in a small box, by tile in a large one, by community without.

    Open ones unless told otherwise; of closed ones those that became public in the last 30 days, or since `since`. Raises
    Invalid for a box of more than a degree, and for more than 90 days of what is closed.
    """
    where = [*wanted.narrowed(), Publication.is_open.is_(wanted.is_open is not False), STANDS, HOLDS]
    if wanted.is_open is False:
        where.append(Publication.published_at >= _since(wanted.since))
    if wanted.box is None:
        return _by_community(db, where)
    _must_fit(wanted.box, WIDEST_MAP, "leave it out to count by community")
    where += [*wanted.box.holds(), Publication.tile.in_(tiles_of(*wanted.box))]
    if wanted.box.widest > WIDEST_LIST:
        return [Heap(row.many, middle_of(row.tile), PER_TILE * SQUARE_DEGREES) for row in _grouped(db, where, Publication.tile)]
    return [Heap(row.many, Point(row.lon, row.lat), SQUARE_DEGREES)
            for row in _grouped(db, where, Publication.lon, Publication.lat)]


def _by_community(db: Session, where: Sequence[ColumnElement[bool]]) -> list[Heap]:
    """In the middle of its squares: the areas in memory have no outline at hand, and nobody needs one for a number."""
    middle = func.avg(Publication.lon).label("lon"), func.avg(Publication.lat).label("lat")
    wanted = (select(Publication.community_code, func.count().label("many"), *middle)
              .join(Case, Case.id == Publication.case_id).where(*where).group_by(Publication.community_code))
    made = []
    for row in db.execute(wanted.order_by(Publication.community_code)):
        area = areas.describe(db, row.community_code) if row.community_code else None
        place = None if row.lon is None else Point(round(row.lon, 3), round(row.lat, 3))
        made.append(Heap(row.many, place, 0, row.community_code, area.full_name if area else None))
    return made


def _grouped(db: Session, where: Sequence[ColumnElement[bool]], *by: Any) -> Sequence[Any]:
    wanted = select(*by, func.count().label("many")).join(Case, Case.id == Publication.case_id).where(*where)
    return db.execute(wanted.group_by(*by).order_by(*by)).all()


def _since(said: datetime | None) -> datetime:
    earliest = clock.now() - timedelta(days=MOST_CLOSED_DAYS)
    if said and said < earliest:
        raise Invalid("this is too long ago", Fault("since", f"what is closed is counted for {MOST_CLOSED_DAYS} days at most"))
    return said or clock.now() - timedelta(days=CLOSED_DAYS)


def _must_fit(box: Box, degrees: float, instead: str) -> None:
    if box.widest > degrees + 1e-9:
        raise Invalid("this box is too large", Fault("bbox", f"a side has at most {degrees} degrees; {instead}"))
