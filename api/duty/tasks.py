"""Tasks over HTTP: a worker's own in the order to walk them, and all of them for those who manage them."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.duty.group import blueprint
from api.fields import Cursor, Moment, PageIn, Place, Text, page_of, rows
from api.operations.shapes import Values
from casework import clock
from casework.fieldwork import routes, tasks
from casework.fieldwork.tasks import Answered, Duty, Kind, Outcome, State, Task, Wanted
from casework.geography.coordinates import Point, metres_between
from casework.storage.database import reading, transaction


class StandingIn(ma.Schema):
    """Where I am, WGS-84; without it the order begins at what is due first."""

    lon = ma.fields.Float(validate=ma.validate.Range(-180, 180), metadata={"description": "degrees east"})
    lat = ma.fields.Float(validate=ma.validate.Range(-90, 90), metadata={"description": "degrees north"})

    @ma.validates_schema
    def _both(self, data: dict[str, Any], **_: Any) -> None:
        if ("lon" in data) != ("lat" in data):
            raise ma.ValidationError("give both or none", "lat" if "lon" in data else "lon")


class TodoOut(ma.Schema):
    """One thing that I have to do: a task, or a case that I am to look at."""

    id = ma.fields.UUID(metadata={"description": "of the task or the case"})
    kind = ma.fields.Enum(Kind, by_value=True, metadata={"description": "verify and inspect are cases"})
    title = ma.fields.String()
    text = ma.fields.String(allow_none=True)
    place = Place(allow_none=True)
    area = ma.fields.String(allow_none=True)
    due_at = Moment()
    overdue = ma.fields.Boolean()
    urgent = ma.fields.Boolean()
    case = ma.fields.String(allow_none=True, metadata={"description": "number of the case"})
    subject = ma.fields.UUID(allow_none=True, metadata={"description": "the entry of the registers that it is about"})
    form = ma.fields.String(allow_none=True, metadata={"description": "id of the form to fill in"})
    metres = ma.fields.Integer(allow_none=True, metadata={"description": "straight from the stop before; null without a place"})


class TodosOut(ma.Schema):
    """All that I have to do, in the order to walk it."""

    items = ma.fields.List(ma.fields.Nested(TodoOut()))


class FieldTaskIn(ma.Schema):
    """A task for one grid worker. It lies in `area`, else in the grid at `place`."""

    key = ma.fields.UUID(required=True, metadata={"description": "made by who sends it, so that a resend is harmless"})
    kind = ma.fields.Enum(Kind, by_value=True, required=True)
    title = Text(120, required=True)
    text = Text(2000)
    area = Text(15, metadata={"description": "area code"})
    place = Place()
    assignee = ma.fields.UUID(metadata={"description": "whose grid it is, unless said"})
    due_at = Moment(required=True)
    subject = ma.fields.UUID(metadata={"description": "an entry of the registers"})
    form = Text(120, metadata={"description": "id of a form"})


class FieldTaskOut(ma.Schema):
    """A task. What the worker wrote in words is shown by `look` only."""

    id = ma.fields.UUID()
    kind = ma.fields.Enum(Kind, by_value=True)
    title = ma.fields.String()
    text = ma.fields.String(allow_none=True)
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    area = ma.fields.String()
    due_at = Moment()
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "expired ones are still to be done"})
    assignee = ma.fields.UUID(allow_none=True, metadata={"description": "null where a grid has no worker"})
    subject = ma.fields.UUID(allow_none=True)
    form = ma.fields.String(allow_none=True)
    survey = ma.fields.UUID(allow_none=True)
    conflict = ma.fields.UUID(allow_none=True)
    version = ma.fields.Integer()
    done_at = Moment(allow_none=True)
    result = ma.fields.Dict(metadata={"description": "outcome, late, place, and the values that can be counted"})


class FieldTasksIn(PageIn):
    """Which tasks; what is due first comes first."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    area = Text(15, metadata={"description": "area code; includes everything inside"})
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "those still to be done, unless said"})
    kind = ma.fields.Enum(Kind, by_value=True)
    assignee = ma.fields.UUID()
    survey = ma.fields.UUID(metadata={"description": "only those of this survey, in any state unless said"})
    vacant = ma.fields.Boolean(load_default=False, metadata={"description": "only those that nobody has"})


