"""A department's desk: the queues that its people work from, how many cases lie in each, and pages of what lies there."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, literal_column, select, text, union_all
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import sifting
from casework.cases.assignment import HELPING, Assignment
from casework.cases.indexes import WAITS
from casework.cases.search import CASES, Position, for_each
from casework.cases.sifting import Sieve, Way
from casework.cases.workflow import Status
from casework.identity.people import Actor
from casework.identity.permissions import reach

SOON = timedelta(hours=24)
MOST_COUNTED = 999
"""A longer queue is said to be longer: nobody works from the exact number, and counting costs by the row."""


class Queue(StrEnum):
    """What lies on a department's desk. A case may lie in several: one that is handled is perhaps due soon as well."""

    OVERDUE = "overdue"    # 已超时: its next due time is over, and the department has it
    DUE_SOON = "due_soon"  # 即将超时: within SOON
    SIGN = "sign"          # 待签收
    HANDLE = "handle"      # 处置中
    MINE = "mine"          # 我的案件: what was handed to me, or I have signed
    ASSIST = "assist"      # 协办: our help is asked for and not yet given
    WAITING = "waiting"    # 等待他方: an approval, the citizen's answer, or a date
    RETURNED = "returned"  # 退单待裁
    CHECK = "check"        # 待核查
    OPEN = "open"          # 全部未结 that the department leads or helps with


OURS = (Status.DISPATCHED, Status.HANDLING)
"""In these it is the department that everybody waits for."""


def counts(db: Session, actor: Actor) -> dict[Queue, int]:
    """How many lie in each queue of the actor's departments, up to MOST_COUNTED + 1: one statement."""
    at = clock.now()
    counted = [_counted(ways(queue, actor, at)).label(queue.value) for queue in Queue]
    row = db.connection().execute(select(*counted)).one()
    return dict(zip(Queue, row, strict=True))


def page(db: Session, actor: Actor, queue: Queue, sieve: Sieve | None = None, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """A page of a queue; see sifting.page()."""
    return sifting.page(db, ways(queue, actor, clock.now()), sieve, after=after, limit=limit)


def ways(queue: Queue, actor: Actor, at: datetime) -> list[Way]:
    """How the queue is read, one way for each index and department; none for somebody of no department."""
    departments = sorted(reach(actor).department_ids)
    if not departments:
        return []
    if queue is Queue.MINE:
        return [[CASES.handler_id == actor.id, CASES.is_open, for_each(CASES.lead_department_id.in_(departments))]]
    if queue is Queue.ASSIST:
        return [_helping(departments)]
    led = [way for department_id in departments for way in _led(queue, department_id, at)]
    return [*led, _helping(departments)] if queue is Queue.OPEN else led


def _led(queue: Queue, department_id: uuid.UUID, at: datetime) -> Iterable[Way]:
    mine = CASES.lead_department_id == department_id
    match queue:
        case Queue.OVERDUE:
            return [[mine, CASES.is_open, CASES.status == one, CASES.due_at < at] for one in OURS]
        case Queue.DUE_SOON:
            return [[mine, CASES.is_open, CASES.status == one, CASES.due_at >= at, CASES.due_at < at + SOON] for one in OURS]
        case Queue.WAITING:
            return [[mine, text(WAITS)]]  # type: ignore[list-item]  # as the index says it
        case Queue.OPEN:
            return [[mine, CASES.is_open]]
    return [[mine, CASES.is_open, CASES.status == LIES_AS[queue]]]


LIES_AS = {Queue.SIGN: Status.DISPATCHED, Queue.HANDLE: Status.HANDLING, Queue.RETURNED: Status.RETURNED,
           Queue.CHECK: Status.RESOLVED}


def _helping(departments: Sequence[uuid.UUID]) -> Way:
    helped = select(Assignment.case_id).where(Assignment.department_id.in_(departments), text(HELPING))
    return [CASES.id.in_(helped), CASES.is_open]


def _counted(found: Sequence[Way]) -> Any:
    if not found:
        return literal_column("0")
    most = MOST_COUNTED + 1
    heads = [select(CASES.id).where(*way).limit(most).subquery() for way in found]
    whole = union_all(*(select(one.c.id) for one in heads)).limit(most).subquery()
    return select(func.count()).select_from(whole).scalar_subquery()
