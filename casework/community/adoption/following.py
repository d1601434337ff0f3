"""Adopters hear of cases on what they look after, and what they report on it themselves is a sign of care.

A case is on a component when a report in it names that, or when it is of the component's category within a few metres. To a
case an adopter is a stranger: he hears of it when it is public, in the words of the public, never what anybody wrote. Of
one's own, which is told as a report, he hears nothing more.
"""
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases import about, publication
from casework.cases.about import ReportComponent
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.wording import STANDS, Language
from casework.cases.workflow import Status
from casework.community import persons
from casework.community.adoption import kinds, reminders
from casework.community.adoption.adopting import ACTIVE, Adoption
from casework.community.adoption.kinds import Kind
from casework.community.adoption.reminders import Told
from casework.geography.coordinates import METRES_PER_DEGREE, metres_between

NEAR_METRES = 15
"""What phones are off by at best, and less than there is between two hydrants."""

def follow(db: Session, case_ids: Iterable[uuid.UUID]) -> int:
    """Tell adopters of these cases, once when each becomes public and once when it is closed; how many are new. Bears
    repetition."""
    cases = db.scalars(select(Case).where(Case.id.in_(list(case_ids)), publication.shown())).all()
    named, known = about.of_cases(db, [one.id for one in cases]), kinds.current(db)
    news: list[Told] = []
    for case in cases:
        concerned = _adopters(db, case, named.get(case.id, set()), known)
        own = _reporters(db, case) if concerned else set()
        news += [_told(db, case, one, known[one.kind]) for one in concerned if one.person_id not in own]
    return reminders.tell(db, news)


def note_reports(db: Session, report_ids: Iterable[uuid.UUID]) -> int:
    """What adopters themselves report on what they look after counts as a sign of care; how many did. Who only named an
    adopter's phone is not he. Bears repetition."""
    rows = db.execute(select(Report, ReportComponent.component_id).join(
        ReportComponent, ReportComponent.report_id == Report.id).where(Report.id.in_(list(report_ids)))).all()
    proved = persons.proved(db, [report for report, _ in rows])
    ties = persons.ties_of(db, [report for report, _ in rows if report.id in proved])
    people, known, counted = persons.with_ties(db, ties.values()), kinds.current(db), 0
    for report, component_id in rows:
        person_id = people.get(ties[report.id]) if report.id in ties else None
        found = db.scalar(select(Adoption).where(Adoption.component_id == component_id, Adoption.person_id == person_id, ACTIVE)
                          .with_for_update()) if person_id else None
        if found and report.received_at > found.seen_at:
            found.seen(report.received_at, known[found.kind])
            counted += 1
    return counted


def cases_of(db: Session, adoption: Adoption, language: Language, limit: int = 20) -> list[dict[str, Any]]:
    """Public cases that name the component, the latest first: {number, category, words, opened_at, closed_at}."""
    rows = db.scalars(select(Case).where(publication.shown(), Case.id.in_(
        select(Report.case_id).join(ReportComponent, ReportComponent.report_id == Report.id)
        .where(ReportComponent.component_id == adoption.component_id)))
        .order_by(Case.opened_at.desc(), Case.id).limit(limit)).all()
    names = taxonomy.catalogue(db).by_code if rows else {}
    return [{"number": one.number, "category": names[code].name if (code := one.category_code) in names else None,
             "words": STANDS[one.status][language], "opened_at": one.opened_at, "closed_at": one.closed_at} for one in rows]


def _adopters(db: Session, case: Case, named: set[uuid.UUID], known: dict[str, Kind]) -> Sequence[Adoption]:
    ways: list[Any] = [Adoption.component_id.in_(named)] if named else []
    if case.place and case.category_code in known:
        span = NEAR_METRES / METRES_PER_DEGREE
        ways.append((Adoption.kind == case.category_code) & Adoption.lat.between(case.place.lat - span, case.place.lat + span))
    found = db.scalars(select(Adoption).where(ACTIVE, or_(*ways)).order_by(Adoption.id)).all() if ways else []
    return [one for one in found if one.component_id in named
            or (case.place and metres_between(case.place, one.place) <= NEAR_METRES)]


def _reporters(db: Session, case: Case) -> set[uuid.UUID]:
    """The persons who reported it."""
    reports = db.scalars(select(Report).where(Report.case_id == case.id)).all()
    return set(persons.with_ties(db, persons.ties_of(db, reports).values()).values())


def _told(db: Session, case: Case, one: Adoption, kind: Kind) -> Told:
    category = taxonomy.catalogue(db, case.taxonomy_version_id).by_code.get(case.category_code or "")
    closed = case.status is Status.CLOSED
    name = category.name if category else kind.zh
    zh, en = ("已结案", "is closed") if closed else ("已立案，正在办理", "has been filed and is under way")
    return Told(one.person_id, f"case:{case.id.hex}:{'closed' if closed else 'filed'}",
                f"您领养的{kind.zh}（{one.short}）有一件“{name}”案件{zh}。",
                f'On your {kind.en} ({one.short}) a case "{name}" {en}.')
