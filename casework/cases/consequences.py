"""What the steps of a batch leave to be done for their clocks and events: a few statements for all instead of many for each."""
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from casework.cases.workflow import Step
from casework.sla import calendar, deadlines, timers
from casework.sla.deadlines import Span, SpanState
from casework.sla.limits import Stage
from casework.sla.timers import Start, Timer, TimerState
from casework.storage.outbox import Event

Clocks = dict[tuple[Stage, uuid.UUID | None], tuple[datetime | None, bool]]
"""The clocks of one case that are not stopped, by stage and assignment: when each is due, and whether it has run over."""


class Timed(Protocol):
    """What is needed of a case here."""

    id: uuid.UUID
    due_at: datetime
    overdue: bool
    return_until: datetime | None


@dataclass(frozen=True)
class Turn:
    """One step of one case, and the clocks that it starts."""

    case: Timed
    action: str
    step: Step
    starts: Sequence[Start]


class Consequences:
    """Handed to Case.move() as `later`, it takes over what follows until settle(); all steps happen `at` one moment.

    For steps that stop and start clocks; those that pause and resume are taken one case at a time.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._turns: list[Turn] = []
        self._events: list[dict[str, Any]] = []

    def turn(self, turn: Turn) -> None:
        """This step was taken. Raises ValueError for one that pauses or resumes clocks."""
        if turn.step.pauses or turn.step.resumes or turn.step.back:
            raise ValueError(f"{turn.action} is taken one case at a time")
        self._turns.append(turn)

    def publish(self, subject: uuid.UUID, name: str, **detail: Any) -> None:
        """This happened; the events leave in the order in which they were told."""
        self._events.append({"name": name, "subject": subject, "detail": detail, "happened_at": self.at})

    def settle(self, db: Session) -> None:
        """Do it all. Call once, before the transaction ends."""
        with db.no_autoflush:
            self._look_ahead(db)
        db.flush()  # new cases are there before their clocks
        for turns in self._together():
            ids = [turn.case.id for turn in turns]
            for stage in turns[0].step.stops:
                timers.stop_many(db, ids, stage, self.at)
            timers.start_many(db, [start for turn in turns for start in turn.starts])
        if self._events:
            db.execute(insert(Event), self._events)

    def _look_ahead(self, db: Session) -> None:
        """Each case keeps the first due time of what will run, and whether a clock that stops had run over."""
        clocks = self._running(db)
        days = calendar.load(db)
        for turn in self._turns:
            case, running = turn.case, clocks[turn.case.id]
            for key in [key for key in running if key[0] in turn.step.stops]:
                due_at, overdue = running.pop(key)
                case.overdue = case.overdue or overdue or (due_at is not None and due_at < self.at)
            for start in turn.starts:
                due_at = deadlines.due_at(days, start.limit, [Span(SpanState.RUNNING, start.at)])
                running.setdefault((start.stage, start.assignment_id), (due_at, False))
                if start.stage is Stage.SIGN:
                    case.return_until = due_at
            case.due_at = min((due_at for due_at, _ in running.values() if due_at), default=case.due_at)

    def _running(self, db: Session) -> dict[uuid.UUID, Clocks]:
        ids = {turn.case.id for turn in self._turns}
        columns = Timer.case_id, Timer.stage, Timer.assignment_id, Timer.due_at, Timer.overdue
        found: dict[uuid.UUID, Clocks] = defaultdict(dict)
        for case_id, stage, assignment_id, due_at, overdue in db.execute(
                select(*columns).where(Timer.case_id.in_(ids), Timer.state != TimerState.STOPPED)):
            found[case_id][stage, assignment_id] = due_at, bool(overdue)
        return found

    def _together(self) -> list[list[Turn]]:
        """The same steps of all cases side by side; where a case takes several, in the order in which it took them."""
        taken = Counter[uuid.UUID]()
        groups: dict[tuple[int, str], list[Turn]] = defaultdict(list)
        for turn in self._turns:
            groups[taken[turn.case.id], turn.action].append(turn)
            taken[turn.case.id] += 1
        return [groups[key] for key in sorted(groups)]
