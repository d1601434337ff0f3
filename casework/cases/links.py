"""One problem, one case: joining reports, merging cases, and undoing both; what is parted goes on as if it never was one."""
import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases import callers, duplicates, inspectors, recounting, workflow
from casework.cases.case import Case, Priority
from casework.cases.consequences import Consequences
from casework.cases.duplicates import State
from casework.cases.report import Outcome, Report
from casework.cases.urgency import why_urgent
from casework.cases.whereabouts import whereabouts
from casework.cases.workflow import Facts, Status
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import SYSTEM, Actor


def join(db: Session, report: Report, case: Case, why: str, later: Consequences) -> str | None:
    """One more report on a case that is open: its reporter follows the case, the count goes up, urgency is taken over.

    Answers why the case is urgent from now on, or None: its clocks are then to be recounted once `later` is settled. Callers
    who came are told to callers.came() then as well.
    """
    case.add_report(report)
    because = _made_urgent(case, why_urgent([report], case.numbers, of_its_kind=False), voices=1)
    case.note("join", SYSTEM, report=report.number, why=why, count=case.report_count, urgent=report.urgent,
              **{"urgent_because": because} if because else {})
    _somebody_else_looks(db, case, [report])
    later.publish(case.id, "case.joined", report=str(report.id))
    return because


def merge(db: Session, case: Case, into: Case, actor: Actor, facts: Facts) -> None:
    """This case is the same problem as another: its reports count there, its clocks pause, its history stays its own."""
    if into is case:
        raise Conflict("a case cannot be merged into itself")
    if not into.is_open:
        raise Conflict(f"case {into.number} is {into.status}; merge into an open one")
    moved = list(case.reports)
    case.move("merge", actor, facts, extra={"reports": [str(report.id) for report in moved]})
    case.merged_into_id = into.id
    case.reports.clear()
    for report in moved:
        into.add_report(report)
    _somebody_else_looks(db, into, moved)
    urgent = case.urgent_because or "并入的案件属紧急" if case.priority is Priority.URGENT else None
    because = _made_urgent(into, urgent, voices=len(moved))
    into.note("merged_in", actor, case=case.number, count=into.report_count,
              **{"urgent_because": because} if because else {})
    if because:
        recounting.recount(db, into, f"转为紧急：{because}", actor)
    if callers.can_be_called(moved):
        callers.came(db, [into.id])
    duplicates.settle(db, case, into, actor, State.ACCEPTED)


