"""Any list as a file: the rows that the asker may see, masked, harmless to a spreadsheet, and done whoever dies."""
import csv
import io
import json
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from api.releases import FOLDER
from casework.errors import Invalid, NotFound, Refused, Unauthenticated
from casework.exports import export, writing
from casework.exports.columns import harmless
from casework.exports.export import Export, Form, State
from casework.exports.lists import LISTS
from casework.identity.permissions import PERMISSIONS
from casework.identity.privacy import Access
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Town, ok, pda_report, point, problem, ticket
from tests.conftest import SetClock
from tests.factories import GRIDS
from workers import exports as jobs

EXPORTS = "/api/v1/exports"
SPAN = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-03-10T00:00:00+08:00"}


def exported(caller: Caller, table: str, form: str = "csv", **more: Any) -> list[list[Any]]:
    """The rows of the file, its headings first."""
    made = ok(caller.post(EXPORTS, {"table": table, "format": form} | more), 201)
    assert (made["state"], made["done"]) == ("done", made["total"]), made
    answer = caller.get(f"{EXPORTS}/{made['id']}/file")
    assert answer.status_code == 200
    return read(answer.data, form)


def read(content: bytes, form: str) -> list[list[Any]]:
    if form == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [list(row) for row in load_workbook(io.BytesIO(content), read_only=True).active.iter_rows(values_only=True)]


