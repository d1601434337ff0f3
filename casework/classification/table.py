"""Messages in CSV files as people have them: any order of columns, a byte-order mark or none, line breaks inside quotes."""
import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

from casework.errors import Fault, Invalid

LONGEST_FIELD = 10_000_000
"""Characters of one field; the csv module's own limit of 131,072 is less than one long complaint with its pasted history."""

Row = dict[str, str]
T = TypeVar("T")


class Rows:
    """The rows of an open file, each a dictionary with every column; `columns` as the file has them."""

    def __init__(self, lines: Iterator[str], name: str) -> None:
        csv.field_size_limit(LONGEST_FIELD)
        self.name = name
        self.row = 0
        """The row read last, counted as a spreadsheet does: the header is 1, a row with line breaks in it is one."""
        self._reader = csv.reader(lines, strict=True)
        header = self._next()
        if header is None:
            raise Invalid(f"{name} is empty", Fault("row 1", "must name the columns"))
        self.columns = [column.strip() for column in header]
        twice = sorted({column for column in self.columns if self.columns.count(column) > 1})
        if twice:
            raise Invalid(f"{name} names a column twice: {', '.join(twice)}",
                          *(Fault(f"row 1.{column}", "stands there twice") for column in twice))

    def __iter__(self) -> Iterator[Row]:
        while (cells := self._next()) is not None:
            if not any(cell.strip() for cell in cells):
                continue
            spare = len(self.columns) - len(cells)
            if spare < 0:
                raise Invalid(f"{self.name} has a row with more fields than columns; is a comma outside of quotes?",
                              Fault(f"row {self.row}", f"has {len(cells)} fields for {len(self.columns)} columns"))
            yield dict(zip(self.columns, cells + [""] * spare, strict=True))

    def _next(self) -> list[str] | None:
        self.row += 1
        try:
            return next(self._reader, None)
        except UnicodeDecodeError:
            raise Invalid(f"{self.name} is not UTF-8 text; save it as “CSV UTF-8”",
                          Fault(f"row {self.row}", "is not UTF-8, or a row soon after it")) from None
        except csv.Error as error:
            raise Invalid(f"{self.name} is not a CSV file", Fault(f"row {self.row}", str(error))) from None


@contextmanager
def reading(path: Path | str, all_of: Sequence[str] = (), any_of: Sequence[str] = ()) -> Iterator[Rows]:
    """The rows of this file. Raises Invalid when it is missing, unreadable or lacks a column that is needed."""
    name = Path(path).name
    with _opened(path) as file:
        rows = Rows(file, name)
        missing = [column for column in all_of if column not in rows.columns]
        if any_of and not set(any_of) & set(rows.columns):
            missing.append(" or ".join(any_of))
        if missing:
            raise Invalid(f"{name} has no column {', '.join(missing)}; it has {', '.join(rows.columns)}",
                          *(Fault(f"row 1.{column}", "is missing") for column in missing))
        yield rows


def _opened(path: Path | str) -> TextIO:
    try:
        return Path(path).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most this size, so that more than fits into memory passes through."""
    each = iter(rows)
    while batch := list(islice(each, size)):
        yield batch


@contextmanager
def writing(path: Path | str, columns: Sequence[str]) -> Iterator[Callable[[Mapping[str, object]], object]]:
    """A function that writes a row. The file appears, replacing an older one, when the block ends without an error.

    Plain UTF-8: the byte-order mark that Excel likes would hide the first column's name from every other program.
    """
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            yield writer.writerow
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
