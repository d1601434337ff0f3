"""Status has one writer; every status × action × role is decided by the table; every open case has a party and a clock."""
import ast
import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.cases import VERBS
from casework.cases import workflow
from casework.cases.workflow import OPEN, RUNS_IN, STEPS, TURN, Facts, Status
from casework.errors import Conflict, Invalid, Refused
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role
from casework.settings import Settings
from casework.sla.limits import Stage, stage_limit
from casework.sla.policies import Numbers

ROOT = Path(__file__).parents[2]
DEPARTMENT, PERSON, OTHER = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)


@dataclass
class SomeCase:
    """A case for which every condition on the actor holds, so that only status and role decide."""

    status: Status
    lead_department_id: uuid.UUID | None = DEPARTMENT
    standard_id: uuid.UUID | None = OTHER
    inspector_id: uuid.UUID | None = PERSON
    void_proposed_by_id: uuid.UUID | None = OTHER
    area_code: str | None = None
    category_code: str | None = "301"
    returns: int = 0
    reopens: int = 0
    questions: int = 0
    report_count: int = 2
    return_is_final: bool = False
    applied_for: str | None = None
    endorsed: bool = False
    feedback_owed: bool = False
    sampled: bool | None = None
    appealed_timer_id: uuid.UUID | None = None
    closed_at: datetime | None = field(default_factory=lambda: datetime.now(UTC))
    return_until: datetime | None = datetime(2100, 1, 1, tzinfo=UTC)
    question_until: datetime | None = None
    urged_at: datetime | None = None
    numbers: Numbers = field(default_factory=Numbers)
    assisting_department_ids: set[uuid.UUID] = field(default_factory=lambda: {DEPARTMENT})
    handled_by: set[uuid.UUID] = field(default_factory=set)
    reported_by: set[uuid.UUID] = field(default_factory=set)

    def was_said_by(self, actor: Actor) -> bool:
        return True


EVERYTHING = Facts(reason="因", category="301", into="AJ", lead=DEPARTMENT, assistants=(OTHER,), ground="法", photos=(OTHER,),
                   position=Point(114, 22), finding="见", reply="答", question="问", until=datetime(2030, 1, 1, tzinfo=UTC),
                   inspector=OTHER, reports=("ZW",), clock=OTHER)

READY: dict[str, dict[str, Any]] = {
    "allow": {"applied_for": "extend", "endorsed": True}, "deny": {"applied_for": "extend"},
    "endorse": {"applied_for": "extend"}, "suspend": {"applied_for": "suspend"},
    "answered": {"question_until": datetime(2100, 1, 1, tzinfo=UTC)}, "sample": {"sampled": False},
    "unanswered": {"question_until": datetime(2000, 1, 1, tzinfo=UTC)}, "report_back": {"feedback_owed": True},
    "grant": {"appealed_timer_id": OTHER}, "dismiss": {"appealed_timer_id": OTHER},
}
"""What a case must be like for the rules of these rows to hold."""


@pytest.mark.parametrize("action", STEPS)
def test_every_move_is_taken_or_explained(config: Settings, action: str) -> None:
    step = STEPS[action]
    for status, role in itertools.product(Status, Role):
        case = SomeCase(status, **READY.get(action, {}))
        actor = Actor("user", PERSON, "某人", frozenset({role}), frozenset({DEPARTMENT}), unbounded=True)
        may = any(role in grant.roles for grant in step.who)
        if may and status in step.sources:
            assert workflow.take(action, case, actor, EVERYTHING) == (step, role)
            assert action in workflow.allowed_actions(case, actor)
        else:
            with pytest.raises((Conflict, Refused)) as refused:
                workflow.take(action, case, actor, EVERYTHING)
            assert isinstance(refused.value, Conflict) is may
            assert action not in workflow.allowed_actions(case, actor)


@pytest.mark.parametrize("action", [action for action, step in STEPS.items() if step.needs])
def test_an_action_names_everything_that_it_cannot_do_without(config: Settings, action: str) -> None:
    step = STEPS[action]
    case = SomeCase(min(step.sources), **READY.get(action, {}))
    role = min(step.who[0].roles)
    actor = Actor("user", PERSON, "某人", frozenset({role}), frozenset({DEPARTMENT}), unbounded=True)
    with pytest.raises(Invalid) as refused:
        workflow.take(action, case, actor, Facts())
    assert tuple(fault.field for fault in refused.value.faults) == step.needs


def test_conditions_keep_strangers_out(config: Settings) -> None:
    case = SomeCase(Status.RESOLVED, inspector_id=PERSON, handled_by={PERSON})
    worker = Actor("user", PERSON, "李", frozenset({Role.GRID_WORKER}))
    with pytest.raises(Refused):
        workflow.take("pass", case, worker, EVERYTHING)
    stranger = Actor("user", PERSON, "陈", frozenset({Role.HANDLER}), frozenset({OTHER}))
    with pytest.raises(Refused):
        workflow.take("sign", SomeCase(Status.DISPATCHED), stranger, EVERYTHING)


def test_every_open_status_has_one_party_and_its_clocks() -> None:
    assert set(TURN) == set(RUNS_IN) == set(OPEN)
    assert [status for status in OPEN if not RUNS_IN[status]] == [Status.SUSPENDED]
    for stage in Stage:
        assert stage_limit(stage).seconds > 0


def test_every_status_can_be_entered_and_every_open_one_left() -> None:
    entered = {step.target for step in STEPS.values() if step.target}
    left = {source for step in STEPS.values() if step.target or step.back for source in step.sources}
    assert entered == set(Status)
    assert left >= OPEN


def test_every_action_has_a_verb_and_a_word() -> None:
    assert set(VERBS) == set(STEPS) - {"report"}
    assert all(step.says for step in STEPS.values())


def test_only_move_assigns_a_status() -> None:
    found = []
    for path in (ROOT / "casework").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            flat = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
            if any(isinstance(one, ast.Attribute) and one.attr == "status" for one in flat):
                found.append(f"{path.relative_to(ROOT)}")
    assert found == ["casework/cases/case.py"]
