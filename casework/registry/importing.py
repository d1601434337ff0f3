"""Existing registers from departments' tables (XLSX, CSV): tried first, told row by row what is wrong, harmless when repeated.

A row is known again by its unique number, else by what names it (IDENTITY). What a row says of an entry that is there already
is a statement like any other (see comparing.py): where it differs, it is a conflict, unless the file is to be trusted.
"""
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Fault, Invalid
from casework.geography.coordinates import TO_WGS84, Point, System
from casework.identity.people import Actor
from casework.identity.permissions import allowed, check
from casework.registry import headings, keys
from casework.registry.catalogue import REGISTERS
from casework.registry.comparing import against, differs, id_of, said_before
from casework.registry.compiling import PLACE
from casework.registry.drafts import Draft, Stated, drafted
from casework.registry.fields import Field, Kept, Kind, Register
from casework.registry.headings import AREA, LAT, LON, Headings
from casework.registry.records import Entry, Source, State
from casework.registry.statements import take
from casework.taxonomy import tables
from casework.taxonomy.tables import Line, Table

BATCH = 500
MOST_BAD = 1000
"""Faults that are told; all are counted."""
CUT_OFF = re.compile(r"[0-9.]+[eE]\+[0-9]+")
LOST = "has lost digits in the spreadsheet; format the column as text and enter it anew"
"""What Excel makes of a long number in a column of numbers, and what to do about it."""
DIGITS = frozenset({Kind.INTEGER, Kind.PHONE, Kind.ID_NUMBER, Kind.CREDIT_CODE, Kind.OBJECT_CODE})
"""What a column of numbers writes with ".0" behind it: read as it stands, a phone would have a digit too many."""
ELSEWHERE = "lies in none of your areas"
IDENTITY: dict[Register, tuple[str, ...]] = {
    Register.PERSON: ("name", "birth_date", "phone"), Register.HOUSE: ("address", "building", "unit", "room"),
    Register.ENTITY: ("name", "address"), Register.COMPONENT: ("code",), Register.ADDRESS: ("text",)}
"""What a row without a unique number is known by."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file is to be read. `mapping`: heading → field, see headings.py; `area_code`: of rows that name neither place nor
    area; `skip_bad`: leave out rows that cannot be read, which else forbid all; `trust`: the file is right where it differs."""

    register: Register
    mapping: Mapping[str, str] = field(default_factory=dict)
    system: System = System.WGS84
    area_code: str | None = None
    source: Source = Source.GENERATED
    dry_run: bool = False
    skip_bad: bool = False
    trust: bool = False


@dataclass(frozen=True)
class Bad:
    """A cell that cannot be read: row in the file (1 has the headings), heading of its column, and why."""

    row: int
    column: str
    reason: str


