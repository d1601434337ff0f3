"""What comes to Open311 awkward, broken or with ill will is kept to the letter, or refused in words, as the address has it."""
import time as wall
from urllib.parse import quote_from_bytes, urlencode

import pytest

from api.open311 import services as view
from api.open311.requests import KILOBYTES
from casework.cases.report import Report
from tests.api.geoclient import BASE, App, app_of, good, manhole, refused
from tests.api.town import Town, stored
from tests.factories import a_photo

KEPT = [
    "井盖没了", "龘靐齉齾爩鱻麤", "𠮷野家门口", "㐀㐁 扩展A", "臺灣 ㄅㄆㄇ", "日本語 テスト", "한국어", "Ünïcödé",
    "é combined", "𝔘𝔫𝔦", "emoji 😀👨‍👩‍👧‍👦🏳️‍🌈🇨🇳", "שלום", "مرحبا", "\u202eRTL override", "\u2066isolate\u2069",
    "zero\u200bwidth\u200d\u2060", "\ufeffBOM", "Z̸̡̢a̷l̵g̶o̴" + "\u0301" * 40, "]]>", "<![CDATA[x]]>", "<!-- -->",
    "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY e 'x'>]>&e;", "&amp;&lt;&gt;&quot;&#13;", "&#0;", "&unknown;",
    "<script>alert(1)</script>", "\"double\" 'single' `back`", "a=b&c=d;e", "100 %25 %zz", "+ plus + and space",
    "'; DROP TABLE reports; --", "${jndi:ldap://x}", "{{7*7}}", "%s %d %n", "../../etc/passwd", "C:\\path\\n",
    "line\nfeed", "carriage\r\nreturn", "bare\rreturn", "tab\tulator", "  blanks around  ", "\u3000全角空格\u3000",
    "null", "None", "true", "-0", "1e5", "NaN", "[1,2]", '{"a":1}', "¡¿", "\u00a0nbsp", "\u2028separator\u2029",
    "\u0085next", "\x7fdelete", "ﬁ ligature", "ＡＢＣ１２３", "零〇一二", "︙︽︾", "\U0010fffd", "\ue000private",
    "a" * 1000,
]
"""Text of people, code of machines: all of it is only text."""

NO_TEXT = ["\0", "a\0b", "\x01", "\x08", "bell\x07", "\x0b", "\x0c", "\x1b[31mred", "\x1f", "\ufffe", "\uffff"]
"""What XML cannot carry: refused, or it could not be read back."""


@pytest.fixture
def app(town: Town) -> App:
    return app_of(town, per_minute=1000)


def test_whatever_people_write_is_read_back_to_the_letter(app: App) -> None:
    assert len(KEPT) >= 50
    sent: dict[str, str] = {}
    for number, text in enumerate(KEPT):
        one = app if number % 2 else app.in_xml()
        sent[one.sent(description=text, address_string=text[:300])] = text
    for text in KEPT:
        (made,) = good(app.post_parts("requests", manhole(description=text, account_id="parts")))
        sent[made["service_request_id"]] = text
    assert len(sent) == 2 * len(KEPT)
    for one in (app, app.in_xml()):
        found = {made["service_request_id"]: made for made in good(one.get("requests", api_key=app.key))}
        assert {number: found[number]["description"] for number in sent} == sent
        assert {found[number]["address"] for number in sent} <= {None, *(text[:300] for text in KEPT)}


@pytest.mark.parametrize("text", NO_TEXT)
def test_what_is_no_text_is_refused_in_words(app: App, text: str) -> None:
    for one in (app, app.in_xml()):
        for field in ("description", "address_string", "account_id", "attribute[condition]"):
            assert field in refused(one.post("requests", manhole(**{field: text})), 400)
        assert "description" in refused(one.post_parts("requests", manhole(description=text)), 400)
        assert "control" in refused(one.post("requests", manhole(**{f"x{text}": "y"})), 400)
    assert stored() == 0


HALF = b"\xe4\xba", "井盖".encode("gbk"), b"\xed\xa0\x80", b"\xc0\x80", b"\xff"


@pytest.mark.parametrize("raw", HALF)
def test_bytes_that_are_no_utf8_are_refused(town: Town, app: App, raw: bytes) -> None:
    head = urlencode({"api_key": app.key} | manhole(description="")).encode()
    for body in (head + b"&description=" + raw, head + b"&description=" + quote_from_bytes(raw).encode()):
        for suffix in ("json", "xml"):
            answer = town.app.test_client().post(f"{BASE}/requests.{suffix}", data=body,
                                                 content_type="application/x-www-form-urlencoded")
            assert "UTF-8" in refused(answer, 400)
    parts = b"--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n" + raw + b"\r\n--x--\r\n"
    answer = town.app.test_client().post(f"{BASE}/requests.json?api_key={app.key}", data=parts,
                                         content_type="multipart/form-data; boundary=x")
    assert "UTF-8" in refused(answer, 400)
    assert stored() == 0


