"""Of which days a bulletin speaks, and what they are called. All days are the city's."""
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """How often it appears."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """From a day to before another: a week from Monday, or a month."""

    kind: Kind
    since: date
    until: date

    @property
    def before(self) -> "Period":
        """The one before."""
        return last(self.kind, self.since)

    @property
    def days(self) -> int:
        """How long it is."""
        return (self.until - self.since).days

    def title(self) -> dict[str, str]:
        """As it is called on the cover."""
        end = self.until - timedelta(days=1)
        if self.kind is Kind.MONTH:
            return {"zh": f"{self.since.year}年{self.since.month}月城市治理月报",
                    "en": f"Monthly bulletin, {self.since:%B %Y}"}
        year, week, _ = self.since.isocalendar()
        span = f"{self.since.month}月{self.since.day}日—{end.month}月{end.day}日"
        return {"zh": f"{year}年第{week}周城市治理周报（{span}）",
                "en": f"Weekly bulletin {year}, week {week} ({self.since:%-d %B} – {end:%-d %B})"}


WORDS = {Kind.WEEK: {"zh": ("上周", "前一周"), "en": ("Last week", "the week before")},
         Kind.MONTH: {"zh": ("上月", "前一月"), "en": ("Last month", "the month before")}}
"""What the sentences call the period and the one before, as seen on the day on which the bulletin appears."""


def last(kind: Kind, day: date) -> Period:
    """The last whole one that is over on this day."""
    if kind is Kind.WEEK:
        until = day - timedelta(days=day.weekday())
        return Period(kind, until - timedelta(days=7), until)
    until = day.replace(day=1)
    return Period(kind, (until - timedelta(days=1)).replace(day=1), until)
