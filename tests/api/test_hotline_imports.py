"""Exports over HTTP: tried first, taken then, the bad rows back as a file; by saved mappings, for those who may."""
import base64
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from casework.cases.report import Report
from casework.intake.refusals import Refusal
from tests.api.town import Caller, Town, ok, problem, stored, ticket
from tests.storage.test_hotline_exports import GOOD, HEADINGS
from tests.storage.test_registry_import import Cells, csv_of, xlsx_of

IMPORTS, MAPPINGS, TICKETS = "/api/v1/hotline/imports", "/api/v1/hotline/mappings", "/api/v1/hotline/tickets"


def send(caller: Caller, rows: Cells, name: str = "a.csv", **body: Any) -> TestResponse:
    content = xlsx_of(rows) if name.endswith("xlsx") else csv_of(rows)
    return caller.post(IMPORTS, {one: value if isinstance(value, (dict, str)) else str(value).lower()
                                 for one, value in body.items()}, files={"file": (BytesIO(content), name)})


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_an_export_is_tried_then_taken_and_the_bad_rows_come_back(town: Town, name: str) -> None:
    rows = [*GOOD, ["T3", "", "", "2026/3/2", *[""] * 7]]
    for dry_run, kept in ((True, 0), (False, 2)):
        report = ok(send(town.operator, rows, name, dry_run=dry_run))
        assert (report["rows"], report["new"], report["skipped"]) == (3, 2, 1)
        assert report["bad"] == [{"row": 4, "column": "诉求内容", "reason": "is empty"}]
        assert stored() == kept
        assert stored(Refusal) == bool(kept)
    again = base64.b64decode(report["error_file"]["content"])
    answer = ok(town.operator.post(IMPORTS, {}, files={"file": (BytesIO(again), report["error_file"]["name"])}))
    assert (answer["rows"], answer["skipped"]) == (1, 1)
    assert ok(send(town.operator, rows, name))["unchanged"] == 2
    assert stored(Report) == 2


def test_a_mapping_is_saved_replaced_and_used(town: Town) -> None:
    for columns in ({"甲": "number"}, {"甲": "number", "乙": "detail"}):
        saved = ok(town.operator.post(MAPPINGS, {"name": "市平台", "columns": columns, "words": {"urgent": {"甲级": "是"}}}))
        assert (saved["columns"], saved["system"], saved["platform"]) == (columns, "wgs84", None)
    assert [one["name"] for one in ok(town.operator.get(MAPPINGS))["items"]] == ["市平台"]
    report = ok(send(town.operator, [["甲", "乙", "丙"], ["1", "停水", "甲级"]], mapping="市平台", columns={"丙": "urgent"}))
    assert (report["new"], report["columns"]) == (1, {"甲": "number", "乙": "detail", "丙": "urgent"})
    assert "mapping" in problem(send(town.operator, GOOD, mapping="没有"), 422)["fields"]
    assert "columns.甲" in problem(town.operator.post(MAPPINGS, {"name": "x", "columns": {"甲": "nummer"}}), 422)["fields"]
    refused = problem(send(town.operator, [["编号", "甲"], ["1", "2"]]), 422)
    assert "columns.诉求内容" in refused["fields"]
    assert refused["columns"] == {"编号": "number", "甲": None}, "so that a page can ask what each is"


def test_what_a_platform_pushed_is_known_again_in_its_export(town: Town) -> None:
    platform = town.platform()
    ok(platform.post(TICKETS, ticket(number="T1")))
    client = ok(town.administrator.get("/api/v1/admin/clients"))["items"][0]["id"]
    assert ok(send(town.operator, GOOD, platform=client, dry_run=True))["updated"] == 1
    report = ok(send(town.operator, GOOD, platform=client))
    assert (report["new"], report["updated"], stored()) == (1, 1, 2)
    assert ok(send(town.operator, [HEADINGS, GOOD[1]]))["new"] == 1, "the operators' own T1 is another"
    assert "platform" in problem(send(town.operator, GOOD, platform=str(town.cast.li.id)), 422)["fields"]


def test_only_who_takes_tickets_imports_them(town: Town) -> None:
    problem(send(town.stranger, GOOD), 401)
    for somebody in (town.li, town.water_handler, town.administrator):
        problem(send(somebody, GOOD), 403)
        problem(somebody.get(MAPPINGS), 403)
    problem(town.operator.post(IMPORTS, {}), 422)
    assert stored() == 0
