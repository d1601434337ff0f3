"""Who sends what comes in by the citizens' doors, as far as the request tells, and what a limit offers instead of a refusal."""
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request

from api.auth import caller
from casework.cases import sameness
from casework.cases.sameness import Asked
from casework.errors import Fault, Invalid, NotFound, TooMany
from casework.intake.guard import Sender
from casework.intake.guard.traces import SHARED
from casework.storage.database import reading

DEVICE = r"[A-Za-z0-9_-]{16,100}"
"""What comes as X-Device: a random key that a page made for itself, which says nothing of the device."""


def sender() -> Sender:
    """Whoever calls: by the key of his device, his address, and what he has proved. Raises Invalid for a key that is none."""
    device = request.headers.get("X-Device")
    if device is not None and not re.fullmatch(DEVICE, device):
        raise Invalid("this is no device's key", Fault("X-Device", "must have 16 to 100 letters, digits, - or _"))
    return Sender(device=device, address=request.remote_addr, proved=caller().phone_index,
                  openid=caller().openid_index)


@contextmanager
def offering(body: dict[str, Any]) -> Iterator[None]:
    """Whoever meets a limit that many share is offered the cases that it may be about: with `same_as` the report is taken.

    Two hundred people at one burst pipe may well have one address.
    """
    try:
        yield
    except TooMany as error:
        if error.facts.get("limit") in SHARED:
            error.facts["similar"] = _similar(body)
        raise


def _similar(body: dict[str, Any]) -> list[dict[str, Any]]:
    asked = Asked(text=body["text"], place=body.get("place"), address=body.get("address"), category=body.get("category"))
    try:
        with reading() as db:
            return [{"words": one.words, "category": one.category, "same_as": one.same_as} for one in sameness.ask(db, asked)]
    except NotFound:
        return []  # no taxonomy is in force
