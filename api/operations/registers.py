"""What a device says of people, houses, entities, components and addresses."""
from collections.abc import Sequence

from sqlalchemy.orm import Session

from api.operations.answers import told, within
from casework.fieldwork.operations import Answer, Operation, Outcome
from casework.identity.people import Actor
from casework.registry import conflicts, relations, statements, visits
from casework.registry.records import Source, State
from casework.registry.relations import Related
from casework.registry.statements import Judged, Stated
from casework.registry.visits import Visited

OUTCOMES = {State.APPLIED: Outcome.DONE, State.WAITING: Outcome.WAITING, State.CONFLICT: Outcome.CONFLICT,
            State.REFUSED: Outcome.REFUSED}


def entries(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """State what was seen. What is based on something that is not here yet is kept and waits; a conflict is kept, too."""
    judged = statements.receive(db, actor, [Stated(
        id=one.id, register=one.data["register"], subject_id=one.data["subject"], base=one.base, values=one.data["values"],
        source=Source.COLLECTED, at=one.at, device_at=one.device_at, place=one.data.get("place"),
        accuracy=one.data.get("accuracy"), form=one.data.get("form"), area_code=one.data.get("area"), origin="pda")
        for one in asked])
    return [within("values", _answer(one), but=("place", "area", "base", "register")) for one in judged]


def related(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Say how entries stand to each other."""
    errors = relations.relate(db, actor, [Related(
        id=one.id, kind=one.data["kind"], from_id=one.data["from_id"], to_id=one.data["to_id"], since=one.data.get("since"),
        until=one.data.get("until"), at=one.at) for one in asked])
    return [told(error, relation=one.id) for one, error in zip(asked, errors, strict=True)]


def visited(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Tell of visits."""
    errors = visits.record(db, actor, [Visited(
        id=one.id, subject_id=one.data["subject"], purpose=one.data["purpose"], at=one.at, place=one.data.get("place"),
        values=one.data["values"], note=one.data.get("note")) for one in asked])
    return [told(error, visit=one.id) for one, error in zip(asked, errors, strict=True)]


def decided(db: Session, actor: Actor, one: Operation) -> Answer:
    """Settle a conflict between sources."""
    entry = conflicts.decide(db, actor, one.data["conflict"], one.data["keep"], one.data.get("values"), seen=one.base)
    return Answer(Outcome.DONE, {"head": entry.head, "version": entry.version})


def _answer(one: Judged) -> Answer:
    stand = {"statement": one.statement_id, "head": one.head, "version": one.version}
    outcome = OUTCOMES[one.state]
    contested = {"contested": one.contested, "head": one.head, "version": one.version} if outcome is Outcome.CONFLICT else None
    return Answer(outcome, stand if outcome is Outcome.DONE else None, current=contested, error=one.error)
