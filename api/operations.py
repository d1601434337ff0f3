"""What a device may have done offline: kind → shape and verb, in the order in which they are done. Whoever takes such
operations in (our own page by sync, ODK Collect by OpenRosa) goes by this table."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import marshmallow as ma
from sqlalchemy.orm import Session

from api.fields import CaseNumber, Place, Text, Whole
from api.steps import VERBS as STEPS
from api.steps import StepIn
from casework.cases import report, search, versions
from casework.cases.report import Channel, Said
from casework.cases.workflow import Facts
from casework.errors import Conflict, Unavailable
from casework.fieldwork import operations
from casework.fieldwork.operations import Answer, Operation, Outcome, Verb, alone
from casework.identity.people import Actor

MOST_FILES = 9


class FileIn(ma.Schema):
    """A file that is sent by itself, at /api/v1/uploads; named here by the hash of its content."""

    sha256 = ma.fields.String(required=True, validate=ma.validate.Regexp("^[0-9a-f]{64}$", error="must be a SHA-256 in hex"))
    size = Whole(1, required=True, metadata={"description": "bytes"})
    type = Text(100, required=True, metadata={"description": "media type"})
    name = Text(200)
    purpose = ma.fields.String(validate=ma.validate.OneOf(["report", "before", "after"]), load_default="report")


class _Seen(ma.Schema):
    """What a position says besides where it is."""

    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    mock = ma.fields.Boolean(load_default=False, metadata={"description": "the system says that the position is made up"})


class _Shown(_Seen):
    """What files show of it."""

    files = ma.fields.List(ma.fields.Nested(FileIn()), load_default=list, validate=ma.validate.Length(max=MOST_FILES))


class ReportIn(_Shown):
    """A problem seen on the round. The operation's id is the report's key."""

    text = Text(4000, required=True)
    place = Place(required=True, metadata={"description": "where the device is"})
    category = Text(12, metadata={"description": "code of the taxonomy; leave it out when unsure"})
    handled = ma.fields.Boolean(load_default=False, metadata={"description": "put right on the spot; needs photos"})
    urgent = ma.fields.Boolean(load_default=False, metadata={"description": "danger to life, gas, water, power, collapse"})


class CaseStepIn(_Shown):
    """An action of the workflow on a case. It waits until its files are there: they are what it shows."""

    case = CaseNumber(required=True)
    action = ma.fields.String(required=True, validate=ma.validate.OneOf(list(STEPS)))
    facts = ma.fields.Nested(StepIn(exclude=("photos",)), load_default=Facts)
    version = Whole(1, metadata={"description": "in which the case was seen; changed since, nothing is done"})


@dataclass(frozen=True)
class Kind:
    """A kind of operation: the shape of its data, and who does it."""

    schema: ma.Schema
    verb: Verb


def reports(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Keep reports, each once."""
    receipts = report.receive(db, [_said(actor, one) for one in asked])
    return [Answer(Outcome.REFUSED, error=receipt) if isinstance(receipt, Conflict) else
            Answer(Outcome.DONE, {"number": receipt.number, "received_at": receipt.received_at}) for receipt in receipts]


def steps(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Take steps on cases, each by itself. Who holds one case already does not wait for the next, or two would for ever."""
    answers = (alone(db, partial(_step, db, actor, one, wait=at == 0)) for at, one in enumerate(asked))
    return [replace(one, outcome=Outcome.CONFLICT, current=one.error.facts) if isinstance(one.error, Conflict) else one
            for one in answers]


OPERATIONS: dict[str, Kind] = {
    "report": Kind(ReportIn(), reports),
    "step": Kind(CaseStepIn(), steps),
}

VERBS: dict[str, Verb] = {name: kind.verb for name, kind in OPERATIONS.items()}


def perform_one(db: Session, actor: Actor, kind: str, id: UUID, at: datetime,  # noqa: A002, PLR0917 - as an operation says it
                data: Mapping[str, Any], base: UUID | None = None, device_id: UUID | None = None) -> Answer:
    """Do one operation that came in by another way than sync; `at` is the device's own time, and is taken as it is.

    `data` as it was sent. What is wrong with its shape is the answer's error too.
    """
    try:
        loaded = OPERATIONS[kind].schema.load(data)
    except ma.ValidationError as error:
        return Answer(Outcome.REFUSED, error=error)
    one = Operation(id=id, kind=kind, at=at, device_at=at, data=loaded, base=base, device_id=device_id)
    return operations.perform(db, actor, [one], VERBS)[0]


def _said(actor: Actor, one: Operation) -> Said:
    data = one.data
    return Said(channel=Channel.PDA, source=str(actor.id), key=str(one.id), text=data["text"], place=data["place"],
                accuracy=data.get("accuracy"), happened_at=one.at, claimed_category=data.get("category"),
                handled_on_the_spot=data["handled"], urgent=data["urgent"], reporter_id=actor.id)


def _step(db: Session, actor: Actor, one: Operation, *, wait: bool) -> Answer:
    data = one.data
    try:
        found = search.find(db, actor, data["case"], to_change=True, wait=wait)
    except Conflict as error:
        raise Unavailable(error.sentence) from error  # somebody else is at it just now
    seen = {data["version"]} if "version" in data else None
    versions.take(db, found, actor, data["action"], data["facts"], verb=STEPS[data["action"]], seen=seen)
    db.flush()
    return Answer(Outcome.DONE, {"status": found.status, "version": found.history_length})
