"""A grid worker reports from the PDA: seen with his own eyes, at a known place, perhaps put right already."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.report import Channel, Receipt, Report, Said, receive
from casework.errors import Conflict, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.media import Named, Original, awaited, check_in


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One report of a grid worker. `key` is the device's own; `accuracy` in metres; `device_at` is the time by the device's
    clock and `at` the same corrected; `photos` came with it, `files` come later."""

    key: uuid.UUID
    text: str
    place: Point
    accuracy: float | None = None
    at: datetime | None = None
    device_at: datetime | None = None
    category: str | None = None
    handled: bool = False
    urgent: bool = False
    photos: Sequence[Original] = ()
    files: Sequence[Named] = ()


def report(db: Session, actor: Actor, **seen: Any) -> Receipt:
    """Keep what a grid worker reports, said by name as in a Sighting; again, it changes nothing and gets the same answer.

    Raises Conflict when the key was used for another report.
    """
    (answer,) = report_many(db, actor, [Sighting(**seen)])
    if isinstance(answer, Conflict):
        raise answer
    return answer


def report_many(db: Session, actor: Actor, sightings: Sequence[Sighting]) -> list[Receipt | Conflict]:
    """Keep these reports, each once, in the order given; a Conflict for a key that was another report's before."""
    assert actor.id is not None  # noqa: S101 - a grid worker has an account
    answers = receive(db, [Said(
        channel=Channel.PDA, source=str(actor.id), key=str(one.key), text=one.text, place=one.place, accuracy=one.accuracy,
        happened_at=one.at, device_at=one.device_at, claimed_category=one.category, handled_on_the_spot=one.handled,
        urgent=one.urgent, reporter_id=actor.id, files=tuple(file.sha256 for file in one.files)) for one in sightings])
    new = [(receipt.id, one) for receipt, one in zip(answers, sightings, strict=True)
           if isinstance(receipt, Receipt) and receipt.is_new]  # a resend brings the photos that came with the first
    for report_id, one in new:
        for original in one.photos:
            check_in(db, original, channel=Channel.PDA, uploaded_by=actor.id, report_id=report_id)
    awaited.expect_many(db, actor.id, {report_id: one.files for report_id, one in new})
    return answers


def corrected(device_at: datetime | None, sent_at: datetime | None, now: datetime) -> datetime | None:
    """The device's time by our clock: off by as much as the device was when it sent, and never still to come."""
    if device_at is None:
        return None
    return min(now, device_at + (now - sent_at) if sent_at else device_at)


def own_report(db: Session, actor: Actor, name: str) -> Report:
    """The actor's own report by its key or its public number. Raises NotFound, also for somebody else's."""
    mine = Report.channel == Channel.PDA, Report.source == str(actor.id)
    named = (Report.key == name.lower()) | (Report.number == name.upper())
    found = db.scalar(select(Report).where(*mine, named)) if name.isprintable() else None
    if found is None:
        raise NotFound("you have sent no such report")
    return found