def test_a_form_that_is_not_escaped_is_read_as_curl_sends_it(town: Town, app: App) -> None:
    raw = f"api_key={app.key}&service_code=10101&lat=22.605&long=114.005&description=井盖 没了".encode()
    (made,) = good(town.app.test_client().post(f"{BASE}/requests.json", data=raw,
                                               content_type="application/x-www-form-urlencoded"))
    assert app.own(made["service_request_id"])["description"] == "井盖 没了"


BODIES: dict[str, tuple[bytes, str, int]] = {
    "nothing": (b"", "application/x-www-form-urlencoded", 403), "JSON": (b'{"service_code": "10101"}', "application/json", 400),
    "deep JSON": (b"[" * 100_000, "application/json", 400), "XML": (b"<request/>", "text/xml", 400), "no type": (b"x", "", 400),
    "a long form": (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
    "many fields": (b"a=1&" * 300, "application/x-www-form-urlencoded", 400),
    "many separators": (b"&" * 200_000, "application/x-www-form-urlencoded", 400),
    "parts that end nowhere": (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
                               "multipart/form-data; boundary=x", 400),
    "parts without a mark": (b"--x--", "multipart/form-data", 400),
    "many parts": (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 300 + b"--x--",
                   "multipart/form-data; boundary=x", 413),
    "a long part": (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"1" * 2_000_000 + b"\r\n--x--\r\n",
                    "multipart/form-data; boundary=x", 413),
    "too much": (b"x" * (KILOBYTES * 1024 + 2), "multipart/form-data; boundary=x", 413),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body_is_refused_at_once_in_the_format_of_the_address(town: Town, app: App, what: str) -> None:
    body, kind, status = BODIES[what]
    for suffix in ("json", "xml"):
        for path in ("requests", "servicerequestupdates"):
            began = wall.monotonic()
            refused(town.app.test_client().post(f"{BASE}/{path}.{suffix}", data=body, content_type=kind), status)
            assert wall.monotonic() - began < 5
    assert stored() == 0


@pytest.mark.parametrize("suffix", ["json", "xml"])
def test_what_flask_refuses_is_said_in_the_format_of_the_address(
        town: Town, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    web = town.app.test_client()
    refused(web.get(f"/open311/v2/nowhere.{suffix}"), 404)
    refused(web.get(f"/open311/v3/services.{suffix}"), 404)
    wrong = web.put(f"/open311/v2/requests.{suffix}")
    refused(wrong, 405)
    assert "POST" in wrong.headers["Allow"]
    refused(web.post(f"/open311/v2/services.{suffix}", data=b"x" * 100), 405)
    refused(web.get(f"/open311/v2/requests.{suffix}?status=%ff"), 400)
    refused(web.get(f"/open311/v2/requests.{suffix}?status=a%00b"), 400)
    refused(web.get(f"/open311/v2/requests/%00.{suffix}"), 404)

    def breaks(_catalogue: object) -> None:
        raise RuntimeError("of ours")
    monkeypatch.setattr(view, "offered", breaks)
    assert "RuntimeError" not in refused(web.get(f"/open311/v2/services.{suffix}"), 500)


def test_an_address_without_a_format_is_refused_in_xml(town: Town) -> None:
    refused(town.app.test_client().get("/open311/v2/services"), 404)
    assert town.app.test_client().get("/open311/v2/services").mimetype == "text/xml"


def test_other_addresses_keep_their_own_errors(town: Town) -> None:
    assert town.app.test_client().get("/api/v1/nowhere").mimetype == "application/problem+json"


def test_a_key_is_needed_to_send_and_none_to_read(town: Town, app: App) -> None:
    for key in ("", "wrong", "\U0001f511", "x" * 5000, app.key[:-1]):
        for one in (App(town.app, key), App(town.app, key, "xml")):
            refused(one.post("requests", manhole()), 403)
            refused(one.post_parts("requests", manhole(), {"media": a_photo()}), 403)
            refused(one.get("servicerequestupdates", api_key=key), 403)
            good(one.get("requests", api_key=key))
    assert stored(Report) == 0


def test_a_photo_that_is_too_large_is_refused_by_name(app: App) -> None:
    files = {"a": a_photo(), "b": b"\xff\xd8" + b"x" * 21_000_000}
    assert "media.1" in refused(app.post_parts("requests", manhole(), files), 413)
    assert stored() == 0
