"""What of a case may be public: one notion for lists, map, feeds and Open311, and one row a case that says how far it came.

Public are category, square and community, days, department and where it stands; words only when a person has released
them. Never public are requests (诉求), which are affairs of persons, and cases with a confidential report. Whether a case
waits for a look first is the city's policy for its category (`look_first` of sla/numbers.py). What was decided holds as long
as the case is what it was: shown() looks at the case itself, so one that is merged, voided, reopened or made confidential
is taken back with that commit, before any job has run.
"""
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, and_, exists, literal_column, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, taxonomy
from casework.cases import wording
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.wording import Language
from casework.cases.workflow import Status
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.geography.squares import COMMUNITY, blurred, tile_of
from casework.identity.people import Department
from casework.sla import policies
from casework.storage import outbox
from casework.storage.database import Base, one_at_a_time, partial_index
from casework.storage.outbox import Event


class State(StrEnum):
    """waiting: for a person; published; withheld: by a rule, or by a person."""

    WAITING = "waiting"
    PUBLISHED = "published"
    WITHHELD = "withheld"


class Publication(Base):
    """How far a filed case came. What lists and map narrow by is kept here, as strangers know it; the rest stands in the case.

    `words` are what a moderator released: public, and forgotten with the words of the case's reports.
    """

    __tablename__ = "publications"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    state: Mapped[State]
    words: Mapped[str | None]
    category_code: Mapped[str | None]
    community_code: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    """The middle of the square, WGS-84; None where only words tell the place."""
    tile: Mapped[int | None]
    is_open: Mapped[bool] = mapped_column(default=True)
    reopens: Mapped[int] = mapped_column(default=0)
    """How often the case had been reopened: what was decided before that is not said of it afterwards."""
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    """Since when it has this state."""
    followed_at: Mapped[datetime] = mapped_column(default=clock.now)
    """Up to when what happened to the case is seen here."""
    stirred_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When the public last had something new to read of it: it became public, its words changed, or the case went on."""
    decided_by_id: Mapped[uuid.UUID | None]
    """Nobody, where the policy or a rule decided."""
    reason: Mapped[str | None]

    __table_args__ = (
        *(partial_index(f"ix_publications_{state.value}", "changed_at", "case_id", where=f"state = '{state.value}'")
          for state in State),
        *(partial_index(f"ix_publications_public{name}", "is_open", *by, "published_at", "case_id", where="state = 'published'")
          for name, by in (("", ()), ("_community", ("community_code",)), ("_category", ("category_code",)),
                           ("_tile", ("tile",)))),
        *(partial_index(f"ix_publications_stirred{name}", *by, "stirred_at", "case_id", where="state = 'published'")
          for name, by in (("", ()), ("_community", ("community_code",)), ("_category", ("category_code",)),
                           ("_tile", ("tile",)))),
        partial_index("ix_publications_unlooked", "changed_at", "case_id",
                      where="state = 'published' AND decided_by_id IS NULL"),
        partial_index("ix_publications_left", "changed_at", where="published_at IS NOT NULL AND state != 'published'"),
    )

    @property
    def square(self) -> Point | None:
        """The middle of the square that the case lies in."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)


UNFILED = (Status.REPORTED, Status.VERIFYING)
BARRED = {
    Status.REJECTED: "不予受理的不公开 what is not taken up is not published",
    Status.VOID: "作废的不公开 what is void is not published",
    Status.MERGED: "已并案，公开的是所并入的案件 merged: the other case is published",
    **dict.fromkeys(UNFILED, "未立案的不公开 not filed yet")}
"""The statuses in which nothing is public, and why."""

REQUESTS = "3"
"""The first digit of a code is its kind."""
REQUEST = "诉求属个人事务，不公开 requests are affairs of persons"
CONFIDENTIAL = "有保密上报，不公开 a report in it is confidential"

BEGINS = ("case.file", "case.self_handle")
FOLLOWED = (*BEGINS, "case.correct", "case.joined", "case.merge", "case.unmerge", "case.unjoin", "case.split", "case.pass",
            "case.accept", "case.reject", "case.void", "case.sample", "case.reopen", "case.order_rework", "case.comment")
"""The events after which a case may be public, or no more, or be found elsewhere. A remark may say that the caller of a
ticket wants to be confidential."""

STIRS = tuple(f"case.{action}" for action in wording.HAPPENED)
"""The events of which the public reads."""


def has_state(state: State) -> ColumnElement[bool]:
    """Of a publication, as its partial indexes spell it."""
    return Publication.state == literal_column(f"'{state.value}'")


