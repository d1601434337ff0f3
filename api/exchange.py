"""What 12345 platforms are told of their tickets: the feed that they read, the webhooks that they get, and what is stuck."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, Whole, encode, page_of, paged, rows
from casework.errors import Fault, Invalid
from casework.exchange import feed, stuck, subscriptions, webhooks
from casework.exchange.feed import EVENTS
from casework.exchange.stuck import State
from casework.identity.people import Role
from casework.storage.database import reading, transaction

blueprint = Blueprint("exchange", __name__, url_prefix="/api/v1/exchange", description="数据交换 What other systems are told")


class FeedIn(ma.Schema):
    """From where to read."""

    cursor = Cursor(int, metadata={"description": "`next` of the page before; without it from the beginning"})
    limit = Whole(1, 500, load_default=100, metadata={"description": "lines a page"})
    client = ma.fields.UUID(metadata={"description": "whose feed; administrators name it, a platform reads its own"})


class TicketStatusOut(ma.Schema):
    """How a ticket stands after a step of its case; the same by feed and by webhook."""

    id = ma.fields.String(metadata={"description": "the same whenever the line comes again"})
    seq = ma.fields.Integer(metadata={"description": "grows; not without gaps"})
    event = ma.fields.String(metadata={"description": ", ".join(EVENTS)})
    at = ma.fields.String(metadata={"description": "when it happened"})
    ticket = ma.fields.String(metadata={"description": "the platform's own number"})
    number = ma.fields.String(metadata={"description": "our tracking number"})
    case = ma.fields.String()
    line = ma.fields.Integer(metadata={"description": "of the case's history"})
    status = ma.fields.String()
    department = ma.fields.String(allow_none=True)
    words = ma.fields.String(allow_none=True, metadata={"description": "answer, reason or question meant for the caller"})
    signed_at = ma.fields.String(allow_none=True)
    responded_at = ma.fields.String(allow_none=True, metadata={"description": "响应: first spoken to the caller, or answered"})
    resolved_at = ma.fields.String(allow_none=True)
    closed_at = ma.fields.String(allow_none=True)
    solved = ma.fields.Boolean(allow_none=True, metadata={"description": "解决, as somebody else than the handler found"})
    solved_at = ma.fields.String(allow_none=True)
    satisfied = ma.fields.Boolean(allow_none=True, metadata={"description": "满意, as said on the phone or by rating"})
    satisfied_at = ma.fields.String(allow_none=True)
    rating = ma.fields.Integer(allow_none=True, metadata={"description": "1 to 5"})


class FeedOut(ma.Schema):
    """A page of the feed."""

    items = ma.fields.List(ma.fields.Nested(TicketStatusOut()))
    next = ma.fields.String(metadata={"description": "where to go on, always given: ask again with it later"})
    more = ma.fields.Boolean(metadata={"description": "more is there already"})


class ReplayIn(ma.Schema):
    """From where to deliver again."""

    cursor = Cursor(int, metadata={"description": "the last line that surely arrived; without it all"})
    client = ma.fields.UUID(metadata={"description": "whose; administrators name it"})


class ReplayedOut(ma.Schema):
    """How many lines are delivered (again)."""

    lines = ma.fields.Integer()


class SubscriptionIn(ma.Schema):
    """Where a platform is told."""

    client = ma.fields.UUID(required=True)
    url = Text(500, required=True, metadata={"description": "https; this machine only with ZHIWANG_WEBHOOK_LOOPBACK=yes"})
    events = ma.fields.List(Text(40), load_default=list, validate=ma.validate.Length(max=len(EVENTS)),
                            metadata={"description": "all, unless named"})
    active = ma.fields.Boolean(load_default=True)
    new_secret = ma.fields.Boolean(load_default=False)


class SubscriptionOut(ma.Schema):
    """The webhook of a platform."""

    client = ma.fields.UUID()
    url = ma.fields.String()
    events = ma.fields.List(ma.fields.String())
    active = ma.fields.Boolean()
    secret = ma.fields.String(allow_none=True, metadata={"description": "signs each delivery; shown once, null if not new"})


class WebhookOut(ma.Schema):
    """How a platform's webhook fares."""

    client = ma.fields.UUID()
    name = ma.fields.String()
    url = ma.fields.String()
    events = ma.fields.List(ma.fields.String())
    active = ma.fields.Boolean()
    rests_until = Moment(allow_none=True, metadata={"description": "nobody answered there a moment ago"})
    waiting = ma.fields.Integer(metadata={"description": "counted up to 1000"})
    dead = ma.fields.Integer(metadata={"description": "given up until they are revived; counted up to 1000"})
    oldest_at = Moment(allow_none=True)
    fault = ma.fields.String(allow_none=True)


class WebhooksOut(ma.Schema):
    """All of them."""

    items = ma.fields.List(ma.fields.Nested(WebhookOut()))


class StuckIn(PageIn):
    """Which lines."""

    cursor = Cursor(int)
    state = ma.fields.Enum(State, by_value=True, load_default=State.DEAD)


