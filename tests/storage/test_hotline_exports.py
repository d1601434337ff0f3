"""The hotline's exports come in as they are found: any headings, times of all kinds, GBK; once, and each bad row told."""
import base64
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from casework import clock
from casework.cases.comments import Comment
from casework.cases.report import Channel, Report
from casework.cli.tickets import import_tickets
from casework.errors import Invalid, NotFound, Refused
from casework.geography.coordinates import System, wgs84_to_gcj02
from casework.identity.people import Actor
from casework.identity.privacy import blind_index
from casework.intake.hotline import cells, importing, mappings, sheets, updates
from casework.intake.hotline.importing import Imported
from casework.intake.hotline.mappings import Wanted
from casework.intake.hotline.updates import TicketUpdate
from casework.storage.database import reading, transaction
from casework.triage import automatic
from tests.conftest import SetClock
from tests.factories import at_grid, small_city
from tests.storage.city import City
from tests.storage.test_registry_import import Cells, csv_of, xlsx_of

HEADINGS = ["工单编号", "标题", "诉求内容", "来电时间", "诉求类别", "事发地址", "来电人", "来电号码", "紧急程度", "是否保密",
            "处理状态"]
GOOD: Cells = [
    HEADINGS,
    ["T1", "停水", "小区停水，何时恢复", "2026年3月2日 8:05", "301", "南塘社区东门", "王小明", "138 0013 8000", "一般", "否",
     "办理中"],
    ["T2", "", "井盖没了", "2026/3/2 8:05:00", "", "", "匿名", "无", "紧急", "保密", ""],
]


def brings(actor: Actor, content: bytes, name: str = "三月.csv", *, dry_run: bool = False, **wanted: Any) -> Imported:
    with reading() as db:
        plan = mappings.plan(db, actor, Wanted(**wanted))
        sheet = sheets.read(db, content, name, plan)
    report = importing.report_of(sheet)
    for batch in importing.batches(sheet):
        with reading() if dry_run else transaction() as db:
            report.add((importing.tried if dry_run else importing.take)(db, actor, plan, batch))
    return report


def told(report: Imported) -> dict[str, int]:
    return {name: number for name in ("new", "updated", "unchanged", "skipped") if (number := getattr(report, name))}


def reports() -> dict[str, Report]:
    with reading() as db:
        return {one.key: one for one in db.scalars(select(Report))}


def remarks() -> list[str]:
    with reading() as db:
        return [one.text for one in db.scalars(select(Comment).order_by(Comment.at, Comment.id))]


def corrected(report: Imported) -> tuple[bytes, str]:
    assert report.error_file is not None
    return base64.b64decode(report.error_file["content"]), report.error_file["name"]


@pytest.mark.parametrize(("content", "name"), [
    (csv_of([[cell.replace(",", "，") for cell in row] for row in GOOD]), "a.csv"), (csv_of(GOOD, "gbk"), "三月.CSV"),
    (xlsx_of(GOOD), "a.xlsx"), (xlsx_of([["12345热线工单导出"], ["2026年3月"], [], *GOOD], "工单"), "A.XLSX")])
def test_a_table_is_read_as_the_hotline_writes_it(city: City, content: bytes, name: str) -> None:
    tried = brings(city.cast.operator, content, name, dry_run=True)
    assert (told(tried), tried.bad, reports()) == ({"new": 2}, [], {})
    report = brings(city.cast.operator, content, name)
    assert (report.rows, told(report), report.error_file) == (2, {"new": 2}, None)
    assert (report.columns["来电时间"], report.columns["处理状态"]) == ("called_at", None)
    one, two = reports()["T1"], reports()["T2"]
    assert one.happened_at == two.happened_at == datetime(2026, 3, 2, 8, 5, tzinfo=clock.CITY)
    assert (one.channel, one.source, one.title, one.text) == (Channel.HOTLINE, "operators", "停水", "小区停水，何时恢复")
    assert (one.claimed_category, one.address, one.urgent, one.confidential) == ("301", "南塘社区东门", False, False)
    assert one.reporter_phone_index == blind_index("phone", "13800138000")
    assert (two.title, two.urgent, two.confidential) == (None, True, True)
    assert (two.reporter_name, two.reporter_phone) == (None, None)
    for dry_run in (True, False):
        assert told(brings(city.cast.operator, content, name, dry_run=dry_run)) == {"unchanged": 2}


@pytest.mark.parametrize("text", [
    "2026年3月2日 8:05", "2026年03月02日08时05分", "2026年3月2日 星期一 8点5分", "2026/3/2 8:05:00", "2026-03-02 08:05",
    "2026.3.2 8:05",
    "２０２６年３月２日　８：０５", "2026-03-02T00:05:00Z", "2026-03-02T08:05:00+08:00", "20260302080500", "20260302 0805",
    "46083.33680555555", "2026年3月2日 上午8:05", "2026/3/2 8:05:00 AM", "2026-03-02 08:05:00.000004", " 2026-3-2 8:05 "])