SECRET = select(Report.id).where(Report.case_id == Case.id, Report.confidential).correlate(Case).exists()
"""Of a case: a report in it is confidential."""
STANDS = and_(Case.standard_id.is_not(None), Case.status.not_in(BARRED), Case.category_code < REQUESTS, ~SECRET)
"""Of a case: nothing bars it now."""
HOLDS = and_(has_state(State.PUBLISHED), Publication.reopens == Case.reopens)
"""Of its publication: it was published, and that is not out of date."""
LEFT = and_(Publication.published_at.is_not(None), Publication.state != literal_column(f"'{State.PUBLISHED.value}'"))
"""Of a publication, as its index spells it: it was public once and is no more."""


def shown() -> ColumnElement[bool]:
    """Of a case: everybody may know of it. The truth of this moment; needs no join."""
    return and_(STANDS, select(Publication.case_id).where(Publication.case_id == Case.id, HOLDS).correlate(Case).exists())


@dataclass(frozen=True)
class PublicCase:
    """A case as everybody may know it. `id` is ours, to find what belongs to it, and is shown to nobody."""

    id: uuid.UUID
    number: str
    is_open: bool
    stands: str
    """Where it stands, in words."""
    category: str | None
    category_code: str | None
    community: str | None
    community_code: str | None
    square: Point | None
    """The middle of the square of some 200 metres in which it lies, WGS-84."""
    opened_at: datetime
    published_at: datetime
    moved_at: datetime
    closed_at: datetime | None
    department: str | None
    report_count: int
    words: str | None
    """What a moderator released."""


def describe(db: Session, cases: Sequence[Case], language: Language = Language.ZH) -> list[PublicCase]:
    """These cases for everybody, in their order; those that are not public are left out."""
    wanted = (select(Publication).join(Case, Case.id == Publication.case_id)
              .where(Publication.case_id.in_([one.id for one in cases]), STANDS, HOLDS))
    rows = {one.case_id: one for one in db.scalars(wanted)}
    leads = {one.lead_department_id for one in cases if one.lead_department_id}
    names = {row.id: row.name for row in db.execute(select(Department.id, Department.name).where(Department.id.in_(leads)))}
    return [_described(db, one, rows[one.id], names.get(one.lead_department_id), language)
            for one in cases if one.id in rows]


def _described(db: Session, case: Case, row: Publication, department: str | None, language: Language) -> PublicCase:
    category = taxonomy.catalogue(db, case.taxonomy_version_id).by_code.get(case.category_code or "")
    community = community_of(case)
    place = areas.describe(db, community) if community else None
    return PublicCase(
        case.id, case.number, case.is_open, wording.STANDS[case.status][language], category.name if category else None,
        case.category_code, place.full_name if place else None, community, case.place and blurred(case.place), case.opened_at,
        row.published_at or row.changed_at, case.moved_at, case.closed_at, department, case.report_count, row.words)


def community_of(case: Case) -> str | None:
    """The code of the community, or of what is larger where that is all that is known."""
    return case.area_code[:COMMUNITY] if case.area_code else None


def find(db: Session, number: str) -> Case | None:
    """The case of this number, if everybody may know of it."""
    return db.scalar(select(Case).where(Case.number == number, shown()))


