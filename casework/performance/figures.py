"""A page of figures: every indicator for each day, department, area, grid worker, category or channel of a period.

Read from the sums where there are such (rollups.py): whole months as months, what is left of a period by days. What is
narrowed by more than sums exist for is narrow, and is added up from its facts by an index.
"""
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, Uuid, func, literal, select, union_all
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.cases.report import Channel
from casework.errors import Fault, Invalid, NotFound
from casework.geography import areas
from casework.geography.codes import LENGTHS, Level, level_of, lies_in
from casework.identity.people import Actor, Department, User
from casework.identity.permissions import Reach
from casework.performance import indicators, tally
from casework.performance.days import must_be_counted
from casework.performance.facts import KeptFact
from casework.performance.rollups import (
    CATEGORY_LEVELS,
    GRID,
    ONLY_BY_MONTH,
    TOTAL,
    WORKER,
    Rollup,
    Span,
    Spans,
    area_groupings,
    category_groupings,
    lies_in_spans,
    pairs,
    spans,
)
from casework.performance.scope import scope
from casework.storage import outbox

MOST_ITEMS, MOST_OF_MANY = 500, 200
"""Items of a page; fewer where there may be thousands: nobody reads more at once, and each is a sum of many."""

LEVELS = tuple(Level)
CHANNEL_NAMES = {Channel.PDA: "网格员终端", Channel.HOTLINE: "热线", Channel.CITIZEN: "随手拍", Channel.OPEN311: "Open311",
                 Channel.WECHAT: "微信"}


class By(StrEnum):
    """What each item of a page is."""

    DAY = "day"
    DEPARTMENT = "department"
    AREA = "area"
    WORKER = "worker"
    CATEGORY = "category"
    CHANNEL = "channel"
    TOTAL = "total"


MANY = frozenset({By.AREA, By.CATEGORY, By.WORKER})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A period of city days (`until` not included) and what it is narrowed to; None means any.

    `area` includes all inside it; items by area lie on `level`, unless given on the next one below. Items by category are
    the big classes, or those right below `category`. Items come by key, at most `limit` (and of what there are many, at most
    MOST_OF_MANY), those after `after`.
    """

    by: By = By.TOTAL
    since: date
    until: date
    area: str | None = None
    level: Level | None = None
    department: uuid.UUID | None = None
    category: str | None = None
    channel: Channel | None = None
    limit: int = MOST_ITEMS
    after: str | None = None


def page(db: Session, actor: Actor, wanted: Wanted) -> dict[str, Any]:
    """{since, until, by, items: [{key, name, values}], total: {values}, next, as_of}: plain values, indicators by code.

    Cases count on the day on which they were opened. `next` is the key to go on after, None at the end. `as_of`: what
    happened before this moment is counted. Raises Refused, NotFound for a department or area beyond the actor's reach, and
    Invalid for a period that cannot be or when an actor with several departments or areas names none of them.
    """
    seen = scope(actor)
    _must_be(wanted)
    wanted = _inside(seen, wanted)
    if wanted.by is By.AREA and LEVELS.index(_level(wanted)) < LEVELS.index(_around(wanted)):
        raise Invalid("there are no such areas in this one", Fault("level", "that of the area, or below it"))
    as_of = outbox.oldest_waiting(db) or clock.now()
    shown, following = ([], None) if wanted.by is By.TOTAL else items(db, wanted)
    whole = _groups(db, replace(wanted, by=By.TOTAL, after=None, level=None))
    (total,) = indicators.values(tally.table([whole.get("", tally.NOTHING)]))
    return {"since": wanted.since, "until": wanted.until, "by": wanted.by, "items": shown, "total": {"values": total},
            "next": following, "as_of": as_of}


def _must_be(wanted: Wanted) -> None:
    must_be_counted(wanted.since, wanted.until)
    if wanted.area is not None and level_of(wanted.area) is None:
        raise Invalid("this is no area code", Fault("area", "digits, as many as a level has"))
    if wanted.category is not None and len(wanted.category) not in CATEGORY_LEVELS:
        raise Invalid("this is no category", Fault("category", "three, five or seven digits"))


def _inside(seen: Reach, wanted: Wanted) -> Wanted:
    """The same narrowed to what the actor's posts may see: without a choice to what there is, with one to what was named."""
    departments, codes = seen.department_ids, seen.area_codes
    if seen.everything:
        return wanted
    if wanted.department in departments or any((wanted.area or "").startswith(one) for one in codes):
        return wanted
    choices: list[dict[str, Any]] = [{"department": one} for one in departments if wanted.department is None]
    choices += [{"area": one} for one in codes if wanted.area is None or one.startswith(wanted.area)]
    if not choices:
        raise NotFound("no such area or department")
    if len(choices) > 1:
        raise Invalid("say whose figures", Fault("department", "name one of your departments or areas"))
    return replace(wanted, **choices[0])


