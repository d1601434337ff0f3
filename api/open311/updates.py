"""The updates extension (servicerequestupdates): what happened to an app's own requests, and what its people say of them."""
from datetime import timedelta
from typing import Any

from flask import Response

from api.auth import caller
from api.open311.form import form
from api.open311.georeport import ChangedIn, TakenOut, UpdatedOut, UpdateIn
from api.open311.speaking import BY_KEY, of_key, operation, reads
from api.open311.writing import answer
from casework import clock
from casework.errors import Fault, Invalid
from casework.exchange import open311_updates
from casework.exchange.open311_updates import Update
from casework.storage.database import reading, transaction

SPAN = timedelta(days=90)
UPDATE = UpdateIn()


@operation("GET", "/v2/servicerequestupdates", BY_KEY, query=ChangedIn(), answer=UpdatedOut(many=True), limit=reads)
def updates(query: dict[str, Any]) -> Response:
    """What happened between two moments to the requests that were sent with this key, the oldest first, 1000 at most."""
    until = query.get("end_date") or (query["start_date"] + SPAN if "start_date" in query else clock.now())
    since = query.get("start_date") or until - SPAN
    if until - since > SPAN:
        raise Invalid("this is too long a span", Fault("end_date", "may be at most 90 days after start_date"))
    with reading() as db:
        return answer("service_request_updates", open311_updates.updates(db, caller(), since, until))


@operation("POST", "/v2/servicerequestupdates", BY_KEY, answer=TakenOut(many=True), takes="multipart/form-data",
           kilobytes=1000, limit=of_key)
def update() -> Response:
    """Say something about a request that was sent with this key, as its reporter: a remark, or REOPEN for a closed one.

    Sent again with the same `update_id` it has no second effect.
    """
    said = UPDATE.load(form().first())
    with transaction() as db:
        made = open311_updates.take(db, caller(), Update(
            number=said["service_request_id"], key=said["update_id"], status=said["status"].upper(),
            description=said.get("description")))
    return answer("service_request_updates", [{"update_id": str(made)}])
