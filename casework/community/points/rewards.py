"""兑换: a catalogue of rewards with their stock, and what became of each redemption. (Retention: kept; names no person.)

A redemption is a line of the ledger and a record with a code, in one transaction: the staff hand the reward out against the
code, or call it off, and then points and stock are back.
"""
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.community.points import ledger
from casework.community.points.ledger import About, Account
from casework.errors import Conflict, NotFound
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, new_id

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What is not mistaken for another when it is read out."""


class State(StrEnum):
    """What became of a redemption."""

    WAITING = "waiting"        # the citizen has a code
    HANDED_OUT = "handed_out"
    VOID = "void"              # called off; the points are back


class Reward(Keyed, Base):
    """One thing to be had for points; `stock` is what is left of it."""

    __tablename__ = "point_rewards"
    zh: Mapped[str]
    en: Mapped[str]
    points: Mapped[int]
    stock: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (CheckConstraint("stock >= 0", name="stock"), CheckConstraint("points > 0", name="points"))


class Redemption(Keyed, Base):
    """One reward that somebody asked for. `key` is the asker's own, so that asking again changes nothing."""

    __tablename__ = "point_redemptions"
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("point_accounts.id"))
    key: Mapped[uuid.UUID]
    reward_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("point_rewards.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    points: Mapped[int]
    state: Mapped[State] = mapped_column(default=State.WAITING)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]

    __table_args__ = (UniqueConstraint("account_id", "key"),)


def keep(db: Session, actor: Actor, facts: Mapping[str, Any], reward_id: uuid.UUID | None = None) -> Reward:
    """A new reward, or this one changed in what is given. Raises NotFound."""
    made = Reward(id=new_id(), active=True)
    if reward_id:
        found = db.get(Reward, reward_id, with_for_update=True)
        if found is None:
            raise NotFound("no such reward")
        made = found
    for name, value in facts.items():
        setattr(made, name, value)
    made.changed_at, made.changed_by_id = clock.now(), actor.id
    db.add(made)
    db.flush()
    return made


def offered(db: Session) -> Sequence[Reward]:
    """What is to be had now, the cheapest first."""
    return db.scalars(select(Reward).where(Reward.active, Reward.stock > 0).order_by(Reward.points, Reward.id).limit(200)).all()


def redeem(db: Session, account: Account, key: uuid.UUID, reward_id: uuid.UUID) -> Redemption:
    """Spend points on a reward; the same key again answers the same redemption. `account` is held.

    Raises NotFound for no such reward, Conflict when it is gone, when there are too few points and for a key of another.
    """
    known = db.scalar(select(Redemption).where(Redemption.account_id == account.id, Redemption.key == key))
    if known:
        if known.reward_id != reward_id:
            raise Conflict("this key was used before for another reward")
        return known
    reward = db.get(Reward, reward_id, with_for_update=True, populate_existing=True)
    if reward is None or not reward.active:
        raise NotFound("no such reward")
    if account.balance < reward.points:
        raise Conflict(f"this takes {reward.points} points, and there are {account.balance}", balance=account.balance)
    if reward.stock < 1:
        raise Conflict("there is nothing left of this reward")
    reward.stock -= 1
    made = Redemption(id=new_id(), account_id=account.id, key=key, reward_id=reward_id, code=_code(db), points=reward.points,
                      state=State.WAITING, at=clock.now())
    db.add(made)
    db.flush()
    ledger.write(db, account, f"redemption:{made.id.hex}", "redemption", -reward.points, about=About(subject_id=made.id))
    return made


def hand_out(db: Session, actor: Actor, code: str) -> Redemption:
    """The reward was given. Raises NotFound; Conflict when it was given or called off before."""
    return _decide(db, actor, code, State.HANDED_OUT, None)


def void(db: Session, actor: Actor, code: str, reason: str) -> Redemption:
    """It is called off: points and stock are back. Raises as hand_out() does."""
    found = find(db, code)
    account = ledger.held(db, db.get_one(Account, found.account_id).person_id)
    made = _decide(db, actor, code, State.VOID, reason)
    db.execute(update(Reward).where(Reward.id == made.reward_id).values(stock=Reward.stock + 1)
               .execution_options(synchronize_session=False))
    ledger.write(db, account, f"returned:{made.id.hex}", "returned", made.points, actor=actor,
                 note=reason[:ledger.LONGEST_NOTE], about=About(subject_id=made.id))
    return made


def find(db: Session, code: str) -> Redemption:
    """The redemption of this code, in small letters and with spaces too. Raises NotFound."""
    said = "".join(code.upper().split())
    found = db.scalar(select(Redemption).where(Redemption.code == said)) if set(said) <= set(LETTERS) else None
    if found is None:
        raise NotFound("no redemption has this code")
    return found


def of_account(db: Session, account: Account, limit: int = 100) -> Sequence[Redemption]:
    """What somebody asked for, the latest first."""
    return db.scalars(select(Redemption).where(Redemption.account_id == account.id)
                      .order_by(Redemption.id.desc()).limit(limit)).all()


def _decide(db: Session, actor: Actor, code: str, state: State, reason: str | None) -> Redemption:
    found = find(db, code)
    first = update(Redemption).where(Redemption.id == found.id, Redemption.state == State.WAITING).values(
        state=state, decided_at=clock.now(), decided_by_id=actor.id, reason=reason).returning(Redemption.id)
    if db.scalar(first.execution_options(synchronize_session=False)) is None:
        db.refresh(found)
        raise Conflict(f"this redemption is {found.state} already", state=found.state)
    db.refresh(found)
    return found


def _code(db: Session) -> str:
    """Eight letters that nobody has and nobody guesses."""
    while True:
        made = "".join(secrets.choice(LETTERS) for _ in range(8))
        if not db.scalar(select(Redemption.id).where(Redemption.code == made)):
            return made