def confidential(db: Session, case_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these cases in which a report is confidential."""
    asked = select(Report.case_id).where(Report.case_id.in_(list(case_ids)), Report.confidential)
    return {one for one in db.scalars(asked) if one}


def bar(case: Case, *, secret: bool) -> str | None:
    """Why a case must not be public, whatever anybody decides; None when nothing is against it. `secret`: confidential()
    has it."""
    if case.status in BARRED or case.standard_id is None:
        return BARRED.get(case.status, BARRED[Status.REPORTED])
    if (case.category_code or REQUESTS) >= REQUESTS:
        return REQUEST
    return CONFIDENTIAL if secret else None


def one_writer(db: Session) -> None:
    """Until this transaction ends nobody else writes publications. To be asked for before a case is locked."""
    one_at_a_time(db, "publications")


def follow(db: Session, case_ids: Iterable[uuid.UUID]) -> int:
    """Let the publications of these cases be as the cases are now; how many became public. Bears repetition.

    Cases that were never filed have none. The cases are not locked: a step that is under way meanwhile brings its own event.
    """
    one_writer(db)
    cases = db.scalars(select(Case).where(Case.id.in_(list(case_ids))).order_by(Case.id)).all()
    ids = [one.id for one in cases]
    rows = {one.case_id: one for one in db.scalars(select(Publication).where(Publication.case_id.in_(ids)))}
    secret, became = confidential(db, ids), 0
    for case in cases:
        row = rows.get(case.id)
        if row is None:
            if case.standard_id is None or case.status in UNFILED:
                continue
            row = Publication(case_id=case.id, state=State.WITHHELD, reopens=case.reopens)
            db.add(row)
        became += _follow_one(db, case, row, bar(case, secret=case.id in secret))
    db.flush()
    return became


def _follow_one(db: Session, case: Case, row: Publication, why: str | None) -> bool:
    again = row.reopens != case.reopens
    carry(case, row)
    if why:
        if row.decided_by_id is None or row.state is not State.WITHHELD:
            settle(db, case, row, State.WITHHELD, reason=why)
        return False
    if row.decided_by_id and (row.state is State.WITHHELD or not again):
        row.reopens = case.reopens  # a person's refusal outlives a reopening, a release does not
        return False
    look_first = policies.numbers(db, case.category_code).look_first
    return settle(db, case, row, State.WAITING if look_first else State.PUBLISHED)


def carry(case: Case, row: Publication) -> None:
    """What lists and map narrow by, as it is in the case now."""
    square = case.place and blurred(case.place)
    row.category_code, row.community_code, row.is_open = case.category_code, community_of(case), case.is_open
    row.lon, row.lat, row.tile = (square.lon, square.lat, tile_of(square)) if square else (None, None, None)
    row.followed_at = clock.now()


def settle(db: Session, case: Case, row: Publication, state: State, *, by: uuid.UUID | None = None, words: str | None = None,
           reason: str | None = None) -> bool:
    """Give a publication this state, by a person or by rule, and say so if the case became public; whether it did."""
    was_public = row.state is State.PUBLISHED and row.reopens == case.reopens
    if row.state is not state or row.reopens != case.reopens:
        row.changed_at = clock.now()
    reads_otherwise = row.words != words
    row.state, row.reopens, row.decided_by_id, row.words, row.reason = state, case.reopens, by, words, reason
    becomes = state is State.PUBLISHED and not was_public
    if becomes or (was_public and reads_otherwise):
        row.stirred_at = clock.now()
    if becomes:
        row.published_at = row.stirred_at
        outbox.publish(db, "case.published", case.id)
    return becomes


def stir(db: Session, case_ids: Iterable[uuid.UUID]) -> None:
    """What is public of these cases went on: feeds tell the latest first. Bears repetition."""
    one_writer(db)
    moved_at = select(Case.moved_at).where(Case.id == Publication.case_id).scalar_subquery()
    older = Publication.case_id.in_(list(case_ids)), has_state(State.PUBLISHED), Publication.stirred_at < moved_at
    db.execute(update(Publication).where(*older).values(stirred_at=moved_at).execution_options(synchronize_session=False))


def reconsider(db: Session, limit: int) -> int:
    """Let up to `limit` cases of which no person has decided be as the city's policy has it now; how many were looked at, 0
    when none is left."""
    first, after = _by_policy(db)
    stale = or_(and_(has_state(State.PUBLISHED), Publication.category_code.in_(after)),
                and_(has_state(State.WAITING), Publication.category_code.in_(first)))
    found = db.scalars(select(Publication.case_id).where(stale, Publication.decided_by_id.is_(None)).limit(limit)).all()
    follow(db, found)
    return len(found)


def _by_policy(db: Session) -> tuple[list[str], list[str]]:
    """The categories that are published before a look, and those that wait for one."""
    codes = [one for one in taxonomy.catalogue(db).by_code if one < REQUESTS]
    waits = {one for one in codes if policies.numbers(db, one).look_first}
    return [one for one in codes if one not in waits], sorted(waits)


def unfollowed(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events of this span after which no publication was looked at although they were handed over: lost with Redis."""
    seen = exists().where(Publication.case_id == Event.subject, Publication.followed_at >= Event.happened_at)
    known = exists().where(Publication.case_id == Event.subject)
    filed = exists().where(Case.id == Event.subject, Case.standard_id.is_not(None), Case.status.not_in(UNFILED))
    lost = (select(Event.id).where(Event.name.in_(FOLLOWED), Event.happened_at >= since, Event.relayed_at < until, ~seen,
                                   or_(known, and_(Event.name.in_(BEGINS), filed)))
            .order_by(Event.happened_at, Event.id).limit(limit))
    return list(db.scalars(lost))


def unstirred(db: Session, since: datetime, until: datetime, limit: int) -> list[uuid.UUID]:
    """Public cases that went on in this span without stir() having been told of it: lost with Redis."""
    unread = exists().where(Entry.case_id == Case.id, Entry.action.in_(wording.HAPPENED), Entry.at > Publication.stirred_at)
    moved = Case.moved_at >= since, Case.moved_at < until
    return list(db.scalars(select(Case.id).join(Publication, Publication.case_id == Case.id).where(
        *moved, has_state(State.PUBLISHED), Publication.stirred_at < Case.moved_at, unread).limit(limit)))


def unseen(db: Session, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """Filed cases without a publication, from after this id on: older than publications are, or lost for longer than a day."""
    wanted = select(Case.id).where(Case.standard_id.is_not(None), Case.status.not_in(UNFILED),
                                   ~exists().where(Publication.case_id == Case.id)).order_by(Case.id).limit(limit)
    return list(db.scalars(wanted.where(Case.id > after) if after else wanted))
