"""What a device says of its worker's duty: tasks, rounds, tracks and check-ins."""
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from api.operations.answers import files_of
from casework.errors import CaseworkError, Conflict, NotFound
from casework.fieldwork import evidence, rounds, tasks
from casework.fieldwork.operations import Answer, Operation, Outcome, one_by_one
from casework.fieldwork.rounds import Here
from casework.fieldwork.tasks import Answered
from casework.fieldwork.tracks import Batch, Kept
from casework.identity.people import Actor


def answered(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Answer tasks, each by itself, once its photos are here."""
    return [replace(one, outcome=Outcome.CONFLICT, current=one.error.facts) if isinstance(one.error, Conflict) else one
            for one in one_by_one(_task)(db, actor, asked)]


def began_or_ended(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Begin rounds, then end rounds: both may have been made offline, and a clock may have jumped between."""
    answers: dict[uuid.UUID, Answer] = {}
    for event in ("start", "end"):
        mine = [one for one in asked if one.data["event"] == event]
        answers.update(zip((one.id for one in mine), one_by_one(_round)(db, actor, mine), strict=True))
    return [_perhaps_later(answers[one.id]) for one in asked]


def tracked(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Keep where rounds went."""
    kept = rounds.track_many(db, actor, [Batch(one.id, one.data["round"], one.data["points"], behind=one.at - one.device_at)
                                         for one in asked])
    return [_perhaps_later(_track(one)) for one in kept]


def checked_in(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
    """Keep check-ins, and say what is odd about each."""
    flags = rounds.check_in_many(db, actor, [Here(
        key=one.id, at=one.at, place=one.data["place"], accuracy=one.data.get("accuracy"), mock=one.data["mock"],
        note=one.data.get("note"), round_id=one.data.get("round")) for one in asked])
    return [Answer(Outcome.DONE, {"flags": said}) for said in flags]


def _task(db: Session, actor: Actor, one: Operation) -> Answer:
    assert actor.id is not None  # noqa: S101 - a grid worker has an account
    photos, missing = evidence.photos(db, actor.id, files_of(one))
    if missing:
        return Answer(Outcome.WAITING, missing=missing)
    data, place = one.data, one.data.get("place")
    task = tasks.answer(db, actor, data["task"], Answered(
        key=one.id, outcome=data["outcome"], at=one.at, place=place, accuracy=data.get("accuracy"), mock=data["mock"],
        note=data.get("note"), values=data["values"], photos=photos))
    return Answer(Outcome.DONE, {"task": task.id, "state": task.state})


def _round(db: Session, actor: Actor, one: Operation) -> Answer:
    verb = rounds.start if one.data["event"] == "start" else rounds.end
    made = verb(db, actor, one.data["round"], one.at, one.data.get("place"))
    return Answer(Outcome.DONE, {"round": made.id, "started_at": made.started_at, "ended_at": made.ended_at})


def _track(kept: Kept | CaseworkError) -> Answer:
    if isinstance(kept, CaseworkError):
        return Answer(Outcome.REFUSED, error=kept)
    return Answer(Outcome.DONE, {"kept": kept.kept, "dropped": kept.dropped})


def _perhaps_later(answer: Answer) -> Answer:
    """What belongs to a round that has not begun here waits for its start, which may still be on the way."""
    return replace(answer, outcome=Outcome.WAITING) if isinstance(answer.error, NotFound) else answer
