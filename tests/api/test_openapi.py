"""The OpenAPI document is complete: whoever writes a client needs nothing else."""
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import docs
from api.auth import SCHEMES, requires
from api.errors import MIMETYPE
from api.examples import UNSAID, example_of
from casework.settings import Settings
from tests.api import trial
from tests.api.town import built

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def app(config: Settings) -> Flask:
    """No database: the document needs none. With the trial group, so that every kind of body is looked at."""
    return built(config, trial.blueprint)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json")
    assert answer.content_type == "application/json"
    made: dict[str, Any] = answer.get_json()
    return made


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"]
    assert document["info"]["description"]
    assert set(document["components"]["securitySchemes"]) == set(SCHEMES)


def test_every_operation_has_an_id_of_its_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 5


def test_every_operation_says_what_it_does_and_who_may(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"].endswith((".", "。")), where
        assert operation["x-permission"], where
        assert isinstance(operation["security"], list), where
        assert {name for way in operation["security"] for name in way} <= set(SCHEMES), where
        assert operation["tags"], where


def test_every_group_is_described(document: dict[str, Any]) -> None:
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} <= described


def test_every_operation_names_its_success_and_its_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        answers = operation["responses"]
        assert [status for status in answers if status.startswith("2") or status == "302"], path  # browsers are sent on
        assert {"429", "500", "503"} <= set(answers), path
        if operation["security"]:
            assert {"401", "403"} <= set(answers), path
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= set(answers), path
        for status, answer in answers.items():
            if not status.startswith("2") and status not in {"302", "304"}:
                name = answer["$ref"].rpartition("/")[2]
                assert MIMETYPE in document["components"]["responses"][name]["content"], (method, path, status)


def test_every_answer_has_an_example_with_a_word_for_each_field(app: Flask, document: dict[str, Any]) -> None:
    views = [view.operation for name, view in app.view_functions.items() if getattr(view, "operation", None) and
             not name.startswith("trial.")]
    answering = [one for one in views if one.answer is not None]
    assert len(answering) > 40
    for one in answering:
        example = example_of(one.answer)
        example = example[0] if one.answer.many else example
        assert set(example) == {field.data_key or name for name, field in one.answer.fields.items()}, one.path
        assert UNSAID not in str(example), (one.path, example)
    report = document["paths"]["/api/v1/pda/reports"]["post"]["responses"]["201"]["content"]["application/json"]["example"]
    assert set(report) == {"number", "received_at"}


def test_an_operation_lists_what_it_may_really_answer(document: dict[str, Any]) -> None:
    def answers(method: str, path: str) -> set[str]:
        return set(document["paths"][path][method]["responses"])
    for path in ("", "/refresh", "/phone"):
        assert "401" in answers("post", f"/api/v1/sessions{path}")
        assert "409" not in answers("post", f"/api/v1/sessions{path}")
    assert "403" in answers("get", "/api/v1/media/{photo_id}/{rendition}")
    assert {"401", "403"} <= answers("get", "/metrics")
    assert document["paths"]["/metrics"]["get"]["security"] == [{"scrape": []}, {"desk": []}, {"client": []}]
    (action,) = (item["post"] for path, item in document["paths"].items() if path.endswith("/cases/{number}/{action}"))
    assert {"tracking": []} not in action["security"]
    assert {"device": [], "deviceId": []} in action["security"]


def test_every_body_has_an_example_that_would_be_taken(app: Flask, document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            only_files = media_type == "multipart/form-data" and "properties" in content["schema"]
            assert content.get("example") or only_files or content["schema"].get("format") == "binary", path
    declared = [view.operation for view in app.view_functions.values() if getattr(view, "operation", None)]
    for one in declared:
        if one.body is not None:
            assert one.body.validate(one.example) == {}, one.path


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        here: Any = document
        for step in reference.removeprefix("#/").split("/"):
            here = here[step]


def test_every_part_of_a_path_is_described(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        named = set(re.findall(r"\{(\w+)\}", path))
        described = {one["name"] for holder in [item, *[inner for inner in item.values() if isinstance(inner, dict)]]
                     for one in holder.get("parameters", []) if one.get("in") == "path"}
        assert named <= described, path


def test_our_own_fields_say_what_they_take(document: dict[str, Any]) -> None:
    note = document["components"]["schemas"]["TrialNoteIn"]["properties"]
    assert note["text"] == {"type": "string", "minLength": 1, "maxLength": 20}
    assert note["at"] == {"type": "string", "format": "date-time"}
    assert note["place"]["items"]["required"] == ["lon", "lat"]
    assert (note["count"]["minimum"], note["count"]["maximum"]) == (1, 9)


def test_files_are_documented_beside_the_fields(document: dict[str, Any]) -> None:
    content = document["paths"]["/trial/photos"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    body, files = content["multipart/form-data"]["schema"]["allOf"]
    assert body == {"$ref": "#/components/schemas/TrialNoteIn"}
    assert files["properties"]["photos"]["maxItems"] == 2


def test_security_follows_the_permission_table() -> None:
    assert requires("report.create.pda").security() == [{"desk": []}, {"device": [], "deviceId": []}]
    assert requires("report.create.hotline").security() == [{"desk": []}, {"client": []}]
    assert requires("users.manage").security() == [{"desk": []}]
    assert {} in requires("report.create.citizen").security()


def test_an_unknown_permission_stops_the_start() -> None:
    with pytest.raises(KeyError):
        requires("report.forge")


def test_a_slip_between_declaration_and_view_stops_the_start() -> None:
    declare = trial.Blueprint("slip", __name__).operation("GET", "/x/<name>", trial.public("for tests"))
    with pytest.raises(TypeError, match="name"):
        declare(lambda number: None)
    declare = trial.Blueprint("slip", __name__).operation("POST", "/x", trial.public("for tests"), body=trial.NoteIn())
    with pytest.raises(TypeError, match="example"):
        declare(lambda body: None)


def test_the_page_is_written_once_in_each_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    web, pages = app.test_client(), {}
    for language in ("zh", "en"):
        pages[language] = web.get(f"/docs?lang={language}").data
    monkeypatch.setattr(docs, "groups", None)
    assert {language: web.get(f"/docs?lang={language}").data for language in pages} == pages
    assert pages["zh"] != pages["en"]


def test_the_page_of_the_document_shows_every_operation(app: Flask, document: dict[str, Any]) -> None:
    web: FlaskClient = app.test_client()
    page = web.get("/docs").get_data(as_text=True)
    for path, _, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
        assert path in page