class StuckOut(ma.Schema):
    """A line that is owed to a platform."""

    id = ma.fields.UUID()
    seq = ma.fields.Integer()
    client = ma.fields.String()
    case = ma.fields.String()
    ticket = ma.fields.String()
    event = ma.fields.String()
    attempts = ma.fields.Integer()
    fault = ma.fields.String(allow_none=True)
    at = Moment()
    next_try_at = Moment(allow_none=True)
    failed_at = Moment(allow_none=True)


class StandingOut(ma.Schema):
    """All of the webhooks, and the first of what was given up."""

    webhooks = ma.fields.List(ma.fields.Nested(WebhookOut()))
    stuck = ma.fields.Nested(page_of(StuckOut()))


class ReviveLinesIn(ma.Schema):
    """Whose."""

    client = ma.fields.UUID(metadata={"description": "of this platform alone"})


ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"


@blueprint.operation("GET", "/feed", requires("exchange.read"), query=FeedIn(), answer=FeedOut())
def read_feed(query: dict[str, Any]) -> Response:
    """How my tickets fare, in order: a line for each step of the case where a ticket counts.

    Nothing is ever put in before what was read. The same lines go to the webhook, if there is one.
    """
    (after,) = query.get("cursor", (0,))
    with reading() as db:
        found = feed.since(db, _client(query), after, query["limit"] + 1)
        shown = found[:query["limit"]]
        return encode({"items": [one.told for one in shown], "next": Cursor.write([shown[-1].seq if shown else after]),
                       "more": len(found) > len(shown)})


@blueprint.operation("POST", "/replay", requires("exchange.read"), body=ReplayIn(), answer=ReplayedOut(),
                     example={"cursor": Cursor.write([17]), "client": ID})
def replay(body: dict[str, Any]) -> dict[str, int]:
    """Deliver again by webhook what came after a line, each under the id that it had."""
    (after,) = body.get("cursor", (0,))
    with transaction() as db:
        return {"lines": webhooks.replay(db, _client(body), after)}


@blueprint.operation("GET", "/subscriptions", requires("exchange.manage"), answer=WebhooksOut())
def overview() -> dict[str, Any]:
    """Every webhook, and whether it gets through."""
    with reading() as db:
        return {"items": stuck.overview(db)}


@blueprint.operation("POST", "/subscriptions", requires("exchange.manage"), body=SubscriptionIn(), answer=SubscriptionOut(),
                     problems=("not-found",), example={"client": ID, "url": "https://12345.example.gov.cn/zhiwang",
                                                       "events": ["case.dispatch", "case.resolve", "case.accept"]})
def subscribe(body: dict[str, Any]) -> dict[str, Any]:
    """Tell a platform by webhook from now on, or change where and of what.

    Each delivery is a POST of one line as in the feed, signed as systems sign what they send to us, with its id as
    Idempotency-Key. Any 2xx takes it; all else is tried again over a day and a half. Of one case nothing later comes before
    what is earlier was taken.
    """
    with transaction() as db:
        made, secret = subscriptions.subscribe(db, body["client"], body["url"], body["events"], EVENTS,
                                               active=body["active"], new_secret=body["new_secret"])
        return {"client": made.client_id, "url": made.url, "events": made.events, "active": made.active, "secret": secret}


@blueprint.operation("GET", "/stuck", requires("exchange.manage"), query=StuckIn(), answer=page_of(StuckOut()))
def stuck_lines(query: dict[str, Any]) -> Response:
    """Lines that were given up, or that wait to be delivered, in their order."""
    (after,) = query.get("cursor", (0,))
    with reading() as db:
        items, last = stuck.page(db, query["state"], after=after, limit=query["limit"])
    return rows(items, [last] if last else None)


@blueprint.operation("GET", "/standing", requires("exchange.manage"), answer=StandingOut())
def standing() -> Response:
    """What an administrator looks at: every webhook, and the first lines that were given up; /stuck has those that follow."""
    with reading() as db:
        webhooks = stuck.overview(db)
        items, last = stuck.page(db, State.DEAD)
    return encode({"webhooks": webhooks, "stuck": paged(items, [last] if last else None)})


@blueprint.operation("POST", "/stuck/<uuid:line>/revive", requires("exchange.manage"))
def revive(line: uuid.UUID) -> None:
    """Try a line again that was given up, from the first attempt on."""
    with transaction() as db:
        stuck.revive(db, line)


@blueprint.operation("POST", "/stuck/revive", requires("exchange.manage"), body=ReviveLinesIn(), answer=ReplayedOut(),
                     example={"client": ID})
def revive_all(body: dict[str, Any]) -> dict[str, int]:
    """Try up to a thousand of them again, once what was wrong is mended."""
    with transaction() as db:
        return {"lines": stuck.revive_all(db, body.get("client"))}


def _client(sent: dict[str, Any]) -> uuid.UUID:
    """Whose lines: a platform's own, whatever it says."""
    actor = caller()
    if Role.PLATFORM in actor.roles and actor.id:
        return actor.id
    if "client" not in sent:
        raise Invalid("whose feed?", Fault("client", "must be named"))
    client: uuid.UUID = sent["client"]
    return client
