"""The search for open cases that may be the same problem: by map squares and by keys of the words, for a batch at once.

Its cost is that of what is found: squares are read by index as far back as a window may reach, and a key under which
many open cases stand already finds nobody new, so nothing grows with the city or its history.
"""
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Engine, ForeignKey, and_, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases import similarity
from casework.cases.case import Case
from casework.cases.cells import cells_around, kilometre_of, moved
from casework.cases.report import Report
from casework.cases.similarity import Evidence, Rarity, Score
from casework.geography.coordinates import Point, metres_between
from casework.media import Photo
from casework.storage import database
from casework.storage.database import Base
from casework.taxonomy import Catalogue

CROWDED = 16
"""A key that so many reports on open cases have tells nothing any more: it is not given to another."""

NEAREST, LIKEST = 8, 12
"""Candidates a report is compared with: by place, and by words."""

PHOTOS = 50
"""Of a case's photos the newest so many are compared, of its reports and of its inspections each."""

WIDENED, PROLONGED = 1.35, 8
"""Times the window's metres and hours: beyond, a case at the same place is not even proposed."""

LONGEST = timedelta(days=366)
"""No window reaches further back, whatever a category says."""

SAMPLE = 4_000
FRESH, GROWING = timedelta(hours=1), timedelta(minutes=5)
"""How long what was learnt of the city's words holds: with a whole sample, and before there is one."""

BUCKETS = 512
"""Triage locks words by so many names at most: a key each would fill the database's table of locks."""


class ReportKey(Base):
    """A number under which the words of a report are found; only of reports whose case was open when last looked at."""

    __tablename__ = "report_keys"
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True, index=True)


@dataclass(frozen=True)
class Match:
    """An open case, and how likely it is the same problem."""

    case_id: uuid.UUID
    score: Score


@dataclass(frozen=True)
class Known:
    """What is known of a case: by the report that was found, or by its own title."""

    case_id: uuid.UUID
    evidence: Evidence


_learned: tuple[Engine, datetime, Rarity] | None = None


def rarity(db: Session) -> Rarity:
    """What is rare in the city's latest texts; learnt anew every hour in each process."""
    global _learned  # noqa: PLW0603 - one a process, replaced whole
    if _learned is not None and _learned[0] is database.engine() and clock.now() < _learned[1]:
        return _learned[2]
    latest = db.execute(select(Report.title, Report.text).order_by(Report.received_at.desc()).limit(SAMPLE)).all()
    made = Rarity(["\n".join(filter(None, row)) for row in latest])
    _learned = database.engine(), clock.now() + (FRESH if len(latest) == SAMPLE else GROWING), made
    return made


def forget_old(db: Session, batch: int = 2_000) -> int:
    """Drop keys of reports that are too old to be found by; returns how many. Call again while it is `batch`."""
    # A report's id grows with time: the oldest that may still be found has an id above this one.
    oldest = uuid.UUID(int=int((clock.now() - similarity.MEMORY).timestamp() * 1000) << 80)
    rows = db.execute(select(ReportKey.key, ReportKey.report_id).where(ReportKey.report_id < oldest)
                      .order_by(ReportKey.report_id).limit(batch)).all()
    _forget(db, [(row.key, row.report_id) for row in rows])
    return len(rows)


