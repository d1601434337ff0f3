"""Charts of a bulletin as lines, boxes and words on a sheet: drawn once, painted as SVG or into a PDF.

Colours and sizes are those of paper: dark on white, 4.5 to 1 and more, bars told apart by lightness as well as by hue.
"""
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from casework.performance.bulletins.content import MOST_SHOWN

NOW, BEFORE, INK, QUIET, GRID = "#0b5583", "#8fa9bb", "#17202a", "#4b5763", "#c4cdd5"
WIDTH, NARROW = 640.0, 340.0
DAY_WIDTH = 42.0
"""What a day's words need, so that those of two do not touch."""
SIZE = 13.0
NAME_WIDTH, NUMBER_WIDTH = 190.0, 120.0
ROW, BAR = 34.0, 10.0

LEGEND = {"zh": {"now": "本期", "before": "上期", "received": "受理", "closed": "其中已结案"},
          "en": {"now": "this period", "before": "the one before", "received": "received", "closed": "of these closed"}}


@dataclass(frozen=True)
class Box:
    """A filled rectangle: left, top, width, height in units of the sheet."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Words:
    """A line of text; `y` is its base line, `anchor` where `x` lies."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    colour: str = INK
    size: float = SIZE


@dataclass
class Sheet:
    """A drawing of this size, and what it shows in words."""

    height: float
    says: str
    width: float = WIDTH
    boxes: list[Box] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


def of(section: Mapping[str, Any], language: Literal["zh", "en"], *, narrow: bool = False) -> Sheet:
    """The chart of a section of a bulletin's content; `narrow` for the screen of a phone."""
    if "days" in section:
        return days(section["days"], language, narrow=narrow)
    return bars(section[language], [(one["name"], one["values"].get("received") or 0, one["before"] or 0)
                                    for one in section["items"][:MOST_SHOWN]], language, narrow=narrow)


def bars(title: str, rows: Sequence[tuple[str, float, float]], language: Literal["zh", "en"], *, narrow: bool = False) -> Sheet:
    """Two bars a row, now and before, with their numbers; the name beside them, or above where there is no room."""
    legend, width = LEGEND[language], NARROW if narrow else WIDTH
    left, above = (10.0, 20.0) if narrow else (NAME_WIDTH, 0.0)
    sheet = Sheet((ROW + above) * max(len(rows), 1) + 30,
                  _told(title, ((f"{name} {now:,} ({before:,})") for name, now, before in rows)), width)
    room = width - left - NUMBER_WIDTH
    most = max((max(now, before) for _, now, before in rows), default=0) or 1
    _key(sheet, [(NOW, legend["now"]), (BEFORE, legend["before"])])
    for number, (name, now, before) in enumerate(rows):
        top = 30 + number * (ROW + above) + above
        sheet.words.append(Words(left, top - 5, fitted(name, width - 20)) if narrow
                           else Words(NAME_WIDTH - 10, top + 15, fitted(name, NAME_WIDTH - 14), "end"))
        sheet.boxes += [Box(left, top, room * now / most, BAR, NOW),
                        Box(left, top + BAR + 2, room * before / most, BAR - 2, BEFORE)]
        end = left + room * max(now, before) / most + 6
        sheet.words.append(Words(end, top + 15, f"{now:,} / {before:,}", colour=INK))
    return sheet


def days(rows: Sequence[Mapping[str, Any]], language: Literal["zh", "en"], *, narrow: bool = False) -> Sheet:
    """A column for each day: what came in, and how much of it is closed. Where columns stand close, not each has its words."""
    legend, bottom, top, width = LEGEND[language], 210.0, 40.0, NARROW if narrow else WIDTH
    told = _told(legend["received"], (f"{one['day'][5:]} {one['received']:,} ({one['closed']:,})" for one in rows))
    sheet = Sheet(240, told, width)
    _key(sheet, [(BEFORE, legend["received"]), (NOW, legend["closed"])])
    most = max((one["received"] for one in rows), default=0) or 1
    step = (width - 20) / max(len(rows), 1)
    each = math.ceil(DAY_WIDTH / step)
    sheet.boxes.append(Box(10, bottom, width - 20, 1, GRID))
    for number, one in enumerate(rows):
        left, wide = 10 + number * step + step * 0.15, step * 0.7
        for colour, value in ((BEFORE, one["received"]), (NOW, min(one["closed"], one["received"]))):
            height = (bottom - top) * value / most
            sheet.boxes.append(Box(left, bottom - height, wide, height, colour))
        if number % each == 0:
            high = bottom - (bottom - top) * one["received"] / most
            sheet.words += [Words(left + wide / 2, bottom + 18, one["day"][5:], "middle", QUIET),
                            Words(left + wide / 2, high - 5, f"{one['received']:,}", "middle")]
    return sheet


def as_svg(sheet: Sheet) -> str:
    """The drawing as an SVG document that needs no style sheet and no other file."""
    parts = [f'<rect x="{one.x:.1f}" y="{one.y:.1f}" width="{max(one.width, 0):.1f}" height="{max(one.height, 0):.1f}" '
             f'fill="{one.colour}"/>' for one in sheet.boxes]
    parts += [f'<text x="{one.x:.1f}" y="{one.y:.1f}" text-anchor="{one.anchor}" fill="{one.colour}" '
              f'font-size="{one.size:g}">{escape(one.text)}</text>' for one in sheet.words]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {sheet.width:g} {sheet.height:g}" role="img" '
            f'aria-label={quoteattr(sheet.says)} font-family="system-ui, \'Noto Sans SC\', \'Microsoft YaHei\', sans-serif">'
            f'<rect width="{sheet.width:g}" height="{sheet.height:g}" fill="#ffffff"/>{"".join(parts)}</svg>')


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """The text, cut with a sign where it is wider; a wide character takes its size, another a good half."""
    kept, used = "", 0.0
    for letter in text:
        used += size * (1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.56)
        if used > width:
            return f"{kept[:-1]}…"
        kept += letter
    return kept


def _key(sheet: Sheet, entries: Iterable[tuple[str, str]]) -> None:
    left = 10.0
    for colour, text in entries:
        sheet.boxes.append(Box(left, 6, 12, 12, colour))
        sheet.words.append(Words(left + 18, 17, text, colour=QUIET))
        left += 30 + 8 * sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _told(title: str, rows: Iterable[str]) -> str:
    return f"{title}: {'; '.join(rows)}"
