"""When an adopter is reminded, warned and given up: pure arithmetic over the last sign of care and what was said since."""
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from casework.community.adoption.kinds import Kind


class Turn(StrEnum):
    """What is to be done now."""

    REMIND = "remind"  # a check-in is due
    WARN = "warn"      # without a sign it lapses
    LAPSE = "lapse"    # it returns to the pool


@dataclass(frozen=True)
class Standing:
    """The last sign of care, and when the adopter was reminded and warned since, if he was. UTC."""

    seen_at: datetime
    reminded_at: datetime | None = None
    warned_at: datetime | None = None


def due(standing: Standing, kind: Kind, now: datetime) -> Turn | None:
    """What is to be done at this moment. Nobody is given up who has not had his warning for as long as the kind says, also
    after an outage that lasted longer than all his time."""
    if standing.warned_at:
        return Turn.LAPSE if now >= _lapses_at(standing, kind) else None
    if now >= standing.seen_at + timedelta(days=kind.lapse_days - kind.warn_days):
        return Turn.WARN
    reminds = standing.reminded_at is None and now >= standing.seen_at + timedelta(days=kind.check_in_days)
    return Turn.REMIND if reminds else None


def next_look(standing: Standing, kind: Kind) -> datetime:
    """When there is something to be done next."""
    if standing.warned_at:
        return _lapses_at(standing, kind)
    warns_at = standing.seen_at + timedelta(days=kind.lapse_days - kind.warn_days)
    reminds_at = standing.seen_at + timedelta(days=kind.check_in_days)
    return warns_at if standing.reminded_at else min(reminds_at, warns_at)


def _lapses_at(standing: Standing, kind: Kind) -> datetime:
    warned_at = standing.warned_at or standing.seen_at
    return max(standing.seen_at + timedelta(days=kind.lapse_days), warned_at + timedelta(days=kind.warn_days))
