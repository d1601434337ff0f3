"""The shapes of what a device may have done, one for each kind of operation."""
from typing import Any, ClassVar

import marshmallow as ma

from api.bodies import nul_in
from api.fields import CaseNumber, Place, Text, Whole
from api.pda import MOST_FILES, FileIn
from api.steps import VERBS as STEPS
from api.steps import StepIn
from casework.cases.workflow import Facts
from casework.fieldwork.tasks import Outcome
from casework.fieldwork.tracks import MOST_POINTS
from casework.registry.conflicts import KEEP
from casework.registry.fields import Register
from casework.registry.relations import RelationKind
from casework.registry.visits import Purpose

BOUNDS = (180.0, 90.0, 1e9, 1e14)
"""Degrees east and north, metres, and milliseconds since 1970, far beyond what a clock that is wrong may say."""


class Values(ma.fields.Dict):
    """Values by field. What each may be, the register says; here only that it can be kept at all."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if faults := nul_in(value):
            raise ma.ValidationError({fault.field: [fault.reason] for fault in faults})
        return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # marshmallow's Dict alone


class Points(ma.fields.Field[list[list[float]]]):
    """Points of a track: [longitude, latitude, accuracy in metres, milliseconds since 1970 by the device's clock], WGS-84."""

    documented: ClassVar[dict[str, Any]] = {
        "type": "array", "maxItems": MOST_POINTS, "items": {
            "type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
        "example": [[114.0579, 22.5431, 8.5, 1772416800000]]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[list[float]]:
        if not isinstance(value, list) or len(value) > MOST_POINTS:
            raise ma.ValidationError(f"must be a list of at most {MOST_POINTS} points")
        for at, point in enumerate(value):
            if not isinstance(point, list) or len(point) != 4 or not all(
                    type(one) in {int, float} and -bound <= one <= bound for one, bound in zip(point, BOUNDS, strict=True)):
                raise ma.ValidationError({at: ["must be [longitude, latitude, accuracy in metres, milliseconds since 1970]"]})
        return value


class SeenIn(ma.Schema):
    """What a position says besides where it is."""

    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    mock = ma.fields.Boolean(load_default=False, metadata={"description": "the system says that the position is made up"})


class ShownIn(SeenIn):
    """What photos show of it, named by their hashes and sent by /api/v1/uploads."""

    files = ma.fields.List(ma.fields.Nested(FileIn()), load_default=list, validate=ma.validate.Length(max=MOST_FILES))


class ReportIn(ShownIn):
    """A problem seen on the round. The operation's id is the report's key."""

    text = Text(4000, required=True)
    place = Place(required=True, metadata={"description": "where the device is"})
    category = Text(12, metadata={"description": "code of the taxonomy; leave it out when unsure"})
    handled = ma.fields.Boolean(load_default=False, metadata={"description": "put right on the spot; needs photos"})
    urgent = ma.fields.Boolean(load_default=False, metadata={"description": "danger to life, gas, water, power, collapse"})


class CaseStepIn(ShownIn):
    """An action of the workflow on a case. It waits until its files are there: they are what it shows."""

    case = CaseNumber(required=True)
    action = ma.fields.String(required=True, validate=ma.validate.OneOf(list(STEPS)))
    facts = ma.fields.Nested(StepIn(exclude=("photos",)), load_default=Facts)
    version = Whole(1, metadata={"description": "in which the case was seen; changed since, nothing is done"})


class EntryIn(SeenIn):
    """A statement about a subject of the registers. The operation's `base` is the head that it is based on; none: it is new."""

    subject = ma.fields.UUID(required=True, metadata={"description": "id of the entry, made by who states it first"})
    register = ma.fields.Enum(Register, by_value=True, required=True)
    values = Values(required=True, metadata={"description": "by field; null for nothing"})
    place = Place()
    area = Text(15, metadata={"description": "code of an area, where there is no place or it says otherwise"})
    form = Text(100, metadata={"description": "on which it was filled in, as id@version"})


class RelationIn(ma.Schema):
    """How two entries stand to each other."""

    kind = ma.fields.Enum(RelationKind, by_value=True, required=True)
    from_id = ma.fields.UUID(required=True, data_key="from")
    to_id = ma.fields.UUID(required=True, data_key="to")
    since = ma.fields.Date(allow_none=True)
    until = ma.fields.Date(allow_none=True)


class VisitIn(SeenIn):
    """Somebody called on an entry."""

    subject = ma.fields.UUID(required=True)
    purpose = ma.fields.Enum(Purpose, by_value=True, required=True)
    place = Place()
    values = Values(load_default=dict, metadata={"description": "answers by question"})
    note = Text(2000)


class DecisionIn(ma.Schema):
    """What holds, where two sources contradict each other. `base`: the head of the entry when the worker looked."""

    conflict = ma.fields.UUID(required=True)
    keep = ma.fields.String(required=True, validate=ma.validate.OneOf(list(KEEP)))
    values = Values(metadata={"description": "with `other`: by field"})


class TaskIn(ShownIn):
    """The answer to a task. It waits until its files are there."""

    task = ma.fields.UUID(required=True)
    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    place = Place()
    note = Text(2000, metadata={"description": "why it cannot be done, or what was found"})
    values = Values(load_default=dict, metadata={"description": "answers by question of its form"})


class RoundIn(ma.Schema):
    """签到, 签退: on duty from here on, or no more."""

    round = ma.fields.UUID(required=True, metadata={"description": "made on the device"})
    event = ma.fields.String(required=True, validate=ma.validate.OneOf(["start", "end"]))
    place = Place()


class TrackIn(ma.Schema):
    """Where a round went: only what lies between its start and its end is kept."""

    round = ma.fields.UUID(required=True)
    points = Points(required=True)


class CheckInIn(SeenIn):
    """Here I am."""

    place = Place(required=True)
    note = Text(500)
    round = ma.fields.UUID(metadata={"description": "on which it was"})
