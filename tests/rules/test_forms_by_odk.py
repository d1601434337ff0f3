"""Every form that is served is read by ODK's own engine; and what that engine cannot read is not published."""
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from pyxform.validators import odk_validate

from casework.errors import Invalid
from casework.fieldwork.forms import library, xlsform
from casework.fieldwork.forms.xlsform import Form, Kind
from casework.registry.catalogue import REGISTERS
from casework.registry.fields import Register
from tests.conftest import absent

DEFAULT = sorted(library.DEFAULT.glob("*.md"))


def read(path: Path) -> Form:
    return xlsform.read(path.read_bytes(), Kind.MD, validate=False)


@pytest.fixture
def java() -> str:
    """ODK's engine runs in Java."""
    found = shutil.which("java")
    if found is None:
        absent("no Java, in which ODK's form engine runs")
    return str(found)


def engine_says(java: str, folder: Path, forms: dict[str, str]) -> subprocess.CompletedProcess[str]:
    for name, xform in forms.items():
        (folder / f"{name}.xml").write_text(xform, encoding="utf-8")
    command = [java, "-Djava.awt.headless=true", "-jar", odk_validate.ODK_VALIDATE_PATH, *map(str, folder.iterdir())]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_odk_reads_the_forms_that_come_along(java: str, tmp_path: Path) -> None:
    said = engine_says(java, tmp_path, {path.stem: read(path).xform for path in DEFAULT})
    assert said.returncode == 0, said.stderr
    assert (said.stdout + said.stderr).count("Xform is valid") == len(DEFAULT) == 6


OF_A_CITY: dict[str, list[list[object]]] = {
    "survey": [
        ["type", "name", "label::中文 (zh)", "label::English (en)", "required", "relevant", "constraint"],
        ["text", "address", "地址", "Address", "yes"], ["geopoint", "place", "位置", "Place", "yes"],
        ["select_multiple hazards", "hazards", "隐患", "Hazards", "", "", "not(selected(., 'none')) or . = 'none'"],
        ["date", "checked_on", "日期", "Date", "", "${hazards} != ''", ". <= today()"]],
    "choices": [
        ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
        ["hazards", "gas", "燃气", "Gas"], ["hazards", "none", "无", "None"]],
    "settings": [
        ["form_title", "form_id", "version", "default_language"], ["冬季安全普查", "house_winter", 2026, "中文 (zh)"]]}


def test_odk_reads_a_form_of_a_city_from_excel(java: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, rows in OF_A_CITY.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = BytesIO()
    del book["Sheet"]
    book.save(content)
    form = xlsform.read(content.getvalue(), Kind.XLSX)
    assert (form.form_id, form.version, form.register, form.remarks) == ("house_winter", "2026", "house", [])
    said = engine_says(java, tmp_path, {"winter": form.xform})
    assert said.returncode == 0, said.stderr


CIRCULAR = (library.DEFAULT / "house.md").read_text(encoding="utf-8").replace("${usage} != 'vacant'", "${rooms} > 0").replace(
    "| integer | rooms | 房间数 | Rooms |  |  |  |  |", "| integer | rooms | 房间数 | Rooms |  |  |  | ${occupants} > 0 |")


def test_what_odk_cannot_read_is_not_published(java: str) -> None:
    assert xlsform.read(CIRCULAR.encode(), Kind.MD, validate=False)  # pyxform sees nothing wrong with a circle
    with pytest.raises(Invalid) as refused:
        xlsform.read(CIRCULAR.encode(), Kind.MD)
    (fault,) = refused.value.faults
    assert fault.field == "form"
    assert "occupants" in fault.reason


@pytest.mark.parametrize("path", DEFAULT, ids=lambda path: path.stem)
def test_the_forms_that_come_along_say_everything_in_both_languages_and_our_page_can_all(path: Path) -> None:
    form = read(path)
    assert form.remarks == []
    for question in form.questions:
        for words in (question["label"], question["hint"], question["constraint_message"]):
            assert words is None or set(words) == {"zh", "en"}, question["name"]
        assert (question["constraint"] is None) == (question["constraint_message"] is None), question["name"]
        assert all(set(choice["label"]) == {"zh", "en"} for choice in question["choices"] or ()), question["name"]


@pytest.mark.parametrize("register", [Register(path.stem) for path in DEFAULT if path.stem != "report"])
def test_the_form_of_a_register_asks_for_all_its_fields_in_its_words(register: Register) -> None:
    asked = {one["field"]: one for one in read(library.DEFAULT / f"{register}.md").questions if one["field"]}
    fields = REGISTERS[register].fields
    assert set(asked) == {*fields, "place"}
    for name, field in fields.items():
        if field.choices:
            offered = [(one["name"], one["label"]["zh"], one["label"]["en"].lower()) for one in asked[name]["choices"]]
            assert offered == [(one.code, one.chinese, one.english.lower()) for one in field.choices], name
        if field.required:
            assert asked[name]["required"] is True
