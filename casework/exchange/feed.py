"""What each platform is told, in one order: a line for each ticket and each step of its case, numbered as it can be read.

Numbers that a sequence gives out are not committed in their order: who has read up to 7 would never see a 6 that is committed
later. So one writer at a time numbers the lines. They are made from the history of the case, whatever event said that there is
something new: so events that come twice, late or in another order make neither gaps nor doubles nor disorder.
"""
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Channel, Report
from casework.exchange import hotline_platform
from casework.exchange.hotline_platform import BESIDE, JOIN, RATE, TOLD
from casework.exchange.subscriptions import Subscription
from casework.identity.people import Department
from casework.storage.database import Base, Serial, new_id, one_at_a_time, partial_index
from casework.storage.outbox import Event

EVENTS = (*(f"case.{action}" for action in sorted(TOLD)), *BESIDE.values())
"""Events after which a case has something to tell."""

KEPT = timedelta(days=90)
"""So long a platform may read back."""

LEAVES = {"merge": 0, "unjoin": 1, "split": 1}
"""Actions by which reports leave a case, and whether that line is told there no more: those parted hear of their new case."""


class FeedEntry(Base):
    """A platform is told this of one of its tickets. Below the line, how its webhook fares."""

    __tablename__ = "exchange_entries"
    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(unique=True)
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clients.id"))
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    line: Mapped[int]
    event: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    # ---
    owed: Mapped[bool] = mapped_column(default=False)
    """To be delivered, and not delivered yet. Later ones of the same case and of the same ticket wait for it."""
    next_try_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    """Given up until somebody revives it."""
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("report_id", "case_id", "line"), Index(None, "client_id", "seq"), Index(None, "at"),
        partial_index("ix_exchange_entries_owed_case", "client_id", "case_id", "seq", where="owed"),
        partial_index("ix_exchange_entries_owed_report", "client_id", "report_id", "seq", where="owed"),
        partial_index("ix_exchange_entries_waiting", "client_id", "next_try_at", where="next_try_at IS NOT NULL"),
        partial_index("ix_exchange_entries_dead", "client_id", "seq", where="failed_at IS NOT NULL"),
    )

    @property
    def told(self) -> dict[str, Any]:
        """What the platform reads, by feed or webhook."""
        return {"id": self.id.hex, "seq": self.seq, **self.body}


class Followed(Base):
    """Up to which line of its history a case was told."""

    __tablename__ = "exchange_followed"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    line: Mapped[int]


def follow(db: Session, case_ids: Collection[uuid.UUID]) -> int:
    """Write down what the platforms have not been told of these cases; how many lines. Bears repetition. From here on until
    the transaction ends nobody else numbers."""
    one_at_a_time(db, "exchange")
    merged = db.scalars(select(Case.id).where(Case.merged_into_id.in_(case_ids)))  # their end comes before what follows there
    cases = {case.id: case for case in db.scalars(select(Case).where(Case.id.in_({*case_ids, *merged})))}
    done = {one.case_id: one for one in db.scalars(select(Followed).where(Followed.case_id.in_(cases)))}
    rows: list[dict[str, Any]] = []
    histories = _histories(db, cases)
    tickets = _tickets(db, cases, histories)
    moved = _moved_in(cases, histories)
    names = {str(one.id): one.name for one in db.execute(select(Department.id, Department.name))}
    wanted = {one.client_id: one for one in db.scalars(select(Subscription).where(Subscription.active))}
    for case_id, case in sorted(cases.items(), key=lambda item: (item[1].merged_into_id is None, item[0])):
        if not tickets[case_id]:
            continue
        lines = histories[case_id]
        before = done[case_id].line if case_id in done else 0
        for at, line in enumerate(lines):
            if line.number > before:
                rows += [_row(case, report, lines[:at + 1], names, wanted)
                         for report in _concerned(line, lines, tickets[case_id], moved)]
        _remember(db, case, done.get(case_id))
    if rows:
        first = newest(db) + 1
        db.connection().execute(insert(FeedEntry.__table__),  # type: ignore[arg-type]  # plain: no object comes of it
                                [row | {"seq": seq} for seq, row in enumerate(rows, first)])
    return len(rows)


def newest(db: Session) -> int:
    """The highest number so far; that line is never forgotten."""
    return db.scalar(select(func.max(FeedEntry.seq))) or 0


def since(db: Session, client_id: uuid.UUID, seq: int, limit: int) -> Sequence[FeedEntry]:
    """Up to `limit` lines of this platform after this number, in order."""
    wanted = select(FeedEntry).where(FeedEntry.client_id == client_id, FeedEntry.seq > seq)
    return db.scalars(wanted.order_by(FeedEntry.seq).limit(limit)).all()


