"""Tables that people edit in Excel: read with a fault per row and column, written so that nothing in them is run."""
import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from casework.errors import Fault, Invalid, TooLarge

MAX_BYTES = 8_000_000
MAX_UNPACKED_BYTES = 24_000_000
MAX_SIDE_PART_BYTES = 1_000_000
"""Of styles, names and the like, which openpyxl builds as objects: a hundred times their size in memory."""
MAX_PARTS = 200
MAX_ROWS = 20_000
MAX_COLUMNS = 64
MAX_FAULTS = 100

FORMULA_STARTS = "=+-@"
"""A cell that begins so is run by spreadsheets. It is written with an apostrophe in front, which reading takes off."""

Line = tuple[int, list[str]]
"""Number of the row in the file (1 is the first) and its cells."""


@dataclass(frozen=True)
class Column:
    """One column: `key` in code and in faults, `heading` in the file (either is read), and how a cell is read, written.

    `read` gets the trimmed text of a cell that is not empty, and raises ValueError with the end of a sentence.
    """

    key: str
    heading: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    required: bool = True
    empty: Callable[[], Any] = lambda: None
    longest: int = 500


@dataclass(frozen=True)
class Table:
    """A sheet of a workbook or one CSV file. `key` opens the path of its faults: "standards.17.limit_value"."""

    key: str
    title: str
    columns: Sequence[Column]


Record = dict[str, Any]
"""One row: the value of each column by its key, and the row's number in the file under "row"."""


def csv_lines(content: bytes) -> Iterator[Line]:
    """Rows of a CSV in UTF-8 or, as Chinese Excel writes it, GB 18030. Raises TooLarge and Invalid."""
    _bound(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise _unread("the file is text neither in UTF-8 nor in GB 18030") from None
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            _bound_rows(number)
            yield number, cells
    except csv.Error as error:
        raise _unread(f"the file is not CSV: {error}") from None


def xlsx_lines(content: bytes, table: Table, *, or_first: bool = False) -> Iterator[Line]:
    """Rows of the sheet with the table's title (or key), or else, if wanted, of the first. A formula is refused.

    Raises TooLarge and Invalid.
    """
    _check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        names = [name for name in book.sheetnames if name in {table.title, table.key}] or book.sheetnames[:or_first]
        if not names:
            raise Invalid("a sheet is missing", Fault(table.key, f"there is no sheet {table.title}"))
        for number, row in enumerate(book[names[0]].iter_rows(max_col=MAX_COLUMNS), start=1):
            _bound_rows(number)
            yield number, [_text_of(cell, table, number) for cell in row]
    except (InvalidFileException, LookupError, ValueError, TypeError, AttributeError, EOFError, OSError, SyntaxError,
            RuntimeError, zlib.error, zipfile.BadZipFile) as error:  # what openpyxl and its XML parser raise on files that lie
        raise _unread("the file is not a workbook that can be read (XLSX)") from error


def _text_of(cell: Any, table: Table, number: int) -> str:
    if cell.value is None:
        return ""
    if cell.data_type == "f":
        raise Invalid("the workbook has a formula where a value is wanted",
                      Fault(f"{table.key}.{number}", f"{cell.coordinate} is a formula; paste its value"))
    if isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))  # Excel keeps 10101 as a floating number
    return str(cell.value)


def _check_archive(content: bytes) -> None:
    """A workbook is a zip: its sizes are added up before anything is unpacked (and zipfile never unpacks more)."""
    _bound(content)
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise _unread("the file is not a workbook (XLSX)") from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise TooLarge(f"the workbook unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB or {MAX_PARTS} parts")
    for part in parts:
        rows = part.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
        if part.filename.endswith((".xml", ".rels")) and not rows and part.file_size > MAX_SIDE_PART_BYTES:
            raise TooLarge(f"{part.filename} in the workbook has more than {MAX_SIDE_PART_BYTES // 1_000_000} MB")


def _unread(sentence: str) -> Invalid:
    """Of a file that cannot be read no row or column is at fault, but the file."""
    return Invalid(sentence, Fault("file", sentence))


