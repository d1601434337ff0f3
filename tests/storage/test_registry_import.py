"""Departments' tables come in as they are found: headings in words, labels or codes, dates of all kinds, GBK; and once."""
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from casework.cli.registers import import_register
from casework.errors import Invalid, Refused
from casework.geography.coordinates import System, wgs84_to_gcj02
from casework.identity.people import Actor
from casework.registry import conflicts
from casework.registry.contests import Contest
from casework.registry.fields import Register
from casework.registry.importing import Plan, Report, import_file
from casework.registry.records import Entry, Source, Statement
from casework.registry.statements import receive
from casework.storage.database import reading, transaction
from casework.taxonomy import tables
from tests.factories import GRIDS, at_grid, small_city
from tests.storage.city import City
from tests.storage.test_registry_statements import again, count, stated, whole_is_compiled_anew

Cells = list[list[Any]]
CARD, OTHER_CARD = "11010519491231002X", "440524188001010014"
PEOPLE: Cells = [
    ["姓名", "身份证号", "手机号码", "性别", "出生日期", "关爱类别", "网格编码", "备用"],
    ["张三", CARD, "138 0013 8000", "男", "1949年12月31日", "独居老人、慢性病", GRIDS[0], "x"],
    ["李四", "", "13900139000", "female", "1990/1/2", "", GRIDS[1], ""],
]


def csv_of(cells: Cells, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(str(cell) for cell in row) for row in cells).encode(encoding)


