"""Finding cases: the one that a caller names, if it may know of it, and pages of the queues that people work from."""
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases.case import Assignment, Case, Part
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.errors import NotFound
from casework.identity.people import Actor, Department
from casework.identity.permissions import allowed, reach

QUEUES: dict[str, Status] = {
    "triage": Status.REPORTED, "verify": Status.VERIFYING, "dispatch": Status.FILED, "sign": Status.DISPATCHED,
    "handle": Status.HANDLING, "adjudicate": Status.RETURNED, "suspended": Status.SUSPENDED, "check": Status.RESOLVED,
}
"""The desks of the city, each with the status of the cases that lie on it."""


def find(db: Session, actor: Actor, number: str, *, to_change: bool = False) -> Case:
    """The case of this number, locked when it is to be changed.

    Raises NotFound when there is none, or when the actor may not know that there is one.
    """
    wanted = select(Case).where(Case.number == number)
    case = db.scalar(wanted.with_for_update() if to_change else wanted)
    if case is None or not may_see(actor, case):
        raise NotFound(f"no case {number}")
    return case


def may_see(actor: Actor, case: Case) -> bool:
    """Inside the actor's reach, his to inspect, or his own problem."""
    return (allowed(actor, "case.read", case) or (actor.id is not None and case.inspector_id == actor.id)
            or case.was_said_by(actor))


def find_report(db: Session, actor: Actor, number: str, permission: str = "tracking.read") -> Report:
    """The report of this number. Raises NotFound when there is none, or when the actor may not know that there is one."""
    report = db.scalar(select(Report).where(Report.number == number))
    if report is None or not allowed(actor, permission, report):
        raise NotFound(f"no report {number}")
    return report


def find_report_of_case(db: Session, actor: Actor, number: str) -> tuple[Report, Case]:
    """The report of this number and the case it counts in. Raises NotFound unless the actor may see that case."""
    report = db.scalar(select(Report).where(Report.number == number))
    case = followed(db, report) if report else None
    if report is None or case is None or not may_see(actor, case):
        raise NotFound(f"no report {number}")
    return report, case


def followed(db: Session, report: Report) -> Case | None:
    """The case where a report counts now, or None before triage. Merging moves reports, so this needs no walk."""
    return db.get(Case, report.case_id) if report.case_id else None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a page of cases is narrowed to; None means any. `area_code` includes everything inside that area."""

    status: Status | None = None
    department_id: uuid.UUID | None = None
    area_code: str | None = None
    inspector_id: uuid.UUID | None = None
    category_code: str | None = None
    overdue: bool | None = None
    due_before: datetime | None = None
    only_open: bool = True


Position = tuple[datetime, uuid.UUID]
"""Where a page ended: the due time and id of its last case. Stable while cases come and go."""


def page(db: Session, actor: Actor, wanted: Wanted, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` cases that the actor may see, what is due first on top; and where the next page goes on, or None.

    Rows are plain values ready for an encoder: no object is built for a list.
    """
    rows = db.execute(_listed(actor, wanted, after).limit(limit + 1)).all()
    catalogue = taxonomy.catalogue(db) if rows else None
    shown = [_row(row, catalogue.by_code if catalogue else {}) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, (last.due_at, last.id) if last else None


COLUMNS = (Case.id, Case.number, Case.status, Case.priority, Case.title, Case.channel, Case.category_code, Case.area_code,
           Case.lon, Case.lat, Case.address, Case.opened_at, Case.due_at, Case.overdue, Case.waiting_for,
           Case.report_count, Case.returns, Case.reworks)


def _listed(actor: Actor, wanted: Wanted, after: Position | None) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = (select(*COLUMNS, Department.name.label("department"))
                 .join(Department, Department.id == Case.lead_department_id, isouter=True)
                 .where(*_narrowed(wanted), _visible(actor)).order_by(Case.due_at, Case.id))
    return statement.where(tuple_(Case.due_at, Case.id) > after) if after else statement


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.status:
        where.append(Case.status == wanted.status)
    elif wanted.only_open:
        where.append(Case.is_open.expression)
    if wanted.department_id:
        where.append(Case.lead_department_id == wanted.department_id)
    if wanted.area_code:
        where.append(_inside(wanted.area_code))
    if wanted.inspector_id:
        where.append(Case.inspector_id == wanted.inspector_id)
    if wanted.category_code:
        where.append(Case.category_code == wanted.category_code)
    if wanted.overdue is not None:
        where.append(Case.overdue.is_(wanted.overdue))
    if wanted.due_before:
        where.append(Case.due_at < wanted.due_before)
    return where


def _visible(actor: Actor) -> ColumnElement[bool]:
    scope = reach(actor)
    if scope.everything:
        return and_(True)
    seen = [_inside(code) for code in sorted(scope.area_codes)]
    if scope.department_ids:
        helping = select(Assignment.case_id).where(
            Assignment.department_id.in_(scope.department_ids), Assignment.part == Part.ASSIST)
        seen += [Case.lead_department_id.in_(scope.department_ids), Case.id.in_(helping)]
    return or_(Case.inspector_id == actor.id, *seen)


def _inside(area_code: str) -> ColumnElement[bool]:
    # Codes are digits and ":" follows "9": a range finds everything inside an area by its index on any database.
    return and_(Case.area_code >= area_code, Case.area_code < area_code + ":")


def _row(row: Any, by_code: dict[str, taxonomy.Category]) -> dict[str, Any]:
    values = dict(row._mapping)  # noqa: SLF001 - the public mapping of a Row, in spite of its name
    category = by_code.get(row.category_code)
    values["category"] = category.name if category else None
    return values
