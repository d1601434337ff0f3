"""What a person at the triage desk (受理) does: file, refuse, have somebody look first, correct, merge."""
from sqlalchemy.orm import Session

from casework.cases import inspectors, links, recounting, search
from casework.cases.case import Case, Priority
from casework.cases.verbs import Verb, plain
from casework.cases.workflow import Facts
from casework.classification.corrections import record_correction
from casework.errors import Fault, Invalid, NotFound
from casework.geography import areas
from casework.identity.people import Actor


def file(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """立案 under a category's standard. What the model had suggested otherwise becomes training data."""
    if facts.category:
        case.categorise(db, facts.category, facts.standard)
        _learn(db, case, actor, facts.category)
    if facts.place:
        _relocate(db, case, facts)
    case.move("file", actor, facts)
    case.waiting_for = None


def verify(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """核实: a grid worker looks before it is filed, never the one who reported it."""
    if facts.inspector:
        inspectors.check(db, facts.inspector, never=case.reported_by)
    case.move("verify", actor, facts)
    case.inspector_id = facts.inspector or inspectors.choose(db, case, never=case.reported_by)
    case.waiting_for = None if case.inspector_id else "没有可派的核实人员"


def looked(action: str) -> Verb:
    """The grid worker says what is there; the case lies on the triage desk again."""
    def say(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
        inspectors.look(db, case, actor, facts, action)
        case.inspector_id = None
        case.waiting_for = f"核实结果：{facts.finding}"
    return say


def merge(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """并案 into another case that the actor may see."""
    try:
        into = search.find(db, actor, facts.into, to_change=True, wait=False) if facts.into else case
    except NotFound as error:
        raise Invalid(error.sentence, Fault("into", error.sentence)) from None
    links.merge(db, case, into, actor, facts)


def correct(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """更正 category, place or priority; clocks that run get the limits that are right now, less what was used."""
    if facts.category is None and facts.place is None and facts.address is None and facts.priority is None:
        raise Invalid("nothing to correct", Fault("category", "give a category, a place, an address or a priority"))
    if facts.category:
        case.categorise(db, facts.category, facts.standard)
        _learn(db, case, actor, facts.category)
    if facts.place or facts.address:
        _relocate(db, case, facts)
    if facts.priority:
        case.priority = Priority(facts.priority)
        case.priority_fixed = True
        case.urgent_because = "人工标为紧急" if case.priority is Priority.URGENT else None
    case.move("correct", actor, facts)
    recounting.recount(db, case, f"更正：{facts.reason}", actor)


def _relocate(db: Session, case: Case, facts: Facts) -> None:
    case.address = facts.address or case.address
    if facts.place:
        grid = areas.area_at(db, facts.place)
        if grid is None:
            raise Invalid("this place is not in the city", Fault("place", "lies in none of the city's grids"))
        case.locate(facts.place)
        case.area_code = grid.code


def _learn(db: Session, case: Case, actor: Actor, code: str) -> None:
    for report in case.reports:
        suggested = (report.suggestion or {}).get("code")
        if actor.kind == "user" and suggested != code:
            record_correction(db, report.id, code, actor.id)


VERBS: dict[str, Verb] = {
    "file": file, "reject": plain("reject"), "verify": verify, "confirm": looked("confirm"), "refute": looked("refute"),
    "merge": merge, "unmerge": links.unmerge, "unjoin": links.unjoin, "split": links.split, "correct": correct,
}
