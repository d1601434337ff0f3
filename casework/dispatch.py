"""To the department that answers for it: by rule, by the dispatcher, and by ruling when a department says "not ours"."""
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import clock, responsibility
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.consequences import Consequences
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts, Status
from casework.errors import Conflict
from casework.identity.people import SYSTEM, Actor, active_department
from casework.responsibility import Decision, Question, proposals
from casework.responsibility.proposals import RuleProposal
from casework.sla import timers


def dispatch_filed(db: Session, case_ids: Sequence[uuid.UUID]) -> int:
    """Dispatch these cases by the responsibility rules; how many went out. The others lie on the dispatcher's desk, saying why.

    Bears repetition: a case that is no longer filed, or lies on the dispatcher's desk already, is left to people.
    """
    wanted = select(Case).where(Case.id.in_(case_ids), Case.status == Status.FILED, Case.waiting_for.is_(None))
    locked = wanted.order_by(Case.id).with_for_update()  # waits: one that were skipped would be forgotten
    cases = db.scalars(locked.options(selectinload(Case.assignments), selectinload(Case.reports))).all()
    later = Consequences(clock.now())
    questions = [Question(case.category_code or "", case.area_code, at=later.at) for case in cases]
    for case, decision in zip(cases, responsibility.find_many(db, questions), strict=True):
        if decision.lead is None:
            case.waiting_for = decision.explanation
            later.publish(case.id, "case.changed")
        else:
            _send(case, SYSTEM, _facts(decision, decision.lead), later)
            case.dispatched_by_rule = True
    later.settle(db)
    return sum(case.status is Status.DISPATCHED for case in cases)


def dispatch(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """派遣 by a dispatcher, who says which department leads and, if they want, which assist."""
    for field, ids in (("lead", filter(None, (facts.lead,))), ("assistants", facts.assistants)):
        for department_id in ids:
            active_department(db, department_id, field)
    _not_released(case, facts.lead)
    _send(case, actor, facts)
    if case.returns and facts.lead:
        proposals.name_owner(db, case.id, facts.lead)


def recall(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """收回: nobody there answers, so it lies on the dispatcher's desk again."""
    case.move("recall", actor, facts)
    case.release_lead(clock.now())
    case.waiting_for = f"已收回：{facts.reason}"


def hand_back(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """退单: "not ours", with the legal ground and, if known, whose it is."""
    if facts.proposed:
        active_department(db, facts.proposed, "proposed")
    case.move("hand_back", actor, facts)
    case.returns += 1
    case.waiting_for = f"退单待裁：{facts.ground}"


def uphold(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """准予退单: the department is released and all its time is given back; the next one may be named at once."""
    if facts.lead and active_department(db, facts.lead, "lead").id == case.lead_department_id:
        raise Conflict("the next owner cannot be the department whose return is upheld")
    _not_released(case, facts.lead)
    released = case.lead_assignment
    case.move("uphold", actor, facts)
    every = timers.all_of(db, case.id)
    for timer in every:
        if released and timer.assignment_id == released.id:
            timers.give_back(db, timer, timer.started_at, clock.now())
    case.judge(every)
    if released:
        _learn(db, case, released, actor, facts)
    case.release_lead(clock.now(), returned=True)
    case.waiting_for = "退单获准，待重新派遣"
    if facts.lead:
        _send(case, SYSTEM, Facts(lead=facts.lead, reason=f"裁定改派：{facts.reason}"), extra={"ruled_by": str(actor.id)})


def overrule(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """驳回退单: the department keeps the case and cannot return it again (终审)."""
    case.move("overrule", actor, facts)
    if case.lead_assignment:
        case.lead_assignment.ruled = True
    case.waiting_for = None


def propose_rule(db: Session, case: Case, actor: Actor, lead: uuid.UUID, ground: str) -> RuleProposal:
    """What the dispatcher decides here shall be a rule, in the eyes of whoever keeps the rules.

    Raises Invalid for a department that does not work, Conflict where a rule decides by now or there is no category.
    """
    active_department(db, lead, "lead")
    _not_released(case, lead)
    if case.category_code is None:
        raise Conflict("the case has no category yet, so no rule could speak of it")
    decision = responsibility.find(db, case.category_code, case.area_code)
    if decision.rule is not None:
        raise Conflict("a rule decides about this by now", explanation=decision.explanation)
    return proposals.propose(db, proposals.Gap(
        case_id=case.id, number=case.number, category_code=case.category_code, area_code=case.area_code, lead_id=lead,
        why=decision.explanation, ground=ground), actor)


def propose_void(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """申请作废: somebody else has to agree."""
    case.move("propose_void", actor, facts)
    case.void_proposed_by_id = actor.id


def void(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """作废 by a second person."""
    case.move("void", actor, facts)
    case.waiting_for = None


def _send(case: Case, actor: Actor, facts: Facts, later: Consequences | None = None,
          extra: dict[str, str] | None = None) -> None:
    why = facts.rule or facts.reason or "派遣员指定"
    if facts.lead:
        case.assign(facts.lead, Part.LEAD, why)
    for department_id in dict.fromkeys(facts.assistants):
        if department_id not in {facts.lead, *case.assisting_department_ids}:
            case.assign(department_id, Part.ASSIST, why)
    case.move("dispatch", actor, facts, extra=extra, later=later)
    case.waiting_for = None


def _learn(db: Session, case: Case, released: Assignment, actor: Actor, facts: Facts) -> None:
    """An upheld return says that the rules are wrong or have a gap there."""
    returned = next(line.facts for line in reversed(case.history) if line.action == "hand_back")
    meant = returned.get("proposed")
    proposals.learn(db, proposals.Upheld(
        case_id=case.id, number=case.number, category_code=case.category_code, area_code=case.area_code,
        released_id=released.department_id, why=released.why, ground=returned["ground"],
        proposed_id=uuid.UUID(meant) if meant else None, next_id=facts.lead, ruling=facts.reason, ruled_by_id=actor.id,
        at=clock.now()))


def _facts(decision: Decision, lead: uuid.UUID) -> Facts:
    return Facts(lead=lead, assistants=decision.assisting, rule=decision.explanation)


def _not_released(case: Case, department_id: uuid.UUID | None) -> None:
    if any(one.returned and one.department_id == department_id for one in case.assignments):
        raise Conflict("the return of this department was upheld; it does not get the case again")


VERBS: dict[str, Verb] = {
    "dispatch": dispatch, "recall": recall, "hand_back": hand_back, "uphold": uphold, "overrule": overrule,
    "propose_void": propose_void, "void": void,
}
