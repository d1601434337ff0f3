"""Who calls, and whether the table lets them: every endpoint declares its access, and what declares none is refused.

Conditions on a subject (own department, own area, own report) need the subject, so the verbs of casework check those;
here the roles are checked, before a body is read.
"""
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, request

from casework.errors import Refused, Unauthenticated
from casework.identity import sessions
from casework.identity.people import ANONYMOUS, Actor, Role
from casework.identity.permissions import PERMISSIONS, opens
from casework.storage.database import reading, transaction

View = TypeVar("View", bound=Callable[..., Any])

SCHEMES: dict[str, dict[str, Any]] = {
    "desk": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description":
             "Access token of a desk log-in, or of a citizen who proved a phone; short-lived, its session refreshes it."},
    "device": {"type": "apiKey", "in": "header", "name": "Authorization", "description":
               "`Device TOKEN`, the token a PDA got when it was enrolled; X-Device-Id is sent beside it."},
    "deviceId": {"type": "apiKey", "in": "header", "name": "X-Device-Id",
                 "description": "The id of the enrolled PDA that the device token is bound to."},
    "client": {"type": "apiKey", "in": "header", "name": "Authorization", "description":
               "`ZW-HMAC key=ID, time=UNIX_SECONDS, nonce=RANDOM, signature=HEX`: HMAC-SHA256 over method, path with "
               "query, time, nonce and the SHA-256 of the body. A nonce is taken once."},
    "scrape": {"type": "http", "scheme": "bearer", "description":
               "The token that `zhiwang scrape-token` prints, for Prometheus."},
    "fieldKey": {"type": "http", "scheme": "digest", "description":
                 "Username and password of a field key, as Digest or, over https, as Basic. With "
                 "/openrosa/key/TOKEN/ before the rest of the address, the key's token stands for both."},
    "apiKey": {"type": "apiKey", "in": "query", "name": "api_key", "description":
               "The key of an app that speaks Open311; with POST it comes as a field of the form."},
    "wechat": {"type": "apiKey", "in": "query", "name": "signature", "description":
               "WeChat's: hexadecimal SHA-1 of token, `timestamp` and `nonce`, sorted and joined; of the last five minutes."},
    "subscriptionList": {"type": "apiKey", "in": "header", "name": "X-Subscription-List", "description":
                         "A UUID that a browser has made at random and keeps: opens what it follows, and nothing else."},
    "tracking": {"type": "apiKey", "in": "header", "name": "X-Tracking-Token",
                 "description": "The token that the receipt of a citizen's report carries."},
}
SEEN_EVERY_SECONDS = 60
MOST_DEVICES = 20_000
_seen: dict[UUID, float] = {}
"""When this process last let a device be noted as seen; bounded, and losing it costs one write a device."""

DESK_ROLES = frozenset(Role) - {Role.CITIZEN, Role.PLATFORM, Role.SYSTEM}


@dataclass(frozen=True)
class Access:
    """What an endpoint asks of its caller; as a decorator it marks a view, and `Blueprint.operation` takes it whole."""

    permission: str | None
    why: str
    identifies: bool
    """Whether credentials are looked at: a health check answers whatever somebody sends along."""
    anonymous: bool
    """Whether somebody without any credential may come in."""
    scheme: str | None = None
    """A credential beside those of the permission, which the view itself looks at before it calls admit()."""
    strangers: frozenset[Role] = frozenset()
    """Whom the view turns away with better words than ours."""
    identify: "Callable[[], Actor] | None" = None
    """Who calls, where credentials of `scheme` are taken and no others: field apps cannot send ours."""

    def __call__(self, view: View) -> View:
        view.access = self  # type: ignore[attr-defined]  # a function carries what is set on it
        return view

    def security(self) -> list[dict[str, list[str]]]:
        """The OpenAPI security of an operation with this access: any one entry suffices, {} is no credential at all."""
        if not self.identifies and self.scheme is None:
            return []
        if self.identify is not None and self.scheme is not None:
            return [{self.scheme: []}]
        roles = (PERMISSIONS[self.permission].roles if self.permission else frozenset(Role)) - self.strangers
        ways: list[dict[str, list[str]]] = [{self.scheme: []}] if self.scheme else []
        if roles & (DESK_ROLES | {Role.CITIZEN}):
            ways.append({"desk": []})
        if Role.GRID_WORKER in roles:
            ways.append({"device": [], "deviceId": []})
        if Role.PLATFORM in roles:
            ways.append({"client": []})
        if Role.CITIZEN in roles:
            ways.append({"tracking": []})
        return [*ways, {}] if self.anonymous and self.identifies else ways


def requires(permission: str) -> Access:
    """The caller needs a role that the permission names; citizens without an account come in where CITIZEN may.

    Raises KeyError at import for a name that the table does not know.
    """
    grant = PERMISSIONS[permission]
    return Access(permission, "", identifies=True, anonymous=Role.CITIZEN in grant.roles)


