"""Orders from above (督办) that are open, each with what was wanted and a clock of its own."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import search
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
    clocks: dict[uuid.UUID, Any] = {one.case_id: one for one in db.execute(
        select(Timer.case_id, Timer.started_at, Timer.due_at, Timer.overdue)
        .where(Timer.case_id.in_(ids), Timer.stage == Stage.SUPERVISE, Timer.state != TimerState.STOPPED))}
    words: dict[uuid.UUID, Any] = {one.case_id: one.facts.get("reason") for one in db.execute(
        select(Entry.case_id, Entry.facts).where(Entry.case_id.in_(ids), Entry.action.in_(ORDERS)).order_by(Entry.number))}
    return [row | _order(clocks.get(row["id"]), words.get(row["id"])) for row in rows], last


def _order(timer: Any, words: str | None) -> dict[str, datetime | bool | str | None]:
    return {"ordered_at": timer.started_at if timer else None, "order_due_at": timer.due_at if timer else None,
            "order_overdue": timer.overdue if timer else None, "wanted": words}