class TaskAnswerIn(ma.Schema):
    """How it went. Photos are sent ahead to /api/v1/media or /api/v1/uploads."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device, so that a resend is harmless"})
    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    at = Moment(metadata={"description": "when; now, unless said"})
    place = Place(metadata={"description": "where I stand"})
    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    mock = ma.fields.Boolean(load_default=False, metadata={"description": "the system says that the position is made up"})
    note = Text(2000, metadata={"description": "why it cannot be done; sealed"})
    values = Values(load_default=dict, keys=Text(80), metadata={"description": "answers to the form, by question"})
    photos = ma.fields.List(ma.fields.UUID(), load_default=list, validate=ma.validate.Length(max=9))


class TaskReassignIn(ma.Schema):
    """Who is to do it."""

    assignee = ma.fields.UUID(required=True)


class WordsIn(ma.Schema):
    """Why somebody looks: it is written to the access log."""

    reason = Text(500, required=True)


class WordsOut(ma.Schema):
    """What the worker wrote in words."""

    note = ma.fields.String(allow_none=True)
    values = ma.fields.Dict()


ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"


@blueprint.operation("GET", "/tasks", requires("tasks.read"), query=StandingIn(), answer=TodosOut())
def duties(query: dict[str, float]) -> dict[str, Any]:
    """What I have to do, tasks and cases to look at, in the order to walk it; at most a hundred of each, those due first.

    First comes what is urgent, overdue or due within the hour, then what is due today, then the rest; within each of these the
    nearest next.
    """
    here = Point(query["lon"], query["lat"]) if query else None
    with reading() as db:
        mine = tasks.mine(db, caller())
    items = []
    for at in routes.order([one.stop for one in mine], here, clock.now()):
        items.append(_plain(mine[at], here))
        here = mine[at].place or here
    return {"items": items}


@blueprint.operation("GET", "/tasks/all", requires("tasks.manage"), query=FieldTasksIn(), answer=page_of(FieldTaskOut()))
def all_tasks(query: dict[str, Any]) -> Response:
    """Tasks in the areas that I manage, by area, state, kind, worker or survey; what is due first on top."""
    wanted = Wanted(area_code=query.get("area"), state=query.get("state"), kind=query.get("kind"), vacant=query["vacant"],
                    assignee_id=query.get("assignee"), survey_id=query.get("survey"), only_open="survey" not in query)
    with reading() as db:
        found, last = tasks.page(db, caller(), wanted, after=query.get("cursor"), limit=query["limit"])
    return rows([_task(one) for one in found], last)


@blueprint.operation("POST", "/tasks", requires("tasks.manage"), body=FieldTaskIn(), answer=FieldTaskOut(), status=201,
                     example={"key": ID, "kind": "visit", "title": "走访独居老人", "area": "44030100100101",
                              "due_at": "2026-03-06T18:00:00+08:00"})
def create_task(body: dict[str, Any]) -> dict[str, Any]:
    """Make a task. Sent again with the same key it is the task that is there."""
    given = {_NAMES.get(name, name): value for name, value in body.items()}
    with transaction() as db:
        return _task(tasks.create(db, caller(), **given))


@blueprint.operation("POST", "/tasks/<uuid:task_id>/answer", requires("tasks.read"), body=TaskAnswerIn(), answer=FieldTaskOut(),
                     example={"key": ID, "outcome": "done", "values": {"doors": 12}, "accuracy": 8.5})
def answer_task(task_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Say that my task is done, or why it cannot be done; once. What is expired is late, and taken.

    409 when it was answered otherwise or called off. The position is looked at, and what is odd about it is flagged.
    """
    at = min(body.pop("at", clock.now()), clock.now())
    with transaction() as db:
        return _task(tasks.answer(db, caller(), task_id, Answered(at=at, **body)))


@blueprint.operation("POST", "/tasks/<uuid:task_id>/reassign", requires("tasks.manage"), body=TaskReassignIn(),
                     answer=FieldTaskOut(), example={"assignee": ID})
def reassign_task(task_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Give a task to another grid worker."""
    with transaction() as db:
        return _task(tasks.reassign(db, caller(), task_id, body["assignee"]))


@blueprint.operation("POST", "/tasks/<uuid:task_id>/cancel", requires("tasks.manage"), answer=FieldTaskOut())
def cancel_task(task_id: uuid.UUID) -> dict[str, Any]:
    """Call a task off; nobody has to do it any more."""
    with transaction() as db:
        return _task(tasks.cancel(db, caller(), task_id))


@blueprint.operation("POST", "/tasks/<uuid:task_id>/look", requires("tasks.manage"), body=WordsIn(), answer=WordsOut(),
                     example={"reason": "核实无法完成的原因"})
def words_of_task(task_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """What the worker wrote in words, which may speak of people. Each look is kept in the access log with its reason."""
    with transaction() as db:
        return tasks.words_of(db, caller(), task_id, body["reason"])


_NAMES = {"key": "task_id", "area": "area_code", "assignee": "assignee_id", "subject": "subject_id", "form": "form_id"}
"""Of the body, where the verb has another name for it."""


def _task(one: Task) -> dict[str, Any]:
    plain = tasks.plain(one)
    del plain["open"]
    return {"id": one.id, "kind": plain.pop("task_kind"), **plain, "done_at": one.done_at, "result": one.result}


def _plain(one: Duty, before: Point | None) -> dict[str, Any]:
    place = one.place
    return {
        "id": one.id, "kind": one.kind, "title": one.title, "text": one.text, "due_at": one.due_at, "overdue": one.overdue,
        "urgent": one.urgent, "place": {"lon": place.lon, "lat": place.lat} if place else None, "area": one.area_code,
        "case": one.number, "subject": one.subject_id, "form": one.form_id,
        "metres": round(metres_between(before, place)) if before and place else None}
