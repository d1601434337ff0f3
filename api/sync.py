"""A PDA that comes back into the network: what it did meanwhile, and what it missed."""
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from sqlalchemy.orm import Session

from api import errors, limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.compression import packed
from api.errors import ProblemOut
from api.fields import EARLIEST, LATEST, Moment, Text, Whole, encode
from api.operations import OPERATIONS, VERBS
from api.operations.answers import within
from casework import clock
from casework.cases.report import Channel
from casework.fieldwork import changes as missed
from casework.fieldwork import operations
from casework.fieldwork.changes import Batch, Position, Section, Worker
from casework.fieldwork.operations import Answer, Operation, Outcome
from casework.identity import sessions
from casework.identity.people import Actor
from casework.intake import refusals
from casework.notifications import inbox
from casework.storage.database import reading, transaction

blueprint = Blueprint("sync", __name__, url_prefix="/api/v1/pda", description="同步 What a PDA did and missed offline")

blueprint.after_request(packed)

MOST = 500
MOST_ITEMS = 1000
FIRST = UUID(int=0)


class OperationIn(ma.Schema):
    """Something done on the device. Its id makes a resend harmless."""

    id = ma.fields.UUID(required=True, metadata={"description": "made on the device"})
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(list(OPERATIONS)))
    at = Moment(required=True, metadata={"description": "when, by the device's own clock"})
    base = ma.fields.UUID(allow_none=True, load_default=None, metadata={
        "description": "the version that it was based on, where there are versions: the `head` of an entry"})
    data = ma.fields.Dict(required=True, metadata={"description": "by kind, as docs/sync.md says"})


@dataclass(frozen=True)
class Unreadable:
    """An operation of which something is wrong by shape; `id` as it was sent, if it is text."""

    id: str | None
    kind: str | None
    error: ma.ValidationError


@dataclass(frozen=True)
class Readable:
    """An operation as it was sent, with the data that the schema of its kind loaded."""

    sent: Mapping[str, Any]
    data: Mapping[str, Any]


