"""The 12345 platform, or an operator at the telephone, hands over tickets: one, or a batch with an answer for each.

A number that is known and comes with something else in it is an update, see updates.py; among operators, who share one
numbering, only of whoever took the ticket: another's number was taken by mistake, and so would be what is said under it.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import sameness, search
from casework.cases.case import Case
from casework.cases.report import Channel, Receipt, Report, Said, receive
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role
from casework.intake.hotline import updates

OPERATORS = "operators"
"""Operators share the hotline's own numbering."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One call, as the hotline wrote it down. `number` is the hotline's own and makes a resend harmless; `confidential`:
    the caller wants not to be known (保密); `same_as`: number of the case that it is about, as the operator heard."""

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
    same_as: str | None = None


@dataclass(frozen=True)
class Updated:
    """A ticket that was known, under the number of its report; what was new in it stands beside it."""

    number: str


Answer = Receipt | Updated | Conflict | Invalid


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


def take_over(db: Session, actor: Actor, tickets: Sequence[Ticket]) -> list[Answer]:
    """Keep these tickets, each once, in the order given, or what is new of one that is known.

    A Conflict for an operator's number under which a colleague took another ticket, Invalid for a case that the actor
    does not know of; nothing of such a ticket is kept.
    """
    source = numbering_of(actor.id if Role.PLATFORM in actor.roles else None)
    named = _named(db, actor, tickets)
    good = [one for one in tickets if not isinstance(named.get(one.same_as or ""), Invalid)]
    sent = [said(actor, source, one) for one in good]
    answers = _with_updates(db, actor, sent, receive(db, sent))
    chosen = {answer.id: named[one.same_as] for one, answer in zip(good, answers, strict=True)
              if one.same_as and isinstance(answer, Receipt) and answer.is_new}
    sameness.choose(db, {report_id: case.id for report_id, case in chosen.items() if isinstance(case, Case)})
    stored = iter(answers)
    return [refusal if isinstance(refusal := named.get(one.same_as or ""), Invalid) else next(stored) for one in tickets]


def _with_updates(db: Session, actor: Actor, sent: Sequence[Said], received: Sequence[Receipt | Conflict]) -> list[Answer]:
    again = [(answer.facts["number"], one) for one, answer in zip(sent, received, strict=True) if isinstance(answer, Conflict)]
    of_others = _of_others(db, actor, [number for number, _ in again])
    updates.take(db, actor, [(number, one) for number, one in again if number not in of_others])
    return [Updated(answer.facts["number"]) if isinstance(answer, Conflict) and answer.facts["number"] not in of_others
            else answer for answer in received]


def _of_others(db: Session, actor: Actor, numbers: Sequence[str]) -> set[str]:
    """Which of these reports a colleague took down."""
    if actor.kind != "user" or not numbers:
        return set()
    return set(db.scalars(select(Report.number).where(
        Report.number.in_(numbers), Report.taken_by_id.is_not(None), Report.taken_by_id != actor.id)))


def _named(db: Session, actor: Actor, tickets: Sequence[Ticket]) -> dict[str, Case | Invalid]:
    found: dict[str, Case | Invalid] = {}
    for number in {one.same_as for one in tickets if one.same_as}:
        try:
            found[number] = search.find(db, actor, number)
        except NotFound:
            found[number] = Invalid("this cannot be the same problem", Fault("same_as", "is no case that you know of"))
    return found
