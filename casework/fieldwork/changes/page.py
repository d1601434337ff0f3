"""A page of what a worker's device has missed, and the cursor that says what it has: one position for each section."""
import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Fault, Invalid
from casework.fieldwork.changes import log
from casework.fieldwork.changes.log import Told
from casework.fieldwork.changes.sections import Item, Position, Section, Worker, worker
from casework.identity.people import Actor

VERSION = 1
"""Of the cursor: one that was written otherwise starts the device over."""


@dataclass(frozen=True)
class Page:
    """`next` is the cursor to come again with. With `more` there is more to be had at once; with `reset` the device throws
    its copy away first: it was away for too long, or its worker works elsewhere now. `unknown` is to be remembered by the
    log before this is told."""

    items: list[Item]
    next: str
    more: bool
    reset: bool
    unknown: Collection[Told]


def page(db: Session, actor: Actor, cursor: str | None, limit: int, sections: Sequence[Section]) -> Page:
    """Up to `limit` items since the cursor; without one, of all that there is for this worker.

    Raises Invalid for a cursor that is none of ours.
    """
    who = worker(db, actor)
    before = _positions(cursor, who, sections) if cursor else None
    positions = before or [None] * len(sections)
    items: list[Item] = []
    told: list[Told] = []
    more = False
    for number, section in enumerate(sections):
        if len(items) >= limit:
            more = True  # nobody has looked whether there is any
            break
        batch = section.read(db, who, positions[number], limit - len(items))
        items += batch.items
        told += batch.told
        positions[number] = batch.position
        more = more or batch.more
    return Page(items, _written(who, positions), more, reset=bool(cursor) and before is None,
                unknown=log.unknown(db, told) if told else ())


def _written(who: Worker, positions: list[Position]) -> str:
    said = [VERSION, int(clock.now().timestamp()), who.reach, *positions]
    return base64.urlsafe_b64encode(orjson.dumps(said)).decode().rstrip("=")


def _positions(cursor: str, who: Worker, sections: Sequence[Section]) -> list[Position] | None:
    """Where each section goes on; None when the device is to start over."""
    try:
        version, at, reach, *positions = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        written = datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, OverflowError, binascii.Error) as error:
        raise _none_of_ours() from error
    if not all(section.fits(one) for section, one in zip(sections, positions, strict=False)):
        raise _none_of_ours()
    lately = clock.now() - log.KEPT < written <= clock.now() + timedelta(days=1)
    return positions if (version, reach, len(positions)) == (VERSION, who.reach, len(sections)) and lately else None


def _none_of_ours() -> Invalid:
    return Invalid("this cursor cannot be followed", Fault(
        "cursor", "is not a cursor of ours; take `next` of the answer before, or none to start over"))