class Each(ma.fields.List[Any]):
    """A list whose items are judged one by one: one that cannot be read does not hold up the others."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ma.ValidationError("must be a list")
        return [_read(item) for item in value]


class SyncIn(ma.Schema):
    """What was done since the last time, in any order."""

    judges_each = True
    """Also for NUL: see bodies.read_json."""

    sent_at = Moment(required=True, metadata={"description": "now, by the device's own clock: how far that is wrong is seen"})
    operations = Each(ma.fields.Nested(OperationIn()), required=True, validate=ma.validate.Length(0, MOST))


class OperationOut(ma.Schema):
    """What became of one operation."""

    id = ma.fields.String(allow_none=True, metadata={"description": "as it was sent, if it can be read"})
    outcome = ma.fields.Enum(Outcome, by_value=True, metadata={"description":
        "done or already_done: stored for good. waiting: send it again later. conflict: `current` says what it is now. "
        "refused: `problem` says why, and nothing was done"})
    at = Moment(allow_none=True, metadata={"description": "when it was done, by our clock"})
    result = ma.fields.Dict(allow_none=True, metadata={"description": "by kind; the same for every resend"})
    current = ma.fields.Dict(allow_none=True)
    missing = ma.fields.List(ma.fields.String(), metadata={"description": "SHA-256 of files that have not arrived"})
    problem = ma.fields.Nested(ProblemOut(), allow_none=True)


class SyncOut(ma.Schema):
    """One result for each operation, in the order sent."""

    received_at = Moment()
    skew_seconds = ma.fields.Float(metadata={"description": "our clock minus the device's"})
    results = ma.fields.List(ma.fields.Nested(OperationOut()))


class ChangesIn(ma.Schema):
    """From where on, and how much at once."""

    cursor = Text(4000, metadata={"description": "`next` of the answer before; left out, all is told from the start"})
    limit = Whole(1, MOST_ITEMS, load_default=MOST_ITEMS, metadata={"description": "items a page"})


class ChangesOut(ma.Schema):
    """What the device has to merge into what it has."""

    items = ma.fields.List(ma.fields.Dict(), metadata={
        "description": "each with `kind` and `id`, and fields to be merged into what is there under both; or `deleted`"})
    next = ma.fields.String(metadata={"description": "cursor to come again with, at once or later"})
    more = ma.fields.Boolean(metadata={"description": "there is more to be had at once"})
    reset = ma.fields.Boolean(metadata={"description": "throw away what was told before, then take these items"})


OPERATION = OperationIn()

EXAMPLE = {"sent_at": "2026-03-02T12:30:00+08:00", "operations": [{
    "id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "kind": "report", "at": "2026-03-02T10:00:00+08:00", "data": {
        "text": "人行道上水井盖缺失", "category": "10101", "place": {"lon": 114.0579, "lat": 22.5431}, "accuracy": 8.5}}]}


@blueprint.operation("POST", "/sync", requires("pda.sync"), body=SyncIn(), answer=SyncOut(), example=EXAMPLE, kilobytes=8192,
                     limit=limits.reports)
def sync(body: dict[str, Any]) -> Response:
    """Hand over up to 500 operations that were made offline; each is done, or not, for itself.

    200 with a result for each, also when all are refused: read them. `done` means stored for good; sent again, an operation
    has no second effect and answers `already_done` with the same result. Times are corrected by how far the device's clock
    is wrong. The body may come with `Content-Encoding: gzip`. docs/sync.md describes each kind.
    """
    received_at, me = clock.now(), caller()
    skew = received_at - body["sent_at"]
    asked = [_operation(one, me, skew, received_at) if isinstance(one, Readable) else one for one in body["operations"]]
    with transaction() as db:
        done = iter(operations.perform(db, me, [one for one in asked if isinstance(one, Operation)], VERBS))
        results = [_result(one, within("data", next(done)) if isinstance(one, Operation) else
                           Answer(Outcome.REFUSED, error=one.error)) for one in asked]
        for reason, number in _refused_reports(asked, results).items():
            refusals.count(db, Channel.PDA, reason, number)
        if me.device_id:
            sessions.note_skew(db, me.device_id, skew.total_seconds())
    return encode({"received_at": received_at, "skew_seconds": skew.total_seconds(), "results": results})


@blueprint.operation("GET", "/changes", requires("pda.sync"), query=ChangesIn(), answer=ChangesOut())
def changes(query: dict[str, Any]) -> Response:
    """What this worker needs since then: profile, areas, taxonomy, forms, tasks, own cases, register entries of the own grids,
    messages; without a cursor all that there is.

    No change is ever skipped, whatever happens at the same moment. The answer comes packed by gzip if that is accepted and
    worth it. docs/sync.md describes each kind of item.
    """
    with reading() as db:
        page = missed.page(db, caller(), query.get("cursor"), query["limit"], SECTIONS)
    if page.unknown:
        with transaction() as db:
            missed.remember(db, page.unknown)
    return encode({"items": page.items, "next": page.next, "more": page.more, "reset": page.reset})


def _messages(db: Session, worker: Worker, position: Position, limit: int) -> Batch:
    """Messages to the worker, from those of the last days on; [moment, id] of the last one told."""
    at, last = (datetime.fromisoformat(position[0]), UUID(position[1])) if position else (clock.now() - missed.RECENT, FIRST)
    found = inbox.later(db, worker.user_id, (at, last), limit + 1)
    told = [{"kind": "message", "id": one["id"], "message_kind": one["kind"], **{
        name: one[name] for name in ("at", "text", "case", "urgent")}} for one in found[:limit]]
    end = [told[-1]["at"].isoformat(), told[-1]["id"].hex] if told else position
    return Batch(told, end, more=len(found) > limit)


def _fits(position: Position) -> bool:
    if position is None:
        return True
    try:
        at, last = datetime.fromisoformat(position[0]), position[1]
        return at.tzinfo is not None and EARLIEST <= at <= LATEST and isinstance(UUID(last), UUID)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return False


SECTIONS = (*missed.SECTIONS, Section(_messages, _fits))
"""Messages come from another topic than what happens in the field, so the two are put together here."""


def _read(item: Any) -> Readable | Unreadable:
    try:
        sent = OPERATION.load(item)
        try:
            return Readable(sent, OPERATIONS[sent["kind"]].shape.load(sent["data"]))
        except ma.ValidationError as error:
            raise ma.ValidationError({"data": error.messages}) from None
    except ma.ValidationError as error:
        said = item if isinstance(item, Mapping) else {}
        id_, kind = (one if isinstance(one, str) else None for one in (said.get("id"), said.get("kind")))
        return Unreadable(id_, kind, error)


def _operation(one: Readable, me: Actor, skew: timedelta, received_at: datetime) -> Operation:
    sent = one.sent
    return Operation(id=sent["id"], kind=sent["kind"], at=min(sent["at"] + skew, received_at), device_at=sent["at"],
                     data=one.data, base=sent["base"], device_id=me.device_id)


def _result(one: Operation | Unreadable, answer: Answer) -> dict[str, Any]:
    return {"id": str(one.id) if one.id else None, "outcome": answer.outcome,
            "at": one.at if isinstance(one, Operation) else None,
            "result": answer.result, "current": answer.current, "missing": list(answer.missing),
            "problem": orjson.loads(errors.answer_to(answer.error).data) if answer.error else None}


def _refused_reports(asked: list[Operation | Unreadable], results: list[dict[str, Any]]) -> Counter[str]:
    """Reports that were refused, by kind of problem: a channel that sends rubbish must be seen."""
    return Counter(str(result["problem"]["type"]).rpartition("/")[2] for one, result in zip(asked, results, strict=True)
                   if one.kind == "report" and result["outcome"] is Outcome.REFUSED)
