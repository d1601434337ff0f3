"""Who hears of a clock: the more of it is used, the further up. Always somebody, and every vacant post is on record."""
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.geography import areas
from casework.identity import rosters
from casework.identity.people import DEPARTMENTAL, ROLE_NAMES, Department, Post, Role, User, with_parents
from casework.sla import policies
from casework.sla.limits import Stage
from casework.sla.policies import LADDER
from casework.sla.timers import Timer
from casework.storage.database import Base, Keyed, insert_once, new_id

Ladder = Sequence[tuple[int, Role]]
"""From which share (per cent) on whom; below the first, whoever has the stage in hand."""

FALLBACK = Role.ADMINISTRATOR
"""Hears of it when everybody above is missing too."""

IN_HAND = {
    Stage.TRIAGE: Role.TRIAGE_OPERATOR, Stage.DISPATCH: Role.DISPATCHER, Stage.ADJUDICATE: Role.ADJUDICATOR,
    Stage.APPEAL: Role.ADJUDICATOR, Stage.VERIFY: Role.GRID_WORKER, Stage.CHECK: Role.GRID_WORKER,
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
    """In whose post it reached the person: the department's own, or that of one above it."""
    skipped: Mapped[list[str]]
    """The posts below that should have heard of it and had nobody, in their order, as people call them: "水务局·处置人员"."""
    late: Mapped[bool] = mapped_column(default=False)
    """An outage held the alarm up."""
    missed: Mapped[list[Any]] = mapped_column(default=list)
    """Lower shares that were never raised because of that."""
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("timer_id", "limit_round", "share"), Index(None, "user_id", "at", "id"))


class Desk(NamedTuple):
    """One post that an alarm may reach: a role of the centre, or of one department."""

    role: Role
    department: Department | None


def rungs(stage: Stage, share: int, in_hand: Role | None = None, ladder: Ladder = LADDER) -> tuple[Role, ...]:
    """Whom an alarm of this share is for, and then everybody above, up to the fallback; nobody twice.

    `in_hand` is whose turn it is in this case, where that is not the stage's usual one. What the centre has in hand is no
    department's business.
    """
    steps = [(0, in_hand or IN_HAND.get(stage, Role.HANDLER)), *ladder]
    if steps[0][1] not in DEPARTMENTAL:
        steps = [(share_from, role) for share_from, role in steps if role not in DEPARTMENTAL]
    first = max(number for number, (share_from, _) in enumerate(steps) if share_from <= share)
    return tuple(dict.fromkeys([*(role for _, role in steps[first:]), FALLBACK]))


def escalate(db: Session, case_id: uuid.UUID, timer_id: uuid.UUID, share: int, department_id: uuid.UUID | None,
             *, limit_round: int = 1, area_code: str | None = None, in_hand: Role | None = None,
             inspector_id: uuid.UUID | None = None, late: bool = False, missed: Sequence[int] = ()) -> Escalation:
    """Settle who hears of an alarm of timers.sweep(), by the ladder of the department; repeated, it answers the same row.

    Of those who hold a post whoever is on duty hears it; a post that nobody holds in a department is looked for in the
    departments above. `area_code` is where the case is: it finds the grid worker, unless `inspector_id` names him, and
    posts of that area before those of the whole city; without it only those of the whole city. `in_hand` as in rungs(),
    `late` and `missed` as the alarm says.
    """
    if known := heard(db, timer_id, limit_round, share):
        return known
    stage = db.get_one(Timer, timer_id).stage
    way = with_parents(db, department_id)
    ladder = policies.current(db).ladder([one.code for one in way])
    skipped: list[str] = []
    desk, user = Desk(FALLBACK, None), None
    for desk in _desks(rungs(stage, share, in_hand, ladder), way):
        if found := _who(db, desk, area_code, inspector_id):
            user = found[0]
            break
        skipped.append(_name(db, desk, area_code))
    if user is None:
        log.error("nobody to escalate to", timer_id=str(timer_id), share=share)
    insert_once(db, Escalation, [{
        "id": new_id(), "case_id": case_id, "timer_id": timer_id, "limit_round": limit_round, "share": share,
        "role": desk.role, "user_id": user.id if user else None,
        "department_id": desk.department.id if desk.department else None, "skipped": skipped, "late": late,
        "missed": list(missed), "at": clock.now()}], on=("timer_id", "limit_round", "share"))
    return db.scalars(_alarm(timer_id, limit_round, share)).one()


def heard(db: Session, timer_id: uuid.UUID, limit_round: int, share: int) -> Escalation | None:
    """Who was settled to hear of this alarm; None when nobody was yet."""
    return db.scalar(_alarm(timer_id, limit_round, share))


def _alarm(timer_id: uuid.UUID, limit_round: int, share: int) -> Select[Escalation]:
    return select(Escalation).where(
        Escalation.timer_id == timer_id, Escalation.limit_round == limit_round, Escalation.share == share)


def _desks(roles: Sequence[Role], way: Sequence[Department]) -> Iterator[Desk]:
    """Every post in its order: a departmental role in the department itself, then in those above it."""
    for role in roles:
        yield from (Desk(role, one) for one in (way if role in DEPARTMENTAL and way else (None,)))


_asked = "whom a desk reaches, as asked in this transaction"


def _who(db: Session, desk: Desk, area_code: str | None, inspector_id: uuid.UUID | None) -> Sequence[User]:
    """Whom the desk reaches. After an outage alarms come by the thousand and for the same desks: each is asked once a
    transaction."""
    known: dict[object, Sequence[User]] = db.info.setdefault(_asked, {})
    where = desk.department.id if desk.department else None
    key = (desk.role, where, area_code, inspector_id if desk.role is Role.GRID_WORKER else None)
    if key not in known:
        known[key] = _reachable(db, desk.role, where, area_code, inspector_id)
    return known[key]


def _reachable(db: Session, role: Role, department_id: uuid.UUID | None, area_code: str | None,
               inspector_id: uuid.UUID | None) -> Sequence[User]:
    """A handler of some other department or a grid worker of some other area is nobody."""
    if role in DEPARTMENTAL:
        return rosters.reachable(db, role, department_id=department_id, area_code=area_code) if department_id else []
    if role is Role.GRID_WORKER and inspector_id:
        named = select(User).join(Post, Post.holder_id == User.id)
        return db.scalars(named.where(User.id == inspector_id, User.active, Post.role == role).limit(1)).all()
    if role is Role.GRID_WORKER and area_code is None:
        return []
    return rosters.reachable(db, role, area_code=area_code)


def _name(db: Session, desk: Desk, area_code: str | None) -> str:
    """A post as people call it."""
    if desk.role in DEPARTMENTAL:
        return f"{desk.department.name if desk.department else '未派部门'}·{ROLE_NAMES[desk.role]}"
    place = areas.describe(db, area_code) if desk.role is Role.GRID_WORKER and area_code else None
    return f"{place.name}·{ROLE_NAMES[desk.role]}" if place else ROLE_NAMES[desk.role]
