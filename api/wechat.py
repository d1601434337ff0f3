"""What WeChat's servers call: the check of the address, and messages, answered within their five seconds whatever else is
slow: no model is asked, no file fetched and no Redis needed on the way. And what pages in its browser need."""
from datetime import datetime

import marshmallow as ma
from flask import Response, request
from sqlalchemy.orm import Session

from api import limits, refusals
from api.auth import Access, public
from api.blueprint import Blueprint
from api.fields import Text
from api.sessions import TokensOut
from casework.cases.report import Channel
from casework.community.subscriptions import chat
from casework.errors import NotFound, Refused
from casework.exchange.wechat import mini_program, pages
from casework.exchange.wechat.pages import Signed
from casework.identity import sessions
from casework.identity.followers import Follower
from casework.identity.people import Actor, Role
from casework.intake.wechat import conversation, dialect, envelope, mailbox
from casework.intake.wechat.dialect import Incoming
from casework.intake.wechat.envelope import Seal
from casework.settings import Settings, current
from casework.storage.database import transaction

blueprint = Blueprint("wechat", __name__, url_prefix="/api/v1/wechat", description="微信公众号 The WeChat official account")
blueprint.after_request(refusals.counted(Channel.WECHAT, message=""))

LOCK_SECONDS = 3
"""Longer than this a message waits for nobody at the database: WeChat sends it again."""

HEARD = "success"
"""The answer that says nothing to the sender, and that WeChat need not come again."""

SERVER = Actor("citizen", None, "微信", frozenset({Role.CITIZEN}))
"""Whoever signs with the account's token passes on what citizens say."""


class SignedOut(ma.Schema):
    """What wx.config wants."""

    app_id = ma.fields.String()
    timestamp = ma.fields.Integer(metadata={"description": "Unix seconds"})
    nonce = ma.fields.String()
    signature = ma.fields.String()


class PageIn(ma.Schema):
    """The page that wants to use the JS-SDK."""

    url = Text(2000, required=True, metadata={"description": "its address, as the browser shows it"})


class SessionIn(ma.Schema):
    """What the mini-program got from WeChat."""

    code = Text(200, required=True, metadata={"description": "from wx.login"})
    phone_code = Text(200, required=True, metadata={"description": "from a button with open-type getPhoneNumber"})


def server() -> Actor:
    """WeChat, by the signature of this request. Raises NotFound when the channel is off, Refused for a wrong signature and
    for one that is not of the last minutes."""
    config, sent = current(), request.args
    if not config.wechat:
        raise NotFound("there is no WeChat account here")
    at, nonce = sent.get("timestamp", ""), sent.get("nonce", "")
    envelope.check(sent.get("signature", ""), config.wechat_token, at, nonce)
    envelope.check_time(at)
    return SERVER


ACCESS = Access("report.create.citizen", "", identifies=True, anonymous=False, scheme="wechat", identify=server)


@blueprint.operation("GET", "", ACCESS, media_type="text/plain", problems=("not-found",))
def check() -> Response:
    """The check of this address: `echostr` comes back as it is."""
    return Response(request.args.get("echostr", ""), content_type="text/plain; charset=utf-8")


@blueprint.operation("POST", "", ACCESS, takes="text/xml", media_type="text/xml", kilobytes=dialect.MOST_BYTES // 1024,
                     problems=("not-found",))
def message() -> Response:
    """A message or an event, plain or (where the account has an EncodingAESKey) encrypted.

    It is stored with all that follows from it before this answers. Sent again, it changes nothing and gets the same answer.
    """
    config = current()
    incoming = dialect.read(_opened(config))
    with transaction(within=LOCK_SECONDS) as db:
        text, at = mailbox.take(db, config.wechat_app_id, incoming, request.args["signature"], _said)
    return _answer(config, incoming, text, at)


@blueprint.operation("GET", "/signature", public("pages in WeChat's browser need it before anybody can log in"),
                     query=PageIn(), answer=SignedOut(), problems=("not-found",), limit=limits.reports)
def signature(query: dict[str, str]) -> Signed:
    """Sign the address of a page, so that it may use WeChat's JS-SDK (camera, location, choosing pictures)."""
    return pages.signed(query["url"])


@blueprint.operation("POST", "/sessions", public("whoever logs in has no credential yet"), body=SessionIn(), answer=TokensOut(),
                     status=201, limit=limits.logins, problems=("not-found", "unauthenticated"),
                     example={"code": "0a3x0ZFa1", "phone_code": "e31968a7f94cc5ee25fafc2aef2773f0"})
def session(body: dict[str, str]) -> sessions.Tokens:
    """Log in from the mini-program: a citizen with the phone that WeChat has proved. Both codes hold once, for five minutes."""
    phone = mini_program.phone_of(body["code"], body["phone_code"])
    with transaction() as db:
        return sessions.log_in_proved(db, phone)


def _said(db: Session, follower: Follower, message: Incoming) -> str:
    """What is to be followed is said in words of its own; all else belongs to the conversation."""
    said = chat.answer(db, follower, message.text("Content")) if message.kind == "text" else None
    return conversation.answer(db, follower, message) if said is None else said


def _opened(config: Settings) -> dict[str, str]:
    """The fields of the message. Of an account with a key only the encrypted one counts, also where a plain one stands
    beside it: the plain one is signed by nobody."""
    fields = dialect.fields_of(request.get_data())
    if not config.wechat_aes_key:
        return fields
    encrypted, sent = fields.get("Encrypt", ""), request.args
    if not encrypted:
        raise Refused("this account takes encrypted messages only")
    envelope.check(sent.get("msg_signature", ""), config.wechat_token, sent["timestamp"], sent["nonce"], encrypted)
    return dialect.fields_of(Seal(config.wechat_aes_key, config.wechat_app_id).open(encrypted))


def _answer(config: Settings, to: Incoming, text: str, at: datetime) -> Response:
    if not text:
        return Response(HEARD, content_type="text/plain; charset=utf-8")
    xml = dialect.reply(to, text, at)
    if config.wechat_aes_key:
        xml = envelope.wrapped(Seal(config.wechat_aes_key, config.wechat_app_id), config.wechat_token, xml)
    return Response(xml, content_type="text/xml; charset=utf-8")
