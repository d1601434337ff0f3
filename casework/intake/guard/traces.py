"""What each sender sent lately, counted by windows that slide: kept in the database, so all processes and restarts know it.

Only what was taken in counts. What is sent again because an answer was lost is the same report, and costs nobody anything.
"""
import math
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Select, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import TooMany
from casework.settings import Flood
from casework.storage.database import Base, Keyed, new_id

COUNTED_AS = {"proved": "phone"}
"""Kinds for which the settings have no limit of their own."""

SHARED = frozenset({"address", "crowd"})
"""What many people share. Who says that it is a case which is known already is let in beyond these limits."""

BEYOND = 10
"""So many times a shared limit is open to those who say that."""

NAMES = {"phone": ("同一电话", "one phone"), "device": ("同一设备", "one device"), "openid": ("同一微信号", "one account"),
         "address": ("同一网络地址", "one address"), "place": ("同一人在同一地点", "one sender at one place"),
         "crowd": ("同一网络地址在同一地点", "one address at one place"), "upload": ("同一设备的照片", "photos of one device")}
SPANS = {60: ("每分钟", "a minute"), 3600: ("每小时", "an hour"), 86_400: ("每天", "a day")}


class Trace(Keyed, Base):
    """One thing that one sender sent. `value` is a blind index, another for each kind, so nobody is told who it was; forgotten
    after settings.abuse_days, with the report's own retention or before it."""

    __tablename__ = "sender_traces"
    kind: Mapped[str]
    value: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"), index=True)

    __table_args__ = (Index(None, "value", "at"),)


Key = tuple[str, str]
"""A kind (of Kind, or place, crowd, upload) and a blind index."""


def check(db: Session, keys: Iterable[Key], *, known: bool = False) -> None:
    """Raises TooMany, with the limit that is reached and when there is room again, if one more would be beyond it.

    `known`: it is said to be one more voice for a case that there is.
    """
    now = clock.now()
    limits = [(flood, value) for kind, value in keys for flood in settings.current().flood
              if flood.kind == COUNTED_AS.get(kind, kind)]
    if not limits:
        return
    asked: dict[str, object] = {}
    for one, (flood, value) in enumerate(limits):
        most = flood.count * (BEYOND if known and flood.kind in SHARED else 1)
        asked |= {f"value_{one}": value, f"since_{one}": now - timedelta(seconds=flood.seconds), f"skip_{one}": most - 1}
    for (flood, _), at in zip(limits, db.execute(_look(len(limits)), asked).one(), strict=True):
        if at is not None:
            raise TooMany(_sentence(flood), retry_after=_seconds(at, flood, now), limit=flood.kind)


def note(db: Session, keys: Iterable[Key], report_id: uuid.UUID | None = None) -> None:
    """One more of each."""
    at = clock.now()
    rows = [{"id": new_id(), "kind": kind, "value": value, "at": at, "report_id": report_id} for kind, value in keys]
    if rows:
        db.execute(insert(Trace), rows)


def of_report(db: Session, report_id: uuid.UUID) -> Sequence[str]:
    """The indexes under which this report was counted."""
    return db.scalars(select(Trace.value).where(Trace.report_id == report_id)).all()


def forget_old(db: Session, batch: int) -> int:
    """What counts for nothing any more; call again while there are `batch`."""
    old = select(Trace.id).where(Trace.at < clock.now() - timedelta(days=settings.current().abuse_days)).limit(batch)
    return len(db.scalars(delete(Trace).where(Trace.id.in_(old)).returning(Trace.id)).all())


@lru_cache(maxsize=32)
def _look(limits: int) -> Select[*tuple[Any, ...]]:
    """For each of so many limits: when the one was sent that has to leave the window before another may come, None while there
    is room. Made once: to put it together costs more than to ask it."""
    looks = []
    for one in range(limits):
        mine = Trace.value == bindparam(f"value_{one}"), Trace.at > bindparam(f"since_{one}", type_=Trace.at.type)
        last = select(Trace.at).where(*mine).order_by(Trace.at.desc()).offset(bindparam(f"skip_{one}", type_=Integer)).limit(1)
        looks.append(last.scalar_subquery().label(f"at_{one}"))
    return select(*looks)


def _seconds(at: datetime, flood: Flood, now: datetime) -> int:
    return max(1, math.ceil((at - now).total_seconds() + flood.seconds))


def _sentence(flood: Flood) -> str:
    (chinese, english), (often, a_span) = NAMES[flood.kind], SPANS[flood.seconds]
    return f"{chinese}{often}最多{flood.count}件，请稍后再发。 At most {flood.count} {a_span} from {english}; try again later."
