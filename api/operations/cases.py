"""What a device says of problems: reports, and steps on cases."""
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from api.operations.answers import files_of, placed, within
from api.steps import VERBS as STEPS
from casework.cases import search, versions
from casework.errors import Conflict, Unavailable
from casework.fieldwork import evidence, presence
from casework.fieldwork.operations import Answer, Operation, Outcome, alone
from casework.fieldwork.presence import Noted, Subject
from casework.identity.people import Actor
from casework.intake import pda
from casework.intake.pda import Sighting


def reports(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Keep reports, each once; their files may come later."""
    receipts = pda.report_many(db, actor, [Sighting(
        key=one.id, text=one.data["text"], place=one.data["place"], accuracy=one.data.get("accuracy"), at=one.at,
        device_at=one.device_at, category=one.data.get("category"), handled=one.data["handled"], urgent=one.data["urgent"],
        files=one.data["files"]) for one in asked])
    kept = [(one, receipt) for one, receipt in zip(asked, receipts, strict=True) if not isinstance(receipt, Conflict)]
    presence.note_many(db, actor, [Noted(Subject.REPORT, receipt.id, placed(one, one.data["place"])) for one, receipt in kept])
    return [Answer(Outcome.REFUSED, error=receipt) if isinstance(receipt, Conflict) else
            Answer(Outcome.DONE, {"number": receipt.number, "received_at": receipt.received_at}) for receipt in receipts]


def steps(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Take steps on cases, each by itself. Who holds one case already does not wait for the next, or two would for ever."""
    return [_answered(db, actor, one, wait=at == 0) for at, one in enumerate(asked)]


def _answered(db: Session, actor: Actor, one: Operation, *, wait: bool) -> Answer:
    answer = alone(db, partial(_step, db, actor, one, wait=wait))
    if isinstance(answer.error, Conflict):
        return replace(answer, outcome=Outcome.CONFLICT, current=answer.error.facts)
    return within("facts", answer, but=[f"files.{at}" for at, _ in enumerate(files_of(one))])


def _step(db: Session, actor: Actor, one: Operation, *, wait: bool) -> Answer:
    assert actor.id is not None  # noqa: S101 - a grid worker has an account
    photos, missing = evidence.photos(db, actor.id, files_of(one))
    if missing:
        return Answer(Outcome.WAITING, missing=missing)
    data, facts = one.data, replace(one.data["facts"], photos=tuple(photos))
    try:
        found = search.find(db, actor, data["case"], to_change=True, wait=wait)
    except Conflict as error:
        raise Unavailable(error.sentence) from error  # somebody else is at it just now
    seen = {data["version"]} if "version" in data else None
    versions.take(db, found, actor, data["action"], facts, verb=STEPS[data["action"]], seen=seen)
    if facts.position:
        presence.note(db, actor, Subject.STEP, one.id, placed(one, facts.position), case_id=found.id, photos=photos)
    db.flush()
    return Answer(Outcome.DONE, {"status": found.status, "version": found.history_length})
