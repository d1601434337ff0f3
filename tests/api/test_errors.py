"""Whatever goes wrong leaves as a problem document, says what to do, and tells nothing that is ours to keep."""
import io
import json
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import wording
from api.errors import OF_CASEWORK, PROBLEMS, faults_of
from casework import errors
from casework.settings import Settings
from tests.api import trial
from tests.api.town import served


@pytest.fixture
def tried(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with the trial operations."""
    return served(config, sqlite, monkeypatch, trial.blueprint)


@pytest.fixture
def web(tried: Flask) -> FlaskClient:
    return tried.test_client()


def document_of(answer: TestResponse, name: str) -> dict[str, Any]:
    """The problem document, after checking what all of them have in common."""
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = orjson.loads(answer.data)
    assert document["type"] == f"/problems/{name}"
    assert document["status"] == answer.status_code == PROBLEMS[name].status
    assert document["title"] == PROBLEMS[name].english
    assert document["detail"]
    assert document["instance"] == answer.headers["X-Request-Id"]
    return document


def test_every_casework_error_has_its_status() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*map(below, kind.__subclasses__()))
    assert set(OF_CASEWORK) == {one for one in below(errors.CaseworkError)
                                if one.__module__ == "casework.errors"} - {errors.CaseworkError}
    assert set(OF_CASEWORK.values()) <= set(PROBLEMS)


@pytest.mark.parametrize(("worry", "name"), [
    ("NotFound", "not-found"), ("Refused", "refused"), ("Unauthenticated", "unauthenticated"), ("Conflict", "conflict"),
    ("TooLarge", "too-large"), ("Unsupported", "unsupported")])
def test_a_casework_error_keeps_its_sentence_and_facts(web: FlaskClient, worry: str, name: str) -> None:
    document = document_of(web.get(f"/trial/worries/{worry}"), name)
    assert document["detail"] == "So it is."
    assert document["wanted"] == "more"


def test_faults_name_their_fields(web: FlaskClient) -> None:
    document = document_of(web.get("/trial/worries/Invalid"), "invalid")
    assert document["errors"] == [{"field": "items.3.text", "reason": "is missing"}]
    assert document["limit"] == 3


@pytest.mark.parametrize(("worry", "name", "seconds"), [
    ("TooMany", "too-many", "17"), ("Unavailable", "unavailable", "9"), ("database", "unavailable", "5")])
def test_who_has_to_wait_is_told_how_long(web: FlaskClient, worry: str, name: str, seconds: str) -> None:
    answer = web.get(f"/trial/worries/{worry}")
    document_of(answer, name)
    assert answer.headers["Retry-After"] == seconds


def test_a_bug_is_logged_and_not_shown(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = web.get("/trial/worries/bug", headers={"X-Request-Id": "request-12345678"})
    document_of(answer, "internal")
    assert b"secret" not in answer.data
    assert b"Traceback" not in answer.data
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    logged = next(line for line in lines if "exception" in line)
    assert logged["request"] == "request-12345678"
    assert "ZeroDivisionError" in logged["exception"]
    assert "13800138000" not in str(lines)  # not even in the text of an error


def test_what_the_database_was_asked_is_not_logged(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    web.get("/trial/worries/database")
    out = capsys.readouterr().out
    assert "OperationalError" in out
    assert "13800138000" not in out


def test_a_wrong_address_is_a_problem_too(web: FlaskClient) -> None:
    document_of(web.get("/api/v1/nothing"), "not-found")


def test_a_wrong_method_says_which_are_right(web: FlaskClient) -> None:
    answer = web.delete("/trial/notes")
    document_of(answer, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_options_lists_the_methods_without_a_credential(web: FlaskClient) -> None:
    answer = web.options("/trial/posts")
    assert answer.status_code == 200
    assert "GET" in answer.headers["Allow"]


def test_who_shows_nothing_is_told_how_to_log_in(web: FlaskClient) -> None:
    answer = web.get("/trial/posts")
    document_of(answer, "unauthenticated")
    assert {part.split()[0] for part in answer.headers["WWW-Authenticate"].split(", ")} == {"Bearer", "Device", "ZW-HMAC"}


@pytest.mark.parametrize("credential", [
    "Bearer nonsense", "Bearer", "Device abc", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.e30.", "\x00", "nonsense",
    "Bearer é", "Device é", "ZW-HMAC key=a", "ZW-HMAC key=a, time=x, nonce=b, signature=c",
    "ZW-HMAC key=é, time=1, nonce=é, signature=é"])
def test_a_bad_credential_is_refused_even_where_strangers_may_come(web: FlaskClient, credential: str) -> None:
    for address in ("/trial/posts", "/trial/me"):
        answer = web.get(address, headers={"Authorization": credential}, environ_overrides={})
        document_of(answer, "unauthenticated")


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "0" * 32 + ".", "0" * 32 + ".é", "." + "a" * 22])
def test_a_made_up_tracking_token_opens_nothing(web: FlaskClient, token: str) -> None:
    document_of(web.get("/trial/me", headers={"X-Tracking-Token": token}), "unauthenticated")


def test_no_credential_is_asked_for_where_none_is_looked_at(web: FlaskClient) -> None:
    assert web.get("/health/live", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def send(web: FlaskClient, raw: bytes, content_type: str = "application/json") -> TestResponse:
    return web.post("/trial/notes", data=raw, content_type=content_type)


@pytest.mark.parametrize("raw", [
    b"", b"{", b'{"text": "a"', b'{"text": NaN}', b"\xef\xbb\xbf{}", b'{"text": "\xff\xfe"}', b'{"text": "\\ud800"}',
    b'{"text": "a\x00b"}', b'{"inner": 1e999}', b"{'text': 'a'}", '{"text": "路灯"}'.encode("gb18030")])
def test_what_is_not_json_in_utf8_is_a_bad_request(web: FlaskClient, raw: bytes) -> None:
    document_of(send(web, raw), "bad-request")


@pytest.mark.parametrize("depth", [33, 500, 2000])
def test_what_is_nested_too_deep_is_a_bad_request(web: FlaskClient, depth: int) -> None:
    raw = b'{"text": "a", "inner": ' + b"[" * depth + b"]" * depth + b"}"
    document_of(send(web, raw), "bad-request")


def test_what_is_wide_is_not_deep(web: FlaskClient) -> None:
    assert send(web, orjson.dumps({"text": "a", "inner": [[1]] * 200})).status_code == 201


@pytest.mark.parametrize(("raw", "field"), [
    (b'{"text": "a\\u0000b"}', "text"), (b'{"text": "a", "inner": {"x": ["\\u0000"]}}', "inner.x.0"),
    (b'{"text": "a", "inner": {"\\u0000": 1}}', "inner")])
def test_nul_is_refused_wherever_it_hides(web: FlaskClient, raw: bytes, field: str) -> None:
    document = document_of(send(web, raw), "invalid")
    assert [fault["field"] for fault in document["errors"]] == [field]


def test_a_backslash_before_zeros_is_not_nul(web: FlaskClient) -> None:
    answer = send(web, b'{"text": "a\\\\u0000b"}')
    assert answer.status_code == 201
    assert answer.json == {"text": "a\\u0000b", "place": []}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_unsupported(web: FlaskClient, content_type: str) -> None:
    document_of(send(web, b'{"text": "a"}', content_type), "unsupported")


def test_a_body_over_its_limit_is_too_large(web: FlaskClient) -> None:
    document = document_of(send(web, b'{"text": "' + b"a" * 9000 + b'"}'), "too-large")
    assert "8 kilobytes" in document["detail"]


def test_a_body_where_none_is_expected_is_not_read_without_end(web: FlaskClient) -> None:
    answer = web.get("/trial/me", data=b"a" * 1_000_000, headers={
        "Authorization": f"ZW-HMAC key=abc, time=1, nonce={'n' * 20}, signature=c"})
    document_of(answer, "too-large")


@pytest.mark.parametrize(("sent", "faults"), [
    ({}, {"text"}), ({"text": ""}, {"text"}), ({"text": " \n "}, {"text"}), ({"text": "a" * 21}, {"text"}),
    ({"text": 5}, {"text"}), ([], {""}), ("text", {""}), (None, {""}), ({"text": "a", "more": 1}, {"more"}),
    ({"text": "a", "at": "2026-03-02T10:00:00"}, {"at"}), ({"text": "a", "at": "0001-01-01T00:00:00+14:00"}, {"at"}),
    ({"text": "a", "at": 5}, {"at"}), ({"text": "a", "count": 10}, {"count"}), ({"text": "a", "count": 2.0}, {"count"}),
    ({"text": "a", "count": 10**30}, {"count"}), ({"text": "a", "count": True}, {"count"}),
    ({"text": "a", "place": [{"lon": 114.0, "lat": 22.5}, {"lon": 1}]}, {"place.1.lat"}),
    ({"text": "a", "place": [{"lon": 181, "lat": 0}]}, {"place.0.lon"}), ({"text": "a", "place": [7]}, {"place.0"}),
    ({"text": "a", "place": [{"lon": True, "lat": 0}]}, {"place.0.lon"}),
    ({"text": "a", "place": [{"lon": 1, "lat": 1, "system": "utm"}]}, {"place.0.system"}),
    ({"text": "a", "place": [{"lon": 1, "lat": 1, "height": 1}]}, {"place.0.height"})])
def test_each_fault_is_named_by_its_path(web: FlaskClient, sent: Any, faults: set[str]) -> None:
    document = document_of(send(web, json.dumps(sent).encode()), "invalid")
    assert {fault["field"] for fault in document["errors"]} == faults
    assert all(fault["reason"] for fault in document["errors"])


def test_what_is_right_comes_back_trimmed_and_in_utc(web: FlaskClient) -> None:
    answer = web.post("/trial/notes", json={"text": " 路灯不亮 ", "at": "2026-03-02T10:00:00+08:00",
                                            "place": [{"lon": 114.0, "lat": 22.5}]})
    assert answer.status_code == 201
    assert answer.json == {"text": "路灯不亮", "at": "2026-03-02T02:00:00Z", "place": [{"lon": 114.0, "lat": 22.5}]}


def test_other_coordinate_systems_are_converted_at_the_edge(web: FlaskClient) -> None:
    answer = web.post("/trial/notes", json={"text": "a", "place": [{"lon": 114.0579, "lat": 22.5431, "system": "gcj02"}]})
    assert answer.json is not None
    place = answer.json["place"][0]
    assert 0.003 < 114.0579 - place["lon"] < 0.007  # Shenzhen's offset is some 600 metres to the south-east
    assert 0.001 < place["lat"] - 22.5431 < 0.005


def test_files_come_with_a_form_whose_objects_are_json(web: FlaskClient) -> None:
    answer = web.post("/trial/photos", data={
        "text": "井盖破损", "place": '[{"lon": 114.0, "lat": 22.5}]',
        "photos": [(io.BytesIO(b"x" * 600_000), "a.jpg"), (io.BytesIO(b""), "b.jpg")]})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["files"] == [600_000, 0]
    assert answer.json["place"] == [{"lon": 114.0, "lat": 22.5}]


def test_without_files_the_same_comes_as_json(web: FlaskClient) -> None:
    assert web.post("/trial/photos", json={"text": "井盖破损"}).json == {"text": "井盖破损", "place": [], "files": []}


@pytest.mark.parametrize(("data", "name"), [
    ({"text": "a", "photos": [(io.BytesIO(b"x"), "a.jpg")] * 0, "film": (io.BytesIO(b"x"), "a.mp4")}, "invalid"),
    ({"text": "a\0b"}, "invalid"), ({"text": "a", "inner": "{"}, "bad-request"),
    ({"text": "a", "nothing": "b"}, "invalid"),
    ({"text": "a", "photos": (io.BytesIO(b"x" * 3_000_000), "a")}, "too-large")])
def test_a_form_is_held_to_the_same(web: FlaskClient, data: dict[str, Any], name: str) -> None:
    document_of(web.post("/trial/photos", data=data, content_type="multipart/form-data"), name)


def test_text_in_a_form_must_be_utf8(web: FlaskClient) -> None:
    raw = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + "路灯".encode("gb18030") + b"\r\n--b--\r\n"
    document_of(web.post("/trial/photos", data=raw, content_type="multipart/form-data; boundary=b"), "invalid")


def test_more_files_than_are_taken_are_too_large(web: FlaskClient) -> None:
    files = [(io.BytesIO(b"x"), f"{number}.jpg") for number in range(3)]
    document_of(web.post("/trial/photos", data={"text": "a", "photos": files}), "too-large")


@pytest.mark.parametrize("kept", [60, 120, 180])
def test_a_torn_upload_is_not_taken(web: FlaskClient, kept: int) -> None:
    whole = (b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhalf\r\n'
             b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n' + b"x" * 200 + b"\r\n--b--\r\n")
    assert web.post("/trial/photos", data=whole, content_type="multipart/form-data; boundary=b").status_code == 200
    torn = {"wsgi.input": io.BytesIO(whole[:kept]), "wsgi.input_terminated": True}  # as granian hands it over
    for known in ({}, {"CONTENT_LENGTH": str(len(whole))}):
        answer = web.post("/trial/photos", content_type="multipart/form-data; boundary=b", environ_overrides=torn | known)
        document_of(answer, "bad-request")


def test_a_chunked_body_over_its_limit_is_too_large_and_not_cut_to_fit(web: FlaskClient) -> None:
    chunked = {"wsgi.input": io.BytesIO(b'{"text": "a"}' + b" " * 9000), "wsgi.input_terminated": True}
    document_of(web.post("/trial/notes", content_type="application/json", environ_overrides=chunked), "too-large")


def test_a_list_is_followed_to_its_end(web: FlaskClient) -> None:
    seen, address = [], "/trial/numbers?limit=4"
    while True:
        page = web.get(address).json
        assert page is not None
        seen += [item["number"] for item in page["items"]]
        if page["next"] is None:
            break
        address = f"/trial/numbers?limit=4&cursor={page['next']}"
    assert seen == list(range(1, 11))


@pytest.mark.parametrize("query", [
    "limit=0", "limit=101", "limit=x", "limit=9999999999999999999999", "limit=%00", "%00=1", "more=1", "kind=",
    "kind=a&kind=", "cursor=x", "cursor=%00", "cursor=bnVsbA", "cursor=WzEsMl0", "cursor=WyJhIl0", "cursor=W3RydWVd",
    "cursor=WzFlMzBd", "cursor=é"])
def test_a_query_is_held_to_its_shape(web: FlaskClient, query: str) -> None:
    document_of(web.get(f"/trial/numbers?{query}"), "invalid")


def test_a_query_must_be_utf8(web: FlaskClient) -> None:
    document_of(web.get("/trial/numbers?kind=%ff"), "bad-request")


@pytest.mark.parametrize(("wish", "language"), [
    ("", "zh"), ("en-GB,en;q=0.8", "en"), ("zh-CN,en;q=0.5", "zh"), ("fr", "zh"), ("en;q=0.2,zh;q=0.9", "zh"),
    ("en;q=0,fr", "zh"), ("fr,en", "en")])
def test_it_speaks_the_readers_language_and_chinese_first(web: FlaskClient, wish: str, language: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "FIRST", "zh")
        headers = {"Accept-Language": wish} if wish else {}
        wrong = web.post("/trial/notes", json={"text": 7, "other": 1}, headers=headers)
        nowhere = web.get("/api/v1/nothing", headers=headers)
    assert wrong.headers["Content-Language"] == nowhere.headers["Content-Language"] == language
    assert "Accept-Language" in wrong.headers["Vary"]
    document = orjson.loads(wrong.data)
    told = [document["title"], document["detail"], *(one["reason"] for one in document["errors"])]
    told += [orjson.loads(nowhere.data)[part] for part in ("title", "detail")]
    assert len(told) >= 5
    assert [text.isascii() for text in told] == [language == "en"] * len(told)


@pytest.mark.parametrize(("sent", "kept"), [
    ("5f0c3d1e-8a4b", True), ("short", False), ("a" * 65, False), ("with space in it", False), ('quote"quote', False)])
def test_a_request_id_is_taken_over_if_it_is_sane(web: FlaskClient, sent: str, kept: bool) -> None:
    given = web.get("/health/live", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert (given == sent) is kept
    assert len(given) >= 8


def test_every_request_is_one_line_without_its_query(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    web.get("/trial/numbers?kind=13800138000")
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["method"], line["route"], line["status"]) for line in lines] == [
        ("request", "GET", "/trial/numbers", 422)]
    assert "13800138000" not in str(lines)


def test_the_line_names_the_case(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    web.get("/api/v1/cases/ZW20260302-0001")
    web.get("/api/v1/cases/%E5%BC%A0%E4%B8%89")
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("case") for line in lines] == ["ZW20260302-0001", None]


def test_tests_fail_when_an_answer_is_not_as_documented(web: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert web.get("/trial/lie").status_code == 500
    assert "does not document ['phone']" in capsys.readouterr().out


def test_marshmallows_messages_become_flat() -> None:
    messages = {"a": ["x", "y"], "b": {0: {"c": ["z"]}}, "_schema": ["w"]}
    assert [(fault.field, fault.reason) for fault in faults_of(messages)] == [
        ("a", "x"), ("a", "y"), ("b.0.c", "z"), ("", "w")]
