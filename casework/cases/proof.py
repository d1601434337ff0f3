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
    head = [Case.__table__.c[name].label(f"case_{name}") for name in ("number", "history_length", "history_head", "status")]
    # Plain rows, not objects: a city has millions of lines, and nobody changes them here.
    rows = db.connection().execute(
        select(*head, *Entry.__table__.c).join_from(Case.__table__, Entry.__table__, isouter=True)
        .where(Case.id.in_(ids)).order_by(Case.id, Entry.number))
    for (number, length, last, status), group in groupby(rows, key=lambda row: tuple(row[:len(head)])):
        lines = [row for row in group if row.number is not None]
        wrong = first_break(lines, length, last)
        if wrong is None and lines and lines[-1].target != status:
            wrong = f"its status is {status}, and its last line left it {lines[-1].target}"
        if wrong:
            yield f"case {number}", wrong


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
