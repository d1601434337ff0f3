"""Our pages in WeChat's browser: out to WeChat and back, and then the page has a session of whoever opened it."""
import re
import secrets
from typing import Any

import marshmallow as ma
import structlog
from flask import Response, request

from api import limits
from api.auth import public
from api.blueprint import Blueprint
from api.fields import Text
from api.sessions import TokensOut
from casework.errors import CaseworkError
from casework.exchange.wechat import h5
from casework.identity import sessions
from casework.storage.database import transaction

log = structlog.get_logger("api.wechat")
blueprint = Blueprint("wechat_pages", __name__, url_prefix="/api/v1/wechat", description="微信网页 Pages in WeChat")

COOKIE = "wechat_h5"
OURS = re.compile(r"/(snap|open)(/[A-Za-z0-9/_-]{0,100})?")
"""Pages that one may come back to; nothing else, so that nobody is sent to another's."""

HOME = "/snap"
NOBODY_YET = public("whoever comes from WeChat has no credential yet")


class ToIn(ma.Schema):
    """Where to go afterwards."""

    to = Text(120, load_default=HOME, validate=ma.validate.Regexp(f"^{OURS.pattern}$"),
              metadata={"description": "a page of ours: /snap or /open, and what is below"})


class BackIn(ma.Schema):
    """What WeChat sends the browser back with."""

    code = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    state = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))


class TicketIn(ma.Schema):
    """What stands behind `#wechat=` in the page's address."""

    ticket = Text(100, required=True)


@blueprint.operation("GET", "/h5", NOBODY_YET, query=ToIn(), media_type="text/html", status=302, problems=("not-found",),
                     limit=limits.reports)
def out(query: dict[str, str]) -> Response:
    """Open this in WeChat's browser to be known there: it goes by WeChat back to the page `to`. 404 when the channel is off.

    The page then finds `#wechat=TICKET` in its address, or `#wechat=failed`, and can do without.
    """
    browser = f"{secrets.token_hex(16)}{query['to']}"
    answer = _to(h5.way(f"{request.url_root}api/v1/wechat/h5/back", browser))
    answer.set_cookie(COOKIE, browser, max_age=int(h5.ON_THE_WAY.total_seconds()), path="/api/v1/wechat", httponly=True,
                      samesite="Lax", secure=request.is_secure)
    return answer


@blueprint.operation("GET", "/h5/back", NOBODY_YET, query=BackIn(), media_type="text/html", status=302, limit=limits.reports)
def back(query: dict[str, str]) -> Response:
    """Where WeChat sends the browser: on to the page. The state holds once, and for the browser that set out."""
    browser = request.cookies.get(COOKIE, "")
    page = browser[32:] if OURS.fullmatch(browser[32:]) else HOME
    return _to(f"{page}#wechat={_ticket(query, browser)}")


@blueprint.operation("POST", "/h5/sessions", NOBODY_YET, body=TicketIn(), answer=TokensOut(), status=201, limit=limits.reports,
                     problems=("unauthenticated",), example={"ticket": "018f3c1e7b5a7c2d9e4f0123456789ab65a1c4e7"})
def session(body: dict[str, str]) -> sessions.Tokens:
    """The page's session, for the ticket in its address: a citizen with the reports of his WeChat account. It holds once, in
    the browser that was at WeChat: the page sends its cookie along.

    These tokens are ours, as those of /sessions; WeChat's own go no further than our server.
    """
    with transaction() as db:
        return h5.session(db, body["ticket"], request.cookies.get(COOKIE, ""))


def _ticket(query: dict[str, Any], browser: str) -> str:
    """A person looks at what comes of it, so whatever is wrong becomes a page that does without, and a line in the log."""
    try:
        with transaction() as db:
            h5.came_back(db, query["state"], browser)
        openid = h5.openid_of(query["code"])
        with transaction() as db:
            return h5.ticket(db, openid, browser)
    except CaseworkError as error:
        log.warning("wechat_page_unknown", fault=type(error).__name__)
        return "failed"


def _to(address: str) -> Response:
    return Response(status=302, headers={"Location": address, "Cache-Control": "no-store"}, content_type="text/html")