def xlsx_of(cells: Cells, title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in cells:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def brings(actor: Actor, content: bytes, name: str = "a.csv", **facts: Any) -> Report:
    with transaction() as db:
        return import_file(db, actor, content, name, Plan(**{"register": Register.PERSON} | facts))


def everyone() -> dict[str, Entry]:
    with reading() as db:
        return {one.whole.get("name", one.label): one for one in db.scalars(select(Entry))}


def told(report: Report) -> dict[str, int]:
    names = ("new", "changed", "unchanged", "conflicts", "skipped")
    return {name: number for name in names if (number := getattr(report, name))}


@pytest.mark.parametrize(("content", "name"), [
    (csv_of(PEOPLE), "a.csv"), (csv_of(PEOPLE, "gbk"), "人口.CSV"), (xlsx_of(PEOPLE), "a.xlsx"),
    (xlsx_of(PEOPLE, "人口"), "A.XLSX")])
def test_a_table_is_read_as_departments_write_it(city: City, content: bytes, name: str) -> None:
    report = brings(city.cast.steward, content, name)
    assert (report.rows, told(report), report.bad) == (2, {"new": 2}, [])
    assert report.columns["身份证号"] == "id_number"
    assert report.columns["备用"] is None
    zhang = everyone()["张三"]
    assert zhang.whole == {"name": "张三", "id_number": CARD, "phone": "13800138000", "sex": "male",
                           "birth_date": "1949-12-31", "care": ["elderly_alone", "chronic_illness"]}
    assert (zhang.area_code, zhang.label) == (GRIDS[0], "张*")
    assert everyone()["李四"].whole["birth_date"] == "1990-01-02"
    with reading() as db:
        one = db.scalars(select(Statement).where(Statement.subject_id == zhang.id)).one()
    assert (one.source, one.origin, one.by_id) == (Source.GENERATED, "import", city.cast.steward.id)


def test_the_same_file_again_changes_nothing(city: City) -> None:
    brings(city.cast.steward, csv_of(PEOPLE))
    for content, name, facts in ((csv_of(PEOPLE), "a.csv", {}), (xlsx_of(PEOPLE), "b.xlsx", {"trust": True}),
                                 (csv_of(PEOPLE), "a.csv", {"dry_run": True})):
        assert told(brings(city.cast.steward, content, name, **facts)) == {"unchanged": 2}
    assert (count(Entry), count(Statement)) == (2, 2)


def test_a_dry_run_says_what_would_become_of_it_and_keeps_nothing(city: City) -> None:
    brings(city.cast.steward, csv_of(PEOPLE[:2]))
    other = [PEOPLE[0], ["张三", CARD, "13700137000", "", "", "", GRIDS[0], ""], *PEOPLE[2:]]
    tried = brings(city.cast.steward, csv_of(other), dry_run=True)
    assert (count(Entry), count(Statement)) == (1, 1)
    assert told(tried) == {"new": 1, "conflicts": 1} == told(brings(city.cast.steward, csv_of(other)))


def test_where_a_row_differs_from_what_is_known_it_is_a_conflict_once(city: City) -> None:
    brings(city.cast.steward, csv_of(PEOPLE))
    other = [["姓名", "证件号码", "联系电话", "职业"], ["张三丰", CARD, "13700137000", "道士"]]
    for expected in ({"conflicts": 1}, {"unchanged": 1}):
        assert told(brings(city.cast.steward, csv_of(other))) == expected
    zhang = everyone()["张三"]
    assert (zhang.contested, zhang.values["occupation"]) == (["name", "phone"], "道士")
    assert count(Contest) == 1
    with transaction() as db:
        conflicts.decide(db, city.cast.steward, db.scalars(select(Contest.id)).one(), "current")
    assert told(brings(city.cast.steward, csv_of(other))) == {"unchanged": 1}, "it was decided"
    assert whole_is_compiled_anew(zhang.id) == {}


def test_a_trusted_file_is_right_where_it_differs(city: City) -> None:
    brings(city.cast.steward, csv_of(PEOPLE))
    other = [["姓名", "证件号码", "联系电话"], ["张三丰", CARD, ""]]
    for expected in ({"changed": 1}, {"unchanged": 1}):
        assert told(brings(city.cast.steward, csv_of(other), trust=True)) == expected
    assert everyone()["张三丰"].whole["phone"] == "13800138000", "an empty cell says nothing"
    assert count(Contest) == 0


def test_who_was_stated_by_a_worker_is_known_again_by_number(city: City) -> None:
    mine = stated(register=Register.PERSON, values={"name": "张三", "id_number": CARD, "phone": "13600136000"})
    with transaction() as db:
        receive(db, city.cast.li, [mine])
    assert told(brings(city.cast.steward, csv_of(PEOPLE))) == {"new": 1, "conflicts": 1}
    zhang = everyone()["张三"]
    assert (zhang.id, zhang.contested, zhang.whole["phone"]) == (mine.subject_id, ["phone"], "13600136000")
    assert (zhang.lon, zhang.whole["sex"]) == (at_grid(0).lon, "male"), "where somebody stood is known better than by grid"
    with transaction() as db:
        receive(db, city.cast.li, [again(mine, register=Register.PERSON, base=zhang.head, values={"sex": "female"})])
    assert whole_is_compiled_anew(zhang.id).keys() == {"phone"}


BAD: Cells = [
    PEOPLE[0],
    ["", CARD, "", "", "", "", GRIDS[0], ""], ["张三", CARD[:-1] + "1", "", "", "", "", GRIDS[0], ""],
    ["张三", "", "没有", "中", "1990-02-30", "独居老人、无", GRIDS[0], ""], ["张三", "", "", "", "", "", "999", ""],
    ["王五", "", "", "", "", "", "", ""], ["张三", "4.40524E+17", "", "", "", "", GRIDS[0], ""],
    ["好", OTHER_CARD, "", "", "", "", GRIDS[0], ""], ["好", OTHER_CARD, "", "", "", "", GRIDS[0], ""], [""] * 8]


def test_what_is_wrong_is_told_by_row_and_column(city: City) -> None:
    expected = [(2, "姓名"), (3, "身份证号"), (4, "关爱类别"), (4, "出生日期"), (4, "性别"), (4, "手机号码"),
                (5, "网格编码"), (6, "网格编码"), (7, "身份证号"), (9, "")]
    tried = brings(city.cast.steward, csv_of(BAD), dry_run=True)
    assert sorted((one.row, one.column) for one in tried.bad) == sorted(expected)
    assert (tried.rows, told(tried)) == (8, {"new": 1, "skipped": 7})
    with pytest.raises(Invalid) as caught:
        brings(city.cast.steward, csv_of(BAD))
    assert sorted(one.field for one in caught.value.faults) == sorted(f"{row}.{column}" for row, column in expected)
    assert all(CARD[:-1] not in one.reason and "没有" not in one.reason for one in caught.value.faults)
    assert count(Statement) == 0
    assert told(brings(city.cast.steward, csv_of(BAD), skip_bad=True)) == {"new": 1, "skipped": 7}


def test_columns_are_mapped_and_what_does_not_fit_is_told(city: City) -> None:
    cells = [["坐落", "备注", "长", "宽"], ["南塘路1号", "x", *vars_of(wgs84_to_gcj02(at_grid(2)))]]
    mapping = {"坐落": "address", "备注": "-", "长": "lon", "宽": "lat"}
    report = brings(city.cast.steward, csv_of(cells), register=Register.HOUSE, mapping=mapping, system=System.GCJ02)
    assert told(report) == {"new": 1}
    (house,) = everyone().values()
    assert (house.area_code, house.whole) == (GRIDS[2], {"address": "南塘路1号"})
    assert abs((house.lon or 0) - at_grid(2).lon) < 1e-6
    for wrong, column in (({"坐落": "colour"}, "坐落"), ({"甲": "address"}, "甲"), ({"备注": "note", "坐落": "note"}, "备注"),
                          ({"坐落": "-"}, "地址"), ({"长": "lon"}, "纬度")):
        with pytest.raises(Invalid) as caught:
            brings(city.cast.steward, csv_of(cells), register=Register.HOUSE, mapping={"坐落": "address"} | wrong)
        assert f"1.{column}" in {one.field for one in caught.value.faults}, wrong


def vars_of(point: Any) -> list[float]:
    return [point.lon, point.lat]


def test_dates_and_numbers_of_spreadsheets_are_understood(city: City) -> None:
    cells = [["标识码", "名称", "安装日期", "网格"], ["4403050101000001", "路灯", date(2020, 5, 6), GRIDS[0]],
             ["4403050101000002", "路灯", 43957, GRIDS[0]]]
    brings(city.cast.steward, xlsx_of(cells), "a.xlsx", register=Register.COMPONENT)
    with reading() as db:
        assert [one.values["installed_on"] for one in db.scalars(select(Entry))] == ["2020-05-06", "2020-05-06"]


def test_numbers_with_a_point_behind_them_are_those_numbers(city: City) -> None:
    cells = [[*PEOPLE[0][:3], "网格"], ["张三", f"{OTHER_CARD}.0", "13800138000.0", GRIDS[0]]]
    assert told(brings(city.cast.steward, csv_of(cells))) == {"new": 1}
    zhang = everyone()["张三"]
    assert (zhang.whole["phone"], zhang.whole["id_number"]) == ("13800138000", OTHER_CARD)
    things = [["标识码", "名称", "网格"], ["4403050101000001.0", "路灯", GRIDS[0]]]
    shops = [["名称", "信用代码", "从业人数", "网格"], ["店", "913501001234567031.0", "3.0", GRIDS[0]]]
    brings(city.cast.steward, csv_of(things), register=Register.COMPONENT)
    brings(city.cast.steward, csv_of(shops), register=Register.ENTITY)
    with reading() as db:
        kept = {one.register: one.values for one in db.scalars(select(Entry))}
    assert kept[Register.COMPONENT]["code"] == "4403050101000001"
    assert (kept[Register.ENTITY]["credit_code"], kept[Register.ENTITY]["employees"]) == ("913501001234567031", 3)


def test_an_area_holds_for_rows_that_say_nothing_of_where(city: City) -> None:
    cells = [["名称", "经度", "纬度"], ["一店", "", ""], ["二店", *vars_of(at_grid(3))]]
    brings(city.cast.steward, csv_of(cells), register=Register.ENTITY, area_code=GRIDS[1])
    assert {one.label: one.area_code for one in everyone().values()} == {"一店": GRIDS[1], "二店": GRIDS[3]}


def test_only_data_stewards_import_and_only_what_is_a_table(city: City) -> None:
    for actor in (city.cast.li, city.cast.administrator):
        with pytest.raises(Refused):
            brings(actor, csv_of(PEOPLE))
    for content, name in ((b"", "a.csv"), (b"\xff\xfe\x00", "a.csv"), (b"PK", "a.xlsx"), (csv_of(PEOPLE), "a.xlsx"),
                          (xlsx_of([["姓名"], ["=1+1"]]), "a.xlsx")):
        with pytest.raises(Invalid):
            brings(city.cast.steward, content, name)
    assert count(Statement) == 0


def test_ten_thousand_rows_are_more_than_one_batch(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.registry.importing.BATCH", 3)
    cells = [["地址", "网格"], *([f"{number}号", GRIDS[0]] for number in range(10))]
    assert told(brings(city.cast.steward, csv_of(cells), register=Register.HOUSE)) == {"new": 10}
    more = csv_of([*cells, ["新", GRIDS[0]]])
    assert told(brings(city.cast.steward, more, register=Register.HOUSE)) == {"new": 1, "unchanged": 10}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Entry)) == 11
    assert tables.MAX_ROWS >= 10_000


def test_the_command_line_brings_a_table_and_says_what_became_of_it(sqlite: str, tmp_path: Path) -> None:
    with transaction() as db:
        small_city(db)
    file = tmp_path / "人口.csv"
    file.write_bytes(csv_of(PEOPLE, "gbk"))
    for options, said in ((["--dry-run"], "2 new"), ([], "2 new"), ([], "2 unchanged"),
                          (["--map", "备用=note", "--trust"], "1 changed")):
        answer = CliRunner().invoke(import_register, ["person", str(file), *options])
        assert answer.exit_code == 0, answer.output
        assert said in answer.output
        assert "身份证号: id_number" in answer.output
    assert CliRunner().invoke(import_register, ["person", str(file), "--map", "备用"]).exit_code == 2
    assert everyone()["张三"].whole["note"] == "x"
