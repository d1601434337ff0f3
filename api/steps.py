"""The actions of the workflow over HTTP: one on one case, or one on many cases with an answer for each."""
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from inspect import cleandoc
from typing import Any

import marshmallow as ma
import orjson
from flask import g, request
from sqlalchemy.orm import Session

from api import errors
from api.auth import caller, known
from api.blueprint import Blueprint
from api.cases import CaseOut, public_number, tagged, told
from api.errors import ProblemOut
from api.fields import CaseNumber, Moment, Place, Text, Whole
from casework import clock, dispatch, inspection, resolution
from casework.cases import dossier, search, versions
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.versions import Seen
from casework.cases.workflow import STEPS, Facts, Status
from casework.errors import NotFound, Refused
from casework.fieldwork import presence
from casework.fieldwork.presence import Fix, Subject
from casework.identity.people import Role
from casework.storage.database import new_id, transaction
from casework.triage import desk

blueprint = Blueprint("steps", __name__, url_prefix="/api/v1", description="流转 The steps of a case")

VERBS: dict[str, Verb] = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS
"""Every action of the workflow but `report`, which triage takes when it opens a case."""

MOST = 100

class StepIn(ma.Schema):
    """What comes with an action; the case's `actions` say which of it each one needs."""

    reason = Text(2000)
    category = Text(12)
    standard = ma.fields.UUID()
    priority = ma.fields.String(validate=ma.validate.OneOf(["normal", "urgent"]))
    place = Place()
    address = Text(300)
    into = CaseNumber(metadata={"description": "number of the case to merge into"})
    lead = ma.fields.UUID(metadata={"description": "id of the leading department"})
    assistants = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(max=20))
    ground = Text(2000, metadata={"description": "legal ground of a return"})
    proposed = ma.fields.UUID(metadata={"description": "department that should have it"})
    photos = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(max=9))
    position = Place(metadata={"description": "where I stand"})
    finding = Text(2000)
    reply = Text(4000, metadata={"description": "what the citizen will read"})
    question = Text(2000)
    until = Moment()
    inspector = ma.fields.UUID()
    reports = ma.fields.List(CaseNumber(), validate=ma.validate.Length(max=100),
                             metadata={"description": "numbers of reports of this case"})
    handler = ma.fields.UUID(metadata={"description": "id of the colleague who has it from now on"})
    clock = ma.fields.UUID(metadata={"description": "id of the clock whose overdue mark is appealed against"})

    @ma.post_load
    def _facts(self, data: dict[str, Any], **_: Any) -> Facts:
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        return Facts(**given)


class ItemIn(ma.Schema):
    """One case of many."""

    number = Text(32, required=True, metadata={"description": "of the case"})
    version = Whole(1, metadata={"description": "in which it was seen; changed since, it is left as it is"})
    facts = ma.fields.Nested(StepIn(), metadata={"description": "of this case alone; goes before what holds for all"})


@dataclass(frozen=True)
class Item:
    """One case of many, as far as it can be read; `faults` instead where it cannot."""

    number: str | None
    seen: Seen = None
    facts: Facts | None = None
    faults: ma.ValidationError | None = None


ITEM = ItemIn()


