"""What was not taken in, counted by day, channel and reason: a channel that sends rubbish must be seen, not only refused."""
from collections import Counter
from datetime import date

from sqlalchemy import UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session

from casework import clock
from casework.cases.report import Channel
from casework.storage.database import Base, Keyed, insert_once, new_id


class Refusal(Keyed, Base):
    """So many reports of one channel were refused for one reason on one day (of the city)."""

    __tablename__ = "intake_refusals"
    day: Mapped[date]
    channel: Mapped[str]
    reason: Mapped[str]
    count: Mapped[int]

    __table_args__ = (UniqueConstraint("day", "channel", "reason"),)


def count(db: Session, channel: str, reason: str, number: int = 1) -> None:
    """Count refused reports; `reason` is one of few words (invalid, unsupported, too-large …), never what was sent."""
    day = clock.now().astimezone(clock.CITY).date()
    first = {"id": new_id(), "day": day, "channel": channel, "reason": reason, "count": number}
    if not insert_once(db, Refusal, [first], on=("day", "channel", "reason")):
        db.execute(update(Refusal).where(Refusal.day == day, Refusal.channel == channel, Refusal.reason == reason)
                   .values(count=Refusal.count + number))


def between(db: Session, first: date, last: date) -> dict[str, Counter[str]]:
    """Refusals of every channel by reason, on these days of the city and all between."""
    counts = {channel.value: Counter[str]() for channel in Channel}
    for row in db.scalars(select(Refusal).where(Refusal.day.between(first, last))):
        counts[row.channel][row.reason] += row.count
    return counts
