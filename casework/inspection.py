"""Somebody else than the handler looks before a case is closed: on the spot, or by calling the citizen back."""
from sqlalchemy.orm import Session

from casework import settings
from casework.cases import workflow
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.errors import Conflict, Fault, Invalid
from casework.geography.coordinates import metres_between
from casework.identity.people import Actor, Role, actor_of
from casework.media import photo
from casework.media.photo import Purpose


def pass_(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """核查通过: the inspector stands at the place and sees it put right; the case is closed."""
    metres = _metres_away(case, facts)
    workflow.take("pass", case, actor, facts)  # who may not is told so, whatever else is wrong
    furthest = settings.current().inspection_metres
    if metres is not None and metres > furthest:
        raise Invalid("too far from the place to have looked", Fault(
            "position", f"{metres:.0f} m from the case; at most {furthest:.0f} m"))
    case.move("pass", actor, facts, extra=_measured(metres))
    _keep_photos(db, case, actor, facts, "pass")
    case.waiting_for = None


def fail(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """核查不通过: back to the same department, which keeps everything it did."""
    case.move("fail", actor, facts, extra=_measured(_metres_away(case, facts)))
    _keep_photos(db, case, actor, facts, "fail")
    _rework(case, facts)


def accept(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """回访认可: the caller agrees; the case is closed."""
    case.move("accept", actor, facts)
    case.waiting_for = None


def decline(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """回访不认可: back to the same department."""
    case.move("decline", actor, facts)
    _rework(case, facts)


def self_handle(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """自行处置: the grid worker who reported it has put it right; closed at once."""
    case.move("self_handle", actor, facts)
    _keep_photos(db, case, actor, facts, "self_handle")
    case.waiting_for = None


def reassign(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """改派核查员: another grid worker looks, still never who handled or reported."""
    if facts.inspector:
        worker = actor_of(db, facts.inspector)
        if Role.GRID_WORKER not in worker.roles:
            raise Invalid("only grid workers inspect", Fault("inspector", "is no grid worker"))
        if worker.id in case.handled_by | (case.reported_by if case.status == "verifying" else set()):
            raise Conflict("who handled or reported it does not look at it")
    case.move("reassign", actor, facts)
    case.inspector_id = facts.inspector
    case.waiting_for = None


def _rework(case: Case, facts: Facts) -> None:
    case.reworks += 1
    case.inspector_id = None
    case.waiting_for = f"返工：{facts.finding}"
    if case.lead_assignment:
        case.lead_assignment.done_at = None


def _metres_away(case: Case, facts: Facts) -> float | None:
    return metres_between(case.place, facts.position) if case.place and facts.position else None


def _measured(metres: float | None) -> dict[str, float]:
    return {} if metres is None else {"metres": round(metres)}


def _keep_photos(db: Session, case: Case, actor: Actor, facts: Facts, step: str) -> None:
    if facts.photos:
        photo.attach(db, facts.photos, case_id=case.id, purpose=Purpose.INSPECTION, step=step, actor_id=actor.id)


VERBS: dict[str, Verb] = {
    "pass": pass_, "fail": fail, "accept": accept, "decline": decline, "self_handle": self_handle, "reassign": reassign,
}
