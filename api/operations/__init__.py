"""What a device may have done offline: kind → shape and verb, in the order in which they are done. Whoever takes such
operations in (our own page by sync, ODK Collect by OpenRosa) goes by this table."""
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from api.operations import cases, duty, registers, shapes
from casework.fieldwork import operations
from casework.fieldwork.operations import Answer, Operation, Outcome, Verb, one_by_one
from casework.identity.people import Actor


@dataclass(frozen=True)
class Kind:
    """A kind of operation: the shape of its data, and who does it."""

    shape: ma.Schema
    verb: Verb


OPERATIONS: dict[str, Kind] = {
    "report": Kind(shapes.ReportIn(), cases.reports),
    "round": Kind(shapes.RoundIn(), duty.began_or_ended),
    "track": Kind(shapes.TrackIn(), duty.tracked),
    "check_in": Kind(shapes.CheckInIn(), duty.checked_in),
    "entry": Kind(shapes.EntryIn(), registers.entries),
    "relation": Kind(shapes.RelationIn(), registers.related),
    "visit": Kind(shapes.VisitIn(), registers.visited),
    "decision": Kind(shapes.DecisionIn(), one_by_one(registers.decided)),
    "task": Kind(shapes.TaskIn(), duty.answered),
    "step": Kind(shapes.CaseStepIn(), cases.steps),
}

VERBS: dict[str, Verb] = {name: kind.verb for name, kind in OPERATIONS.items()}


def perform_one(db: Session, actor: Actor, kind: str, id: uuid.UUID, at: datetime,  # noqa: A002, PLR0917 - as it is said
                data: Mapping[str, Any], base: uuid.UUID | None = None, device_id: uuid.UUID | None = None) -> Answer:
    """Do one operation that came in by another way than sync; `at` is the device's own time, and is taken as it is.

    `data` as a device would send it. What is wrong with its shape is the answer's error too, as a ValidationError.
    """
    try:
        loaded = OPERATIONS[kind].shape.load(data)
    except ma.ValidationError as error:
        return Answer(Outcome.REFUSED, error=error)
    one = Operation(id=id, kind=kind, at=at, device_at=at, data=loaded, base=base, device_id=device_id)
    return operations.perform(db, actor, [one], VERBS)[0]
