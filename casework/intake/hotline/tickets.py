"""The 12345 platform, or an operator at the telephone, hands over tickets: one, or a batch with an answer for each."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.cases.report import Channel, Receipt, Said, receive
from casework.errors import Conflict
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role

OPERATORS = "operators"
"""Operators share the hotline's own numbering."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One call, as the hotline wrote it down. `number` is the hotline's own and makes a resend harmless; `confidential`:
    the caller wants not to be known (保密)."""

    number: str
    subject: str | None = None
    detail: str
    called_at: datetime | None = None
    category: str | None = None
    place: Point | None = None
    address: str | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    urgent: bool = False
    confidential: bool = False


def numbering_of(client_id: uuid.UUID | None) -> str:
    """Whose numbers these are: each platform has a numbering of its own."""
    return f"client:{client_id}" if client_id else OPERATORS


def said(actor: Actor, source: str, one: Ticket) -> Said:
    """The ticket in the words of the domain; the operator who took it down is kept with it."""
    return Said(
        channel=Channel.HOTLINE, source=source, key=one.number, external_number=one.number, title=one.subject,
        text=one.detail, happened_at=one.called_at, claimed_category=one.category, place=one.place,
        address=one.address, reporter_name=one.caller_name, reporter_phone=one.caller_phone, urgent=one.urgent,
        confidential=one.confidential, taken_by_id=actor.id if actor.kind == "user" else None)


def take_over(db: Session, actor: Actor, tickets: Sequence[Ticket]) -> list[Receipt | Conflict]:
    """Keep these tickets, each once, in the order given; a Conflict for a number that was another ticket's before."""
    source = numbering_of(actor.id if Role.PLATFORM in actor.roles else None)
    return receive(db, [said(actor, source, one) for one in tickets])
