"""The figures of the live board: what came in, where cases stand, what is due. Counts and cases, nobody's data."""
import time
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from api.auth import public
from api.blueprint import Blueprint
from api.fields import Moment
from casework import clock
from casework.storage.database import reading

blueprint = Blueprint("board", __name__, url_prefix="/api/v1", description="看板 The live board")

FRESH_SECONDS = 3
FIGURES: list[Callable[[Session], dict[str, Any]]] = []
"""Who fills the board: each answers some of the members of BoardOut."""

_kept: dict[str, Any] = {"until": 0.0}


class DueOut(ma.Schema):
    """A clock that ends soon, or has ended."""

    number = ma.fields.String()
    category = ma.fields.String(allow_none=True)
    area = ma.fields.String(allow_none=True)
    department = ma.fields.String(allow_none=True)
    stage = ma.fields.String()
    due_at = Moment()
    status = ma.fields.String()


class ReportsOut(ma.Schema):
    """Reports of today, in the city's time."""

    today = ma.fields.Integer()
    waiting_triage = ma.fields.Integer(metadata={"description": "of any day"})
    by_channel = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(),
                                metadata={"example": {"pda": 310, "hotline": 620, "citizen": 150}})


class BoardOut(ma.Schema):
    """What the live board shows."""

    at = Moment(metadata={"description": "when these figures were read"})
    reports = ma.fields.Nested(ReportsOut())
    cases = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(),
                           metadata={"description": "how many cases have each status", "example": {"handling": 41}})
    due = ma.fields.List(ma.fields.Nested(DueOut()), metadata={"description": "the most urgent first"})


@blueprint.operation("GET", "/board", public("it counts, and names no person"), answer=BoardOut())
def board() -> dict[str, Any]:
    """What came in, where cases stand and what is due.

    Read anew every three seconds at most, however many look.
    """
    return figures()


def figures() -> dict[str, Any]:
    """The board's members as they were at most three seconds ago."""
    if _kept["until"] <= time.monotonic():
        made: dict[str, Any] = {"at": clock.now()}
        with reading() as db:
            for part in FIGURES:
                made |= part(db)
        _kept.update(board=made, until=time.monotonic() + FRESH_SECONDS)
    kept: dict[str, Any] = _kept["board"]
    return kept


def forget() -> None:
    """Read the figures anew next time."""
    _kept["until"] = 0.0
