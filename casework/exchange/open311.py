"""Cases and reports as Open311 knows them: service requests, of which everybody may see what is public.

What an app reported is a request under the report's number, from the moment it is received. Every other case is one under its
own number, once it may be public (cases/publication.py). A stranger reads the category, the square of some 200 metres, the
days and the department; never a word that somebody wrote, nor a picture. The app that sent a report reads its own words
back, and what was answered to them.
"""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy import case as choose
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.cases import particulars, publication, wording
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.particulars import Particulars
from casework.cases.report import Channel, Report
from casework.cases.wording import Language
from casework.cases.workflow import Status
from casework.errors import Fault, Invalid, NotFound
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.geography.squares import COMMUNITY, blurred
from casework.identity.people import Actor, Department
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState

MOST = 1000
SPAN = timedelta(days=90)
ZH = Language.ZH

SENT = Report.channel == Channel.OPEN311
SHOWN = and_(Case.channel != Channel.OPEN311, publication.shown())
STOOD = func.coalesce(Case.closed_at, Case.moved_at)
"""When a case came to where it is now: of a closed one, when it was closed."""
CAME = func.coalesce(Report.triaged_at, Report.received_at)
UPDATED = choose((STOOD > CAME, STOOD), else_=CAME)
"""Of a report: when its case last moved, or it came to that case."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a page of requests is narrowed to. `numbers` override everything else; `first` and `most` cut the page out."""

    numbers: Sequence[str] = ()
    services: Sequence[str] = ()
    statuses: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    first: int = 0
    most: int = MOST

    def requested_between(self) -> tuple[datetime, datetime] | None:
        """The days on which requests were made: 90 at most, and the last 90 where none are said; but who asks what has
        changed, and when, is told whenever it was made. Raises Invalid for a longer span."""
        if not self.since and not self.until and (self.updated_since or self.updated_until):
            return None
        until = self.until or (self.since + SPAN if self.since else clock.now())
        since = self.since or until - SPAN
        if until - since > SPAN:
            raise Invalid("this is too long a span", Fault("end_date", "may be at most 90 days after start_date"))
        return since, until

    def updated_between(self) -> tuple[datetime, datetime] | None:
        """The same of the last change; None where it does not matter."""
        if not self.updated_since and not self.updated_until:
            return None
        until = self.updated_until or clock.now()
        return self.updated_since or until - SPAN, until


class Position(NamedTuple):
    """A request: a report that an app sent, or else a case."""

    of_report: bool
    id: uuid.UUID


@dataclass
class Around:
    """What a page of requests needs beside its reports and cases, read in one query each."""

    departments: Mapping[uuid.UUID, str]
    promised: Mapping[uuid.UUID, datetime]
    own: Mapping[uuid.UUID, Particulars]
    lines: Mapping[uuid.UUID, Sequence[Entry]] = field(default_factory=dict)


def requests(db: Session, wanted: Wanted, asker: Actor | None, *, extended: bool = False) -> list[dict[str, Any]]:
    """The requests that were wanted, the latest first, each in the words of GeoReport v2.

    `asker` is the app whose key was shown, if any. Raises Invalid for a span of more than 90 days.
    """
    return _shown(db, _page(db, wanted), asker, extended=extended)


def request(db: Session, number: str, asker: Actor | None, *, extended: bool = False) -> dict[str, Any]:
    """The one of this number. Raises NotFound when there is none, or it may not be known."""
    found = requests(db, Wanted(numbers=(number.upper(),)), asker, extended=extended)
    if not found:
        raise NotFound("there is no such service request")
    return found[0]


