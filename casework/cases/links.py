"""One problem, one case: joining a report to a case that is already open, merging two cases, and undoing both."""
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import inspectors, workflow
from casework.cases.case import Case, Priority
from casework.cases.cells import cell_of
from casework.cases.consequences import Consequences
from casework.cases.report import Report
from casework.cases.workflow import Facts, Status
from casework.errors import Conflict
from casework.geography.coordinates import Point, metres_between
from casework.identity.people import SYSTEM, Actor
from casework.taxonomy import Catalogue

SQUARE_METRES = 60
"""The shorter side of a map square anywhere in China: how far one ring of neighbouring squares surely reaches."""


@dataclass(frozen=True)
class Nearby:
    """An open case that may be the same problem: how far away, and how long between the two reports."""

    case: Case
    metres: float
    hours: float

    @property
    def why(self) -> str:
        return f"同类，相距 {self.metres:.0f} 米、{self.hours:.1f} 小时"


def cells_around(place: Point, metres: float) -> list[str]:
    """The map squares that a circle may touch."""
    rings = range(-int(metres // SQUARE_METRES) - 1, int(metres // SQUARE_METRES) + 2)
    return [cell_of(place, east, north) for east in rings for north in rings]


def kilometre_of(place: Point) -> str:
    """The name of the square of about a kilometre that a WGS-84 point lies in: what triage locks."""
    return f"{math.floor(place.lon * 100)}:{math.floor(place.lat * 100)}"


def moved(place: Point, east: float, north: float) -> Point:
    """The point so many metres away."""
    return Point(place.lon + east / (111_320 * math.cos(math.radians(place.lat))), place.lat + north / 110_574)


def open_cases_in(db: Session, cells: Iterable[str], since: datetime) -> list[Case]:
    """Open cases in these map squares reported since then; one query, by index, however long the history is."""
    wanted = list(set(cells))
    found: list[Case] = []
    for start in range(0, len(wanted), 400):
        found += db.scalars(select(Case).where(
            Case.cell.in_(wanted[start:start + 400]), Case.opened_at >= since, Case.is_open))
    return found


def same_problem(place: Point, at: datetime, category: str, among: Sequence[Case], catalogue: Catalogue) -> Nearby | None:
    """The nearest case of the same or a neighbouring category inside the category's window of metres and hours."""
    window = catalogue.window(category)
    neighbours = catalogue.neighbours(category)
    near = []
    for case in among:
        if case.place is None or case.category_code not in neighbours:
            continue
        one = Nearby(case, metres_between(place, case.place), abs(at - case.opened_at) / timedelta(hours=1))
        if one.metres <= window.metres and one.hours <= window.hours:
            near.append(one)
    return min(near, key=lambda one: (one.metres, one.hours), default=None)


def join(db: Session, report: Report, case: Case, why: str, later: Consequences) -> None:
    """One more report on a case that is open: its reporter follows the case, the count goes up, urgency is taken over."""
    case.add_report(report)
    if report.urgent:
        case.priority = Priority.URGENT
    case.note("join", SYSTEM, report=report.number, why=why, count=case.report_count, urgent=report.urgent)
    if case.status is Status.VERIFYING and report.reporter_id == case.inspector_id:  # he may not look any more
        case.inspector_id = inspectors.choose(db, case, never=case.reported_by)
        case.waiting_for = None if case.inspector_id else "没有可派的核实人员"
    later.publish(case.id, "case.joined", report=str(report.id))


def merge(db: Session, case: Case, into: Case, actor: Actor, facts: Facts) -> None:
    """This case is the same problem as another: its reports count there, its clocks pause, its history stays its own."""
    if into is case:
        raise Conflict("a case cannot be merged into itself")
    if not into.is_open:
        raise Conflict(f"case {into.number} is {into.status}; merge into an open one")
    moved = list(case.reports)
    case.move("merge", actor, facts, extra={"reports": [str(report.id) for report in moved]})
    case.merged_into_id = into.id
    case.reports.clear()
    for report in moved:
        into.add_report(report)
    into.note("merged_in", actor, case=case.number, count=into.report_count)


def unmerge(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """It was another problem after all: the case goes on from where it stood, with the reports it had."""
    workflow.take("unmerge", case, actor, facts)
    line = next(line for line in reversed(case.history) if line.action == "merge")
    into = db.get_one(Case, case.merged_into_id, with_for_update=True)
    if into.status is Status.MERGED:
        raise Conflict(f"case {into.number} was merged further; unmerge that one first")
    had = {uuid.UUID(one) for one in line.facts["reports"]}
    case.move("unmerge", actor, facts)
    case.merged_into_id = None
    for report in [one for one in into.reports if one.id in had]:
        into.reports.remove(report)
        into.report_count -= 1
        case.reports.append(report)
    case.report_count = len(case.reports)
    into.note("unmerged", actor, case=case.number, count=into.report_count)
