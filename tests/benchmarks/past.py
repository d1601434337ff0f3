"""What a city with a past has beside its cases, as jobs leave it: areas, figures, warnings, scorecards, a bulletin."""
import random
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import shapely
from sqlalchemy import Connection, Engine, insert, text

from casework import clock
from casework.exchange import subscriptions
from casework.geography import areas
from casework.geography.areas import Area
from casework.geography.codes import Level
from casework.identity.people import Role
from casework.identity.sessions.clients import create_client
from casework.performance import area_counts, scorecards, tally
from casework.performance.bulletins import bulletin, periods
from casework.performance.early_warning.warning import EarlyWarning, Kind
from casework.performance.rollups import Span, id_of
from casework.performance.weights import Of
from casework.storage.database import new_id, transaction
from tests.benchmarks.crowd import GRIDS_AROUND, SPREAD
from tests.benchmarks.harness import Scale
from tests.factories import SOUTH, WEST

LATE = 10
"""One open case in so many has a clock that ran out."""

ORDERS = 60
PLATFORMS = ("市12345", "省平台", "城管平台")
WARNINGS = 300
CORNERS = 12
"""Points on each side of an area: borders are crooked in life."""

SUMS = {"total": "''", "department": "department_id::text", "channel": "channel", "area.city": "substr(area_code, 1, 4)",
        "area.district": "substr(area_code, 1, 6)", "area.street": "substr(area_code, 1, 9)",
        "area.community": "substr(area_code, 1, 12)", "category.1": "substr(category_code, 1, 3)",
        "category.2": "substr(category_code, 1, 5)"}
"""The keys of the sums that the pages of a whole city read; what lies in something else has none here."""


def fill(engine: Engine, scale: Scale) -> None:
    """All of it, after the cases."""
    with engine.begin() as db:
        _areas(db, scale)
        db.execute(text("UPDATE cases SET due_at = opened_at + interval '1 hour', overdue = true "
                        "WHERE is_open AND hashtext(number) % :late = 0"), {"late": LATE})
        db.execute(text("UPDATE cases SET feedback_owed = true WHERE id IN "
                        "(SELECT id FROM cases WHERE is_open ORDER BY number LIMIT :orders)"), {"orders": ORDERS})
        _facts(db)
        for grouping, key in SUMS.items():
            _sums(db, grouping, key)
        _warnings(db)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))
    with transaction() as work:
        areas.touch(work)
        for name in PLATFORMS:
            platform, _, _ = create_client(work, name, [Role.PLATFORM])
            subscriptions.subscribe(work, platform.id, f"https://{platform.key_id}.example.gov.cn/", [], [])
        area_counts.recount(work)
        today = clock.now().astimezone(clock.CITY).date()
        scorecards.draft(work, Of.DEPARTMENT, f"{today.replace(day=1) - timedelta(days=1):%Y-%m}")
        bulletin.make(work, periods.last(periods.Kind.WEEK, today))


# ---- areas

def _areas(db: Connection, scale: Scale) -> None:
    """Ten districts with all that is in them, down to twenty thousand grids; in a smoke run one street."""
    grids = GRIDS_AROUND if scale.full else [code for code in GRIDS_AROUND if code.startswith("440302001")]
    codes = sorted({code[:length] for code in grids for length in (6, 9, 12)} | set(grids))
    chance = random.Random(7)
    rows = [{"code": code, "name": f"区域{code[4:]}", "level": _level(code), "parent_code": _above(code), "aliases": [],
             "properties": {"population": 900} if code in grids else {},
             "outline": shapely.to_wkb(_shape(code, chance))} for code in codes]
    db.execute(insert(Area), rows)


def _level(code: str) -> Level:
    return {6: Level.DISTRICT, 9: Level.STREET, 12: Level.COMMUNITY}.get(len(code), Level.GRID)


def _above(code: str) -> str:
    return code[:{6: 4, 9: 6, 12: 9}.get(len(code), 12)]


