"""An app that speaks Open311 as its clients do: forms written by itself byte by byte, answers read by a parser of its own."""
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.town import Town, ok, point

BASE = "/open311/v2"
LISTS = frozenset({"services", "attributes", "values", "service_requests", "errors", "endpoints", "formats", "notes",
                   "media_urls", "service_request_updates"})


def spark(element: Element) -> Any:
    """XML as the JSON mapping has it: a wrapper is a bare list, an empty element None."""
    if element.tag in LISTS:
        return [spark(one) for one in element]
    if len(element):
        return {one.tag: spark(one) for one in element}
    return element.text


def read(answer: TestResponse) -> Any:
    """The body, whichever format it is in; that it is what its head says is seen to here."""
    if answer.content_type == "application/json; charset=utf-8":
        return answer.get_json()
    assert answer.content_type == "text/xml; charset=utf-8", answer.content_type
    assert answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return spark(fromstring(answer.data))


def good(answer: TestResponse) -> Any:
    """The body of an answer that went well."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return read(answer)


def refused(answer: TestResponse, status: int) -> str:
    """All descriptions of an answer that went ill, in one text."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    errors = read(answer)
    assert errors
    assert all(one["code"] == str(status) and one["description"] for one in errors)
    return " ".join(one["description"] for one in errors)


def manhole(**facts: str) -> dict[str, str]:
    """A manhole cover in the first grid, as an app sends it; an empty text leaves a field out."""
    here = point(0)
    said = {"service_code": "10101", "lat": str(here["lat"]), "long": str(here["lon"]), "description": "路边的井盖没了，很危险"}
    return {name: text for name, text in (said | facts).items() if text}


@dataclass(frozen=True)
class App:
    """An app with its key, which asks for answers in one format."""

    flask: Flask
    key: str = ""
    suffix: str = "json"

    def in_xml(self) -> "App":
        return App(self.flask, self.key, "xml")

    def get(self, path: str, **query: str) -> TestResponse:
        return self.flask.test_client().get(f"{BASE}/{path}.{self.suffix}", query_string=query)

    def post(self, path: str, fields: Mapping[str, str] | Iterable[tuple[str, str]], headers: Mapping[str, str] | None = None,
             ) -> TestResponse:
        """As `requests` encodes a form."""
        sent = [("api_key", self.key), *(fields.items() if isinstance(fields, Mapping) else fields)]
        return self.flask.test_client().post(
            f"{BASE}/{path}.{self.suffix}", data=urlencode(sent).encode(), headers=dict(headers or {}),
            content_type="application/x-www-form-urlencoded; charset=utf-8")

    def post_parts(self, path: str, fields: Mapping[str, str], files: Mapping[str, bytes] | None = None) -> TestResponse:
        """As a browser or FixMyStreet encodes a form with files."""
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
                 for name, text in ({"api_key": self.key} | dict(fields)).items()]
        parts += [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\n'
                  "Content-Type: image/jpeg\r\n\r\n".encode() + content + b"\r\n" for name, content in (files or {}).items()]
        return self.flask.test_client().post(
            f"{BASE}/{path}.{self.suffix}", data=b"".join(parts) + f"--{mark}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={mark}")

    def sent(self, **facts: str) -> str:
        """A report that goes well; its number."""
        (made,) = good(self.post("requests", manhole(**facts)))
        return str(made["service_request_id"])

    def own(self, number: str, **query: str) -> dict[str, Any]:
        """How the app that sent it reads it."""
        (found,) = good(self.get(f"requests/{number}", api_key=self.key, **query))
        return dict(found)


def app_of(town: Town, name: str = "随手报", per_minute: int = 60) -> App:
    """An app that an administrator has let in."""
    made = ok(town.administrator.post("/api/v1/open311/keys", {
        "name": name, "contact": "dev@example.org", "per_minute": per_minute}), 201)
    return App(town.app, made["api_key"])
