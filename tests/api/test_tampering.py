"""What is signed is signed to the last byte: whatever one of them becomes, in the body or beside it, nothing is taken in.
And what was taken once is not taken twice."""
import re
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

import orjson
import pytest

from casework import settings
from casework.media import Rendition, sign
from casework.settings import Settings
from tests.api.town import Platform, Town, citizen_report, ok, problem, stored, ticket
from tests.conftest import SetClock
from tests.wechat import ADDRESS, User, with_account

TICKETS = "/api/v1/hotline/tickets"


def changed(text: str) -> Iterator[str]:
    """The same with one character another, at each place."""
    for at, one in enumerate(text):
        yield f"{text[:at]}{'1' if one == '0' else '0'}{text[at + 1:]}"


def push(platform: Platform, raw: bytes, headers: dict[str, str]) -> int:
    return platform.app.test_client().post(TICKETS, data=raw, content_type="application/json", headers=headers).status_code


def test_a_ticket_of_which_one_byte_is_another_is_nobodys(town: Town) -> None:
    platform = town.platform()
    raw = orjson.dumps(ticket(number="T1"))
    signed = platform.signed(TICKETS, raw)
    for at in range(len(raw)):
        other = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1:]
        assert push(platform, other, signed) == 401, other
    assert push(platform, raw + b" ", signed) == push(platform, raw[:-1], signed) == 401
    for one in changed(signed["Authorization"]):
        if one.partition(" ")[0] == "ZW-HMAC":
            assert push(platform, raw, {"Authorization": one}) in {400, 401}, one
    assert stored() == 0
    assert push(platform, raw, signed) == 200, "as it was signed it is good"
    assert stored() == 1


def test_what_a_platform_has_signed_is_taken_once(town: Town, time: SetClock) -> None:
    platform = town.platform()
    raw = orjson.dumps(ticket(number="T1"))
    signed = platform.signed(TICKETS, raw)
    assert [push(platform, raw, signed) for _ in range(3)] == [200, 401, 401]
    later = platform.signed(TICKETS, raw)
    time.passes(minutes=30)
    assert push(platform, raw, later) == 401, "too old"
    assert stored() == 1


@pytest.mark.parametrize("safe", [False, True], ids=["plain", "safe"])
def test_a_message_of_wechat_of_which_one_letter_is_another_is_nobodys(town: Town, config: Settings, safe: bool) -> None:
    settings.configure(with_account(config, safe=safe))
    user = User(town.app, safe=safe)
    xml, query = user.xml("text", Content="路灯坏了"), user.query()
    if safe:
        xml, query = user.sealed(xml, query)
    for name in query.keys() & {"signature", "timestamp", "nonce", "msg_signature"}:
        for one in changed(query[name]):
            assert user.post(xml, query | {name: one}).status_code == 403, (name, one)
    if safe:
        sealed = re.search("<Encrypt>(.*)</Encrypt>", xml)
        assert sealed
        for one in changed(sealed[1]):
            assert user.post(xml.replace(sealed[1], one), query).status_code == 403, one
    assert "照片" in user.heard(user.post(xml, query)), "as it was signed it is good"


def test_a_link_of_which_one_letter_is_another_opens_nothing(town: Town) -> None:
    photo = sign(uuid.UUID(town.photo(town.triage)), Rendition.ORIGINAL)
    path, _, query = photo.partition("?")
    for name, value in parse_qsl(query):
        for one in changed(value):
            other = urlencode(dict(parse_qsl(query)) | {name: one})
            assert town.stranger.get(f"{path}?{other}").status_code in {404, 422}, one
    assert town.stranger.get(photo).status_code == 200, "as it was signed it is good"


def test_a_tracking_token_of_which_one_letter_is_another_opens_nothing(town: Town) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    path = f"/api/v1/citizen/reports/{receipt['number']}"
    for one in changed(receipt["token"]):
        problem(town.citizen(receipt | {"token": one}).get(path), 401)
    ok(town.citizen(receipt).get(path))


def test_where_wechat_is_asked_nothing_is_taken_without_a_signature(town: Town, config: Settings) -> None:
    settings.configure(with_account(config))
    user = User(town.app)
    for query in ({}, {"timestamp": "1"}, user.query() | {"signature": ""}):
        assert town.app.test_client().post(ADDRESS, data=user.xml("text", Content="路灯坏了"), query_string=query,
                                           content_type="text/xml").status_code == 403
    assert stored() == 0
