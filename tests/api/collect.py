"""A phone with ODK Collect, as far as a server can tell: Digest, HEAD before POST, files in parts that repeat the answers."""
import uuid
from collections.abc import Mapping
from html import escape
from xml.etree.ElementTree import Element

import httpx
from defusedxml.ElementTree import fromstring

from casework.fieldwork.forms import library
from casework.storage.database import transaction
from tests.api.town import Json, Town, ok, point

XFORMS = "{http://openrosa.org/xforms/xformsList}"
RESPONSE = "{http://openrosa.org/http/response}"
HEADERS = {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2025.1.1",
           "Date": "Mon, 02 Mar 2026 02:00:00 GMT+00:00"}


class Collect:
    """`key`: what POST /api/v1/forms/keys answered. With `token` the address has it, else Digest is used."""

    def __init__(self, town: Town, key: Json, *, token: bool = False) -> None:
        self.server = key["url"] if token else key["server"]
        auth = None if token else httpx.DigestAuth(key["username"], key["password"])
        self.http = httpx.Client(transport=httpx.WSGITransport(app=town.app), auth=auth, headers=HEADERS)

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.http.get(url, headers=headers)

    def list(self, query: str = "deviceID=collect%3A7Qm") -> list[dict[str, str]]:
        answer = self.get(f"{self.server}/formList?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        root = fromstring(answer.content)
        assert root.tag == f"{XFORMS}xforms"
        return [{child.tag.removeprefix(XFORMS): child.text or "" for child in row} for row in root]

    def head(self) -> httpx.Response:
        return self.http.head(f"{self.server}/submission?deviceID=collect%3A7Qm")

    def post(self, xml: str | bytes, files: Mapping[str, bytes] | None = None, *, incomplete: bool = False) -> httpx.Response:
        parts: list[tuple[str, tuple[str | None, bytes, str]]] = [
            ("xml_submission_file", ("2026-03-02.xml", xml.encode() if isinstance(xml, str) else xml, "text/xml"))]
        parts += [(name, (name, content, "image/jpeg")) for name, content in (files or {}).items()]
        if incomplete:
            parts.append(("*isIncomplete*", (None, b"yes", "text/plain")))
        return self.http.post(f"{self.server}/submission?deviceID=collect%3A7Qm", files=parts)

    def send(self, xml: str, files: Mapping[str, bytes] | None = None) -> int:
        """As Collect does it: HEAD, then POST. The status."""
        assert self.head().status_code == 204
        answer = self.post(xml, files)
        assert message(answer), answer.text
        return answer.status_code


def collect(town: Town, who: str = "li", *, token: bool = False) -> Collect:
    """The phone of this worker, set up with a key of his; the forms that come along are in use."""
    with transaction() as db:
        library.load_default(db)
    return Collect(town, ok(getattr(town, who).post("/api/v1/forms/keys", {"name": "手机"}), 201), token=token)


def message(answer: httpx.Response) -> str:
    """What Collect shows; fails when it is no answer of OpenRosa."""
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8", answer.text
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    root: Element = fromstring(answer.content)
    assert root.tag == f"{RESPONSE}OpenRosaResponse"
    return root[0].text or ""


def instance() -> str:
    """A new instanceID."""
    return f"uuid:{uuid.uuid4()}"


def filled(form_id: str, answers: Mapping[str, object], instance_id: str, *, version: str = "1",
           deprecated: str | None = None) -> str:
    """A filled-in form as Collect writes it; None leaves an answer out, a mapping is a group, a list repeats."""
    meta = f"<orx:instanceID>{instance_id}</orx:instanceID>"
    meta += f"<orx:deprecatedID>{deprecated}</orx:deprecatedID>" if deprecated else ""
    return (f'<?xml version="1.0" ?><data id="{form_id}" version="{version}" xmlns:orx="http://openrosa.org/xforms">'
            f"{_written(answers)}<orx:meta>{meta}</orx:meta></data>")


def _written(answers: Mapping[str, object]) -> str:
    made = ""
    for name, value in answers.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                made += f"<{name}>{_written(one) if isinstance(one, Mapping) else escape(str(one))}</{name}>"
    return made


def geopoint(grid: int = 0, east: float = 0) -> str:
    """Where a phone stands: the middle of a grid, eight metres sure."""
    place = point(grid, east)
    return f"{place['lat']} {place['lon']} 12.0 8.5"


def a_report(**answers: object) -> dict[str, object]:
    """A missing manhole cover in the first grid."""
    return {"start": "2026-03-02T09:50:00.000+08:00", "end": "2026-03-02T09:55:00.000+08:00", "text": "人行道上水井盖缺失",
            "category": "10101", "place": geopoint(), "urgent": "no", "handled": "no"} | answers


def a_house(**answers: object) -> dict[str, object]:
    """A rented flat in the first grid, as the default form asks."""
    said = {"address": "学府路12号", "building": "3栋", "unit": None, "room": "1502", "place": geopoint(), "usage": "rented",
            "structure": "frame", "floor_area": "86.5", "rooms": "3", "occupants": "4", "owner_name": "欧阳铁蛋",
            "owner_phone": "13812345678", "gas": "pipe", "hazards": "wiring exit_blocked", "checked_on": "2026-03-01",
            "note": None} | answers
    groups = {"where": ("address", "building", "unit", "room", "place"), "owner": ("owner_name", "owner_phone"),
              "what": ("usage", "structure", "floor_area", "rooms", "occupants"),
              "safety": ("gas", "hazards", "checked_on", "note")}
    return {"end": "2026-03-02T09:55:00.000+08"} | {
        group: {name: said[name] for name in names} for group, names in groups.items()}
