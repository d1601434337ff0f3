"""Days as the city lives them: what is counted by day begins and ends at midnight there."""
from datetime import date, datetime, time, timedelta

from casework import clock
from casework.errors import Fault, Invalid

LONGEST_DAYS = 366
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
"""No figures are asked for beyond these: a calendar ends somewhere, and arithmetic with it."""


def start_of_day(at: datetime) -> datetime:
    """Midnight in the city before this moment."""
    return at.astimezone(clock.CITY).replace(hour=0, minute=0, second=0, microsecond=0)


def span_of(day: datetime, days: int = 1) -> tuple[datetime, datetime]:
    """From midnight before `day` in the city, so many days."""
    first = start_of_day(day)
    return first, first + timedelta(days=days)


def day_of(moment: datetime) -> date:
    """The city's day in which this moment lies."""
    return moment.astimezone(clock.CITY).date()


def begins(day: date) -> datetime:
    """Midnight in the city with which this day begins."""
    return datetime.combine(day, time(), clock.CITY)


def must_be_counted(since: date, until: date) -> None:
    """Raises Invalid for city days (`until` not included) of which no figures can be asked for."""
    if not FIRST_DAY <= since < until <= LAST_DAY or (until - since).days > LONGEST_DAYS:
        raise Invalid("this period cannot be counted", Fault(
            "until", f"after `since`, by at most {LONGEST_DAYS} days, from {FIRST_DAY} to {LAST_DAY}"))


def month_after(day: date) -> date:
    """The first day of the month after the one in which this day lies."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