def unmerge(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """It was another problem after all: the case goes on from where it stood, with the reports it had.

    Raises Conflict when the other case was merged further, or when after a split one of the two would have no report.
    """
    workflow.take("unmerge", case, actor, facts)
    line = next(line for line in reversed(case.history) if line.action == "merge")
    into = db.get_one(Case, case.merged_into_id, with_for_update=True)
    if into.status is Status.MERGED:
        raise Conflict(f"case {into.number} was merged further; unmerge that one first")
    had = {uuid.UUID(one) for one in line.facts["reports"]}
    back = [one for one in into.reports if one.id in had]
    if not back or len(back) == len(into.reports):
        nobody = case if not back else into
        raise Conflict(f"its reports were parted since; case {nobody.number} would be left without any")
    case.move("unmerge", actor, facts)
    case.merged_into_id = None
    for report in back:
        into.reports.remove(report)
        into.report_count -= 1
        case.reports.append(report)
    case.report_count = len(case.reports)
    into.note("unmerged", actor, case=case.number, count=into.report_count)
    duplicates.settle(db, case, into, actor, State.DECLINED)
    for one in (case, into):
        _weigh_anew(db, one, actor)


def unjoin(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """These reports joined by mistake: each gets a case of its own, as if it had not joined, under its own category."""
    leaving = _named(case, facts)
    stuck = [Fault(f"reports.{at}", "this report did not join; split it off instead")
             for at, report in enumerate(leaving) if report.outcome is not Outcome.JOINED]
    if stuck:
        raise Invalid("only what joined can be unjoined", *stuck)
    case.move("unjoin", actor, facts)
    for report in leaving:
        _part(db, case, [report], _own_category(db, report) or case.category_code, actor=actor, why=facts.reason)
    _weigh_anew(db, case, actor)


def split(db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """These reports speak of another problem: together they leave for a case of their own, filed under the category that is
    named, else under the one they stood under."""
    leaving = _named(case, facts)
    if facts.category and facts.category not in taxonomy.catalogue(db).by_code:
        raise Invalid("there is no such category", Fault("category", f"no category {facts.category}"))
    case.move("split", actor, facts)
    _part(db, case, leaving, facts.category or case.category_code, actor=actor, why=facts.reason)
    _weigh_anew(db, case, actor)


def _made_urgent(case: Case, because: str | None, *, voices: int) -> str | None:
    """Make a case urgent that was not, for what these new voices say, or for their number; answers why, or None.

    Their number counts in the moment in which it is reached, and not against a person who has fixed the priority; what they
    say counts always.
    """
    if case.priority is Priority.URGENT:
        return None
    reached = case.report_count - voices < case.numbers.many_reports <= case.report_count
    if because is None and reached and not case.priority_fixed:
        because = f"已有{case.report_count}人反映"
    if because:
        case.priority, case.urgent_because = Priority.URGENT, because
    return because


def _weigh_anew(db: Session, case: Case, actor: Actor) -> None:
    """Reports have left: whether the case is urgent, and whether somebody is to be called, is seen from those that stay."""
    callers.left(db, case)
    before = case.priority
    case.weigh(db)
    if case.priority is not before:
        recounting.recount(db, case, "转为紧急" if case.priority is Priority.URGENT else "不再属紧急", actor)


def _somebody_else_looks(db: Session, case: Case, joined: Sequence[Report]) -> None:
    """Who reported a problem does not verify it."""
    reporters = {report.reporter_id for report in joined if report.reporter_id}
    if case.status is Status.VERIFYING and case.inspector_id in reporters:
        case.inspector_id = inspectors.choose(db, case, never=case.reported_by)
        case.waiting_for = None if case.inspector_id else "没有可派的核实人员"


def _named(case: Case, facts: Facts) -> list[Report]:
    """The reports that are to leave, the oldest first. Raises Invalid: none of the case's own, or none would stay."""
    there = {report.number: report for report in case.reports}
    unknown = [Fault(f"reports.{at}", f"case {case.number} has no report {number}")
               for at, number in enumerate(facts.reports) if number not in there]
    if unknown:
        raise Invalid("these reports are not of this case", *unknown)
    if len(set(facts.reports)) >= len(there):
        raise Invalid("at least one report stays", Fault("reports", "a case without reports would be nobody's problem"))
    return [report for number, report in there.items() if number in facts.reports]


def _part(db: Session, case: Case, leaving: Sequence[Report], category: str | None, *, actor: Actor, why: str | None) -> None:
    """A case of their own for these reports. Its clocks run from when the first of them came in: whoever sent it has been
    waiting since, and that it lay in the wrong case is no fault of theirs. Ratings and photos hang on the reports."""
    for report in leaving:
        case.reports.remove(report)
        case.report_count -= 1
    first, *others = leaving
    place, area_code = whereabouts(db, first.place, first.address, first.title, first.text)
    if area_code is None:  # it says nothing of itself: it was taken for what is here
        place, area_code = case.place, case.area_code
    made = Case.open(db, first, SYSTEM, area_code=area_code, place=place)
    for report in others:
        made.add_report(report)
    made.note("parted", actor, case=case.number, why=why, reports=[report.number for report in leaving])
    catalogue = taxonomy.catalogue(db)
    if category in catalogue.by_code and area_code and catalogue.standards(category):
        made.categorise(db, category)
        made.move("file", SYSTEM, Facts(category=category, standard=made.standard_id))
    else:
        made.category_code = duplicates.known(catalogue, category)
        made.waiting_for = f"从案件{case.number}分出，请受理"
    for report in leaving:
        report.outcome = Outcome.LEFT if made.status is Status.REPORTED else Outcome.FILED
        report.outcome_reason = f"从案件{case.number}分出：{why}"
    duplicates.settle(db, made, case, actor, State.DECLINED)


def _own_category(db: Session, report: Report) -> str | None:
    """What the reporter chose, else what the model was sure of."""
    catalogue = taxonomy.catalogue(db)
    suggested = report.suggestion or {}
    return duplicates.known(catalogue, report.claimed_category) or (
        None if suggested.get("abstained") else duplicates.known(catalogue, suggested.get("code")))
