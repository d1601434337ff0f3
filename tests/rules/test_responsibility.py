"""Who answers for what, as pure arithmetic: hours of the week, the most specific rule, what is left open."""
import uuid
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import clock
from casework.errors import Invalid
from casework.responsibility import hours
from casework.responsibility.coverage import tree, uncovered
from casework.responsibility.decisions import Question, by_place, decide
from casework.responsibility.rules import Rule

WATER, ROADS, STREET = (uuid.UUID(int=number) for number in (1, 2, 3))
MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=clock.CITY)


class PlainNames:
    """Codes stand for themselves."""

    def category(self, code: str | None) -> str | None:
        return code and ""

    def area(self, code: str | None) -> str | None:
        return code and ""


def rule(name: str, lead: uuid.UUID = WATER, **facts: Any) -> Rule:
    return Rule(id=uuid.uuid4(), name=name, lead_department_id=lead, assisting_ids=facts.pop("assisting_ids", []), **facts)


def decided(*rules: Rule, category: str = "10101", area: str | None = "440305001002", ownership: str | None = None,
            at: datetime = MONDAY_NOON) -> Any:
    return decide(Question(category, area, ownership), at, by_place(rules), PlainNames())  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "moment", "inside"), [
    ("1-5 08:00-18:00", "2026-03-02 08:00", True), ("1-5 08:00-18:00", "2026-03-02 18:00", False),
    ("1-5 08:00-18:00", "2026-03-07 09:00", False), ("6,7 09:00-12:00; 1 08:00-09:00", "2026-03-08 11:59", True),
    ("7 22:00-06:00", "2026-03-09 05:59", True), ("7 22:00-06:00", "2026-03-08 05:59", False),
    ("1-7 00:00-24:00", "2026-03-08 23:59", True), ("5 22:00-00:00", "2026-03-06 23:59", True),
])
def test_hours_are_the_citys(text: str, moment: str, inside: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=clock.CITY)
    assert hours.covers(text, at) is inside
    assert hours.covers(text, at.astimezone(UTC)) is inside


@pytest.mark.parametrize("text", ["", "8 08:00-09:00", "5-1 08:00-09:00", "1 08:00-08:00", "1 08:00-24:30", "1 25:00-26:00",
                                  "Monday", "1 08:00-09:00;"])
def test_hours_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        hours.spans(text)


def test_hours_meet_when_they_share_a_minute() -> None:
    assert hours.meet("1-5 08:00-18:00", "5 17:59-20:00")
    assert not hours.meet("1-5 08:00-18:00", "5 18:00-20:00")


def test_the_narrower_category_wins_over_the_narrower_area() -> None:
    decision = decided(rule("井盖", WATER, category_code="10101"), rule("社区", STREET, area_code="440305001002"))
    assert decision.lead == WATER
    assert "“社区”类别较宽" in decision.explanation


@pytest.mark.parametrize(("narrow", "wide", "reason"), [
    ({"category_code": "10101"}, {"category_code": "101"}, "类别较宽"),
    ({"area_code": "440305001"}, {"area_code": "440305"}, "区域较宽"),
    ({"ownership": "市管"}, {}, "不限权属"),
    ({"hours": "1 08:00-18:00"}, {}, "不限时段"),
    ({"valid_until": datetime(2027, 1, 1, tzinfo=UTC)}, {}, "没有期限"),
])
def test_the_more_specific_rule_wins_and_says_why(narrow: dict[str, Any], wide: dict[str, Any], reason: str) -> None:
    decision = decided(rule("宽", STREET, **wide), rule("窄", WATER, **narrow), ownership="市管")
    assert decision.lead == WATER
    assert "适用规则“窄”" in decision.explanation
    assert f"“宽”{reason}" in decision.explanation