class Each(ma.fields.List[Any]):
    """A list whose items are judged one by one: one that cannot be read does not hold up the others."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ma.ValidationError("must be a list")
        return [self._one(item) for item in value]

    @staticmethod
    def _one(item: Any) -> Item:
        try:
            read = ITEM.load(item)
        except ma.ValidationError as error:
            number = item.get("number") if isinstance(item, Mapping) else None
            return Item(number if isinstance(number, str) else None, faults=error)
        return Item(read["number"], {read["version"]} if "version" in read else None, read.get("facts"))


class StepsIn(ma.Schema):
    """One action for many cases."""

    judges_each = True
    """Also for NUL: see bodies.read_json."""

    action = ma.fields.String(required=True, validate=ma.validate.OneOf(list(VERBS)))
    facts = ma.fields.Nested(StepIn(), load_default=Facts, metadata={"description": "what holds for all of them"})
    items = Each(ma.fields.Nested(ItemIn()), required=True, validate=ma.validate.Length(1, MOST))


class StandOut(ma.Schema):
    """Where a case stands after its step."""

    status = ma.fields.Enum(Status, by_value=True)
    version = ma.fields.Integer()


class StepResultOut(ma.Schema):
    """What became of one case, in the order sent."""

    number = ma.fields.String(allow_none=True, metadata={"description": "as it was sent, if it can be read"})
    status = ma.fields.Integer(metadata={"description": "what the step alone would have answered: 200, 403, 404, 409, 422 …"})
    case = ma.fields.Nested(StandOut(), allow_none=True)
    problem = ma.fields.Nested(ProblemOut(), allow_none=True)


class StepResultsOut(ma.Schema):
    """One result for each case."""

    results = ma.fields.List(ma.fields.Nested(StepResultOut()))


def take(number: str, action: str, body: Facts) -> dict[str, Any]:
    """Take an action of the workflow on a case.

    403 when I may not, 409 when the case is not in a state for it, 422 with the fields that it cannot do without.

    With `If-Match` (the ETag of the case as I read it, or `"VERSION"`) the step is taken only if nothing has happened to
    the case since; else 409, and `changed` lists what has. Without it the case is taken as it stands.
    """
    g.case_number = public_number(number)
    with transaction() as db:
        found = taken(db, g.case_number, action, body, seen_by_caller())
        return tagged(found, told(db, dossier.sheet_of(db, found)))


def steps(body: dict[str, Any]) -> dict[str, Any]:
    """Take one action on up to 100 cases; each for itself, with a result for each.

    200 also when all are refused: read the results. A case that cannot be changed holds up no other; once the database does
    not answer, the rest is not tried. What was done stays done, and sent again is answered with 409.
    """
    refuse_citizens(body["action"])
    results: list[dict[str, Any]] = []
    for item in body["items"]:
        away = bool(results) and results[-1]["status"] == errors.PROBLEMS["unavailable"].status
        # Each would wait for a database that is away as long as the first did.
        results.append(results[-1] | {"number": item.number} if away else _result(body["action"], body["facts"], item))
    return {"results": results}


ANYBODY = known("each action carries its own grants in the workflow table", but=frozenset({Role.CITIZEN}))
take.__doc__ = "\n".join((cleandoc(take.__doc__ or ""), "", *(
    f"- `{action}` {STEPS[action].says}" + (f"; needs {', '.join(STEPS[action].needs)}" if STEPS[action].needs else "")
    for action in VERBS)))
blueprint.operation("POST", "/cases/<number>/<action>", ANYBODY, body=StepIn(), answer=CaseOut(), tagged=True,
                    example={"reason": "同一处", "into": "AJ260302-7K3F9-Q2MXA"})(take)
blueprint.operation("POST", "/cases/steps", ANYBODY, body=StepsIn(), answer=StepResultsOut(), kilobytes=1024, example={
    "action": "dispatch", "facts": {"lead": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"},
    "items": [{"number": "AJ260302-7K3F9-Q2MXA", "version": 3}, {"number": "AJ260302-9PQ4C-1TZ7K"}]})(steps)


def taken(db: Session, number: str, action: str, body: Facts, seen: Seen) -> Case:
    """The case after the caller took this step on it; not yet committed. Raises NotFound for no such case or action."""
    refuse_citizens(action)
    if action not in VERBS:
        raise NotFound(f"there is no action {action}")
    found = search.find(db, caller(), number, to_change=True)
    versions.take(db, found, caller(), action, body, verb=VERBS[action], seen=seen)
    if caller().device_id and body.position:
        here = Fix(body.position, clock.now())
        presence.note(db, caller(), Subject.STEP, new_id(), here, case_id=found.id, photos=body.photos)
    db.flush()
    return found


def refuse_citizens(action: str) -> None:
    """What a step answers shows the whole case, with what others reported."""
    if caller().kind == "citizen":
        raise Refused("citizens act on their report, at /api/v1/citizen/reports", action=action)


def seen_by_caller() -> Seen:
    """The versions that If-Match names; a tag that is none of ours names none, and `*` or no header says nothing."""
    if not request.if_match or request.if_match.star_tag:
        return None
    versions_named = (tag.partition("-")[0] for tag in request.if_match.as_set())
    return {int(one) for one in versions_named if one.isdecimal() and len(one) < 10}


def _result(action: str, common: Facts, item: Item) -> dict[str, Any]:
    """What became of one item; whatever is wrong with it, the others are not held up by it."""
    try:
        stand = _taken_alone(action, common, item)
    except Exception as error:
        answer = errors.answer_to(error)
        return {"number": item.number, "status": answer.status_code, "case": None, "problem": orjson.loads(answer.data)}
    return {"number": item.number, "status": 200, "case": stand, "problem": None}


def _taken_alone(action: str, common: Facts, item: Item) -> dict[str, Any]:
    if item.faults:
        raise item.faults
    with transaction() as db:
        found = taken(db, public_number(item.number or ""), action, _joined(common, item.facts), item.seen)
        return {"status": found.status, "version": found.history_length}


def _joined(common: Facts, own: Facts | None) -> Facts:
    given = {one.name: value for one in fields(Facts) if own and (value := getattr(own, one.name)) not in (None, ())}
    return replace(common, **given)


assert {one.name for one in fields(Facts)} - {"rule"} == set(StepIn().fields)  # noqa: S101 - one shape, said twice, must agree
