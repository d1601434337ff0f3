"""WeChat as our doors meet it, on this machine: its servers with tokens, files and messages, and its users who write."""
import base64
import hashlib
import http.server
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from defusedxml.ElementTree import fromstring
from flask import Flask
from werkzeug.test import TestResponse

from casework import clock
from casework.intake.wechat.envelope import Seal, cdata
from casework.settings import Settings

MINI = "wx0000000000000001"
APP_ID, SECRET, TOKEN = "wx5823bf96d3bd56c7", "a secret of the account", "a token of the account"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
"""From the sample of the documentation."""
PAGE_TOKEN = "ACCESS_TOKEN_OF_A_PAGE"
SESSION_KEY = "tiihtNczf5v6AKRyjwEUhQ=="
ADDRESS = "/api/v1/wechat"


def with_account(config: Settings, *, safe: bool = False, url: str = "http://127.0.0.1:1", **more: Any) -> Settings:
    """Settings with a WeChat account; in safe mode with its key."""
    key = base64.b64decode(f"{AES_KEY}=") if safe else b""
    return replace(config, wechat_app_id=APP_ID, wechat_secret=SECRET, wechat_token=TOKEN, wechat_aes_key=key, wechat_url=url,
                   **more)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


@dataclass
class User:
    """Somebody with the account in his WeChat, and WeChat's servers in between."""

    app: Flask
    openid: str = field(default_factory=lambda: f"o{secrets.token_urlsafe(20)}")
    safe: bool = False

    def query(self, **more: str) -> dict[str, str]:
        at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(5)
        return {"signature": sha1(TOKEN, at, nonce), "timestamp": at, "nonce": nonce, "openid": self.openid} | more

    def xml(self, kind: str, **fields: str) -> str:
        at = str(int(clock.now().timestamp()))
        own = {"ToUserName": "gh_1", "FromUserName": self.openid, "CreateTime": at, "MsgType": kind}
        if kind != "event":
            own["MsgId"] = str(secrets.randbits(63))
        return f"<xml>{''.join(f'<{name}>{cdata(text)}</{name}>' for name, text in (own | fields).items())}</xml>"

    def sealed(self, xml: str, query: dict[str, str], *, plain_too: bool = False) -> tuple[str, dict[str, str]]:
        encrypted = Seal(base64.b64decode(f"{AES_KEY}="), APP_ID).close(xml.encode())
        signed = sha1(TOKEN, query["timestamp"], query["nonce"], encrypted)
        inner = f"<ToUserName>gh_1</ToUserName><Encrypt>{encrypted}</Encrypt>"
        plain = xml.removeprefix("<xml>").removesuffix("</xml>") if plain_too else ""
        return f"<xml>{plain}{inner}</xml>", query | {"encrypt_type": "aes", "msg_signature": signed}

    def post(self, xml: str | bytes, query: dict[str, str] | None = None) -> TestResponse:
        query = query or self.query()
        if self.safe and isinstance(xml, str) and "msg_signature" not in query:
            xml, query = self.sealed(xml, query)
        return self.app.test_client().post(ADDRESS, data=xml, query_string=query, content_type="text/xml")

    def heard(self, answer: TestResponse) -> str:
        """The words of an answer; "" for none."""
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        if answer.text == "success":
            return ""
        fields = {child.tag: child.text or "" for child in fromstring(answer.data)}
        if self.safe:
            assert fields["MsgSignature"] == sha1(TOKEN, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            inner = Seal(base64.b64decode(f"{AES_KEY}="), APP_ID).open(fields["Encrypt"])
            fields = {child.tag: child.text or "" for child in fromstring(inner)}
        assert (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (self.openid, "gh_1", "text")
        return fields["Content"]

    def sends(self, kind: str, **fields: str) -> str:
        """A message, and the words that come back."""
        return self.heard(self.post(self.xml(kind, **fields)))

    def says(self, text: str) -> str:
        return self.sends("text", Content=text)

    def shows(self, media_id: str = "photo-1") -> str:
        return self.sends("image", MediaId=media_id, PicUrl="http://198.51.100.1/a.jpg")

    def stands_at(self, lon: float, lat: float, label: str = "") -> str:
        """A location as WeChat's map shows it: in GCJ-02."""
        return self.sends("location", Location_X=str(lat), Location_Y=str(lon), Scale="16", Label=label)


@dataclass
class Servers:
    """WeChat's servers. `tokens` are those given out, the last two are in force; `files` by name: bytes, or "cut" and "json"
    for what comes broken; `faults` are errcodes to answer next, by path."""

    url: str = ""
    tokens: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[int]] = field(default_factory=dict)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    expired: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    phones: dict[str, tuple[str, str]] = field(default_factory=dict)
    sleep: float = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, query: dict[str, str]) -> dict[str, Any]:
        if (query["appid"], query["secret"]) not in {(APP_ID, SECRET), (MINI, SECRET)}:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens.append(secrets.token_hex(20))
        return {"access_token": self.tokens[-1], "expires_in": 7200}

    def phone(self, code: str, openid: str) -> dict[str, Any]:
        whose, number = self.phones.pop(code, ("", ""))
        if whose != openid:
            return {"errcode": 40029, "errmsg": "invalid code"}
        country, pure = number.removeprefix("+").split(" ")
        return {"errcode": 0, "phone_info": {"phoneNumber": pure, "purePhoneNumber": pure, "countryCode": country}}

    def answer(  # noqa: PLR0911 - one line for each address
            self, path: str, query: dict[str, str], body: bytes) -> dict[str, Any] | bytes:
        with self.lock:
            self.asked[path] += 1
            if self.faults.get(path):
                return {"errcode": self.faults[path].pop(0), "errmsg": f"no, {query}"}
            if path == "/cgi-bin/token":
                return self.token(query)
            if path == "/sns/jscode2session":
                openid = self.codes.pop(query["js_code"], None) if query["appid"] == MINI else None
                return {"openid": openid, "session_key": SESSION_KEY} if openid else {"errcode": 40029, "errmsg": "invalid"}
            if path == "/sns/oauth2/access_token":
                openid = self.codes.pop(query["code"], None) if (query["appid"], query["secret"]) == (APP_ID, SECRET) else None
                return {"access_token": PAGE_TOKEN, "expires_in": 7200, "refresh_token": PAGE_TOKEN, "openid": openid,
                        "scope": "snsapi_base"} if openid else {"errcode": 40029, "errmsg": "invalid code"}
            if query.get("access_token") in self.expired or query.get("access_token") not in self.tokens:
                return {"errcode": 42001, "errmsg": "access_token expired"}
            ready = {"errcode": 0, "errmsg": "ok", "ticket": "a ticket", "expires_in": 7200}
            if path == "/cgi-bin/media/get":
                return self.files.get(query["media_id"], {"errcode": 40007, "errmsg": "invalid media_id"})
            if path == "/wxa/business/getuserphonenumber":
                return self.phone(**orjson.loads(body))
            if body:
                self.sent.append((path, orjson.loads(body)))
            return ready


@contextmanager
def servers() -> Iterator[Servers]:
    """They run as long as the block."""
    made = Servers()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if made.sleep:
                time.sleep(made.sleep)
            found = made.answer(parts.path, query, body)
            content = found if isinstance(found, bytes) else orjson.dumps(found)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg" if isinstance(found, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with made.lock:
                cut = made.cut[query.get("media_id", "")] > 0
                made.cut[query.get("media_id", "")] -= cut
            self.wfile.write(content[:len(content) // 2] if cut else content)
            self.close_connection = self.close_connection or cut

        do_GET = do_POST = respond  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
