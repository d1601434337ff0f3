"""Appeals (申诉) against a published score: by whom it is about, with grounds, within a window; ruled by somebody else."""
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Refused
from casework.identity.people import Actor, User
from casework.identity.permissions import check
from casework.performance import score_news, scorecards
from casework.performance.scorecards import Scorecard, State
from casework.performance.weights import APPEAL_DAYS, appeals_end
from casework.storage.database import Base, Keyed, one_at_a_time, partial_index


class Ruling(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    GRANTED = "granted"
    DISMISSED = "dismissed"


class ScoreAppeal(Keyed, Base):
    """The one appeal that a scorecard may have; what was said and ruled is written once."""

    __tablename__ = "performance_appeals"
    scorecard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("performance_scorecards.id"), unique=True)
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    grounds: Mapped[str]
    ruling: Mapped[Ruling] = mapped_column(default=Ruling.OPEN)
    ruled_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ruled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    amended_score: Mapped[float | None]
    """Beside the frozen score, where the appeal was granted."""

    __table_args__ = (partial_index("ix_performance_appeals_open", "made_at", "id", where="ruling = 'open'"),)


def appeal(db: Session, actor: Actor, scorecard_id: uuid.UUID, grounds: str) -> ScoreAppeal:
    """Say that a published score is not accepted, and why; once, within APPEAL_DAYS after publication.

    Raises NotFound beyond the actor's reach, Refused for somebody else's scorecard, Conflict for a draft, too late or again.
    """
    check(actor, "scorecards.appeal")
    card = scorecards.find(db, actor, scorecard_id, to_change=True)
    if not scorecards.is_own(actor, card) or actor.id is None:
        raise Refused("only whom the score is about may appeal", action="scorecards.appeal")
    if card.state is not State.PUBLISHED:
        raise Conflict("a draft is not appealed against")
    if (end := until(card)) and clock.now() > end:
        raise Conflict(f"the {APPEAL_DAYS} days for an appeal are over")
    if db.scalar(select(ScoreAppeal.id).where(ScoreAppeal.scorecard_id == card.id)):
        raise Conflict("this score was appealed against already")
    made = ScoreAppeal(scorecard_id=card.id, made_by_id=actor.id, made_at=clock.now(), grounds=grounds, ruling=Ruling.OPEN)
    db.add(made)
    db.flush()
    score_news.appealed(db, made.id, card.period)
    return made


def decide(db: Session, actor: Actor, appeal_id: uuid.UUID, *, granted: bool, reason: str,
           amended_score: float | None = None) -> ScoreAppeal:
    """Rule on an appeal, as neither who appealed nor who published; granted, with the score that it should have been.

    Raises NotFound, Refused for one of the two or beyond the actor's reach, Conflict when it is ruled already, Invalid when the
    score does not fit.
    """
    check(actor, "scorecards.decide")
    one_at_a_time(db, f"score appeal {appeal_id}")
    found = db.get(ScoreAppeal, appeal_id, populate_existing=True)
    if found is None:
        raise NotFound("no such appeal")
    card = scorecards.find(db, actor, found.scorecard_id)
    if not scorecards.looks_after(actor, "scorecards.decide", card):
        raise Refused("this score is not for you to rule on", action="scorecards.decide")
    if actor.id is None or actor.id in {found.made_by_id, card.published_by_id} or scorecards.is_own(actor, card):
        raise Refused("somebody else decides: neither who published the score nor whom it is about", action="scorecards.decide")
    if found.ruling is not Ruling.OPEN:
        raise Conflict(f"this appeal is {found.ruling} already")
    if granted != (amended_score is not None):
        raise Invalid("a score is amended when an appeal is granted, and only then",
                      Fault("amended_score", "0 to 100 with a granted appeal, nothing otherwise"))
    found.ruling, found.reason = (Ruling.GRANTED if granted else Ruling.DISMISSED), reason
    found.amended_score, found.ruled_by_id, found.ruled_at = amended_score, actor.id, clock.now()
    score_news.ruled(db, found.id, card.period, found.made_by_id, granted=granted)
    return found


def page(db: Session, actor: Actor, limit: int, after: tuple[datetime, uuid.UUID] | None, *,
         ruling: Ruling | None = None) -> Sequence[tuple[ScoreAppeal, Scorecard]]:
    """Appeals that the actor may see with their scorecards, the oldest first; one more than asked for where there are."""
    check(actor, "scorecards.read")
    wanted: Any = select(ScoreAppeal, Scorecard).join(Scorecard, Scorecard.id == ScoreAppeal.scorecard_id).where(
        scorecards.seen_by(actor))
    if ruling is not None:
        wanted = wanted.where(ScoreAppeal.ruling == ruling)
    if after is not None:
        made_at, last = after
        wanted = wanted.where((ScoreAppeal.made_at > made_at) | ((ScoreAppeal.made_at == made_at) & (ScoreAppeal.id > last)))
    found = db.execute(wanted.order_by(ScoreAppeal.made_at, ScoreAppeal.id).limit(limit + 1))
    return [(one, card) for one, card in found]


def against(db: Session, cards: Sequence[Scorecard]) -> dict[uuid.UUID, ScoreAppeal]:
    """The appeals against these scorecards, by scorecard."""
    found = db.scalars(select(ScoreAppeal).where(ScoreAppeal.scorecard_id.in_([one.id for one in cards])))
    return {one.scorecard_id: one for one in found}


def until(card: Scorecard) -> datetime | None:
    """The end of the time to appeal; None for a draft."""
    return appeals_end(card.published_at) if card.published_at else None


def history(db: Session, card: Scorecard, made: ScoreAppeal | None) -> list[dict[str, Any]]:
    """What happened to a scorecard, in order: {action, at, by, words, score}. Nothing of it is ever written over."""
    ids = {card.published_by_id, *((made.made_by_id, made.ruled_by_id) if made else ())} - {None}
    names = dict(db.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
    lines = []
    if card.published_at:
        lines.append({"action": "published", "at": card.published_at, "words": None, "score": card.score,
                      "by": names.get(card.published_by_id) if card.published_by_id else None})
    if made:
        lines.append({"action": "appealed", "at": made.made_at, "by": names.get(made.made_by_id), "words": made.grounds,
                      "score": None})
        if made.ruled_at:
            lines.append({"action": made.ruling.value, "at": made.ruled_at, "words": made.reason,
                          "by": names.get(made.ruled_by_id) if made.ruled_by_id else None, "score": made.amended_score})
    return lines
