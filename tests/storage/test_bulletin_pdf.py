"""A bulletin on paper: its font is in the file, and every letter of it has a shape."""
import io
from datetime import UTC, date, datetime
from typing import Any

from fontTools.ttLib import TTFont

from casework.performance.bulletins import content, pdf, periods
from casework.performance.bulletins.periods import Kind

RARE = "龘镕喆㛃"


def read(by: str, since: date, until: date) -> dict[str, Any]:
    values = {"received": 120, "closed": 90, "due": 100, "filed": 100, "on_time_rate": 0.8}
    key = since if by == "day" else "1"
    return {"items": [{"key": key, "name": f"水务局{RARE}", "values": values}], "total": {"values": values}}


def test_the_font_is_in_the_file_and_the_same_content_makes_the_same_pages() -> None:
    made = content.compose(periods.last(Kind.WEEK, date(2026, 3, 9)), read, None)
    drawn = pdf.pdf_of(made, datetime(2026, 3, 9, tzinfo=UTC), "zh")
    assert drawn.startswith(b"%PDF-")
    assert drawn.count(b"/FontFile2") == 2  # regular and bold
    assert b"NotoSansSC" in drawn
    assert len(drawn) < 200_000


def test_rare_characters_of_names_have_shapes_too() -> None:
    font = TTFont(io.BytesIO(pdf._face(f"网格{RARE}A", 400)))
    assert all(ord(letter) in font.getBestCmap() for letter in f"网格{RARE}A")
    assert "fvar" not in font
