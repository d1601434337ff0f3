"""The only place that reads the wall clock."""
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")
"""Calendars, office hours and what people read are in the city's time; everything stored is UTC."""

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""No moment beyond these is taken from outside: a calendar ends somewhere, and arithmetic with it."""

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _told.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What this thread does in the block happens at this moment: for a past that is made up, as the demonstration's, and for
    nothing that happens to real people. `moment` is aware; raises ValueError for another."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    kept = _told.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(kept)
