"""Reports of apps that speak Open311: a service, a place, words, and each once however often an app sends it again."""
import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock, settings, taxonomy
from casework.cases.particulars import Particulars, source_of
from casework.cases.report import Channel, Receipt, Report, Said, receive_one
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.privacy import phone_index, seal
from casework.identity.sealing import derived_key
from casework.intake import guard
from casework.intake.guard import Sender
from casework.media import Original, check_in
from casework.storage.database import one_at_a_time
from casework.taxonomy.services import service


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One POST of an app, read but not yet judged. `sent` is everything that came, to tell a resend; `key` is the app's own
    word for it, if it says one. `answers` are by the question's code; WGS-84."""

    service: str
    description: str | None = None
    place: Point | None = None
    address: str | None = None
    address_code: str | None = None
    answers: Mapping[str, Sequence[str]]
    links: Sequence[str] = ()
    name: str | None = None
    phone: str | None = None
    mail: str | None = None
    account: str | None = None
    device: str | None = None
    sent: str
    key: str | None = None


def report(db: Session, actor: Actor, posted: Posted, photos: Sequence[Original] = ()) -> Receipt:
    """Keep what the holder of an API key sends; sent again within settings.open311_repeat_minutes, or under the same key of
    the app's own, it is the same report.

    Raises NotFound for a service that is not offered, Invalid for an answer that was not, Conflict when the app's own key was
    used for another report; Refused and TooMany as the guard does.
    """
    offered = service(taxonomy.catalogue(db), posted.service)
    condition = offered.condition(posted.answers)
    title = f"{offered.category.name}：{condition}" if condition else None
    source = source_of(actor)
    receipt = receive_one(db, Said(
        channel=Channel.OPEN311, source=source, key=_key(db, source, posted),
        text=posted.description or title or offered.category.name, title=title,
        claimed_category=offered.category.code, place=posted.place,
        address=posted.address or (f"地址编码 {posted.address_code}" if posted.address_code else None),
        reporter_name=posted.name, reporter_phone=posted.phone,
        files=(_told(posted.sent), *(one.sha256 for one in photos)) if posted.key else ()))
    if receipt.is_new:
        _keep(db, receipt.id, posted)
        sender = Sender(app=actor.id, device=posted.device, phone=phone_index(posted.phone))
        guard.admit(db, receipt.id, sender, posted.place)
        for original in photos:
            check_in(db, original, channel=Channel.OPEN311, report_id=receipt.id)
    return receipt


def _keep(db: Session, report_id: uuid.UUID, posted: Posted) -> None:
    account, device, mail = (seal(one) if one else None for one in (posted.account, posted.device, posted.mail))
    db.add(Particulars(report_id=report_id, account=account, device=device, mail=mail, address_code=posted.address_code,
                       links=list(posted.links), answers={code: list(said) for code, said in posted.answers.items()}))


def _key(db: Session, source: str, posted: Posted) -> str:
    """The app's own word for it; else a word made of all that it sent and the stretch of time in which it came first."""
    if posted.key:
        return f"own:{_told(posted.key)}"
    told = _told(posted.sent)
    one_at_a_time(db, f"{source}:{told}")  # at the turn of a stretch, a second one must see the first
    span = timedelta(minutes=settings.current().open311_repeat_minutes)
    now = clock.now()
    stretch = int(now.timestamp() // span.total_seconds())
    this, before = (f"same:{told}:{one}" for one in (stretch, stretch - 1))
    lately = select(Report.key).where(Report.channel == Channel.OPEN311, Report.source == source,
                                      Report.key.in_((this, before)), Report.received_at > now - span)
    return db.scalars(lately.order_by(Report.received_at)).first() or this


def _told(text: str) -> str:
    """Tells the very same text again, to the letter, and tells nobody what it was."""
    return hmac.digest(derived_key("open311"), text.encode(), hashlib.sha256).hex()
