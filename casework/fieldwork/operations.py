"""What a device did offline, and what became of it: each operation has one effect, however often and whenever it is sent."""
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

import orjson
import structlog
from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, delete, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, TooMany, Unavailable
from casework.fieldwork import coverage
from casework.identity.people import Actor
from casework.identity.privacy import blind_index
from casework.storage.database import Base, Keyed, new_id, one_at_a_time

log = structlog.get_logger("zhiwang.fieldwork")

OUTAGE = (OperationalError, InterfaceError, PoolTimeout)
"""The database does not answer: that is no operation's fault."""

PLAIN = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS

KEPT = timedelta(days=180)
"""So long a device may stay away with an answer that it did not get; after that only what verbs remember by themselves."""


class Outcome(StrEnum):
    """What became of an operation. Only `done` is settled for good: all else is judged anew when it is sent again."""

    DONE = "done"
    ALREADY_DONE = "already_done"  # before; with the same result
    WAITING = "waiting"            # for files, for what it is based on, or for something of ours: send it again later
    CONFLICT = "conflict"          # somebody else changed it meanwhile; `current` says what it is now
    REFUSED = "refused"            # `error` says why; nothing was done


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Something done on a device. `device_at` is the device's own time, `at` the same corrected by what its clock is wrong.

    `base` is the version that it was based on, where its kind has versions; `data` is checked for shape, not for meaning.
    """

    id: uuid.UUID
    kind: str
    at: datetime
    device_at: datetime
    data: Mapping[str, Any]
    base: uuid.UUID | None = None
    device_id: uuid.UUID | None = None

    @cached_property
    def digest(self) -> str:
        """Tells a resend from another operation that took the same id. Not of `at`: the correction differs each time."""
        said = orjson.dumps([self.kind, self.device_at, self.base, self.data], default=repr,
                            option=PLAIN | orjson.OPT_SORT_KEYS)
        return blind_index("operation", said.decode())  # keyed: it may say a phone number, which is soon guessed


@dataclass(frozen=True)
class Answer:
    """What became of one operation. `result` and `current` are plain values; `missing` are hashes of files that have not
    arrived; `error` is why it was not done."""

    outcome: Outcome
    result: Mapping[str, Any] | None = None
    current: Mapping[str, Any] | None = None
    missing: Sequence[str] = ()
    error: Exception | None = None


Verb = Callable[[Session, Actor, Sequence[Operation]], Sequence[Answer]]
"""Does operations of one kind and answers for each, in their order. What it raises makes it be asked for each alone."""


class FieldOperation(Keyed, Base):
    """The ledger: what each operation was, and the result of those that were done."""

    __tablename__ = "field_operations"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    operation_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    digest: Mapped[str]
    device_id: Mapped[uuid.UUID | None]
    device_at: Mapped[datetime]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    outcome: Mapped[Outcome]
    answer: Mapped[dict[str, Any] | None]
    """The result of what was done, without personal data; None for all else."""

    __table_args__ = (UniqueConstraint("user_id", "operation_id"),)


def perform(db: Session, actor: Actor, operations: Sequence[Operation], verbs: Mapping[str, Verb]) -> list[Answer]:
    """Do these operations, each for itself, and answer for each in the order sent.

    Kinds are done in the order of `verbs`, and operations of a kind in the order of the device's own time, so the order sent
    does not matter. What was done before is not done again; an id that was done can mean nothing else. Raises only what
    makes all of it void: a database that does not answer.
    """
    assert actor.id is not None  # noqa: S101 - only people carry devices
    one_at_a_time(db, f"operations of {actor.id}")  # two requests with the same operations: the second finds them done
    first = {one.id: one for one in reversed(operations)}
    known = _known(db, actor.id, first)
    judged = {one.id: _of_before(known[one.id], one) for one in first.values() if _is_done(known.get(one.id))}
    fresh = [one for one in first.values() if one.id not in judged]
    made: dict[uuid.UUID, Answer] = {}
    with coverage.at_the_end(db):
        for kind, verb in verbs.items():
            mine = sorted((one for one in fresh if one.kind == kind), key=lambda one: (one.device_at, one.id))
            if mine:
                made.update(zip((one.id for one in mine), _of_kind(db, actor, mine, verb), strict=True))
    _keep(db, actor.id, fresh, made, known)
    answers = judged | made
    return [_once_more(answers[one.id], first[one.id], one) for one in operations]


def alone(db: Session, do: Callable[[], Answer]) -> Answer:
    """What `do` answers, all of it or nothing: whatever it raises undoes it and becomes its answer.

    Raises what concerns not this operation but all of them: a database that does not answer.
    """
    try:
        with db.begin_nested():
            return do()
    except OUTAGE:
        raise
    except (Unavailable, TooMany) as error:
        return Answer(Outcome.WAITING, error=error)
    except Exception as error:  # also a fault of ours: one operation must not hold up all that a device ever does
        return Answer(Outcome.REFUSED, error=error)


def one_by_one(verb: Callable[[Session, Actor, Operation], Answer]) -> Verb:
    """A verb for many from one that does a single operation: what is wrong with one undoes no other."""
    def do(db: Session, actor: Actor, asked: Sequence[Operation]) -> list[Answer]:
        return [alone(db, partial(verb, db, actor, one)) for one in asked]
    return do


def forget_old(db: Session, batch: int = 5000) -> int:
    """Forget operations that were received longer ago than KEPT; how many. Call again while it is `batch`."""
    # Ids grow with time.
    oldest = select(FieldOperation.id, FieldOperation.received_at).order_by(FieldOperation.id).limit(batch)
    old = [one.id for one in db.execute(oldest) if one.received_at < clock.now() - KEPT]
    db.execute(delete(FieldOperation).where(FieldOperation.id.in_(old)))
    return len(old)


def _of_kind(db: Session, actor: Actor, mine: list[Operation], verb: Verb) -> Sequence[Answer]:
    if len(mine) > 1:
        try:
            with db.begin_nested():
                answers = verb(db, actor, mine)
                db.flush()
        except OUTAGE:
            raise
        except Exception as error:  # whatever it was, it is met again by the one at fault, and answered there
            log.info("operations_taken_alone", kind=mine[0].kind, number=len(mine), fault=type(error).__name__)
        else:
            return answers
    return [alone(db, partial(_one, db, actor, one, verb)) for one in mine]


def _one(db: Session, actor: Actor, one: Operation, verb: Verb) -> Answer:
    (answer,) = verb(db, actor, [one])
    db.flush()
    return answer


def _known(db: Session, user_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    columns = FieldOperation.__table__.c
    wanted = select(columns.id, columns.operation_id, columns.digest, columns.outcome, columns.answer).where(
        columns.user_id == user_id, columns.operation_id.in_(list(ids)))
    return {row.operation_id: row for row in db.execute(wanted)}


def _is_done(row: Any) -> bool:
    return row is not None and row.outcome is Outcome.DONE


def _of_before(row: Any, one: Operation) -> Answer:
    return Answer(Outcome.ALREADY_DONE, row.answer) if row.digest == one.digest else _taken(one)


def _taken(one: Operation) -> Answer:
    return Answer(Outcome.REFUSED, error=Conflict("this id was used before for another operation", id=str(one.id)))


def _once_more(answer: Answer, first: Operation, one: Operation) -> Answer:
    """The same id twice in one request: the second is a resend, or another operation that took the id."""
    if one is first:
        return answer
    if one.digest != first.digest:
        return _taken(one)
    return Answer(Outcome.ALREADY_DONE, answer.result) if answer.outcome is Outcome.DONE else answer


def _keep(db: Session, user_id: uuid.UUID, fresh: Sequence[Operation], made: Mapping[uuid.UUID, Answer],
          known: Mapping[uuid.UUID, Any]) -> None:
    at = clock.now()
    rows = [{"operation_id": one.id, "kind": one.kind, "digest": one.digest, "device_id": one.device_id,
             "device_at": one.device_at, "at": one.at, "received_at": at, "outcome": made[one.id].outcome,
             "answer": _plain(made[one.id])} for one in fresh]
    table: Any = FieldOperation.__table__
    if new := [row | {"id": new_id(), "user_id": user_id} for row in rows if row["operation_id"] not in known]:
        db.connection().execute(insert(table), new)
    if again := [row | {"row_id": known[row["operation_id"]].id} for row in rows if row["operation_id"] in known]:
        db.connection().execute(update(table).where(table.c.id == bindparam("row_id")), again)


def _plain(answer: Answer) -> Any:
    return orjson.loads(orjson.dumps(answer.result, option=PLAIN)) if answer.outcome is Outcome.DONE else None
