"""The city at one look, to open the day with: the last weeks in figures, what is late, what is unusual, who does well."""
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import search
from casework.geography.codes import level_of
from casework.identity.people import Actor, Department
from casework.identity.permissions import areas_of
from casework.performance import indicators, map_figures, tally
from casework.performance.days import day_of
from casework.performance.early_warning import judging
from casework.performance.early_warning.warning import State
from casework.performance.map_figures import WHOLE
from casework.performance.rollups import TOTAL, Rollup, covering

DAYS = 30
SHOWN = ("received", "closed", "closing_rate", "on_time_rate", "overdue_rate", "satisfaction_rate")
LATEST, UNUSUAL, RANKED = 6, 5, 3
ENOUGH = 10
"""Cases that a department had to close in these days, before it is compared with others."""

RANKED_BY = "on_time_rate"


def look(db: Session, actor: Actor) -> dict[str, Any]:
    """{since, until, days, total, open, overdue, late, warnings, best, worst} of what the actor looks after.

    `days` has an item for each of the last DAYS city days, today the last; `best` and `worst` are departments by the share
    that they closed in time, none in both. Five statements, however large the city.
    """
    scope = areas_of(actor, "cockpit.read")
    until = day_of(clock.now()) + timedelta(days=1)
    since = until - timedelta(days=DAYS)
    by_day, by_department = _sums(db, scope, since, until)
    standing = map_figures.standing_in(db, scope, [])[WHOLE]
    late, _ = search.page(db, actor, search.Wanted(due_before=clock.now()), limit=LATEST)
    unusual, _ = judging.page(db, actor, judging.Wanted(state=State.OPEN), limit=UNUSUAL)
    every = [since + timedelta(days=number) for number in range(DAYS)]
    *days, total = _values([*(by_day.get(day, []) for day in every), [one for some in by_day.values() for one in some]])
    best, worst = _ranked(db, by_department)
    return {"since": since, "until": until, "days": [{"day": day, "values": values} for day, values in
                                                     zip(every, days, strict=True)],
            "total": total, "open": standing.open, "overdue": standing.overdue, "late": late, "warnings": unusual,
            "best": best, "worst": worst}


def _sums(db: Session, scope: Sequence[str] | None, since: date,
          until: date) -> tuple[dict[date, list[bytes]], dict[str, list[bytes]]]:
    """Tallies by day, and by department."""
    by_day, by_department = defaultdict[date, list[bytes]](list), defaultdict[str, list[bytes]](list)
    wanted = select(Rollup.grouping, Rollup.key, Rollup.within, Rollup.first, Rollup.tally).where(
        or_(*_groups(scope)), covering(since, until, only_days=True))
    for grouping, key, within, first, one in db.execute(wanted):
        if grouping == "department":
            by_department[key].append(one)
        elif within:
            by_department[within].append(one)
        else:
            by_day[first].append(one)
    return by_day, by_department


def _groups(scope: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Everything and each department; or each of the areas, and each department in it where there are such sums."""
    if scope is None:
        return [and_(Rollup.grouping == TOTAL, Rollup.within == ""), and_(Rollup.grouping == "department", Rollup.within == "")]
    groupings = [(code, f"area.{level_of(code)}") for code in scope]
    return [or_(and_(Rollup.grouping == grouping, Rollup.within == "", Rollup.key == code),
                and_(Rollup.grouping == f"{grouping} in department", Rollup.key == code)) for code, grouping in groupings]


def _values(groups: Sequence[Sequence[bytes]]) -> list[dict[str, float | None]]:
    counted = indicators.values(tally.table([b"".join(some) for some in groups]))
    return [{code: values[code] for code in SHOWN} for values in counted]


def _ranked(db: Session, tallies: Mapping[str, list[bytes]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    counted = indicators.values(tally.table([b"".join(some) for some in tallies.values()])) if tallies else []
    compared = sorted(((key, values) for key, values in zip(tallies, counted, strict=True)
                       if (values["due"] or 0) >= ENOUGH and values[RANKED_BY] is not None),
                      key=lambda one: (-(one[1][RANKED_BY] or 0), one[0]))
    best = compared[:min(RANKED, len(compared) // 2)]
    worst = compared[max(len(compared) - RANKED, len(best)):][::-1] if best else []
    ids = [uuid.UUID(key) for key, _ in (*best, *worst)]
    names = {str(one): name for one, name in db.execute(
        select(Department.id, Department.name).where(Department.id.in_(ids)))} if ids else {}
    told = [[{"id": key, "name": names.get(key, key), "values": {code: values[code] for code in SHOWN}} for key, values in some]
            for some in (best, worst)]
    return told[0], told[1]
