"""The small city behind its API: everybody calls with their own credential, and jobs run when a test says so."""
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from api import app as application
from api import auth
from api.blueprint import Blueprint
from api.limits import limiter
from casework import clock, storage
from casework.cases.report import Report
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Department, Role
from casework.identity.sessions import create_client, enrol_device, signature_of, tokens
from casework.media import Photo, State
from casework.settings import Settings
from casework.storage import database, outbox
from casework.storage.database import reading, transaction
from tests import people
from tests.factories import a_photo, at_grid
from tests.settled import settle
from workers import media, relay

Json = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Caller:
    """Somebody who calls: `headers` carry the credential, so one caller may be used by several threads."""

    app: Flask
    headers: dict[str, str]
    actor: Actor | None = None

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.app.test_client().get(path, query_string=query or None, headers=self.headers)

    def post(self, path: str, body: Any = None, *, files: dict[str, Any] | None = None, **query: Any) -> TestResponse:
        """JSON, or multipart when there are files: objects then go as JSON text."""
        client = self.app.test_client()
        if files is None and body is None:
            return client.post(path, query_string=query or None, headers=self.headers)
        if files is None:
            raw = body if isinstance(body, bytes) else orjson.dumps(body)
            return client.post(path, data=raw, query_string=query or None, content_type="application/json",
                               headers=self.headers)
        form = {name: value if isinstance(value, str) else orjson.dumps(value).decode()
                for name, value in (body or {}).items()}
        return client.post(path, data=form | files, query_string=query or None, headers=self.headers)


class Platform(Caller):
    """A system: each request is signed anew."""

    def __init__(self, app: Flask, key: str, secret: str) -> None:
        super().__init__(app, {})
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "secret", secret)

    def signed(self, path: str, raw: bytes, method: str = "POST") -> dict[str, str]:
        at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        signature = signature_of(self.secret, method, path, at, nonce, raw)  # type: ignore[attr-defined]
        return {"Authorization": f"ZW-HMAC key={self.key}, time={at}, nonce={nonce}, "  # type: ignore[attr-defined]
                                 f"signature={signature}"}

    def post(self, path: str, body: Any = None, *, files: dict[str, Any] | None = None, **query: Any) -> TestResponse:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.app.test_client().post(path, data=raw, content_type="application/json", headers=self.signed(path, raw))