def test_times_are_read_as_spreadsheets_have_them(time: SetClock, text: str) -> None:
    assert cells.moment(text) == datetime(2026, 3, 2, 8, 5, tzinfo=clock.CITY)


def test_halves_of_the_day_and_days_alone(time: SetClock) -> None:
    for text, hour in (("2026年3月1日 下午3:05", 15), ("2026/3/1 12:05 AM", 0), ("2026/3/1 12:05 PM", 12),
                       ("2026年3月1日晚上8点05分", 20), ("2026年3月1日 15:05", 15)):
        assert cells.moment(text) == datetime(2026, 3, 1, hour, 5, tzinfo=clock.CITY), text
    for text in ("2026年3月1日", "2026/03/01", "20260301", "46082", "2026-3-1 0:00"):
        assert cells.moment(text) == datetime(2026, 3, 1, tzinfo=clock.CITY), text


@pytest.mark.parametrize("text", [
    "2026年2月30日 8:05", "2026/13/1", "2026-03-02 25:00", "昨天", "02/03/2026", "8:05", "2027-03-02", "1999-12-31", "99999",
    "2026-03-02 08:05:99", "2026-03-02T08:05:00+99:00", "00000", "1e5", "٢٠٢٦-03-02", "\U0001f4a7"])
def test_what_is_no_time_is_refused(time: SetClock, text: str) -> None:
    with pytest.raises(ValueError, match=r"is |must "):
        cells.moment(text)


MESSY: Cells = [
    HEADINGS,
    ["", "停水", "无编号", "2026/3/2 8:05", "", "", "", "", "", "", ""],
    ["B2", "", "", "昨天", "没有这类", "", "", "打电话", "也许", "", ""],
    ["4.40524E+17", "", "编号被截", "", "", "", "", "1.38001E+10", "", "", ""],
    ["B4", "", "多出单元格", "", "", "", "", "", "", "", "", "余"],
    ["B5", "=1+1", "好的", "46083.3368", "没听过的类", "", "", "-", "", "", ""],
    ["", "", "", "", "", "", "", "", "", "", ""],
]


def test_each_bad_row_is_named_and_comes_back_to_be_corrected(city: City) -> None:
    report = brings(city.cast.operator, csv_of(MESSY))
    assert (report.rows, told(report)) == (5, {"skipped": 5})
    assert [(one["row"], one["column"]) for one in report.bad] == [
        (2, "工单编号"), (3, "来电时间"), (3, "诉求类别"), (3, "来电号码"), (3, "紧急程度"), (3, "诉求内容"), (4, "工单编号"),
        (4, "来电号码"), (5, ""), (6, "诉求类别")]
    assert not [one for one in report.bad if "昨天" in one["reason"] or "没有这类" in one["reason"]]
    content, name = corrected(report)
    assert name == "三月-错误.csv"
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join([*HEADINGS, "错误原因"])
    assert len(lines) == 6
    assert lines[5].startswith("B5,'=1+1,"), "what would be a formula is guarded"
    assert "诉求类别 不是类别" in lines[5]
    text = content.decode("utf-8-sig").replace("没听过的类", "大类/城乡建设").replace("\r\n,停水", "\r\nB1,停水")
    again = text.encode("utf-8-sig")
    report = brings(city.cast.operator, again, name)
    assert told(report) == {"new": 2, "skipped": 3}
    assert report.columns["错误原因"] is None
    assert (reports()["B5"].title, reports()["B5"].claimed_category) == ("=1+1", "301")
    assert brings(city.cast.operator, xlsx_of(MESSY[:5]), "a.xlsx").error_file["name"] == "a-错误.xlsx"  # type: ignore[index]


def test_a_file_whose_columns_do_not_fit_is_refused_whole(city: City) -> None:
    for cells_, column in ((["编号", "备注"], "诉求内容"), (["工单号", "编号", "内容"], "编号"),
                          (["编号", "内容", "经度"], "纬度")):
        with pytest.raises(Invalid) as caught:
            brings(city.cast.operator, csv_of([cells_, ["1"] * len(cells_)]))
        assert f"columns.{column}" in {one.field for one in caught.value.faults}
    for content, name in ((b"", "a.csv"), (b"\xff\xfe\x00", "a.csv"), (b"PK", "a.xlsx"), (csv_of(GOOD), "a.xlsx")):
        with pytest.raises(Invalid):
            brings(city.cast.operator, content, name)
    with pytest.raises(Refused):
        brings(city.cast.li, csv_of(GOOD))
    assert reports() == {}


