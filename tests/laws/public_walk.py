"""A stranger who asks for everything: every address that needs no credential, with every number there is, and every link found.

New routes are walked by themselves. What stands in an address between angle brackets is filled by CANDIDATES, by its name or by
its kind; a route that none of them opens makes the law fail until it is said here how it is opened, or why it is not.
"""
import copy
import io
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import api
from casework.geography.squares import blurred
from tests.laws.public_town import Secrets

PAGES = Path(api.__file__).parent / "pages"
DOCUMENTS = ("/openapi.json", "/docs")
"""They show examples: invented phones and names, and the fields of what others may read."""

HIDDEN_KEYS = frozenset({
    "reporter_id", "reporter_name", "reporter_phone", "reporter_phone_index", "phone", "caller_name", "caller_phone", "mobile",
    "identity_number", "text", "detail", "history", "actor_id", "actor_name", "taken_by_id", "taken_by", "decided_by",
    "decided_by_id", "external_number", "digest", "suggestion", "outcome", "outcome_reason", "flags", "waiting_for",
    "inspector_id", "lead_department_id", "case_id", "report_id", "standard_id", "draft", "device_id", "account_id",
    "email", "openid", "unionid", "accuracy", "confidential", "urgent_because", "uploaded_by", "blob"})
"""Fields of answers that no stranger gets, whatever is in them."""

NUMBER = re.compile(r"(?<![\w.])-?\d{1,3}\.\d{4,}")
MOBILE = re.compile(r"(?<![0-9A-Za-z_])1[3-9]\d{9}(?![0-9A-Za-z_])|\d{3}\*{4}\d{4}")
IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
LINK = re.compile(r"""["'>(](/[A-Za-z0-9][^"'<>\s()\\]*)""")
OF_A_RELEASE = re.compile(r"/(pda|snap|staff)/[0-9a-f]{16}/")
MOST_FOLLOWED = 300

WORDS: dict[str, Sequence[str]] = {
    "rendition": ("320", "1600", "original"), "service_code": ("10101", "301"), "name": ("not-found", "invalid"),
    "category": ("10101",), "code": ("10101", "440301001001"), "area": ("440301001001",), "kind": ("case", "area", "category"),
    "release": ()}  # found by the links of its page
"""What else may stand in an address, by the name it has in the rule."""

QUERIES: dict[str, Sequence[str]] = {
    "bbox": ("113.98,22.58,114.05,22.65", "113.8,22.4,114.4,23"), "limit": ("100",), "extensions": ("true",), "lang": ("en",),
    "page_size": ("1000",), "lon": ("114.0051",), "lat": ("22.6049",), "category": ("10101",), "community": ("440301001001",),
    "area": ("440301001001",), "q": ("南塘",), "url": ("http://localhost/",)}
"""What is asked besides, by name; what the document lists by values is asked with each of them."""

CLOSED: dict[str, str] = {
    "/api/v1/citizen/reports/<number>": "opens by the token of its receipt",
    "/api/v1/citizen/subscriptions": "opens by a token, or to the browser that keeps the list",
    "/api/v1/citizen/subscriptions/news": "the same; tests of subscriptions read it",
    "/unsubscribe/<token>": "opens by the link of a message",
    "/api/v1/citizen/preferences": "opens by a token", "/metrics": "opens by a token",
    **dict.fromkeys(("/api/v1/citizen/points", "/api/v1/citizen/points/redemptions", "/api/v1/citizen/adoptions",
                     "/api/v1/citizen/adoptions/<uuid:adoption>"), "opens to who has proved a phone, or came by WeChat"),
    **dict.fromkeys(("/api/v1/wechat/signature", "/api/v1/wechat/h5"), "the town has no account"),
    "/api/v1/citizen/data": "opens to who has proved a phone",
    "/api/v1/data/<uuid:request_id>/copy": "opens by a signed link that only who asked is given",
    "/pda/": "leads to /pda", "/snap/": "leads to /snap", "/snap/<screen>": "leads to a screen of /snap"}
"""Rules that answer a stranger nothing, and why."""


@dataclass(frozen=True)
class Complaint:
    """Something was told that should not have been."""

    kind: str
    address: str
    what: str