@pytest.mark.parametrize(("facts", "reason"), [
    ({"ownership": "区管"}, "只管权属区管"), ({"hours": "6,7 08:00-18:00"}, "不在时段6,7 08:00-18:00内"),
    ({"valid_from": datetime(2026, 4, 1, tzinfo=UTC)}, "尚未生效"), ({"valid_until": MONDAY_NOON}, "已失效"),
])
def test_a_rule_that_does_not_hold_now_loses_however_narrow(facts: dict[str, Any], reason: str) -> None:
    decision = decided(rule("窄", WATER, category_code="10101", **facts), rule("宽", STREET))
    assert decision.lead == STREET
    assert f"“窄”{reason}" in decision.explanation


def test_rules_of_other_places_and_categories_are_not_even_mentioned() -> None:
    decision = decided(rule("别处", area_code="440306"), rule("别类", category_code="10102"))
    assert decision.rule is None
    assert decision.candidates == ()
    assert "没有可用的权责规则" in decision.explanation
    assert "“" not in decision.explanation


def test_equally_specific_rules_that_disagree_decide_nothing() -> None:
    one, other = rule("甲", WATER, category_code="101"), rule("乙", ROADS, category_code="101")
    decision = decided(one, other, rule("宽", STREET))
    assert (decision.rule, decision.lead) == (None, None)
    assert set(decision.candidates) == {one, other}
    assert "2条同等具体的规则" in decision.explanation


def test_equally_specific_rules_that_agree_decide() -> None:
    assert decided(rule("甲", WATER), rule("乙", WATER)).lead == WATER
    assert decided(rule("甲", WATER), rule("乙", WATER, assisting_ids=[str(ROADS)])).lead is None


def test_without_a_place_only_rules_for_the_whole_city_hold() -> None:
    assert decided(rule("社区", WATER, area_code="440305"), rule("全市", STREET), area=None).lead == STREET


def test_many_losers_are_counted() -> None:
    losers = [rule(f"旧{number}", valid_until=MONDAY_NOON) for number in range(20)]
    explanation = decided(rule("新", WATER), *losers).explanation
    assert "另有12条" in explanation


CATEGORIES = tree({"101": "1", "10101": "101", "10102": "101", "201": "2", "20101": "201"})
AREAS = tree({"4403": "", "440305": "4403", "440305001": "440305", "440305002": "440305", "440306": "4403"})


def test_nothing_ruled_is_told_in_one_line_a_kind() -> None:
    assert uncovered(CATEGORIES, AREAS, []) == [("1", ""), ("2", "")]


def test_a_gap_is_told_by_the_widest_class_and_area_without_a_rule() -> None:
    rules = [rule("事件", category_code="2"), rule("东区", category_code="10101", area_code="440305001")]
    assert uncovered(CATEGORIES, AREAS, rules) == [("10101", "440305002"), ("10101", "440306"), ("10102", "")]


def test_a_rule_for_an_area_that_is_gone_covers_nothing() -> None:
    assert uncovered(CATEGORIES, AREAS, [rule("旧", area_code="440306001")]) == [
        (kind, area) for kind in ("1", "2") for area in ("440305", "440306")]
    assert uncovered(CATEGORIES, tree({}), [rule("旧", area_code="440306")]) == [("1", ""), ("2", "")]


LEAVES = [(category, area) for category in ("10101", "10102", "20101") for area in ("440305001", "440305002", "440306")]
codes = st.tuples(st.sampled_from([None, "1", "2", "101", "201", "10101", "10102", "20101"]),
                  st.sampled_from([None, "4403", "440305", "440306", "440305001", "440305002"]))


@given(st.lists(codes, max_size=6))
def test_gaps_are_exactly_the_leaves_that_no_rule_covers(pairs: list[tuple[str | None, str | None]]) -> None:
    rules = [rule("一", category_code=category, area_code=area) for category, area in pairs]
    told = uncovered(CATEGORIES, AREAS, rules)
    open_leaves = {(category, area) for (category, area), (above, around) in product(LEAVES, told)
                   if category.startswith(above) and area.startswith(around)}
    assert open_leaves == {leaf for leaf in LEAVES if decided(*rules, category=leaf[0], area=leaf[1]).candidates == ()}