def test_a_saved_mapping_says_what_columns_and_words_mean(city: City) -> None:
    place = wgs84_to_gcj02(at_grid(2))
    rows = [["流水", "说的", "类", "何处", "缓急"], ["M1", "灯不亮", "供水问题", f"{place.lon},{place.lat}", "二级"]]
    with transaction() as db:
        columns = {"流水": "number", "说的": "detail", "类": "category", "何处": "place", "缓急": "urgent"}
        mappings.save(db, "市平台", Wanted(columns=columns, words={"category": {"供水问题": "301"}, "urgent": {"二级": "是"}},
                                         system=System.GCJ02))
    content = csv_of([[str(cell).replace(",", "，") for cell in row] for row in rows])
    report = brings(city.cast.operator, content, mapping="市平台")
    assert told(report) == {"new": 1}
    one = reports()["M1"]
    assert (one.claimed_category, one.urgent) == ("301", True)
    assert abs((one.lon or 0) - at_grid(2).lon) < 1e-6
    with pytest.raises(NotFound):
        brings(city.cast.operator, csv_of(rows), mapping="没有")
    for wrong in ({"columns": {"流水": "nummer"}}, {"words": {"nummer": {"a": "b"}}}):
        with pytest.raises(Invalid), transaction() as db:
            mappings.save(db, "市平台", Wanted(**wrong))


def changed(**facts: str) -> bytes:
    row = dict(zip(HEADINGS, GOOD[1], strict=True)) | facts
    return csv_of([HEADINGS, [row[name] for name in HEADINGS]])


def test_a_known_ticket_that_says_something_new_is_updated_and_never_doubled(city: City) -> None:
    brings(city.cast.operator, csv_of(GOOD))
    before = reports()["T1"]
    automatic.triage([before.id])
    news = changed(诉求内容="水管爆了，路面塌陷", 来电号码="13900139000", 是否保密="是", 事发地址="")
    assert told(brings(city.cast.operator, news, dry_run=True)) == {"updated": 1}
    assert told(brings(city.cast.operator, news)) == {"updated": 1}
    after = reports()["T1"]
    assert (after.text, after.address, after.digest) == (before.text, before.address, before.digest), "a report is never edited"
    assert after.reporter_phone is not None
    assert after.reporter_phone.open() == "13900139000"
    assert after.reporter_phone_index == blind_index("phone", "13900139000")
    assert after.confidential
    (remark,) = remarks()
    assert "内容：水管爆了，路面塌陷；来电人电话已更正；来电人要求保密" in remark
    assert "13900139000" not in remark
    for content in (news, csv_of(GOOD)):
        assert "updated" not in told(brings(city.cast.operator, content)), "said before"
    assert len(remarks()) == 1
    assert len(reports()) == 2


def test_what_comes_before_there_is_a_case_is_told_to_it_later(city: City) -> None:
    brings(city.cast.operator, csv_of(GOOD))
    assert told(brings(city.cast.operator, changed(来电时间="2026年3月2日 7:00"))) == {"updated": 1}
    with transaction() as db:
        assert updates.tell_waiting(db, 10) == 0
    automatic.triage([reports()["T1"].id])
    for expected in (1, 0):
        with transaction() as db:
            assert updates.tell_waiting(db, 10) == expected
    assert ["来电时间：2026-03-02 07:00:00" in one for one in remarks()] == [True]


def test_a_number_twice_in_a_file_is_one_ticket(city: City) -> None:
    rows = [HEADINGS, GOOD[1], GOOD[1], [*GOOD[1][:2], "又来电催", *GOOD[1][3:]]]
    assert told(brings(city.cast.operator, csv_of(rows))) == {"new": 1, "unchanged": 1, "updated": 1}
    assert told(brings(city.cast.operator, csv_of(rows))) == {"unchanged": 3}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(TicketUpdate)) == 1


def test_the_command_line_writes_the_bad_rows_beside_the_file(sqlite: str, time: SetClock, tmp_path: Path) -> None:
    with transaction() as db:
        small_city(db)
    file = tmp_path / "三月.csv"
    file.write_bytes(csv_of([*GOOD, ["T3", *[""] * 10]], "gbk"))
    for options, said in ((["--dry-run"], "2 new"), ([], "2 new"), (["--map", "处理状态=-"], "2 unchanged")):
        answer = CliRunner().invoke(import_tickets, [str(file), *options])
        assert answer.exit_code == 0, answer.output
        assert said in answer.output
        assert "4.诉求内容: is empty" in answer.output
    assert (tmp_path / "三月-错误.csv").exists()
    assert CliRunner().invoke(import_tickets, [str(file), "--map", "备用"]).exit_code == 2


def test_a_long_file_is_more_than_one_batch(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    content = csv_of([["编号", "内容"], *([f"N{number % 8}", "停水"] for number in range(10)), ["", "停水"]])
    assert told(brings(city.cast.operator, content)) == {"new": 8, "unchanged": 2, "skipped": 1}
    assert told(brings(city.cast.operator, content)) == {"unchanged": 10, "skipped": 1}
