"""What each area holds: people, and entries of the registers, counted every so often, for a map that is drawn at once."""
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.geography.areas import Area
from casework.geography.codes import ancestors
from casework.registry.records import Entry
from casework.storage.database import Base, one_at_a_time

POPULATION = "population"
"""Besides the names of the registers: the people whom the map of areas tells of, as its source counted them."""

Counts = dict[tuple[str, str], int]
"""A number by area code and what is counted."""


class AreaCount(Base):
    """How many of something lie in an area and all that is inside it, when it was last counted otherwise than before."""

    __tablename__ = "area_counts"
    area_code: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    counted_at: Mapped[datetime]


def of(db: Session, codes: Collection[str]) -> dict[str, dict[str, int]]:
    """By area what was counted in it, by the name of the register or POPULATION; nothing of an area that holds nothing."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    wanted = select(AreaCount.area_code, AreaCount.what, AreaCount.number).where(AreaCount.area_code.in_(codes))
    for code, what, number in db.execute(wanted):
        found[code][what] = number
    return found


def recount(db: Session) -> int:
    """Count everything anew and write what differs from before; how many numbers that were. One pass over the registers."""
    one_at_a_time(db, "area counts")
    now = _entries(db) | _population(db)
    before = {(code, what): number
              for code, what, number in db.execute(select(AreaCount.area_code, AreaCount.what, AreaCount.number))}
    at = clock.now()
    for code, what in before.keys() - now.keys():
        db.execute(delete(AreaCount).where(AreaCount.area_code == code, AreaCount.what == what))
    changed = [{"area_code": code, "what": what, "number": now[code, what], "counted_at": at}
               for code, what in before.keys() & now.keys() if now[code, what] != before[code, what]]
    added = [{"area_code": code, "what": what, "number": now[code, what], "counted_at": at}
             for code, what in now.keys() - before.keys()]
    if changed:
        db.execute(update(AreaCount), changed)
    if added:
        db.execute(insert(AreaCount), added)
    return len(changed) + len(added) + len(before.keys() - now.keys())


def _entries(db: Session) -> Counts:
    counted: Counter[tuple[str, str]] = Counter()
    wanted = (select(Entry.area_code, Entry.register, func.count()).where(Entry.area_code.is_not(None))
              .group_by(Entry.area_code, Entry.register))
    for code, register, number in db.execute(wanted):
        for one in (*ancestors(code or ""), code or ""):
            counted[one, register.value] += number
    return dict(counted)


def _population(db: Session) -> Counts:
    """An area has the people it says it has, or those of what is right below it where it says nothing."""
    said = {code: properties.get(POPULATION)
            for code, properties in db.execute(select(Area.code, Area.properties).where(Area.retired_at.is_(None)))}
    found: Counter[str] = Counter()
    for code in sorted(said, key=len, reverse=True):
        own = said[code]
        if isinstance(own, (int, float)) and not isinstance(own, bool) and own >= 0:
            found[code] = round(own)
        if code in found and (above := next((one for one in reversed(ancestors(code)) if one in said), None)):
            found[above] += found[code]
    return {(code, POPULATION): number for code, number in found.items()}
