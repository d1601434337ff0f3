"""The live board: what came in today, where cases stand, what is due."""
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.cases import publication
from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.cases.workflow import OPEN, Status
from casework.geography import areas
from casework.geography.squares import COMMUNITY
from casework.identity.people import Department
from casework.performance.days import start_of_day

SHOWN_DUE = 12
COUNTED_AT_MOST = 10_000
"""A queue that is longer is said to be longer: nobody works from the exact number, and counting costs by the row."""


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