def _shape(code: str, chance: random.Random) -> Any:
    """Districts lie beside each other, streets in them one above the other, communities and grids again so."""
    west, south, width, height = WEST + 0.02, SOUTH, SPREAD, SPREAD
    for begin, end, parts, flat in ((4, 6, 10, True), (6, 9, 10, False), (9, 12, 10, True), (12, 14, 20, False)):
        if len(code) < end:
            break
        at = (int(code[begin:end]) - (2 if begin == 4 else 1)) / parts
        if flat:
            west, width = west + width * at, width / parts
        else:
            south, height = south + height * at, height / parts
    ring = shapely.get_coordinates(shapely.segmentize(shapely.box(west, south, west + width, south + height),
                                                      max(width, height) / CORNERS))
    return shapely.Polygon([(lon + chance.uniform(-1, 1) * width / 100, lat + chance.uniform(-1, 1) * height / 100)
                            for lon, lat in ring[:-1]])


# ---- figures

def _facts(db: Connection) -> None:
    """One of each case, on the city day on which it was opened."""
    once = {is_over: _tally(1, int(is_over)).hex() for is_over in (True, False)}
    db.execute(text(
        "INSERT INTO performance_facts (case_id, position, day, department_id, area_code, category_code, channel, tally) "
        "SELECT id, 0, (opened_at AT TIME ZONE 'Asia/Shanghai')::date, lead_department_id, area_code, category_code, channel, "
        "decode(CASE WHEN is_open THEN :open ELSE :over END, 'hex') FROM cases"), {"open": once[False], "over": once[True]})


def _sums(db: Connection, grouping: str, key: str) -> None:
    """By day and by month."""
    for span, first in ((Span.DAY, "day"), (Span.MONTH, "date_trunc('month', day)::date")):
        counted = db.execute(text(
            f"SELECT {key} AS key, {first} AS first, count(*), count(*) FILTER (WHERE closed_at IS NOT NULL) "  # noqa: S608 - ours
            "FROM performance_facts JOIN (SELECT id, closed_at FROM cases) AS ended ON ended.id = case_id GROUP BY 1, 2")).all()
        _copied(db, ((id_of((grouping, one, "", span, day)), grouping, one, "", span.value, day, _tally(number, over))
                     for one, day, number, over in counted if one is not None))


def _copied(db: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    cursor: Any = db.connection.cursor()
    with cursor.copy("COPY performance_rollups (id, grouping, key, within, span, first, tally) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@cache
def _tally(cases: int, over: int) -> bytes:
    """Of so many cases, so many of them closed, an eighth of these late and a fifth rated."""
    return tally.packed({
        "received": cases, "voices": cases, "filed": cases, "dispatched": cases, "given": cases, "due": over, "closed": over,
        "closed_on_time": over - over // 8, "overdue": over // 8, "rated": over // 5, "satisfied": over // 6},
        {"triage": 12, "dispatch": 8, "sign": 50, "handle": 700, "total": 1500} if over else {"triage": 12})


# ---- warnings

def _warnings(db: Connection) -> None:
    now, chance, kinds = clock.now(), random.Random(3), list(Kind)
    days = [{"day": f"{(now - timedelta(days=back)).date()}", "count": 20 - back // 2, "expected": 5.5} for back in range(28)]
    db.execute(insert(EarlyWarning), [{
        "id": new_id(), "kind": kinds[number % len(kinds)], "category_code": "20101",
        "area_code": chance.choice(GRIDS_AROUND)[:12], "lon": WEST + chance.random() * SPREAD,
        "lat": SOUTH + chance.random() * SPREAD, "metres": 300, "since": now - timedelta(hours=20), "until": now, "count": 23,
        "expected": 5.7, "confidence": 0.993, "subject": f"{number}", "raised_at": now - timedelta(hours=number),
        "updated_at": now, "evidence": {"cases": [], "days": days, "words": ["积水"], "places": []}}
        for number in range(WARNINGS)])

