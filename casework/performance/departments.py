"""How each department did with what it was given in a span of days. Counted when asked: a ruling corrects it at once."""
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.workflow import Status
from casework.identity.people import Actor, Department
from casework.performance.scope import within
from casework.sla.limits import Stage
from casework.sla.timers import Timer


def by_department(db: Session, actor: Actor, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Of the cases that each department was given to lead in this span, by code of the department, how many…

    were `signed` by it, of these `signed_on_time`; `closed`, of these `handled_on_time`; are `overdue` in any of its
    clocks; were `extended`; whose return was upheld (`returned`) or overruled (`return_overruled`); `reworked`;
    `supervised`; `excused`, an appeal against an overdue mark having been granted: such a clock counts as in time
    everywhere. A head sees the own department; a post in an area what lies there. One pass over the span's assignments by
    index. Raises Refused.
    """
    seen = within(actor, Assignment.department_id, Case.area_code)
    clocks = _clocks(since, until)
    mine = Assignment.until.is_(None)  # what happened to the case as a whole is for who leads it at last
    closed = and_(mine, Case.status == Status.CLOSED)
    ordered = exists().where(Timer.case_id == Case.id, Timer.stage == Stage.SUPERVISE)
    figures = {
        "given": func.count(),
        "signed": _how_many(Assignment.signed_at.is_not(None)),
        "signed_on_time": _how_many(and_(Assignment.signed_at.is_not(None), func.coalesce(clocks.c.signed_late, 0) == 0)),
        "closed": _how_many(closed),
        "handled_on_time": _how_many(and_(closed, func.coalesce(clocks.c.handled_late, 0) == 0)),
        "overdue": _how_many(clocks.c.late > 0),
        "extended": _how_many(clocks.c.extended > 0),
        "returned": _how_many(Assignment.returned.is_(True)),
        "return_overruled": _how_many(Assignment.ruled.is_(True)),
        "reworked": _how_many(and_(mine, Case.reworks > 0)),
        "supervised": _how_many(and_(mine, ordered)),
        "excused": _how_many(clocks.c.excused > 0),
    }
    who = (Department.id, Department.code, Department.name)
    statement = (select(*who, *(value.label(name) for name, value in figures.items()))
                 .select_from(Assignment).join(Department, Department.id == Assignment.department_id)
                 .join(Case, Case.id == Assignment.case_id).join(clocks, clocks.c.assignment_id == Assignment.id, isouter=True)
                 .where(*_given(since, until), *([] if seen is None else [seen])).group_by(*who)
                 .order_by(Department.code))
    return [dict(row._mapping) for row in db.execute(statement)]  # noqa: SLF001 - the public way


def _given(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return Assignment.since >= since, Assignment.since < until, Assignment.part == Part.LEAD


def _clocks(since: datetime, until: datetime) -> Any:
    """What the clocks of each of these assignments say; an excused one is as good as in time."""
    late = and_(Timer.overdue.is_(True), Timer.excused_at.is_(None))

    def worst(condition: ColumnElement[bool], name: str) -> Any:
        return func.max(case((condition, 1), else_=0)).label(name)
    return (select(Timer.assignment_id, worst(and_(late, Timer.stage == Stage.SIGN), "signed_late"),
                   worst(and_(late, Timer.stage == Stage.HANDLE), "handled_late"),
                   worst(late, "late"),
                   worst(and_(Timer.stage == Stage.HANDLE, Timer.extra_value > 0), "extended"),
                   worst(Timer.excused_at.is_not(None), "excused"))
            .join(Assignment, and_(Timer.case_id == Assignment.case_id, Timer.assignment_id == Assignment.id))
            .where(*_given(since, until)).group_by(Timer.assignment_id).subquery())


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
