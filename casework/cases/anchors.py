"""The history of each day under one seal, so that what was written cannot vanish together with the case that knew of it.

A chain proves the lines that are there. Whoever cuts off its end and sets the case back, or deletes a case with all its
lines, leaves sound chains behind; the anchor of a day remembers the last line of every case that was written to that day.
The anchors are a chain themselves: who keeps the hash of the last one somewhere else can prove all that was before it.
"""
import hashlib
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.history import GENESIS, Entry, seal
from casework.storage.database import Base, one_at_a_time

MARGIN = timedelta(minutes=10)
"""So long after midnight a day is anchored: a step that was taken before midnight may be committed after it."""

ONE_DAY = timedelta(days=1)
BATCH = 500

Tips = dict[str, tuple[int, str]]
"""By case number: the number of its last line, and that line's hash."""

Break = tuple[str, str]
"""What is wrong ("case AJ…", "the anchor of 2026-03-02"), and what happened to it."""


class Anchor(Base):
    """One day of the city's calendar. `tips` are compressed lines `case number, line number, hash`, in order."""

    __tablename__ = "history_anchors"
    day: Mapped[date] = mapped_column(primary_key=True)
    cases: Mapped[int]
    tips: Mapped[bytes]
    made_at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]

    def digest(self) -> str:
        """The seal over everything this anchor says, and over the anchor before it."""
        return seal(b"anchor", [self.day, self.cases, hashlib.sha256(self.tips).hexdigest(),
                                int(self.made_at.timestamp() * 1_000_000), self.previous])

    def known(self) -> Tips:
        """The last lines that it remembers."""
        rows = (row.split() for row in zlib.decompress(self.tips).decode().splitlines())
        return {number: (int(line), digest) for number, line, digest in rows}


def anchor_next(db: Session) -> Anchor | None:
    """Anchor the first day that has ended and has no anchor, also a day without a line; None when there is no such day.

    Bears being run twice, and by two at once. What was committed after its day had been anchored goes into the anchor of
    the next day. Costs one look by index at the lines of two days.
    """
    one_at_a_time(db, "history anchors")
    before = last(db)
    day = before.day + ONE_DAY if before else _first_day(db)
    if day is None or _begin(day + ONE_DAY) + MARGIN > clock.now():
        return None
    found = _last_lines(db, day - ONE_DAY, day) if before else _last_lines(db, day, day)
    known = before.known() if before else {}
    tips = sorted(f"{number} {line} {digest}" for number, (line, digest) in found.items()
                  if known.get(number) != (line, digest))
    made = Anchor(day=day, cases=len(tips), tips=zlib.compress("\n".join(tips).encode()), made_at=clock.now(),
                  previous=before.hash if before else GENESIS)
    made.hash = made.digest()
    db.add(made)
    db.flush()
    return made


def last(db: Session) -> Anchor | None:
    """The anchor of the latest day."""
    return db.scalar(select(Anchor).order_by(Anchor.day.desc()).limit(1))


def is_kept(db: Session, kept: str) -> bool:
    """Whether one of the anchors has this hash, which somebody wrote down when it was made."""
    return db.scalar(select(Anchor.day).where(Anchor.hash == kept)) is not None


def broken(db: Session, since: date | None = None) -> Iterator[Break]:
    """What does not agree with the anchors, from this day on, the oldest first; a case once for each day that knew it.

    Reads one anchor at a time, so the memory stays flat however many days there are.
    """
    days = select(Anchor.day).order_by(Anchor.day)
    before = db.scalar(select(Anchor).where(Anchor.day < since).order_by(Anchor.day.desc()).limit(1)) if since else None
    for day in db.scalars(days.where(Anchor.day >= since) if since else days).all():
        anchor = db.get_one(Anchor, day)
        sound = anchor.digest() == anchor.hash
        if not sound:
            yield f"the anchor of {day}", "it was edited"
        elif gap := _gap(before, anchor):
            yield gap
        if sound:
            yield from _missing(db, anchor)
        before = anchor
        db.expunge_all()


def late(db: Session, since: date | None = None) -> Iterator[str]:
    """Lines that bear the date of a day and came when that day and the next had been anchored: a sentence for each case.

    Nobody makes such a line without our key. A server whose clock was wrong does, so this is a remark and no breach.
    """
    days = select(Anchor.day).order_by(Anchor.day)
    for day in db.scalars(days.where(Anchor.day >= since) if since else days).all():
        anchor, following = db.get_one(Anchor, day), db.get(Anchor, day + ONE_DAY)
        if following is None:
            return
        known, known_later = anchor.known(), following.known()
        for number, (line, _) in sorted(_last_lines(db, day, day).items()):
            if line > max(known.get(number, (0, ""))[0], known_later.get(number, (0, ""))[0]):
                yield f"case {number}: line {line} bears the date {day}, and came after that day was anchored"
        db.expunge_all()


def _gap(before: Anchor | None, anchor: Anchor) -> Break | None:
    if before is None and anchor.previous != GENESIS:
        return f"the anchor before {anchor.day}", "it was removed"
    if before and before.day + ONE_DAY != anchor.day:
        return f"the anchor of {before.day + ONE_DAY}", "it was removed"
    if before and before.hash != anchor.previous and before.digest() == before.hash:
        return f"the anchor of {anchor.day}", "it does not follow the one before it"
    return None


def _missing(db: Session, anchor: Anchor) -> Iterator[Break]:
    """What the anchor remembers and the history does not have."""
    known = list(anchor.known().items())
    for at in range(0, len(known), BATCH):
        part = dict(known[at:at + BATCH])
        named = select(Case.number, Case.id).where(Case.number.in_(part))
        cases = {number: case_id for number, case_id in db.execute(named)}  # noqa: C416 - a row is no pair to mypy
        wanted = [(cases[number], line) for number, (line, _) in part.items() if number in cases]
        there = {(case_id, line): digest for case_id, line, digest in db.execute(
            select(Entry.case_id, Entry.number, Entry.hash).where(tuple_(Entry.case_id, Entry.number).in_(wanted)))}
        for number, (line, digest) in part.items():
            if number not in cases:
                yield f"case {number}", f"it was removed; it had {line} lines at the end of {anchor.day}"
            elif (cases[number], line) not in there:
                left = db.scalar(select(func.max(Entry.number)).where(Entry.case_id == cases[number])) or 0
                yield f"case {number}", (f"line {min(line, left + 1)} was removed; "
                                         f"it had {line} lines at the end of {anchor.day}")
            elif there[cases[number], line] != digest:
                yield f"case {number}", f"line {line} is not the one that stood there at the end of {anchor.day}"


def _last_lines(db: Session, first: date, last_day: date) -> Tips:
    """The last line of each case among the lines of these days of the city's calendar, both included."""
    written = Entry.at >= _begin(first), Entry.at < _begin(last_day + ONE_DAY)
    newest = (select(Entry.case_id, func.max(Entry.number).label("number"))
              .where(*written).group_by(Entry.case_id).subquery())
    tips = (select(Case.number, Entry.number, Entry.hash).join_from(newest, Case, Case.id == newest.c.case_id)
            .join(Entry, (Entry.case_id == newest.c.case_id) & (Entry.number == newest.c.number)).where(*written))
    return {number: (line, digest) for number, line, digest in db.execute(tips)}


def _first_day(db: Session) -> date | None:
    first = db.scalar(select(func.min(Entry.at)))
    return first.astimezone(clock.CITY).date() if first else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.CITY)
