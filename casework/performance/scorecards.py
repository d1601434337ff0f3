"""Scorecards of departments and grid workers, month by month: drafts that follow the figures, then frozen and published.

What was published is never changed: later corrections move the figures, not the score that was said. Who does not accept it
appeals (score_appeals.py), and an amended score stands beside the frozen one.
"""
import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Index, UniqueConstraint, delete, false, insert, or_, select, true, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography.codes import lies_in
from casework.identity.people import Actor, Post, Role
from casework.identity.permissions import allowed, check, reach, reach_by
from casework.performance import figures, freezing, score_news, weights
from casework.performance.days import day_of, month_after
from casework.performance.figures import By, Wanted
from casework.performance.weights import Of
from casework.storage.database import Base, Keyed, new_id, one_at_a_time

MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class State(StrEnum):
    """Whether a scorecard still follows the figures."""

    DRAFT = "draft"
    PUBLISHED = "published"


class Scorecard(Keyed, Base):
    """The score of one department or grid worker for one month, and how it came about."""

    __tablename__ = "performance_scorecards"
    period: Mapped[str]
    """A month of the city, "2026-10"."""
    of: Mapped[Of]
    subject_id: Mapped[uuid.UUID]
    """The department or the user."""
    name: Mapped[str]
    """As it was called then."""
    area_code: Mapped[str | None]
    """Where a grid worker works; None for a department."""
    state: Mapped[State] = mapped_column(default=State.DRAFT)
    version: Mapped[int]
    """Of the weights."""
    score: Mapped[float]
    """0 to 100."""
    rank: Mapped[int]
    """1 is the highest score of the month; equal scores share a rank."""
    place: Mapped[int]
    """The order by score and name: no two have the same."""
    lines: Mapped[list[Any]]
    drafted_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (UniqueConstraint("period", "of", "subject_id"), Index(None, "of", "period", "place"),
                      Index(None, "subject_id"))


def draft(db: Session, of: Of, period: str) -> int:
    """Make a month's drafts anew from the figures; how many there are. What is published is left alone: then 0.

    Raises Invalid for a month that cannot be, or has not begun.
    """
    first = first_of(period)
    if first > day_of(clock.now()):
        raise Invalid("this month has not begun", Fault("period", "a month that has begun"))
    _alone(db, of, period)
    if _is_published(db, of, period):
        return 0
    drafts = select(Scorecard.subject_id, Scorecard.id).where(Scorecard.of == of, Scorecard.period == period)
    known = dict(db.execute(drafts).all())
    rows = [row | {"id": known.get(row["subject_id"], row["id"])} for row in _scored(db, of, period, first)]
    db.execute(delete(Scorecard).where(Scorecard.of == of, Scorecard.period == period)
               .execution_options(synchronize_session=False))
    if rows:
        db.execute(insert(Scorecard), rows)
    return len(rows)


def publish(db: Session, actor: Actor, of: Of, period: str) -> int:
    """Freeze a month that is over, as the figures are now, and tell whom it is about; how many scorecards there are.

    Raises Conflict when that was done before, and while something that happened in it waits to be counted.
    """
    check(actor, "scorecards.publish")
    if not reach_by(actor, "scorecards.publish").everything:
        raise NotFound("no such scorecards")
    first = first_of(period)
    if month_after(first) > day_of(clock.now()):
        raise Invalid("this month is not over", Fault("period", "a month that is over"))
    _alone(db, of, period)
    if _is_published(db, of, period):
        raise Conflict(f"the scorecards of {period} are published already")
    if not freezing.all_counted(db, first, month_after(first)):
        raise Conflict(f"something that happened in {period} waits to be counted; publish in some minutes")
    made = draft(db, of, period)
    if not made:
        raise Conflict(f"there is nothing to publish for {period}")
    at = clock.now()
    frozen = (update(Scorecard).where(Scorecard.of == of, Scorecard.period == period)
              .values(state=State.PUBLISHED, published_at=at, published_by_id=actor.id)
              .returning(Scorecard.id, Scorecard.subject_id).execution_options(synchronize_session=False))
    score_news.published(db, of, period, [(card_id, subject) for card_id, subject in db.execute(frozen)], at)
    return made


def page(db: Session, actor: Actor, of: Of, period: str, *, limit: int, after: int | None = None) -> Sequence[Scorecard]:
    """A month's scorecards, the best first, as many as asked for and one more where there are; those that the actor may see.

    Drafts are shown to whoever may publish. Raises Invalid for a month that cannot be.
    """
    check(actor, "scorecards.read")
    first_of(period)
    wanted = select(Scorecard).where(Scorecard.of == of, Scorecard.period == period, seen_by(actor))
    if after is not None:
        wanted = wanted.where(Scorecard.place > after)
    return db.scalars(wanted.order_by(Scorecard.place).limit(limit + 1)).all()


