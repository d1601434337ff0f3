"""An export of the hotline as a file: its rows as tickets, each bad one with column and reason, and a file of those."""
import base64
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from casework import taxonomy
from casework.errors import Fault, Invalid
from casework.geography.coordinates import TO_WGS84, Point
from casework.intake.hotline import columns
from casework.intake.hotline.columns import CATEGORY, FIELDS, LAT, LON, NEEDED, PLACE, REASON, Headings, Plan
from casework.intake.hotline.tickets import Ticket
from casework.sentences import in_chinese
from casework.taxonomy import tables
from casework.taxonomy.tables import Line, Table

TITLE = "工单"
HEADINGS_WITHIN = 10
"""Rows in which the headings are looked for: exports put a title and a date above them."""

MEDIA_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Bad(NamedTuple):
    """What is wrong with a row of the file (1 is its first), by the heading of the column ("" for the row), and why."""

    row: int
    column: str
    reason: str


@dataclass
class Sheet:
    """A file that was read."""

    name: str
    headings: Headings
    tickets: list[tuple[int, Ticket]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    lines: dict[int, list[str]] = field(default_factory=dict)
    """The bad rows as they came."""
    rows: int = 0

    def error_file(self) -> dict[str, str] | None:
        """The bad rows with the columns of the file and one more that says why: to be corrected and sent again as it is.

        {name, type, content}, the content in base64: it goes back to whoever sent it and is kept nowhere. None without.
        """
        if not self.bad:
            return None
        why: dict[int, list[str]] = defaultdict(list)
        for one in self.bad:
            why[one.row].append(f"{one.column} {in_chinese(one.reason)}".strip())
        told = [at for at, name in enumerate(self.headings.names) if name != REASON]
        lines = [[*(self.headings.names[at] for at in told), REASON]]
        lines += [[*(cells[at] if at < len(cells) else "" for at in told), "；".join(why[row]),
                   *cells[len(self.headings.names):]] for row, cells in self.lines.items()]
        safe = [[tables.guarded(cell) for cell in line] for line in lines]
        kind = "xlsx" if _is_workbook(self.name) else "csv"
        content = tables.xlsx_file([(TITLE, safe)]) if kind == "xlsx" else tables.csv_file(safe)
        stem = self.name.rpartition(".")[0] or self.name
        return {"name": f"{stem}-错误.{kind}", "type": MEDIA_TYPES[kind], "content": base64.b64encode(content).decode()}


def read(db: Session, content: bytes, name: str, plan: Plan) -> Sheet:
    """The rows of a CSV (UTF-8 or GBK) or XLSX file; `name` says by its ending which it is.

    Raises Invalid with faults by heading ("来电时间") when the columns do not fit, and how each was read, TooLarge or
    Invalid for a file that cannot be read.
    """
    lines = iter(tables.xlsx_lines(content, Table("tickets", TITLE, ()), or_first=True) if _is_workbook(name)
                 else tables.csv_lines(content))
    headings = _headings(lines, plan)
    if headings.faults:
        wrong = [Fault(f"columns.{heading}", reason) for heading, reason in headings.faults.items()]
        raise Invalid("the columns do not fit", *wrong, columns=headings.read_as)
    made = Sheet(name, headings)
    reader = _Reader(plan, headings, _Categories(taxonomy.catalogue(db).by_code))
    as_meant = tables.unguarded if columns.REASON in headings.names else str  # only our own error files are guarded
    for number, line in lines:
        cells = [as_meant(cell.strip()) for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        made.rows += 1
        ticket, faults = reader.ticket(cells)
        if ticket:
            made.tickets.append((number, ticket))
        else:
            made.bad += [Bad(number, column, reason) for column, reason in faults]
            made.lines[number] = cells
    return made


def _is_workbook(name: str) -> bool:
    return name.lower().endswith(".xlsx")


def _headings(lines: Iterable[Line], plan: Plan) -> Headings:
    """The first row that names what every ticket needs; else the first row, with what is wrong with it."""
    first: Headings | None = None
    for _, cells in itertools.islice(lines, HEADINGS_WITHIN):
        names = list(cells)
        while names and not names[-1].strip():
            names.pop()
        found = columns.read([tables.unguarded(name.strip()) for name in names], plan.columns)
        if not found.missing:
            return found
        first = first if first and any(first.names) else found
    return first or columns.read([], plan.columns)


class _Categories:
    """Categories by what exports call them: code, name, or the names from the big class down."""

    def __init__(self, by_code: Mapping[str, Any]) -> None:
        self.by_code = by_code
        self.by_name: dict[str, list[str]] = defaultdict(list)
        for code, one in by_code.items():
            self.by_name[one.name].append(code)

    def code(self, text: str) -> str:
        """Raises ValueError where it is none, or could be several."""
        if text in self.by_code:
            return text
        *above, last = [part.strip() for part in re.split(r"[/>＞、|\\]|->|—+", text) if part.strip()] or [""]
        codes = self.by_name.get(last) or self.by_name.get(text, [])
        if above and len(codes) > 1:
            codes = [code for code in codes if self._parent(code) == above[-1]]
        if not codes:
            raise ValueError("is not a category; say in `words` of the mapping which one is meant, or leave the column out")
        if len(codes) > 1:
            raise ValueError(f"is the name of several categories ({', '.join(codes)}); say which by its code")
        return codes[0]

    def _parent(self, code: str) -> str | None:
        parent = self.by_code.get(self.by_code[code].parent_code or "")
        return parent.name if parent else None


class _Reader:
    """Reads the rows of one file."""

    def __init__(self, plan: Plan, headings: Headings, categories: _Categories) -> None:
        self.plan, self.headings, self.categories = plan, headings, categories
        self.readers = FIELDS | {CATEGORY: categories.code}

    def ticket(self, cells: Sequence[str]) -> tuple[Ticket | None, list[tuple[str, str]]]:
        """A row as a ticket; else what is wrong with it, by heading."""
        values: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for target, cell in zip(self.headings.targets, cells, strict=False):
            text = self.plan.words.get(target or "", {}).get(cell, cell)
            try:
                if target and text:
                    if "\0" in text:
                        raise ValueError("must not contain NUL characters")  # noqa: TRY301 - as all that is wrong with a cell
                    values[target] = self.readers[target](text)
            except ValueError as error:
                faults.append((self.headings.of(target or ""), str(error)))
        bad = {heading for heading, _ in faults}
        faults += [(self.headings.of(one), "is empty") for one in NEEDED
                   if not values.get(one) and self.headings.of(one) not in bad]
        if any(cells[len(self.headings.names):]):
            faults.append(("", "has cells beyond the last heading"))
        if faults:
            return None, faults
        place = self._place(values)
        return Ticket(**{name: value for name, value in values.items() if value is not None}, place=place), []

    def _place(self, values: dict[str, Any]) -> Point | None:
        """In WGS-84, from two columns or one."""
        lon, lat, both = values.pop(LON, None), values.pop(LAT, None), values.pop(PLACE, None)
        place = both or (Point(lon, lat) if lon is not None and lat is not None else None)
        return TO_WGS84[self.plan.system](place) if place else None
