"""A warning: what was seen, how sure we are, who has looked at it, and what came of it."""
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.storage.database import Base, Keyed, partial_index


class Kind(StrEnum):
    """What is unusual."""

    SURGE = "surge"      # 激增: more of a class in an area than the season lets expect
    CLUSTER = "cluster"  # 聚集: the same in a circle on the map that no area draws
    REPEAT = "repeat"    # 反复: case after case at one place
    SILENT = "silent"    # 静默: a grid of which nothing is heard
    LATE = "late"        # 超时: a class that is being finished late
    TOPIC = "topic"      # 热点: words that many people suddenly use


class State(StrEnum):
    """Closed is what has ended by itself, looked at or not."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What somebody who looked says of it."""

    TRUE = "true"
    FALSE = "false"


class EarlyWarning(Keyed, Base):
    """One unusual thing, kept up to date for as long as it lasts. (Retention: counts, areas and words that many people used.)

    `since` and `until` are the span that was counted; `place` is the middle of a circle of `metres` (WGS-84). `area_code` None:
    the whole city. `evidence`: cases (numbers), days (day, count, expected), words, places.
    """

    __tablename__ = "early_warnings"
    kind: Mapped[Kind]
    state: Mapped[State] = mapped_column(default=State.OPEN)
    category_code: Mapped[str | None]
    area_code: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    metres: Mapped[int | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    count: Mapped[int]
    expected: Mapped[float]
    confidence: Mapped[float]
    """From 0 to 1: one minus the chance to see as much in this city in a week although nothing is going on."""
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    subject: Mapped[str]
    """What it is about, in a word of the machine: by this a signal that lasts finds its warning again."""
    raised_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None]
    outcome: Mapped[Outcome | None]
    outcome_note: Mapped[str | None]
    judged_at: Mapped[datetime | None]
    judged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        Index(None, "raised_at", "id"), Index(None, "state", "raised_at", "id"),
        # A signal that lasts is one warning, also when two runs of the watch overlap.
        partial_index("uq_early_warnings_going_on", "kind", "subject", where="ended_at IS NULL", unique=True),
    )
