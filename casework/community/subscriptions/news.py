"""What is new of public cases, the latest first: for feeds, and for the page where somebody sees what he follows.

New is a case that became public or went on. A page is cut by (when it stirred, id), which has an index of its own for the
city, a community and a category.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import publication, subscribers
from casework.cases.case import Case
from casework.cases.publication import Publication, PublicCase
from casework.cases.report import Report
from casework.cases.subscribers import Follow
from casework.cases.wording import Language
from casework.community.subscriptions.holders import Holder
from casework.geography.codes import Level, level_of, lies_in
from casework.geography.squares import PER_TILE, SQUARE_DEGREES, tiles_of

Position = tuple[datetime, uuid.UUID]

Box = tuple[float, float, float, float]
"""West, south, east, north in WGS-84."""

FEW_TILES = 100


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the news are narrowed to; None means any. Areas and categories include what lies in them."""

    area: str | None = None
    category: str | None = None
    box: Box | None = None
    case: str | None = None
    """The number of one case."""


@dataclass(frozen=True)
class Item:
    """A public case and when it became public or went on last."""

    case: PublicCase
    at: datetime


def page(db: Session, wanted: Wanted, *, after: Position | None = None, limit: int = 50,
         language: Language = Language.ZH) -> tuple[list[Item], Position | None]:
    """Up to `limit` public cases of which there is news, the latest first; and where the next page goes on, or None."""
    return _page(db, _look(_narrowed(wanted), after, limit + 1), limit, language)


def followed(db: Session, holder: Holder, *, after: Position | None = None, limit: int = 50,
             language: Language = Language.ZH) -> tuple[list[Item], Position | None]:
    """The same of what somebody follows. Opening it keeps a page's list from being forgotten; see opened()."""
    subscriber = holder.find(db)
    follows = db.scalars(select(Follow).where(Follow.subscriber_id == subscriber.id)).all() if subscriber else []
    # Each thing by its own index: an OR of them makes the database read the news of the whole city.
    looks = [_look(where, after, limit + 1).subquery() for where in _ways(db, follows)]
    if not looks:
        return [], None
    found = union_all(*(select(look.c.case_id) for look in looks))
    both = select(Publication.stirred_at, Publication.case_id).where(Publication.case_id.in_(found))
    return _page(db, both.order_by(Publication.stirred_at.desc(), Publication.case_id.desc()).limit(limit + 1), limit, language)


def opened(db: Session, holder: Holder) -> None:
    """Somebody has looked at what he follows."""
    subscriber = holder.find(db)
    if subscriber:
        subscriber.seen_at = clock.now()


def _page(db: Session, look: Select[datetime, uuid.UUID], limit: int, language: Language) -> tuple[list[Item], Position | None]:
    rows = db.execute(look).all()
    at = {case_id: stirred_at for stirred_at, case_id in rows[:limit]}
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_(at)))}
    shown = publication.describe(db, [cases[one] for one in at], language)
    last = rows[limit - 1] if len(rows) > limit else None
    return [Item(one, at[one.id]) for one in shown], (last[0], last[1]) if last else None


def _look(where: Sequence[ColumnElement[bool]], after: Position | None, most: int) -> Select[datetime, uuid.UUID]:
    wanted = (select(Publication.stirred_at, Publication.case_id).join(Case, Case.id == Publication.case_id)
              .where(publication.HOLDS, publication.STANDS, *where))
    if after:
        wanted = wanted.where(tuple_(Publication.stirred_at, Publication.case_id) < after)
    return wanted.order_by(Publication.stirred_at.desc(), Publication.case_id.desc()).limit(most)


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = _of(wanted.area, wanted.category)
    if wanted.box:
        west, south, east, north = wanted.box
        where += [Publication.lon.between(west, east), Publication.lat.between(south, north)]
        side = PER_TILE * SQUARE_DEGREES
        if ((east - west) / side + 1) * ((north - south) / side + 1) <= FEW_TILES:  # in a large box the latest are soon found
            where += [Publication.tile.in_(tiles_of(*wanted.box)), Publication.is_open.in_([True, False])]
    if wanted.case:
        where.append(Case.number == wanted.case)
    return where


def _of(area: str | None, category: str | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if area:
        whole = level_of(area) is Level.COMMUNITY  # said so that its index is asked
        where.append(Publication.community_code == area if whole else lies_in(Publication.community_code, area))
    if category:
        where.append(lies_in(Publication.category_code, category))
    return where


def _ways(db: Session, follows: Sequence[Follow]) -> list[list[ColumnElement[bool]]]:
    own = [one.report_id for one in follows if one.report_id]
    starts = {one for one in db.scalars(select(Report.case_id).where(Report.id.in_(own))) if one} if own else set()
    starts |= {one.case_id for one in follows if one.case_id}
    cases = set(subscribers.leads_to(db, starts).values())
    ways = [_of(one.area_code, one.category_code) for one in follows if not one.is_of_case]
    return [*ways, [Publication.case_id.in_(cases)]] if cases else ways
