"""值班: which holders of a post are on duty when. Whoever is on duty is reached before, and instead of, the other holders."""
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, func, or_, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Refused
from casework.identity.people import DEPARTMENTAL, OUTSIDE, Actor, Post, Role, User, around, holders
from casework.storage.database import Base, Keyed, one_at_a_time

MOST_DAYS = 92
"""A duty is a shift, at most a season's: whoever always stands in holds the post."""

Position = tuple[datetime, uuid.UUID]


class Duty(Keyed, Base):
    """One person's duty in a role, from `since` until before `until`; without a department or area for the whole city."""

    __tablename__ = "duties"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role]
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    area_code: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    note: Mapped[str | None]
    entered_by_id: Mapped[uuid.UUID | None]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "role", "until"), Index(None, "until", "id"))


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A duty to be entered."""

    user_id: uuid.UUID
    role: Role
    since: datetime
    until: datetime
    department_id: uuid.UUID | None = None
    area_code: str | None = None
    note: str | None = None


def on_duty(db: Session, role: Role, *, department_id: uuid.UUID | None = None, area_code: str | None = None,
            at: datetime | None = None) -> list[User]:
    """Who is on duty at that moment (now, unless said otherwise), the most specific area first; empty where no roster
    covers it.

    For a departmental role that department's; else with `area_code` duties of that area, of one around it or of none,
    and without it only those of the whole city. Whoever left the post meanwhile is on duty no more.
    """
    moment = at or clock.now()
    wanted = (select(User).join(Duty, Duty.user_id == User.id)
              .where(Duty.role == role, Duty.since <= moment, Duty.until > moment, User.active, _still_held())
              .order_by(func.length(func.coalesce(Duty.area_code, "")).desc(), Duty.since, User.login))
    if role in DEPARTMENTAL:
        wanted = wanted.where(Duty.department_id == department_id)
    return list(dict.fromkeys(db.scalars(wanted.where(or_(Duty.area_code.in_(around(area_code)), Duty.area_code.is_(None))))))


def reachable(db: Session, role: Role, *, department_id: uuid.UUID | None = None, area_code: str | None = None) -> list[User]:
    """Whom to turn to now: those on duty where a roster covers it, else everybody who holds the post; in a department,
    wherever they work."""
    return (on_duty(db, role, department_id=department_id, area_code=area_code)
            or holders(db, role, department_id=department_id, area_code=None if department_id else area_code or ""))


def enter(db: Session, actor: Actor, shifts: Sequence[Shift]) -> list[Duty]:
    """Enter a roster, all or nothing; a shift that stands there already is answered as it stands.

    A department's head writes that department's; an administrator everybody's. Raises Refused for another department's,
    and Invalid with a fault for each shift that cannot be ("items.3.user_id").
    """
    for shift in shifts:
        if not _writes(actor, shift.department_id):
            raise Refused("this is another department's roster", action="duties.manage")
    one_at_a_time(db, "rosters")
    faults = [Fault(f"items.{number}.{fault.field}", fault.reason)
              for number, shift in enumerate(shifts) for fault in _faults(db, shift)]
    if faults:
        raise Invalid("the roster was not entered", *faults[:100])
    return [_known(db, shift) or _add(db, shift, actor) for shift in shifts]


def end(db: Session, actor: Actor, duty_id: uuid.UUID) -> datetime | None:
    """End a duty now; its end, or None for one that had not begun, which is forgotten.

    Raises NotFound when there is none that the actor may write, Conflict when it is over.
    """
    duty = db.get(Duty, duty_id, with_for_update=True)
    if duty is None or not _writes(actor, duty.department_id):
        raise NotFound("there is no such duty", id=str(duty_id))
    now = clock.now()
    if duty.until <= now:
        raise Conflict("this duty is over already")
    if duty.since >= now:
        db.delete(duty)
        return None
    duty.until = now
    return now


def roster(db: Session, actor: Actor, *, since: datetime, until: datetime | None = None, role: Role | None = None,
           department_id: uuid.UUID | None = None, after: Position | None = None, limit: int = 50) -> Sequence[Duty]:
    """Duties that are not over at `since` (and begin before `until`), in the order in which they end; a head sees those
    of the own departments. `after`: end and id of the last one of the page before."""
    wanted = select(Duty).where(Duty.until > since)
    if not _oversees(actor):
        wanted = wanted.where(Duty.department_id.in_(_own(actor)))
    if until:
        wanted = wanted.where(Duty.since < until)
    if role:
        wanted = wanted.where(Duty.role == role)
    if department_id:
        wanted = wanted.where(Duty.department_id == department_id)
    if after:
        wanted = wanted.where(tuple_(Duty.until, Duty.id) > after)
    return db.scalars(wanted.order_by(Duty.until, Duty.id).limit(limit)).all()


def _oversees(actor: Actor) -> bool:
    return not actor.roles.isdisjoint({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.SYSTEM})


def _writes(actor: Actor, department_id: uuid.UUID | None) -> bool:
    return not actor.roles.isdisjoint({Role.ADMINISTRATOR, Role.SYSTEM}) or department_id in _own(actor)


def _own(actor: Actor) -> set[uuid.UUID]:
    """The departments that the actor heads."""
    return {one for post in actor.each() if Role.DEPARTMENT_HEAD in post.roles for one in post.department_ids}


def _faults(db: Session, shift: Shift) -> list[Fault]:
    faults = []
    if shift.role in OUTSIDE:
        return [Fault("role", f"{shift.role} is not for people who work here")]
    if (shift.role in DEPARTMENTAL) != (shift.department_id is not None):
        faults.append(Fault("department_id", f"a {shift.role} works for a department" if shift.role in DEPARTMENTAL
                            else f"a {shift.role} works for the whole city or an area"))
    if shift.area_code is not None and not re.fullmatch("[0-9]+", shift.area_code):
        faults.append(Fault("area_code", "area codes are digits"))
    if shift.until <= shift.since:
        faults.append(Fault("until", "must be after `since`"))
    elif (shift.until - shift.since).days > MOST_DAYS:
        faults.append(Fault("until", f"a duty lasts at most {MOST_DAYS} days"))
    if not faults and not _may_stand_in(db, shift):
        faults.append(Fault("user_id", "holds no such post there, so nothing could be done on duty"))
    return faults


def _may_stand_in(db: Session, shift: Shift) -> bool:
    """A duty lends no powers: whoever has it holds the role, in that department, over that area. A grid worker of the
    next grid may stand in, because what he is sent to look at is named to him."""
    post = select(Post.id).join(User, User.id == Post.holder_id).where(
        Post.holder_id == shift.user_id, Post.role == shift.role, User.active)
    if shift.department_id:
        post = post.where(Post.department_id == shift.department_id)
    if shift.role is not Role.GRID_WORKER:
        post = post.where(or_(Post.area_code.is_(None), Post.area_code.in_(around(shift.area_code))))
    return db.scalar(post.limit(1)) is not None


def _still_held() -> ColumnElement[bool]:
    """The holder of a duty holds a post of that role, and for a departmental one in that department."""
    return (select(Post.id).where(Post.holder_id == Duty.user_id, Post.role == Duty.role,
                                  or_(Duty.department_id.is_(None), Post.department_id == Duty.department_id)).exists())


def _known(db: Session, shift: Shift) -> Duty | None:
    return db.scalar(select(Duty).where(
        Duty.user_id == shift.user_id, Duty.role == shift.role, Duty.since == shift.since, Duty.until == shift.until,
        Duty.department_id.is_not_distinct_from(shift.department_id), Duty.area_code.is_not_distinct_from(shift.area_code)))


def _add(db: Session, shift: Shift, actor: Actor) -> Duty:
    made = Duty(user_id=shift.user_id, role=shift.role, department_id=shift.department_id, area_code=shift.area_code,
                since=shift.since, until=shift.until, note=shift.note, entered_by_id=actor.id)
    db.add(made)
    db.flush()
    return made
