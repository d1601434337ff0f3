"""What the 12345 platform calls, or an operator at the telephone: tickets, one or many, with an answer for each."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import marshmallow as ma
from flask import Response

from api import limits, refusals
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.errors import ProblemOut, faults_of
from api.fields import Moment, Place, Text, encode
from api.wording import worded
from casework.cases.report import Channel
from casework.errors import Conflict, Fault, Invalid
from casework.intake import hotline
from casework.intake.hotline import Answer, Ticket, Updated
from casework.intake.refusals import count
from casework.storage.database import transaction

blueprint = Blueprint("hotline", __name__, url_prefix="/api/v1/hotline", description="12345 热线 The hotline")
blueprint.after_request(refusals.counted(Channel.HOTLINE, tickets=""))

MOST = 500


class TicketIn(ma.Schema):
    """One call, as the hotline wrote it down."""

    number = Text(64, required=True, metadata={"description": "the hotline's own number; makes a resend harmless"})
    subject = Text(500, required=True)
    detail = Text(20_000, required=True)
    called_at = Moment()
    category = Text(12, metadata={"description": "code of the taxonomy, if the operator knows it"})
    place = Place()
    address = Text(300)
    caller_name = Text(80, metadata={"description": "kept encrypted"})
    caller_phone = Text(32, metadata={"description": "kept encrypted"})
    urgent = ma.fields.Boolean(load_default=False)
    confidential = ma.fields.Boolean(load_default=False, metadata={
        "description": "保密: who called is shown to nobody but the operator who took it, and supervisors"})
    same_as = Text(40, metadata={"description": "number of the open case that it is about, for triage to weigh"})


@dataclass(frozen=True)
class Refused:
    """A ticket that cannot be taken; `number` as far as it can be read."""

    number: str | None
    faults: list[Fault]


class Each(ma.fields.List[Any]):
    """A list whose items are judged one by one: each comes out as a Ticket, or as Refused with its faults."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ma.ValidationError("must be a list")
        return [self._one(item) for item in value]

    @staticmethod
    def _one(item: Any) -> Ticket | Refused:
        try:
            return Ticket(**TICKET.load(item))
        except ma.ValidationError as error:
            number = item.get("number") if isinstance(item, dict) else None
            return Refused(number if isinstance(number, str) else None, faults_of(error.messages))


TICKET = TicketIn()


class TicketsIn(ma.Schema):
    """A batch. A single ticket may also come as it is, without `tickets` around it."""

    judges_each = True
    """Also for NUL: see bodies.read_json."""

    tickets = Each(ma.fields.Nested(TicketIn()), required=True, validate=ma.validate.Length(1, MOST))

    @ma.pre_load
    def _single(self, data: Any, **_: Any) -> Any:
        return data if not isinstance(data, Mapping) or "tickets" in data else {"tickets": [data]}


class ResultOut(ma.Schema):
    """What became of one ticket, in the order sent."""

    ticket = ma.fields.String(allow_none=True, metadata={"description": "the hotline's number, if it can be read"})
    status = ma.fields.Integer(metadata={"description":
        "201 stored, 200 known, and what it says now beside that is kept with it, 409 a colleague's number, 422 refused"})
    number = ma.fields.String(allow_none=True, metadata={"description": "our tracking number"})
    errors = ma.fields.List(ma.fields.Nested(ProblemOut.FaultOut()))


class ResultsOut(ma.Schema):
    """One result for each ticket."""

    results = ma.fields.List(ma.fields.Nested(ResultOut()))


EXAMPLE = {"tickets": [{"number": "12345-20260302-0001", "subject": "小区停水", "detail": "从早上开始停水，请问何时恢复",
                        "called_at": "2026-03-02T10:00:00+08:00", "address": "南塘社区东门小区",
                        "caller_phone": "13800000000"}]}


@blueprint.operation("POST", "/tickets", requires("report.create.hotline"), body=TicketsIn(), answer=ResultsOut(),
                     example=EXAMPLE, kilobytes=16_384, limit=limits.reports)
def tickets(body: dict[str, Any]) -> Response | dict[str, Any]:
    """Hand over up to 500 tickets; each is stored or refused for itself.

    200 with a result for each, also when all are refused: read them. A result of 201 means stored for good; sending a
    ticket again changes nothing and gives the same number. Sent again with something else in it, it is no new report: who
    called is changed with it, and the rest becomes an internal comment on its case.
    """
    sent: list[Ticket | Refused] = body["tickets"]
    with transaction() as db:
        stored = iter(hotline.take_over(db, caller(), [one for one in sent if isinstance(one, Ticket)]))
        results = [_result(one, next(stored)) if isinstance(one, Ticket) else _refused(one) for one in sent]
        for status, reason in ((409, "conflict"), (422, "invalid")):
            if number := sum(result["status"] == status for result in results):
                count(db, Channel.HOTLINE, reason, number)
    return encode({"results": results})


def _result(ticket: Ticket, answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Invalid):
        return _refused(Refused(ticket.number, list(answer.faults)))
    if isinstance(answer, Conflict):
        return {"ticket": ticket.number, "status": 409, "number": None,
                "errors": worded([{"field": "number", "reason": "a colleague took another ticket under this number"}])}
    return {"ticket": ticket.number, "status": 200 if isinstance(answer, Updated) else 201, "number": answer.number,
            "errors": []}


def _refused(one: Refused) -> dict[str, Any]:
    return {"ticket": one.number, "status": 422, "number": None,
            "errors": worded(asdict(fault) for fault in one.faults)}
