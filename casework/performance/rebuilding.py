"""All figures made again from the truth, and what was other than it should have been: there should be nothing.

Works a part at a time: cases by their ids, then sums month by month, each part in a transaction of its own in which no job
counts. What happens meanwhile is counted before or after.
"""
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.performance import rollups, tally
from casework.performance.days import month_after
from casework.performance.facts import COUNTED, KeptFact
from casework.performance.rollups import ONLY_BY_MONTH, Group, Place, Rollup, Span, groups
from casework.storage.database import one_at_a_time, reading, transaction
from casework.storage.outbox import Event

CASES_AT_ONCE = 500


@dataclass
class Rebuilt:
    """How much was looked at, and how much was not as it should have been."""

    cases: int = 0
    facts_differed: int = 0
    sums: int = 0
    sums_differed: int = 0


def rebuild() -> Rebuilt:
    """Count every case anew and add up every sum. Raises nothing for a difference: it is put right, and told."""
    done = Rebuilt()
    for case_ids in _cases():
        done.facts_differed += _recount(case_ids)
        done.cases += len(case_ids)
    for month in _months():
        with transaction() as db:
            sums, differed = _sums_of(db, month)
        done.sums += sums
        done.sums_differed += differed
    return done


def recount_since(moment: datetime) -> int:
    """Count again whatever anything happened to since; how many facts were other. What a batch that was given up left out is
    mended by this."""
    with reading() as db:
        told = told_since(db, moment)
    return sum(_recount(some) for some in rollups.in_parts(told))


def told_since(db: Session, moment: datetime) -> list[uuid.UUID]:
    """The cases to which anything happened since that figures count, whether a job has heard of it or not."""
    told = select(Event.subject).where(Event.name.in_(COUNTED), Event.happened_at >= moment)
    return sorted(db.scalars(told.distinct()))


def uncounted(db: Session, most: int) -> Sequence[uuid.UUID]:
    """Cases that were never counted, the latest first: a city may come with cases from before there were figures."""
    never = ~exists().where(KeptFact.case_id == Case.id)
    return db.scalars(select(Case.id).where(never).order_by(Case.id.desc()).limit(most)).all()


def _recount(case_ids: Iterable[uuid.UUID]) -> int:
    with transaction() as db:
        return rollups.refresh(db, case_ids)


def _cases() -> Iterator[list[uuid.UUID]]:
    after: uuid.UUID | None = None
    while True:
        beyond = [Case.id > after] if after is not None else []
        with reading() as db:
            found = list(db.scalars(select(Case.id).where(*beyond).order_by(Case.id).limit(CASES_AT_ONCE)))
        if not found:
            return
        yield found
        after = found[-1]


def _months() -> list[date]:
    """Every month from the first of which anything is kept to the last."""
    with reading() as db:
        bounds = [db.execute(select(func.min(one), func.max(one))).one() for one in (KeptFact.day, Rollup.first)]
    known = [day for pair in bounds for day in pair if day is not None]
    months, month, last = [], min(known, default=date.max).replace(day=1), max(known, default=date.min)
    while month <= last:
        months.append(month)
        month = month_after(month)
    return months


def _sums_of(db: Session, month: date) -> tuple[int, int]:
    """How many sums this month and its days have, and how many were other."""
    one_at_a_time(db, "figures")
    true: dict[Place, bytes] = {}
    whole: dict[Place, list[bytes]] = defaultdict(list)
    day = month
    while day < month_after(month):
        for group, some in _of_day(db, day).items():
            if group[0] in ONLY_BY_MONTH:
                whole[*group, Span.MONTH, month] += some
            elif total := tally.added(some):
                true[*group, Span.DAY, day] = total
                whole[*group, Span.MONTH, month].append(total)
        day += timedelta(days=1)
    true |= {place: total for place, some in whole.items() if (total := tally.added(some))}
    stored = {(one.grouping, one.key, one.within, one.span, one.first): one.tally for one in db.execute(
        select(Rollup.grouping, Rollup.key, Rollup.within, Rollup.span, Rollup.first, Rollup.tally)
        .where(Rollup.first >= month, Rollup.first < month_after(month)))}
    wrong = {place: true.get(place, tally.NOTHING) for place in true.keys() | stored.keys()
             if true.get(place) != stored.get(place)}
    rollups.write(db, wrong)
    return len(true), len(wrong)


def _of_day(db: Session, day: date) -> dict[Group, list[bytes]]:
    counted: dict[Group, list[bytes]] = defaultdict(list)
    for fact in map(rollups.as_fact, db.execute(select(*KeptFact.__table__.c).where(KeptFact.day == day))):
        for group in groups(fact):
            counted[group].append(fact.tally)
    return counted
