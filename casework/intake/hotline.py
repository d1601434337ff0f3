"""The 12345 platform, or an operator at the telephone, hands over tickets: one, or a batch with an answer for each."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.cases.report import Channel, Receipt, Said, receive
from casework.errors import Conflict
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One call, as the hotline wrote it down. `number` is the hotline's own and makes a resend harmless."""

    number: str
    subject: str
    detail: str
    called_at: datetime | None = None
    category: str | None = None
    place: Point | None = None
    address: str | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    urgent: bool = False


def take_over(db: Session, actor: Actor, tickets: Sequence[Ticket]) -> list[Receipt | Conflict]:
    """Keep these tickets, each once, in the order given; a Conflict for a number that was another ticket's before."""
    # One platform has one numbering; operators share the hotline's own.
    source = f"client:{actor.id}" if Role.PLATFORM in actor.roles else "operators"
    return receive(db, [Said(
        channel=Channel.HOTLINE, source=source, key=one.number, external_number=one.number, title=one.subject,
        text=one.detail, happened_at=one.called_at, claimed_category=one.category, place=one.place,
        address=one.address, reporter_name=one.caller_name, reporter_phone=one.caller_phone, urgent=one.urgent,
    ) for one in tickets])
