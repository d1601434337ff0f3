"""签收、补充、反馈: a department has the case, asks, answers with evidence, and does it again when it is not put right."""
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import evidence, inspectors
from casework.cases.assignment import Part
from casework.cases.case import Case
from casework.cases.conditions import called_back, lately_closed
from casework.cases.verbs import Verb, plain
from casework.cases.workflow import Facts, Status, allowed_actions
from casework.errors import Fault, Invalid
from casework.identity.people import SYSTEM, Actor, Department
from casework.media import photo
from casework.media.photo import Purpose
from casework.resolution.assistance import end_part
from casework.resolution.pressure import report_back


def sign(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """签收: the department has it, and whoever signs works on it unless somebody was named."""
    case.move("sign", actor, facts)
    if case.lead_assignment:
        case.lead_assignment.signed_at = clock.now()
    if actor.kind == "user":
        case.handler_id = case.handler_id or actor.id


def ask(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """补充: the clock stands still until the citizen answers, and no longer than the city allows."""
    case.move("ask", actor, facts)
    case.questions += 1
    case.question_until = clock.now() + timedelta(hours=case.numbers.question_hours)
    case.rests_until(db, case.question_until)


def answered(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """已补充: by the citizen, or by an operator who rang him."""
    case.move("answered", actor, facts)
    case.question_until = None


def unanswered(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """逾期未补充: the department goes on with what it knows."""
    case.move("unanswered", actor, facts)
    case.question_until = None


def close_questions(db: Session, limit: int) -> int:
    """Let the clocks go on behind questions that nobody answered in time; how many."""
    due = select(Case).where(Case.question_until <= clock.now(), Case.is_open).order_by(Case.question_until, Case.id)
    cases = db.scalars(due.limit(limit).with_for_update(skip_locked=True)).all()
    for case in cases:
        unanswered(db, case, SYSTEM, Facts())
    return len(cases)


def resolve(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """反馈: done, with the evidence that the standard asks for; somebody else is sent to look.

    Not before those who were asked to help are done, unless the lead says why.
    """
    helping = [one for one in case.assignments if one.part is Part.ASSIST and one.done_at is None]
    case.move("resolve", actor, facts, extra={"without": [str(one.department_id) for one in helping]} if helping else None)
    if helping and not facts.reason:
        names = db.scalars(select(Department.name).where(Department.id.in_([one.department_id for one in helping])))
        raise Invalid("those who were asked to help are not done yet",
                      Fault("reason", f"say why you answer without {', '.join(sorted(names))}"))
    case.flag(*evidence.of_answer(db, case, facts))
    if facts.photos:
        photo.attach(db, facts.photos, case_id=case.id, purpose=Purpose.AFTER, step="resolve", actor_id=actor.id)
    for one in helping:
        end_part(db, case, one, gone=False)
    if case.feedback_owed:  # the answer is what was done about the order
        report_back(db, case, actor, Facts(reply=facts.reply))
    case.return_until = None
    if case.lead_assignment:
        case.lead_assignment.done_at = clock.now()
    if called_back(case):
        case.inspector_id = inspectors.choose(db, case, never=case.handled_by)
        case.waiting_for = None if case.inspector_id else "没有可派的核查员"


def dissatisfied(db: Session, case: Case, actor: Actor, reason: str) -> None:
    """不满意: within the window after closing, rework by the same department; the second time under supervision."""
    if "reopen" in allowed_actions(case, actor):
        reopen(db, case, actor, Facts(reason=reason))
        return
    case.dissatisfied += 1
    lately = case.status is Status.CLOSED and lately_closed(case) is None
    if lately and case.dissatisfied >= case.numbers.supervise_after:
        order_rework(db, case, SYSTEM, Facts(reason=f"第{case.dissatisfied}次不满意，转督办重办：{reason}"))
    else:
        case.note("dissatisfied", actor, count=case.dissatisfied)


def reopen(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """重开: back to the same department, with everything that was done; once."""
    case.move("reopen", actor, facts)
    case.reopens += 1
    _begin_again(case, f"重开待派遣：{facts.reason}")
    case.was_not_satisfying(facts.reason or "")


def order_rework(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """督办重办: from above, with feedback owed."""
    case.move("order_rework", actor, facts)
    case.feedback_owed = True
    _begin_again(case, f"督办重办待派遣：{facts.reason}")


def _begin_again(case: Case, waiting_for: str) -> None:
    """Who has answered a case has accepted it: it is not handed back after that."""
    case.inspector_id = case.return_until = None
    case.waiting_for = None if case.lead_department_id else waiting_for
    if case.lead_assignment:
        case.lead_assignment.signed_at = case.lead_assignment.done_at = None


VERBS: dict[str, Verb] = {
    "sign": sign, "contact": plain("contact"), "ask": ask, "answered": answered, "unanswered": unanswered, "resolve": resolve,
    "reopen": reopen, "order_rework": order_rework,
}
