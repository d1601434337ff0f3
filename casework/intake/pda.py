"""A grid worker reports from the PDA: seen with his own eyes, at a known place, perhaps put right already."""
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from casework.cases.report import Channel, Receipt, Said, receive_one
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.media import Original, check_in


def report(db: Session, actor: Actor, *, key: uuid.UUID, text: str, place: Point, accuracy: float | None = None,
           at: datetime | None = None, category: str | None = None, handled: bool = False, urgent: bool = False,
           photos: Sequence[Original] = ()) -> Receipt:
    """Keep what a grid worker reports, with its photos; sending it again changes nothing and gives the same answer.

    `accuracy` in metres, `at` is the device's own time. Raises Conflict when the key was used for another report.
    """
    receipt = receive_one(db, Said(
        channel=Channel.PDA, source=str(actor.id), key=str(key), text=text, place=place, accuracy=accuracy,
        happened_at=at, claimed_category=category, handled_on_the_spot=handled, urgent=urgent, reporter_id=actor.id))
    for original in photos if receipt.is_new else ():  # a resend brings the photos that came with the first
        check_in(db, original, channel=Channel.PDA, uploaded_by=actor.id, report_id=receipt.id)
    return receipt
