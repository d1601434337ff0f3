"""A city's policy: what it does not say is as in the default, the longest code wins, and what cannot be is named by path."""
from typing import Any

import pytest

from casework.errors import Invalid
from casework.identity.people import Role
from casework.sla.limits import POLICY_VERSION, RULES, Limit, Stage, Unit
from casework.sla.numbers import KNOWN, URGENT_WORDS
from casework.sla.policies import DEFAULT, LADDER, Numbers, Policy

SIGN = {"stage": "sign", "value": 2, "unit": "work_hour", "category": "3"}


def read(rules: Any = (), numbers: Any = None, ladders: Any = None) -> Policy:
    return Policy.read("2030.1", rules, numbers or {}, ladders or {})


def faults(rules: Any = (), numbers: Any = None, ladders: Any = None) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(rules, numbers, ladders)
    return [fault.field for fault in refused.value.faults]


def test_until_a_city_writes_its_own_the_default_holds() -> None:
    assert DEFAULT.version == POLICY_VERSION
    assert DEFAULT.rules == RULES
    assert DEFAULT.numbers_of("301") == Numbers()
    assert DEFAULT.ladder(["SW"]) == LADDER


def test_a_stage_without_a_line_has_the_limit_of_the_default() -> None:
    policy = read([SIGN])
    assert policy.limit(Stage.SIGN, category="301") == Limit(2, Unit.WORK_HOUR)
    assert policy.limit(Stage.SIGN, category="101") == DEFAULT.limit(Stage.SIGN)
    assert policy.limit(Stage.CHECK, category="301") == DEFAULT.limit(Stage.CHECK)


@pytest.mark.parametrize(("standard", "urgent", "expected"), [
    (Limit(7, Unit.NATURAL_DAY), False, Limit(7, Unit.NATURAL_DAY)),
    (Limit(7, Unit.NATURAL_DAY), True, Limit(24, Unit.URGENT_HOUR)),
    (Limit(2, Unit.URGENT_HOUR), True, Limit(2, Unit.URGENT_HOUR)),
    (None, True, Limit(24, Unit.URGENT_HOUR)),
    (None, False, Limit(5, Unit.WORK_DAY))])
def test_a_city_may_put_a_limit_of_handling_before_that_of_the_standards(
        standard: Limit | None, urgent: bool, expected: Limit) -> None:
    policy = read([{"stage": "handle", "urgent": True, "value": 24, "unit": "urgent_hour", "over_standard": True}])
    assert policy.handling(standard, urgent=urgent, channel="pda", category="301") == expected
    kept = standard or DEFAULT.limit(Stage.HANDLE, urgent=urgent)
    assert DEFAULT.handling(standard, urgent=urgent, channel="pda", category="301") == kept


def test_each_number_is_as_the_longest_code_says() -> None:
    policy = read(numbers={
        "": {"reopen_days": 20, "max_returns": 3}, "3": {"reopen_days": 30}, "302": {"urgent_words": ["噪音"]}})
    assert policy.numbers_of("30201") == Numbers(reopen_days=30, max_returns=3, urgent_words=("噪音",))
    assert policy.numbers_of("301").reopen_days == 30
    assert policy.numbers_of("10101") == Numbers(reopen_days=20, max_returns=3)
    assert policy.numbers_of(None).urgent_words == URGENT_WORDS


def test_a_department_without_a_ladder_climbs_that_of_the_one_above_it_and_then_that_of_all() -> None:
    own, common = [[50, "department_head"]], [[90, "supervisor"], [200, "leader"]]
    policy = read(ladders={"SW": own, "": common})
    assert policy.ladder(["SW-01", "SW"]) == ((50, Role.DEPARTMENT_HEAD),)
    assert policy.ladder(["LD"]) == policy.ladder() == ((90, Role.SUPERVISOR), (200, Role.LEADER))


@pytest.mark.parametrize(("line", "field"), [
    ({"stage": "sleep"}, "stage"), ({"unit": "fortnight"}, "unit"), ({"value": 0}, "value"), ({"value": 3001}, "value"),
    ({"value": float("nan")}, "value"), ({"value": True}, "value"), ({"value": "2"}, "value"), ({"urgent": "yes"}, "urgent"),
    ({"urgent": []}, "urgent"), ({"over_standard": True}, "over_standard"), ({"over_standard": "yes"}, "over_standard"),
    ({"category": "3a"}, "category"), ({"category": "１"}, "category")])
def test_a_line_that_cannot_be_is_named(line: dict[str, Any], field: str) -> None:
    assert faults([SIGN, SIGN | {"category": "1"} | line]) == [f"rules.1.{field}"]


def test_two_lines_about_the_same_are_refused() -> None:
    assert faults([SIGN, SIGN | {"value": 5}]) == ["rules.1"]
    assert faults([SIGN] * 501)[0] == "rules"


@pytest.mark.parametrize(("numbers", "field"), [
    ({"": {"reopen": 3}}, "numbers..reopen"), ({"3": {"max_returns": 0}}, "numbers.3.max_returns"),
    ({"3": {"max_returns": 1.5}}, "numbers.3.max_returns"), ({"3": {"max_returns": True}}, "numbers.3.max_returns"),
    ({"3": {"inspection_metres": "far"}}, "numbers.3.inspection_metres"), ({"x": {}}, "numbers.x"), ({"3": 5}, "numbers.3"),
    ({"": {"urgent_words": ["火"]}}, "numbers..urgent_words"), ({"": {"urgent_words": "火灾"}}, "numbers..urgent_words"),
    ({"": {"join_score": float("nan")}}, "numbers..join_score"),
    ({"": {"join_score": 0.5}}, "numbers..propose_score")])
def test_a_number_that_cannot_be_is_named(numbers: dict[str, Any], field: str) -> None:
    assert faults(numbers=numbers) == [field]


@pytest.mark.parametrize("rungs", [
    [], [[80]], [[80, "mayor"]], [[100, "leader"], [80, "supervisor"]], [[0, "leader"]], [[80, "citizen"]], "up",
    [[80.5, "leader"]], [["80", "leader"]], [[1001, "leader"]], [[one, "leader"] for one in range(1, 12)]])
def test_a_ladder_that_cannot_be_is_named(rungs: Any) -> None:
    assert set(faults(ladders={"SW": rungs})) == {"ladders.SW"}


def test_every_number_says_what_it_means_and_its_default_lies_within_its_bounds() -> None:
    given = {name: list(one.default) if isinstance(one.default, tuple) else one.default for name, one in KNOWN.items()}
    assert read(numbers={"": given}).numbers_of("301") == Numbers()
    assert all(one.metadata["says"] and one.metadata["unit"] for one in KNOWN.values())
