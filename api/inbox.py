"""Messages: the inbox of those who work here, how they want to be told, and for administrators what could not be sent."""
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from casework.cases.wording import Language
from casework.cases.workflow import Status
from casework.notifications import dead_letters, inbox, preferences
from casework.notifications.dead_letters import State
from casework.notifications.preferences import Preference
from casework.notifications.rules import Kind, Via
from casework.storage.database import reading, transaction

blueprint = Blueprint("inbox", __name__, url_prefix="/api/v1", description="消息 Messages")


class InboxIn(PageIn):
    """A page of my messages."""

    cursor = Cursor(datetime, UUID)
    unread = ma.fields.Boolean(load_default=False, metadata={"description": "only what came since I read last"})


class InboxMessageOut(ma.Schema):
    """Something that I, or the desk at which I sit, was told."""

    id = ma.fields.UUID()
    at = Moment()
    kind = ma.fields.Enum(Kind, by_value=True)
    text = ma.fields.String()
    urgent = ma.fields.Boolean(metadata={"description": "whether the case is"})
    case = ma.fields.String(allow_none=True, metadata={"description": "number of the case; null for what is of none"})
    status = ma.fields.Enum(Status, by_value=True, allow_none=True, metadata={"description": "of the case, now"})
    read = ma.fields.Boolean()


class UnreadOut(ma.Schema):
    """How many came since I read last."""

    unread = ma.fields.Integer(metadata={"description": f"counted up to {inbox.MOST_UNREAD}"})


class SeenIn(ma.Schema):
    """The moment of the newest message that I have read."""

    until = Moment(required=True)


class MyPreferencesIn(ma.Schema):
    """What is given is kept, the rest stays."""

    lang = ma.fields.Enum(Language, by_value=True)
    mail = Text(254, blank=True, metadata={"description": "with an address, messages are mailed as well; empty forgets it"})
    off = ma.fields.Dict(keys=Text(16), values=ma.fields.List(Text(16)), metadata={
        "description": "which kinds not to mail, under `mail`"})


class MyPreferencesOut(ma.Schema):
    """How I want to be told."""

    lang = ma.fields.Enum(Language, by_value=True)
    mail = ma.fields.String(allow_none=True)
    off = ma.fields.Dict(metadata={"description": "way: kinds that do not come by it"})
    kinds = ma.fields.List(ma.fields.String(), metadata={"description": "the kinds that there are"})


class LettersIn(PageIn):
    """Which messages."""

    cursor = Cursor(datetime, UUID)
    state = ma.fields.Enum(State, by_value=True, load_default=State.DEAD)


class LetterOut(ma.Schema):
    """A message that leaves the house, without its words."""

    id = ma.fields.UUID()
    case = ma.fields.String(allow_none=True, metadata={"description": "number of the case, if it is about one"})
    via = ma.fields.Enum(Via, by_value=True)
    kind = ma.fields.Enum(Kind, by_value=True)
    to = ma.fields.String(allow_none=True, metadata={"description": "the phone, masked, or the login of who gets mail"})
    attempts = ma.fields.Integer()
    fault = ma.fields.String(allow_none=True, metadata={"description": "why it was not taken the last time"})
    created_at = Moment()
    next_try_at = Moment(allow_none=True)
    failed_at = Moment(allow_none=True)


class ReviveIn(ma.Schema):
    """Which of the dead."""

    fault = Text(80, metadata={"description": "only those that died of it, such as HTTP 403"})


class RevivedOut(ma.Schema):
    """How many are tried again."""

    revived = ma.fields.Integer()


@blueprint.operation("GET", "/inbox", requires("inbox.read"), query=InboxIn(), answer=page_of(InboxMessageOut()))
def mine(query: dict[str, Any]) -> Response:
    """What I was told, and what the desks of my departments were told, the latest first."""
    with reading() as db:
        return rows(*inbox.page(db, caller(), after=query.get("cursor"), limit=query["limit"], unread=query["unread"]))


@blueprint.operation("GET", "/inbox/unread", requires("inbox.read"), answer=UnreadOut())
def unread() -> dict[str, int]:
    """How many messages came since I read last."""
    with reading() as db:
        return {"unread": inbox.unread(db, caller())}


@blueprint.operation("POST", "/inbox/seen", requires("inbox.read"), body=SeenIn(),
                     example={"until": "2026-03-02T10:00:00+08:00"})
def seen(body: dict[str, datetime]) -> None:
    """I have read my messages up to this moment."""
    with transaction() as db:
        inbox.seen(db, caller(), body["until"])


@blueprint.operation("GET", "/inbox/preferences", requires("inbox.read"), answer=MyPreferencesOut())
def my_preferences() -> dict[str, Any]:
    """How I want to be told."""
    with reading() as db:
        return _plain(preferences.of(db, caller()))


@blueprint.operation("POST", "/inbox/preferences", requires("inbox.read"), body=MyPreferencesIn(), answer=MyPreferencesOut(),
                     example={"mail": "wangfang@example.org", "off": {"mail": ["comment", "result"]}})
def choose(body: dict[str, Any]) -> dict[str, Any]:
    """Choose how I want to be told. The address is kept encrypted, and mail is sent where the city has a mail server."""
    with transaction() as db:
        return _plain(preferences.choose(db, caller(), language=body.get("lang"), off=body.get("off"), mail=body.get("mail")))


@blueprint.operation("GET", "/admin/messages", requires("messages.manage"), query=LettersIn(), answer=page_of(LetterOut()))
def letters(query: dict[str, Any]) -> Response:
    """Messages that were given up, or that wait to be sent, the oldest first; not what they say, nor to whom."""
    with reading() as db:
        return rows(*dead_letters.page(db, query["state"], after=query.get("cursor"), limit=query["limit"]))


@blueprint.operation("POST", "/admin/messages/<uuid:message>/revive", requires("messages.manage"))
def revive(message: UUID) -> None:
    """Try a message again that was given up, from the first attempt on."""
    with transaction() as db:
        dead_letters.revive(db, message)


@blueprint.operation("POST", "/admin/messages/revive", requires("messages.manage"), body=ReviveIn(), answer=RevivedOut(),
                     example={"fault": "HTTP 403"})
def revive_all(body: dict[str, str]) -> dict[str, int]:
    """Try up to a thousand of them again, the oldest first, once what was wrong is mended."""
    with transaction() as db:
        return {"revived": dead_letters.revive_all(db, body.get("fault"))}


def _plain(chosen: Preference) -> dict[str, Any]:
    return {"lang": chosen.language, "mail": chosen.mail.open() if chosen.mail else None, "off": chosen.off,
            "kinds": list(Kind)}