@pytest.fixture
def busy(town: Town) -> Town:
    """Two cases of the water office in the first grid, one of the hotline."""
    ok(town.li.post("/api/v1/pda/reports", pda_report(text="=HYPERLINK(\"http://evil\")井盖")))
    ok(town.zhao.post("/api/v1/pda/reports", pda_report(place=point(2))))
    ok(town.operator.post("/api/v1/hotline/tickets", {"tickets": [ticket()]}))
    town.jobs()
    return town


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_small_list_is_a_file_at_once_with_the_rows_of_the_page(busy: Town, form: str) -> None:
    heading, *rows = exported(busy.supervisor, "cases", form)
    assert heading[:3] == ["案件编号", "标题", "状态"]
    assert {row[0] for row in rows} == {one["number"] for one in busy.listed(busy.supervisor)}
    assert {row[2] for row in rows} <= {"待派遣", "待签收", "待受理"}
    english = exported(busy.supervisor, "cases", form, language="en")[0]
    assert english[:3] == ["Case", "Title", "Status"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_a_spreadsheet_would_run_is_text(busy: Town, form: str) -> None:
    titles = [row[1] for row in exported(busy.supervisor, "cases", form)[1:]]
    assert [one for one in titles if one.startswith("'=HYPERLINK")]
    assert not [one for one in titles if one.startswith("=")]


def test_every_beginning_of_a_formula_is_guarded_and_numbers_stay_numbers() -> None:
    for text in ("=1+1", "+86", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=1"):
        assert str(harmless(text)).startswith("'"), text
    assert [harmless(one) for one in (-5, 1.5, None, "南山", "a=b")] == [-5, 1.5, None, "南山", "a=b"]
    assert harmless("a\x00\x0bb") == "ab"


def test_a_department_exports_its_own_cases_only(busy: Town) -> None:
    water = {row[0] for row in exported(busy.water_handler, "cases")[1:]}
    assert water == {one["number"] for one in busy.listed(busy.water_handler)}
    assert 0 < len(water) < len(busy.listed(busy.supervisor))
    assert exported(busy.roads_handler, "cases")[1:] == []


def test_filters_are_those_of_the_page(busy: Town) -> None:
    dispatched = exported(busy.supervisor, "cases", query={"status": "dispatched", "since": SPAN["since"]})
    assert {row[2] for row in dispatched[1:]} == {"待签收"}
    assert exported(busy.supervisor, "cases", query={"since": SPAN["until"]})[1:] == []
    fault = problem(busy.supervisor.post(EXPORTS, {"table": "cases", "query": {"status": "nonsense", "colour": "red"}}), 422)
    assert set(fault["fields"]) == {"query.status", "query.colour"}
    assert "query.since" in problem(busy.supervisor.post(EXPORTS, {"table": "reports"}), 422)["fields"]
    assert "table" in problem(busy.supervisor.post(EXPORTS, {"table": "secrets"}), 422)["fields"]


@pytest.mark.parametrize(("table", "query", "reason"), [
    ("cases", {"since": "0001-01-01T00:00:00+08:00"}, "must lie between 1970 and 2200"),
    ("cases", {"due_before": "9999-12-31T23:59:59-08:00"}, "must lie between 1970 and 2200"),
    ("reports", {"since": SPAN["since"], "until": "9999-12-31T23:59:59-08:00"}, "must lie between 1970 and 2200"),
    ("duties", {"since": "0001-01-01T00:00:00+08:00", "until": SPAN["until"]}, "must lie between 1970 and 2200"),
    ("cases", {"since": "2026-03-02T10:00:00"}, "must say its zone, such as +08:00 or Z"),
    ("cases", {"since": "yesterday"}, "must be a moment such as 2026-03-02T10:00:00+08:00"),
    ("scorecards", {"of": "worker", "period": "2026-13"}, "a month such as 2026-10"),
    ("figures", {"by": "day", "since": "0001-01-01", "until": "0001-01-02"}, None)])
def test_what_no_list_can_be_narrowed_to_is_refused_with_the_field(
        town: Town, table: str, query: dict[str, str], reason: str | None) -> None:
    fields = problem(town.administrator.post(EXPORTS, {"table": table, "query": query}), 422)["fields"]
    assert len(fields) == 1
    if reason:
        ((name, reasons),) = fields.items()
        assert name.removeprefix("query.") in query
        assert reason in reasons


def test_the_ends_of_what_is_taken_are_taken(town: Town) -> None:
    for query in ({"since": "1970-01-01T00:00:00Z", "until": "2200-01-01T00:00:00Z"}, {"due_before": "2200-01-01T00:00:00Z"}):
        exported(town.supervisor, "cases", query=query)


def test_whatever_may_go_wrong_with_an_export_has_words_on_its_page() -> None:
    ours = {"cancelled", "too_long", "internal"}
    told = {one.__name__.lower() for one in (Invalid, NotFound, Refused, Unauthenticated)}
    words = json.loads((FOLDER / "staff/words/reports.json").read_text("utf-8"))
    assert {f"exports.fault_{one}" for one in ours | told} == {one for one in words if one.startswith("exports.fault_")}


def test_a_queue_of_the_desk_is_a_file_as_it_is_filtered(busy: Town) -> None:
    handler = busy.water_handler
    for query in ({"queue": "sign"}, {"queue": "overdue"}, {"channel": "pda"}, {"words": "井盖"}, {"mine": "true"}):
        shown = [one["number"] for one in ok(handler.get("/api/v1/desk/cases", **query))["items"]]
        assert [row[0] for row in exported(handler, "desk", query=query)[1:]] == shown, query
    assert len(exported(handler, "desk")) > 1
    assert exported(busy.roads_handler, "desk")[1:] == []
    problem(busy.supervisor.post(EXPORTS, {"table": "desk"}), 403)


def test_lists_of_administration_are_narrowed_as_on_their_pages(busy: Town) -> None:
    admin, water = busy.administrator, str(busy.departments["water"].id)
    assert [row[0] for row in exported(admin, "users", query={"q": "water_h", "active": "true"})[1:]] == [
        one["login"] for one in ok(admin.get("/api/v1/admin/users", q="water_h"))["items"]] != []
    assert exported(admin, "users", query={"active": "false"})[1:] == []
    held = exported(admin, "posts", query={"department_id": water, "vacant": "false", "role": "handler"})[1:]
    assert {(row[1], row[2]) for row in held} == {("处置人员", "水务局")}
    assert exported(admin, "posts", query={"vacant": "true"})[1:] == []
    carried = exported(admin, "devices", query={"user_id": str(busy.cast.li.id)})[1:]
    assert len(carried) == len(ok(admin.get("/api/v1/admin/devices", user_id=str(busy.cast.li.id)))["items"]) > 0
    shift = {"user_id": str(busy.cast.dispatcher.id), "role": "dispatcher", "since": SPAN["since"], "until": SPAN["until"]}
    ok(admin.post("/api/v1/admin/duties", {"items": [shift]}), 201)
    (duty,) = exported(admin, "duties", query=SPAN | {"role": "dispatcher"})[1:]
    assert duty[1:3] == ["派遣员", ""]
    assert exported(busy.water_head, "duties", query=SPAN)[1:] == []  # a head sees the own department's


def test_whoever_looks_after_one_area_exports_what_lies_there(busy: Town) -> None:
    posts = ok(busy.administrator.get("/api/v1/admin/posts", role="data_steward"))["items"]
    steward = posts[0]["holder_id"]
    for one in posts:
        ok(busy.administrator.post(f"/api/v1/admin/posts/{one['id']}/holder", {"holder_id": None}))
    ok(busy.administrator.post("/api/v1/admin/posts", {"title": "数据管理员", "role": "data_steward", "area_code": GRIDS[0][:9],
                                                       "holder_id": steward}), 201)
    assert "registry" in {one["table"] for one in ok(busy.steward.get(f"{EXPORTS}/lists"))["items"]}
    assert exported(busy.steward, "registry", query={"register": "house"})[0][0] == "记录编号"


def test_figures_are_narrowed_as_on_their_page(busy: Town) -> None:
    days = {"by": "channel", "since": "2026-03-01", "until": "2026-03-10"}
    water = str(busy.departments["water"].id)
    assert len(exported(busy.leader, "figures", query=days)) > 1
    for narrowed in ({"channel": "pda"}, {"department": water}, {"area": GRIDS[0], "category": "101"}):
        shown = ok(busy.leader.get("/api/v1/performance/figures", **days, **narrowed))["items"]
        assert [row[0] for row in exported(busy.leader, "figures", query=days | narrowed)[1:]] == [one["key"] for one in shown]


def test_who_reported_is_masked_unless_it_is_permitted_and_reasoned_and_every_export_is_logged(busy: Town) -> None:
    asked = {"table": "reports", "format": "csv", "query": SPAN}
    masked = exported(busy.supervisor, "reports", query=SPAN)
    assert ("王**", "138****8000") in {(row[6], row[7]) for row in masked} or ("王*明", "138****8000") in {
        (row[6], row[7]) for row in masked}, masked
    assert "reason" in problem(busy.supervisor.post(EXPORTS, asked | {"plain": True}), 422)["fields"]
    problem(busy.leader.post(EXPORTS, asked | {"plain": True, "reason": "回访"}), 403)
    plain = exported(busy.supervisor, "reports", query=SPAN, plain=True, reason="回访")
    assert ("王小明", "13800138000") in {(row[6], row[7]) for row in plain}
    with reading() as db:
        looks = [(one.field, one.reason) for one in db.scalars(select(Access).where(Access.subject_kind == "export")
                                                               .order_by(Access.at, Access.id))]
    assert looks == [("reports", ""), ("reports: name, phone", "回访")]


def test_every_list_of_the_table_can_be_exported_by_who_may_see_it(busy: Town) -> None:
    everybody = {"cases": busy.supervisor, "reports": busy.supervisor, "registry": busy.steward, "rules": busy.supervisor,
                 "categories": busy.supervisor, "figures": busy.leader, "users": busy.administrator,
                 "posts": busy.administrator, "departments": busy.supervisor, "looks": busy.supervisor,
                 "desk": busy.water_handler}
    for name, listing in LISTS.items():
        days = {"by": "department", "since": "2026-03-01", "until": "2026-03-10"}
        query = {"reports": SPAN, "duties": SPAN, "registry": {"register": "house"}, "figures": days,
                 "scorecards": {"of": "department", "period": "2026-02"}}.get(name, {})
        caller = everybody.get(name, busy.administrator)
        rows = exported(caller, name, query=query)
        assert rows[0] == [column.zh for column in listing.columns(listing.read(query))]
        assert listing.permission in PERMISSIONS
        assert name in {one["table"] for one in ok(caller.get(f"{EXPORTS}/lists"))["items"]}
    assert len(exported(busy.administrator, "users")) > len(exported(busy.administrator, "departments")) > 3
    assert "users" not in {one["table"] for one in ok(busy.operator.get(f"{EXPORTS}/lists"))["items"]}
    problem(busy.operator.post(EXPORTS, {"table": "users"}), 403)


def test_a_long_list_is_written_in_the_background_by_pieces_and_says_how_far_it_is(
        busy: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    monkeypatch.setattr(writing, "ROWS", 1)
    monkeypatch.setattr(writing, "PIECE_BYTES", 1)
    for form in ("csv", "xlsx"):
        made = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": form}), 202)
        assert (made["state"], made["done"]) == ("waiting", 0)
        problem(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file"), 409)
        busy.jobs()
        now = ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))
        assert (now["state"], now["done"], now["total"]) == ("done", 3, 3)
        rows = read(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file").data, form)
        assert len({row[0] for row in rows[1:]}) == len(rows) - 1 == 3
    assert [one["format"] for one in ok(busy.supervisor.get(EXPORTS))["items"]] == ["xlsx", "csv"]


def test_a_writer_that_dies_loses_one_piece_and_another_goes_on(busy: Town, time: SetClock,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    monkeypatch.setattr(writing, "ROWS", 1)
    monkeypatch.setattr(writing, "PIECE_BYTES", 1)
    made = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": "csv"}), 202)
    real, written = writing.blobs.put, []

    def dies(key: str, content: bytes) -> None:
        real(key, content)
        written.append(key)
        if len(written) == 2:
            raise KeyboardInterrupt  # as hard as a process of a test can die
    monkeypatch.setattr(writing.blobs, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        busy.jobs()
    jobs.write([made["id"]])
    assert ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))["state"] == "running"  # it may still be alive
    time.passes(minutes=3)
    jobs.announce_waiting_exports()
    busy.jobs()
    now = ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))
    assert (now["state"], now["done"]) == ("done", 3)
    rows = read(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file").data, "csv")
    assert len({row[0] for row in rows[1:]}) == len(rows) - 1 == 3


def test_a_writer_that_was_held_up_finds_that_another_went_on_and_spoils_nothing(
        busy: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    monkeypatch.setattr(writing, "ROWS", 1)
    monkeypatch.setattr(writing, "PIECE_BYTES", 1)
    made = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": "csv"}), 202)
    real, held_up = writing.blobs.put, []

    def slow(key: str, content: bytes) -> None:
        if not held_up:
            held_up.append(key)
            time.passes(minutes=1)
            jobs.announce_waiting_exports()
            assert writing.run(next(iter(open_ones()))) is State.DONE
        real(key, content)
    monkeypatch.setattr(writing.blobs, "put", slow)
    busy.jobs()
    assert ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))["done"] == 3
    rows = read(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file").data, "csv")
    assert len({row[0] for row in rows[1:]}) == len(rows) - 1 == 3


def test_a_run_without_time_left_keeps_what_it_has_and_asks_for_another(busy: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    monkeypatch.setattr(writing, "ROWS", 1)
    monkeypatch.setattr(writing, "PIECE_BYTES", 1)
    made = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": "csv"}), 202)
    export_id = next(iter(open_ones()))
    assert writing.run(export_id, seconds=0) is State.RUNNING
    busy.jobs()
    assert ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))["done"] == 3


def open_ones() -> list[Any]:
    with reading() as db:
        return list(db.scalars(select(Export.id).where(Export.ended_at.is_(None))))


def test_too_long_for_a_workbook_is_said_and_a_cancelled_one_stops(busy: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    monkeypatch.setitem(export.MOST_ROWS, Form.XLSX, 2)
    made = ok(busy.supervisor.post(EXPORTS, {"table": "cases"}), 202)
    gone = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": "csv"}), 202)
    assert ok(busy.supervisor.post(f"{EXPORTS}/{gone['id']}/cancel"))["fault"] == "cancelled"
    problem(busy.supervisor.post(f"{EXPORTS}/{gone['id']}/cancel"), 409)
    busy.jobs()
    now = ok(busy.supervisor.get(f"{EXPORTS}/{made['id']}"))
    assert (now["state"], now["fault"]) == ("failed", "too_long")
    assert ok(busy.supervisor.get(f"{EXPORTS}/{gone['id']}"))["state"] == "failed"


def test_nobody_else_knows_of_an_export_and_who_lost_the_permission_loses_the_file(busy: Town) -> None:
    made = ok(busy.administrator.post(EXPORTS, {"table": "users", "format": "csv"}), 201)
    for path in ("", "/file"):
        problem(busy.supervisor.get(f"{EXPORTS}/{made['id']}{path}"), 404)
    assert ok(busy.supervisor.get(EXPORTS))["items"] == []
    problem(busy.li.get(EXPORTS), 403)
    problem(busy.stranger.get(EXPORTS), 401)
    post = next(one for one in ok(busy.administrator.get("/api/v1/admin/posts"))["items"] if one["role"] == "administrator")
    ok(busy.administrator.post(f"/api/v1/admin/posts/{post['id']}/holder", {"holder_id": str(busy.cast.leader.id)}))
    problem(busy.administrator.get(f"{EXPORTS}/{made['id']}/file"), 403)


def test_one_person_has_no_more_than_five_open(busy: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.SMALL", 1)
    for _ in range(export.MOST_OPEN):
        ok(busy.supervisor.post(EXPORTS, {"table": "cases"}), 202)
    problem(busy.supervisor.post(EXPORTS, {"table": "cases"}), 429)


def test_a_file_goes_when_its_time_is_over(busy: Town, time: SetClock) -> None:
    made = ok(busy.supervisor.post(EXPORTS, {"table": "cases", "format": "csv"}), 201)
    time.passes(days=8)
    problem(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file"), 410)
    with transaction() as db:
        assert export.forget_old(db, 10) == 1
    problem(busy.supervisor.get(f"{EXPORTS}/{made['id']}/file"), 404)
