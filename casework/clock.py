"""The only place that reads the wall clock."""
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")
"""Calendars, office hours and what people read are in the city's time; everything stored is UTC."""


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)
