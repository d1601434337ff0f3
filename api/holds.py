"""Who works on which case at the desks of the centre: take one, take the next, give it back, and see what others hold."""
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.fields import CaseNumber, Moment
from casework.cases import holds, search
from casework.cases.holds import Held
from casework.cases.search import DESKS
from casework.storage.database import reading, transaction

blueprint = Blueprint("holds", __name__, url_prefix="/api/v1/holds", description="在办 Who works on what")


class HoldOut(ma.Schema):
    """Somebody works on this case."""

    number = ma.fields.String()
    queue = ma.fields.String(allow_none=True)
    holder = ma.fields.String(metadata={"description": "name of who works on it"})
    mine = ma.fields.Boolean()
    since = Moment()
    until = Moment(metadata={"description": "when it ends by itself unless it is renewed"})


class HoldsOut(ma.Schema):
    """What is held just now."""

    items = ma.fields.List(ma.fields.Nested(HoldOut()))


class NextIn(ma.Schema):
    """From which desk."""

    queue = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(search.QUEUES)))
    skip = ma.fields.List(CaseNumber(), load_default=list, validate=ma.validate.Length(max=100), metadata={
        "description": "numbers of cases that I do not want now"})


class NextOut(ma.Schema):
    """The case that is now mine; null when nothing is left that nobody holds."""

    hold = ma.fields.Nested(HoldOut(), allow_none=True)


class TakeIn(ma.Schema):
    """Whether a colleague's hold is to end."""

    over = ma.fields.Boolean(load_default=False, metadata={
        "description": "take it over from who holds it; takes the permission holds.take_over"})


@blueprint.operation("GET", "", requires("holds.take"), answer=HoldsOut())
def held() -> dict[str, Any]:
    """What I and others work on just now, as far as I may see the cases."""
    with reading() as db:
        return {"items": [_plain(one) for one in holds.live(db, caller())]}


@blueprint.operation("POST", "/next", requires("holds.take"), body=NextIn(), answer=NextOut(),
                     example={"queue": "triage", "skip": ["AJ260302-7K3F9-Q2MXA"]})
def take_next(body: dict[str, Any]) -> dict[str, Any]:
    """Take the case of a desk that is due first and that nobody holds. However many ask at once, each gets another one."""
    with transaction() as db:
        found = holds.take_next(db, caller(), body["queue"], body["skip"])
        return {"hold": _plain(found) if found else None}


@blueprint.operation("POST", "/<number>", requires("holds.take"), body=TakeIn(), answer=HoldOut(), example={"over": False})
def take(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take this case in hand, or go on holding it: a hold ends by itself after two minutes.

    While it lasts, steps of colleagues at the desks are refused with 409; `holder` and `held_until` say who has it. So is
    taking it, unless `over` is said by who may.
    """
    with transaction() as db:
        found = search.find(db, caller(), public_number(number), to_change=True)
        return _plain(holds.take(db, found, caller(), over=body["over"]))


@blueprint.operation("DELETE", "/<number>", requires("holds.take"))
def give_back(number: str) -> None:
    """Leave it to others. Nothing happens when I do not hold it."""
    with transaction() as db:
        holds.give_back(db, search.find(db, caller(), public_number(number)), caller())


def _plain(one: Held) -> dict[str, Any]:
    return {"number": one.number, "queue": DESKS.get(one.status), "holder": one.holder, "mine": one.user_id == caller().id,
            "since": one.since, "until": one.until}