def photos_of(db: Session, report_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """The perceptual hashes of those photos of these reports that are prepared."""
    found = db.execute(select(Photo.report_id, Photo.phash).where(
        Photo.report_id.in_(list(report_ids)), Photo.phash.is_not(None)))
    return _gathered(found)


class Lookout:
    """Finds for each report of a batch, given as evidence, the cases that it may belong to."""

    nearest = NEAREST
    among: ColumnElement[bool] = and_(Case.is_open)
    """The cases that may be found."""

    def __init__(self, catalogue: Catalogue, reports: Mapping[uuid.UUID, Evidence], worded: Collection[uuid.UUID],
                 chosen: Mapping[uuid.UUID, uuid.UUID] | None = None) -> None:
        """`worded`: those that words lead somewhere; what a grid worker types beside a point on the map is too short.
        `chosen`: the cases that reporters said their reports are about."""
        self.catalogue, self.reports, self.chosen = catalogue, reports, chosen or {}
        self.keys = {one: similarity.keys(reports[one].words) for one in worded}
        self._near: dict[str, list[Known]] = defaultdict(list)
        self._cases: dict[uuid.UUID, Known] = {}
        self._alike: dict[uuid.UUID, Known] = {}
        self._under: dict[int, list[uuid.UUID]] = defaultdict(list)
        self._photos: dict[uuid.UUID, frozenset[str]] = {}
        self._kept: list[dict[str, Any]] = []

    def locks(self) -> list[str]:
        """What to pass one at a time before look(), in the order in which to pass: two batches must not open two cases for
        one manhole, nor for one story."""
        squares = {f"triage {square}" for one in self.reports.values() for square in self._squares(one)}
        words = {f"triage words {key % BUCKETS:03}" for keys in self.keys.values() for key in keys}
        return sorted(squares) + sorted(words)

    def look(self, db: Session, *, tidy: bool = False) -> None:
        """Find the candidates of all reports; a few statements however many there are. `tidy` clears away what leads to
        cases that are over; for those who write anyway."""
        near, alike = self._by_place(db), self._by_words(db, tidy=tidy)
        words = rarity(db).read([(None, row.title) for row in near] + [(row.heading, row.text) for row in alike])
        for row, mine in zip(near, words[:len(near)], strict=True):
            known = Known(row.id, self._evidence(row, row.opened_at, mine))
            self._cases[row.id] = known
            if row.cell:
                self._near[row.cell].append(known)
        for row, mine in zip(alike, words[len(near):], strict=True):
            self._alike[row.report_id] = Known(row.id, self._evidence(row, row.received_at, mine))
        if any(one.photos for one in self.reports.values()):
            self._photos = photos_of_cases(db, {row.id for row in (*near, *alike)})

    def ranked(self, report_id: uuid.UUID) -> list[Match]:
        """The cases that this report may belong to, the likeliest first."""
        mine, best = self.reports[report_id], dict[uuid.UUID, Score]()
        for known in self._candidates(report_id):
            other = replace(known.evidence, photos=self._photos.get(known.case_id, known.evidence.photos))
            found = similarity.score(mine, other, self.catalogue, chosen=self.chosen.get(report_id) == known.case_id)
            if known.case_id not in best or _rank(best[known.case_id]) < _rank(found):
                best[known.case_id] = found
        return sorted((Match(*one) for one in best.items()), key=lambda one: _rank(one.score), reverse=True)

    def found(self) -> set[uuid.UUID]:
        """The cases to which any of these reports may belong."""
        return {known.case_id for known in (*self._cases.values(), *self._alike.values())}

    def counted(self, report_id: uuid.UUID, case: Case) -> None:
        """The report counts in this case from now on: it is found by those after it, of this batch and later."""
        known = Known(case.id, replace(self.reports[report_id], category=case.category_code, place=case.place))
        if case.cell and case.report_count == 1:
            self._near[case.cell].append(known)
        self._alike[report_id] = known
        for key in self.keys.get(report_id, ()):
            if len(self._under[key]) < CROWDED:
                self._under[key].append(report_id)
                self._kept.append({"key": key, "report_id": report_id})

    def keep(self, db: Session) -> None:
        """Write down under which keys the reports of this batch are found; after they are in the database."""
        if self._kept:
            db.execute(insert(ReportKey), sorted(self._kept, key=lambda row: (row["key"], row["report_id"])))

    def _squares(self, one: Evidence) -> set[str]:
        if one.place is None:
            return set()
        metres = self.catalogue.window(one.category).metres
        return {kilometre_of(moved(one.place, east, north)) for east in (-metres, metres) for north in (-metres, metres)}

    def _cells(self, one: Evidence) -> list[str]:
        return cells_around(one.place, self.catalogue.window(one.category).metres) if one.place else []

    def _by_place(self, db: Session) -> list[Any]:
        """Open cases in the squares around the reports, and those that were chosen wherever they are."""
        wanted = select(Case.id, Case.cell, Case.title, Case.opened_at, Case.category_code, Case.lon, Case.lat,
                        Case.area_code).where(self.among)
        found = {row.id: row for row in db.execute(wanted.where(Case.id.in_(set(self.chosen.values()))))} if self.chosen else {}
        cells = sorted({cell for one in self.reports.values() for cell in self._cells(one)})
        if cells:
            hours = max(self.catalogue.window(one.category).hours for one in self.reports.values() if one.place)
            since = min(one.at for one in self.reports.values()) - min(timedelta(hours=PROLONGED * hours), LONGEST)
            for start in range(0, len(cells), 400):
                part = wanted.where(Case.cell.in_(cells[start:start + 400]), Case.opened_at >= since)
                found |= {row.id: row for row in db.execute(part)}
        return list(found.values())

    def _by_words(self, db: Session, *, tidy: bool) -> list[Any]:
        keys = sorted({key for keys in self.keys.values() for key in keys})
        stale: list[tuple[int, uuid.UUID]] = []
        written = (select(ReportKey.key, ReportKey.report_id, Case.is_open, Report.received_at)
                   .join(Report, Report.id == ReportKey.report_id).join(Case, Case.id == Report.case_id)
                   .order_by(ReportKey.key, Report.received_at, Report.id))
        for start in range(0, len(keys), 400):
            for row in db.execute(written.where(ReportKey.key.in_(keys[start:start + 400]))):
                if row.is_open and row.received_at > clock.now() - similarity.MEMORY:
                    self._under[row.key].append(row.report_id)
                else:
                    stale.append((row.key, row.report_id))
        if tidy:
            _forget(db, stale)
        likest = sorted({one for report_id in self.keys for one in self._likest(report_id)})
        wanted = select(Report.id.label("report_id"), Report.title.label("heading"), Report.text, Report.received_at, Case.id,
                        Case.category_code, Case.lon, Case.lat, Case.area_code).join(Case, Case.id == Report.case_id)
        wanted = wanted.where(self.among)
        return [row for start in range(0, len(likest), 400)
                for row in db.execute(wanted.where(Report.id.in_(likest[start:start + 400])))]

    def _likest(self, report_id: uuid.UUID) -> list[uuid.UUID]:
        """Reports that share the most keys with this one, the latest first among equals."""
        common = Counter(one for key in self.keys.get(report_id, ()) for one in reversed(self._under.get(key, ())))
        common.pop(report_id, None)
        return [one for one, _ in common.most_common(LIKEST)]

    def _candidates(self, report_id: uuid.UUID) -> list[Known]:
        mine = self.reports[report_id]
        near = []
        if mine.place:
            window, neighbours = self.catalogue.window(mine.category), self._neighbours(mine.category)
            for known in (self._seen(mine, one) for cell in self._cells(mine) for one in self._near.get(cell, ())):
                place, other = known.evidence.place, known.evidence
                metres = metres_between(mine.place, place) if place else 0.0
                long = abs(mine.at - other.at) > PROLONGED * timedelta(hours=window.hours)
                if metres <= WIDENED * window.metres and not long:
                    near.append((other.category not in neighbours, metres, abs(mine.at - other.at), known))
        near.sort(key=lambda one: one[:3])
        alike = [self._seen(mine, self._alike[one]) for one in self._likest(report_id) if one in self._alike]
        chosen = self._cases.get(self.chosen.get(report_id, report_id))
        return [known for *_, known in near[:self.nearest]] + alike + ([self._seen(mine, chosen)] if chosen else [])

    def _seen(self, _mine: Evidence, known: Known) -> Known:
        """What of a case is compared with this report: all that is known of it."""
        return known

    def _evidence(self, row: Any, at: datetime, words: similarity.Words) -> Evidence:
        place = None if row.lon is None or row.lat is None else Point(row.lon, row.lat)
        category = row.category_code if row.category_code in self.catalogue.by_code else None  # an older taxonomy's is unknown
        return Evidence(at, words, category, place, row.area_code)

    def _neighbours(self, category: str | None) -> Collection[str | None]:
        return self.catalogue.neighbours(category) if category else ()


def _rank(score: Score) -> tuple[bool, float]:
    return score.sure, score.total


def _forget(db: Session, stale: Sequence[tuple[int, uuid.UUID]]) -> None:
    """Keys of reports whose case is over find nobody any more. They go when they are met: each is read in vain once."""
    for start in range(0, len(stale), 200):
        part = stale[start:start + 200]
        db.execute(delete(ReportKey).where(ReportKey.key.in_({key for key, _ in part}),
                                           ReportKey.report_id.in_({report_id for _, report_id in part})))


def photos_of_cases(db: Session, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """The newest photos of each case: one with a crowd of them takes none from the others."""
    ids, found = list(case_ids), list[Any]()
    for start in range(0, len(ids), 400):
        part = ids[start:start + 400]
        for owner, photos in ((Report.case_id, Photo.__table__.join(Report.__table__, Photo.report_id == Report.id)),
                              (Photo.case_id, Photo.__table__)):
            nth = func.row_number().over(partition_by=owner, order_by=Photo.id.desc()).label("nth")
            each = (select(owner.label("owner"), Photo.phash, nth).select_from(photos)
                    .where(owner.in_(part), Photo.phash.is_not(None)).subquery())
            found += db.execute(select(each.c.owner, each.c.phash).where(each.c.nth <= PHOTOS))
    return _gathered(found)


def _gathered(rows: Iterable[Any]) -> dict[uuid.UUID, frozenset[str]]:
    made: dict[uuid.UUID, set[str]] = defaultdict(set)
    for owner, phash in rows:
        made[owner].add(phash)
    return {owner: frozenset(hashes) for owner, hashes in made.items()}
