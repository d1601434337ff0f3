"""Who has no credential finds no phone, name, identity number, exact place, hidden field or camera's note, wherever he asks."""
import re
from typing import Any

import pytest
from flask import Response, request

from api.auth import public
from api.blueprint import Blueprint
from api.fields import encode
from casework.geography.coordinates import Point
from casework.settings import Settings
from tests.api.town import Town, served
from tests.conftest import SetClock
from tests.laws.public_town import RELEASED, Planted, photo_with_position
from tests.laws.public_walk import CLOSED, Walk


@pytest.fixture
def planted(config: Settings, store: str, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """The town, and more: a group of routes that tell too much, which only the tests of the walk itself walk."""
    app = served(config, store, monkeypatch, leaks)
    return Planted(Town.built(app))


leaks = Blueprint("leaks", __name__, description="What must be noticed")
LINKED = "ZW000000-00000-00000"
told: dict[str, Any] = {}
"""What the routes below tell, filled by the test."""


def leak(path: str) -> Any:
    return leaks.operation("GET", f"/leaks/{path}", public("it is there to be caught"), media_type="text/plain")


@leak("<kind_of_leak>/here")
def one_kind(kind_of_leak: str) -> Response:
    """Whatever the test has put under this name; the walk fills the name with numbers, so most of it is empty."""
    made = told.get(kind_of_leak, told.get("any", ""))
    return made if isinstance(made, Response) else encode(made)


@leak("list")
def pages() -> Response:
    """A page that leads to another, and a link."""
    if "cursor" in request.args:
        return told.get("page", encode({}))  # type: ignore[no-any-return]
    return encode({"items": [], "next": "more", "photo": f"/leaks/{LINKED}/here"})


def test_a_stranger_is_told_nothing_that_is_somebodys(planted: Planted) -> None:
    walk = Walk(planted.town.app, planted.secrets).go()
    found = sorted((one.address, one.kind, one.what) for one in walk.complaints if not one.address.startswith("/leaks"))
    assert found == []
    unopened = {one.rule for one in walk.rules() if "GET" in (one.methods or set())} - walk.opened - set(CLOSED)
    assert {one for one in unopened if not one.startswith("/leaks")} == set(), "say in public_walk.py how they are opened"
    # It was not for want of anything to find: what is public was found by the same walk, and that is not all there is.
    assert len(walk.asked) > 500
    assert walk.unfollowed == []
    assert "/api/v1/media/<uuid:photo_id>/<rendition>" in walk.opened  # photos that were released, made from ones with EXIF
    listed = planted.town.app.test_client().get("/api/v1/public/cases").get_json()["items"]
    numbers = {one["number"] for one in listed}
    assert numbers > set(planted.public)
    assert {f"GET /api/v1/public/cases/{one}" for one in (*numbers, *planted.held)} <= walk.asked
    assert RELEASED in {one["words"] for one in listed}
    assert not numbers & set(planted.held)
    assert set(planted.secrets.words.values()) == {
        "name", "phone", "identity", "account", "words", "officer", "internal"}
    assert {one.value for one in planted.channels} == {"pda", "hotline", "citizen", "open311", "wechat"}


def test_each_kind_is_noticed_where_it_is_told(planted: Planted) -> None:
    secrets, app = planted.secrets, planted.town.app
    place = secrets.places[0]
    leaked: dict[str, Any] = {kind: {"said": f"看这里：{word}。"} for word, kind in secrets.words.items()}
    leaked |= {
        "number": {"said": min(secrets.hidden_numbers)}, "position": {"at": [place.lon, round(place.lat, 5)]},
        "field": {"items": [{"reporter_id": None}]}, "phone, masked": "138****5678", "phone of others": "请打13700000001",
        "identity of others": "51010219880808123X", "exif": picture(place)}
    for kind, said in leaked.items():
        told.clear()
        told["any"] = said
        complaints = Walk(app, secrets, only="/leaks/").go().complaints
        assert re.split(r"\W", kind)[0] in {one.kind for one in complaints}, kind
    told.clear()
    assert Walk(app, secrets, only="/leaks/").go().complaints == set()
    # A case that is not public is asked for by its number, a link is followed, and so is the next page.
    told[planted.held[0]] = leaked["name"]
    assert [one.address for one in Walk(app, secrets, only="/leaks/").go().complaints] == [f"/leaks/{planted.held[0]}/here"]
    for behind in (LINKED, "page"):
        told.clear()
        told[behind] = picture(place)
        assert [one.kind for one in Walk(app, secrets, only="/leaks/list").go().complaints] == ["exif"], behind


def picture(place: Point) -> Response:
    """As it came from the phone."""
    return Response(photo_with_position(place, "red"), mimetype="image/jpeg")
