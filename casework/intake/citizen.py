"""A citizen snaps and reports (随手拍): the photo first, a few words, a point on the map or an address, a contact or none."""
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from casework.cases import about, sameness
from casework.cases.report import Channel, Receipt, Said, receive_one
from casework.errors import Fault, Invalid, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Citizen
from casework.identity.privacy import phone_index
from casework.intake import guard
from casework.intake.guard import Sender
from casework.media import claim


def report(db: Session, actor: Actor, *, key: uuid.UUID, text: str, place: Point | None = None,
           address: str | None = None, name: str | None = None, phone: str | None = None,
           photos: Sequence[tuple[uuid.UUID, str]] = (), same_as: str | None = None,
           category: str | None = None, component: str | None = None, sender: Sender | None = None) -> Receipt:
    """Keep what a citizen reports; `photos` are ids of photos sent before, each with the token it was answered with,
    `same_as` is the token of a case that the citizen says it is about, and `category` the code that was chosen. One that the
    taxonomy does not have any more is kept as it was said, for a person to see: a phone may send days later. `sender` is who
    the request comes from, beside the phone that is named. A `component` of the register, by its id or the code that is
    painted on it, says where it is, and what it is where no category was chosen.

    Raises Invalid when there is neither place nor address, for a photo that was not sent or is too old and for a choice that
    was never offered, Conflict when the key was used for another report. A choice that is too old counts for nothing.
    """
    thing = about.component(db, component, str(key)) if component else None
    place = place or (thing.place if thing else None)
    if place is None and address is None:
        raise Invalid("say where it is", Fault("place", "give a point on the map, or an address in words"))
    # Who has proved a phone and gives no other is told by it, and finds the report under it.
    known = db.get(Citizen, actor.id) if actor.phone_index and phone is None else None
    # The key alone tells one sender from another: it is a UUID made by the sender's own browser.
    receipt = receive_one(db, Said(
        channel=Channel.CITIZEN, source="web", key=str(key), text=text, place=place, address=address,
        claimed_category=category or (thing.category if thing else None),
        reporter_name=name, reporter_phone=phone, proved_phone=known.phone.open() if known else None, reporter_id=actor.id))
    if thing and receipt.is_new:
        about.concerns(db, receipt.id, thing.id)
    if receipt.is_new:
        joins = same_as is not None and sameness.claim(db, receipt.id, same_as)
        sender = replace(sender or Sender(), phone=phone_index(phone), proved=actor.phone_index)
        guard.admit(db, receipt.id, sender, place, known=joins)
    for at, (photo_id, token) in enumerate(photos if receipt.is_new else ()):
        try:
            claim(db, photo_id, token, report_id=receipt.id)
        except NotFound as error:
            raise Invalid(error.sentence, Fault(f"photos.{at}", error.sentence)) from None
    return receipt
