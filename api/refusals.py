"""Counts what a channel sent and we did not take, by kind of problem."""
from collections.abc import Callable

import structlog
from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from api.errors import OF_STATUS
from casework.cases.report import Channel
from casework.intake import refusals
from casework.storage.database import transaction

COUNTED = frozenset({400, 404, 409, 413, 415, 422})
"""Strangers (401, 403) are nobody's reports, and counting 429 would cost more than what it turns away."""

log = structlog.get_logger("api.refusals")


def counted(channel: Channel, **intake: str) -> Callable[[Response], Response]:
    """After each request of a channel's blueprint, of which only what takes something in is counted.

    `intake` are those views by name, each with what is put before the reason: report="" or photo="photo-". So the
    reasons without a dash of ours add up to the reports (or whole batches) that were refused.
    """
    def count(response: Response) -> Response:
        view = (request.endpoint or "").rpartition(".")[2]
        if response.status_code in COUNTED and view in intake:
            try:
                with transaction() as db:
                    refusals.count(db, channel, intake[view] + OF_STATUS[response.status_code])
            except SQLAlchemyError:
                log.exception("a refusal was not counted")  # the sender's answer matters more than our statistics
        return response
    return count
