"""What is new of public cases, the latest first: for feeds, and for the page where somebody sees what he follows.

New is a case that became public or went on. A page is cut by (when it stirred, id), which has an index of its own for the
city, a community, a category and a tile of the map.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, tuple_, union
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import publication, subscribers
from casework.cases.case import Case
from casework.cases.public_lists import WIDEST_LIST, Box
from casework.cases.publication import Publication, PublicCase
from casework.cases.report import Report
from casework.cases.subscribers import Follow
from casework.cases.wording import Language
from casework.community.subscriptions.holders import Holder
from casework.errors import Fault, Invalid
from casework.geography.codes import Level, level_of, lies_in
from casework.geography.squares import tiles_of

Position = tuple[datetime, uuid.UUID]
Way = list[ColumnElement[bool]]
"""Conditions that one index answers."""

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
    """Up to `limit` public cases of which there is news, the latest first; and where the next page goes on, or None.

    Raises Invalid for a box with a side of more than 0.1 degrees.
    """
    return _page(db, _narrowed(wanted), after, limit, language)


def followed(db: Session, holder: Holder, *, after: Position | None = None, limit: int = 50,
             language: Language = Language.ZH) -> tuple[list[Item], Position | None]:
    """The same of what somebody follows. Opening it keeps a page's list from being forgotten; see opened()."""
    subscriber = holder.find(db)
    follows = db.scalars(select(Follow).where(Follow.subscriber_id == subscriber.id)).all() if subscriber else []
    return _page(db, _ways(db, follows), after, limit, language)


def taken_back_at(db: Session) -> datetime | None:
    """When something that was public was last taken back: whoever asks what changed since a moment must hear of that too."""
    return db.scalar(select(Publication.changed_at).where(publication.LEFT).order_by(Publication.changed_at.desc()).limit(1))


def is_seen_again(db: Session, holder: Holder) -> bool:
    """Whether it is worth noting that somebody looks at what he follows: once a day is often enough."""
    subscriber = holder.find(db)
    return subscriber is not None and subscriber.seen_at < clock.now() - timedelta(days=1)


def opened(db: Session, holder: Holder) -> None:
    """Somebody has looked at what he follows."""
    subscriber = holder.find(db, to_change=True)
    if subscriber:
        subscriber.seen_at = clock.now()


def _page(db: Session, ways: Sequence[Way], after: Position | None, limit: int,
          language: Language) -> tuple[list[Item], Position | None]:
    """A page of what is public by any of these ways, each by its own index: an OR of them makes the database read it all."""
    if not ways:
        return [], None
    looks = [_look(where, after, limit + 1) for where in ways]
    found = looks[0] if len(looks) == 1 else _together(looks, limit + 1)
    rows = db.execute(found).all()
    at = {case_id: stirred_at for stirred_at, case_id in rows[:limit]}
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_(at)))}
    shown = publication.describe(db, [cases[one] for one in at], language)
    last = rows[limit - 1] if len(rows) > limit else None
    return [Item(one, at[one.id]) for one in shown], (last[0], last[1]) if last else None


def _look(where: Way, after: Position | None, most: int) -> Select[datetime, uuid.UUID]:
    wanted = (select(Publication.stirred_at, Publication.case_id).join(Case, Case.id == Publication.case_id)
              .where(publication.HOLDS, publication.STANDS, *where))
    if after:
        wanted = wanted.where(tuple_(Publication.stirred_at, Publication.case_id) < after)
    return wanted.order_by(Publication.stirred_at.desc(), Publication.case_id.desc()).limit(most)


def _together(looks: Sequence[Select[datetime, uuid.UUID]], most: int) -> Select[datetime, uuid.UUID]:
    found = union(*(select(look.subquery()) for look in looks)).subquery()
    return select(found.c.stirred_at, found.c.case_id).order_by(found.c.stirred_at.desc(), found.c.case_id.desc()).limit(most)


def _narrowed(wanted: Wanted) -> list[Way]:
    where = _of(wanted.area, wanted.category)
    if wanted.case:
        where.append(Case.number == wanted.case)
    if wanted.box is None:
        return [where]
    if wanted.box.widest > WIDEST_LIST:
        raise Invalid("this box is too large", Fault("bbox", f"a side may have {WIDEST_LIST} degrees"))
    where += wanted.box.holds()
    return [[*where, Publication.tile == tile] for tile in tiles_of(*wanted.box)]


def _of(area: str | None, category: str | None) -> Way:
    where: Way = []
    if area:
        whole = level_of(area) is Level.COMMUNITY  # said so that its index is asked
        where.append(Publication.community_code == area if whole else lies_in(Publication.community_code, area))
    if category:
        where.append(lies_in(Publication.category_code, category))
    return where


def _ways(db: Session, follows: Sequence[Follow]) -> list[Way]:
    own = [one.report_id for one in follows if one.report_id]
    starts = {one for one in db.scalars(select(Report.case_id).where(Report.id.in_(own))) if one} if own else set()
    starts |= {one.case_id for one in follows if one.case_id}
    cases = set(subscribers.leads_to(db, starts).values())
    ways = [_of(one.area_code, one.category_code) for one in follows if not one.is_of_case]
    return [*ways, [Publication.case_id.in_(cases)]] if cases else ways
