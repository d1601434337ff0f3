"""A bulletin on paper: A4, with the font in it, so that Chinese is seen on any screen and printer.

The font is Noto Sans SC (SIL Open Font License) out of a package; only the letters that are used go into the file.
"""
import io
import tempfile
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from casework import clock
from casework.performance.bulletins import charts, tables
from casework.performance.bulletins.charts import Sheet
from casework.performance.bulletins.tables import Language

FONT = ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
WEIGHTS = {"": 400, "B": 700}
INK, QUIET, LINE = "#17202a", "#4b5763", "#c4cdd5"
PAGE = {"zh": "第 {page} 页", "en": "page {page}"}


def pdf_of(content: Mapping[str, Any], made_at: datetime, language: Language) -> bytes:
    """The PDF. The same content makes the same pages."""
    letters = set("".join(_texts(content))) | set(map(chr, range(32, 127))) | set("".join(
        [*PAGE.values(), *tables.NOTE.values(), *tables.CITY.values(), "·…–—−", *tables.headings(language),
         *(word for words in charts.LEGEND.values() for word in words.values())]))
    paper = _Paper(language, content["title"][language])
    paper.set_creation_date(made_at)
    with tempfile.TemporaryDirectory() as folder:
        for style, weight in WEIGHTS.items():
            path = Path(folder) / f"{weight}.ttf"
            path.write_bytes(_face("".join(sorted(letters)), weight))
            paper.add_font("noto", style, path)
        paper.add_page()
        paper.cover(made_at)
        for section in content["sections"]:
            paper.section(section)
        return bytes(paper.output())


class _Paper(FPDF):
    def __init__(self, language: Language, title: str) -> None:
        super().__init__(format="A4")
        self.language, self.named = language, title
        self.set_margins(18, 16, 18)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_title(title)
        self.set_lang("zh-CN" if language == "zh" else "en")

    def footer(self) -> None:
        self.set_y(-13)
        self._write(8, QUIET)
        self.cell(0, 5, f"{self.named} · {PAGE[self.language].format(page=self.page_no())}", align="C")

    def cover(self, made_at: datetime) -> None:
        """Title and note."""
        self._write(18, "#0b5583", "B")
        self.multi_cell(0, 9, self.named, new_x="LMARGIN", new_y="NEXT")
        self._write(8.5, QUIET)
        at = made_at.astimezone(clock.CITY)
        self.multi_cell(0, 5, tables.NOTE[self.language].format(at=f"{at:%Y-%m-%d %H:%M}"), new_x="LMARGIN", new_y="NEXT")

    def section(self, section: Mapping[str, Any]) -> None:
        """Heading, sentences, chart and table; the heading stays with what follows."""
        sheet = charts.of(section, self.language)
        scale = self.epw / sheet.width
        if self.get_y() + 24 + sheet.height * scale > self.page_break_trigger:
            self.add_page()
        self.ln(5)
        self._write(13, INK, "B")
        self.cell(0, 8, section[self.language], new_x="LMARGIN", new_y="NEXT")
        self._write(10, INK)
        for sentence in section["sentences"]:
            self.multi_cell(0, 6, sentence[self.language], align="L", new_x="LMARGIN", new_y="NEXT")
        if self.get_y() + sheet.height * scale > self.page_break_trigger:
            self.add_page()
        self._draw(sheet, self.get_y() + 2, scale)
        self._table(section)

    def _draw(self, sheet: Sheet, top: float, scale: float) -> None:
        left = self.l_margin
        for box in sheet.boxes:
            self.set_fill_color(box.colour)
            self.rect(left + box.x * scale, top + box.y * scale, box.width * scale, box.height * scale, style="F")
        for words in sheet.words:
            self._write(words.size * scale * 72 / 25.4, words.colour)
            wide = self.get_string_width(words.text)
            shift = {"start": 0.0, "middle": wide / 2, "end": wide}[words.anchor]
            self.text(left + words.x * scale - shift, top + words.y * scale, words.text)
        self.set_y(top + sheet.height * scale + 2)

    def _table(self, section: Mapping[str, Any]) -> None:
        self._write(8.5, INK)
        self.set_draw_color(LINE)
        self.set_fill_color("#ffffff")
        widths = (34, 14, 14, 14, 16, 14, 14)
        with self.table(borders_layout=TableBordersLayout.HORIZONTAL_LINES, line_height=6, col_widths=widths,
                        text_align=("LEFT", *("RIGHT",) * 6), headings_style=FontFace(emphasis="BOLD", color=QUIET)) as made:
            for line in [tables.headings(self.language), *tables.rows(section, self.language)]:
                made.row(line)

    def _write(self, size: float, colour: str, style: str = "") -> None:
        self.set_font("noto", style, size)
        self.set_text_color(colour)


def _texts(value: Any) -> list[str]:
    """Every text that a content holds."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return [text for one in inner for text in _texts(one)]


def _face(letters: str, weight: int) -> bytes:
    """The font in this weight with these letters; those that it lacks show as an empty box."""
    package, name = FONT
    font = TTFont(io.BytesIO((resources.files(package) / name).read_bytes()), lazy=True)
    picked = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True, hinting=False))
    picked.populate(text=letters)
    picked.subset(font)
    instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()
