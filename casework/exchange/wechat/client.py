"""Asking WeChat's servers: one call at a time with the shared token, renewed once when they say that it is over."""
import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import httpx
import orjson

from casework import settings
from casework.exchange.wechat import tokens
from casework.exchange.wechat.tokens import Kind

SECONDS, FILE_SECONDS = 5.0, 60.0
"""For each of connecting, sending and hearing the next bytes; for a whole file."""

EXPIRED = frozenset({40001, 40014, 42001})
"""The token is not, or no more, in force: somebody else has renewed it, or its time is over."""

AWAY = frozenset({-1, 45009, 45011, 50002})
"""Too busy, today's calls used up, too often, the account is limited: nothing about this call; later."""

LOST = frozenset({40004, 40007, 41006})
"""There is no such file, or no more."""

NEEDS_TEMPLATE = frozenset({45015, 45047, 48001})
"""Nothing was heard from him for two days, too much was said to him since, or the account may not write freely."""

REFUSED = 43101
"""He does not want these messages."""

GONE = frozenset({40003, 43004})
"""No openid of ours, or he has left the account."""

Found = TypeVar("Found")

logging.getLogger("httpx").setLevel(logging.WARNING)
"""It notes the address of each request, with secret and token in it."""


class WechatError(Exception):
    """WeChat did not do it. `code` is its errcode, 0 when there was no answer that can be read; its words are not kept: they
    may quote what was sent. `away`: it is nothing about this call."""

    def __init__(self, fault: str, code: int = 0, *, away: bool = False) -> None:
        super().__init__(fault)
        self.code, self.away = code, away


class WechatServer:
    """The API of one account: its appid and secret, and where the servers are."""

    def __init__(self, url: str, app_id: str, secret: str, seconds: float = SECONDS) -> None:
        self.app_id, self._secret = app_id, secret
        # Not by a proxy of the environment: only the host that was named hears of people. No redirects, either.
        self._http = httpx.Client(base_url=url, timeout=seconds, trust_env=False)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post JSON; the answer, whose errcode is 0. Raises WechatError."""
        content = orjson.dumps(body)  # does not escape Chinese: WeChat shows \\u4e00 as it stands
        return self._with_token(lambda token: self._answer("POST", path, params={"access_token": token}, content=content))

    def file(self, media_id: str, most: int) -> bytes:
        """A temporary file that somebody sent, of at most so many bytes.

        Raises WechatError: with a code of LOST when it is no more, without one when it came in part only or is too large.
        """
        return self._with_token(lambda token: self._file(media_id, token, most))

    def ticket(self) -> str:
        """What signs pages that use the JS-SDK. Raises WechatError."""
        return tokens.current(self.app_id, Kind.TICKET, self._new_ticket)

    def openid_of(self, code: str) -> str:
        """Who has the mini-program open, by the code that it got from wx.login. Raises WechatError.

        The session key that comes beside it goes no further: nothing here decrypts with it.
        """
        wanted = {"appid": self.app_id, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"}
        openid = self._answer("GET", "/sns/jscode2session", params=wanted).get("openid")
        if not isinstance(openid, str) or not openid:
            raise WechatError("no openid came")
        return openid

    def openid_of_page(self, code: str) -> str:
        """Who has a page of ours open in WeChat's browser, by the code that it brought along. Raises WechatError.

        The tokens of his that come beside it go no further: nobody is asked for more than who he is.
        """
        wanted = {"appid": self.app_id, "secret": self._secret, "code": code, "grant_type": "authorization_code"}
        openid = self._answer("GET", "/sns/oauth2/access_token", params=wanted).get("openid")
        if not isinstance(openid, str) or not openid:
            raise WechatError("no openid came")
        return openid

    def _with_token(self, ask: Callable[[str], Found]) -> Found:
        token = self._token()
        try:
            return ask(token)
        except WechatError as error:
            if error.code not in EXPIRED:
                raise
        return ask(self._token(instead_of=token))

    def _token(self, instead_of: str | None = None) -> str:
        return tokens.current(self.app_id, Kind.ACCESS, self._new_token, instead_of)

    def _new_token(self) -> tuple[str, int]:
        body = {"grant_type": "client_credential", "appid": self.app_id, "secret": self._secret}
        return _granted(self._answer("GET", "/cgi-bin/token", params=body), "access_token")

    def _new_ticket(self) -> tuple[str, int]:
        found = self._with_token(lambda token: self._answer(
            "GET", "/cgi-bin/ticket/getticket", params={"access_token": token, "type": "jsapi"}))
        return _granted(found, "ticket")

    def _answer(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise WechatError(type(error).__name__, away=True) from None  # its words quote the address, with the token in it
        if response.status_code != 200:
            raise WechatError(f"HTTP {response.status_code}", away=response.status_code >= 500)
        return _checked(_json(response.content))

    def _file(self, media_id: str, token: str, most: int) -> bytes:
        content, until = bytearray(), time.monotonic() + FILE_SECONDS
        try:
            wanted = {"access_token": token, "media_id": media_id}
            with self._http.stream("GET", "/cgi-bin/media/get", params=wanted) as response:
                for part in response.iter_bytes():
                    content += part
                    if time.monotonic() > until:
                        raise WechatError("the file takes too long")
                    if len(content) > most:
                        raise WechatError("the file is too large", code=40009)
                length, status = response.headers.get("Content-Length"), response.status_code
        except httpx.HTTPError as error:
            raise WechatError(type(error).__name__, away=isinstance(error, httpx.ConnectError)) from None
        if status != 200:
            raise WechatError(f"HTTP {status}", away=status >= 500)
        if response.headers.get("Content-Type", "").partition(";")[0] in {"application/json", "text/plain"}:
            _checked(_json(bytes(content)))
            raise WechatError("no file came")
        if length is not None and int(length) != len(content) and "Content-Encoding" not in response.headers:
            raise WechatError("the file was cut off")
        return bytes(content)


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise WechatError("the answer cannot be read")
    return found


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    code = answer.get("errcode", 0)
    if code:
        code = code if isinstance(code, int) else 0
        raise WechatError(f"errcode {code}", code, away=code in AWAY)
    return answer


def _granted(answer: Mapping[str, Any], name: str) -> tuple[str, int]:
    value, seconds = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise WechatError(f"no {name} came")
    return value, seconds


def server() -> WechatServer | None:
    """The account of the settings; None when the channel is off."""
    config = settings.current()
    return _server(config.wechat_url, config.wechat_app_id, config.wechat_secret) if config.wechat else None


def mini_program() -> WechatServer | None:
    """The mini-program of the settings; None when there is none."""
    config = settings.current()
    wanted = config.wechat_mini_app_id
    return _server(config.wechat_url, wanted, config.wechat_mini_secret) if wanted else None


@lru_cache(maxsize=2)
def _server(url: str, app_id: str, secret: str) -> WechatServer:
    """One of each for the process, so that its connection is kept open."""
    return WechatServer(url, app_id, secret)
