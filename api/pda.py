"""What a grid worker's PDA calls."""
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, g
from werkzeug.datastructures import FileStorage

from api import limits, refusals
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.cases import CaseRowOut, page
from api.fields import Cursor, Moment, PageIn, Place, Text, Whole, page_of
from api.media import kept
from api.wording import worded
from casework import clock
from casework.cases.report import Channel
from casework.cases.search import Wanted
from casework.intake import pda
from casework.media import Named, Purpose, awaited
from casework.storage.database import reading, transaction

blueprint = Blueprint("pda", __name__, url_prefix="/api/v1/pda", description="网格员 Grid workers' PDAs")
blueprint.after_request(refusals.counted(Channel.PDA, report=""))


MOST_FILES = 9


class FileIn(ma.Schema):
    """A file that comes later by /api/v1/uploads, and is known by its hash."""

    sha256 = ma.fields.String(required=True, validate=ma.validate.Regexp("^[0-9a-f]{64}$", error="must be 64 small hex digits"))
    size = Whole(1, required=True, metadata={"description": "bytes"})
    type = Text(100, load_only=True, metadata={"description": "media type; what counts is the content"})
    name = Text(200, metadata={"description": "what the device calls it"})
    purpose = ma.fields.Enum(Purpose, by_value=True, load_default=Purpose.REPORT,
                             validate=ma.validate.OneOf([Purpose.REPORT, Purpose.BEFORE, Purpose.AFTER]))

    @ma.post_load
    def _named(self, data: dict[str, Any], **_: Any) -> Named:
        data.pop("type", None)
        return Named(**data)


class ReportIn(ma.Schema):
    """What a grid worker saw. Made on the device, perhaps hours before it is sent."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device, so that a resend is harmless"})
    text = Text(4000, required=True)
    place = Place(required=True, metadata={"description": "where the device is"})
    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    at = Moment(metadata={"description": "the device's own time"})
    sent_at = Moment(metadata={"description": "the device's own time of sending: it shows how wrong its clock is"})
    category = Text(12, metadata={"description": "code of the taxonomy; leave it out when unsure"})
    handled = ma.fields.Boolean(load_default=False, metadata={"description": "put right on the spot; needs a photo"})
    urgent = ma.fields.Boolean(load_default=False, metadata={"description": "danger to life, gas, water, power, collapse"})
    files = ma.fields.List(ma.fields.Nested(FileIn()), load_default=list, validate=ma.validate.Length(max=MOST_FILES),
                           metadata={"description": "photos that come later; the receipt says what is missing"})


class InspectionsIn(PageIn):
    """A page of what I am to look at."""

    cursor = Cursor(datetime, UUID, metadata={"description": "`next` of the page before"})


class ReceiptOut(ma.Schema):
    """The answer to whoever sent a report: the same for every resend."""

    number = ma.fields.String(metadata={"description": "tracking number"})
    received_at = ma.fields.AwareDateTime()


class ArrivalOut(ma.Schema):
    """How far a file is that a report named."""

    sha256 = ma.fields.String()
    name = ma.fields.String(allow_none=True)
    size = ma.fields.Integer(metadata={"description": "bytes, as the report said"})
    state = ma.fields.String(metadata={"enum": ["missing", "arriving", "arrived", "refused"]})
    offset = ma.fields.Integer(metadata={"description": "bytes that are here"})
    upload = ma.fields.String(allow_none=True, metadata={"description": "of one that is arriving: where it goes on"})
    reason = ma.fields.String(allow_none=True, metadata={"description": "of one that is refused: why it is no photo"})


class CompletenessOut(ReceiptOut):
    """A report and its files."""

    complete = ma.fields.Boolean(metadata={"description": "nothing more is to come"})
    files = ma.fields.List(ma.fields.Nested(ArrivalOut()))


EXAMPLE = {"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "text": "人行道上水井盖缺失", "category": "10101",
           "place": {"lon": 114.0579, "lat": 22.5431}, "accuracy": 8.5, "at": "2026-03-02T10:00:00+08:00",
           "sent_at": "2026-03-02T10:05:00+08:00",
           "files": [{"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "size": 284113,
                      "type": "image/jpeg", "purpose": "report"}]}


@blueprint.operation("POST", "/reports", requires("report.create.pda"), body=ReportIn(), uploads=Uploads(),
                     answer=ReceiptOut(), status=201, example=EXAMPLE, limit=limits.reports)
def report(body: dict[str, Any], files: list[FileStorage]) -> dict[str, Any]:
    """Report a problem seen on the round, with up to nine photos, or with the hashes of photos that come later.

    When this answers 201, the report is stored for good. Sending it again with the same key changes nothing.
    """
    photos = kept(files)
    device_at = body.pop("at", None)
    at = pda.corrected(device_at, body.pop("sent_at", None), clock.now())
    with transaction() as db:
        receipt = pda.report(db, caller(), photos=photos, at=at, device_at=device_at, **body)
    g.case_number = receipt.number  # for the log
    return {"number": receipt.number, "received_at": receipt.received_at}


@blueprint.operation("GET", "/reports/<report_id>/receipt", requires("report.create.pda"), answer=CompletenessOut())
def receipt(report_id: str) -> dict[str, Any]:
    """What has arrived of a report of mine, and what is missing. `report_id` is its key or its number.

    A report is worked on meanwhile. One that was put right on the spot is closed by itself when its last file is here.
    """
    with reading() as db:
        found = pda.own_report(db, caller(), report_id)
        files = worded(asdict(one) | {"upload": f"/api/v1/uploads/{one.upload}" if one.upload else None}
                       for one in awaited.receipt(db, found.id))
    return {"number": found.number, "received_at": found.received_at, "files": files,
            "complete": all(one["state"] in {awaited.State.ARRIVED, awaited.State.REFUSED} for one in files)}


@blueprint.operation("GET", "/inspections", requires("pda.inspections"), query=InspectionsIn(),
                     answer=page_of(CaseRowOut()))
def inspections(query: dict[str, Any]) -> Response:
    """The cases that I am to look at, before filing or before closing; what is due first on top.

    Answer with the actions confirm, refute, pass or fail of the case, with position, finding and photos.
    """
    return page(query, Wanted(inspector_id=caller().id))