def items(db: Session, wanted: Wanted) -> tuple[list[dict[str, Any]], str | None]:
    """The items alone, for our own use, whoever asks; and the key to go on after, None at the end."""
    if wanted.by in MANY:
        wanted = replace(wanted, limit=min(wanted.limit, MOST_OF_MANY))
    found = sorted(_groups(db, wanted).items())
    if wanted.after is not None:
        found = [(key, one) for key, one in found if key > wanted.after]
    more, found = len(found) > wanted.limit, found[:wanted.limit]
    if not found:
        return [], None
    names = _names(db, wanted.by, [key for key, _ in found])
    counted = indicators.values(tally.table([one for _, one in found]))
    return ([{"key": key, "name": names.get(key, key), "values": values}
             for (key, _), values in zip(found, counted, strict=True)], found[-1][0] if more else None)


def _groups(db: Session, wanted: Wanted) -> dict[str, bytes]:
    """Tallies by key; those of one group stand one behind the other. Of many keys those of the page, and the next one."""
    made: dict[str, bytes] = defaultdict(bytes)
    for source in _sources(wanted):
        for key, some in db.execute(source):
            made[_plain(key)] += some or tally.NOTHING
    return made


def _sources(wanted: Wanted) -> Iterator[Select[Any]]:
    """What is to be asked: from sums where there are such, and of days that have none from the facts."""
    if wanted.by is By.WORKER and wanted.channel:  # a grid worker's cases came in by the PDA, see facts.py
        if wanted.channel is not Channel.PDA:
            return
        wanted = replace(wanted, channel=None)
    sums = _stored(_dimension(wanted), _narrowed(wanted))
    if sums is None:
        yield _added(wanted, [_of_facts(wanted, wanted.since, wanted.until)])
        return
    made_of = spans(wanted.since, wanted.until, only_days=wanted.by is By.DAY)
    without = [one for one in made_of if one[0] is Span.DAY and sums.grouping in ONLY_BY_MONTH]
    if summed := [_of_sums(wanted, sums, one) for one in made_of if one not in without]:
        yield _added(wanted, summed)
    if without:
        yield _added(wanted, [_of_facts(wanted, first, last) for _, first, last in without])


def _dimension(wanted: Wanted) -> str | None:
    """The grouping of the items; None where they are no group of cases: a day, or everything."""
    match wanted.by:
        case By.AREA:
            return f"area.{_level(wanted)}"
        case By.CATEGORY:
            return _category_level(wanted.category)
        case By.DEPARTMENT | By.WORKER | By.CHANNEL:
            return wanted.by.value
        case _:
            return None


def _around(wanted: Wanted) -> Level:
    return (level_of(wanted.area) if wanted.area else None) or Level.CITY


def _level(wanted: Wanted) -> Level:
    return wanted.level or LEVELS[min(LEVELS.index(_around(wanted)) + 1, len(LEVELS) - 1)]


def _category_level(code: str | None) -> str:
    around = len(code) if code else 1
    return next((grouping for length, grouping in CATEGORY_LEVELS.items() if length > around), "category.3")


def _narrowed(wanted: Wanted) -> dict[str, str]:
    """What it is narrowed to beside its own dimension: grouping → key."""
    made: dict[str, str] = {}
    if wanted.area and wanted.by is not By.AREA:
        made |= {grouping: key for grouping, key in area_groupings(wanted.area) if key == wanted.area}
    if wanted.category and wanted.by is not By.CATEGORY:
        made |= {grouping: key for grouping, key in category_groupings(wanted.category) if key == wanted.category}
    if wanted.department and wanted.by is not By.DEPARTMENT:
        made["department"] = str(wanted.department)
    if wanted.channel and wanted.by is not By.CHANNEL:
        made["channel"] = wanted.channel.value
    return made


@dataclass(frozen=True)
class _Sums:
    """Which sums hold what is wanted; `key` or `within` None: any. Those of `around` lie within this area."""

    grouping: str
    key: str | None
    within: str | None = ""
    around: str | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        keys = [(Rollup.key, self.key), (Rollup.within, self.within)]
        return [Rollup.grouping == self.grouping, *(column == value for column, value in keys if value is not None),
                *([lies_in(Rollup.within, self.around)] if self.around else [])]


def _stored(dimension: str | None, narrowed: Mapping[str, str]) -> _Sums | None:
    """None where there are no such sums: of few things, or of one grid, the facts are soon added up."""
    if dimension == WORKER and all(one.startswith("area.") for one in narrowed):
        return _Sums(WORKER, None, None, next(iter(narrowed.values()), None))
    keys: dict[str, str | None] = {**narrowed} if dimension is None else {dimension: None, **narrowed}
    if not keys:
        return _Sums(TOTAL, "")
    if dimension == WORKER or GRID in narrowed:
        return None
    if len(keys) == 1:
        return _Sums(*next(iter(keys.items())))
    found = next(pairs(list(keys)), None) if len(keys) == 2 else None
    return _Sums(f"{found[0]} in {found[1]}", keys[found[0]], keys[found[1]]) if found else None


