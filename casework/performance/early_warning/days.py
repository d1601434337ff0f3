"""What each day brought, by class: hours, squares, areas and words, kept small, so that a season is read without its cases."""
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.performance.early_warning import words
from casework.performance.early_warning.expectation import HISTORY_DAYS
from casework.performance.early_warning.grid import GROUP, day_of, hour_of, number_of, span_of, square_of
from casework.storage.database import Base, one_at_a_time, reading, transaction

CROWD = 2
"""Reports of one case that count in a span: everybody sees one case of which many speak, and it is no outbreak. Fewer than
scan.FEWEST by enough that one case, with what is said around it anyway, begins no alarm."""

NOT_SO = (Status.REJECTED, Status.VOID)
"""What was said there is not so."""

SETTLED = timedelta(days=3)
"""After so long triage has said what a report is, and corrections have been made: the day is counted once more."""

EVERYTHING = ""
"""The class of all classes."""


class DayCounts(Base):
    """A day of the city and a class of categories, or EVERYTHING.

    `hours`: 24 counts; `squares`: column, row, count, column, row, count…; `areas`: count by code of the smallest area;
    `closed` and `late`: how many cases were closed that day, and how many of these were late; `words`: in how many reports a
    run of characters stood (see words.py), with EVERYTHING alone.
    """

    __tablename__ = "early_warning_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    group_code: Mapped[str] = mapped_column(primary_key=True)
    hours: Mapped[list[Any]]
    squares: Mapped[list[Any]]
    areas: Mapped[dict[str, Any]]
    words: Mapped[dict[str, Any]]
    closed: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime]


class Said(NamedTuple):
    """A report with the case in which it counts."""

    at: datetime
    report_id: Any
    case_id: Any
    number: str
    category: str
    area: str | None
    lon: float | None
    lat: float | None
    words: str


def said_between(db: Session, since: datetime, until: datetime) -> Iterator[Said]:
    """The reports received in this span whose case has a category, the oldest first, of a case no more than CROWD.

    Of the whole span and not of each of its days: a case of which people speak for a week is still one case.
    """
    wanted = (select(Report.received_at, Report.id, Case.id, Case.number, Case.category_code, Case.area_code, Case.lon,
                     Case.lat, func.coalesce(Report.title, "") + " " + Report.text)
              .join(Case, Case.id == Report.case_id)
              .where(Report.received_at >= since, Report.received_at < until, Case.category_code.is_not(None),
                     Case.status.not_in(NOT_SO))
              .order_by(Report.received_at, Report.id))
    crowd: Counter[Any] = Counter()
    for row in db.execute(wanted).yield_per(2000):
        one = Said(*row)  # type: ignore[arg-type]  # those without a category were left out
        crowd[one.case_id] += 1
        if crowd[one.case_id] <= CROWD:
            yield one


def uncounted(db: Session, most: int) -> list[date]:
    """Days up to yesterday that are not counted, or were before what came in had settled; the latest first."""
    first, now = db.scalar(select(func.min(Report.received_at))), clock.now()
    if first is None:
        return []
    today = int(hour_of(now) // 24)
    known = select(DayCounts.day, DayCounts.counted_at).where(DayCounts.group_code == EVERYTHING,
                                                              DayCounts.day >= day_of(today - HISTORY_DAYS))
    counted: dict[date, datetime] = {row.day: row.counted_at for row in db.execute(known)}
    found = []
    for number in range(today - 1, max(int(hour_of(first) // 24), today - HISTORY_DAYS) - 1, -1):
        day = day_of(number)
        settled = span_of(day)[1] + SETTLED
        if day not in counted or counted[day] < settled <= now:
            found.append(day)
    return found[:most]


def catch_up(most: int) -> list[date]:
    """Count the days that are over and not counted, and once more those that have settled, each in a transaction of its own;
    which they were, the latest first."""
    with reading() as db:
        wanted = uncounted(db, most)
    for day in wanted:
        with transaction() as db:
            count(db, day)
    return wanted


def count(db: Session, day: date) -> None:
    """Count a day of the city, in the place of what was counted of it before."""
    one_at_a_time(db, "early warning days")
    since, until = span_of(day)
    said = list(said_between(db, since, until))
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        groups[one.category[:GROUP]].append(one)
    closed, late = _closed(db, since, until)
    rows = [_row(day, group, groups.get(group, [])) | {"closed": closed[group], "late": late[group]}
            for group in sorted(groups.keys() | closed.keys())]
    rows.append(_row(day, EVERYTHING, said) | {"squares": [], "closed": closed.total(), "late": late.total(),
                                               "words": words.common(one.words for one in said)})
    db.execute(delete(DayCounts).where(DayCounts.day == day))
    db.execute(insert(DayCounts), rows)


def _closed(db: Session, since: datetime, until: datetime) -> tuple[Counter[str], Counter[str]]:
    """By class, how many cases were closed in this span, and how many of these were late; by index."""
    closed, late = Counter[str](), Counter[str]()
    wanted = select(Case.category_code, Case.overdue, func.count()).where(
        Case.closed_at >= since, Case.closed_at < until, Case.category_code.is_not(None))
    for category, overdue, many in db.execute(wanted.group_by(Case.category_code, Case.overdue)):
        group = (category or "")[:GROUP]
        closed[group] += many
        late[group] += many if overdue else 0
    return closed, late


def _row(day: date, group: str, said: Iterable[Said]) -> dict[str, Any]:
    hours, squares, areas = [0] * 24, Counter[tuple[int, int]](), Counter[str]()
    first = number_of(day) * 24
    for one in said:
        hours[int(hour_of(one.at)) - first] += 1
        if square := square_of(one.lon, one.lat):
            squares[square] += 1
        if one.area:
            areas[one.area] += 1
    return {"day": day, "group_code": group, "hours": hours, "areas": dict(areas), "words": {}, "counted_at": clock.now(),
            "squares": [part for (column, row), many in squares.items() for part in (column, row, many)]}
