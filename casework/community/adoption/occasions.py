"""Weather and dates: a notice comes in from somebody who knows, a date from the table of kinds; each adopter is told once.

No host outside is asked for the weather: an administrator or a system client gives notice of it.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.wording import Language, moment
from casework.community.adoption import kinds, reminders
from casework.community.adoption.adopting import ACTIVE, Adoption
from casework.community.adoption.kinds import WEATHER_NAMES, Kind, Weather
from casework.community.adoption.reminders import Told
from casework.errors import Conflict, Fault, Invalid
from casework.geography import areas
from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index

LONGEST = timedelta(days=30)
BATCH = 200
DATE = "date"


class Occasion(Keyed, Base):
    """Something of which adopters are told before: weather in some areas (none: everywhere), or a day of the calendar.
    `after` is the last person who was told, `spread_at` when all were. (Retention: names no person.)"""

    __tablename__ = "adoption_occasions"
    key: Mapped[str] = mapped_column(unique=True)
    what: Mapped[str]
    areas: Mapped[list[str]]
    since: Mapped[datetime]
    until: Mapped[datetime]
    source: Mapped[str]
    by_kind: Mapped[str]
    by_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    after: Mapped[uuid.UUID | None]
    spread_at: Mapped[datetime | None]
    told: Mapped[int] = mapped_column(default=0)

    __table_args__ = (partial_index("ix_adoption_occasions_waiting", "id", where="spread_at IS NULL"),)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What somebody gives notice of. `key` is the sender's own."""

    key: uuid.UUID
    kind: Weather
    areas: Sequence[str]
    since: datetime
    until: datetime
    source: str


def notice(db: Session, actor: Actor, forecast: Forecast) -> Occasion:
    """Keep a notice; the same key again changes nothing. Publishes "weather.noticed".

    Raises Invalid for times that cannot be and areas that there are not, Conflict for a key of another notice.
    """
    faults = [Fault(f"areas.{number}", "no area has this code") for number, code in enumerate(forecast.areas)
              if areas.describe(db, code) is None]
    if not forecast.since < forecast.until <= forecast.since + LONGEST:
        faults.append(Fault("until", f"must be after `from`, by at most {LONGEST.days} days"))
    if forecast.until <= clock.now():
        faults.append(Fault("until", "is over already"))
    if faults:
        raise Invalid("this notice was not taken", *faults)
    made = _enter(db, f"weather:{forecast.key.hex}", forecast.kind, forecast.since, forecast.until,
                  areas=sorted(set(forecast.areas)), source=forecast.source, by_kind=actor.kind, by_id=actor.id)
    if (made.what, made.areas, made.since, made.until) != (
            forecast.kind, sorted(set(forecast.areas)), forecast.since, forecast.until):
        raise Conflict("this key was used before for another notice")
    return made


def mark_day(db: Session) -> Occasion | None:
    """Keep that today is a date of some kind, once; None when it is none."""
    day = clock.now().astimezone(clock.CITY).date()
    if not any(one.active and one.is_due_on(day) for one in kinds.current(db).values()):
        return None
    since = datetime.combine(day, time(0), clock.CITY)
    return _enter(db, f"date:{day}", DATE, since, since + timedelta(days=1), areas=[], source="calendar", by_kind="system",
                  by_id=None)


def waiting(db: Session, until: datetime, limit: int = 100) -> Sequence[uuid.UUID]:
    """Occasions from before this moment of which not everybody was told yet."""
    wanted = select(Occasion.id).where(Occasion.spread_at.is_(None), Occasion.at < until)
    return db.scalars(wanted.order_by(Occasion.id).limit(limit)).all()


def listed(db: Session, before: uuid.UUID | None = None, limit: int = 50) -> tuple[Sequence[Occasion], uuid.UUID | None]:
    """The notices, the latest first; and the id below which the next page goes on, or None."""
    wanted = select(Occasion).where(Occasion.what != DATE).order_by(Occasion.id.desc()).limit(limit + 1)
    found = db.scalars(wanted.where(Occasion.id < before) if before else wanted).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def spread(db: Session, occasion_id: uuid.UUID) -> bool:
    """Tell the next BATCH persons; whether there may be more. Who takes part afterwards is not told; nor is anybody of what
    is over. Bears repetition, and being run by two at once."""
    one = db.get(Occasion, occasion_id, with_for_update=True, populate_existing=True)
    if one is None or one.spread_at:
        return False
    known = kinds.current(db)
    codes = [kind.code for kind in known.values() if _concerns(one, kind)]
    people = _next_people(db, one, codes) if codes and one.until > clock.now() else []
    mine: dict[uuid.UUID, list[Adoption]] = {person_id: [] for person_id in people}
    theirs = select(Adoption).where(Adoption.person_id.in_(people), *_wanted(one, codes)).order_by(Adoption.id)
    for adoption in db.scalars(theirs) if people else ():
        mine[adoption.person_id].append(adoption)
    one.told += reminders.tell(db, [
        Told(person_id, one.key, *(_words(one, some, known, language) for language in (Language.ZH, Language.EN)))
        for person_id, some in mine.items() if some])
    one.after = people[-1] if people else one.after
    if len(people) < BATCH:
        one.spread_at = clock.now()
    return one.spread_at is None


def _enter(db: Session, key: str, what: str, since: datetime, until: datetime, **facts: Any) -> Occasion:
    row = {"id": new_id(), "key": key, "what": what, "since": since, "until": until, "at": clock.now(), "told": 0, **facts}
    new = insert_once(db, Occasion, [row], on=("key",))
    made = db.scalars(select(Occasion).where(Occasion.key == key)).one()
    if new:
        outbox.publish(db, "weather.noticed", made.id)
    return made


def _concerns(one: Occasion, kind: Kind) -> bool:
    return kind.is_due_on(_day(one)) if one.what == DATE else one.what in kind.weather


def _wanted(one: Occasion, codes: Sequence[str]) -> list[Any]:
    return [ACTIVE, Adoption.kind.in_(codes), *([lies_in(Adoption.area_code, *one.areas)] if one.areas else [])]


def _next_people(db: Session, one: Occasion, codes: Sequence[str]) -> list[uuid.UUID]:
    wanted = select(Adoption.person_id).where(*_wanted(one, codes)).distinct().order_by(Adoption.person_id).limit(BATCH)
    return list(db.scalars(wanted.where(Adoption.person_id > one.after) if one.after else wanted))


def _words(one: Occasion, adoptions: Sequence[Adoption], known: dict[str, Kind], language: Language) -> str:
    what = reminders.named(adoptions, known, language)
    if one.what == DATE:
        before = "今天请看一看您领养的" if language is Language.ZH else "Today please look after what you have adopted: "
        return before + what
    weather = WEATHER_NAMES[Weather(one.what)][0 if language is Language.ZH else 1]
    if language is Language.ZH:
        return f"预计{moment(one.since)}起有{weather}，请提前看一看您领养的{what}"
    return f"From {moment(one.since, language)} on {weather} is expected; please look before at what you have adopted: {what}"


def _day(one: Occasion) -> date:
    return one.since.astimezone(clock.CITY).date()
