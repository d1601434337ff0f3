"""Who called is called back (联系诉求人): the lead's clock for it follows the callers who come into a case or leave it.

A dispatch starts this clock where somebody can be called; here are the reports that change cases after that.
"""
import uuid
from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.workflow import RESTS, Status
from casework.sla import timers
from casework.sla.limits import Stage
from casework.sla.timers import Start, Timer, TimerState

OWED_IN = frozenset({Status.DISPATCHED, Status.HANDLING, Status.RETURNED, Status.SUSPENDED})
"""Before a department leads nobody calls, and its answer is the end of it."""


def can_be_called(reports: Iterable[Report]) -> bool:
    """One of them left a number, and did not ask not to be known."""
    return any(one.can_be_called for one in reports)


def came(db: Session, case_ids: Collection[uuid.UUID]) -> None:
    """Callers came into these cases: the lead calls one of them, unless it owes that already, or has called before.

    A few statements for all, and some more for each case that had no caller until now.
    """
    if not case_ids:
        return
    db.flush()
    called = select(Entry.id).where(Entry.case_id == Assignment.case_id, Entry.action == "contact",
                                    Entry.at >= Assignment.since)
    owing = select(Timer.id).where(Timer.case_id == Assignment.case_id, Timer.assignment_id == Assignment.id,
                                   Timer.stage == Stage.CONTACT, Timer.state != TimerState.STOPPED)
    wanted = (select(Case, Assignment).join(Assignment, Assignment.case_id == Case.id)
              .where(Case.id.in_(case_ids), Case.status.in_(OWED_IN), Assignment.part == Part.LEAD, Assignment.until.is_(None),
                     ~called.exists(), ~owing.exists()).order_by(Case.id))
    at, rows = clock.now(), db.execute(wanted).all()
    timers.start_many(db, [Start(case.id, Stage.CONTACT, case.limit(db, Stage.CONTACT), at, lead.department_id, lead.id)
                           for case, lead in rows])
    for case, _ in rows:
        rests = case.status is Status.SUSPENDED and Stage.CONTACT in RESTS
        case.heed(timers.turn(db, case.id, at, pauses=(Stage.CONTACT,)) if rests else ())


def left(db: Session, case: Case) -> None:
    """Reports left this case: where nobody is left to be called it was never owed, and late for that the case is not."""
    if can_be_called(case.reports):
        return
    at = clock.now()
    owed = [one for one in timers.running(db, case.id) if one.stage is Stage.CONTACT]
    for timer in owed:
        timers.give_back(db, timer, timer.started_at, at)
    if owed:
        timers.turn(db, case.id, at, stops=(Stage.CONTACT,))
        case.judge(timers.all_of(db, case.id))
