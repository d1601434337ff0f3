"""Writing a list into a file by pages and pieces: constant memory, and a worker that is killed costs one piece.

A run writes for SLICE seconds, keeps what it has, and asks for another run: urgent work gets in between. CSV pieces are the
file; those of a workbook are lines of JSON, made into the workbook when all are there.
"""
import csv
import io
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import CaseworkError, Unavailable
from casework.exports.columns import Column, Speech, harmless
from casework.exports.export import MOST_ROWS, Export, Form, State, announce, claim, end
from casework.exports.listing import Asked
from casework.exports.lists import LISTS
from casework.identity.people import actor_of
from casework.identity.permissions import check
from casework.storage import blobs
from casework.storage.database import reading, transaction

ROWS = 1_000
"""A page: enough that its query is not what it costs."""

PIECE_BYTES = 1024 * 1024
"""Some seconds of work. Never cut short by the time: whoever writes a piece anew makes the same of the same rows."""

SLICE = 10.0
BEAT = timedelta(seconds=5)
"""So often it is said how far a run is."""

BOM = b"\xef\xbb\xbf"
"""By this Excel knows UTF-8."""


def run(export_id: uuid.UUID, seconds: float = SLICE) -> State | None:
    """Write for so many seconds; the state it is in then, None when it is not ours to write. Bears repetition."""
    with transaction() as db:
        export = claim(db, export_id)
    if export is None:
        return None
    try:
        return _Writer(export, time.monotonic() + seconds).write()
    except _Lost:
        with reading() as db:
            return db.get_one(Export, export_id).state
    except (Unavailable, DBAPIError):
        with suppress(DBAPIError):  # else the next one waits until it is STALE
            _leave(export)
        raise
    except CaseworkError as error:
        return _finish(export, State.FAILED, type(error).__name__.lower())
    except Exception:
        _finish(export, State.FAILED, "internal")
        raise


class _Lost(Exception):
    """It was cancelled, or is in other hands by now: whoever writes stops, and leaves it as it is."""


class _Writer:
    def __init__(self, export: Export, until: float) -> None:
        self.export, self.until = export, until
        self.listing = LISTS[export.listing]
        self.language = cast("Speech", export.language)
        query = self.listing.read(export.query)
        self.columns: Sequence[Column] = self.listing.columns(query)
        with reading() as db:
            actor = actor_of(db, export.asked_by_id)
            self.listing.check(actor)
            if export.plain:
                check(actor, "exports.plain")
            self.asked = Asked(actor, query, plain=export.plain)
            if export.total is None:
                export.total = self.listing.count(db, self.asked, MOST_ROWS[export.form] + 1)

    def write(self) -> State:
        """All of it, or as much as there is time for; the state it is in then."""
        if (self.export.total or 0) > MOST_ROWS[self.export.form]:
            return _finish(self.export, State.FAILED, "too_long")
        while not self.export.whole:
            if not self._piece():
                return self.export.state
        if self.export.form is Form.CSV:
            return _finish(self.export, State.DONE)
        content = _workbook(self.columns, self.language, self._lines())
        self._beat(0)
        blobs.put(self.export.key(0), content)
        self.export.bytes = len(content)
        state = _finish(self.export, State.DONE)
        for part in range(1, self.export.parts + 1):  # they stand in the workbook now
            blobs.delete(self.export.key(part))
        return state

    def _piece(self) -> bool:
        """One more piece; False when the time is up."""
        export, made = self.export, io.BytesIO()
        if export.form is Form.CSV and not export.parts:
            made.write(BOM + _csv([[column.heading(self.language) for column in self.columns]]))
        place, rows, whole = export.place, 0, False
        while not whole and made.tell() < PIECE_BYTES:
            with reading() as db:
                found = self.listing.pages(db, self.asked, place, ROWS)
            cells = [[column.cell(row, self.language) for column in self.columns] for row in found.rows]
            made.write(_csv(cells) if export.form is Form.CSV else b"".join(orjson.dumps(line) + b"\n" for line in cells))
            place, rows, whole = list(found.next) if found.next else None, rows + len(cells), found.next is None
            if clock.now() - self.beat_at >= BEAT:
                self._beat(rows)
        self._beat(rows)  # a piece of somebody who was held up must not replace that of who went on
        blobs.put(export.key(export.parts + 1), made.getvalue())
        return self._keep(place, rows, made.tell(), whole=whole)

    @property
    def beat_at(self) -> datetime:
        """When we said last that we live."""
        assert self.export.beat_at is not None  # noqa: S101 - claim() set it
        return self.export.beat_at

    def _beat(self, rows: int) -> None:
        """Say that we live, and how far we are. Raises _Lost."""
        with transaction() as db:
            kept = self._ours(db)
            kept.beat_at, kept.done, kept.total = clock.now(), self.export.kept + rows, self.export.total
            self.export.beat_at = kept.beat_at

    def _ours(self, db: Session) -> Export:
        """Locked. Raises _Lost when it is ended, or somebody else took it up because we seemed dead."""
        kept = db.get_one(Export, self.export.id, with_for_update=True)
        if kept.ended_at is not None or kept.beat_at != self.beat_at:
            raise _Lost
        return kept

    def _keep(self, place: list[Any] | None, rows: int, size: int, *, whole: bool) -> bool:
        with transaction() as db:
            kept = self._ours(db)
            kept.place, kept.whole, kept.total = place, whole, self.export.total
            kept.parts, kept.kept, kept.bytes = kept.parts + 1, kept.kept + rows, (kept.bytes or 0) + size
            kept.done, kept.beat_at = kept.kept, clock.now()
            over = not whole and time.monotonic() >= self.until
            if over:
                kept.beat_at = None
                announce(db, kept)
            db.flush()
            db.expunge(kept)
        self.export = kept
        return not over

    def _lines(self) -> Iterator[list[Any]]:
        for part in range(1, self.export.parts + 1):
            self._beat(0)
            for line in blobs.get(self.export.key(part)).splitlines():
                yield orjson.loads(line)


def _finish(export: Export, state: State, fault: str | None = None) -> State:
    with transaction() as db:
        kept = db.get_one(Export, export.id, with_for_update=True)
        if kept.ended_at is None:
            kept.total, kept.bytes = export.total, export.bytes
            end(kept, state, fault)
        return kept.state


def _leave(export: Export) -> None:
    """Something is away: whoever comes next may go on at once."""
    with transaction() as db:
        db.get_one(Export, export.id).beat_at = None


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in line] for line in lines)
    return text.getvalue().encode()


def _workbook(columns: Sequence[Column], language: Speech, lines: Iterator[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    headings = []
    for column in columns:
        cell = WriteOnlyCell(sheet, column.heading(language))
        cell.font = Font(bold=True)
        headings.append(cell)
    sheet.append(headings)
    for line in lines:
        sheet.append([harmless(cell) for cell in line])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()