def find(db: Session, actor: Actor, scorecard_id: uuid.UUID, *, to_change: bool = False) -> Scorecard:
    """Raises NotFound when there is none, or the actor may not know of it."""
    check(actor, "scorecards.read")
    wanted = select(Scorecard).where(Scorecard.id == scorecard_id, seen_by(actor))
    found = db.scalar(wanted.with_for_update() if to_change else wanted)
    if found is None:
        raise NotFound("no such scorecard")
    return found


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """The own scorecard, the own department's; those of the city, or of the grid workers of an area, for who looks after it."""
    published = Scorecard.state == State.PUBLISHED
    parts: list[ColumnElement[bool]] = [published & _own(actor)]
    for post in actor.each():
        if not post.roles.isdisjoint(OVERSEE):
            scope = reach(post)
            within = true() if scope.everything else lies_in(Scorecard.area_code, *scope.area_codes)
            parts.append(within if allowed(post, "scorecards.publish") else within & published)
    return or_(*parts)


def looks_after(actor: Actor, what: str, card: Scorecard) -> bool:
    """Whether whom it is about lies in the reach of a post with which the actor may do this; another post lends nothing."""
    seen = reach_by(actor, what)
    return seen.everything or (card.area_code or "").startswith(tuple(seen.area_codes))


OVERSEE = frozenset({Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR})
"""Who looks at the scorecards of others; everybody else at the own."""


def _own(actor: Actor) -> ColumnElement[bool]:
    departments = {one for post in actor.each() if Role.DEPARTMENT_HEAD in post.roles for one in post.department_ids}
    own = [Scorecard.subject_id == actor.id] if actor.id else []
    return or_(false(), *own, Scorecard.subject_id.in_(departments))


def is_own(actor: Actor, card: Scorecard) -> bool:
    """The actor's own, or that of a department whose head the actor is."""
    heads = {one for post in actor.each() if Role.DEPARTMENT_HEAD in post.roles for one in post.department_ids}
    return card.subject_id in heads if card.of is Of.DEPARTMENT else card.subject_id == actor.id


def first_of(period: str) -> date:
    """The first day of a month such as "2026-10". Raises Invalid."""
    if not MONTH.fullmatch(period):
        raise Invalid("this is no month", Fault("period", "a month such as 2026-10"))
    return date.fromisoformat(f"{period}-01")


def month_of(day: date) -> str:
    """The month of a day, as scorecards say it."""
    return f"{day:%Y-%m}"


def _alone(db: Session, of: Of, period: str) -> None:
    """Nobody else drafts or publishes these meanwhile."""
    one_at_a_time(db, f"scorecards {of} {period}")


def _is_published(db: Session, of: Of, period: str) -> bool:
    found = select(Scorecard.id).where(Scorecard.of == of, Scorecard.period == period, Scorecard.state == State.PUBLISHED)
    return db.scalar(found.limit(1)) is not None


def _scored(db: Session, of: Of, period: str, first: date) -> list[dict[str, Any]]:
    """Rows for all that have a score, with rank and place."""
    version, now = weights.version_for(period), clock.now()
    scored = []
    for key, name, values in _figures(db, of, first):
        total, lines = weights.score(version.lines[of], values)
        if total is not None:
            scored.append((total, name, uuid.UUID(key), lines))
    scored.sort(key=lambda one: (-one[0], one[1], one[2]))
    areas = _areas(db) if of is Of.WORKER else {}
    better = {total: place for place, (total, *_) in reversed(list(enumerate(scored)))}
    return [{"id": new_id(), "period": period, "of": of, "subject_id": subject, "name": name,
             "area_code": areas.get(subject), "state": State.DRAFT, "version": version.number, "score": total,
             "rank": better[total] + 1, "place": place, "lines": lines, "drafted_at": now}
            for place, (total, name, subject, lines) in enumerate(scored, start=1)]


def _figures(db: Session, of: Of, first: date) -> Iterator[tuple[str, str, dict[str, float | None]]]:
    after: str | None = None
    while True:
        some, after = figures.items(db, Wanted(by=By(of.value), since=first, until=month_after(first), after=after))
        yield from ((one["key"], one["name"], one["values"]) for one in some)
        if after is None:
            return


def _areas(db: Session) -> dict[uuid.UUID, str]:
    posts = select(Post.holder_id, Post.area_code).where(
        Post.role == Role.GRID_WORKER, Post.holder_id.is_not(None), Post.area_code.is_not(None)).order_by(Post.area_code)
    return {holder: code for holder, code in db.execute(posts) if holder and code}
