"""Status has one writer; every status × action × role × condition is decided by the table; every open case has a party and
a clock."""
import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.steps import VERBS
from casework.cases import workflow
from casework.cases.workflow import OPEN, RUNS_IN, STEPS, TURN, Facts, Status
from casework.errors import Conflict, Invalid, Refused
from casework.identity.people import Actor, HeldPost, Role
from casework.settings import Settings
from casework.sla.limits import Stage, stage_limit
from tests.laws.table import (
    CONDITIONS,
    DEPARTMENT,
    EVERYTHING,
    OTHER,
    PERSON,
    RULES,
    SomeCase,
    broken,
    grant_of,
    met,
    somebody,
    used,
)

ROOT = Path(__file__).parents[2]


def test_every_condition_and_rule_of_the_table_is_known_here_and_none_has_died() -> None:
    conditions, rules = used()
    assert conditions == set(CONDITIONS)
    assert rules == set(RULES)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_holds_and_fails_for_the_cases_that_were_meant(condition: Any) -> None:
    both, actor = CONDITIONS[condition], somebody(Role.HANDLER)
    assert condition(actor, SomeCase(Status.HANDLING, **both.holds))
    assert both.fails
    assert not any(condition(actor, SomeCase(Status.HANDLING, **way)) for way in both.fails)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_or_says_why_not(rule: Any) -> None:
    assert rule(SomeCase(Status.HANDLING, **RULES[rule].holds)) is None
    assert RULES[rule].fails
    for way in RULES[rule].fails:
        assert len(rule(SomeCase(Status.HANDLING, **way))) > 10


@pytest.mark.parametrize("action", STEPS)
def test_a_role_takes_an_action_under_one_grant(action: str) -> None:
    roles = [role for grant in STEPS[action].who for role in grant.roles]
    assert len(roles) == len(set(roles))


STATUSES: list[Status | None] = [None, *Status]
"""A new case has none yet."""


def situations(action: str, role: Role) -> Iterator[tuple[SomeCase, type[Exception] | None]]:
    """Every case that matters to somebody in this role who tries this action, and how it must end."""
    step = STEPS[action]
    grant = grant_of(step, role)
    condition = CONDITIONS[grant.condition] if grant and grant.condition else None
    for status in STATUSES:
        ready = status in step.sources if step.sources else status is None
        for may in [condition.holds if condition else {}] if grant else [{}]:
            yield SomeCase(status, **met(step) | dict(may)), None if grant and ready else Conflict if grant else Refused
            for rule in broken(step):
                yield SomeCase(status, **rule | dict(may)), Conflict if grant else Refused
        for way in condition.fails if condition and role is not Role.SYSTEM else ():
            for rule in [met(step), *broken(step)]:
                yield SomeCase(status, **rule | dict(way)), Refused


@pytest.mark.parametrize("action", STEPS)
def test_every_status_role_condition_and_rule_is_decided_as_the_table_says(config: Settings, action: str) -> None:
    seen = set()
    for role in Role:
        actor = somebody(role)
        for case, ends in situations(action, role):
            seen.add(ends)
            before = replace(case)
            if ends is None:
                assert workflow.take(action, case, actor, EVERYTHING) == (STEPS[action], role)
            else:
                with pytest.raises((Conflict, Refused)) as refused:
                    workflow.take(action, case, actor, EVERYTHING)
                assert refused.type is ends, (case, role, refused.value)
            assert (action in workflow.allowed_actions(case, actor)) is (ends is None), (case, role)
            assert case == before
    assert seen == {None, Conflict, Refused}


@pytest.mark.parametrize("action", STEPS)
def test_who_holds_every_other_post_may_not(config: Settings, action: str) -> None:
    step = STEPS[action]
    actor = somebody(*(role for role in Role if grant_of(step, role) is None and role is not Role.SYSTEM))
    for status in STATUSES:
        case = SomeCase(status, **met(step))
        with pytest.raises(Refused):
            workflow.take(action, case, actor, EVERYTHING)
        assert action not in workflow.allowed_actions(case, actor)


@pytest.mark.parametrize("action", STEPS)
def test_what_an_action_cannot_do_without_is_asked_for_and_nothing_else(config: Settings, action: str) -> None:
    step = STEPS[action]
    role = min(step.who[0].roles)
    condition = step.who[0].condition
    ready = met(step) | dict(CONDITIONS[condition].holds if condition else {})
    case = SomeCase(min(step.sources, default=None), **ready)
    given = {name: getattr(EVERYTHING, name) for name in step.needs}
    assert workflow.take(action, case, somebody(role), Facts(**given)) == (step, role)
    for lacking in [*([need] for need in step.needs), [*step.needs]]:
        for nothing in (None, ()) if lacking else ():
            with pytest.raises(Invalid) as refused:
                workflow.take(action, case, somebody(role), Facts(**given | dict.fromkeys(lacking, nothing)))
            assert [fault.field for fault in refused.value.faults] == [need for need in step.needs if need in lacking]


def test_a_post_lends_its_department_to_no_other_post(config: Settings) -> None:
    """Who is head of roads and handler of water hands nothing of water's back."""
    water, roads = (OTHER, DEPARTMENT)
    posts = (HeldPost(Role.DEPARTMENT_HEAD, roads, None), HeldPost(Role.HANDLER, water, None))
    actor = Actor("user", PERSON, "兼", frozenset({Role.DEPARTMENT_HEAD, Role.HANDLER}), frozenset({water, roads}), posts=posts)
    case = SomeCase(Status.DISPATCHED, **met(STEPS["hand_back"]) | {"lead_department_id": water})
    with pytest.raises(Refused):
        workflow.take("hand_back", case, actor, EVERYTHING)
    assert workflow.take("sign", case, actor, EVERYTHING)[0] is STEPS["sign"]


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
