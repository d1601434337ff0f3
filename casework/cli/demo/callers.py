"""Those who call the API in the demonstration, each with his own credential. Nothing here has another way in than HTTP."""
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from casework.identity.sessions.clients import signature_of

TRIES = 6
FINE = frozenset({200, 201, 204})

Headers = Callable[[], dict[str, str]]


class DayEnded(Exception):
    """Somebody pressed Ctrl-C, or the system is gone: everybody goes home."""


@dataclass
class City:
    """The system as it is seen from outside, and what was noticed about its answers."""

    url: str
    http: httpx.Client
    ended: threading.Event = field(default_factory=threading.Event)
    answers: Counter[int] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, method: str, path: str, headers: Headers, **what: Any) -> httpx.Response:
        """The answer; asked again when the system asks for patience (429, 503) or the line breaks.

        The credential is made anew each time: a signature is good once. Raises DayEnded when nobody answers any more.
        """
        for attempt in range(TRIES):
            if self.ended.is_set():
                raise DayEnded
            try:
                answer = self.http.request(method, self.url + path, headers=headers(), **what)
            except httpx.TransportError:
                self.ended.wait(0.5 * 2 ** attempt)
                continue
            if answer.status_code not in {429, 503}:
                break
            self.ended.wait(min(5.0, float(answer.headers.get("Retry-After", 1))))
        else:
            self.wonder(f"{method} {path}: no answer after {TRIES} tries")
            raise DayEnded
        with self._lock:
            self.answers[answer.status_code] += 1
        return answer

    def wonder(self, what: str) -> None:
        """Note an answer that nobody expected."""
        with self._lock:
            self.surprises.append(what)


class Caller:
    """Anybody; without a credential unless a kind of caller below brings one."""

    def __init__(self, city: City) -> None:
        self.city = city

    def headers(self) -> dict[str, str]:
        """The credential."""
        return {}

    def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """The answer, whatever it is."""
        more = what.pop("headers", {})
        return self.city.send(method, path, lambda: self.headers() | more, **what)

    def do(self, method: str, path: str, *, may_be_outrun: bool = False, **what: Any) -> dict[str, Any] | None:
        """What a good answer says; None for a refusal, which is noted as a surprise.

        With `may_be_outrun` it is none that somebody else was first (409).
        """
        answer = self.ask(method, path, **what)
        if answer.status_code not in FINE:
            if may_be_outrun and answer.status_code == httpx.codes.CONFLICT:
                return None
            self.city.wonder(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            return None
        return dict(answer.json()) if answer.content else {}

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page. All are read before the first is given: who works changes the list."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            found = self.do("GET", f"{path}?{urlencode({**query, 'limit': 100} | ({'cursor': cursor} if cursor else {}))}")
            if found is None:
                break
            rows += found["items"]
            cursor = found["next"]
        yield from rows

    def photo(self, content: bytes) -> str | None:
        """Send a photo ahead; its id."""
        made = self.do("POST", "/api/v1/media", files={"photo": ("photo.jpg", content, "image/jpeg")})
        return str(made["id"]) if made else None

    def step(self, number: str, action: str, **facts: Any) -> dict[str, Any] | None:
        """Take an action on a case."""
        return self.do("POST", f"/api/v1/cases/{number}/{action}", json=facts)


class Desk(Caller):
    """Somebody with an account; logs in when needed, and again when the access token is nearly over."""

    def __init__(self, city: City, login: str, password: str) -> None:
        super().__init__(city)
        self.login, self._password = login, password
        self._lock = threading.Lock()
        self._access, self._until = "", 0.0

    def headers(self) -> dict[str, str]:
        with self._lock:
            if time.monotonic() > self._until:
                said = {"login": self.login, "password": self._password}
                answer = self.city.send("POST", "/api/v1/sessions", dict, json=said)
                answer.raise_for_status()
                tokens = answer.json()
                self._access, self._until = tokens["access"], time.monotonic() + tokens["expires_in"] - 60
            return {"Authorization": f"Bearer {self._access}"}


class Pda(Caller):
    """A grid worker's device."""

    def __init__(self, city: City, device_id: str, token: str) -> None:
        super().__init__(city)
        self.device_id, self.token = device_id, token

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Device {self.token}", "X-Device-Id": self.device_id}


class Citizen(Caller):
    """Somebody with a tracking token, or none."""

    def __init__(self, city: City, tracking: str = "") -> None:
        super().__init__(city)
        self.tracking = tracking

    def headers(self) -> dict[str, str]:
        return {"X-Tracking-Token": self.tracking} if self.tracking else {}


class Platform(Caller):
    """The 12345 platform: every request signed, with a nonce of its own."""

    def __init__(self, city: City, key_id: str, secret: str) -> None:
        super().__init__(city)
        self.key_id, self.secret = key_id, secret

    def signed(self, method: str, path: str, body: bytes, *, at: int | None = None, nonce: str = "") -> dict[str, str]:
        """The header of one request."""
        moment, once = str(int(time.time()) if at is None else at), nonce or secrets.token_urlsafe(18)
        signature = signature_of(self.secret, method, path, moment, once, body)
        return {"Content-Type": "application/json", "Authorization":
                f"ZW-HMAC key={self.key_id}, time={moment}, nonce={once}, signature={signature}"}

    def tickets(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Hand over tickets; with `headers` exactly these go along, right or wrong."""
        path = "/api/v1/hotline/tickets"
        return self.city.send("POST", path, lambda: headers or self.signed("POST", path, body), content=body)
