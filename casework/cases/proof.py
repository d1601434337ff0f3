"""Is the history as it was written? The chains of all cases, and the anchors of all days; what is broken has a sentence."""
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain, groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import anchors
from casework.cases.anchors import Break
from casework.cases.case import Case
from casework.cases.history import Entry, first_break

BATCH = 500


def broken(db: Session, since: date | None = None) -> Iterator[str]:
    """One sentence for each case that was tampered with, naming the first line that is wrong, and for each broken anchor.

    `since`: only cases that were written to since that day of the city's calendar, whole, and the anchors from it on.
    Reads some hundred cases at a time, so the memory stays flat; people may go on working meanwhile.
    """
    named = set()
    for subject, wrong in chain(_chains(db, since), anchors.broken(db, since)):
        if subject not in named:
            named.add(subject)
            yield f"{subject}: {wrong}"


def of_cases(db: Session, ids: Sequence[uuid.UUID]) -> Iterator[Break]:
    """What is wrong with the chains of these cases.

    One statement reads each case together with its lines: what somebody writes at this moment is in both or in neither.
    """
    head = Case.id, Case.number, Case.history_length, Case.history_head, Case.status
    rows = db.execute(select(*head, Entry).join(Entry, Entry.case_id == Case.id, isouter=True)
                      .where(Case.id.in_(ids)).order_by(Case.id, Entry.number))
    for (_, number, length, last, status), group in groupby(rows, key=lambda row: tuple(row[:5])):
        lines = [row[5] for row in group if row[5] is not None]
        wrong = first_break(lines, length, last)
        if wrong is None and lines and lines[-1].target != status:
            wrong = f"its status is {status}, and its last line left it {lines[-1].target}"
        if wrong:
            yield f"case {number}", wrong
    db.expunge_all()


def _chains(db: Session, since: date | None) -> Iterator[Break]:
    after = None
    while ids := _next(db, after, since):
        yield from of_cases(db, ids)
        after = ids[-1]


def _next(db: Session, after: uuid.UUID | None, since: date | None) -> Sequence[uuid.UUID]:
    wanted = select(Case.id).order_by(Case.id).limit(BATCH)
    if after:
        wanted = wanted.where(Case.id > after)
    if since:
        written = Entry.at >= datetime.combine(since, time.min, clock.CITY)
        wanted = wanted.where(Case.id.in_(select(Entry.case_id).where(written)))
    return db.scalars(wanted).all()
