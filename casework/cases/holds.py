"""Two operators never work on the same case: whoever opens one at a desk of the centre holds it for a while, for all to see.

A hold ends by itself, so that nobody who went home keeps a case from the others.
"""
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases import search
from casework.cases.case import Case
from casework.cases.search import CASES, Wanted
from casework.cases.workflow import Status
from casework.errors import Conflict
from casework.identity.people import Actor, Role, User
from casework.identity.permissions import check
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, new_id

LEASE = timedelta(minutes=2)
"""How long a hold lasts without being renewed; the page renews it well before."""

TRIED = 20
"""Cases on top of a queue that are tried at once when somebody takes the next: as many as may lose to others at one moment."""

BOUND = frozenset({Role.TRIAGE_OPERATOR, Role.OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR})
"""Who acts in one of these respects the hold of a colleague. Departments, grid workers and systems do what is theirs."""

BESIDE = frozenset({"urge", "supervise", "order_rework", "report_back", "reopen"})
"""Reminders and orders from outside take nothing out of the holder's hands."""

MOST_SHOWN = 500


class Hold(Keyed, Base):
    """Who works on a case at a desk just now; at most one a case."""

    __tablename__ = "case_holds"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]

    __table_args__ = (Index(None, "until"),)


@dataclass(frozen=True)
class Held:
    """A hold as people see it."""

    case_id: uuid.UUID
    number: str
    status: Status
    user_id: uuid.UUID
    holder: str
    since: datetime
    until: datetime


def take(db: Session, case: Case, actor: Actor, *, over: bool = False) -> Held:
    """Hold this case, or go on holding it. With `over` another's hold ends, which takes a permission of its own.

    Raises Conflict with `holder` and `held_until` when somebody else holds it, or when the case is over.
    """
    if not case.is_open:
        raise Conflict(f"case {case.number} is over; nobody has to hold it", status=case.status)
    if over:
        check(actor, "holds.take_over", case)
    if not _taken(db, case.id, actor, over=over):
        raise _of_another(case.number, _held(db, case.id))
    return _said(_held(db, case.id))


def take_next(db: Session, actor: Actor, queue: str, skipped: Collection[str] = ()) -> Held | None:
    """Hold the case of this queue that is due first and that nobody holds, nor the actor; None when there is none.

    `skipped` are numbers that he does not want now. However many ask at one moment, each gets another one: a hold is made
    by an insert that only one can win.
    """
    tried: set[uuid.UUID] = set()
    while found := search.ids(db, actor, Wanted(status=search.QUEUES[queue]), where=_not_free(tried, skipped), limit=TRIED):
        for case_id in found:
            if _taken(db, case_id, actor) and _still_lies(db, case_id, search.QUEUES[queue]):
                return _held(db, case_id)
        tried.update(found)
    return None


def give_back(db: Session, case: Case, actor: Actor) -> None:
    """Others may take it from now on; nothing happens when the actor does not hold it."""
    gone = db.execute(delete(Hold).where(Hold.case_id == case.id, Hold.user_id == actor.id).returning(Hold.id))
    if gone.first():
        outbox.publish(db, "case.freed", case.id)


def live(db: Session, actor: Actor) -> list[Held]:
    """The holds that last, of cases that the actor may see, at most MOST_SHOWN; those of today's desks are a few dozen."""
    wanted = _holds().where(Hold.until > clock.now()).order_by(Hold.since, Hold.id).limit(MOST_SHOWN)
    if (seen := search.seen_by(actor)) is not None:
        wanted = wanted.where(seen)
    return [Held(*row) for row in db.execute(wanted)]


def respect(db: Session, case: Case, actor: Actor, action: str, role: Role | None) -> None:
    """Raises Conflict with `holder` and `held_until` when a colleague of the desks works on this case just now; `role` is
    the one in which the actor would take this action."""
    if role in BOUND and action not in BESIDE:
        held = _held(db, case.id)
        if held and held.until > clock.now() and held.user_id != actor.id:
            raise _of_another(case.number, held)


def end(db: Session, case: Case) -> None:
    """The case has gone on to somebody else's desk: who held it is done with it."""
    db.execute(delete(Hold).where(Hold.case_id == case.id))


def forget_ended(db: Session, limit: int) -> Sequence[uuid.UUID]:
    """Drop holds that ended by themselves, at most `limit`; their ids."""
    over = Hold.until < clock.now()
    ended = select(Hold.id).where(over).order_by(Hold.until).limit(limit)
    # Asked again of the row itself: between the look and the deletion somebody may have taken the case anew.
    return db.scalars(delete(Hold).where(Hold.id.in_(ended), over).returning(Hold.id)).all()


def _taken(db: Session, case_id: uuid.UUID, actor: Actor, *, over: bool = False) -> bool:
    """Whether the hold is now the actor's: by an insert, or by swapping one that has ended or is his own."""
    now = clock.now()
    until = now + LEASE
    row = {"id": new_id(), "case_id": case_id, "user_id": actor.id, "since": now, "until": until}
    if insert_once(db, Hold, [row], on=("case_id",)):
        outbox.publish(db, "case.held", case_id)
        return True
    renewed = update(Hold).where(Hold.case_id == case_id, Hold.user_id == actor.id, Hold.until > now).values(until=until)
    if db.execute(renewed.returning(Hold.id)).first():
        return True  # nothing that others would not know
    free = Hold.case_id == case_id if over else (Hold.case_id == case_id) & or_(Hold.until <= now, Hold.user_id == actor.id)
    swapped = update(Hold).where(free).values(user_id=actor.id, since=now, until=until)
    if db.execute(swapped.returning(Hold.id)).first():
        outbox.publish(db, "case.held", case_id)
        return True
    return False


def _still_lies(db: Session, case_id: uuid.UUID, status: Status) -> bool:
    """Between the look at the queue and the hold, a colleague may have finished it."""
    if db.scalar(select(CASES.status).where(CASES.id == case_id)) == status:
        return True
    db.execute(delete(Hold).where(Hold.case_id == case_id))
    return False


def _not_free(tried: set[uuid.UUID], skipped: Collection[str]) -> list[ColumnElement[bool]]:
    """What is no choice: held by somebody, tried before, or not wanted."""
    where: list[ColumnElement[bool]] = [CASES.id.not_in(select(Hold.case_id).where(Hold.until > clock.now()))]
    if tried:
        where.append(CASES.id.not_in(tried))
    if skipped:
        where.append(CASES.number.not_in(skipped))
    return where


def _holds() -> Select[*tuple[Any, ...]]:
    return (select(Hold.case_id, CASES.number, CASES.status, Hold.user_id, User.name, Hold.since, Hold.until)
            .join(Case.__table__, CASES.id == Hold.case_id).join(User, User.id == Hold.user_id))


def _held(db: Session, case_id: uuid.UUID) -> Held | None:
    row = db.execute(_holds().where(Hold.case_id == case_id)).first()
    return Held(*row) if row else None


def _said(held: Held | None) -> Held:
    assert held is not None  # noqa: S101 - it was taken in this transaction
    return held


def _of_another(number: str, held: Held | None) -> Conflict:
    if held is None:  # given back between two looks
        return Conflict(f"somebody else was just at case {number}; try again")
    return Conflict(f"{held.holder} works on case {number} until {held.until:%H:%M} UTC; take another one",
                    holder=held.holder, held_until=held.until)
