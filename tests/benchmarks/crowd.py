"""A city with a past: so many cases, each with its report, history, assignment and clock, by COPY or executemany."""
import itertools
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils
from sqlalchemy import Engine, Table, text

from casework import clock
from casework.cases.assignment import Assignment
from casework.cases.case import Case
from casework.cases.cells import cell_of
from casework.cases.history import GENESIS, Entry
from casework.cases.report import Report
from casework.geography.coordinates import Point
from casework.identity.people import Department, Post, User
from casework.sla.limits import POLICY_VERSION
from casework.sla.timers import Timer, TimerSegment
from tests.factories import GRIDS, SIDE, SOUTH, WEST

DEPARTMENTS = 25
WORKERS = 500
QUIET_CASES = 20
"""What the quiet department has open among a million."""

GRIDS_AROUND = [f"4403{district:02}{street:03}{community:03}{grid:02}" for district in range(2, 12)
                for street in range(1, 11) for community in range(1, 11) for grid in range(1, 21)]
SPREAD = 0.45
"""Degrees: about 2,300 square kilometres, so that a million open cases are five in each square of a hundred metres."""

DUE_NOW = 20
"""One timer in so many has an alarm that is due."""

STATUSES = ("handling",) * 60 + ("dispatched",) * 15 + ("filed",) * 10 + ("reported",) * 10 + ("resolved",) * 5
COLUMNS: dict[type, str] = {
    User: "id login name active created_at",
    Post: "id title role area_code holder_id",
    Case: "id number status priority title channel category_code lon lat cell area_code address opened_at moved_at due_at "
          "closed_at is_open overdue lead_department_id inspector_id report_count returns reworks reopens questions urges "
          "dissatisfied endorsed feedback_owed flags flagged dispatched_by_rule history_length history_head version",
    Report: "id number channel source key digest received_at text claimed_category lon lat handled_on_the_spot urgent "
            "case_id triaged_at outcome",
    Entry: "id case_id number action source target actor_kind facts at previous hash",
    Assignment: "id case_id department_id part why since",
    Timer: "id case_id assignment_id stage department_id limit_value limit_unit extra_value limit_round policy_version state "
           "started_at due_at next_alarm_at next_alarm_share",
    TimerSegment: "id timer_id state since policy_version",
}
Tuples = dict[type, list[tuple[Any, ...]]]


def fill(engine: Engine, cases: int, over: float = 0.0) -> dict[str, uuid.UUID]:
    """So many cases and what belongs to them, this share of them closed in the last year and the others open.

    Answers the ids of a busy and of a quiet department.

    Foreign keys are not checked row by row and indexes are made afterwards, as one does who restores a city.
    """
    made = {f"d{number:02}": uuid_utils.uuid7().hex for number in range(DEPARTMENTS)}
    departments = [(key, code, f"{code}局", 1) for code, key in made.items()]
    workers = [uuid_utils.uuid7().hex for _ in range(WORKERS)]
    with _bare(engine) as put:
        put(Department.__table__, ["id", "code", "name", "active"], departments)
        now = clock.now()
        put(User.__table__, COLUMNS[User].split(), [
            (key, f"w{number}", "网格员", 1, _at(now)) for number, key in enumerate(workers)])
        put(Post.__table__, COLUMNS[Post].split(), [
            (uuid_utils.uuid7().hex, "网格员", "grid_worker", GRIDS_AROUND[number * 37 % len(GRIDS_AROUND)], key)
            for number, key in enumerate(workers)])
        source = _lives(cases, over, [key for _, key in sorted(made.items())], workers, now)
        for part in iter(lambda: list(itertools.islice(source, 20_000)), []):
            for model in (Case, Report, Entry, Assignment, Timer, TimerSegment):
                put(model.__table__, COLUMNS[model].split(), [row for life in part for row in life.get(model, ())])
    return {"busy": uuid.UUID(made["d00"]), "quiet": uuid.UUID(made[f"d{DEPARTMENTS - 1}"])}