@dataclass
class Walk:
    """Where the stranger was, what opened, and what he should not have been told."""

    app: Flask
    secrets: Secrets
    only: str = "/"
    """Rules that begin with this are walked."""
    opened: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    complaints: set[Complaint] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    unfollowed: list[str] = field(default_factory=list)
    """Links of which nobody knows where they lead, because there were too many."""

    @cached_property
    def paths(self) -> dict[str, Any]:
        """Of the OpenAPI document."""
        return dict(self.app.extensions["zhiwang-document"].spec.to_dict()["paths"])

    def go(self) -> "Walk":
        for rule in self.rules():
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                queries = list(self.queries(rule)) if method == "GET" else [""]
                for address in self.addresses(rule):
                    for query in queries:
                        self.ask(method, address + query, rule)
        followed = 0
        while (left := self.new_links()) and followed < MOST_FOLLOWED:
            self.links, followed = [], followed + len(left)
            for one in left:
                self.ask("GET", one, None)
        self.unfollowed = left
        return self

    def new_links(self) -> list[str]:
        """Found, and not yet followed."""
        return [one for one in dict.fromkeys(self.links) if f"GET {one}" not in self.asked]

    def rules(self) -> list[Rule]:
        """Those that let somebody in who has no credential."""
        return [one for one in self.app.url_map.iter_rules() if one.rule.startswith(self.only)
                and self.app.view_functions[one.endpoint].access.anonymous]  # type: ignore[attr-defined]

    def addresses(self, rule: Rule) -> Iterator[str]:
        kinds = {name: self.candidates(rule, name) for name in sorted(rule.arguments)}
        for values in itertools.product(*kinds.values()):
            with self.app.test_request_context():
                adapter = self.app.url_map.bind("localhost")
                yield adapter.build(rule.endpoint, dict(zip(kinds, values, strict=True)))

    def candidates(self, rule: Rule, name: str) -> Sequence[Any]:
        converter = type(rule._converters[name]).__name__
        if converter == "UUIDConverter":
            return self.secrets.ids
        if converter == "AnyConverter":
            return sorted(rule._converters[name].items)  # type: ignore[attr-defined]  # werkzeug's own, without types
        if converter == "PathConverter":
            return sorted({str(one.relative_to(base)) for base in (PAGES, *PAGES.iterdir()) if base.is_dir()
                           for one in base.rglob("*") if one.is_file()})
        if name in WORDS:
            return [*WORDS[name], *(self.secrets.numbers if name in {"name", "code", "kind"} else ())]
        return self.secrets.numbers

    def queries(self, rule: Rule) -> Iterator[str]:
        """None, and each thing that may be asked, by itself and all together."""
        yield ""
        item = self.paths.get(re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule), {}).get("get", {})
        asked: list[list[str]] = []
        for one in item.get("parameters", []):
            if one.get("in") == "query":
                values = QUERIES.get(one["name"]) or one.get("schema", {}).get("enum") or ()
                asked.append([f"{one['name']}={value}" for value in values])
        if any(asked):
            yield "?" + "&".join(several[0] for several in asked if several)
        if "open311" in rule.rule:
            yield "?extensions=true"
        if rule.arguments:  # with every number there is, these two are enough
            return
        for several in asked:
            yield from (f"?{one}" for one in several)
        if "open311" in rule.rule:
            yield from ("?status=open", "?status=closed", "?updated_after=2026-01-01T00:00:00Z")

    def ask(self, method: str, address: str, rule: Rule | None) -> None:
        if (known := f"{method} {address}") in self.asked:
            return
        self.asked.add(known)
        if method == "POST":
            for body in self.bodies(rule):
                self.look(address, self.app.test_client().post(address, json=body), rule, own=str(body))
            return
        answer = self.app.test_client().get(address)
        self.look(address, answer, rule)
        cursor = answer.get_json(silent=True) if answer.is_json else None
        if isinstance(cursor, dict) and isinstance(cursor.get("next"), str):
            self.ask("GET", f"{address.partition('?')[0]}?cursor={cursor['next']}", rule)

    def bodies(self, rule: Rule | None) -> Iterator[Any]:
        """The document's example, and the same said at each place where there is something to be found."""
        view = self.app.view_functions[rule.endpoint] if rule else None
        operation = getattr(view, "operation", None)
        if operation is None or operation.example is None:
            return
        example = copy.deepcopy(dict(operation.example))
        yield example
        if "place" in example:
            for place in {blurred(one) for one in self.secrets.places}:
                yield example | {"place": {"lon": place.lon, "lat": place.lat}, "text": "上水井盖缺失"}

    def look(self, address: str, answer: TestResponse, rule: Rule | None, own: str = "") -> None:
        if answer.status_code < 400:
            self.opened.add(rule.rule if rule else self.rule_of(address))
        if answer.mimetype.startswith("image/"):
            self.look_at_picture(address, answer.data)
            return
        said = answer.get_data(as_text=False).decode("utf-8", "replace")
        self.complaints |= {Complaint(kind, address, what) for kind, what in self.told(address, said, own)}
        if answer.is_json and answer.mimetype == "application/json" and not own and not address.startswith(DOCUMENTS):
            self.complaints |= {Complaint("field", address, key) for key in _keys(json.loads(said)) if key in HIDDEN_KEYS}
        if not address.startswith(DOCUMENTS) and answer.mimetype not in {"text/javascript", "text/css"}:
            self.links += [one.partition("#")[0].replace("&amp;", "&") for one in LINK.findall(said)]

    def rule_of(self, address: str) -> str:
        """Of a link that was followed."""
        rule, _ = self.app.url_map.bind("localhost").match(address.partition("?")[0], return_rule=True)
        return rule.rule

    def told(self, address: str, said: str, own: str) -> Iterator[tuple[str, str]]:
        """What a text tells, beyond what the stranger said himself in asking."""
        echo = address + own
        yield from ((kind, word) for word, kind in self.secrets.words.items() if word in said and word not in echo)
        yield from (("number", one) for one in self.secrets.hidden_numbers if one in said and one not in echo)
        if address.startswith(DOCUMENTS) or "/static/" in address or OF_A_RELEASE.match(address):
            return
        yield from (("phone", one) for one in MOBILE.findall(said) if one not in echo)
        yield from (("identity", one) for one in IDENTITY.findall(said) if one not in echo)
        for one in NUMBER.findall(said):
            value = float(one)
            exact = abs(round(value, 3) - value) > 2e-6
            near = any(min(abs(value - place.lon), abs(value - place.lat)) < 0.01 for place in self.secrets.places)
            if exact and near and one not in echo:
                yield "position", one

    def look_at_picture(self, address: str, content: bytes) -> None:
        picture = Image.open(io.BytesIO(content))
        if len(picture.getexif()) or {"exif", "XML:com.adobe.xmp", "comment"} & set(picture.info):
            self.complaints.add(Complaint("exif", address, ",".join(map(str, picture.info))))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
