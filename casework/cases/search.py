"""Finding cases: the one that a caller names, if it may know of it, and pages of the queues that people work from."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal_column, or_, select, tuple_, union_all
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from casework import taxonomy
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import OPEN, Status
from casework.errors import Conflict, NotFound
from casework.geography.areas import Area
from casework.geography.codes import lies_in
from casework.identity.people import Actor, Department, Role
from casework.identity.permissions import allowed, reach

QUEUES: dict[str, Status] = {
    "triage": Status.REPORTED, "verify": Status.VERIFYING, "dispatch": Status.FILED, "sign": Status.DISPATCHED,
    "handle": Status.HANDLING, "adjudicate": Status.RETURNED, "suspended": Status.SUSPENDED, "check": Status.RESOLVED,
}
"""The desks of the city, each with the status of the cases that lie on it."""

DESKS = {status: queue for queue, status in QUEUES.items()}
"""The same the other way."""

MATTERS = ("applications", "appeals", "supervised", "flagged")
"""What waits beside the desks: applications for time (a head's to agree, then a dispatcher's to decide), appeals against a
late mark, orders from above that owe feedback, and cases with a flag; each read by an index of its own."""


def find(db: Session, actor: Actor, number: str, *, to_change: bool = False, wait: bool = True) -> Case:
    """The case of this number, locked when it is to be changed.

    Raises NotFound when there is none, or when the actor may not know that there is one. Who holds one case already must
    not `wait` for another, or two people wait for each other: raises Conflict when somebody else is at it.
    """
    wanted = select(Case).where(Case.number == number)
    try:
        case = db.scalar(wanted.with_for_update(nowait=not wait) if to_change else wanted)
    except OperationalError as error:
        if wait:
            raise
        raise Conflict(f"somebody else is at case {number} just now; try again") from error
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
    matter: str | None = None
    """One of MATTERS, closed cases included where it outlives them; `only_open` then says nothing."""
    only_open: bool = True


Position = tuple[datetime, uuid.UUID]
"""Where a page ended: the due time and id of its last case. Stable while cases come and go."""


def page(db: Session, actor: Actor, wanted: Wanted, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` cases that the actor may see, what is due first on top; and where the next page goes on, or None.

    Rows are plain values ready for an encoder: no object is built for a list.
    """
    # The tables themselves, not the mapped class: what the ORM adds to a row is for those who change it.
    rows = db.connection().execute(_listed(actor, wanted, after, limit + 1)).all()
    by_code = taxonomy.catalogue_told(db, rows[0].taxonomy).by_code if rows else {}
    shown = [as_row(row, by_code) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, (last.due_at, last.id) if last else None


def ids(db: Session, actor: Actor, wanted: Wanted, *, where: Sequence[ColumnElement[bool]], limit: int) -> list[uuid.UUID]:
    """Ids of up to `limit` cases that the actor may see and of which this holds too, what is due first on top."""
    meant = (*_narrowed(wanted), *where, *_seen(actor, wanted))
    return list(db.scalars(select(CASES.id).where(*meant).order_by(CASES.due_at, CASES.id).limit(limit)))


def _seen(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    """visible() as one condition; none for whoever sees all."""
    ways = visible(actor, wanted)
    return [or_(*ways)] if ways else []


def seen_by(actor: Actor) -> ColumnElement[bool] | None:
    """The condition under which a case is the actor's to see, for looks at a few cases; None for whoever sees all."""
    ways = visible(actor, Wanted())
    return for_each(or_(*ways)) if ways else None


CASES = Case.__table__.c


def _area_name() -> ColumnElement[Any]:
    """The smallest area's name, behind that of the one above it where its own does not begin so: a third grid is in many."""
    area, above = Area.__table__.c, aliased(Area.__table__).c
    begins_so = func.substr(area.name, 1, func.length(above.name)) == above.name
    both = case((begins_so, area.name), else_=func.coalesce(above.name, "") + area.name)
    named = select(both).join_from(area.code.table, above.code.table, above.code == area.parent_code, isouter=True)
    return named.where(area.code == CASES.area_code).scalar_subquery().label("area_name")


COLUMNS = (CASES.id, CASES.number, CASES.status, CASES.priority, CASES.title, CASES.channel, CASES.category_code,
           CASES.area_code, CASES.lon, CASES.lat, CASES.address, CASES.opened_at, CASES.due_at, CASES.overdue,
           CASES.waiting_for, CASES.report_count, CASES.returns, CASES.reworks, CASES.history_length.label("version"),
           _area_name(),
           Department.__table__.c.name.label("department"))
NAMES = tuple(column.name for column in COLUMNS)


def _listed(actor: Actor, wanted: Wanted, after: Position | None, most: int) -> Select[*tuple[Any, ...]]:
    where = _narrowed(wanted)
    if after:
        where.append(tuple_(CASES.due_at, CASES.id) > after)
    ways = visible(actor, wanted)
    if wanted.matter:
        where.append(_waiting(wanted.matter, actor))
        ways = [for_each(or_(*ways))] if ways else []
    if len(ways) > 1:
        # One look by its own index for each way of seeing a case: an OR of them makes the database read the whole city.
        looks = [select(CASES.id).where(*where, way).order_by(CASES.due_at, CASES.id).limit(most).subquery() for way in ways]
        where, ways = [], [CASES.id.in_(union_all(*(select(look.c.id) for look in looks)))]
    return (select(*COLUMNS, taxonomy.current_beside().label("taxonomy"))
            .join(Department.__table__, Department.__table__.c.id == CASES.lead_department_id, isouter=True)
            .where(*where, *ways).order_by(CASES.due_at, CASES.id).limit(most))


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.status:
        where.append(CASES.status == wanted.status)
    if wanted.status in OPEN if wanted.status else wanted.only_open and not wanted.matter:
        where.append(CASES.is_open)  # said even where the status implies it: the indexes of open cases are asked for by name
    if wanted.department_id:
        where.append(CASES.lead_department_id == wanted.department_id)
    if wanted.area_code:
        where.append(lies_in(CASES.area_code, wanted.area_code))
    if wanted.inspector_id:
        where.append(CASES.inspector_id == wanted.inspector_id)
    if wanted.category_code:
        where.append(CASES.category_code == wanted.category_code)
    if wanted.overdue is not None:
        where.append(CASES.overdue if wanted.overdue else ~CASES.overdue)  # as the index says it
    if wanted.due_before:
        where.append(CASES.due_at < wanted.due_before)
    return where


def visible(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The ways in which this actor sees cases, any of which suffices; none when whatever is wanted may be seen."""
    scope = reach(actor)
    if (scope.everything or wanted.department_id in scope.department_ids
            or (actor.id is not None and wanted.inspector_id == actor.id)
            or any((wanted.area_code or "").startswith(code) for code in scope.area_codes)):
        return []
    ways = [lies_in(CASES.area_code, code) for code in sorted(scope.area_codes)]
    if scope.department_ids:
        # Spelt out, not a parameter: only then do the databases know that the index of those who assist is enough.
        assisting = Assignment.part == literal_column(f"'{Part.ASSIST.value}'")
        helping = select(Assignment.case_id).where(Assignment.department_id.in_(scope.department_ids), assisting,
                                                  Assignment.until.is_(None))
        ways += [CASES.lead_department_id == department_id for department_id in sorted(scope.department_ids)]
        ways.append(CASES.id.in_(helping))
    if Role.GRID_WORKER in actor.roles:  # nobody else is ever sent to look
        ways.append(CASES.inspector_id == actor.id)
    return ways or [false()]


def _waiting(matter: str, actor: Actor) -> ColumnElement[bool]:
    """The condition of the matter's index, as the index says it, and whose turn it is."""
    if matter == "appeals":
        return CASES.appealed_timer_id.is_not(None)
    if matter == "supervised":
        return and_(CASES.feedback_owed, CASES.status != Status.MERGED)  # merged, the order waits with the case
    if matter == "flagged":
        return and_(CASES.flagged)
    applied: ColumnElement[bool] = CASES.applied_for.is_not(None)
    if actor.roles.isdisjoint({Role.DEPARTMENT_HEAD, Role.DISPATCHER}):
        return applied
    # A suspension is the dispatcher's alone; more time needs the department's head first.
    decides = or_(CASES.endorsed, CASES.applied_for == "suspend") if Role.DISPATCHER in actor.roles else false()
    heads = {one for post in actor.each() if Role.DEPARTMENT_HEAD in post.roles for one in post.department_ids}
    agrees = and_(CASES.applied_for == "extend", CASES.endorsed.is_(False), CASES.lead_department_id.in_(heads))
    return and_(applied, for_each(or_(decides, agrees)))


def for_each(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """To be asked of each of the few that wait: inside a function it tempts no database to another, longer index."""
    return func.coalesce(condition, False)


def as_row(row: Any, by_code: dict[str, taxonomy.Category]) -> dict[str, Any]:
    """Plain values of a row that begins with COLUMNS, with the category's name."""
    values = dict(zip(NAMES, row, strict=False))
    category = by_code.get(values["category_code"])
    values["category"] = category.name if category else None
    return values


AGE = (CASES.opened_at, CASES.id)


def by_age(db: Session, actor: Actor, wanted: Wanted, *, after: Position | None = None, since: datetime | None = None,
           until: datetime | None = None, limit: int = 1000) -> list[dict[str, Any]]:
    """Up to `limit` cases that the actor may see, the oldest first, with `closed_at` besides what a list shows; `after` is
    `opened_at` and `id` of the last one before, `since` and `until` narrow when they were opened. For whole tables."""
    where = _of_age(actor, wanted, since, until)
    if after:
        where.append(tuple_(*AGE) > after)
    rows = db.connection().execute(
        select(*COLUMNS, CASES.closed_at)
        .join(Department.__table__, Department.__table__.c.id == CASES.lead_department_id, isouter=True)
        .where(*where).order_by(*AGE).limit(limit)).all()
    by_code = taxonomy.catalogue(db).by_code if rows else {}
    return [as_row(row, by_code) | {"closed_at": row.closed_at} for row in rows]


def how_many(db: Session, actor: Actor, wanted: Wanted, *, since: datetime | None = None, until: datetime | None = None,
             most: int) -> int:
    """How many cases by_age() would give, counted up to `most`."""
    asked = select(CASES.id).where(*_of_age(actor, wanted, since, until)).limit(most)
    return db.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _of_age(actor: Actor, wanted: Wanted, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return [*_narrowed(wanted), *_seen(actor, wanted), *([CASES.opened_at >= since] if since else []),
            *([CASES.opened_at < until] if until else [])]
