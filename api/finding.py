"""Looking for a case: by number, words, address or phone."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import CaseRowOut
from api.fields import Cursor, PageIn, Text, encode
from casework.cases import finding
from casework.storage.database import reading, transaction

blueprint = Blueprint("finding", __name__, url_prefix="/api/v1/cases", description="查找案件 Finding cases")


class FindIn(PageIn):
    """What is looked for: words, or a phone."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before; of words only"})
    words = Text(120, metadata={"description": "a number of a case or report, or words that all stand in it, or an address"})
    phone = Text(32, metadata={"description": "of who reported; each search is kept in the access log"})
    reason = Text(200, load_default="查找案件", metadata={"description": "kept in the access log"})

    @ma.validates_schema
    def _one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if ("words" in data) == ("phone" in data):
            raise ma.ValidationError("must be given, or a phone, but not both", "words")


class NearCaseOut(CaseRowOut):
    """A case near the place that was named."""

    metres = ma.fields.Integer()


class FoundOut(ma.Schema):
    """What was found. `next` may be there with few rows or none: so far it was looked, and further it can be."""

    by = ma.fields.String(metadata={"enum": ["number", "phone", "words"], "description": "what it was taken for"})
    items = ma.fields.List(ma.fields.Nested(CaseRowOut()))
    near = ma.fields.List(ma.fields.Nested(NearCaseOut()), metadata={
        "description": "open cases around the place that the words name, with the first page"})
    next = ma.fields.String(allow_none=True)


@blueprint.operation("POST", "/search", requires("case.search"), body=FindIn(), answer=FoundOut(),
                     example={"words": "学府路 井盖", "limit": 20})
def search(body: dict[str, Any]) -> Response:
    """Cases that I may see: by number or phone also closed ones, by words or address those that are open.

    What is looked for is in the body: addresses are written down by every proxy on the way. Phones are found for those who
    may look at phones; what was reported in confidence is not found by them.
    """
    if "phone" in body:
        with transaction() as db:
            return _found("phone", finding.by_phone(db, caller(), body["phone"], body["reason"]))
    with reading() as db:
        number = finding.number_in(body["words"])
        if number:
            return _found("number", finding.by_number(db, caller(), number))
        items, last = finding.by_words(db, caller(), body["words"], after=body.get("cursor"), limit=body["limit"])
        near = [] if "cursor" in body else finding.near(db, caller(), body["words"])
    return _found("words", items, near, Cursor.write(last) if last else None)


def _found(by: str, items: list[dict[str, Any]], near: list[dict[str, Any]] | None = None,
           following: str | None = None) -> Response:
    return encode({"by": by, "items": items, "near": near or [], "next": following})
