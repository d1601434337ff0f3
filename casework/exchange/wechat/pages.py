"""Pages in WeChat's browser that use its JS-SDK: the address of each is signed with the account's ticket."""
import hashlib
import secrets
from dataclasses import dataclass

from casework import clock
from casework.errors import NotFound, Unavailable
from casework.exchange.wechat import client
from casework.exchange.wechat.client import WechatError


@dataclass(frozen=True)
class Signed:
    """What wx.config wants beside the list of functions."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


def signed(url: str) -> Signed:
    """Sign the address of a page as the browser shows it, without what follows a #.

    Raises NotFound when the channel is off, Unavailable when WeChat gives no ticket.
    """
    server = client.server()
    if server is None:
        raise NotFound("there is no WeChat account here")
    try:
        ticket = server.ticket()
    except WechatError as error:
        raise Unavailable(f"WeChat does not answer ({error})") from None
    at, nonce = int(clock.now().timestamp()), secrets.token_hex(8)
    return Signed(server.app_id, at, nonce, signature(ticket, nonce, at, url))


def signature(ticket: str, nonce: str, at: int, url: str) -> str:
    """Hexadecimal SHA-1, of the four in this order."""
    said = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={at}&url={url.partition('#')[0]}"
    return hashlib.sha1(said.encode()).hexdigest()  # noqa: S324 - WeChat's choice