def known(why: str, *, but: frozenset[Role] = frozenset()) -> Access:
    """Anybody with a credential; the verb decides (a case's steps carry their grants in the workflow).

    `but` names the roles that the view always turns away.
    """
    return Access(None, why, identifies=True, anonymous=False, strangers=but)


def by_token(scheme: str, permission: str) -> Access:
    """The view itself compares a token of this scheme; whoever has none needs the permission, by admit()."""
    return Access(permission, "", identifies=False, anonymous=True, scheme=scheme)


def public(why: str) -> Access:
    """Open to everybody, and no credential is looked at. `why` is read by the law tests and by people."""
    return Access(None, why, identifies=False, anonymous=True)


def caller() -> Actor:
    """Who calls this request."""
    actor: Actor = g.actor
    return actor


def tracking_credential(report_id: UUID) -> str:
    """What a citizen keeps to see a report again: one opaque string, sent as X-Tracking-Token."""
    return f"{report_id.hex}.{sessions.tracking_token(report_id)}"


def shown_reports(credentials: Iterable[str]) -> list[UUID]:
    """The reports that these tracking tokens open. Raises Unauthenticated for one that opens none."""
    return [report_id for one in credentials if (report_id := _of_tracking(one).report_id)]


def authenticate() -> Actor:
    """The actor whose credential this request carries; ANONYMOUS without any. Raises Unauthenticated for a bad one."""
    authorization = request.authorization
    if authorization is None:
        if request.headers.get("Authorization"):
            raise Unauthenticated("the Authorization header cannot be read")
        tracking = request.headers.get("X-Tracking-Token")
        return _of_tracking(tracking) if tracking else ANONYMOUS
    if authorization.type == "zw-hmac":
        return _of_client(authorization.parameters)
    if authorization.type == "bearer" and authorization.token:
        with reading() as db:
            return sessions.actor_of_access(db, authorization.token)
    if authorization.type == "device" and authorization.token:
        return _of_device(authorization.token)
    raise Unauthenticated("the Authorization header must be Bearer, Device or ZW-HMAC")


def _of_device(token: str) -> Actor:
    """A look takes no write lock; once a minute a transaction lets the session note that the device was seen."""
    try:
        device_id = UUID(request.headers.get("X-Device-Id", ""))
    except ValueError:
        raise Unauthenticated("a device token needs the id of its device in X-Device-Id") from None
    now = time.monotonic()
    lately = _seen.get(device_id, -SEEN_EVERY_SECONDS) + SEEN_EVERY_SECONDS > now
    try:
        with reading() if lately else transaction() as db:
            actor = sessions.actor_of_device(db, token, device_id)
    except Unauthenticated as refusal:
        if refusal.facts.get("wipe"):  # it erases itself on this answer, and never calls again
            with transaction() as db:
                sessions.note_wiped(db, device_id)
        raise
    if not lately:
        if len(_seen) >= MOST_DEVICES:
            _seen.clear()
        _seen[device_id] = now
    return actor


def _of_tracking(credential: str) -> Actor:
    report_id, dot, token = credential.partition(".")
    if not dot or not re.fullmatch(r"[0-9a-f]{32}", report_id):
        raise Unauthenticated("this is not a tracking token")
    return sessions.actor_of_tracking(UUID(hex=report_id), token)


def _of_client(sent: dict[str, str | None]) -> Actor:
    key, at, nonce, signature = (sent.get(name) or "" for name in ("key", "time", "nonce", "signature"))
    if not (key and at and nonce and signature):
        raise Unauthenticated("ZW-HMAC needs key, time, nonce and signature")
    path = request.path + (f"?{request.query_string.decode('latin-1')}" if request.query_string else "")
    body = request.get_data(cache=True)
    with transaction() as db:
        return sessions.actor_of_client(db, key, signature, request.method, path, at, nonce, body)


def guard() -> Response | None:
    """Before every request: no view without a declared access, no access without the role."""
    g.actor = ANONYMOUS
    if request.routing_exception is not None or request.method == "OPTIONS":
        return None  # Flask answers these itself: 404, 405, and the list of methods
    view = current_app.view_functions[request.endpoint or ""]
    access: Access | None = getattr(view, "access", None)
    if access is None:
        raise Refused("this address declares no permission, so nobody has it")
    if access.identifies:
        admit(access)
    return None


def admit(access: Access) -> None:
    """Find out who calls, and let them in or raise Unauthenticated or Refused."""
    actor = g.actor = (access.identify or authenticate)()
    if actor is ANONYMOUS and not access.anonymous:
        raise Unauthenticated("log in to do this")
    if access.permission and not opens(actor, access.permission):
        raise Refused("your posts do not permit this", action=access.permission)


def install(app: Flask) -> None:
    """Guard every request, and refuse to start with a view that says nothing about its access."""
    app.before_request(guard)


def undeclared(app: Flask) -> list[str]:
    """Endpoints without a declared access; a law says there are none."""
    return sorted(rule.endpoint for rule in app.url_map.iter_rules()
                  if not hasattr(app.view_functions[rule.endpoint], "access"))
