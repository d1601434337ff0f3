"""Proposals that two cases are one problem: made by triage where it is not sure, decided by people, never made twice."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, taxonomy
from casework.cases.case import Case
from casework.cases.lookout import Lookout, Match, photos_of, rarity
from casework.cases.report import Channel, Report
from casework.cases.similarity import Evidence
from casework.errors import Conflict, NotFound
from casework.identity.people import Actor
from casework.sla import policies
from casework.storage.database import Base, Keyed, insert_once, new_id
from casework.taxonomy import Catalogue

PROPOSED = 5
"""So many cases at most are found for one in one look."""

REMEMBERED = 50
"""So many pairs at most that were proposed before are shown beside a case: those that wait for a person, then the latest."""


class State(StrEnum):
    """open: waits for a person; accepted: merged; declined: looked at, and not the same."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Proposal(Keyed, Base):
    """A pair of cases, once: the younger, and the older one that it may be the same as. `reasons` are for people."""

    __tablename__ = "duplicate_proposals"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    score: Mapped[float]
    reasons: Mapped[list[str]]
    state: Mapped[State] = mapped_column(default=State.OPEN)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (UniqueConstraint("case_id", "other_id"), Index(None, "other_id"))


@dataclass(frozen=True)
class Similar:
    """A case beside another: how likely they are one problem, why, and what was decided about it."""

    case: Case
    score: float
    reasons: Sequence[str]
    joins: bool
    """A report with these reasons would join by itself."""
    state: State


def known(catalogue: Catalogue, code: str | None) -> str | None:
    """The category, if the current taxonomy still has it."""
    return code if code in catalogue.by_code else None


def propose(db: Session, pairs: Iterable[tuple[uuid.UUID, Match]]) -> None:
    """Leave these pairs to a person; a pair that was proposed before stays as it is."""
    at = clock.now()
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "case_id": max(case_id, match.case_id), "other_id": min(case_id, match.case_id),
         "score": match.score.total, "reasons": list(match.score.reasons), "state": State.OPEN, "made_at": at}
        for case_id, match in pairs]
    for start in range(0, len(rows), 500):
        insert_once(db, Proposal, rows[start:start + 500], on=("case_id", "other_id"))


def worth_proposing(db: Session, category: str | None, matches: Sequence[Match]) -> list[Match]:
    """Those that score high enough for a person to look at, the likeliest first."""
    if not matches:
        return []
    mark = policies.numbers(db, category).propose_score
    return sorted((one for one in matches if one.score.total >= mark), key=lambda one: -one.score.total)[:PROPOSED]


def similar(db: Session, case: Case) -> list[Similar]:
    """Cases that may be the same problem, the likeliest first: the open ones that are found now, and those of proposals."""
    found = {one.case_id: one for one in _look(db, case)} if case.is_open else {}
    theirs = select(Proposal).where(or_(Proposal.case_id == case.id, Proposal.other_id == case.id))
    waiting_first = theirs.order_by(Proposal.state != State.OPEN, Proposal.made_at.desc(), Proposal.id).limit(REMEMBERED)
    again = theirs.where(or_(Proposal.case_id.in_(found), Proposal.other_id.in_(found)))
    decided = {_other(one, case): one for one in (*db.scalars(waiting_first), *db.scalars(again))}
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_({*decided, *found})))}
    mark = policies.numbers(db, case.category_code).join_score
    made = [_similar(one, decided.get(one.id), found.get(one.id), mark) for one in cases.values()]
    return sorted(made, key=lambda one: (-one.score, one.case.number))


def decline(db: Session, case: Case, other: Case, actor: Actor) -> Proposal:
    """Looked at: these are two problems. Neither is proposed to the other again.

    Raises NotFound when nobody thought them alike, Conflict when they were merged meanwhile.
    """
    pair = db.scalars(_of(case, other)).first()
    if pair is None:
        match = next((one for one in _look(db, case) if one.case_id == other.id), None)
        if match is None:
            raise NotFound(f"case {other.number} is not proposed for case {case.number}")
        propose(db, [(case.id, match)])
        pair = db.scalars(_of(case, other)).one()
    if pair.state is State.ACCEPTED:
        raise Conflict("these cases were merged; undo that first")
    if pair.state is State.OPEN:
        _decide(pair, State.DECLINED, actor)
        case.note("not_the_same", actor, case=other.number)
    return pair


def settle(db: Session, case: Case, other: Case, actor: Actor, state: State) -> None:
    """Somebody has merged them or parted them: what was proposed about the pair is decided, and kept for the next look."""
    pair = db.scalars(_of(case, other)).first()
    if pair is None:
        db.flush()  # both are there before what refers to them
        pair = Proposal(case_id=max(case.id, other.id), other_id=min(case.id, other.id), reasons=[],
                        score=1.0 if state is State.ACCEPTED else 0.0)
        db.add(pair)
    _decide(pair, state, actor)


def _decide(pair: Proposal, state: State, actor: Actor) -> None:
    pair.state, pair.decided_at, pair.decided_by_id = state, clock.now(), actor.id


def _of(case: Case, other: Case) -> Select[Proposal]:
    return select(Proposal).where(Proposal.case_id == max(case.id, other.id), Proposal.other_id == min(case.id, other.id))


def _other(one: Proposal, case: Case) -> uuid.UUID:
    return one.other_id if one.case_id == case.id else one.case_id


def _similar(case: Case, stored: Proposal | None, found: Match | None, mark: float) -> Similar:
    score, reasons = (found.score.total, found.score.reasons) if found else (0.0, ())
    if stored and not found:
        score, reasons = stored.score, tuple(stored.reasons)
    joins = found is not None and found.score.sure and found.score.total >= mark
    return Similar(case, score, reasons, joins, stored.state if stored else State.OPEN)


def _look(db: Session, case: Case) -> list[Match]:
    """Open cases that would be proposed for this one as it is now."""
    reports = select(Report).where(Report.case_id == case.id).order_by(Report.received_at, Report.id)
    report = db.scalars(reports.limit(1)).first()
    if report is None:
        return []
    catalogue = taxonomy.catalogue(db)
    (words,) = rarity(db).read([(report.title, report.text)])
    evidence = Evidence(report.received_at, words, known(catalogue, case.category_code), case.place, case.area_code,
                        photos_of(db, [report.id]).get(report.id, frozenset()))
    matches = matches_of(db, catalogue, {report.id: evidence}, worded=[] if report.channel is Channel.PDA else [report.id])
    return worth_proposing(db, case.category_code, [one for one in matches if one.case_id != case.id])


def matches_of(db: Session, catalogue: Catalogue, said: Mapping[uuid.UUID, Evidence], *,
               worded: Sequence[uuid.UUID], by: type[Lookout] = Lookout) -> list[Match]:
    """The open cases that this one report may belong to, the likeliest first."""
    (report_id,) = said
    lookout = by(catalogue, said, worded)
    lookout.look(db)
    return lookout.ranked(report_id)
