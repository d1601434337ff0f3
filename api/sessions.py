"""Logging in and out: the desk by password, citizens by a code sent to their phone."""
import secrets
from typing import Any

import marshmallow as ma
import structlog
from flask import request

from api import limits
from api.auth import caller, public, requires
from api.blueprint import Blueprint
from api.fields import Text
from casework.errors import Fault, Invalid, Unavailable
from casework.identity import accounts, sessions
from casework.identity.permissions import PERMISSIONS
from casework.notifications import senders
from casework.storage.database import transaction

log = structlog.get_logger("api.sessions")
blueprint = Blueprint("sessions", __name__, url_prefix="/api/v1/sessions", description="登录 Logging in and out")


class LogInIn(ma.Schema):
    """A desk account."""

    login = Text(80, required=True)
    password = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))


class TokensOut(ma.Schema):
    """`access` goes with every request; `refresh` gets the next pair, once."""

    access = ma.fields.String()
    refresh = ma.fields.String()
    expires_in = ma.fields.Integer(metadata={"description": "seconds"})


class RefreshIn(ma.Schema):
    """The refresh token of the last pair."""

    refresh = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))


class PhoneIn(ma.Schema):
    """A Chinese mobile number."""

    phone = Text(32, required=True)


class CodeIn(PhoneIn):
    """The six digits that were sent to it."""

    code = Text(12, required=True)


class PasswordIn(ma.Schema):
    """The old password and the new one."""

    old = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))
    new = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))


class MeOut(ma.Schema):
    """Who I am here."""

    kind = ma.fields.String()
    id = ma.fields.UUID(allow_none=True)
    name = ma.fields.String()
    roles = ma.fields.List(ma.fields.String())
    department_ids = ma.fields.List(ma.fields.UUID())
    area_codes = ma.fields.List(ma.fields.String())
    permissions = ma.fields.List(ma.fields.String(), metadata={
        "description": "what my posts permit, some of it only where they lie; steps of cases are told with each case"})


LOGGING_IN = public("whoever logs in has no credential yet")


@blueprint.operation("POST", "", LOGGING_IN, body=LogInIn(), answer=TokensOut(), status=201, limit=limits.logins,
                     problems=("unauthenticated",), example={"login": "wangfang", "password": "correct horse battery"})
def log_in(body: dict[str, str]) -> sessions.Tokens:
    """Log in at the desk. Wrong passwords are answered more and more slowly, with 429."""
    with transaction() as db:
        return sessions.log_in(db, body["login"], body["password"], request.remote_addr or "")


@blueprint.operation("POST", "/refresh", LOGGING_IN, body=RefreshIn(), answer=TokensOut(), status=201, limit=limits.reports,
                     problems=("unauthenticated",), example={"refresh": "Zk3…"})
def refresh(body: dict[str, str]) -> sessions.Tokens:
    """Exchange a refresh token for the next pair. One that is shown twice ends the whole log-in."""
    # Not under the limit of log-ins: a whole office may share an address, and in a token there is nothing to guess.
    with transaction() as db:
        return sessions.refresh(db, body["refresh"])


@blueprint.operation("POST", "/end", LOGGING_IN, body=RefreshIn(), example={"refresh": "Zk3…"})
def end(body: dict[str, str]) -> None:
    """Log out: every token of this log-in ends."""
    with transaction() as db:
        sessions.log_out(db, body["refresh"])


@blueprint.operation("POST", "/phone/code", LOGGING_IN, body=PhoneIn(), limit=limits.logins, example={"phone": "13800000000"})
def send_code(body: dict[str, str]) -> None:
    """Send a code to a phone; it proves the phone for five minutes.

    Answers the same whether we know the phone or not. 503 when nothing carries it there just now.
    """
    held = sessions.MemorySender()
    with transaction() as db:
        sessions.send_phone_code(db, body["phone"], held, request.remote_addr or "")
    for phone, text in held.sent:  # after the commit: a gateway that hangs holds up nobody's report
        _hand_over(phone, text)


def _hand_over(phone: str, text: str) -> None:
    try:
        senders.texts().send(phone, text, secrets.token_hex(16))
    except sessions.NotTakenError as fault:
        log.warning("code_not_sent", fault=str(fault))
        raise Unavailable("the code could not be sent; ask for another one", retry_after=60) from None


@blueprint.operation("POST", "/phone", LOGGING_IN, body=CodeIn(), answer=TokensOut(), status=201, limit=limits.logins,
                     problems=("unauthenticated",), example={"phone": "13800000000", "code": "123456"})
def log_in_phone(body: dict[str, str]) -> sessions.Tokens:
    """Log in as the citizen who holds a phone: shows the reports that were sent with it."""
    with transaction() as db:
        return sessions.log_in_phone(db, body["phone"], body["code"], request.remote_addr or "")


@blueprint.operation("GET", "/me", requires("account.read"), answer=MeOut())
def me() -> dict[str, Any]:
    """Who I am here, with the posts that I hold now."""
    actor = caller()
    return {"kind": actor.kind, "id": actor.id, "name": actor.name, "roles": sorted(actor.roles),
            "department_ids": sorted(actor.department_ids), "area_codes": sorted(actor.area_codes),
            "permissions": sorted(name for name, grant in PERMISSIONS.items() if not grant.roles.isdisjoint(actor.roles))}


@blueprint.operation("POST", "/password", requires("password.change"), body=PasswordIn(), limit=limits.logins,
                     example={"old": "correct horse battery", "new": "staple and a longer one"})
def change_password(body: dict[str, str]) -> None:
    """Change my password. Every log-in of mine ends."""
    me = caller().id
    assert me is not None  # noqa: S101 - the permission is for users, and users have an id
    try:
        with transaction() as db:
            accounts.change_password(db, me, body["old"], body["new"])
    except Invalid as error:
        raise Invalid(error.sentence, *(Fault("new", fault.reason) for fault in error.faults)) from None
