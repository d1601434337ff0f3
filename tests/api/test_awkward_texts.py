"""More than three hundred awkward texts go in by every door, and come back letter for letter."""
import csv
import io
from collections.abc import Callable, Mapping

import openpyxl
import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.report import Report
from casework.geography.coordinates import wgs84_to_gcj02
from casework.settings import Settings
from casework.storage.database import reading
from tests import awkward
from tests.api.collect import a_report, collect, filled, instance
from tests.api.geoclient import app_of, good, manhole
from tests.api.handheld import done, operation
from tests.api.town import Town, citizen_report, ok, pda_report, ticket
from tests.factories import at_grid
from tests.wechat import User, with_account

ALL, PLAIN = awkward.texts(), awkward.plain_texts()
HEADINGS = ["工单编号", "诉求内容"]

Sent = Mapping[str, str]
"""Name of a text → number of the report that it became."""
Door = Callable[[Town, Mapping[str, str]], Sent]


def by_database(store: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Each by itself on SQLite; on PostgreSQL as many in one as fit, where a request for each would take a minute."""
    return texts if store.startswith("sqlite") else in_bunches(texts, 4000)


def in_bunches(texts: Mapping[str, str], longest: int) -> Mapping[str, str]:
    """As many in one as fit."""
    bunches = [""]
    for text in texts.values():
        fits = len(bunches[-1]) + len(text) < longest
        bunches[-1:] = [f"{bunches[-1]}\n{text}"] if fits else [bunches[-1], text]
    return {f"bunch {number}": text.strip() for number, text in enumerate(bunches) if text.strip()}


def kept(numbers: Sent) -> dict[str, str]:
    """What is stored, by the text's name."""
    with reading() as db:
        found = {report.number: report.text for report in db.scalars(select(Report))}
    return {name: found[number] for name, number in numbers.items()}


def by_pda(town: Town, texts: Mapping[str, str]) -> Sent:
    return {name: ok(town.li.post("/api/v1/pda/reports", pda_report(text=text)), 201)["number"] for name, text in texts.items()}


def by_sync(town: Town, texts: Mapping[str, str]) -> Sent:
    return {name: one["number"] for name, one in zip(
        texts, done(town.li, *(operation(text=text) for text in texts.values())), strict=True)}


def by_push(town: Town, texts: Mapping[str, str]) -> Sent:
    results = ok(town.platform().post("/api/v1/hotline/tickets", {
        "tickets": [ticket(detail=text) for text in texts.values()]}))["results"]
    return {name: one["number"] for name, one in zip(texts, results, strict=True)}


def by_citizen(town: Town, texts: Mapping[str, str]) -> Sent:
    return {name: ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(text=text)), 201)["number"]
            for name, text in texts.items()}


def by_form(town: Town, texts: Mapping[str, str]) -> Sent:
    app = app_of(town, per_minute=6000)
    return {name: app.sent(description=text) for name, text in texts.items()}


def by_parts(town: Town, texts: Mapping[str, str]) -> Sent:
    app = app_of(town, per_minute=6000)
    return {name: good(app.post_parts("requests", manhole(description=text)))[0]["service_request_id"]
            for name, text in texts.items()}


def by_collect(town: Town, texts: Mapping[str, str]) -> Sent:
    phone, ids = collect(town, token=True), {name: instance() for name in texts}
    for name, text in texts.items():
        assert phone.post(filled("report", a_report(text=text), ids[name])).status_code == 201, name
    with reading() as db:
        numbers = {report.key: report.number for report in db.scalars(select(Report))}
    return {name: numbers[id_.removeprefix("uuid:")] for name, id_ in ids.items()}


def by_wechat(town: Town, texts: Mapping[str, str]) -> Sent:
    here, numbers = wgs84_to_gcj02(at_grid(0)), {}
    for name, text in texts.items():
        user = User(town.app)
        assert "ZW" not in user.says(f"话{text}")  # a word like 取消 alone would be a command
        user.stands_at(here.lon, here.lat)
        said = user.says("提交")
        if "ZW" not in said:
            said = user.says("2")  # no, it is not the known case
        numbers[name] = said[said.index("ZW"):][:20]
    return numbers


@pytest.mark.parametrize("door", [by_pda, by_sync, by_push, by_citizen])
def test_json_carries_every_text(town: Town, door: Door, store: str) -> None:
    assert len(ALL) > 300
    texts = ALL if door in {by_sync, by_push} else by_database(store, ALL)
    assert kept(door(town, texts)) == texts


@pytest.mark.parametrize("door", [by_form, by_parts, by_collect])
def test_forms_and_xml_carry_every_text_that_xml_can(town: Town, door: Door, store: str) -> None:
    assert len(PLAIN) > 300
    texts = by_database(store, PLAIN)
    assert kept(door(town, texts)) == texts


def test_wechat_carries_every_text(town: Town, config: Settings) -> None:
    settings.configure(with_account(config))
    short = {name: text for name, text in PLAIN.items() if len(text) < 600}
    assert len(short) > 300
    texts = in_bunches(short, longest=600)  # a conversation for each would take a minute
    assert kept(by_wechat(town, texts)) == {name: f"话{text}" for name, text in texts.items()}


def written(rows: list[list[str]]) -> bytes:
    """A workbook in which every cell is text, whatever it looks like."""
    book = openpyxl.Workbook()
    for row, cells in enumerate(rows, 1):
        for column, text in enumerate(cells, 1):
            cell = book.active.cell(row, column, text)
            cell.data_type = "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_carries_every_text(town: Town, kind: str) -> None:
    texts = {f"T{number}": text for number, text in enumerate(PLAIN.values())}
    rows = [HEADINGS, *([number, text] for number, text in texts.items())]
    if kind == "csv":
        table = io.StringIO(newline="")
        csv.writer(table).writerows(rows)
        content = table.getvalue().encode()
    else:
        content = written(rows)
    report = ok(town.operator.post("/api/v1/hotline/imports", {}, files={"file": (io.BytesIO(content), f"a.{kind}")}))
    assert (report["bad"], report["new"]) == ([], len(texts))
    with reading() as db:
        assert {one.external_number: one.text for one in db.scalars(select(Report))} == texts


def test_what_was_sent_is_read_back_in_json_and_in_xml(town: Town, store: str) -> None:
    app, texts = app_of(town, per_minute=6000), by_database(store, PLAIN)
    numbers = {name: app.sent(description=text) for name, text in texts.items()}
    for one in (app, app.in_xml()):
        rows = good(one.get("requests", api_key=app.key))
        told = {row["service_request_id"]: row["description"] for row in rows}
        assert {name: told[number] for name, number in numbers.items()} == texts