def _at(moment: datetime) -> str:
    """As both databases read it: UTC, without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _lives(cases: int, over: float, departments: list[str], workers: list[str], now: datetime) -> Iterator[Tuples]:
    chance = random.Random(20260302)
    busy, quiet = departments[:-1], departments[-1]
    inside = cases // 500  # the small city is a five hundredth of the area
    for number in range(cases):
        status = STATUSES[number % 100]
        lead = None if status in {"filed", "reported"} else busy[chance.randrange(len(busy))]
        if lead and number < QUIET_CASES * 2 and number % 2 == 0:
            lead = quiet
        where, grid = _somewhere(chance, number < inside)
        inspector = chance.choice(workers) if status == "resolved" else None
        # Half of seven days is 84 hours: an alarm that is due was reached an hour ago, the others lie ahead.
        hours = 85 if number % DUE_NOW == 0 else chance.uniform(0, 82)
        if number // 100 % 10 >= 10 - over * 10:
            yield _past_life(number, lead, where, grid, now - timedelta(days=chance.uniform(4, 364)))
            continue
        yield _life(number, (status, lead, inspector), where, grid, now - timedelta(hours=hours))


def _somewhere(chance: random.Random, inside: bool) -> tuple[Point, str]:
    if inside:
        return Point(WEST + chance.random() * 2 * SIDE, SOUTH + chance.random() * 2 * SIDE), chance.choice(GRIDS)
    return (Point(WEST + 0.02 + chance.random() * SPREAD, SOUTH + chance.random() * SPREAD),
            GRIDS_AROUND[chance.randrange(len(GRIDS_AROUND))])


def _life(number: int, turn: tuple[str, str | None, str | None], where: Point, grid: str, since: datetime) -> Tuples:
    status, lead, inspector = turn
    case, report, assignment, timer = (uuid_utils.uuid7().hex for _ in range(4))
    begun, due, alarm = _at(since), _at(since + timedelta(days=7)), _at(since + timedelta(hours=84))
    limit, unit = (2.0, "work_day") if number % (2 * DUE_NOW) == 0 else (7.0, "natural_day")
    made: Tuples = {
        Case: [(case, f"AJ260101-{number:010}", status, "normal", f"某路段人行道旁生活垃圾成堆无人清理{number}", "pda", "20101",
                where.lon, where.lat, cell_of(where), grid, "某路一百号对面", begun, begun, due, None, 1, 0, lead, inspector,
                1, 0, 0, 0, 0, 0, 0, 0, 0, "[]", 0, 1, 2, GENESIS, 3)],
        Report: [(report, f"ZW260101-{number:010}", "pda", "earlier", f"{number}", GENESIS[:32], begun, "人行道旁生活垃圾成堆",
                  "20101", where.lon, where.lat, 0, 0, case, begun, "filed")],
        Entry: [(uuid_utils.uuid7().hex, case, line, action, None, "reported", "system", "{}", begun, GENESIS, GENESIS)
                for line, action in ((1, "report"), (2, "file"))],
        Timer: [(timer, case, assignment if lead else None, "handle" if lead else "dispatch", lead, limit, unit, 0.0, 1,
                 POLICY_VERSION, "running", begun, due, alarm, 50)],
        TimerSegment: [(uuid_utils.uuid7().hex, timer, "running", begun, POLICY_VERSION)]}
    if lead:
        made[Assignment] = [(assignment, case, lead, "lead", "按规则", begun)]
    return made


def _past_life(number: int, lead: str | None, where: Point, grid: str, since: datetime) -> Tuples:
    """A case that was closed three days after it came in: its clocks are counted, and nobody looks at them any more."""
    made = _life(number, ("closed", lead, None), where, grid, since)
    row = list(made[Case][0])
    columns = COLUMNS[Case].split()
    row[columns.index("closed_at")], row[columns.index("is_open")] = _at(since + timedelta(days=3)), 0
    return made | {Case: [tuple(row)], Timer: [], TimerSegment: []}


class _bare:  # noqa: N801 - reads as what it is: `with _bare(engine) as put`
    """The driver's own connection, with foreign keys off and indexes away until the block ends."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.tables = engine, [model.__table__ for model in COLUMNS]
        self.sqlite = engine.dialect.name == "sqlite"

    def __enter__(self) -> Any:
        for table in self.tables:
            for index in table.indexes:
                index.drop(self.engine)
        self.pooled = self.engine.raw_connection()
        self.connection: Any = self.pooled.driver_connection
        if self.sqlite:
            for pragma in ("foreign_keys = OFF", "synchronous = OFF"):
                self.connection.execute(f"PRAGMA {pragma}")
            self.connection.execute("BEGIN")
        else:
            self.connection.execute("SET session_replication_role = replica")
            self.connection.execute("SET timezone = 'UTC'")
        return self.put

    def put(self, table: Table, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
        # What is not said above has the value that the product gives it: new columns change nothing here.
        others = [one for one in table.columns if one.name not in columns and one.default is not None and one.default.is_scalar]
        defaults = tuple(int(one.default.arg) if isinstance(one.default.arg, bool) else one.default.arg for one in others)
        rows = (row + defaults for row in rows)
        columns = [*columns, *(one.name for one in others)]
        names = ", ".join(columns)
        if self.sqlite:
            marks = ", ".join("?" * len(columns))
            self.connection.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our names
            return
        with self.connection.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            copy.write("".join("\t".join("\\N" if one is None else str(one) for one in row) + "\n" for row in rows))

    def __exit__(self, *_: object) -> None:
        self.connection.commit()
        self.pooled.invalidate()  # what was set on it goes with it
        for table in self.tables:
            for index in table.indexes:
                index.create(self.engine)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("ANALYZE" if self.sqlite else "VACUUM ANALYZE"))
