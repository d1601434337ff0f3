"""批示 What leaders remark on a bulletin: a task for a department or a person until a day, or 督办 of a case by its own clock;
either is seen on the bulletin until it is answered."""
import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, and_, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from casework import clock, resolution
from casework.cases import search
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.workflow import OPEN, Facts
from casework.errors import Conflict, Fault, Invalid, NotFound, Refused
from casework.identity.people import DEPARTMENTAL, Actor, Department, User, active_department
from casework.identity.permissions import allowed, check
from casework.performance.bulletins import bulletin
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

LONGEST = timedelta(days=366)


class Stands(StrEnum):
    """How a remark stands."""

    OPEN = "open"
    LATE = "late"
    ANSWERED = "answered"


class Remark(Keyed, Base):
    """One remark; of `department_id`, `user_id` and `case_id` one says whose it is."""

    __tablename__ = "bulletin_remarks"
    bulletin_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bulletins.id"), index=True)
    section: Mapped[str | None]
    words: Mapped[str]
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    due: Mapped[date]
    """The last day of the city on which the answer is in time; of a case its clock says more exactly."""
    answer: Mapped[str | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]

    __table_args__ = (
        partial_index("ix_bulletin_remarks_open", "due", "id", where="answered_at IS NULL"),
        Index(None, "department_id", "at", "id"), Index(None, "user_id", "at", "id"),
        partial_index("ix_bulletin_remarks_case", "case_id", where="case_id IS NOT NULL"),
    )

    @property
    def stands(self) -> Stands:
        """How it stands now; of a case see settle()."""
        if self.answered_at:
            return Stands.ANSWERED
        return Stands.LATE if clock.now().astimezone(clock.CITY).date() > self.due else Stands.OPEN


def make(db: Session, actor: Actor, bulletin_id: uuid.UUID, words: str, *, due: date,
         section: str | None = None, department: uuid.UUID | None = None, user: uuid.UUID | None = None,
         case: str | None = None) -> Remark:
    """Remark on a bulletin, or one section of it. A case that is named is supervised, by its own clock.

    Raises Refused, NotFound, Conflict when the case is supervised already, and Invalid unless one of department, user and
    case is named and the day is to come.
    """
    check(actor, "bulletins.remark")
    made = bulletin.find(db, bulletin_id)
    if section is not None:
        bulletin.section(made, section)
    today = clock.now().astimezone(clock.CITY).date()
    faults = [Fault("due", "must be today or later, within a year")] if not today <= due <= today + LONGEST else []
    if sum(one is not None for one in (department, user, case)) != 1:
        faults.append(Fault("department", "name one of department, user and case"))
    if faults:
        raise Invalid("this remark cannot be", *faults)
    if department is not None:
        active_department(db, department, "department")
    if user is not None:
        found = db.get(User, user)
        if found is None or not found.active:
            raise Invalid("there is no such person", Fault("user", "nobody who works here has this id"))
    assert actor.id is not None  # noqa: S101 - who may remark has an account
    remark = Remark(id=new_id(), bulletin_id=made.id, section=section, words=words, by_id=actor.id, at=clock.now(), due=due,
                    department_id=department, user_id=user, case_id=_supervised(db, actor, case, words) if case else None)
    db.add(remark)
    db.flush()
    if remark.case_id is None:  # of a case the department hears by the order itself
        _tell(db, remark, f"（{made.content['title']['zh']}）：{words} 请于{due}前答复。",
              f"“{made.content['title']['en']}”: {words} Please answer by {due}.")
    return remark


def answer(db: Session, actor: Actor, remark_id: uuid.UUID, words: str) -> Remark:
    """Answer a remark: the person who is named, or whoever has a post in the department. Once.

    Raises NotFound, Refused, and Conflict when it is answered, or when it is about a case and is answered there.
    """
    remark = db.get(Remark, remark_id, with_for_update=True)
    if remark is None or not may_know(actor, remark):
        raise NotFound("there is no such remark")
    if remark.case_id is not None:
        raise Conflict("this remark is an order on a case; report back on the case")
    if not may_answer(actor, remark):
        raise Refused("this remark is for somebody else to answer", action="answer")
    if remark.answered_at is not None:
        raise Conflict("this remark is answered")
    remark.answer, remark.answered_by_id, remark.answered_at = words, actor.id, clock.now()
    outbox.publish(db, "remark.answered", remark.id, reader=f"user:{remark.by_id.hex}", zh=words, en=words)
    return remark


def may_answer(actor: Actor, remark: Remark) -> bool:
    """The person named, or somebody with a post in the department."""
    if remark.user_id is not None:
        return remark.user_id == actor.id
    return any(remark.department_id in post.department_ids for post in actor.each() if post.roles & DEPARTMENTAL)


def may_know(actor: Actor, remark: Remark) -> bool:
    """Whoever reads bulletins, and whose it is."""
    return allowed(actor, "bulletins.read") or may_answer(actor, remark)


