"""Tables from Excel: what is read, what is refused where, and that nothing written can be run by a spreadsheet."""
import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import Fault, Invalid, TooLarge
from casework.taxonomy import tables
from casework.taxonomy.tables import Column, Record, Table

THINGS = Table("things", "东西", (
    Column("code", "编码", tables.whole(1, 999)),
    Column("name", "名称", longest=20),
    Column("words", "词", tables.listed, ";".join, required=False, empty=list),
))
HEADINGS = "编码,名称,词\n"


def read_csv(text: str | bytes) -> tuple[list[Record], list[Fault]]:
    content = text.encode() if isinstance(text, str) else text
    faults: list[Fault] = []
    return tables.read(THINGS, tables.csv_lines(content), faults), faults


def book(rows: list[list[object]], title: str = "东西") -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def test_headings_are_read_in_chinese_or_in_code_and_in_any_order() -> None:
    records, faults = read_csv("name,编码\n 灯 ,7\n")
    assert faults == []
    assert records == [{"row": 2, "code": 7, "name": "灯", "words": []}]


def test_chinese_excel_writes_gb18030_and_is_understood() -> None:
    records, _ = read_csv((HEADINGS + "1,路灯,甲；乙;甲\n").encode("gb18030"))
    assert records == [{"row": 2, "code": 1, "name": "路灯", "words": ["甲", "乙"]}]


def test_each_cell_that_cannot_be_read_is_named_by_row_and_column() -> None:
    _, faults = read_csv(HEADINGS + "x,灯\n\n5,,\n6,灯,,多\n7," + "长" * 21 + "\n8,a\0b\n")
    assert [fault.field for fault in faults] == ["things.2.code", "things.4.name", "things.5", "things.6.name",
                                                 "things.7.name"]
    assert faults[0].reason == "编码 must be a whole number from 1 to 999"


@pytest.mark.parametrize(("headings", "field"), [
    ("编码\n", "things.1.name"), ("编码,名称,编码\n", "things.1.code"), ("编码,名称,色\n", "things.1"), ("", "things.1.code"),
])
def test_headings_that_do_not_fit_stop_the_reading(headings: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(headings)
    assert refused.value.faults[0].field == field


@pytest.mark.parametrize("content", [b"\xff\xff\xff", b'\xef\xbb\xbf"open', b'1,"2"3\n'])
def test_what_is_no_csv_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(content)
    assert [fault.field for fault in refused.value.faults] == ["file"]


def test_faults_stop_at_a_hundred() -> None:
    _, faults = read_csv(HEADINGS + "x,灯\n" * 5000)
    assert len(faults) == tables.MAX_FAULTS


def test_too_many_rows_and_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge):
        read_csv(HEADINGS + "1,灯\n" * tables.MAX_ROWS)
    with pytest.raises(TooLarge):
        read_csv(b"a" * (tables.MAX_BYTES + 1))


def test_a_workbook_reads_numbers_as_people_typed_them() -> None:
    faults: list[Fault] = []
    records = tables.read(THINGS, tables.xlsx_lines(book([["编码", "名称"], [10.0, 12], [None, None], [11, "灯"]]),
                                                    THINGS), faults)
    assert faults == []
    assert [(one["row"], one["code"], one["name"]) for one in records] == [(2, 10, "12"), (4, 11, "灯")]


def test_a_formula_in_a_workbook_is_refused_by_its_cell() -> None:
    with pytest.raises(Invalid) as refused:
        list(tables.xlsx_lines(book([["编码", "名称"], [1, "=1+1"]]), THINGS))
    assert "B2" in refused.value.faults[0].reason


def test_a_workbook_without_the_sheet_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        list(tables.xlsx_lines(book([["编码"]], title="别的"), THINGS))
    assert refused.value.faults[0].field == "things"


def rezip(content: bytes, **changed: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name.rsplit("/", 1)[-1].split(".")[0], old.read(name)))
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rezip(book([["编码"]]), sheet1=b"<a>" + b" " * tables.MAX_UNPACKED_BYTES)
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge):
        list(tables.xlsx_lines(bomb, THINGS))
    with pytest.raises(TooLarge):
        list(tables.xlsx_lines(rezip(book([["编码"]]), styles=b"<a/>" * 300_000), THINGS))


LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
          + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 20) for i in range(9))
          + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
            b'<c t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>')


@pytest.mark.parametrize("content", [
    b"", b"PK\x03\x04", b"not a zip", rezip(book([["编码"]]), workbook=b"<broken"),
    rezip(book([["编码"]]), sheet1=b"<broken"), rezip(book([["编码"]]), sheet1=LAUGHS), book([["编码"]])[:-300],
])
def test_broken_and_lying_workbooks_are_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        list(tables.xlsx_lines(content, THINGS))
    assert [fault.field for fault in refused.value.faults] == ["file"]


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "'quoted'", "''=", "a=1", "，甲;乙"]


def test_nothing_written_begins_like_a_formula() -> None:
    records = [{"code": 1, "name": name, "words": []} for name in HOSTILE]
    rows = list(csv.reader(io.StringIO(tables.to_csv(THINGS, records).decode("utf-8-sig"))))
    assert not [row[1] for row in rows if row[1][:1] in tuple("=+-@")]
    sheet = openpyxl.load_workbook(io.BytesIO(tables.to_xlsx([(THINGS, records)])))["东西"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert not [cell.value for row in sheet.iter_rows() for cell in row if str(cell.value)[0] in "=+-@"]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20) | st.sampled_from(
    HOSTILE)


@given(st.lists(st.tuples(st.integers(1, 999), texts), min_size=1, max_size=5))
def test_what_is_written_reads_back_the_same(things: list[tuple[int, str]]) -> None:
    records = [{"code": code, "name": name, "words": []} for code, name in things]
    faults: list[Fault] = []
    from_csv = tables.read(THINGS, tables.csv_lines(tables.to_csv(THINGS, records)), faults)
    from_xlsx = tables.read(THINGS, tables.xlsx_lines(tables.to_xlsx([(THINGS, records)]), THINGS), faults)
    assert faults == []
    expected = [record | {"row": row} for row, record in enumerate(records, start=2)]
    assert from_csv == expected
    assert from_xlsx == expected
