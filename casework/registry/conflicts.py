"""Looking at conflicts and deciding them: the decision is a statement of its own, so nothing that was said is lost."""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.identity.people import Actor
from casework.identity.permissions import allowed, check
from casework.registry import access
from casework.registry.catalogue import REGISTERS
from casework.registry.compiling import Said
from casework.registry.contests import Contest, ContestKind, Outcome
from casework.registry.drafts import Draft, Stated, decision, drafted
from casework.registry.fields import Register
from casework.registry.history import statements_of
from casework.registry.records import Entry, Source, Statement
from casework.registry.statements import plain, take
from casework.registry.subjects import Subject
from casework.storage.database import new_id

KEEP = (Outcome.CURRENT, Outcome.STATED, Outcome.OTHER)
"""What a decision may keep."""


@dataclass(frozen=True)
class About:
    """An open conflict with the entry that it is about; `other_id`: who else has the number."""

    id: uuid.UUID
    kind: ContestKind
    subject_id: uuid.UUID
    other_id: uuid.UUID | None
    register: Register
    label: str
    area_code: str | None
    lon: float | None
    lat: float | None
    fields: list[str]
    opened_at: datetime


def about(db: Session, ids: Iterable[uuid.UUID]) -> list[About]:
    """Which of these conflicts are open, in the order of their ids, with where their entries lie."""
    rows = db.execute(select(Contest, Entry).join(Entry, Entry.id == Contest.subject_id)
                      .where(Contest.id.in_(list(ids)), Contest.closed_at.is_(None)).order_by(Contest.id))
    return [_about(contest, entry) for contest, entry in rows]


def page(db: Session, actor: Actor, *, area_code: str | None = None, after: uuid.UUID | None = None,
         limit: int = 50) -> list[dict[str, Any]]:
    """Open conflicts within the actor's reach, the oldest first, each with what is said; personal values masked."""
    wanted = (select(Contest, Entry).join(Entry, Entry.id == Contest.subject_id)
              .where(Contest.closed_at.is_(None), *access.inside(actor, area_code)).order_by(Contest.id).limit(limit))
    rows = db.execute(wanted.where(Contest.id > after) if after else wanted).all()
    history = statements_of(db, [entry.id for contest, entry in rows if contest.kind == ContestKind.VALUES])
    others = {one.id: one for one in db.scalars(select(Entry).where(Entry.id.in_([row.other_id for row, _ in rows])))}
    found = [_shown(contest, entry, history.get(entry.id, ()), others.get(contest.other_id) if contest.other_id else None)
             for contest, entry in rows]
    for one in found:  # that there is another is told to whoever states its number, and no more of it than its label
        if one["other"] and not allowed(actor, "registry.read", others[one["other"]["id"]]):
            one["other"]["id"] = None
    return found


def decide(db: Session, actor: Actor, conflict_id: uuid.UUID, keep: str, values: Mapping[str, Any] | None = None, *,
           seen: uuid.UUID | None = None) -> Entry:
    """Settle a conflict: keep what is shown ("current"), what was stated against it last ("stated"), or `values` ("other").

    Of a number that two entries state: "current" takes it from the entry in question, "stated" from the one that had it,
    which the actor must be allowed to decide about too, "other" puts another number. `seen`: head of the entry when the
    actor looked; joined by more since, it is not decided.
    The same decision again changes nothing. Raises NotFound, Refused, Invalid, Conflict.
    """
    if keep not in KEEP:
        raise Invalid("say what is to be kept", Fault("keep", f"must be one of {', '.join(KEEP)}"))
    contest, entry, other = _locked(db, actor, conflict_id)
    outcome = Outcome(keep)
    if contest.closed_at is not None:
        if (contest.decided_by, contest.outcome) == (actor.id, outcome) and _holds_still(entry, values or {}):
            return entry
        raise Conflict("this conflict has been settled already", head=entry.head)
    if seen is not None and seen != entry.head:
        raise Conflict("more was said since you looked; look again, then decide", head=entry.head)
    if outcome == Outcome.OTHER:
        draft = _otherwise(db, actor, contest, entry, values or {})
    elif contest.kind == ContestKind.SAME_NUMBER:
        loser = entry if outcome == Outcome.CURRENT or other is None else other
        check(actor, "registry.decide", loser)
        draft = _settled(contest, loser, dict.fromkeys(contest.fields))
    else:
        standing = _standing(entry, statements_of(db, [entry.id]).get(entry.id, ()))
        draft = _settled(contest, entry, {name: standing[name][outcome.value].value for name in contest.fields})
    (judged,) = take(db, actor, [draft])
    if judged.error is not None:
        raise judged.error
    contest.close(outcome)
    contest.decided_by = actor.id
    db.flush()
    return entry


