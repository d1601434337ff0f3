"""`zhiwang import form`: published from the command line as over HTTP, and never replaced by what comes with a release."""
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casework.cli import forms
from casework.errors import Conflict, Invalid
from casework.fieldwork.forms import library
from casework.storage.database import reading, transaction

HOUSE = (library.DEFAULT / "house.md").read_text(encoding="utf-8")


@pytest.fixture
def file(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The house form, as a city changed it."""
    monkeypatch.setattr(forms, "connect", lambda: None)
    made = tmp_path / "house.md"
    made.write_text(HOUSE.replace("| house | 1 |", "| house | 2026 |").replace(". > 0", "position(..) > 0"), encoding="utf-8")
    return made


def imported(file: Path) -> Result:
    return CliRunner().invoke(forms.import_form, [str(file)])


def test_it_is_in_use_at_once_and_stays_so(file: Path) -> None:
    said = imported(file)
    assert said.output.startswith("house 2026: 房屋信息采集, 20 questions\n  floor_area: our page does not check this")
    assert imported(file).exit_code == 0
    with transaction() as db:
        assert "house" not in library.load_default(db)
    with reading() as db:
        assert library.of(db, "house").version == "2026"


def test_what_is_wrong_is_told(file: Path) -> None:
    imported(file)
    file.write_text(file.read_text("utf-8").replace("建筑面积", "面积"), "utf-8")
    assert isinstance(imported(file).exception, Conflict)
    file.write_text("no form", "utf-8")
    assert isinstance(imported(file).exception, Invalid)
    assert isinstance(imported(file.rename(file.with_suffix(".docx"))).exception, Invalid)
