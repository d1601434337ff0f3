"""What a worker's device has missed: everything once, then what changes, by a cursor that never skips anything."""
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from casework.fieldwork.changes import audiences, log
from casework.fieldwork.changes.audiences import FOLLOWED as EVENTS
from casework.fieldwork.changes.audiences import RECENT
from casework.fieldwork.changes.categories import CATEGORIES
from casework.fieldwork.changes.followed import FOLLOWED
from casework.fieldwork.changes.log import remember
from casework.fieldwork.changes.page import Page, page
from casework.fieldwork.changes.reference import AREAS, FORMS, PROFILE
from casework.fieldwork.changes.sections import Batch, Item, Position, Section, Worker

__all__ = ["EVENTS", "RECENT", "SECTIONS", "Batch", "Item", "Page", "Position", "Section", "Worker", "follow", "forget_old",
           "page", "remember", "unfollowed"]

SECTIONS: tuple[Section, ...] = (PROFILE, AREAS, CATEGORIES, FORMS, FOLLOWED)
"""In the order in which a device is told; whoever serves them may add what lies outside of fieldwork."""


def follow(db: Session, event_ids: Sequence[int]) -> int:
    """Write down who is to hear of what these events changed; how many rows. Bears repetition: an event is followed once."""
    events = log.not_followed(db, event_ids)
    return log.write(db, audiences.of(db, events), [event.id for event in events]) if events else 0


def unfollowed(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events that were handed over in this span and that nobody followed. Not more than `limit`, the oldest first."""
    return log.unfollowed(db, EVENTS, since, until, limit)


def forget_old(db: Session, batch: int = 1000) -> int:
    """Let devices forget cases that came to their end long ago, and forget who was told of what is gone; how many of the more
    numerous of both. Call again while it is `batch`."""
    log.not_followed(db, ())  # from here on nobody else writes
    over = audiences.faded(db, batch)
    log.write(db, {one: set() for one in over})
    return max(len(over), log.forget(db, batch))
