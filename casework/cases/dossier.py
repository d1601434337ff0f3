"""案卷: cases with all that belongs to them, in three statements however many and however long their lives were; of one case,
two more tell who was who and what lies around it.

Which cases and what their reports are comes first: only then is it known whether the caller may see them, and what hangs on
their reports. All that hangs on them is then read together.
"""
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
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
    area: AreaRow | None = None


@dataclass(frozen=True)
class _Voices:
    """Of all reports of some cases: what apps said beside them, and how many files each still awaits."""

    said: Mapping[uuid.UUID, Particulars]
    missing: Mapping[uuid.UUID, int]


def sheets(db: Session, actor: Actor, numbers: Sequence[str]) -> list[Sheet]:
    """What is to be known for the next step of the cases of these numbers, in their order.

    Left out is what there is not, or what the actor may not know of.
    """
    found, voices = _open(db, actor, numbers)
    return _sheets(db, found, voices)


def sheet(db: Session, actor: Actor, number: str) -> Sheet:
    """The same of one. Raises NotFound when there is none, or when the actor may not know that there is one."""
    found = sheets(db, actor, [number])
    if not found:
        raise NotFound(f"no case {number}")
    return found[0]


def sheet_of(db: Session, case: Case) -> Sheet:
    """The same of a case that is at hand."""
    lead = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    return _sheets(db, [_Opened(case, lead.name if lead else None)], _reports(db, [case]))[0]


def read(db: Session, actor: Actor, number: str) -> Dossier:
    """All of the case of this number. Raises NotFound as sheet() does."""
    opened, voices = _open(db, actor, [number], *AREA)
    if not opened:
        raise NotFound(f"no case {number}")
    found, case = opened[0], opened[0].case
    lines, photos, clocks, stretches, remarks = together(
        db, _lines([case]), _photos([case]), select(Timer).where(Timer.case_id == case.id),
        select(TimerSegment).join(Timer, Timer.id == TimerSegment.timer_id).where(Timer.case_id == case.id),
        select(Comment).where(comments.about(case)).order_by(Comment.at.desc(), Comment.id.desc()).limit(REMARKS + 1))
    _keep([case], lines)
    remarks.sort(key=lambda one: (one.at, one.id), reverse=True)
    return Dossier(
        case=case, lead=found.lead, said=voices.said, missing=voices.missing, photos=sorted(photos, key=lambda one: one.id),
        clocks=_in_order(clocks), stretches=_by_clock(clocks, stretches), remarks=remarks[:REMARKS],
        more_remarks=len(remarks) > REMARKS, names=people.called(db, _who(case, remarks[:REMARKS])),
        around=surroundings.of(db, case, found.area))


def _open(db: Session, actor: Actor, numbers: Sequence[str], *area: Any) -> tuple[list[_Opened], _Voices]:
    """Those of these cases that the actor may see, in the order of their numbers."""
    rows = db.execute(select(Case, Assignment, LEAD.name, policies.NEWEST, calendar.NEWEST, taxonomy.current_beside(), *area)
                      .outerjoin(Assignment, Assignment.case_id == Case.id).outerjoin(LEAD, LEAD.id == Case.lead_department_id)
                      .outerjoin(Area, Area.code == Case.area_code)
                      .where(Case.number.in_(numbers)).order_by(Assignment.since, Assignment.id)).all()
    shares: dict[Case, list[Assignment]] = {}
    opened: dict[str, _Opened] = {}
    for case, share, lead, policy, days, classes, *around in rows:
        policies.stands(db, policy)
        calendar.stands(db, days)
        taxonomy.stands(db, classes)
        shares.setdefault(case, []).extend([share] if share is not None else [])
        opened[case.number] = _Opened(case, lead, AreaRow(*around) if around and around[0] else None)
    for case, some in shares.items():
        set_committed_value(case, "assignments", some)
    voices = _reports(db, list(shares))
    found = (opened[number] for number in dict.fromkeys(numbers) if number in opened)
    return [one for one in found if search.may_see(actor, one.case)], voices


def _reports(db: Session, cases: Sequence[Case]) -> _Voices:
    """The reports are in the cases then."""
    waits = AwaitedFile.report_id == Report.id, AwaitedFile.state == FileState.MISSING
    missing = select(func.count()).where(*waits).correlate(Report).scalar_subquery()
    rows = db.execute(select(Report, Particulars, missing).outerjoin(Particulars, Particulars.report_id == Report.id)
                      .where(Report.case_id.in_([one.id for one in cases])).order_by(Report.received_at, Report.id)).all()
    _keep_in(cases, "reports", [report for report, _, _ in rows])
    return _Voices({report.id: said for report, said, _ in rows if said}, {report.id: files for report, _, files in rows})


def _sheets(db: Session, opened: Sequence[_Opened], voices: _Voices) -> list[Sheet]:
    cases = [one.case for one in opened]
    still = Timer.case_id.in_([one.id for one in cases]), Timer.state != TimerState.STOPPED
    lines, photos, clocks = together(db, _lines(cases), _photos(cases), select(Timer).where(*still)) if cases else ([], [], [])
    _keep(cases, lines)
    return [Sheet(case=one.case, lead=one.lead, said=voices.said, missing=voices.missing,
                  photos=_shown_in(one.case, photos), clocks=_in_order(each for each in clocks if each.case_id == one.case.id))
            for one in opened]


def _lines(cases: Sequence[Case]) -> Select[Entry]:
    return select(Entry).where(Entry.case_id.in_([one.id for one in cases]))


def _photos(cases: Sequence[Case]) -> Select[Photo]:
    """Of the cases and of their reports: with their ids, not a query for them, each way is read by its own index."""
    reports = [report.id for case in cases for report in case.reports]
    return select(Photo).where(or_(Photo.case_id.in_([one.id for one in cases]), Photo.report_id.in_(reports)))


def _shown_in(case: Case, photos: Iterable[Photo]) -> list[Photo]:
    """Those of its reports, then those given in its course; each the oldest first."""
    reports = {one.id for one in case.reports}
    mine = (one for one in photos if one.case_id == case.id or one.report_id in reports)
    return sorted(mine, key=lambda one: (one.report_id is None, one.id))


def _keep(cases: Sequence[Case], lines: Iterable[Entry]) -> None:
    _keep_in(cases, "history", sorted(lines, key=lambda one: one.number))


def _keep_in(cases: Sequence[Case], name: str, found: Iterable[Entry | Report]) -> None:
    """What was found becomes the cases' own, in this order, as if they had loaded it."""
    own: dict[uuid.UUID | None, list[Entry | Report]] = defaultdict(list)
    for one in found:
        own[one.case_id].append(one)
    for case in cases:
        set_committed_value(case, name, own[case.id])


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
