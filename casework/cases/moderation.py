"""A person looks at what becomes public: what waits for it, and the decision, with the words that are released.

Whoever may see a case and moderates reads what its reporters said, and writes what everybody may read: what is personal
taken out. What still has a number in it by which somebody can be found is refused.
"""
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from casework.cases import personal, publication, search
from casework.cases.case import Case
from casework.cases.publication import Publication, State
from casework.cases.report import Report
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import areas_of, check

MOST_TEXTS = 3
"""So many reports of a case are shown beside it: its first ones."""


class Decision(StrEnum):
    """What a moderator decides."""

    PUBLISH = "publish"
    WITHHOLD = "withhold"


@dataclass(frozen=True)
class Waiting:
    """A case with its publication and the first of its reports."""

    case: Case
    row: Publication
    reports: Sequence[Report]

    @property
    def draft(self) -> str | None:
        """The first report's words without the numbers that a machine can find: the moderator takes out the rest."""
        return personal.masked(self.reports[0].text) if self.reports else None


Position = tuple[datetime, uuid.UUID]
"""Where a page ended: since when its last case has this state, and its id."""


def queue(db: Session, actor: Actor, state: State, *, by_person: bool | None = None, after: Position | None = None,
          limit: int = 50) -> tuple[list[Waiting], Position | None]:
    """Up to `limit` cases where the actor moderates whose publication has this state, and where the next page goes on, or None.

    Who has waited longest is on top; else what came to this state last. `by_person`: only what a person has decided, or only
    what none has: of what is published before a look, that is what is still to be looked at.
    """
    key, waits = (Publication.changed_at, Publication.case_id), state is State.WAITING
    order = key if waits else tuple(one.desc() for one in key)
    wanted = (select(Publication, Case).join(Case, Case.id == Publication.case_id)
              .where(publication.has_state(state)).order_by(*order).limit(limit + 1))
    codes = areas_of(actor, "moderation.decide")
    if codes is not None:
        wanted = wanted.where(or_(false(), *(lies_in(Case.area_code, code) for code in codes)))
    if by_person is not None:
        wanted = wanted.where(Publication.decided_by_id.is_not(None) if by_person else Publication.decided_by_id.is_(None))
    if after:
        wanted = wanted.where(tuple_(*key) > after if waits else tuple_(*key) < after)
    found = db.execute(wanted).all()
    last = found[limit - 1][0] if len(found) > limit else None
    return (_with_reports(db, [(case, row) for row, case in found[:limit]]),
            (last.changed_at, last.case_id) if last else None)


def decide(db: Session, actor: Actor, number: str, decision: Decision, *, words: str | None = None,
           reason: str | None = None) -> Waiting:
    """Publish the case, with these words or with none, or withhold it for a reason. Decided the same again, nothing changes.

    Raises NotFound for a case that the actor may not see or that was never filed, Refused for one out of reach, Conflict
    for one that must not be public, Invalid for words that name somebody's number and for a refusal without a reason.
    """
    publication.one_writer(db)
    case = search.find(db, actor, number, to_change=True)
    check(actor, "moderation.decide", case)
    publication.follow(db, [case.id])
    row = db.get(Publication, case.id)
    if row is None:
        raise NotFound(f"case {number} is not filed, so nothing of it can be published")
    if decision is Decision.PUBLISH:
        _may_be_read(words)
        if why := publication.bar(case, secret=bool(publication.confidential(db, [case.id]))):
            raise Conflict(f"case {number} cannot be published: {why}")
    elif words or not reason:
        raise Invalid("a refusal has a reason, and no words",
                      Fault("words", "only what is published has words") if words else Fault("reason", "say why"))
    state = State.PUBLISHED if decision is Decision.PUBLISH else State.WITHHELD
    if (row.state, row.words, row.reason, row.decided_by_id is None) != (state, words, reason, False):
        publication.settle(db, case, row, state, by=actor.id, words=words, reason=reason)
        case.note(decision.value, actor, with_words=bool(words), **({"reason": reason} if reason else {}))
    return _with_reports(db, [(case, row)])[0]


def _may_be_read(words: str | None) -> None:
    """Raises Invalid for what no stranger may read, and for what a feed cannot carry."""
    if words is None:
        return
    faults = [Fault("words", f"still holds {name}") for name in personal.found(words)]
    if any(ord(one) < 32 and one not in "\n\t" for one in words):
        faults.append(Fault("words", "must not hold control characters"))
    if faults:
        raise Invalid("these words cannot be published", *faults)


def _with_reports(db: Session, pairs: Sequence[tuple[Case, Publication]]) -> list[Waiting]:
    """The first reports of each alone: a crowd may have joined."""
    turn = func.row_number().over(partition_by=Report.case_id, order_by=(Report.received_at, Report.id)).label("turn")
    ranked = select(Report.id, turn).where(Report.case_id.in_([case.id for case, _ in pairs])).subquery()
    first = select(Report).join(ranked, ranked.c.id == Report.id).where(ranked.c.turn <= MOST_TEXTS)
    of_cases: dict[uuid.UUID | None, list[Report]] = defaultdict(list)
    for report in db.scalars(first.order_by(Report.received_at, Report.id)):
        of_cases[report.case_id].append(report)
    return [Waiting(case, row, of_cases[case.id]) for case, row in pairs]
