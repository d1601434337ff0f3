"""Answers of Open311 in both of its formats: XML, and JSON by the "Spark" mapping of the same.

A list is a wrapper with children in XML and a bare array in JSON; what is empty is an empty element and null.
"""
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from flask import Response, request

from casework import clock

XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
CHILDREN = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request", "errors": "error",
    "endpoints": "endpoint", "formats": "format", "service_request_updates": "request_update", "notes": "note",
    "media_urls": "media_url",
}
"""What one of a list is called in XML."""

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry, not even escaped."""

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
"""A carriage return is escaped too: a parser makes a line feed of a bare one."""


def wants_json() -> bool:
    """As the suffix of the address says, whatever else the client says that it takes."""
    return request.path.endswith(".json")


def answer(name: str, value: Sequence[Any] | Mapping[str, Any], status: int = 200) -> Response:
    """The value under this name, in the format that was asked for: dicts, lists, texts, numbers, moments and None."""
    if wants_json():
        return Response(orjson.dumps(_plain(value)), status, content_type=JSON)
    return Response(f'<?xml version="1.0" encoding="utf-8"?>\n{_element(name, value)}', status, content_type=XML)


def moment(at: datetime) -> str:
    """In whole seconds and the city's time: what other checkers of the standard take."""
    return at.astimezone(clock.CITY).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return moment(value) if isinstance(value, datetime) else value


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(one, said) for one, said in value.items())
    elif isinstance(value, list | tuple):
        inner = "".join(_element(CHILDREN[name], one) for one in value)
    else:
        inner = _text(value)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = moment(value) if isinstance(value, datetime) else str(value)
    return NO_XML.sub("\ufffd", text).translate(ESCAPES)
