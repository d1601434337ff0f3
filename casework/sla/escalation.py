"""Who hears of a clock: the more of it is used, the further up. Always somebody, and every vacant post is on record."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.identity.people import DEPARTMENTAL, Role, User, holders
from casework.sla.limits import Stage
from casework.sla.timers import Timer
from casework.storage.database import Base, Keyed, insert_once, new_id

LADDER = ((80, Role.DEPARTMENT_HEAD), (100, Role.SUPERVISOR), (150, Role.LEADER))
"""From which share (per cent) on whom; below the first, whoever has the stage in hand."""

FALLBACK = Role.ADMINISTRATOR
"""Hears of it when everybody above is missing too."""

IN_HAND = {
    Stage.TRIAGE: Role.TRIAGE_OPERATOR, Stage.CONTACT: Role.OPERATOR, Stage.DISPATCH: Role.DISPATCHER,
    Stage.ADJUDICATE: Role.ADJUDICATOR, Stage.VERIFY: Role.GRID_WORKER, Stage.CHECK: Role.GRID_WORKER,
}
"""Whose turn it is at a stage of the centre; every other stage is a department's and its handler's."""

log = structlog.get_logger()


class Escalation(Base, Keyed):
    """One alarm and the one person who was reached with it."""

    __tablename__ = "escalations"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    timer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("timers.id"))
    limit_round: Mapped[int]
    share: Mapped[int]
    role: Mapped[Role]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """None only if not even the fallback's post is filled: then the role's own desk shows it."""
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    skipped: Mapped[list[str]]
    """The roles below that should have heard of it and had nobody, in their order."""
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("timer_id", "limit_round", "share"), Index(None, "user_id", "at", "id"))


def rungs(stage: Stage, share: int, in_hand: Role | None = None) -> tuple[Role, ...]:
    """Whom an alarm of this share is for, and then everybody above, up to the fallback.

    `in_hand` is whose turn it is in this case, where that is not the stage's usual one.
    """
    ladder = [(0, in_hand or IN_HAND.get(stage, Role.HANDLER)), *LADDER, (LADDER[-1][0], FALLBACK)]
    if stage in IN_HAND:
        ladder = [(share_from, role) for share_from, role in ladder if role not in DEPARTMENTAL]
    first = max(number for number, (share_from, _) in enumerate(ladder[:-1]) if share_from <= share)
    return tuple(role for _, role in ladder[first:])


def escalate(db: Session, case_id: uuid.UUID, timer_id: uuid.UUID, share: int, department_id: uuid.UUID | None,
             *, limit_round: int = 1, area_code: str | None = None, in_hand: Role | None = None,
             inspector_id: uuid.UUID | None = None) -> Escalation:
    """Settle who hears of an alarm of timers.sweep(); repeated, it answers the same row.

    `area_code` is where the case is: it finds the grid worker, unless `inspector_id` names him, and posts of that area
    before those of the whole city; without it only those of the whole city. `in_hand` as in rungs().
    """
    this = (Escalation.timer_id == timer_id, Escalation.limit_round == limit_round, Escalation.share == share)
    known = db.scalar(select(Escalation).where(*this))
    if known is not None:
        return known
    stage = db.scalars(select(Timer.stage).where(Timer.id == timer_id)).one()
    found = ((role, _holders(db, role, department_id, area_code, inspector_id)) for role in rungs(stage, share, in_hand))
    role, user, skipped = _first_filled(found)
    if user is None:
        log.error("nobody to escalate to", timer_id=str(timer_id), share=share)
    insert_once(db, Escalation, [{
        "id": new_id(), "case_id": case_id, "timer_id": timer_id, "limit_round": limit_round, "share": share,
        "role": role, "user_id": user.id if user else None,
        "department_id": department_id if role in DEPARTMENTAL else None,
        "skipped": [one.value for one in skipped], "at": clock.now()}], on=("timer_id", "limit_round", "share"))
    return db.scalars(select(Escalation).where(*this)).one()


def _first_filled(found: Iterable[tuple[Role, Sequence[User]]]) -> tuple[Role, User | None, list[Role]]:
    """Looks no further than the first role that somebody holds."""
    skipped: list[Role] = []
    for role, users in found:
        if users:
            return role, users[0], skipped
        skipped.append(role)
    return skipped.pop(), None, skipped


def _holders(db: Session, role: Role, department_id: uuid.UUID | None, area_code: str | None,
             inspector_id: uuid.UUID | None) -> list[User]:
    """A handler of some other department or a grid worker of some other area is nobody."""
    if role in DEPARTMENTAL:
        return holders(db, role, department_id=department_id) if department_id else []
    if role is Role.GRID_WORKER and inspector_id:
        return [user for user in holders(db, role) if user.id == inspector_id]
    if role is Role.GRID_WORKER and area_code is None:
        return []
    return holders(db, role, area_code=area_code or "")
