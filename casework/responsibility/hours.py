"""Weekly hours of a rule, in the city's time, in words a person can write: "1-5 08:00-18:00; 6,7 22:00-06:00"."""
import re
from datetime import datetime
from functools import lru_cache

from casework import clock
from casework.errors import Fault, Invalid

DAY = 24 * 60
WEEK = 7 * DAY

_PART = re.compile(r"([1-7](?:-[1-7])?(?:,[1-7](?:-[1-7])?)*) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@lru_cache(maxsize=1000)
def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Minutes of the week, Monday 00:00 = 0, as half-open spans in order, none crossing the end of the week.

    Days are 1 (Monday) to 7, hours run to 24:00; an end before its start is on the next day. Raises Invalid.
    """
    found: list[tuple[int, int]] = []
    for part in re.split(r"\s*;\s*", text.strip()):
        match = _PART.fullmatch(part)
        if not match:
            raise Invalid("hours cannot be read", Fault("hours", f'"{part}" is not like "1-5 08:00-18:00"'))
        days, *clock_times = match.groups()
        start, end = (int(hour) * 60 + int(minute) for hour, minute in (clock_times[:2], clock_times[2:]))
        if start == end or end > DAY:
            raise Invalid("hours cannot be read", Fault("hours", f'"{part}" is not a span of a day'))
        for day in _days(days):
            since, until = day * DAY + start, day * DAY + end + (DAY if end < start else 0)
            found += [(since, until)] if until <= WEEK else [(since, WEEK), (0, until - WEEK)]
    return tuple(sorted(found))


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        days += range(int(first) - 1, int(last or first))
    if not days:
        raise Invalid("hours cannot be read", Fault("hours", f'"{text}" runs backwards'))
    return days


def covers(text: str, at: datetime) -> bool:
    """Whether a moment (aware) lies in the hours."""
    local = at.astimezone(clock.CITY)
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    return any(since <= minute < until for since, until in spans(text))


def meet(one: str, other: str) -> bool:
    """Whether two sets of hours have a minute in common."""
    return any(a < d and c < b for a, b in spans(one) for c, d in spans(other))
