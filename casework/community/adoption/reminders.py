"""What adopters are told: once for each person and occasion, in words that leave with the commit as an event."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, Session

from casework import clock
from casework.cases.wording import Language
from casework.community import persons
from casework.community.adoption.adopting import Adoption
from casework.community.adoption.kinds import Kind
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, new_id

NAMED = 3
"""So many components are named in a message, and the others counted."""


class Reminder(Keyed, Base):
    """A person was told of an occasion: "weather:…", "date:2026-11-15", "due:…", "case:…". (Retention: may go after a year.)"""

    __tablename__ = "adoption_reminders"
    person_id: Mapped[uuid.UUID]
    occasion: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "occasion"),)


@dataclass(frozen=True)
class Told:
    """What one person is to be told of one occasion, in both languages."""

    person_id: uuid.UUID
    occasion: str
    zh: str
    en: str


def tell(db: Session, news: Iterable[Told]) -> int:
    """Publish "adoption.reminded" for each that was not told before, to whom it reaches; how many are new. The event's subject
    is the citizen or the follower in WeChat, and its detail the words."""
    every = {(one.person_id, one.occasion): one for one in news}
    at = clock.now()
    rows = {(one.person_id, one.occasion): {"id": new_id(), "person_id": one.person_id, "occasion": one.occasion, "at": at}
            for one in every.values()}
    new = insert_once(db, Reminder, [rows[key] for key in sorted(rows)], on=("person_id", "occasion"))
    fresh = [every[key] for key in sorted(rows) if rows[key]["id"] in new]
    reached = persons.addressees(db, {one.person_id for one in fresh})
    for one in fresh:
        if one.person_id in reached:
            outbox.publish(db, "adoption.reminded", reached[one.person_id], zh=one.zh, en=one.en)
    return len(fresh)


def named(adoptions: Sequence[Adoption], known: Mapping[str, Kind], language: Language) -> str:
    """These components in words, with what is expected of each kind."""
    by_kind: dict[str, list[Adoption]] = {}
    for one in adoptions:
        by_kind.setdefault(one.kind, []).append(one)
    parts = []
    for code, some in by_kind.items():
        kind, numbers = known[code], [one.short for one in some[:NAMED]]
        if language is Language.ZH:
            more = f"等{len(some)}件" if len(some) > NAMED else ""
            parts.append(f"{kind.zh}（{'、'.join(numbers)}{more}）：{kind.expects_zh}")
        else:
            more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
            parts.append(f"{kind.en} ({', '.join(numbers)}{more}): {kind.expects_en}")
    return ("；" if language is Language.ZH else "; ").join(parts)
