"""What does not get through to the platforms, for whoever mends it: how each stands, what is stuck, and reviving that."""
import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from casework import clock
from casework.errors import Conflict, NotFound
from casework.exchange.feed import FeedEntry
from casework.exchange.subscriptions import Subscription
from casework.identity.sessions.clients import Client

MOST = 1000
"""Revived at once, and counted at most."""


class State(StrEnum):
    """How a line that is owed stands."""

    DEAD = "dead"        # given up; later ones of its case and ticket wait behind it
    WAITING = "waiting"  # not delivered yet, or refused and to be tried again, or behind another


def overview(db: Session) -> list[dict[str, Any]]:
    """Every webhook, by the platform's name: what waits (counted up to MOST), what is given up, since when, and why. In one
    statement, however many there are."""
    rows = db.execute(select(Subscription.client_id.label("client"), Client.name, Subscription.url, Subscription.events,
                             Subscription.active, Subscription.rests_until, _counted(State.WAITING).label("waiting"),
                             _counted(State.DEAD).label("dead"), _first(FeedEntry.at).label("oldest_at"),
                             _first(FeedEntry.fault, FeedEntry.fault.is_not(None)).label("fault"))
                      .join(Client, Client.id == Subscription.client_id).order_by(Client.name))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - the public way


def page(db: Session, state: State, *, after: int = 0, limit: int = 50) -> tuple[list[dict[str, Any]], int | None]:
    """Up to `limit` lines that are owed, in their order, and where the next page goes on."""
    names = ("seq", "id", "event", "attempts", "fault", "at", "next_try_at", "failed_at")
    wanted = (select(FeedEntry, Client.name).join(Client, Client.id == FeedEntry.client_id)
              .where(_in(state), FeedEntry.seq > after).order_by(FeedEntry.seq).limit(limit + 1))
    found = db.execute(wanted).all()
    items = [{name: getattr(one, name) for name in names}
             | {"client": client, "case": one.body["case"], "ticket": one.body["ticket"]} for one, client in found[:limit]]
    return items, items[-1]["seq"] if len(found) > limit else None


def revive(db: Session, line_id: uuid.UUID) -> None:
    """Try this one again, from the first attempt on. Raises NotFound, Conflict for one that was not given up."""
    entry = db.scalar(select(FeedEntry).where(FeedEntry.id == line_id).with_for_update())
    if entry is None:
        raise NotFound("no such line")
    if entry.failed_at is None:
        raise Conflict("this line was not given up")
    _again(db, [entry.seq])


def revive_all(db: Session, client_id: uuid.UUID | None = None) -> int:
    """Try up to MOST of the dead again, of one platform or all, in their order; how many."""
    dead = select(FeedEntry.seq).where(_in(State.DEAD), *([FeedEntry.client_id == client_id] if client_id else []))
    seqs = db.scalars(dead.order_by(FeedEntry.seq).limit(MOST)).all()
    _again(db, seqs)
    return len(seqs)


def _in(state: State) -> Any:
    return FeedEntry.failed_at.is_not(None) if state is State.DEAD else FeedEntry.next_try_at.is_not(None)


def _counted(state: State) -> ScalarSelect[int]:
    """Of each subscription's platform."""
    rows = select(FeedEntry.seq).where(FeedEntry.client_id == Subscription.client_id, _in(state)).limit(MOST)
    return select(func.count()).select_from(rows.correlate(Subscription).subquery()).scalar_subquery()


def _first(what: InstrumentedAttribute[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """What the first line says that is owed to each subscription's platform."""
    owed = FeedEntry.client_id == Subscription.client_id, FeedEntry.owed
    return select(what).where(*owed, *where).order_by(FeedEntry.seq).limit(1).correlate(Subscription).scalar_subquery()


def _again(db: Session, seqs: Sequence[int]) -> None:
    db.execute(update(FeedEntry).where(FeedEntry.seq.in_(seqs)).values(failed_at=None, attempts=0, next_try_at=clock.now())
               .execution_options(synchronize_session=False))
