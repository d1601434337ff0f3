"""案卷: a case with all that belongs to it, read in four statements, or in five with all that is known of it, however long
its life was; what a map of it shows is one more.

Which case it is and what its reports are comes first: only then is it known whether the caller may see it, and what hangs
on its reports. All that hangs on it is then read together.
"""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from casework import taxonomy
from casework.cases import comments, search, surroundings
from casework.cases.assignment import Assignment
from casework.cases.case import Case
from casework.cases.comments import Comment
from casework.cases.history import Entry
from casework.cases.particulars import Particulars
from casework.cases.report import Report
from casework.errors import NotFound
from casework.geography.areas import Area
from casework.geography.atlas import AreaRow
from casework.identity import people
from casework.identity.people import Actor, Department
from casework.media import Photo
from casework.media.awaited import AwaitedFile
from casework.media.awaited import State as FileState
from casework.sla import calendar, policies
from casework.sla.timers import Timer, TimerSegment, TimerState
from casework.storage.database import together

REMARKS = 50
"""So many comments at first, the latest; who wants the others asks for the next page."""

NAMING = ("lead", "assistants", "proposed", "without", "handler", "inspector")
"""Facts of history lines that are ids of departments or of people."""

LEAD = aliased(Department)
AREA = (Area.code, Area.name, Area.level, Area.outline)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The case with its reports, history and assignments in it, and what stands beside it; `clocks` are those still open."""

    case: Case
    lead: str | None
    said: Mapping[uuid.UUID, Particulars]
    missing: Mapping[uuid.UUID, int]
    photos: Sequence[Photo]
    clocks: Sequence[Timer]


@dataclass(frozen=True, kw_only=True)
class Dossier(Sheet):
    """The same with what else there is; `clocks` are all it ever had, `stretches` theirs, `around` as surroundings.of() has it.

    `names` has people and departments by id: whoever is in a line, a comment or a share, or has the case or its check.
    """

    stretches: Mapping[uuid.UUID, Sequence[TimerSegment]]
    remarks: Sequence[Comment]
    more_remarks: bool
    names: Mapping[uuid.UUID | None, str]
    around: dict[str, Any]


@dataclass(frozen=True)
class _Opened:
    """The case itself, its reports and shares in it."""

    case: Case
    lead: str | None
    said: Mapping[uuid.UUID, Particulars]
    missing: Mapping[uuid.UUID, int]
    area: AreaRow | None = None


def sheet(db: Session, actor: Actor, number: str) -> Sheet:
    """What is to be known for the next step of the case of this number.

    Raises NotFound when there is none, or when the actor may not know that there is one.
    """
    return _sheet(db, _open(db, actor, number))


def sheet_of(db: Session, case: Case) -> Sheet:
    """The same of a case that is at hand."""
    lead = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    return _sheet(db, _Opened(case, lead.name if lead else None, *_reports(db, case)))


def read(db: Session, actor: Actor, number: str) -> Dossier:
    """All of the case of this number. Raises NotFound as sheet() does."""
    found = _open(db, actor, number, *AREA)
    case = found.case
    lines, photos, clocks, stretches, remarks = together(
        db, _lines(case), _photos(case), select(Timer).where(Timer.case_id == case.id),
        select(TimerSegment).join(Timer, Timer.id == TimerSegment.timer_id).where(Timer.case_id == case.id),
        select(Comment).where(comments.about(case)).order_by(Comment.at.desc(), Comment.id.desc()).limit(REMARKS + 1))
    _keep(case, lines)
    remarks.sort(key=lambda one: (one.at, one.id), reverse=True)
    return Dossier(
        case=case, lead=found.lead, said=found.said, missing=found.missing, photos=sorted(photos, key=lambda one: one.id),
        clocks=_in_order(clocks), stretches=_by_clock(clocks, stretches), remarks=remarks[:REMARKS],
        more_remarks=len(remarks) > REMARKS, names=people.called(db, _who(case, remarks[:REMARKS])),
        around=surroundings.of(db, case, found.area))


def _open(db: Session, actor: Actor, number: str, *area: Any) -> _Opened:
    rows = db.execute(select(Case, Assignment, LEAD.name, policies.NEWEST, calendar.NEWEST, taxonomy.current_beside(), *area)
                      .outerjoin(Assignment, Assignment.case_id == Case.id).outerjoin(LEAD, LEAD.id == Case.lead_department_id)
                      .outerjoin(Area, Area.code == Case.area_code)
                      .where(Case.number == number).order_by(Assignment.since, Assignment.id)).all()
    if not rows:
        raise NotFound(f"no case {number}")
    case, _, lead, policy, days, classes, *around = rows[0]
    policies.stands(db, policy)
    calendar.stands(db, days)
    taxonomy.stands(db, classes)
    set_committed_value(case, "assignments", [row[1] for row in rows if row[1] is not None])
    made = _Opened(case, lead, *_reports(db, case), AreaRow(*around) if around and around[0] else None)
    if not search.may_see(actor, case):
        raise NotFound(f"no case {number}")
    return made


def _reports(db: Session, case: Case) -> tuple[dict[uuid.UUID, Particulars], dict[uuid.UUID, int]]:
    """What apps said beside the reports, and how many files each still awaits; the reports are in the case then."""
    waits = AwaitedFile.report_id == Report.id, AwaitedFile.state == FileState.MISSING
    missing = select(func.count()).where(*waits).correlate(Report).scalar_subquery()
    rows = db.execute(select(Report, Particulars, missing).outerjoin(Particulars, Particulars.report_id == Report.id)
                      .where(Report.case_id == case.id).order_by(Report.received_at, Report.id)).all()
    set_committed_value(case, "reports", [report for report, _, _ in rows])
    return {report.id: said for report, said, _ in rows if said}, {report.id: files for report, _, files in rows}


def _sheet(db: Session, found: _Opened) -> Sheet:
    case = found.case
    still = Timer.case_id == case.id, Timer.state != TimerState.STOPPED
    lines, photos, clocks = together(db, _lines(case), _photos(case), select(Timer).where(*still))
    _keep(case, lines)
    return Sheet(case=case, lead=found.lead, said=found.said, missing=found.missing, clocks=_in_order(clocks),
                 photos=sorted(photos, key=lambda one: (one.report_id is None, one.id)))


def _lines(case: Case) -> Select[Entry]:
    return select(Entry).where(Entry.case_id == case.id)


def _photos(case: Case) -> Select[Photo]:
    """Of the case and of its reports: with their ids, not a query for them, each way is read by its own index."""
    ways: list[ColumnElement[bool]] = [Photo.case_id == case.id, Photo.report_id.in_([one.id for one in case.reports])]
    return select(Photo).where(or_(*ways))


def _keep(case: Case, lines: Iterable[Entry]) -> None:
    set_committed_value(case, "history", sorted(lines, key=lambda one: one.number))


def _in_order(clocks: Iterable[Timer]) -> list[Timer]:
    return sorted(clocks, key=lambda one: (one.started_at, one.id))


def _by_clock(clocks: Iterable[Timer], stretches: Iterable[TimerSegment]) -> dict[uuid.UUID, list[TimerSegment]]:
    made: dict[uuid.UUID, list[TimerSegment]] = {one.id: [] for one in clocks}
    for one in sorted(stretches, key=lambda one: (one.since, one.id)):
        made[one.timer_id].append(one)
    return made


def _who(case: Case, remarks: Sequence[Comment]) -> set[uuid.UUID | None]:
    """People and departments of the case, its shares, its lines with their facts, and these comments."""
    told = (line.facts.get(name) for line in case.history for name in NAMING)
    named = {uuid.UUID(one) for value in told if value for one in ([value] if isinstance(value, str) else value)}
    return {case.handler_id, case.inspector_id, case.lead_department_id, *named,
            *(one.department_id for one in case.assignments),
            *(one for line in case.history for one in (line.actor_id, line.department_id)),
            *(one for remark in remarks for one in (remark.author_id, remark.department_id))}
