"""What the law of the workflow needs to know of it: for each condition and rule of the table, a case where it holds and cases
where it does not. Written by hand, so that the table is held to what was meant and not to itself."""
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from casework import clock
from casework.cases import conditions as c
from casework.cases.workflow import STEPS, Facts, Status, Step
from casework.geography.coordinates import Point
from casework.identity.people import SYSTEM, Actor, Role
from casework.identity.permissions import Grant, own_department
from casework.sla.policies import Numbers

DEPARTMENT, PERSON, OTHER = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)

Change = Mapping[str, Any]
"""Facts of a case that differ from those of SomeCase."""


@dataclass
class SomeCase:
    """A case as the table sees it: led by nobody, handled by nobody, with nothing open. PERSON of DEPARTMENT looks at it."""

    status: Status | None
    lead_department_id: uuid.UUID | None = None
    standard_id: uuid.UUID | None = None
    inspector_id: uuid.UUID | None = None
    void_proposed_by_id: uuid.UUID | None = None
    area_code: str | None = None
    category_code: str | None = None
    returns: int = 0
    reopens: int = 0
    questions: int = 0
    report_count: int = 1
    applied_for: str | None = None
    endorsed: bool = False
    feedback_owed: bool = False
    sampled: bool | None = None
    return_is_final: bool = False
    appealed_timer_id: uuid.UUID | None = None
    closed_at: datetime | None = None
    return_until: datetime | None = None
    question_until: datetime | None = None
    urged_at: datetime | None = None
    said_by: frozenset[uuid.UUID] = frozenset()
    opened_by: frozenset[uuid.UUID] = frozenset()
    can_be_asked: bool = True
    numbers: Numbers = field(default_factory=Numbers)
    assisting_department_ids: frozenset[uuid.UUID] = frozenset()
    involved_department_ids: frozenset[uuid.UUID] = frozenset()
    handled_by: frozenset[uuid.UUID] = frozenset()
    reported_by: frozenset[uuid.UUID] = frozenset()

    def was_said_by(self, actor: Actor) -> bool:
        return actor.id in self.said_by

    @property
    def first_report(self) -> "SomeCase":
        return self  # is_by() below is all that is asked of it

    def is_by(self, actor: Actor) -> bool:
        return actor.id in self.opened_by


@dataclass(frozen=True)
class Both:
    """A case for which it holds, and every way in which it does not."""

    holds: Change
    fails: tuple[Change, ...]


def _when(holds: Change, *fails: Change) -> Both:
    return Both(holds, fails)


NOW, LONG_AGO, SOME_DAY = clock.now(), datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NUMBERS = Numbers()
MINE, THEIRS, NOBODYS = frozenset({PERSON}), frozenset({OTHER}), frozenset[uuid.UUID]()

CONDITIONS: dict[Callable[..., bool], Both] = {
    own_department: _when({"lead_department_id": DEPARTMENT}, {"lead_department_id": OTHER}, {"lead_department_id": None}),
    c.nobody_leads: _when({"lead_department_id": None}, {"lead_department_id": DEPARTMENT}, {"lead_department_id": OTHER}),
    c.assists: _when({"assisting_department_ids": frozenset({DEPARTMENT, OTHER})}, {"assisting_department_ids": NOBODYS},
                     {"assisting_department_ids": frozenset({OTHER}), "lead_department_id": DEPARTMENT}),
    c.takes_part: _when({"involved_department_ids": frozenset({DEPARTMENT, OTHER})}, {"involved_department_ids": NOBODYS},
                        {"involved_department_ids": frozenset({OTHER})}),
    c.inspects: _when({"inspector_id": PERSON, "handled_by": THEIRS}, {"inspector_id": None}, {"inspector_id": OTHER},
                      {"inspector_id": PERSON, "handled_by": MINE | THEIRS}),
    c.verifies: _when({"inspector_id": PERSON, "reported_by": THEIRS}, {"inspector_id": None}, {"inspector_id": OTHER},
                      {"inspector_id": PERSON, "reported_by": MINE | THEIRS}),
    c.did_not_handle: _when({"handled_by": THEIRS}, {"handled_by": MINE}, {"handled_by": MINE | THEIRS}),
    c.reported: _when({"said_by": MINE | THEIRS}, {"said_by": THEIRS}, {"said_by": NOBODYS}),
    c.was_asked: _when({"opened_by": MINE}, {"opened_by": THEIRS}, {"opened_by": NOBODYS, "said_by": MINE}),
    c.second_person: _when({"void_proposed_by_id": OTHER}, {"void_proposed_by_id": None}, {"void_proposed_by_id": PERSON}),
}
"""On the actor."""

