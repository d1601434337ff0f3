"""How Open311 is spoken under /open311: each operation in both formats, keys in the form, and errors in its own words."""
from collections.abc import Callable
from typing import Any, TypeVar

import marshmallow as ma
import orjson
from flask import Response, g, request

from api import refusals
from api.auth import Access
from api.blueprint import Blueprint
from api.errors import MIMETYPE
from api.limits import limiter
from api.open311 import writing
from api.open311.form import form
from casework.cases.report import Channel
from casework.errors import Unauthenticated
from casework.identity.people import Actor
from casework.identity.sessions import api_keys
from casework.storage.database import reading

View = TypeVar("View", bound=Callable[..., Any])

ROOT = "/open311"
in_xml = Blueprint("open311_xml", __name__, url_prefix=ROOT, description="Open311 GeoReport v2, in XML")
in_json = Blueprint("open311_json", __name__, url_prefix=ROOT, description="Open311 GeoReport v2, in JSON")
GROUPS = ((in_xml, "xml"), (in_json, "json"))
for group, _ in GROUPS:
    group.after_request(refusals.counted(Channel.OPEN311, report=""))

AS_THEY_ARE = frozenset({404, 405, 413, 429, 500, 503, 507})
"""Statuses that clients and proxies act upon; a key that is missing or wrong is 403, and whatever else is wrong 400."""


def holder() -> Actor:
    """Whose API key this request shows: in the form, or in the query. Raises Unauthenticated."""
    shown = request.args.get("api_key", "")
    if request.method == "POST":
        shown = form().first().get("api_key", shown)
    with reading() as db:
        bearer = api_keys.bearer_of(db, shown)
    g.api_key_rate = bearer.per_minute
    return bearer.actor


def asker(key: str | None) -> Actor | None:
    """The app whose key is shown where none is needed; a key that is none makes nobody known, and shuts nobody out."""
    if not key:
        return None
    with reading() as db:
        try:
            return api_keys.bearer_of(db, key).actor
        except Unauthenticated:
            return None


def of_key() -> str:
    """How many reports a minute the key is good for."""
    return f"{g.api_key_rate} per minute"


def reads() -> str:
    """Apps that follow many requests ask often; nobody needs to ask more often than this."""
    return "300 per minute"


BY_KEY = Access("report.create.citizen", "", identifies=True, anonymous=False, scheme="apiKey", identify=holder)


def operation(method: str, path: str, access: Access, *, answer: ma.Schema, limit: Callable[[], str] | None = None,
              **rest: Any) -> Callable[[View], View]:
    """Declare an operation of GeoReport v2 in both formats; `path` is without the suffix, the rest as in Blueprint.

    What is asked for in one format counts in the other.
    """
    def declare(view: View) -> View:
        served: Any = limiter.shared_limit(limit, scope=f"{method} {path}")(view) if limit else view
        for group, suffix in GROUPS:
            shape = {"answer": answer} if suffix == "json" else {"media_type": "text/xml"}
            group.operation(method, f"{path}.{suffix}", access, **shape, **rest)(served)
        return view
    return declare


@in_xml.after_app_request
def in_open311(response: Response) -> Response:
    """Whatever is refused under /open311, also where nothing answers, is a list of errors in the format of the address."""
    if response.mimetype != MIMETYPE or not request.path.startswith(f"{ROOT}/"):
        return response
    problem = orjson.loads(response.data)
    status = response.status_code
    status = 403 if status in {401, 403} else status if status in AS_THEY_ARE else 400
    faults = problem.get("errors") or [{"field": problem.get("field", ""), "reason": problem["detail"]}]
    errors = [{"code": str(status), "description": f"{fault['field']} {fault['reason']}".strip()} for fault in faults]
    told = writing.answer("errors", errors)
    response.data, response.content_type, response.status_code = told.data, told.content_type, status
    response.headers.pop("WWW-Authenticate", None)
    return response