def _locked(db: Session, actor: Actor, conflict_id: uuid.UUID) -> tuple[Contest, Entry, Entry | None]:
    """The conflict and its entries, which are locked first: taking in a statement does it in that order too."""
    contest = db.get(Contest, conflict_id)
    if contest is None:
        raise NotFound(f"no conflict {conflict_id}")
    ids = [contest.subject_id] + ([contest.other_id] if contest.other_id else [])
    entries = {one.id: one for one in db.scalars(select(Entry).where(Entry.id.in_(ids)).order_by(Entry.id).with_for_update()
                                                 .execution_options(populate_existing=True))}
    entry = entries[contest.subject_id]
    if not allowed(actor, "registry.read", entry):
        raise NotFound(f"no conflict {conflict_id}")
    check(actor, "registry.decide", entry)
    db.refresh(contest, with_for_update=True)
    return contest, entry, entries.get(contest.other_id) if contest.other_id else None


def _otherwise(db: Session, actor: Actor, contest: Contest, entry: Entry, values: Mapping[str, Any]) -> Draft:
    """A value of its own for each field in question, judged like any that is stated."""
    asked = set(contest.fields)
    faults = [Fault(f"values.{name}", "must be given: it is what the conflict is about") for name in contest.fields
              if name not in values]
    faults += [Fault(f"values.{name}", "is not what the conflict is about") for name in values if name not in asked]
    if contest.kind == ContestKind.SAME_NUMBER:
        faults += [Fault(f"values.{name}", "must be another than the one in question") for name in contest.fields
                   if _holds_still(entry, {name: values.get(name)})]
    (draft,) = drafted(db, actor, [_stated(contest, entry, values)])
    if isinstance(draft.error, Invalid):
        faults += [Fault(f"values.{one.field}", one.reason) for one in draft.error.faults]
    if faults:
        raise Invalid("the decision cannot be taken so", *faults)
    return decision(draft, frozenset(asked))


def _holds_still(entry: Entry, values: Mapping[str, Any]) -> bool:
    """Whether these are the values that the entry has."""
    whole = entry.whole
    read, _ = REGISTERS[entry.register].read(values, whole=False)
    return all(name in read and whole.get(name) == read[name] for name in values)


def _settled(contest: Contest, entry: Entry, values: Mapping[str, Any]) -> Draft:
    """Values that were read when they were stated, or that are taken away: nothing is checked anew."""
    stated = _stated(contest, entry, values)
    return decision(Draft(stated, values, f"{contest.id}"), frozenset(contest.fields))


def _stated(contest: Contest, entry: Entry, values: Mapping[str, Any]) -> Stated:
    return Stated(id=new_id(), register=entry.register, subject_id=entry.id, base=entry.head, values=values,
                  source=Source.GENERATED, at=clock.now(), origin=f"conflict:{contest.id}")


def _standing(entry: Entry, statements: Sequence[Statement]) -> dict[str, dict[str, Said]]:
    """By contested field what is shown ("current") and what was stated against it last ("stated")."""
    subject = Subject.of(entry)
    subject.recall(statements)
    found = {}
    for name, standing in subject.record.contested().items():
        shown = subject.record.lines[name].shown
        assert shown is not None  # noqa: S101 - a line with something standing shows some of it
        found[name] = {"current": shown, "stated": [one for one in standing if one.value != shown.value][-1]}
    return found


def _about(contest: Contest, entry: Entry) -> About:
    return About(contest.id, contest.kind, contest.subject_id, contest.other_id, contest.register, entry.label,
                 entry.area_code, entry.lon, entry.lat, contest.fields, contest.opened_at)


def _shown(contest: Contest, entry: Entry, statements: Sequence[Statement], other: Entry | None) -> dict[str, Any]:
    fields = REGISTERS[entry.register].fields
    if contest.kind == ContestKind.SAME_NUMBER:
        number = {name: plain(fields[name], entry.whole.get(name)) for name in contest.fields}
        contested = {name: {"current": value, "stated": value} for name, value in number.items()}
    else:
        contested = {name: {side: plain(fields[name], said.value) for side, said in both.items()}
                     for name, both in _standing(entry, statements).items()}
    return {"id": contest.id, "kind": contest.kind, "subject": entry.id, "register": entry.register, "label": entry.label,
            "area": entry.area_code, "head": entry.head, "opened_at": contest.opened_at, "contested": contested,
            "other": {"id": other.id, "label": other.label} if other else None}
