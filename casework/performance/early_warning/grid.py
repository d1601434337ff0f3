"""How moments and places are numbered for counting: hours and days of the city, squares of a quarter of a kilometre, areas."""
import math
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from casework import clock
from casework.geography.codes import PARENT_LENGTHS
from casework.geography.coordinates import Point

SQUARE_DEGREES, SQUARE_METRES = 0.0025, 270
"""A square's side, and about what it is in the south of China."""

EPOCH = date(2000, 1, 1)
LEVELS = tuple(reversed(PARENT_LENGTHS))
"""Digits of the codes of community, street, district and city: the areas whose surges are looked for."""

GROUP = 3
"""Digits of a category's class: what is counted together."""


def hour_of(moment: datetime) -> float:
    """Hours of the city since midnight before EPOCH."""
    local = moment.astimezone(clock.CITY).replace(tzinfo=None)
    return (local - datetime.combine(EPOCH, time())).total_seconds() / 3600


def moment_of(hour: float) -> datetime:
    """The moment (UTC) of such an hour."""
    local = datetime.combine(EPOCH, time()) + timedelta(hours=hour)
    return local.replace(tzinfo=clock.CITY).astimezone(UTC)


def day_of(number: int) -> date:
    """The day of the city with this number."""
    return EPOCH + timedelta(days=number)


def number_of(day: date) -> int:
    """The number of a day of the city."""
    return (day - EPOCH).days


def span_of(day: date) -> tuple[datetime, datetime]:
    """From midnight before this day of the city to the next."""
    return moment_of(number_of(day) * 24.0), moment_of(number_of(day) * 24.0 + 24)


def square_of(lon: float | None, lat: float | None) -> tuple[int, int] | None:
    """Column and row of the square in which a place (WGS-84) lies."""
    return None if lon is None or lat is None else (math.floor(lon / SQUARE_DEGREES), math.floor(lat / SQUARE_DEGREES))


def middle_of(column: int, row: int, size: int) -> Point:
    """The middle of a square of `size` squares a side whose lower left one this is."""
    return Point(round((column + size / 2) * SQUARE_DEGREES, 5), round((row + size / 2) * SQUARE_DEGREES, 5))


def around(codes: Iterable[str | None]) -> str | None:
    """The smallest area that holds two thirds of these, given by the codes of their smallest areas; None for less than the
    city."""
    known = [code for code in codes if code]
    for length in (99, *LEVELS):
        (found, count), *_ = Counter(code[:length] for code in known).most_common(1) or [("", 0)]
        if count * 3 >= len(known) * 2 and found:
            return found if len(found) > LEVELS[-1] else None
    return None


def mostly(codes: Iterable[str | None]) -> str | None:
    """The category of most of them, or the class that they share."""
    known = [code for code in codes if code]
    if not known:
        return None
    code, count = Counter(known).most_common(1)[0]
    return code if count * 5 >= len(known) * 3 else code[:GROUP]
