"""Nobody is forgotten: every open case has one party whose turn it is, and a clock that runs or lawfully stands still.

The workflow makes it so (law 4); here the database is asked whether it is so, whatever was done to it.
"""
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.workflow import OPEN, RUNS_IN, STATUS_NAMES, Status
from casework.identity.people import DEPARTMENTAL, ROLE_NAMES, Department, Post, Role, User
from casework.sla.limits import STAGE_NAMES, Stage
from casework.sla.timers import Timer, TimerState
from casework.storage.database import Base

GRACE = timedelta(minutes=15)
"""What ends by itself ends with the next look of the schedule; later than this, the look did not come."""

STALE = 4 * GRACE
"""A look that is older proves nothing any more."""

MOST_COUNTED = 1000
MOST_KEPT = 20

LED = (Status.DISPATCHED, Status.HANDLING, Status.RETURNED, Status.SUSPENDED)
"""In these a department leads; a case that was put right on the spot is looked at without one."""

ASSISTS = f"assignments.part = '{Part.ASSIST.value}'"
"""Spelt out, as the index of those who assist says it."""

Where = ColumnElement[bool]
A, C, T = Assignment.__table__.c, Case.__table__.c, Timer.__table__.c


class Forgotten(NamedTuple):
    """A case, or the first case of a party, and what is wrong, in words."""

    number: str
    sentence: str


class TurnCheck(Base):
    """What the last look found; one row, so that whoever asks need not look at every open case again."""

    __tablename__ = "turn_checks"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    at: Mapped[datetime]
    found: Mapped[int]
    """At most MOST_COUNTED."""
    first: Mapped[list[Any]]
    """Number and sentence of the first few."""


def without_party(db: Session, limit: int = MOST_COUNTED) -> list[Forgotten]:
    """Open cases that nobody or no clock looks after, and parties whose turn it is that nobody belongs to; at most `limit`.

    A party is named once, with one of its cases. Looks at open cases only, in few statements.
    """
    found: list[Forgotten] = []
    for where, sentence in _flaws(clock.now()):
        # Neither in an order nor limited by the database, which then hopes to find them soon, and reads what is closed.
        found += [Forgotten(number, sentence) for number in sorted(db.scalars(select(C.number).where(*where)))]
        if len(found) >= limit:
            return found[:limit]
    for one in _empty_parties(db):
        found.append(one)
        if len(found) >= limit:
            break
    return found


def keep(db: Session, found: list[Forgotten]) -> None:
    """What a look found, for whoever asks how it stands; of two looks the later one stays."""
    kept = db.get(TurnCheck, 1, with_for_update=True) or TurnCheck(id=1)
    kept.at, kept.found, kept.first = clock.now(), len(found), [list(one) for one in found[:MOST_KEPT]]
    db.add(kept)


def last_found(db: Session) -> int | None:
    """How many the last look found; None before the first."""
    return db.scalar(select(TurnCheck.found))


def seconds_unlooked(db: Session) -> float | None:
    """Since when nobody has looked; before the first look since there was something to look at, None while there is nothing."""
    since = _unlooked_since(db)
    return None if since is None else (clock.now() - since).total_seconds()


def warnings(db: Session) -> list[str]:
    """That nobody has looked for long, in a sentence."""
    since = _unlooked_since(db)
    if since is None or clock.now() - since < STALE:
        return []
    return [f"Nobody has looked since {since:%Y-%m-%dT%H:%MZ} whether every case has its party: is the schedule running?"]


def _unlooked_since(db: Session) -> datetime | None:
    # Ids grow with time: the first case is found by the primary key.
    return db.scalar(select(TurnCheck.at)) or db.scalar(select(C.opened_at).order_by(C.id).limit(1))


def _flaws(now: datetime) -> Iterator[tuple[list[Where], str]]:
    """What may be wrong with a case by itself: how it shows, and in which words."""
    over = now - GRACE
    for status, stages in RUNS_IN.items():
        here, said = [C.status == status, C.is_open], STATUS_NAMES[status]
        yield [C.status == status, not_(C.is_open)], f"{said}，却不在在办案件之列"
        for stage in stages:
            asked = [C.question_until.is_(None)] if (status, stage) == (Status.HANDLING, Stage.HANDLE) else []
            yield [*here, *asked, _no_clock(stage)], f"{said}，没有在走的{STAGE_NAMES[stage]}时限"
        if status in LED:
            yield [*here, C.lead_department_id.is_(None)], f"{said}，没有主办部门"
    yield [C.is_open, C.status.not_in(OPEN)], "已了结，却仍在在办案件之列"
    suspended, handling = [C.status == Status.SUSPENDED, C.is_open], [C.status == Status.HANDLING, C.is_open]
    paused = TimerState.PAUSED
    yield [*suspended, _no_clock(Stage.HANDLE, paused)], "挂账中，没有暂停的处置时限"
    yield [*handling, C.question_until.is_not(None), _no_clock(Stage.HANDLE, paused)], "等待补充，没有暂停的处置时限"
    yield [*suspended, C.suspended_until.is_(None)], "挂账没有到期日"
    yield [*suspended, C.suspended_until < over], "挂账已到期，没有恢复计时"
    yield [*handling, C.question_until < over], "补充期限已过，没有恢复计时"
    yield [C.feedback_owed, C.is_open, _no_clock(Stage.SUPERVISE)], "督办没有在走的反馈时限"
    yield [C.appealed_timer_id.is_not(None), _no_clock(Stage.APPEAL)], "申诉没有在走的裁定时限"
    gone = not_(exists().where(User.id == C.inspector_id, User.active, Post.holder_id == User.id,
                               Post.role == Role.GRID_WORKER))
    for status in (Status.VERIFYING, Status.RESOLVED):
        yield [C.status == status, C.is_open, C.inspector_id.is_not(None), not_(_called_back()), gone], (
            f"{STATUS_NAMES[status]}，指定的网格员已不在岗")


