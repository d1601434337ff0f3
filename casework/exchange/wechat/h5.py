"""Pages of ours in WeChat's browser: it says who has them open (snsapi_base), and nobody is asked for anything."""
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from casework import settings
from casework.errors import NotFound, Unauthenticated, Unavailable
from casework.exchange.wechat import client
from casework.exchange.wechat.client import WechatError, WechatServer
from casework.exchange.wechat.mini_program import WRONG
from casework.identity import followers
from casework.identity.sessions import once, tokens
from casework.identity.sessions.tokens import Tokens

STATE, TICKET = "wechat state", "wechat ticket"
ON_THE_WAY, AT_THE_PAGE = timedelta(minutes=10), timedelta(seconds=60)
"""From us to WeChat and back; from the way back to the page that asks for its session."""


def way(back: str, bound_to: str) -> str:
    """The address at WeChat that brings the browser to `back` with a code; the state holds once and for this browser.

    Raises NotFound when the channel is off.
    """
    asked = {"appid": _server().app_id, "redirect_uri": back, "response_type": "code", "scope": "snsapi_base",
             "state": once.word(STATE, ON_THE_WAY, bound_to=bound_to)}  # WeChat wants them in this order
    return f"{settings.current().wechat_open_url}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"


def came_back(db: Session, state: str, bound_to: str) -> None:
    """The state was made for this browser, lately, and comes for the first time. Raises Unauthenticated."""
    once.use_up(db, STATE, state, bound_to=bound_to)


def openid_of(code: str) -> str:
    """Who it is. Asks WeChat: call it outside of a transaction. Raises NotFound, Unauthenticated for a code that is wrong or
    used, Unavailable when WeChat does not answer."""
    try:
        return _server().openid_of_page(code)
    except WechatError as error:
        if error.code in WRONG:
            raise Unauthenticated("this code is wrong, used or too old") from None
        raise Unavailable(f"WeChat does not answer ({error})") from None


def ticket(db: Session, openid: str, bound_to: str) -> str:
    """A word that gets the page its session, once, within a minute and in this browser: a link with somebody else's ticket
    must not let what is sent next be his. Raises NotFound when the channel is off."""
    return once.word(TICKET, AT_THE_PAGE, subject=followers.known(db, _server().app_id, openid), bound_to=bound_to)


def session(db: Session, said: str, bound_to: str) -> Tokens:
    """The session of whoever the ticket was made for: it holds our own tokens, and none of WeChat's. Raises
    Unauthenticated."""
    return tokens.begin(db, follower_id=once.use_up(db, TICKET, said, bound_to=bound_to))


def _server() -> WechatServer:
    found = client.server()
    if found is None:
        raise NotFound("there is no WeChat account here")
    return found
