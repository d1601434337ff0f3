"""A phone with ODK Collect against the real web server with two processes: a day's forms, over bad manners of both sides."""
import dataclasses
import hashlib
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from casework.cases.report import Report
from casework.fieldwork.forms import library
from casework.identity.sessions import field_keys
from casework.media import Photo
from casework.registry.records import Entry
from casework.settings import Settings
from casework.storage.database import reading, transaction
from tests import people
from tests.api.collect import HEADERS, a_house, a_report, filled, instance, message
from tests.benchmarks.harness import serving
from tests.factories import a_photo, small_city


@pytest.fixture
def phone(store: str, config: Settings) -> Iterator[httpx.Client]:
    """Li's phone, with a key for Digest."""
    with transaction() as db:
        cast = people.hire(db, small_city(db))
        library.load_default(db)
        made = field_keys.make(db, cast.li, "手机")
        auth = httpx.DigestAuth(made.key.username, made.password)
    with serving("api.app:create_app", dataclasses.replace(config, database_url=store), 2, "/health/live") as server:
        base = f"http://127.0.0.1:{server.port}/openrosa"
        with httpx.Client(auth=auth, headers=HEADERS, base_url=base, trust_env=False, timeout=30) as client:
            yield client


def test_a_day_with_collect(phone: httpx.Client) -> None:
    forms = phone.get("/formList?deviceID=collect%3A1")
    assert (forms.status_code, forms.headers.get_list("X-OpenRosa-Version")) == (200, ["1.0"])
    assert len(forms.headers.get_list("Date")) == 1
    for address in [part.partition("<")[0] for part in forms.text.split("<downloadUrl>")[1:]]:
        form = phone.get(address)
        assert f"md5:{hashlib.md5(form.content, usedforsecurity=False).hexdigest()}" in forms.text
    head = phone.head("/submission?deviceID=collect%3A1")
    assert (head.status_code, len(head.headers.get_list("Date"))) == (204, 1)
    assert int(head.headers["X-OpenRosa-Accept-Content-Length"]) >= 10_000_000

    report = filled("report", a_report(before="1.jpg", after="2.jpg", handled="yes"), instance())
    photos = {"1.jpg": a_photo("grey", (1600, 1200)), "2.jpg": a_photo("green", (1600, 1200))}
    assert [sent(phone, report, {name: photos[name]}) for name in photos] == [201, 201]
    assert sent(phone, report, photos) == 202
    assert sent(phone, report.replace("井盖", "路灯"), {}) == 409
    house = [instance(), instance()]
    assert sent(phone, filled("house", a_house(), house[0]), {}) == 201
    assert sent(phone, filled("house", a_house(usage="shop"), house[1], deprecated=house[0]), {}) == 201
    assert sent(phone, filled("castle", a_house(), instance()), {}) == 404
    with reading() as db:
        assert [db.scalar(select(func.count()).select_from(model)) for model in (Report, Photo, Entry)] == [1, 2, 1]
        assert db.scalars(select(Entry.version)).one() == 2


def sent(phone: httpx.Client, xml: str, files: dict[str, bytes]) -> int:
    """In a body of unknown length, as some phones send it."""
    parts = [("xml_submission_file", ("a.xml", xml.encode(), "text/xml")), *(
        (name, (name, content, "image/jpeg")) for name, content in files.items())]
    whole = httpx.Request("POST", "http://x", files=parts)
    body = whole.read()
    answer = phone.post("/submission?deviceID=collect%3A1", headers={"Content-Type": whole.headers["Content-Type"]},
                        content=Chunks(body))
    assert message(answer), answer.text
    return answer.status_code


class Chunks(httpx.SyncByteStream):
    """A body whose length nobody says; it can be read once more when the server asked for a log-in."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.body), 8192):
            yield self.body[at:at + 8192]
