"""What the city counts: the live board, and for a span of days how each channel's reports fared."""
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.cases import publication
from casework.cases.case import Case
from casework.cases.report import Channel, Outcome, Report
from casework.cases.workflow import OPEN, Status
from casework.geography import areas
from casework.geography.squares import COMMUNITY
from casework.identity.people import Department

SATISFIED = 3
"""From this score on a rating counts as satisfied (基本满意 included), as hotlines count."""

SHOWN_DUE = 12
COUNTED_AT_MOST = 10_000
"""A queue that is longer is said to be longer: nobody works from the exact number, and counting costs by the row."""


def start_of_day(at: datetime) -> datetime:
    """Midnight in the city before this moment."""
    return at.astimezone(clock.CITY).replace(hour=0, minute=0, second=0, microsecond=0)


def board(db: Session) -> dict[str, Any]:
    """Reports in today, cases by status, and of what may be public what is due next: nothing here tells who said what."""
    now = clock.now()
    today = dict(db.execute(select(Report.channel, func.count()).where(Report.received_at >= start_of_day(now))
                            .group_by(Report.channel)).all())
    return {
        "at": now,
        "reports": {"today": sum(today.values()), "by_channel": {one.value: today.get(one, 0) for one in Channel},
                    "waiting_triage": _at_most(db, select(Report.id).where(Report.triaged_at.is_(None)))},
        "cases": {one.value: _at_most(db, select(Case.id).where(Case.status == one))
                  for one in Status if one in OPEN} | {"closed_today": _at_most(db, _closed_since(start_of_day(now)))},
        "counted_at_most": COUNTED_AT_MOST,
        "due": list(_due_next(db)),
    }


def by_channel(db: Session, since: datetime, until: datetime) -> dict[str, dict[str, Any]]:
    """How the reports received in this span fared, by channel (all of them); one pass over the span's reports by index.

    `on_time` and `late` count cases that are closed; `satisfied` and `rated` count ratings; other figures count reports.
    """
    outcomes = {one.value: func.count(case((Report.outcome == one, 1))) for one in Outcome}
    own = and_(Report.outcome != Outcome.JOINED, Report.outcome.is_not(None))  # the report that opened its case
    statement = (select(
        Report.channel, func.count().label("received"), *(value.label(name) for name, value in outcomes.items()),
        func.count(case((Report.triaged_at.is_(None), 1))).label("waiting"),
        func.count(case((and_(own, Case.dispatched_by_rule), 1))).label("dispatched_by_rule"),
        func.count(case((and_(own, Case.status == Status.CLOSED), 1))).label("closed"),
        func.count(case((and_(own, Case.status == Status.CLOSED, Case.overdue.is_(False)), 1))).label("on_time"),
        func.count(case((and_(own, Case.is_open), 1))).label("open"),
        func.count(Report.rating).label("rated"),
        func.count(case((Report.rating >= SATISFIED, 1))).label("satisfied"),
    ).join(Case, Case.id == Report.case_id, isouter=True)
        .where(Report.received_at >= since, Report.received_at < until).group_by(Report.channel))
    none = {one["name"]: 0 for one in statement.column_descriptions if one["name"] != "channel"}
    fared = {row.channel: {name: row._mapping[name] for name in none} for row in db.execute(statement)}  # noqa: SLF001
    return {one.value: fared.get(one, none) for one in Channel}


def span_of(day: datetime, days: int = 1) -> tuple[datetime, datetime]:
    """From midnight before `day` in the city, so many days."""
    first = start_of_day(day)
    return first, first + timedelta(days=days)


def _closed_since(moment: datetime) -> Select[Any]:
    """Only closed cases have `closed_at`. To ask for the status too would make the database read every one ever closed."""
    return select(Case.id).where(Case.closed_at >= moment)


def _at_most(db: Session, which: Select[Any]) -> int:
    return db.scalar(select(func.count()).select_from(which.limit(COUNTED_AT_MOST).subquery())) or 0


def _due_next(db: Session) -> Iterable[dict[str, Any]]:
    wanted = (select(Case.number, Case.category_code, Case.area_code, Department.name.label("department"), Case.due_at,
                     Case.status)
              .join(Department, Department.id == Case.lead_department_id, isouter=True)
              .where(Case.is_open, publication.shown()).order_by(Case.due_at, Case.id).limit(SHOWN_DUE))
    rows = db.execute(wanted).all()
    names = taxonomy.catalogue(db).by_code if rows else {}
    for row in rows:
        place = areas.describe(db, row.area_code[:COMMUNITY]) if row.area_code else None
        category = names.get(row.category_code)
        yield {"number": row.number, "category": category.name if category else None, "area": place.name if place else None,
               "department": row.department, "due_at": row.due_at, "status": row.status}
