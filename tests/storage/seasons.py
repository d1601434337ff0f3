"""Ordinary days in the small city, written straight into its tables: reports, each with a case of its own."""
import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from casework.cases.case import Case, Priority
from casework.cases.history import GENESIS
from casework.cases.report import Channel, Report, public_number
from casework.cases.workflow import Status
from casework.geography.coordinates import Point
from casework.storage.database import new_id, transaction
from tests.factories import GRIDS, at_grid

DAYS = 40


def arrives(rows: list[tuple[datetime, int, Point, str, str]], **facts: Any) -> None:
    """Reports at these moments, in these grids and places, of these categories, with these words, each a case of its own with
    these facts."""
    cases, reports = [], []
    for at, grid, place, category, words in rows:
        case = {"id": new_id(), "number": public_number("AJ", at), "status": Status.HANDLING, "priority": Priority.NORMAL,
                "title": words[:20], "channel": "hotline", "category_code": category, "lon": place.lon, "lat": place.lat,
                "area_code": GRIDS[grid], "opened_at": at, "moved_at": at, "due_at": at + timedelta(days=400), "is_open": True,
                "version": 1, "history_head": GENESIS, "flags": []} | facts
        cases.append(case)
        reports.append({"id": new_id(), "number": public_number("ZW", at), "channel": Channel.HOTLINE, "source": "x",
                        "key": new_id().hex, "digest": "", "received_at": at, "text": words, "case_id": case["id"]})
    with transaction() as db:
        db.execute(insert(Case), cases)
        db.execute(insert(Report), reports)


def usual(chance: random.Random, now: datetime, days: int = DAYS) -> None:
    """Some eight reports a day, all over the city and the day."""
    rows = []
    for _ in range(8 * days):
        at = now - timedelta(hours=chance.uniform(0, 24 * days))
        grid = chance.randrange(4)
        rows.append((at, grid, at_grid(grid, chance.uniform(-400, 400), chance.uniform(-400, 400)),
                     chance.choice(["301", "302", "10105"]), chance.choice(["路灯不亮", "夜间施工噪声", "污水外溢"])))
    arrives(rows)
