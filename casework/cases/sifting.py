"""Pages of open cases that are sifted by what no index knows: their cost is bounded, however rare what is looked for.

A page looks through so many cases in the order of their due times, keeps those that are meant, and says where the next goes
on, be it with fewer rows than asked for, or with none.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, func, or_, select, true, tuple_, union
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases.case import Priority
from casework.cases.report import Report
from casework.cases.search import CASES, COLUMNS, Position, as_row
from casework.geography.codes import lies_in
from casework.identity.people import Department, User

WINDOW, WINDOW_OF_WORDS = 3000, 1000
"""Cases that one page looks through at most, and those whose reports are read for it: some ten milliseconds of PostgreSQL's
processor time by what stands in the case, some thirty by what was said."""

MOST_WORDS = 5

Way = Sequence[ColumnElement[bool]]
"""Conditions that one index of open cases answers in the order of due times."""

DEPARTMENTS, USERS = Department.__table__.c, User.__table__.c
OWN = (CASES.handler_id, USERS.name.label("handler"), CASES.feedback_owed, CASES.urges, CASES.applied_for, CASES.question_until,
       CASES.suspended_until)
NAMES = tuple(column.name for column in OWN)


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """What is kept of what is looked through; None means any. Area and category include what lies below them."""

    area_code: str | None = None
    category_code: str | None = None
    channel: str | None = None
    urgent: bool | None = None
    supervised: bool | None = None
    handler_id: Any = None
    words: str | None = None
    """Each of these words, by blanks apart, stands in the title, in the address or in a report."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL on the cases table."""
        made: list[ColumnElement[bool]] = []
        if self.area_code:
            made.append(lies_in(CASES.area_code, self.area_code))
        if self.category_code:
            made.append(lies_in(CASES.category_code, self.category_code))
        if self.channel:
            made.append(CASES.channel == self.channel)
        if self.urgent is not None:
            made.append((CASES.priority == Priority.URGENT) if self.urgent else (CASES.priority != Priority.URGENT))
        if self.supervised is not None:
            made.append(CASES.feedback_owed.is_(self.supervised))
        if self.handler_id is not None:
            made.append(CASES.handler_id == self.handler_id)
        return made + [_stands_in(word) for word in (self.words or "").split()[:MOST_WORDS]]


def _stands_in(word: str) -> ColumnElement[bool]:
    said = select(Report.id).where(Report.case_id == CASES.id, Report.text.icontains(word, autoescape=True))
    # As one value, not EXISTS: for that PostgreSQL may read the reports of the whole city first, to look a case up in them.
    told = said.limit(1).scalar_subquery().is_not(None)
    return or_(CASES.title.icontains(word, autoescape=True), CASES.address.icontains(word, autoescape=True), told)


def page(db: Session, ways: Sequence[Way], sieve: Sieve | None = None, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` cases that lie on any of these ways and pass the sieve, what is due first on top; and where the next page
    goes on, or None. One statement, and the taxonomy once a process. Rows are plain values ready for an encoder."""
    if not ways:
        return [], None
    kept = sieve.conditions() if sieve else []
    most = (WINDOW_OF_WORDS if sieve and sieve.words else WINDOW) if kept else limit + 1
    found = db.connection().execute(_statement(_looked(ways, kept, after, most), limit)).all()
    rows = [row for row in found if row.id is not None]
    by_code = taxonomy.catalogue_told(db, rows[0].taxonomy).by_code if rows else {}
    shown = [as_row(row, by_code) | dict(zip(NAMES, row[len(COLUMNS):], strict=False)) for row in rows[:limit]]
    if len(rows) > limit:
        return shown, (rows[limit - 1].due_at, rows[limit - 1].id)
    whole = bool(found) and found[0].looked == most
    return shown, (found[0].edge_due, found[0].edge_id) if whole and kept else None


def _looked(ways: Sequence[Way], kept: Sequence[ColumnElement[bool]], after: Position | None, most: int) -> CTE:
    """The first so many cases behind `after` on all ways together, each with whether it is kept."""
    further = [tuple_(CASES.due_at, CASES.id) > after] if after else []
    heads = [select(CASES.id, CASES.due_at, and_(true(), *kept).label("kept")).where(*way, *further)
             .order_by(CASES.due_at, CASES.id).limit(most) for way in ways]
    if len(heads) == 1:
        return heads[0].cte("looked")
    parts = [head.subquery() for head in heads]
    # A case may lie on two ways, and is one case: without `all`.
    whole = union(*(select(one.c.id, one.c.due_at, one.c.kept) for one in parts)).subquery()
    return select(whole).order_by(whole.c.due_at, whole.c.id).limit(most).cte("looked")


def _statement(looked: CTE, limit: int) -> Select[Any]:
    """One row at least, if anything was looked through: where that ended stands beside each row that was kept."""
    edge = (select(looked.c.due_at.label("edge_due"), looked.c.id.label("edge_id"),
                   select(func.count()).select_from(looked).scalar_subquery().label("looked"))
            .order_by(looked.c.due_at.desc(), looked.c.id.desc()).limit(1).subquery("edge"))
    hits = (select(looked.c.id.label("hit")).where(looked.c.kept).order_by(looked.c.due_at, looked.c.id)
            .limit(limit + 1).subquery("hits"))
    tables = (edge.join(hits, true(), isouter=True).join(CASES.id.table, CASES.id == hits.c.hit, isouter=True)
              .join(Department.__table__, DEPARTMENTS.id == CASES.lead_department_id, isouter=True)
              .join(User.__table__, USERS.id == CASES.handler_id, isouter=True))
    return (select(*COLUMNS, *OWN, edge.c.edge_due, edge.c.edge_id, edge.c.looked,
                   taxonomy.current_beside().label("taxonomy")).select_from(tables)
            .order_by(CASES.due_at, CASES.id))
