"""Which words and categories mean "call": a table that agrees with the default taxonomy, and with the settings' kinds."""
import pytest

from casework.classification import emergencies
from casework.classification.emergencies import EMERGENCIES
from casework.settings import HOTLINES, Settings
from casework.taxonomy import sheets, tables


def test_every_category_named_is_one_of_the_default_taxonomy_and_marked_as_dangerous() -> None:
    lines = tables.csv_lines((sheets.DEFAULT / "categories.csv").read_bytes())
    urgent = {one["code"]: one["urgent"] for one in tables.read(sheets.CATEGORIES, lines, [])}
    for code in (code for one in EMERGENCIES for code in one.categories):
        assert urgent[code], code


def test_the_settings_know_the_same_kinds() -> None:
    assert set(HOTLINES) == {one.kind for one in EMERGENCIES}


@pytest.mark.parametrize("one", EMERGENCIES, ids=lambda one: one.kind)
def test_both_languages_name_the_number(one: emergencies.Emergency, config: Settings) -> None:
    call = emergencies.of_text(one.said[0])
    assert call is not None
    assert call.kind == one.kind
    assert one.number in call.chinese
    assert one.number in call.english


def test_danger_to_life_goes_first(config: Settings) -> None:
    call = emergencies.of_text("车祸，有人昏迷")
    assert call is not None
    assert call.number == "120"