def _bound(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise TooLarge(f"the file has more than {MAX_BYTES // 1_000_000} MB")


def _bound_rows(number: int) -> None:
    if number > MAX_ROWS:
        raise TooLarge(f"the table has more than {MAX_ROWS} rows")


def read(table: Table, lines: Iterable[Line], faults: list[Fault]) -> list[Record]:
    """The rows that can be read; for each cell that cannot, a fault is added. Empty rows are passed over.

    Raises Invalid when the headings do not fit, because then nothing below them can be trusted.
    """
    rows = iter(lines)
    columns = _columns(table, next(rows, (1, []))[1])
    records: list[Record] = []
    for number, cells in rows:
        if len(faults) >= MAX_FAULTS:
            break
        texts = [_clean(cell) for cell in cells]
        if any(texts):
            records.append(_record(table, number, columns, texts, faults))
    return records


def _columns(table: Table, headings: list[str]) -> list[Column]:
    known = {name: column for column in table.columns for name in (column.key, column.heading)}
    names = [_clean(heading) for heading in headings]
    while names and not names[-1]:
        names.pop()
    found = [known[name] for name in names if name in known]
    faults = [Fault(f"{table.key}.1", f'"{name}" is not a column of {table.title}') for name in names
              if name not in known]
    faults += [Fault(f"{table.key}.1.{column.key}", f"the column {column.heading} is there twice")
               for column in table.columns if found.count(column) > 1]
    faults += [Fault(f"{table.key}.1.{column.key}", f"the column {column.heading} is missing")
               for column in table.columns if column.required and column not in found]
    if faults:
        raise Invalid(f"the headings of {table.title} do not fit", *faults[:MAX_FAULTS])
    return found


def _record(table: Table, number: int, columns: list[Column], texts: list[str], faults: list[Fault]) -> Record:
    record: Record = {"row": number} | {column.key: column.empty() for column in table.columns}
    if any(texts[len(columns):]):
        faults.append(Fault(f"{table.key}.{number}", "has cells beyond the last heading"))
    for place, column in enumerate(columns):
        text = texts[place] if place < len(texts) else ""
        try:
            if text:
                record[column.key] = _read_cell(column, text)
            elif column.required:
                faults.append(Fault(f"{table.key}.{number}.{column.key}", f"{column.heading} is empty"))
        except ValueError as error:
            faults.append(Fault(f"{table.key}.{number}.{column.key}", f"{column.heading} {error}"))
    return record


def _read_cell(column: Column, text: str) -> Any:
    if len(text) > column.longest:
        raise ValueError(f"has more than {column.longest} characters")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        raise ValueError("has control characters")
    return column.read(text)


def _clean(text: str) -> str:
    """One line without double blanks; the apostrophe before what would be a formula is taken off."""
    return unguarded(" ".join(text.split()))


def unguarded(text: str) -> str:
    """Without the apostrophe before what would be a formula."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in FORMULA_STARTS + "'" else text


def guarded(text: str) -> str:
    """With an apostrophe before what would be a formula."""
    return f"'{text}" if text and text[0] in FORMULA_STARTS + "'" else text


def cells(table: Table, records: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The headings, then each record as it is written in a file."""
    yield [column.heading for column in table.columns]
    for record in records:
        values = [(column, record[column.key]) for column in table.columns]
        yield ["" if value is None else guarded(column.write(value)) for column, value in values]


def to_csv(table: Table, records: Iterable[Mapping[str, Any]]) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it."""
    return csv_file(cells(table, records))


def csv_file(lines: Iterable[Sequence[str]]) -> bytes:
    """The same of lines as they are; whoever made them has guarded them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(sheets: Iterable[tuple[Table, Iterable[Mapping[str, Any]]]]) -> bytes:
    """A workbook with one sheet a table; every cell is text, so codes keep their digits and nothing is a formula."""
    return xlsx_file((table.title, cells(table, records)) for table, records in sheets)


def xlsx_file(sheets: Iterable[tuple[str, Iterable[Sequence[str]]]]) -> bytes:
    """The same of sheets by their titles, of lines as they are."""
    book = openpyxl.Workbook(write_only=True)
    for title, lines in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for line in lines:
            sheet.append([_text_cell(sheet, text) for text in line])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number between two bounds."""
    def read_whole(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)
    return read_whole


def number(low: float, high: float) -> Callable[[str], float]:
    """Reads a number between two bounds."""
    def read_number(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return float(text)
    return read_number


def choice(words: Mapping[str, Any]) -> Callable[[str], Any]:
    """Reads one of some Chinese words, or the value it stands for."""
    known = {**words, **{str(value): value for value in words.values()}}

    def read_choice(text: str) -> Any:
        if text not in known:
            raise ValueError(f"must be one of {'、'.join(words)}")
        return known[text]
    return read_choice


def listed(text: str) -> list[str]:
    """Reads words parted by semicolons, each once."""
    return list(dict.fromkeys(word.strip() for word in re.split("[;；]", text) if word.strip()))