def _page(db: Session, wanted: Wanted) -> list[Position]:
    sent = (select(literal(1).label("of_report"), Report.id.label("id"), Report.received_at.label("at"))
            .join(Case, Case.id == Report.case_id, isouter=True).where(SENT, *_narrowed_reports(wanted)))
    shown = (select(literal(0).label("of_report"), Case.id.label("id"), Case.opened_at.label("at"))
             .where(SHOWN, *_narrowed_cases(wanted)))
    most = min(wanted.most, MOST)
    # Each by itself in its order, which its index has, and no more than may be on the page: then the two together.
    looks = [select(look.order_by(at.desc(), own_id.desc()).limit(wanted.first + most).subquery())
             for look, at, own_id in ((sent, Report.received_at, Report.id), (shown, Case.opened_at, Case.id))]
    both = union_all(*looks).subquery()
    rows = db.execute(select(both.c.of_report, both.c.id).order_by(both.c.at.desc(), both.c.id.desc())
                      .offset(wanted.first).limit(most))
    return [Position(bool(row.of_report), row.id) for row in rows]


def _narrowed_reports(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.numbers:
        return [Report.number.in_(wanted.numbers)]
    where: list[ColumnElement[bool]] = []
    if wanted.services:
        where.append(Report.claimed_category.in_(wanted.services))
    if wanted.statuses:
        is_open = or_(Report.case_id.is_(None), Case.is_open)
        where.append(or_(*({"open": is_open, "closed": ~is_open}[one] for one in wanted.statuses)))
    if made := wanted.requested_between():
        where.append(Report.received_at.between(*made))
    if changed := wanted.updated_between():
        where.append(UPDATED.between(*changed))
    return where


def _narrowed_cases(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.numbers:
        return [Case.number.in_(wanted.numbers)]
    where: list[ColumnElement[bool]] = []
    if wanted.services:
        where.append(Case.category_code.in_(wanted.services))
    if wanted.statuses:
        where.append(Case.is_open.in_([one == "open" for one in wanted.statuses]))
    if made := wanted.requested_between():
        where.append(Case.opened_at.between(*made))
    if changed := wanted.updated_between():
        where += [STOOD.between(*changed), Case.moved_at >= changed[0]]  # the second is asked by its index
    return where


def _shown(db: Session, page: Sequence[Position], asker: Actor | None, *, extended: bool) -> list[dict[str, Any]]:
    reports = {one.id: one for one in db.scalars(select(Report).where(
        Report.id.in_([place.id for place in page if place.of_report])))}
    ids = {place.id for place in page if not place.of_report} | {one.case_id for one in reports.values() if one.case_id}
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_(ids)))}
    mine = {one.id for one in reports.values() if asker and one.source == particulars.source_of(asker)}
    around = Around(_departments(db, cases.values()), _promised(db, ids), particulars.of_reports(db, mine))
    if extended or mine:
        answered = {reports[one].case_id for one in mine}
        around.lines = lines(db, ids if extended else [one for one in answered if one])
    made = []
    for place in page:
        report = reports[place.id] if place.of_report else None
        found = cases.get(report.case_id if report else place.id)  # type: ignore[arg-type]  # no case has None for its id
        if report:
            one = _posted(db, report, found, around, own=report.id in mine)
        elif found:
            one = _filed(db, found, around)
        made.append(one | (_extended(found, around, around.own.get(place.id)) if extended else {}))
    return made


def _posted(db: Session, report: Report, found: Case | None, around: Around, *, own: bool) -> dict[str, Any]:
    """What an app sent. Its service stays the one it was sent under, whatever the desk files it under."""
    category = taxonomy.catalogue(db).by_code.get(report.claimed_category or "")
    name = category.name if category else report.claimed_category
    service = {"service_name": name, "service_code": report.claimed_category}
    own_words = {"description": report.text, "address": report.address, **_place(report.place)} if own else {}
    if own and (said := around.own.get(report.id)):
        own_words |= {"address_id": said.address_code, "media_url": said.links[0] if said.links else None}
    if own and found and (answer := _answer(around.lines.get(found.id, ()))):
        own_words["status_notes"] = f"{wording.STANDS[found.status][ZH]}：{answer}"
    place = (found.place if found else None) or report.place
    return _plain(db, report.number, found, around, requested=report.received_at, came=report.triaged_at or report.received_at,
                  area_code=found.area_code if found else None, place=place, description=name, **service) | own_words


