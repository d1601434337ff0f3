"""The figures of the live board: what came in, where cases stand, what is due. Counts and cases, nobody's data."""
import time
from typing import Any

import marshmallow as ma

from api.auth import public
from api.blueprint import Blueprint
from api.fields import Moment
from casework.performance import board as live
from casework.storage.database import reading

blueprint = Blueprint("board", __name__, url_prefix="/api/v1", description="看板 The live board")

FRESH_SECONDS = 3
_kept: dict[str, Any] = {"until": 0.0}


class DueOut(ma.Schema):
    """A clock that ends soon, or has ended."""

    number = ma.fields.String()
    category = ma.fields.String(allow_none=True)
    area = ma.fields.String(allow_none=True)
    department = ma.fields.String(allow_none=True)
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
                           metadata={"description": "how many open cases have each status, and how many closed today",
                                     "example": {"handling": 41, "closed_today": 12}})
    counted_at_most = ma.fields.Integer(metadata={"description": "counting stops here: this number means at least so many"})
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
        with reading() as db:
            _kept["board"] = live.board(db)
        _kept["until"] = time.monotonic() + FRESH_SECONDS
    kept: dict[str, Any] = _kept["board"]
    return kept


def forget() -> None:
    """Read the figures anew next time."""
    _kept["until"] = 0.0