def _of_sums(wanted: Wanted, sums: _Sums, some: Spans) -> Select[Any]:
    key: Any = Rollup.first if wanted.by is By.DAY else Rollup.key if sums.key is None else Rollup.within
    return select(key.label("item"), Rollup.tally).where(*sums.conditions, lies_in_spans(some), *_own(wanted, key))


def _own(wanted: Wanted, key: Any) -> Iterator[ColumnElement[bool]]:
    """What its own dimension is narrowed to."""
    if wanted.by is By.AREA and wanted.area:
        yield lies_in(key, wanted.area)
    if wanted.by is By.CATEGORY and wanted.category:
        yield lies_in(key, wanted.category)
    if wanted.by is By.DEPARTMENT and wanted.department:
        yield key == str(wanted.department)
    if wanted.by is By.CHANNEL and wanted.channel:
        yield key == wanted.channel.value


COLUMNS: dict[By, Any] = {
    By.DAY: KeptFact.day, By.DEPARTMENT: KeptFact.department_id, By.AREA: KeptFact.area_code, By.WORKER: KeptFact.worker_id,
    By.CATEGORY: KeptFact.category_code, By.CHANNEL: KeptFact.channel}


def _of_facts(wanted: Wanted, first: date, last: date) -> Select[Any]:
    """What is narrowed is found by that, and sorted afterwards: PostgreSQL takes a page of few for near, and would rather go
    through all facts in the order of the keys. It never looks into what has an OFFSET.
    """
    column = COLUMNS.get(wanted.by, KeptFact.day)
    key, which = _beginning(column, _dimension(wanted))
    which += [column.is_not(None), KeptFact.day >= first, KeptFact.day < last]
    if wanted.area:
        which.append(lies_in(KeptFact.area_code, wanted.area))
    if wanted.category:
        which.append(lies_in(KeptFact.category_code, wanted.category))
    if wanted.department:
        which.append(KeptFact.department_id == wanted.department)
    if wanted.channel:
        which.append(KeptFact.channel == wanted.channel)
    found: Select[Any] = select(key.label("item"), KeptFact.tally).where(*which)
    return select(found.offset(0).subquery()) if _narrowed(wanted) else found


def _beginning(column: Any, dimension: str | None) -> tuple[Any, list[ColumnElement[bool]]]:
    """What of a code is the item, and which codes have such a one: what lies right in a city lies in no street."""
    length = LENGTH_OF.get(dimension or "")
    if length is None:
        return column, []
    return column if dimension == GRID else func.substr(column, 1, length), [func.length(column) >= length]


LENGTH_OF = {grouping: length for length, grouping in CATEGORY_LEVELS.items()} | {
    f"area.{level}": min(lengths) for level, lengths in LENGTHS.items()}


def _added(wanted: Wanted, parts: Sequence[Select[Any]]) -> Select[Any]:
    """The tallies of each item, in the order of the keys: a city has twenty thousand grids, and no more leave the database
    than are shown, and one more. Each part is read by index in this order."""
    one = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    together = func.string_agg(one.c.tally, tally.NOTHING, type_=LargeBinary)
    found: Select[Any] = select(literal("") if wanted.by is By.TOTAL else one.c.item, together)
    if wanted.by is By.TOTAL:
        return found
    found = found.group_by(one.c.item).order_by(one.c.item)
    if wanted.by not in MANY:
        return found
    begins = [one.c.item > _kind(one.c.item, wanted.after)] if wanted.after is not None else []
    return found.where(*begins).limit(wanted.limit + 1)


def _kind(item: Any, after: str) -> Any:
    """The key as this column has it: facts name grid workers, sums tell their name."""
    try:
        return uuid.UUID(after) if isinstance(item.type, Uuid) else after
    except ValueError:
        raise Invalid("there is no page after this", Fault("after", "take `next` of the page before")) from None


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _names(db: Session, by: By, keys: list[str]) -> dict[str, str]:
    """What people call each of these, in Chinese as the city wrote it."""
    if by is By.AREA:
        return {key: found.name for key in keys if (found := areas.describe(db, key))}
    if by is By.CATEGORY:
        known = taxonomy.catalogue(db).by_code if keys else {}
        return {key: known[key].name for key in keys if key in known}
    if by in {By.DEPARTMENT, By.WORKER}:
        whose = Department if by is By.DEPARTMENT else User
        ids = [uuid.UUID(key) for key in keys]
        rows = db.execute(select(whose.id, whose.name).where(whose.id.in_(ids)))
        return {str(key): name for key, name in rows}
    return {one.value: CHANNEL_NAMES[one] for one in Channel} if by is By.CHANNEL else {}