def unfollowed(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events of this span that were handed over, and whose case has since then not told all; the oldest first."""
    ours = select(Report.id).where(Report.case_id == Event.subject, Report.channel == Channel.HOTLINE,
                                   Report.source.startswith("client:"))
    lost = (select(Event.id).join(Case, Case.id == Event.subject)
            .join(Followed, Followed.case_id == Case.id, isouter=True)
            .where(Event.name.in_(EVENTS), Event.happened_at >= since, Event.relayed_at < until, Event.happened_at <= until,
                   or_(Followed.line.is_(None), Followed.line < Case.history_length), ours.exists()))
    return list(db.scalars(lost.order_by(Event.happened_at, Event.id).limit(limit)))


def forget(db: Session, batch: int) -> int:
    """Forget what was told long ago and is owed to nobody; how many lines. Call again while it is `batch`."""
    old = select(FeedEntry.seq).where(FeedEntry.at < clock.now() - KEPT, ~FeedEntry.owed, FeedEntry.seq < newest(db))
    seqs = db.scalars(old.order_by(FeedEntry.at).limit(batch)).all()
    db.execute(delete(FeedEntry).where(FeedEntry.seq.in_(seqs)))
    return len(seqs)


def _histories(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Entry]]:
    found: dict[uuid.UUID, list[Entry]] = defaultdict(list)
    read = TOLD | LEAVES.keys() | BESIDE.keys() | {"merged_in"}
    lines = select(Entry).where(Entry.case_id.in_(list(case_ids)), Entry.action.in_(read))
    for line in db.scalars(lines.order_by(Entry.case_id, Entry.number)):
        found[line.case_id].append(line)
    return found


def _tickets(db: Session, case_ids: Iterable[uuid.UUID], histories: dict[uuid.UUID, list[Entry]]) -> dict[
        uuid.UUID, dict[str, Report]]:
    """By case the tickets of platforms that count there, or did so before they left; by id and by number."""
    made: dict[uuid.UUID, dict[str, Report]] = {case_id: {} for case_id in case_ids}
    left: dict[str, set[uuid.UUID]] = defaultdict(set)
    for case_id, lines in histories.items():
        for name in (name for line in lines if line.action in LEAVES for name in line.facts.get("reports", ())):
            left[name].add(case_id)
    ids = {uuid.UUID(name) for name in left if not name.startswith("ZW")}
    tickets = select(Report).where(Report.channel == Channel.HOTLINE, Report.source.startswith("client:"), or_(
        Report.case_id.in_(list(made)), Report.id.in_(ids), Report.number.in_(list(left))))
    for report in db.scalars(tickets.order_by(Report.received_at, Report.id)):
        for at in {report.case_id, *left.get(str(report.id), ()), *left.get(report.number, ())} & made.keys():
            made[at][str(report.id)] = report
    return made


def _moved_in(cases: Mapping[uuid.UUID, Case], histories: Mapping[uuid.UUID, Sequence[Entry]]) -> dict[
        tuple[uuid.UUID, str], int]:
    """By case and id of a report the line with which it came there from a case that was merged into it."""
    by_number = {case.number: case for case in cases.values()}
    made: dict[tuple[uuid.UUID, str], int] = {}
    for case_id, lines in histories.items():
        for line in lines:
            merged = by_number.get(line.facts["case"]) if line.action == "merged_in" else None
            ends = [one for one in histories.get(merged.id, ()) if one.action == "merge"] if merged else []
            made |= {(case_id, report): line.number for report in (ends[-1].facts["reports"] if ends else ())}
    return made


def _concerned(line: Entry, lines: Sequence[Entry], tickets: dict[str, Report],
               moved: Mapping[tuple[uuid.UUID, str], int]) -> Iterator[Report]:
    """The tickets that hear of this line: those that counted in the case then."""
    if line.action not in TOLD | BESIDE.keys():
        return
    for one, report in tickets.items():
        names = {one, report.number}
        came = max([moved.get((line.case_id, one), 0), *(
            other.number for other in lines if other.action == JOIN and other.facts.get("report") == one)])
        went = next((other.number - LEAVES[other.action] for other in reversed(lines)
                     if other.action in LEAVES and names & set(other.facts.get("reports", ()))), None)
        here = came <= line.number and (report.case_id == line.case_id or (went is not None and line.number <= went))
        alone = line.action in {JOIN, RATE} and line.facts.get("report") not in names
        if here and not alone:
            yield report


def _row(case: Case, report: Report, lines: Sequence[Entry], names: dict[str, str],
         wanted: dict[uuid.UUID, Subscription]) -> dict[str, Any]:
    client_id = uuid.UUID(report.source.removeprefix("client:"))
    body = hotline_platform.status(case, report, lines, names)
    subscription = wanted.get(client_id)
    owed = subscription is not None and subscription.wants(body["event"])
    return {"id": new_id(), "client_id": client_id, "report_id": report.id, "case_id": case.id, "line": lines[-1].number,
            "event": body["event"], "body": body, "at": clock.now(), "owed": owed,
            "next_try_at": clock.now() if owed else None, "attempts": 0}


def _remember(db: Session, case: Case, before: Followed | None) -> None:
    if before is None:
        db.add(Followed(case_id=case.id, line=case.history_length))
    else:
        before.line = case.history_length
