"""Somebody else than the handler looks before a case is closed: on the spot, or by calling the citizen back."""
from sqlalchemy.orm import Session

from casework.cases import evidence, inspectors
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts, Status
from casework.identity.people import Actor


def pass_(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """核查通过: the inspector stands at the place and sees it put right; the case is closed."""
    inspectors.look(db, case, actor, facts, "pass")
    case.waiting_for = None


def fail(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """核查不通过: back to the same department, which keeps everything it did; to the dispatcher where none leads."""
    inspectors.look(db, case, actor, facts, "fail")
    _rework(case, facts)


def accept(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """回访认可: the caller agrees; the case is closed."""
    case.move("accept", actor, facts)
    case.waiting_for = None


def decline(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """回访不认可: back to the same department."""
    case.move("decline", actor, facts)
    _rework(case, facts)
    case.was_not_satisfying(facts.finding or "")


def self_handle(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """自行处置: the grid worker who reported it has put it right; closed at once, and some are looked at afterwards."""
    if facts.category:
        case.categorise(db, facts.category, facts.standard)
    inspectors.look(db, case, actor, facts, "self_handle")
    evidence.before_and_after(db, case, facts.photos)
    case.waiting_for = None
    inspectors.sample(db, case)


def reassign(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """改派核查员: another grid worker looks, still never who handled or reported."""
    if facts.inspector:
        inspectors.check(db, facts.inspector, never=case.reported_by if case.status is Status.VERIFYING else case.handled_by)
    case.move("reassign", actor, facts)
    case.inspector_id = facts.inspector
    case.waiting_for = None


def _rework(case: Case, facts: Facts) -> None:
    case.reworks += 1
    case.inspector_id = None
    case.waiting_for = f"返工：{facts.finding}"
    if case.lead_assignment:
        case.lead_assignment.done_at = None


VERBS: dict[str, Verb] = {
    "pass": pass_, "fail": fail, "accept": accept, "decline": decline, "self_handle": self_handle, "sample": inspectors.draw,
    "reassign": reassign,
}