def of_bulletin(db: Session, actor: Actor, bulletin_id: uuid.UUID) -> list[dict[str, Any]]:
    """The remarks on a bulletin, in their order, as shown() has them."""
    return shown(db, actor, _named().where(Remark.bulletin_id == bulletin_id).order_by(Remark.at, Remark.id).limit(200))


def open_for(db: Session, actor: Actor, limit: int = 100) -> list[dict[str, Any]]:
    """The remarks that wait for this actor's answer, what is due first on top."""
    departments = {one for post in actor.each() if post.roles & DEPARTMENTAL for one in post.department_ids}
    mine = or_(Remark.user_id == actor.id, and_(Remark.case_id.is_(None), Remark.department_id.in_(departments)))
    return shown(db, actor, _named().where(Remark.answered_at.is_(None), mine).order_by(Remark.due, Remark.id).limit(limit))


def one(db: Session, actor: Actor, remark: Remark) -> dict[str, Any]:
    """One remark as shown() has it."""
    (found,) = shown(db, actor, _named().where(Remark.id == remark.id))
    return found


def shown(db: Session, actor: Actor, wanted: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Remarks in plain values, with names in the place of ids and whether the actor is to answer: one query."""
    return [{"id": remark.id, "bulletin_id": remark.bulletin_id, "section": remark.section, "words": remark.words, "by": by,
             "at": remark.at, "department": department, "user": user, "case": case, "due": remark.due, "stands": remark.stands,
             "answer": remark.answer, "answered_by": answered_by, "answered_at": remark.answered_at,
             "may_answer": remark.case_id is None and remark.answered_at is None and may_answer(actor, remark)}
            for remark, by, department, user, case, answered_by in db.execute(wanted).all()]


def _named() -> Select[*tuple[Any, ...]]:
    by, user, answered = aliased(User), aliased(User), aliased(User)
    return (select(Remark, by.name, Department.name, user.name, Case.number, answered.name)
            .join(by, by.id == Remark.by_id).join(Department, Department.id == Remark.department_id, isouter=True)
            .join(user, user.id == Remark.user_id, isouter=True).join(Case, Case.id == Remark.case_id, isouter=True)
            .join(answered, answered.id == Remark.answered_by_id, isouter=True))


def open_counts(db: Session, bulletin_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many remarks on each of these are not answered; those with none are left out."""
    found: dict[uuid.UUID, int] = {}
    waits = select(Remark.bulletin_id).where(Remark.bulletin_id.in_(bulletin_ids), Remark.answered_at.is_(None))
    for bulletin_id in db.scalars(waits) if bulletin_ids else ():
        found[bulletin_id] = found.get(bulletin_id, 0) + 1
    return found


def settle(db: Session, limit: int) -> int:
    """Remarks whose case was reported back on, or ended, are answered by what was reported. Returns how many."""
    reported = and_(Case.feedback_owed.is_(False))
    waits: Select[Remark, Case] = (select(Remark, Case).join(Case, Case.id == Remark.case_id)
                                   .where(Remark.answered_at.is_(None), reported).limit(limit))
    done = 0
    for remark, case in db.execute(waits.with_for_update(of=Remark, skip_locked=True)).all():
        line = db.scalar(select(Entry).where(Entry.case_id == case.id, Entry.action == "report_back", Entry.at >= remark.at)
                         .order_by(Entry.number.desc()).limit(1))
        if line is None and case.status in OPEN:
            continue
        remark.answer = line.facts.get("reply", "") if line else ""
        remark.answered_at = line.at if line else clock.now()
        remark.answered_by_id = line.actor_id if line else None
        done += 1
    return done


def remind(db: Session, limit: int) -> int:
    """Remind of what is due by tomorrow or late, once a day; returns how many were reminded."""
    now = clock.now()
    today = now.astimezone(clock.CITY).date()
    quiet = or_(Remark.reminded_at.is_(None), Remark.reminded_at < now - timedelta(hours=20))
    waits = (select(Remark).where(Remark.answered_at.is_(None), Remark.case_id.is_(None), quiet,
                                  Remark.due <= today + timedelta(days=1))
             .order_by(Remark.due, Remark.id).limit(limit).with_for_update(skip_locked=True))
    found = db.scalars(waits).all()
    for remark in found:
        remark.reminded_at = now
        late = remark.stands is Stands.LATE
        _tell(db, remark, f"{'已逾期' if late else '即将到期'}（{remark.due}）：{remark.words}",
              f"{'late' if late else 'due'} ({remark.due}): {remark.words}", again=True)
    return len(found)


def _supervised(db: Session, actor: Actor, number: str, words: str) -> uuid.UUID:
    case = search.find(db, actor, number, to_change=True)
    resolution.VERBS["supervise"](db, case, actor, Facts(reason=words))
    return case.id


def _tell(db: Session, remark: Remark, zh: str, en: str, *, again: bool = False) -> None:
    reader = f"user:{remark.user_id.hex}" if remark.user_id else f"department:{(remark.department_id or remark.id).hex}"
    outbox.publish(db, "remark.due" if again else "remark.made", remark.id, reader=reader, zh=zh, en=en)