@dataclass
class Report:
    """What an import did, or would do. `conflicts` are rows that differ from what is known, kept beside it."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    skipped: int = 0
    bad: list[Bad] = field(default_factory=list)
    columns: dict[str, str | None] = field(default_factory=dict)


def import_file(db: Session, actor: Actor, content: bytes, name: str, plan: Plan) -> Report:
    """Take in a table as statements; `name` says by its ending what kind of file it is.

    Raises Invalid with faults by row and column ("17.证件号码") when a row is bad and none may be left out, TooLarge or
    Invalid for a file that cannot be read, Refused; then nothing was kept.
    """
    check(actor, "registry.import")
    kept = REGISTERS[plan.register]
    lines = iter(_lines(content, name, kept))
    titles = headings.read(kept, next(lines, (1, []))[1], plan.mapping)
    if titles.faults:
        raise Invalid("the columns do not fit", *(Fault(f"1.{column}", reason) for column, reason in titles.faults.items()))
    made = _Import(db, actor, kept, titles, plan)
    rows = list(made.rows(lines))
    for start in range(0, len(rows), BATCH):
        made.take(dict(rows[start:start + BATCH]))
    report = made.report
    report.skipped = len({one.row for one in report.bad})
    report.bad = sorted(report.bad, key=lambda one: one.row)[:MOST_BAD]
    if report.bad and not plan.skip_bad and not plan.dry_run:
        raise Invalid("the file was not taken in: nothing was changed",
                      *(Fault(f"{one.row}.{one.column}", one.reason) for one in report.bad[:tables.MAX_FAULTS]))
    return report


def _lines(content: bytes, name: str, kept: Kept) -> Iterable[Line]:
    if name.lower().endswith(".xlsx"):
        return tables.xlsx_lines(content, Table(kept.register, kept.chinese, ()), or_first=True)
    return tables.csv_lines(content)


class _Import:
    """One file on its way in; `report` grows with it."""

    def __init__(self, db: Session, actor: Actor, kept: Kept, titles: Headings, plan: Plan) -> None:
        self.db, self.actor, self.kept, self.titles, self.plan = db, actor, kept, titles, plan
        self.report = Report(columns=dict(zip(titles.names, titles.targets, strict=True)))

    def bad(self, number: int, field_name: str, reason: str) -> None:
        """Say what is wrong with a cell; "" for the whole row."""
        self.report.bad.append(Bad(number, field_name and self.titles.of(field_name), reason))

    # ---- from cells to statements

    def rows(self, lines: Iterable[Line]) -> Iterator[tuple[int, Stated]]:
        """By the number of its row what each says, where its cells can be read; each subject once."""
        first: dict[uuid.UUID, int] = {}
        for number, cells in lines:
            texts = {target: text for target, cell in zip(self.titles.targets, cells, strict=False)
                     if target and (text := " ".join(str(cell).split()))}
            if not texts:
                continue
            self.report.rows += 1
            stated = self.row(number, texts)
            if stated is not None and first.setdefault(stated.subject_id, number) != number:
                self.bad(number, "", f"is about the same as row {first[stated.subject_id]}")
            elif stated is not None:
                yield number, stated

    def row(self, number: int, texts: Mapping[str, str]) -> Stated | None:
        """One row as a statement about what its number or its identity names; None where that cannot be."""
        before = len(self.report.bad)
        cells = {target: _cell(self.kept.fields[target], text) for target, text in texts.items() if target in self.kept.fields}
        values, faults = self.kept.read(cells, whole=True)
        for fault in faults:
            self.bad(number, fault.field, LOST if CUT_OFF.fullmatch(texts.get(fault.field, "")) else fault.reason)
        place = self.place(number, texts)
        if len(self.report.bad) > before:
            return None
        subject_id = _subject_id(self.kept, values)
        return Stated(id=subject_id, register=self.kept.register, subject_id=subject_id, base=None, values=values,
                      source=self.plan.source, at=clock.now(), place=place, origin="import",
                      area_code=texts.get(AREA))

    def place(self, number: int, texts: Mapping[str, str]) -> Point | None:
        """Where the row says it is, in WGS-84."""
        if LON not in texts and LAT not in texts:
            return None
        degrees = {name: _degrees(texts.get(name, ""), most) for name, most in ((LON, 180), (LAT, 90))}
        for name, value in degrees.items():
            if value is None:
                self.bad(number, name, "must be degrees")
        lon, lat = degrees[LON], degrees[LAT]
        return None if lon is None or lat is None else TO_WGS84[self.plan.system](Point(lon, lat))

    # ---- beside what is known

    def take(self, rows: Mapping[int, Stated]) -> None:
        """Compare a batch with what is known, and state what is new."""
        known = self.known(rows.values())
        numbers: dict[uuid.UUID, int] = {}
        wanted: list[Stated] = []
        foreign = 0
        about = [(row, known[row.subject_id]) for row in rows.values() if row.subject_id in known]
        before = said_before(self.db, [(row, entry) for row, entry in about if differs(row, entry)])
        for number, row in rows.items():
            entry = known.get(row.subject_id)
            if entry is not None and not allowed(self.actor, "registry.write", entry):
                self.bad(number, "", ELSEWHERE)  # also where it says the same: what is known there is not told here
                foreign += 1
                continue
            stated = against(row, entry, before, trust=self.plan.trust, area_code=self.plan.area_code)
            if stated is not None:
                numbers[stated.id] = number
                wanted.append(stated)
        self.report.unchanged += len(rows) - foreign - len(wanted)
        entries = {entry.id: entry for entry in known.values()}
        good = []
        for draft in drafted(self.db, self.actor, wanted):
            faults = draft.error.faults if isinstance(draft.error, Invalid) else ()
            if draft.stated.subject_id not in entries and PLACE not in draft.says and not faults:
                faults = (Fault(AREA, "must be given, or a place"),)
            for fault in faults:
                self.bad(numbers[draft.stated.id], LON if fault.field == PLACE else fault.field, fault.reason)
            if not faults and draft.stated.subject_id not in entries and not self.reaches(draft.says[PLACE][2]):
                self.bad(numbers[draft.stated.id], "", ELSEWHERE)
            elif not faults:
                good.append(draft)
        if self.plan.dry_run:
            self.would(good, entries)
        else:
            self.did(good, entries, numbers)

    def reaches(self, area_code: str) -> bool:
        """Whether who brings the file may write there."""
        return allowed(self.actor, "registry.write", SimpleNamespace(area_code=area_code))

    def known(self, stated: Collection[Stated]) -> dict[uuid.UUID, Entry]:
        """By the subject of a row the entry that it is about: the one that has its number, or that a file made before."""
        unique = [one for one in self.kept.fields.values() if one.unique]
        by_digest = {keys.digest_of(about, one.values[about.name]): one.subject_id
                     for one in stated for about in unique if one.values.get(about.name)}
        made = select(Entry).where(Entry.id.in_([one.subject_id for one in stated]))
        found = {one.id: one for one in self.db.scalars(made)}
        holders = select(keys.Holder.digest, Entry).join(Entry, Entry.id == keys.Holder.entry_id)
        for digest, entry in self.db.execute(holders.where(keys.Holder.register == self.kept.register,
                                                           keys.Holder.digest.in_(by_digest))) if by_digest else ():
            found[by_digest[digest]] = entry
        return found

    def would(self, drafts: Sequence[Draft], entries: Mapping[uuid.UUID, Entry]) -> None:
        """Count what would become of them."""
        for draft in drafts:
            entry = entries.get(draft.stated.subject_id)
            if entry is None:
                self.report.new += 1
            elif draft.stated.base is None and any(entry.whole.get(name) not in (None, value)
                                                   for name, value in draft.stated.values.items()):
                self.report.conflicts += 1
            else:
                self.report.changed += 1

    def did(self, drafts: Sequence[Draft], entries: Mapping[uuid.UUID, Entry], numbers: Mapping[uuid.UUID, int]) -> None:
        """Keep them, and count what became of them."""
        there = set(entries)
        for draft, judged in zip(drafts, take(self.db, self.actor, drafts), strict=True):
            if judged.error is not None:
                self.bad(numbers[draft.stated.id], "", judged.error.sentence)
            elif judged.state == State.CONFLICT:
                self.report.conflicts += 1
            elif draft.stated.subject_id in there:
                self.report.changed += 1
            else:
                self.report.new += 1


def _cell(about: Field, text: str) -> str:
    """A cell as people's spreadsheets have it: dates as numbers of days, whole numbers and long ones with a point."""
    if about.kind is Kind.DATE and re.fullmatch("[1-9][0-9]{4}", text):
        return (date(1899, 12, 30) + timedelta(days=int(text))).isoformat()
    return text.removesuffix(".0") if about.kind in DIGITS and re.fullmatch(r"-?[0-9]+\.0", text) else text


def _degrees(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if -most <= value <= most else None


def _subject_id(kept: Kept, values: Mapping[str, Any]) -> uuid.UUID:
    """Always the same for a row about the same: by its unique number, else by what names it. Keyed, so it tells nothing."""
    number = [str(values[one.name]) for one in kept.fields.values() if one.unique and values.get(one.name)]
    return id_of(kept.register, bool(number), number or [str(values.get(name) or "") for name in IDENTITY[kept.register]])
