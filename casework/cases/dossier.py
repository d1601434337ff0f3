"""案卷: a case with all that belongs to it, read for one page in six statements, however long its life was."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from casework.cases import comments, search
from casework.cases.assignment import Assignment
from casework.cases.case import Case
from casework.cases.comments import Comment
from casework.cases.history import Entry
from casework.cases.particulars import Particulars
from casework.cases.report import Report
from casework.errors import NotFound
from casework.identity import people
from casework.identity.people import Actor, Department, User
from casework.media import Photo
from casework.media.awaited import AwaitedFile
from casework.media.awaited import State as FileState
from casework.sla import calendar, policies
from casework.sla.timers import Timer, TimerSegment

REMARKS = 50
"""So many comments at first, the latest; who wants the others asks for the next page."""

NAMING = ("lead", "assistants", "proposed", "without", "handler", "inspector")
"""Facts of history lines that are ids of departments or of people."""

HANDLER, INSPECTOR = aliased(User), aliased(User)


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """The case with its reports, history and assignments in it, and beside it what else there is.

    `names` has people and departments by id: whoever is in a line, a comment or a share, or has the case or its check.
    """

    case: Case
    lead: Department | None
    particulars: Mapping[uuid.UUID, Particulars]
    missing: Mapping[uuid.UUID, int]
    photos: Sequence[Photo]
    clocks: Mapping[uuid.UUID, tuple[Timer, list[TimerSegment]]]
    remarks: Sequence[Comment]
    more_remarks: bool
    names: Mapping[uuid.UUID, str]


def read(db: Session, actor: Actor, number: str) -> Dossier:
    """All of the case of this number. Raises NotFound when there is none, or when the actor may not know that there is one."""
    rows = db.execute(select(Case, Assignment, Department, HANDLER.name, INSPECTOR.name, policies.NEWEST, calendar.NEWEST)
                      .outerjoin(Assignment, Assignment.case_id == Case.id)
                      .outerjoin(Department, Department.id == Assignment.department_id)
                      .outerjoin(HANDLER, HANDLER.id == Case.handler_id).outerjoin(INSPECTOR, INSPECTOR.id == Case.inspector_id)
                      .where(Case.number == number).order_by(Assignment.since, Assignment.id)).all()
    if not rows:
        raise NotFound(f"no case {number}")
    case, _, _, handler, inspector, policy, days = rows[0]
    policies.stands(db, policy)
    calendar.stands(db, days)
    shares = [(row[1], row[2]) for row in rows if row[1] is not None]
    set_committed_value(case, "assignments", [share for share, _ in shares])
    reports = db.execute(select(Report, Particulars, _files_missing())
                         .outerjoin(Particulars, Particulars.report_id == Report.id).where(Report.case_id == case.id)
                         .order_by(Report.received_at, Report.id)).all()
    set_committed_value(case, "reports", [report for report, _, _ in reports])
    if not search.may_see(actor, case):
        raise NotFound(f"no case {number}")
    names = {one: name for one, name in ((case.handler_id, handler), (case.inspector_id, inspector)) if one and name}
    names |= {department.id: department.name for _, department in shares}
    history = _with_names(db, Entry, names, Entry.case_id == case.id, by=(Entry.number,))
    set_committed_value(case, "history", history)
    ids = [report.id for report, _, _ in reports]
    remarks = _with_names(db, Comment, names, comments.about(case),
                          by=(Comment.at.desc(), Comment.id.desc()), most=REMARKS + 1)
    _name_the_rest(db, names, _named(history))
    return Dossier(
        case=case, lead=next((one for _, one in shares if one.id == case.lead_department_id), None),
        particulars={report.id: said for report, said, _ in reports if said},
        missing={report.id: files for report, _, files in reports}, photos=_photos(db, case, ids), clocks=_clocks(db, case),
        remarks=remarks[:REMARKS], more_remarks=len(remarks) > REMARKS, names=names)


def _files_missing() -> Any:
    waits = AwaitedFile.report_id == Report.id, AwaitedFile.state == FileState.MISSING
    return select(func.count()).where(*waits).correlate(Report).scalar_subquery()


def _with_names(db: Session, what: type[Any], names: dict[uuid.UUID, str], condition: Any, *, by: tuple[Any, ...],
                most: int | None = None) -> list[Any]:
    """Lines or comments; who wrote them, and for which department, is added to `names`."""
    rows = db.execute(select(what, User.name, Department.name).outerjoin(User, User.id == what.actor_id if what is Entry
                                                                         else User.id == what.author_id)
                      .outerjoin(Department, Department.id == what.department_id).where(condition).order_by(*by).limit(most))
    found = []
    for one, person, department in rows:
        found.append(one)
        if person:
            names[one.actor_id if what is Entry else one.author_id] = person
        if department:
            names[one.department_id] = department
    return found


def _named(history: Iterable[Entry]) -> set[uuid.UUID]:
    """Departments and people that facts of the lines name: most of them have, or had, a part in it."""
    told = (line.facts.get(name) for line in history for name in NAMING)
    return {uuid.UUID(one) for value in told if value for one in ([value] if isinstance(value, str) else value)}


def _name_the_rest(db: Session, names: dict[uuid.UUID, str], wanted: set[uuid.UUID]) -> None:
    """One statement more, where somebody was proposed or named who never had a part in it."""
    if unknown := wanted - names.keys():
        names.update({one: name for one, name in people.called(db, unknown).items() if one})


def _photos(db: Session, case: Case, report_ids: Sequence[uuid.UUID]) -> Sequence[Photo]:
    wanted = or_(Photo.case_id == case.id, Photo.report_id.in_(report_ids))
    return db.scalars(select(Photo).where(wanted).order_by(Photo.id)).all()


def _clocks(db: Session, case: Case) -> dict[uuid.UUID, tuple[Timer, list[TimerSegment]]]:
    clocks: dict[uuid.UUID, tuple[Timer, list[TimerSegment]]] = {}
    rows = db.execute(select(Timer, TimerSegment).outerjoin(TimerSegment, TimerSegment.timer_id == Timer.id)
                      .where(Timer.case_id == case.id)
                      .order_by(Timer.started_at, Timer.id, TimerSegment.since, TimerSegment.id)).all()
    for timer, stretch in rows:
        clocks.setdefault(timer.id, (timer, []))[1].extend([stretch] if stretch else [])
    return clocks