def _no_clock(stage: Stage, state: TimerState = TimerState.RUNNING) -> Where:
    # Spelt out, not a parameter: only then do the databases know that their indexes of open clocks are enough.
    still = text(f"timers.state <> '{TimerState.STOPPED.value}'")
    return not_(exists().where(T.case_id == C.id, T.stage == stage, T.state == state, still))


def _called_back() -> Where:
    """What a citizen asked for is checked on the phone, unless it was drawn as a sample."""
    request = and_(C.category_code >= "3", C.category_code < "4", func.coalesce(C.sampled, False).is_(False))
    return and_(C.status == Status.RESOLVED, func.coalesce(request, False))


def _empty_parties(db: Session) -> Iterator[Forgotten]:
    """Whose turn it is by the table, where nobody holds such a post."""
    yield from _empty_departments(db)
    unnamed = and_(C.status.in_((Status.VERIFYING, Status.RESOLVED)), C.inspector_id.is_(None), not_(_called_back()))
    turns: dict[Role, Where] = {
        Role.TRIAGE_OPERATOR: C.status == Status.REPORTED,
        Role.DISPATCHER: or_(C.status.in_((Status.FILED, Status.SUSPENDED)), unnamed),
        Role.OPERATOR: _called_back(),
        Role.ADJUDICATOR: C.status == Status.RETURNED,
    }
    for role, where in turns.items():
        yield from _empty_desk(db, role, [where, C.is_open])
    yield from _empty_desk(db, Role.ADJUDICATOR, [C.appealed_timer_id.is_not(None)])


def _empty_departments(db: Session) -> Iterator[Forgotten]:
    """Departments are few, and those where nobody works fewer: each of these is asked, by index, for a case of its turn."""
    for roles, turns in ((DEPARTMENTAL, _work_of), (frozenset({Role.DEPARTMENT_HEAD}), _applications_to)):
        staffed = exists().where(Post.department_id == Department.id, Post.role.in_(roles), Post.holder_id == User.id,
                                 User.active)
        empty = select(Department.id, Department.name).where(not_(staffed)).order_by(Department.code)
        for department_id, name in db.execute(empty).all():
            for where, sentence in turns(department_id):
                number = db.scalar(select(C.number).where(*where).limit(1))
                if number is not None:
                    yield Forgotten(number, f"{name}{sentence}")


def _work_of(department_id: uuid.UUID) -> Iterator[tuple[list[Where], str]]:
    working = [C.is_open, C.status.in_((Status.DISPATCHED, Status.HANDLING))]
    nobody = "没有任何人在岗：既无处置人员，也无部门负责人"
    yield [C.lead_department_id == department_id, *working], nobody
    helping = select(A.case_id).where(A.department_id == department_id, A.done_at.is_(None), text(ASSISTS))
    yield [C.id.in_(helping), *working], f"（协办）{nobody}"


def _applications_to(department_id: uuid.UUID) -> Iterator[tuple[list[Where], str]]:
    yield [C.applied_for.is_not(None), C.applied_for == "extend", not_(C.endorsed),
           C.lead_department_id == department_id], "没有部门负责人在岗，延期申请无人初审"


def _empty_desk(db: Session, role: Role, where: list[Where]) -> Iterator[Forgotten]:
    """Cases of a desk of the centre that lie where no holder's post reaches; one for each area that is without."""
    held = select(Post.area_code).join(User, User.id == Post.holder_id).where(Post.role == role, User.active).distinct()
    areas = db.scalars(held).all()
    if None in areas:
        return
    if not areas:
        for number in db.scalars(select(C.number).where(*where).order_by(C.due_at, C.id).limit(1)):
            yield Forgotten(number, f"全市没有{ROLE_NAMES[role]}在岗")
        return
    reached = or_(*(and_(C.area_code >= code, C.area_code < f"{code}:") for code in areas))
    rows = (select(C.area_code, func.min(C.number)).where(*where, not_(func.coalesce(reached, False)))
            .group_by(C.area_code).order_by(C.area_code).limit(MOST_COUNTED))
    for area_code, number in db.execute(rows):
        yield Forgotten(number, f"区域{area_code or '不明'}没有{ROLE_NAMES[role]}在岗")
