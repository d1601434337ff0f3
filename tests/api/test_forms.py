"""A form is data: who looks after the data publishes it, everybody in the field gets it, and what cannot work is refused."""
import zipfile
from io import BytesIO

import openpyxl
import pytest
from werkzeug.test import TestResponse

from casework.fieldwork.forms import library, xlsform
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Town, ok, problem

FORMS = "/api/v1/forms"
HOUSE = (library.DEFAULT / "house.md").read_text(encoding="utf-8")


def published(caller: Caller, text: str | bytes, name: str = "house.md") -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    return caller.post(FORMS, files={"form": (BytesIO(content), name)})


def renamed(version: str, text: str = HOUSE) -> str:
    return text.replace("| house | 1 |", f"| house | {version} |")


def workbook(text: str) -> bytes:
    """A form in Markdown as Excel would have it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| |"):
            sheet.append([cell or None for cell in cells[1:]])
        elif line.startswith("|"):
            sheet = book.create_sheet(cells[0])
    del book[book.sheetnames[0]]
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def test_what_a_steward_publishes_every_grid_worker_gets(town: Town) -> None:
    made = ok(published(town.steward, HOUSE), 201)
    assert (made["form_id"], made["version"], made["register"], made["title"]) == ("house", "1", "house", "房屋信息采集")
    assert [one["form_id"] for one in ok(town.li.get(FORMS))["items"]] == ["house"]
    served = ok(town.li.get(f"{FORMS}/house"))
    assert served == made
    asked = {one["name"]: one for one in served["questions"]}
    assert asked["address"]["label"] == {"zh": "地址", "en": "Address"}
    assert (asked["address"]["required"], asked["address"]["field"], asked["address"]["group"]) == (True, "address", "where")
    assert asked["usage"]["type"] == "select_one"
    assert asked["usage"]["choices"][1] == {"name": "rented", "label": {"zh": "出租", "en": "Rented out"}}
    assert asked["occupants"]["relevant"] == ["!=", ["$", "usage"], "vacant"]
    assert asked["floor_area"]["constraint"] == ["and", [">", ["."], 0], ["<=", ["."], 1000000]]
    assert asked["floor_area"]["constraint_message"]["zh"] == "面积应大于0"
    assert (asked["place"]["type"], asked["where"]["type"], asked["where"]["field"]) == ("geopoint", "group", None)


def test_a_new_version_replaces_the_one_in_use_and_the_former_is_kept(town: Town) -> None:
    ok(published(town.steward, HOUSE), 201)
    with reading() as db:
        before = library.digest(db)
    ok(published(town.administrator, renamed("2", HOUSE.replace("建筑面积", "面积"))), 201)
    assert [one["version"] for one in ok(town.li.get(FORMS))["items"]] == ["2"]
    assert ok(town.li.get(f"{FORMS}/house", version="1"))["version"] == "1"
    assert town.steward.get(f"{FORMS}/house/source").data.decode() == renamed("2", HOUSE.replace("建筑面积", "面积"))
    assert town.steward.get(f"{FORMS}/house/source", version="1").data.decode() == HOUSE
    problem(town.li.get(f"{FORMS}/house", version="3"), 404)
    with reading() as db:
        assert library.digest(db) != before


def test_the_same_file_again_changes_nothing_and_other_content_needs_a_new_version(town: Town) -> None:
    first = ok(published(town.steward, HOUSE), 201)
    ok(published(town.steward, renamed("2")), 201)
    assert ok(published(town.steward, HOUSE), 201) == first  # and is in use again: the way back from a bad version
    assert ok(town.li.get(f"{FORMS}/house"))["version"] == "1"
    problem(published(town.steward, HOUSE.replace("建筑面积", "面积")), 409)


def test_a_workbook_is_a_form_too(town: Town) -> None:
    as_text = ok(published(town.steward, HOUSE), 201)
    book = workbook(renamed("2"))
    as_book = ok(published(town.steward, book, "房屋.XLSX"), 201)
    assert as_book["questions"] == as_text["questions"]
    assert town.steward.get(f"{FORMS}/house/source").data == book


def test_withdrawn_it_is_served_no_more(town: Town) -> None:
    ok(published(town.steward, HOUSE), 201)
    assert town.steward.post(f"{FORMS}/house/withdraw").status_code == 204
    assert ok(town.li.get(FORMS))["items"] == []
    problem(town.li.get(f"{FORMS}/house"), 404)
    problem(town.steward.post(f"{FORMS}/house/withdraw"), 404)
    ok(published(town.steward, HOUSE), 201)
    assert len(ok(town.li.get(FORMS))["items"]) == 1


def test_who_may(town: Town) -> None:
    for caller in (town.li, town.water_handler, town.dispatcher):
        problem(published(caller, HOUSE), 403)
        problem(caller.post(f"{FORMS}/house/withdraw"), 403)
    problem(town.stranger.get(FORMS), 401)
    problem(published(town.stranger, HOUSE), 401)


def changed(old: str, new: str) -> str:
    assert old in HOUSE
    return HOUSE.replace(old, new)


WRONG = {
    "no version": (changed("| house | 1 |", "| house |  |"), "settings.version"),
    "an id that is none": (changed("| house | 1 |", "| 房屋 | 1 |"), "settings.form_id"),
    "an unknown register": (changed("中文 (zh) | house |", "中文 (zh) | ship |"), "settings.register"),
    "a list without choices": (changed("select_one gas", "select_one gass"), "survey.23"),
    "an unknown type": (changed("| integer | rooms", "| int3ger | rooms"), "form"),
    "an unknown name in an expression": (changed("${hazards} != ''", "${hazard} != ''"), "survey.25"),
    "a choice twice": (changed("| gas | bottle |", "| gas | pipe |"), "choices.14"),
    "a field that the register has not": (changed("| integer | rooms |", "| integer | floors |"), "survey.floors"),
    "a choice that the register does not know": (changed("| gas | bottle |", "| gas | tank |"), "choices.gas.tank"),
    "a field asked in another way": (changed("| integer | rooms |", "| text | rooms |"), "survey.rooms"),
    "what the register cannot do without": (changed("| text | address |", "| text | building |").replace(
        "| text | building | 楼栋", "| text | unit | 楼栋").replace("| text | unit | 单元", "| text | note | 单元").replace(
        "| text | note | 备注", "| text | room | 备注").replace("| text | room | 房号", "| note | n | 房号"), "survey.address"),
    "a file beside the form": (changed("| text | room |", "| select_one_from_file rooms.csv | room |"), "survey"),
    "an expression that ends too early": (changed(". > 0 and . <= 1000000", ". > 0 and ("), "form"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_work_is_refused_with_its_place(town: Town, what: str) -> None:
    text, place = WRONG[what]
    document = problem(published(town.steward, text), 422)
    assert place in document["fields"], document
    assert ok(town.li.get(FORMS))["items"] == []


NO_FORMS: dict[str, tuple[bytes, str, int]] = {
    "nothing": (b"", "house.md", 422), "words": ("不是表单".encode(), "house.md", 422),
    "no workbook": (b"PK\3\4", "house.xlsx", 422),
    "another kind": (HOUSE.encode(), "house.docx", 422), "no text": (b"\xff\xfe\x00", "house.md", 422),
    "too much": (b"|" * 2_000_001, "house.md", 413)}


def test_what_is_no_form_is_refused(town: Town) -> None:
    for what, (content, name, status) in NO_FORMS.items():
        answer = published(town.steward, content, name)
        assert answer.status_code == status, (what, answer.text)


def test_what_only_odk_does_is_remarked(town: Town) -> None:
    odd = renamed("2", changed("${usage} != 'vacant'", "position(..) > 0 or ${usage} != 'vacant'"))
    made = ok(published(town.steward, odd), 201)
    (remark,) = made["remarks"]
    assert remark.startswith("occupants: our page shows this always")
    assert next(one for one in made["questions"] if one["name"] == "occupants")["relevant"] is None


def test_the_forms_that_come_along_are_put_in_use_once_and_never_over_the_citys_own(town: Town) -> None:
    own = ok(published(town.steward, renamed("2026-03")), 201)
    with transaction() as db:
        assert library.load_default(db) == ["address", "component", "entity", "person", "report"]
        assert library.load_default(db) == []
    assert ok(town.li.get(f"{FORMS}/house")) == own
    served = [one["form_id"] for one in ok(town.li.get(FORMS))["items"]]
    assert served == ["address", "component", "entity", "house", "person", "report"]


def test_there_is_a_form_for_each_thing_collected() -> None:
    shipped = sorted(path.stem for path in library.DEFAULT.glob("*.md"))
    assert shipped == ["address", "component", "entity", "house", "person", "report"]


def broken(part: str, content: bytes) -> bytes:
    """A workbook one part of which is not what it says."""
    good, made = zipfile.ZipFile(BytesIO(workbook(HOUSE))), BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for one in good.namelist():
            file.writestr(one, content if one == part else good.read(one))
    return made.getvalue()


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/styles.xml"])
@pytest.mark.parametrize("content", [b"<<<", b"", b"<a/>"])
def test_a_workbook_that_is_broken_inside_is_told_from_a_fault_of_ours(town: Town, part: str, content: bytes) -> None:
    assert published(town.steward, broken(part, content), "house.xlsx").status_code in {201, 422}


def test_a_workbook_that_was_damaged_on_the_way_is_refused(town: Town) -> None:
    whole = workbook(HOUSE)
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    for place in range(at, at + 600, 60):
        damaged = whole[:place] + bytes([whole[place] ^ 0xff]) + whole[place + 1:]
        assert published(town.steward, damaged, "house.xlsx").status_code in {201, 422}


@pytest.mark.parametrize("odd", ["\0", "\x01", "\x1f", "\ufffe"])
def test_what_no_xml_can_hold_is_not_published(town: Town, odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsform.shutil, "which", lambda _: None)  # a server without Java
    assert set(problem(published(town.steward, renamed("2", changed("| 单元 |", f"| 单{odd}元 |"))), 422)["fields"]) == {"form"}
