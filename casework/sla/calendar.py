"""The working calendar: on which days and at what hours the city's offices work. It is data, loaded ahead of time."""
import uuid
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from itertools import chain, pairwise
from typing import Any

import chinese_calendar
import structlog
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Fault, Invalid, NotFound
from casework.sla.limits import SECONDS, Unit
from casework.storage import outbox
from casework.storage.database import Base, new_id

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""What a calendar covers; moments outside are a broken clock, not a case."""

MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
WORK_DAY = SECONDS[Unit.WORK_DAY] * 1_000_000
"""What one work day weighs, in microseconds, however long its office hours are: summer or winter, it is one 工作日."""

Hours = tuple[tuple[int, int], ...]
"""When offices are open, as minutes after midnight in the city: ((480, 720), (840, 1080)) is 8-12 and 14-18."""

DEFAULT_HOURS: Hours = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))

log = structlog.get_logger()


class CalendarDay(Base):
    """A day on which work differs from the plain week: a holiday, or a weekend day that is worked (调休)."""

    __tablename__ = "calendar_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    is_work: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
    announced_for: Mapped[int]
    """The year of the announcement it stands in: that of 2018 also named the last days of 2017."""


class CalendarYear(Base):
    """A year whose holidays have been announced and loaded. Any other year is plain weeks, with a warning."""

    __tablename__ = "calendar_years"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    loaded_at: Mapped[datetime] = mapped_column(default=clock.now)


class OfficeHours(Base):
    """One opening of the offices (minutes after midnight in the city) from a date on, until rows of a later date."""

    __tablename__ = "office_hours"
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    opens: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closes: Mapped[int]


class CalendarVersion(Base):
    """The one row that changes whenever the calendar does, so that every process knows to read it again."""

    __tablename__ = "calendar_version"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[uuid.UUID]


class Calendar:
    """Which moments are work, for all days of FIRST_YEAR to LAST_YEAR; never changes once made.

    Office time and work days are summed up per day beforehand: an answer is a look-up, however long the span.
    """

    def __init__(self, exceptions: Mapping[date, bool] | None = None, known_years: Iterable[int] = (),
                 hours: Mapping[date, Hours] | None = None, names: Mapping[date, str] | None = None) -> None:
        """`exceptions` says of single days whether they are worked, `names` because of which holiday; `hours` gives the
        office hours from a date on."""
        self.known_years = frozenset(known_years)
        self._names = dict(names or {})
        self._exceptions = dict(exceptions or {})
        self._first = date(FIRST_YEAR, 1, 1).toordinal()
        count = date(LAST_YEAR, 12, 31).toordinal() - self._first + 1
        changes = sorted({date(FIRST_YEAR, 1, 1): DEFAULT_HOURS, **(hours or {})}.items())
        self._changes = array("q", [day.toordinal() - self._first for day, _ in changes])
        self._hours = [tuple((opens * MINUTE, closes * MINUTE) for opens, closes in spans) for _, spans in changes]
        self._open = [sum(closes - opens for opens, closes in spans) for spans in self._hours]
        work = bytearray((self._first + index - 1) % 7 < 5 for index in range(count))
        for day, is_work in self._exceptions.items():
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                work[day.toordinal() - self._first] = is_work
        self._work = bytes(work)
        self._office, self._days = array("q", [0]), array("q", [0])
        for index, is_work_day in enumerate(work):
            length = self._open[self._season(index)] if is_work_day else 0
            self._office.append(self._office[-1] + length)
            self._days.append(self._days[-1] + (WORK_DAY if is_work_day else 0))

    def is_work(self, day: date) -> bool:
        """Whether the city works on this day."""
        return bool(self._work[self._index(day)])

    def is_exception(self, day: date) -> bool:
        """Whether this day is not what its place in the week says: a holiday, or a weekend day that is worked."""
        return self.is_work(day) is not (day.weekday() < 5)

    def name(self, day: date) -> str:
        """The holiday because of which this day stands in the calendar; "" for a plain one."""
        return self._names.get(day, "")

    def hours(self, day: date) -> Hours:
        """When offices are open on this day; nothing on a day off."""
        if not self.is_work(day):
            return ()
        spans = self._hours[self._season(self._index(day))]
        return tuple((opens // MINUTE, closes // MINUTE) for opens, closes in spans)

    def seasons(self, first: date, last: date) -> list[tuple[date, Hours]]:
        """The office hours between two days, each with the date from which it holds; that of the first day may lie before."""
        begins, ends = self._season(self._index(first)), self._season(self._index(last)) + 1
        return [(date.fromordinal(self._first + since), tuple((opens // MINUTE, closes // MINUTE) for opens, closes in spans))
                for since, spans in zip(self._changes[begins:ends], self._hours[begins:ends], strict=True)]

    def work_days(self, first: date, last: date) -> int:
        """How many days are worked from `first` to `last`, both counted."""
        return (self._days[self._index(last) + 1] - self._days[self._index(first)]) // WORK_DAY

    def measure(self, unit: Unit, moment: datetime) -> int:
        """Microseconds of the unit's own time that lie before the moment, since the calendar begins."""
        local = moment.astimezone(clock.CITY)
        index = self._index(local.date())
        since_midnight = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        if unit in {Unit.URGENT_HOUR, Unit.NATURAL_DAY}:
            return index * 24 * 60 * MINUTE + since_midnight
        if not self._work[index]:
            return self._office[index] if unit is Unit.WORK_HOUR else self._days[index]
        season = self._season(index)
        passed = sum(min(max(since_midnight - opens, 0), closes - opens) for opens, closes in self._hours[season])
        if unit is Unit.WORK_HOUR:
            return self._office[index] + passed
        return self._days[index] + passed * WORK_DAY // self._open[season]

    def reach(self, unit: Unit, amount: int) -> datetime:
        """The earliest moment (UTC) before which this much of the unit's time lies: the inverse of measure()."""
        if unit in {Unit.URGENT_HOUR, Unit.NATURAL_DAY}:
            index, since_midnight = divmod(amount, 24 * 60 * MINUTE)
            return self._moment(index, since_midnight)
        sums = self._office if unit is Unit.WORK_HOUR else self._days
        if not 0 <= amount <= sums[-1]:
            raise ValueError(f"the calendar ends with {LAST_YEAR}")
        index = max(bisect_left(sums, amount) - 1, 0)
        season = self._season(index)
        rest = amount - sums[index]
        if unit is Unit.WORK_DAY:
            rest = -(-rest * self._open[season] // WORK_DAY)  # rounded up: never due before the whole limit is used
        for opens, closes in self._hours[season]:
            if rest <= closes - opens:
                return self._moment(index, opens + rest)
            rest -= closes - opens
        raise AssertionError("a work day is as long as its hours")

    def _season(self, index: int) -> int:
        return bisect_right(self._changes, index) - 1

    def _index(self, day: date) -> int:
        index = day.toordinal() - self._first
        if not 0 <= index < len(self._work):
            raise ValueError(f"{day} is outside the calendar, which covers {FIRST_YEAR} to {LAST_YEAR}")
        return index

    def _moment(self, index: int, since_midnight: int) -> datetime:
        local = datetime.combine(date.fromordinal(self._first + index), time()) + since_midnight * MICROSECOND
        return local.replace(tzinfo=clock.CITY).astimezone(UTC)


_cached: tuple[uuid.UUID | None, Calendar] | None = None


NEWEST = select(CalendarVersion.version).scalar_subquery()
"""For a statement that reads something else: what it brings is told to stands()."""


def load(db: Session) -> Calendar:
    """The calendar as it stands: one small query a transaction, and a new reading only when its version has changed."""
    held: Calendar | None = db.info.get(Calendar)
    return held if held is not None else stands(db, db.scalar(select(NEWEST)))


def stands(db: Session, newest: uuid.UUID | None) -> Calendar:
    """The calendar in this transaction, for who has read which is the newest."""
    global _cached  # noqa: PLW0603 - one calendar a process
    if _cached is None or _cached[0] != newest:
        _cached = newest, _read(db)
        for sentence in warnings(db):
            log.warning("calendar incomplete", warning=sentence)
    db.info[Calendar] = _cached[1]
    return _cached[1]


def warnings(db: Session) -> list[str]:
    """One sentence for this year and for next year if its holidays are not loaded; for /health and the log."""
    year = clock.now().astimezone(clock.CITY).year
    known = set(db.scalars(select(CalendarYear.year).where(CalendarYear.year.in_([year, year + 1]))))
    return [f"The calendar has no holidays for {missing}: its weekdays count as work days until they are imported."
            for missing in (year, year + 1) if missing not in known]


def year_of(db: Session, year: int) -> dict[str, Any]:
    """A year as it stands: {year, loaded_at, source, work_days, days: [{date, is_work, name}], office_hours: [{valid_from,
    spans: [{opens, closes}]}]}, those that hold when it begins first. Raises NotFound for a year that no calendar has."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(f"the calendar covers {FIRST_YEAR} to {LAST_YEAR}")
    first, last = date(year, 1, 1), date(year, 12, 31)
    made, loaded = load(db), db.get(CalendarYear, year)
    days = db.scalars(select(CalendarDay).where(CalendarDay.day.between(first, last)).order_by(CalendarDay.day))
    return {"year": year, "loaded_at": loaded.loaded_at if loaded else None, "source": loaded.source if loaded else None,
            "work_days": made.work_days(first, last),
            "days": [{"date": one.day, "is_work": one.is_work, "name": one.name} for one in days],
            "office_hours": [{"valid_from": since, "spans": [{"opens": _clock(opens), "closes": _clock(closes)}
                                                             for opens, closes in spans]}
                             for since, spans in made.seasons(first, last)]}


def seed(db: Session) -> list[int]:
    """Load the announced years that the installed chinese_calendar knows and nobody has loaded; answers which."""
    worked, special = chinese_calendar.workdays, {**chinese_calendar.holidays, **chinese_calendar.workdays}
    years = sorted({day.year for day in special} - set(db.scalars(select(CalendarYear.year))))
    source = f"chinesecalendar {version('chinesecalendar')}"
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    for year in years:
        _store(db, year, {day: (day in worked, chinese.get(name, name)) for day, name in special.items() if day.year == year},
               source)
    if years:
        _touch(db, f"载入{years[0]}至{years[-1]}年放假安排")
    return years


def import_days(db: Session, year: int, rows: Sequence[Mapping[str, Any]], source: str) -> int:
    """Load a year's announcement in the place of what was loaded for it; answers how many days it names.

    `rows` look as in holiday-cn, {"date": "2026-02-14", "isOffDay": false, "name": "春节"}, and may reach into the
    years beside it. Raises Invalid with the faults by row ("days.3.date"). Open clocks are recounted by a job that follows.
    """
    days: dict[date, tuple[bool, str]] = {}
    faults = [] if rows else [Fault("days", "an announcement names at least one day")]
    if not FIRST_YEAR < year < LAST_YEAR:
        faults.append(Fault("year", f"must lie between {FIRST_YEAR} and {LAST_YEAR}"))
    for number, row in enumerate(rows):
        day = _day(row.get("date"))
        if day is None or abs(day.year - year) > 1 or day in days:
            faults.append(Fault(f"days.{number}.date", f"must be a date of {year} or beside it, and stand only once"))
        elif not isinstance(row.get("isOffDay"), bool):
            faults.append(Fault(f"days.{number}.isOffDay", "must be true or false"))
        else:
            days[day] = not row["isOffDay"], str(row.get("name") or "")
    if faults:
        raise Invalid("this is no announcement of holidays", *faults)
    _store(db, year, days, source)
    _touch(db, f"载入{year}年放假安排")
    return len(days)


def set_office_hours(db: Session, valid_from: date, spans: Sequence[tuple[str, str]]) -> None:
    """From this date on, until a later one with hours of its own, offices open as in ("08:00", "12:00"), city time.

    Raises Invalid unless the openings rise and do not overlap. Open clocks are recounted by a job that follows.
    """
    minutes = [(_minute(opens), _minute(closes)) for opens, closes in spans]
    in_order = list(chain.from_iterable(minutes))
    if not minutes or -1 in in_order or any(later <= earlier for earlier, later in pairwise(in_order)):
        raise Invalid("these are no office hours",
                      Fault("spans", 'must rise, as ("08:00", "12:00"), ("14:00", "18:00") do'))
    db.execute(delete(OfficeHours).where(OfficeHours.valid_from == valid_from))
    db.execute(insert(OfficeHours), [
        {"valid_from": valid_from, "opens": opens, "closes": closes} for opens, closes in minutes])
    _touch(db, f"{valid_from} 起改变办公时间")


def _read(db: Session) -> Calendar:
    special = db.execute(select(CalendarDay.day, CalendarDay.is_work, CalendarDay.name)).all()
    hours: dict[date, list[tuple[int, int]]] = {}
    for one in db.scalars(select(OfficeHours).order_by(OfficeHours.valid_from, OfficeHours.opens)):
        hours.setdefault(one.valid_from, []).append((one.opens, one.closes))
    years = db.scalars(select(CalendarYear.year))
    return Calendar({day: is_work for day, is_work, _ in special}, years, {day: tuple(spans) for day, spans in hours.items()},
                    {day: name for day, _, name in special})


def _store(db: Session, year: int, days: Mapping[date, tuple[bool, str]], source: str) -> None:
    db.execute(delete(CalendarDay).where(or_(CalendarDay.announced_for == year, CalendarDay.day.in_(days))))
    db.execute(insert(CalendarDay), [
        {"day": day, "is_work": is_work, "name": name, "source": source, "announced_for": year}
        for day, (is_work, name) in days.items()])
    db.merge(CalendarYear(year=year, source=source, loaded_at=clock.now()))


def _touch(db: Session, what: str) -> None:
    """Every process reads the calendar again, this transaction too; and the clocks that run are looked at."""
    version = new_id()
    db.merge(CalendarVersion(id=1, version=version))
    db.flush()
    db.info.pop(Calendar, None)
    outbox.publish(db, "calendar.changed", version, why=f"工作日历变更：{what}")


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> int:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        return -1
    return at.hour * 60 + at.minute