@dataclass(repr=False)
class Town:
    """The small city of tests/factories.py with its cast, reached over HTTP."""

    app: Flask
    cast: people.Cast
    departments: dict[str, Department]
    known: dict[str, tuple[Caller, datetime]] = field(default_factory=dict)
    """Credentials, each for ten minutes: an access token lives a quarter of an hour."""

    @classmethod
    def built(cls, app: Flask) -> "Town":
        auth._seen.clear()
        cast, departments = settle()
        return cls(app, cast, departments)

    def __getattr__(self, name: str) -> Caller:
        """town.dispatcher, town.water_handler …: desk people by access token, grid workers by their PDA."""
        if name.startswith("_") or name not in people.POSTS:
            raise AttributeError(name)
        caller, until = self.known.get(name, (None, clock.now()))
        if caller is None or until <= clock.now():
            caller, until = self._with_credential(getattr(self.cast, name)), clock.now() + timedelta(minutes=10)
            self.known[name] = caller, until
        return caller

    def _with_credential(self, actor: Actor) -> Caller:
        assert actor.id is not None
        with transaction() as db:
            if Role.GRID_WORKER in actor.roles:
                device, token = enrol_device(db, actor.id, "PDA")
                return Caller(self.app, {"Authorization": f"Device {token}", "X-Device-Id": str(device.id)}, actor)
            access = tokens.begin(db, user_id=actor.id).access
            return Caller(self.app, {"Authorization": f"Bearer {access}"}, actor)

    @property
    def stranger(self) -> Caller:
        """Without any credential."""
        return Caller(self.app, {})

    def platform(self, name: str = "12345") -> Platform:
        with transaction() as db:
            _, key, secret = create_client(db, name, [Role.PLATFORM])
        return Platform(self.app, key, secret)

    def citizen(self, receipt: Json) -> Caller:
        """Who holds the token of this receipt."""
        return Caller(self.app, {"X-Tracking-Token": receipt["token"]})

    def jobs(self) -> None:
        """Run all that follows, as relay and workers do, until nothing waits; all but photos, which cost seconds."""
        while True:
            with transaction() as db:
                events = outbox.claim(db, 1000)
                outbox.mark_relayed(db, events)
            if not events:
                return
            for batch in relay.batches(events):
                if batch.queue != "media":
                    batch.job(batch.ids)

    def prepare_photos(self) -> None:
        """What the worker does with every photo that waits."""
        with reading() as db:
            waiting = [str(one) for one in db.scalars(select(Photo.id).where(Photo.state == State.RECEIVED))]
        media.process(waiting)

    def photo(self, caller: Caller, colour: str = "green") -> str:
        """A photo sent ahead of an action; its id."""
        answer = caller.post("/api/v1/media", files={"photo": (BytesIO(a_photo(colour)), "a.jpg")})
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])

    def act(self, caller: Caller, case: str, action: str, **facts: Any) -> Json:
        """An action that goes well; the case afterwards."""
        return ok(caller.post(f"/api/v1/cases/{case}/{action}", facts))

    def case_of(self, number: str) -> Json:
        """The one case in the lists where this report counts, as the supervisor sees it."""
        for row in self.listed(self.supervisor) + self.listed(self.supervisor, status="closed"):
            case = ok(self.supervisor.get(f"/api/v1/cases/{row['number']}"))
            if number in {one["number"] for one in case["reports"]}:
                return case
        raise LookupError(number)

    def listed(self, caller: Caller, **query: Any) -> list[Json]:
        """All pages of a list."""
        found: list[Json] = []
        while True:
            page = ok(caller.get("/api/v1/cases", **query))
            found += page["items"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def closed(self, case: str, colours: tuple[str, str] = ("red", "blue")) -> Json:
        """The water office signs and resolves a dispatched case of the first grid, and who is to look passes it."""
        handler, (after, checked) = self.water_handler, colours
        self.act(handler, case, "sign")
        resolved = self.act(handler, case, "resolve", reply="已处理", photos=[self.photo(handler, after)])
        inspector = next(getattr(self, name) for name in ("li", "wang", "zhao")
                         if str(getattr(self.cast, name).id) == resolved["inspector_id"])
        return self.act(inspector, case, "pass", position=point(0), finding="已恢复", photos=[self.photo(inspector, checked)])

    def close_and_rate(self, receipt: Json, score: int, late: Callable[[], object] = bool) -> None:
        """A citizen's manhole in the first grid is filed, dispatched, put right (after `late` happened) and rated."""
        self.jobs()
        case = self.case_of(receipt["number"])
        if case["status"] == "reported":
            self.act(self.triage, case["number"], "file", category="10101")
            self.jobs()
        late()
        self.closed(case["number"], ("olive", "plum"))
        ok(self.citizen(receipt).post(f"/api/v1/citizen/reports/{receipt['number']}/rating", {"score": score}), 201)


_built: dict[tuple[Blueprint, ...], Flask] = {}


def built(config: Settings, *more: Blueprint) -> Flask:
    """The application, with `more` groups of operations. Built once a run: that costs more than most tests."""
    if more not in _built:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(application, "BLUEPRINTS", [*application.BLUEPRINTS, *more])
            _built[more] = application.create_app(config, testing=True)
    return _built[more]


def served(config: Settings, store: str, monkeypatch: pytest.MonkeyPatch, *more: Blueprint) -> Flask:
    """The application on this database, without rate limits and limits of floods."""
    object.__setattr__(config, "flood", ())
    monkeypatch.setattr(limiter, "enabled", False)
    app = built(config, *more)
    storage.connect(config)
    database.configure(store)
    return app


def ok(answer: TestResponse, status: int | None = None) -> Json:
    """The body of an answer that went well."""
    assert answer.status_code in ({status} if status else {200, 201}), f"{answer.status_code} {answer.text}"
    body: Json = answer.get_json()
    return body


def problem(answer: TestResponse, status: int) -> Json:
    """The problem document, with `fields`: reasons by field."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.content_type == "application/problem+json"
    body: Json = orjson.loads(answer.data)
    return body | {"fields": {one["field"]: one["reason"] for one in body.get("errors", [])}}


def point(grid: int, east: float = 0, north: float = 0) -> Json:
    """A place as callers send it."""
    made: Point = at_grid(grid, east, north)
    return {"lon": made.lon, "lat": made.lat}


def key() -> str:
    """A caller's key, never used before."""
    return str(uuid.uuid4())


def pda_report(**facts: Any) -> Json:
    """A missing manhole cover in the first grid, unless told otherwise; None leaves a field out."""
    body = {"key": key(), "text": "人行道上水井盖缺失", "category": "10101", "place": point(0), "accuracy": 8.5} | facts
    return {name: value for name, value in body.items() if value is not None}


def ticket(**facts: Any) -> Json:
    """A request as the hotline writes it down."""
    body = {"number": f"12345-{secrets.token_hex(6)}", "subject": "小区停水", "detail": "从早上开始停水，请问何时恢复",
            "category": "301", "address": "南塘社区东门", "caller_name": "王小明", "caller_phone": "13800138000"} | facts
    return {name: value for name, value in body.items() if value is not None}


def citizen_report(**facts: Any) -> Json:
    """What a citizen sends from the first grid; nothing of the person."""
    body = {"key": key(), "text": "路边的井盖没了，很危险", "place": point(0)} | facts
    return {name: value for name, value in body.items() if value is not None}


def jpeg(colour: str = "grey", name: str = "a.jpg") -> tuple[BytesIO, str]:
    """A file as a form sends it."""
    return BytesIO(a_photo(colour)), name


def stored(model: type[Any] = Report) -> int:
    """How many rows of this table there are."""
    with reading() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0
