"""What the rows of the workflow table ask: conditions on who acts, and rules on the state that the case is in.

A condition is one sentence about actor and case, and answers yes or no. A rule is about the case alone, and answers with
the reason why not, or None.
"""
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from casework import clock
from casework.identity.people import Actor
from casework.sla.policies import Numbers


class Subject(Protocol):
    """What is looked at here; a Case is one."""

    status: Any
    lead_department_id: uuid.UUID | None
    standard_id: uuid.UUID | None
    inspector_id: uuid.UUID | None
    void_proposed_by_id: uuid.UUID | None
    area_code: str | None
    category_code: str | None
    returns: int
    reopens: int
    questions: int
    report_count: int
    applied_for: str | None
    endorsed: bool
    feedback_owed: bool
    sampled: bool | None
    appealed_timer_id: uuid.UUID | None
    closed_at: datetime | None
    return_until: datetime | None
    question_until: datetime | None
    urged_at: datetime | None

    @property
    def numbers(self) -> Numbers: ...
    @property
    def return_is_final(self) -> bool: ...
    @property
    def assisting_department_ids(self) -> set[uuid.UUID]: ...
    @property
    def involved_department_ids(self) -> set[uuid.UUID]: ...
    @property
    def handled_by(self) -> set[uuid.UUID]: ...
    @property
    def reported_by(self) -> set[uuid.UUID]: ...
    def was_said_by(self, actor: Actor) -> bool: ...
    @property
    def can_be_asked(self) -> bool: ...


Rule = Callable[[Subject], str | None]


# Conditions on the actor: may this person do it to this case?

def assists(actor: Actor, case: Any) -> bool:
    """The actor's department was asked to assist (协办)."""
    return bool(case.assisting_department_ids & actor.department_ids)


def takes_part(actor: Actor, case: Any) -> bool:
    """The actor's department leads the case, or was asked to help."""
    return bool(case.involved_department_ids & actor.department_ids)


def inspects(actor: Actor, case: Any) -> bool:
    """The look before closing is this grid worker's task, and he never is who handled it."""
    return actor.id == case.inspector_id and actor.id not in case.handled_by


def verifies(actor: Actor, case: Any) -> bool:
    """The look before filing is this grid worker's task, and he never is who reported it."""
    return actor.id == case.inspector_id and actor.id not in case.reported_by


def did_not_handle(actor: Actor, case: Any) -> bool:
    """Whoever signed or answered does not judge the answer."""
    return actor.id not in case.handled_by


def reported(actor: Actor, case: Any) -> bool:
    """One of the case's reports is the actor's own."""
    return bool(case.was_said_by(actor))


def was_asked(actor: Actor, case: Any) -> bool:
    """A question speaks of what the first reporter said, so it is for no other."""
    return case.first_report is not None and case.first_report.is_by(actor)


def second_person(actor: Actor, case: Any) -> bool:
    """Somebody else proposed it: no one voids a case alone."""
    return case.void_proposed_by_id is not None and actor.id != case.void_proposed_by_id


def nobody_leads(_actor: Actor, case: Any) -> bool:
    """The case is still, or again, on the centre's own desks."""
    return case.lead_department_id is None


# Rules on the case: is it in a state for this at all?

def may_return(case: Subject) -> str | None:
    """Within the time for signing; not after a ruling against the department, nor after the last return (终审)."""
    if case.return_is_final:
        return "an adjudicator has ruled that this department is responsible; the ruling is final"
    if case.returns >= case.numbers.max_returns:
        return f"this case was handed back {case.returns} times already; the last ruling is final"
    if case.return_until is None:
        return "the department has accepted the case by answering it"
    if clock.now() > case.return_until:
        return f"the time to hand it back ended at {case.return_until:%Y-%m-%dT%H:%MZ}, with the time for signing"
    return None


def in_reopen_window(case: Subject) -> str | None:
    """Once, and within the window after closing."""
    if case.reopens:
        return "this case was reopened once already"
    return lately_closed(case)


def lately_closed(case: Subject) -> str | None:
    """Within the window after closing, which only a new closing begins anew."""
    days = case.numbers.reopen_days
    if case.closed_at is None or clock.now() - case.closed_at > timedelta(days=days):
        return f"a case can be reopened within {days} days after closing"
    return None


def has_standard(case: Subject) -> str | None:
    """No filing, and no closing, without a standard."""
    return None if case.standard_id else "it stands under no category's standard yet; name the category"


def is_request(case: Subject) -> str | None:
    """What a citizen asked for is checked by calling back (回访); a thing on the street by looking at it."""
    return None if (case.category_code or "").startswith("3") else "this is checked on the spot, not on the phone"


def called_back(case: Subject) -> str | None:
    """Requests are checked on the phone, unless a sample of what was put right on the spot was drawn."""
    return "this was drawn as a sample and is checked on the spot" if case.sampled else is_request(case)


def was_put_right_on_the_spot(case: Subject) -> str | None:
    """Samples are drawn once, from what a grid worker handled himself."""
    return {None: "only what was put right on the spot is sampled", True: "it was sampled already"}.get(case.sampled)


def has_several_reports(case: Subject) -> str | None:
    """One report at least stays with its case."""
    return None if case.report_count > 1 else "only one report counts in this case"


def nothing_applied_for(case: Subject) -> str | None:
    """One application at a time."""
    return f"{case.applied_for} is applied for already" if case.applied_for else None


def is_applied_for(case: Subject) -> str | None:
    """There must be an application to decide."""
    return None if case.applied_for else "nothing is applied for"


def awaits_endorsement(case: Subject) -> str | None:
    """More time needs the department's head first; a suspension has one approval only, the dispatcher's."""
    if case.applied_for != "extend":
        return "no extension is applied for"
    return "the department's head has agreed already" if case.endorsed else None


def extension_endorsed(case: Subject) -> str | None:
    """The department's head comes first."""
    if case.applied_for != "extend":
        return "no extension is applied for"
    return None if case.endorsed else "the department's head has not agreed yet"


def suspension_asked(case: Subject) -> str | None:
    """A department asks for it, with a date."""
    return None if case.applied_for == "suspend" else "no suspension is applied for"


def may_ask(case: Subject) -> str | None:
    """A question stops the clock, so there is one at a time and not many, and somebody who can answer."""
    if not case.can_be_asked:
        return "only a grid worker has reported it; have somebody look instead"
    if case.question_until is not None:
        return "a question is open already"
    most = case.numbers.max_questions
    return f"{most} questions were asked already" if case.questions >= most else None


def question_open(case: Subject) -> str | None:
    """Only what was asked can be answered."""
    return None if case.question_until is not None else "no question is open"


def not_urged_lately(case: Subject) -> str | None:
    """A reminder an hour buries a department."""
    again = case.urged_at and case.urged_at + timedelta(hours=case.numbers.urge_hours)
    return f"it was urged lately; again from {again:%Y-%m-%dT%H:%MZ}" if again and clock.now() < again else None


def not_supervised(case: Subject) -> str | None:
    """One order at a time; and no order goes to sleep in a case that was merged."""
    return "an order is open already, and its feedback is owed" if case.feedback_owed else None


def owes_feedback(case: Subject) -> str | None:
    """Only an order is reported back on."""
    return None if case.feedback_owed else "no feedback is owed"


def no_appeal_open(case: Subject) -> str | None:
    """One appeal at a time."""
    return "an appeal is open already" if case.appealed_timer_id else None


def appeal_open(case: Subject) -> str | None:
    """There must be an appeal to rule on."""
    return None if case.appealed_timer_id else "no appeal is open"
