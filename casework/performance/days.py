"""Days as the city lives them: what is counted by day begins and ends at midnight there."""
from datetime import date, datetime, timedelta

from casework import clock


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
