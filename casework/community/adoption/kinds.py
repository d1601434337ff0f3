"""Which kinds of components may be adopted, and what is expected of whoever does: data that an administrator edits."""
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.wording import Language
from casework.errors import Fault, Invalid
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, insert_once, new_id


class Weather(StrEnum):
    """What somebody gives notice of."""

    RAIN = "rain"
    SNOW = "snow"
    FROST = "frost"
    HEAT = "heat"
    TYPHOON = "typhoon"


WEATHER_NAMES: dict[Weather, tuple[str, str]] = {
    Weather.RAIN: ("强降雨", "heavy rain"), Weather.SNOW: ("降雪", "snow"), Weather.FROST: ("冰冻", "frost"),
    Weather.HEAT: ("高温", "heat"), Weather.TYPHOON: ("台风", "a typhoon")}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind. `code`: category of the taxonomy, which a component's object code names. A check-in is due after so many
    days without a sign, and after `lapse_days` the adoption lapses, `warn_days` after a warning. `weather` and `dates`
    ("11-15", the city's calendar) bring a reminder. `adopters`: how many may adopt the same component."""

    code: str
    zh: str
    en: str
    expects_zh: str
    expects_en: str
    check_in_days: int = 30
    lapse_days: int = 90
    warn_days: int = 14
    weather: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    adopters: int = 1
    active: bool = True

    def name(self, language: Language) -> str:
        """What people call it."""
        return self.zh if language is Language.ZH else self.en

    def expects(self, language: Language) -> str:
        """What its adopter is asked to do."""
        return self.expects_zh if language is Language.ZH else self.expects_en

    def is_due_on(self, day: date) -> bool:
        """Whether this day of the city's calendar brings a reminder."""
        return f"{day:%m-%d}" in self.dates


DEFAULT: dict[str, Kind] = {one.code: one for one in (
    Kind(code="10124", zh="消火栓", en="fire hydrant", expects_zh="清除周围积雪和遮挡，保持周围1.5米畅通；不要自行拧动",
         expects_en="dig it out of snow and keep 1.5 m around it clear; do not open it", check_in_days=60, lapse_days=180,
         weather=("snow", "frost"), dates=("11-15",)),
    Kind(code="10104", zh="雨水箅子", en="storm drain grate", expects_zh="雨前清走箅面的树叶和垃圾；不要掀开箅子",
         expects_en="clear leaves and rubbish off it before rain; do not lift it", weather=("rain", "typhoon")),
    Kind(code="10402", zh="行道树", en="street tree", expects_zh="旱热时浇水，清理树池，发现折枝、病虫害及时上报",
         expects_en="water it in heat, keep its pit clean, report broken branches and pests",
         weather=("heat", "typhoon", "frost"), dates=("03-12",)),
    Kind(code="10405", zh="花钵花架", en="planter", expects_zh="浇水、除杂草，清走垃圾",
         expects_en="water it, weed it, take rubbish away", check_in_days=14, lapse_days=60, weather=("heat", "frost")),
    Kind(code="10407", zh="街头座椅", en="bench", expects_zh="擦拭清洁，发现松动、破损及时上报",
         expects_en="keep it clean, report what is loose or broken", weather=("snow",)),
    Kind(code="10308", zh="宣传栏", en="notice board", expects_zh="清理小广告和灰尘，发现破损及时上报",
         expects_en="keep it clean of stickers and dust, report damage"),
)}
"""Nothing where a layman could come to harm or do harm: no manholes, no power, no gas."""


class AdoptionKind(Keyed, Base):
    """A kind as somebody has changed or added it."""

    __tablename__ = "adoption_kinds"
    code: Mapped[str] = mapped_column(unique=True)
    zh: Mapped[str]
    en: Mapped[str]
    expects_zh: Mapped[str]
    expects_en: Mapped[str]
    check_in_days: Mapped[int]
    lapse_days: Mapped[int]
    warn_days: Mapped[int]
    weather: Mapped[list[str]]
    dates: Mapped[list[str]]
    adopters: Mapped[int]
    active: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by_id: Mapped[uuid.UUID | None]


NAMES = tuple(one.name for one in fields(Kind) if one.name != "code")


def current(db: Session) -> dict[str, Kind]:
    """Every kind by its code, those that are switched off included: what was adopted before stays adopted."""
    changed = {row.code: _read(row) for row in db.scalars(select(AdoptionKind).order_by(AdoptionKind.code))}
    return {**DEFAULT, **changed}


def change(db: Session, actor: Actor, code: str, facts: Mapping[str, Any]) -> Kind:
    """Change a kind in what is given, or add one. Raises Invalid with the faults."""
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    known = current(db).get(code)
    lacking = [] if known else [name for name in ("zh", "en", "expects_zh", "expects_en") if name not in given]
    if lacking:
        raise Invalid("a new kind needs its words", *(Fault(name, "is missing") for name in lacking))
    made = replace(known, **given) if known else Kind(code=code, **given)
    _check(made)
    values = {name: list(value) if isinstance(value := getattr(made, name), tuple) else value for name in NAMES}
    values |= {"changed_at": clock.now(), "changed_by_id": actor.id}
    insert_once(db, AdoptionKind, [{"id": new_id(), "code": code, **values}], on=("code",))
    kept = db.scalars(select(AdoptionKind).where(AdoptionKind.code == code).with_for_update()).one()
    for name, value in values.items():
        setattr(kept, name, value)
    return made


def _check(kind: Kind) -> None:
    faults = []
    if len(kind.code) != 5 or not (kind.code.isascii() and kind.code.isdigit()) or not kind.code.startswith("1"):
        faults.append(Fault("code", "must be the code of a category of components: 1 and four digits"))
    if kind.lapse_days < kind.check_in_days:
        faults.append(Fault("lapse_days", "must not be less than check_in_days"))
    if kind.warn_days >= kind.lapse_days:
        faults.append(Fault("warn_days", "must be less than lapse_days"))
    if unknown := set(kind.weather) - set(Weather):
        faults.append(Fault("weather", f"there is no {', '.join(sorted(unknown))}"))
    if not all(_is_day(one) for one in kind.dates):
        faults.append(Fault("dates", "must be month and day, such as 11-15"))
    if faults:
        raise Invalid("this kind cannot be", *faults)


def _is_day(text: str) -> bool:
    try:
        day = date.fromisoformat(f"2024-{text}")  # a leap year: 02-29 is a day, though seldom
    except ValueError:
        return False
    return f"{day:%m-%d}" == text


def _read(row: AdoptionKind) -> Kind:
    values: dict[str, Any] = {name: getattr(row, name) for name in NAMES}
    return Kind(code=row.code, **values | {"weather": tuple(row.weather), "dates": tuple(row.dates)})