def _filed(db: Session, found: Case, around: Around) -> dict[str, Any]:
    """Any other case: what it was filed under is all that is said of it."""
    category = taxonomy.catalogue(db, found.taxonomy_version_id).by_code[found.category_code or ""]
    standard = found.standard(db)
    return _plain(db, found.number, found, around, requested=found.opened_at, came=found.opened_at, area_code=found.area_code,
                  place=found.place, description=standard.condition if standard else category.name,
                  service_name=category.name, service_code=category.code)


def _plain(db: Session, number: str, found: Case | None, around: Around, *, requested: datetime, came: datetime,
           area_code: str | None, place: Point | None, **said: Any) -> dict[str, Any]:
    """What everybody may know, in the order in which the specification has it."""
    area = areas.describe(db, area_code[:COMMUNITY]) if area_code else None
    status = Status.REPORTED if found is None else found.status
    lead = found.lead_department_id if found else None
    stood = found.closed_at or found.moved_at if found else came
    return {
        "service_request_id": number, "status": "open" if found is None or found.is_open else "closed",
        "status_notes": wording.STANDS[status][ZH], "service_name": said["service_name"],
        "service_code": said["service_code"], "description": said["description"],
        "agency_responsible": around.departments.get(lead) if lead else None, "service_notice": None,
        "requested_datetime": requested, "updated_datetime": max(came, stood),
        "expected_datetime": around.promised.get(found.id) if found else None, "address": area.full_name if area else None,
        "address_id": None, "zipcode": None, **_place(place and blurred(place)), "media_url": None}


def _place(place: Point | None) -> dict[str, Any]:
    return {"lat": round(place.lat, 6) if place else None, "long": round(place.lon, 6) if place else None}


REFUTES = frozenset({"fail", "decline", "reopen", "order_rework"})
"""After one of these the answer before holds no more."""


def _answer(told: Sequence[Entry]) -> str | None:
    """What the department answered whoever reported, or why it was not taken up, as far as it still holds."""
    last = next((one for one in reversed(told) if one.action in {"resolve", "reject"} | REFUTES), None)
    if last is None or last.action in REFUTES:
        return None
    return last.facts.get("reply" if last.action == "resolve" else "reason")


def _extended(found: Case | None, around: Around, own: Particulars | None) -> dict[str, Any]:
    """What was agreed on outside the specification: our own status, what has happened, and what the asker's app had sent."""
    told = around.lines.get(found.id, ()) if found else ()
    return {
        "attributes": [{"code": code, "values": said} for code, said in own.answers.items()] if own else [],
        "extended_attributes": {"status": found.status if found else Status.REPORTED, "media_urls": own.links if own else []},
        "notes": [{"datetime": one.at, "description": wording.HAPPENED[one.action][ZH], "type": one.action} for one in told]}


def lines(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Entry]]:
    """What has happened to these cases as far as the public is told, the oldest first."""
    wanted = select(Entry).where(Entry.case_id.in_(list(case_ids)), Entry.action.in_(wording.HAPPENED))
    found: dict[uuid.UUID, list[Entry]] = {}
    for one in db.scalars(wanted.order_by(Entry.case_id, Entry.number)):
        found.setdefault(one.case_id, []).append(one)
    return found


def _departments(db: Session, cases: Iterable[Case]) -> dict[uuid.UUID, str]:
    leads = {one.lead_department_id for one in cases if one.lead_department_id}
    return {row.id: row.name for row in db.execute(select(Department.id, Department.name).where(Department.id.in_(leads)))}


def _promised(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When the department's time for handling ends, where it runs: nothing else is a promise."""
    due = (select(Timer.case_id, func.min(Timer.due_at)).group_by(Timer.case_id)
           .where(Timer.case_id.in_(list(case_ids)), Timer.stage == Stage.HANDLE, Timer.state == TimerState.RUNNING))
    return {case_id: at for case_id, at in db.execute(due) if at}
