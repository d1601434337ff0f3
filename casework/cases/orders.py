"""Orders from above (督办) that are open, each with what was wanted and a clock of its own."""
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from casework.cases import search
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.search import Position, Wanted
from casework.identity.people import Actor
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState

ORDERS = ("supervise", "order_rework")


def page(db: Session, actor: Actor, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` cases with an open order, as search.page() has them, and in each the order: `ordered_at`, `order_due_at`,
    `order_overdue`, and `wanted`, its words."""
    rows, last = search.page(db, actor, Wanted(matter="supervised"), after=after, limit=limit)
    ids = [row["id"] for row in rows]
    clock = and_(Timer.case_id == Case.id, Timer.stage == Stage.SUPERVISE, Timer.state != TimerState.STOPPED)
    line = and_(Entry.case_id == Case.id, Entry.action.in_(ORDERS))
    asked = (select(Case.id, Timer.started_at, Timer.due_at, Timer.overdue, Entry.facts)
             .outerjoin(Timer, clock).outerjoin(Entry, line).where(Case.id.in_(ids)).order_by(Entry.number))
    told = {one.id: _order(one) for one in db.execute(asked)} if ids else {}  # of several orders the last one's words stay
    return [row | told[row["id"]] for row in rows], last


def _order(one: Any) -> dict[str, datetime | bool | str | None]:
    return {"ordered_at": one.started_at, "order_due_at": one.due_at, "order_overdue": one.overdue,
            "wanted": one.facts.get("reason") if one.facts else None}
