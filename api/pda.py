"""What a grid worker's PDA calls."""
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
from api.fields import Cursor, Moment, PageIn, Place, Text, page_of
from api.media import kept
from casework.cases.report import Channel
from casework.cases.search import Wanted
from casework.intake import pda
from casework.storage.database import transaction

blueprint = Blueprint("pda", __name__, url_prefix="/api/v1/pda", description="网格员 Grid workers' PDAs")
blueprint.after_request(refusals.counted(Channel.PDA, report=""))


class ReportIn(ma.Schema):
    """What a grid worker saw. Made on the device, perhaps hours before it is sent."""

    key = ma.fields.UUID(required=True, metadata={"description": "made on the device, so that a resend is harmless"})
    text = Text(4000, required=True)
    place = Place(required=True, metadata={"description": "where the device is"})
    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    at = Moment(metadata={"description": "the device's own time"})
    category = Text(12, metadata={"description": "code of the taxonomy; leave it out when unsure"})
    handled = ma.fields.Boolean(load_default=False, metadata={"description": "put right on the spot; needs a photo"})
    urgent = ma.fields.Boolean(load_default=False, metadata={"description": "danger to life, gas, water, power, collapse"})


class InspectionsIn(PageIn):
    """A page of what I am to look at."""

    cursor = Cursor(datetime, UUID, metadata={"description": "`next` of the page before"})


class ReceiptOut(ma.Schema):
    """The answer to whoever sent a report: the same for every resend."""

    number = ma.fields.String(metadata={"description": "tracking number"})
    received_at = ma.fields.AwareDateTime()


EXAMPLE = {"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "text": "人行道上水井盖缺失", "category": "10101",
           "place": {"lon": 114.0579, "lat": 22.5431}, "accuracy": 8.5, "at": "2026-03-02T10:00:00+08:00"}


@blueprint.operation("POST", "/reports", requires("report.create.pda"), body=ReportIn(), uploads=Uploads(),
                     answer=ReceiptOut(), status=201, example=EXAMPLE, limit=limits.reports)
def report(body: dict[str, Any], files: list[FileStorage]) -> dict[str, Any]:
    """Report a problem seen on the round, with up to nine photos.

    When this answers 201, the report is stored for good. Sending it again with the same key changes nothing.
    """
    photos = kept(files)
    with transaction() as db:
        receipt = pda.report(db, caller(), photos=photos, **body)
    g.case_number = receipt.number  # for the log
    return {"number": receipt.number, "received_at": receipt.received_at}


@blueprint.operation("GET", "/inspections", requires("pda.inspections"), query=InspectionsIn(),
                     answer=page_of(CaseRowOut()))
def inspections(query: dict[str, Any]) -> Response:
    """The cases that I am to look at, before filing or before closing; what is due first on top.

    Answer with the actions confirm, refute, pass or fail of the case, with position, finding and photos.
    """
    return page(query, Wanted(inspector_id=caller().id))
