"""From what is found to warnings: a signal that lasts is one warning, kept up to date, and closed when it is over."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import clock, settings
from casework.geography.coordinates import Point
from casework.performance.early_warning.judging import names_of
from casework.performance.early_warning.warning import EarlyWarning, Kind, State
from casework.performance.early_warning.wording import sentence
from casework.storage import outbox
from casework.storage.database import new_id, one_at_a_time

REMEMBERED = timedelta(days=7)
"""What has ended within so long is not begun again: it was told."""

MOST_CASES = 50

SHARES = {Kind.SURGE: 0.5, Kind.CLUSTER: 0.5, Kind.REPEAT: 0.125, Kind.SILENT: 0.125, Kind.LATE: 0.125, Kind.TOPIC: 0.125}
"""How the false alarms that a city bears (ZHIWANG_WARNING_FALSE_ALARMS) are given to the looks; surges and clusters are one."""

SURE = 1e-3
"""However few things there are to look at, what chance brings in one of a thousand of them is no warning."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a look found: the warning as it should stand now."""

    kind: Kind
    subject: str
    since: datetime
    until: datetime
    count: int
    expected: float
    confidence: float
    category_code: str | None = None
    area_code: str | None = None
    place: Point | None = None
    metres: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


def allowance(kind: Kind) -> float:
    """How many false alarms a week this kind may raise."""
    return settings.current().warning_false_alarms * SHARES[kind]


def known(db: Session, kinds: Iterable[Kind]) -> Sequence[EarlyWarning]:
    """Warnings of these kinds that go on, and those that ended lately. Until the transaction ends nobody else changes them."""
    one_at_a_time(db, "early warnings")
    return db.scalars(select(EarlyWarning).where(
        EarlyWarning.kind.in_(list(kinds)),
        or_(EarlyWarning.ended_at.is_(None), EarlyWarning.ended_at >= clock.now() - REMEMBERED))
        .order_by(EarlyWarning.raised_at, EarlyWarning.id).with_for_update()).all()


def begin(db: Session, found: Finding) -> EarlyWarning:
    """A new warning; whoever looks after its area is told."""
    now = clock.now()
    made = EarlyWarning(id=new_id(), kind=found.kind, state=State.OPEN, subject=found.subject, raised_at=now, updated_at=now)
    _fill(made, found)
    db.add(made)
    db.flush()
    outbox.publish(db, "warning.raised", made.id, area=made.area_code, **sentence(made, names_of(db, made)))
    return made


def go_on(one: EarlyWarning, found: Finding) -> None:
    """The signal lasts: this is what it shows now."""
    _fill(one, found)
    one.updated_at = clock.now()


def end(one: EarlyWarning) -> None:
    """It is over."""
    one.state, one.ended_at = State.CLOSED, clock.now()


def keep(db: Session, kind: Kind, found: Iterable[Finding], *, outlives: timedelta = timedelta(0)) -> int:
    """All that a look at one kind found: those that are new begin, the others go on, and what was not found any more ends once
    `outlives` has passed. How many are new."""
    warnings = known(db, [kind])
    going = {one.subject: one for one in warnings if one.ended_at is None}
    told = {one.subject for one in warnings if one.ended_at is not None}
    new, seen = 0, set[str]()
    for one in found:
        if one.subject in seen:
            continue
        seen.add(one.subject)
        if one.subject in going:
            go_on(going[one.subject], one)
        elif one.subject not in told:
            begin(db, one)
            new += 1
    for subject, warning in going.items():
        if subject not in seen and clock.now() - warning.updated_at >= outlives:
            end(warning)
    return new


def _fill(one: EarlyWarning, found: Finding) -> None:
    one.category_code, one.area_code = found.category_code, found.area_code
    one.lon, one.lat = (found.place.lon, found.place.lat) if found.place else (None, None)
    one.metres, one.since, one.until = found.metres, found.since, found.until
    one.count, one.expected, one.confidence = found.count, found.expected, found.confidence
    one.evidence = found.evidence