RULES: dict[Callable[..., str | None], Both] = {
    c.may_return: _when(
        {"return_until": SOME_DAY, "returns": NUMBERS.max_returns - 1}, {"return_until": SOME_DAY, "return_is_final": True},
        {"return_until": SOME_DAY, "returns": NUMBERS.max_returns}, {"return_until": None}, {"return_until": LONG_AGO}),
    c.in_reopen_window: _when(
        {"closed_at": NOW - timedelta(days=NUMBERS.reopen_days, minutes=-30)}, {"closed_at": NOW, "reopens": 1},
        {"closed_at": None}, {"closed_at": NOW - timedelta(days=NUMBERS.reopen_days, minutes=1)}),
    c.has_standard: _when({"standard_id": OTHER}, {"standard_id": None}),
    c.called_back: _when({"category_code": "301", "sampled": False}, {"category_code": "10101"}, {"category_code": None},
                         {"category_code": "301", "sampled": True}),
    c.was_put_right_on_the_spot: _when({"sampled": False}, {"sampled": None}, {"sampled": True}),
    c.has_several_reports: _when({"report_count": 2}, {"report_count": 1}),
    c.nothing_applied_for: _when({"applied_for": None}, {"applied_for": "extend"}, {"applied_for": "suspend"}),
    c.is_applied_for: _when({"applied_for": "suspend"}, {"applied_for": None}),
    c.awaits_endorsement: _when({"applied_for": "extend"}, {"applied_for": "extend", "endorsed": True},
                                {"applied_for": "suspend"}, {"applied_for": None}),
    c.extension_endorsed: _when({"applied_for": "extend", "endorsed": True}, {"applied_for": "extend"},
                                {"applied_for": "suspend", "endorsed": True}, {"applied_for": None}),
    c.suspension_asked: _when({"applied_for": "suspend"}, {"applied_for": "extend", "endorsed": True}, {"applied_for": None}),
    c.may_ask: _when({"questions": NUMBERS.max_questions - 1}, {"questions": NUMBERS.max_questions},
                     {"question_until": SOME_DAY}, {"can_be_asked": False}),
    c.question_open: _when({"question_until": SOME_DAY}, {"question_until": None}),
    c.not_urged_lately: _when({"urged_at": NOW - timedelta(hours=NUMBERS.urge_hours, minutes=1)}, {"urged_at": NOW}),
    c.not_supervised: _when({"feedback_owed": False}, {"feedback_owed": True}),
    c.owes_feedback: _when({"feedback_owed": True}, {"feedback_owed": False}),
    c.no_appeal_open: _when({"appealed_timer_id": None}, {"appealed_timer_id": OTHER}),
    c.appeal_open: _when({"appealed_timer_id": OTHER}, {"appealed_timer_id": None}),
}
"""On the case."""

EVERYTHING = Facts(reason="因", category="301", into="AJ", lead=DEPARTMENT, assistants=(OTHER,), ground="法", photos=(OTHER,),
                   position=Point(114, 22), finding="见", reply="答", question="问", until=SOME_DAY, inspector=OTHER,
                   reports=("ZW",), clock=OTHER, handler=OTHER)


def somebody(*roles: Role) -> Actor:
    """PERSON of DEPARTMENT, in these roles; what SYSTEM does, nobody does by hand."""
    if roles == (Role.SYSTEM,):
        return SYSTEM
    return Actor("user", PERSON, "某人", frozenset(roles), frozenset({DEPARTMENT}), unbounded=True)


def grant_of(step: Step, role: Role) -> Grant | None:
    """Under which grant of its row a role takes an action."""
    return next((grant for grant in step.who if role in grant.roles), None)


def met(step: Step) -> dict[str, Any]:
    """A case for which every rule of the row holds."""
    return {name: value for rule in step.rules for name, value in RULES[rule].holds.items()}


def broken(step: Step) -> list[dict[str, Any]]:
    """One rule of the row fails, in each of its ways, while the others hold."""
    return [{name: value for other in step.rules if other is not rule for name, value in RULES[other].holds.items()} | dict(way)
            for rule in step.rules for way in RULES[rule].fails]


def used() -> tuple[set[Any], set[Any]]:
    """The conditions and the rules that stand in the table."""
    conditions = {grant.condition for step in STEPS.values() for grant in step.who if grant.condition}
    return conditions, {rule for step in STEPS.values() for rule in step.rules}
