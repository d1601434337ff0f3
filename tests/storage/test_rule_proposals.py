"""What upheld returns teach the responsibility list: grouped, tried, made a rule or declined, on both databases."""
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from casework import clock, responsibility
from casework.errors import Conflict, Invalid, NotFound
from casework.identity.people import SYSTEM, Department
from casework.responsibility import Rule, proposals
from casework.responsibility.proposals import Group, RuleProposal, State, Upheld
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, small_city
from tests.storage.bare_cases import bare_cases


@dataclass
class City:
    """The small city: manholes are the water office's by rule, rubbish is nobody's."""

    departments: dict[str, Department]

    def id(self, code: str) -> uuid.UUID:
        return self.departments[code].id

    def upholds(self, number: str, grid: int | None = 0, *, category: str = "10101", released: str = "water",
                to: str | None = "roads", claimed: str | None = None, case_id: uuid.UUID | None = None) -> uuid.UUID:
        """A return that was upheld; the id of its case."""
        with transaction() as db:
            case_id = case_id or bare_cases(db, 1)[0]
            proposals.learn(db, Upheld(
                case_id=case_id, number=number, category_code=category, area_code=None if grid is None else GRIDS[grid],
                released_id=self.id(released), why="适用规则“供水井盖”", ground=f"{number}的依据",
                proposed_id=self.id(claimed) if claimed else None, next_id=self.id(to) if to else None, ruling="不属供水",
                ruled_by_id=new_id(), at=clock.now()))
        return case_id

    def told(self) -> list[tuple[str, str | None, str, str | None, int]]:
        """Category, area, from, to and count of each group."""
        codes = {one.id: code for code, one in self.departments.items()} | {None: None}
        with reading() as db:
            return [(one.category_code, one.area_code, str(codes[one.released_id]), codes[one.owner_id], len(one.members))
                    for one in proposals.groups(db)]


@pytest.fixture
def city(store: str, time: SetClock) -> City:
    with transaction() as db:
        return City(small_city(db))


def first() -> Group:
    with reading() as db:
        return proposals.groups(db)[0]


def test_rulings_that_say_the_same_are_one_proposal_for_the_smallest_area_around_them(city: City) -> None:
    city.upholds("A1", grid=0)
    assert city.told() == [("10101", "440301001001", "water", "roads", 1)]
    city.upholds("A2", grid=1)
    assert city.told() == [("10101", "440301001001", "water", "roads", 2)]
    city.upholds("A3", grid=2)
    assert city.told() == [("10101", "440301001", "water", "roads", 3)]
    city.upholds("A4", grid=None)
    assert city.told() == [("10101", None, "water", "roads", 4)]


def test_another_category_department_or_owner_is_another_proposal(city: City) -> None:
    for number in ("A1", "A2"):
        city.upholds(number)
    city.upholds("B", category="10102")
    city.upholds("C", released="roads", to="office")
    city.upholds("D", to="office")
    city.upholds("E", to=None, claimed="office")
    city.upholds("F", to=None)
    area = "440301001001"
    found = city.told()
    assert found[0] == ("10101", area, "water", "roads", 2)
    assert set(found) == {
        ("10101", area, "water", "roads", 2), ("10102", area, "water", "roads", 1), ("10101", area, "roads", "office", 1),
        ("10101", area, "water", "office", 2), ("10101", area, "water", None, 1)}


def test_a_ruling_is_learned_once(city: City) -> None:
    case_id = city.upholds("A1")
    city.upholds("A1", case_id=case_id)
    assert [count for *_, count in city.told()] == [1]


def test_a_case_without_a_category_teaches_nothing(city: City) -> None:
    city.upholds("A1", category=None)  # type: ignore[arg-type]
    assert city.told() == []


def test_who_gets_the_case_afterwards_completes_the_proposal(city: City) -> None:
    case_id, other = city.upholds("A1", to=None, claimed="office"), city.upholds("A2", to=None)
    for _ in range(2):
        with transaction() as db:
            proposals.name_owner(db, case_id, city.id("roads"))
    assert {(to, count) for *_, to, count in city.told()} == {("roads", 1), (None, 1)}
    with transaction() as db:
        proposals.name_owner(db, other, city.id("water"))  # the released one never is the owner
    assert (None, 1) in {(to, count) for *_, to, count in city.told()}


def test_when_the_next_owner_is_released_too_the_first_lesson_names_the_one_after(city: City) -> None:
    case_id = city.upholds("A1", to="roads")
    city.upholds("A1", case_id=case_id, released="roads", to="office")
    assert {(released, to) for _, _, released, to, _ in city.told()} == {("water", "office"), ("roads", "office")}


def test_a_dry_run_shows_both_answers_for_each_area_and_changes_nothing(city: City) -> None:
    for number, grid in (("A1", 0), ("A2", 0), ("A3", 1)):
        city.upholds(number, grid)
    with reading() as db:
        found = proposals.groups(db)[0]
        effects = proposals.effects(db, found, proposals.draft(found))
        assert [(one.area_code, one.cases, one.before.lead, one.after.lead) for one in effects] == [
            (GRIDS[0], 2, city.id("water"), city.id("roads")), (GRIDS[1], 1, city.id("water"), city.id("roads"))]
        assert "供水井盖" in effects[0].before.explanation
        assert "适用规则“上水井盖·南塘社区（裁定）”" in effects[0].after.explanation
        assert not db.new
        assert not db.dirty
    with reading() as db:
        assert responsibility.find(db, "10101", GRIDS[0]).lead == city.id("water")


def test_what_the_rules_say_by_now_is_marked(city: City) -> None:
    city.upholds("A1")
    city.upholds("B1", to=None)
    with transaction() as db:
        ours = proposals.groups(db)[0]
        assert proposals.answered(db, proposals.groups(db)) == set()
        responsibility.add_rule(db, "南塘", city.id("roads"), category_code="10101", area_code=GRIDS[0])
        assert proposals.answered(db, proposals.groups(db)) == {ours.id}


def test_without_an_owner_a_dry_run_shows_what_holds_now(city: City) -> None:
    city.upholds("A1", to=None)
    with reading() as db:
        found = proposals.groups(db)[0]
        (effect,) = proposals.effects(db, found, proposals.draft(found))
        assert effect.before == effect.after


def test_accepted_it_is_a_rule_that_cites_its_rulings_and_decides(city: City) -> None:
    for number, grid in (("A1", 0), ("A2", 1)):
        city.upholds(number, grid)
    with transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        rule = proposals.accept(db, found, SYSTEM, proposals.draft(found))
        assert (rule.category_code, rule.area_code, rule.lead_department_id) == ("10101", "440301001001", city.id("roads"))
        assert rule.ground == "据退单裁定（A2、A1）：A2的依据"
    with reading() as db:
        assert responsibility.find(db, "10101", GRIDS[1]).lead == city.id("roads")
        assert responsibility.find(db, "10101", GRIDS[2]).lead == city.id("water")
        assert {(one.state, one.rule_id) for one in db.scalars(select(RuleProposal))} == {(State.ACCEPTED, rule.id)}
        assert proposals.groups(db) == []
        with pytest.raises(Conflict):
            proposals.group(db, found.id)


def test_what_a_narrower_rule_does_not_reach_stays_open(city: City) -> None:
    for number, grid in (("A1", 0), ("A2", 2)):
        city.upholds(number, grid)
    with transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        proposals.accept(db, found, SYSTEM, replace(proposals.draft(found), area_code=GRIDS[0]))
    assert city.told() == [("10101", "440301001002", "water", "roads", 1)]


def test_a_wider_rule_may_be_made(city: City) -> None:
    city.upholds("A1")
    with transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        wide = replace(proposals.draft(found), area_code=None, category_code="10101")
        rule = proposals.accept(db, found, SYSTEM, wide)
        assert responsibility.find(db, "10101", GRIDS[3]).rule == rule


def test_the_rule_that_it_contradicts_ends_unless_that_is_not_wanted(city: City) -> None:
    city.upholds("A1", grid=None)
    with transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        wanted = proposals.draft(found)
        old = db.scalars(select(Rule).where(Rule.category_code == "10101")).one()
    with pytest.raises(Conflict) as refused, transaction() as db:
        proposals.accept(db, proposals.group(db, found.id, to_change=True), SYSTEM, replace(wanted, replaces=False))
    assert "同等具体" in refused.value.facts["explanation"]
    with transaction() as db:
        proposals.accept(db, proposals.group(db, found.id, to_change=True), SYSTEM, wanted)
        assert db.get_one(Rule, old.id).valid_until == clock.now()
        assert responsibility.find(db, "10101", None).lead == city.id("roads")


def test_a_rule_that_a_narrower_one_overrides_is_refused_with_the_explanation(city: City) -> None:
    city.upholds("A1")
    with transaction() as db:
        responsibility.add_rule(db, "格内", city.id("office"), category_code="10101", area_code=GRIDS[0])
    with pytest.raises(Conflict) as refused, transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        proposals.accept(db, found, SYSTEM, proposals.draft(found))
    assert "“格内”" in refused.value.facts["explanation"]
    assert len(city.told()) == 1
    with reading() as db:
        assert len(responsibility.living(db)) == 5


@pytest.mark.parametrize(("change", "field"), [
    ({"lead": None}, "lead"), ({"area_code": GRIDS[3]}, "area_code"), ({"category_code": "20101"}, "area_code"),
    ({"area_code": "9999"}, "area_code"), ({"lead": uuid.UUID(int=1)}, "lead")])
def test_a_rule_that_cannot_be_is_refused_with_its_fault(city: City, change: dict[str, object], field: str) -> None:
    city.upholds("A1")
    with pytest.raises(Invalid) as refused, transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        proposals.accept(db, found, SYSTEM, replace(proposals.draft(found), **change))  # type: ignore[arg-type]
    assert [one.field for one in refused.value.faults] == [field]
    assert len(city.told()) == 1


def test_the_released_department_cannot_be_the_rules_owner(city: City) -> None:
    city.upholds("A1")
    with pytest.raises(Invalid), transaction() as db:
        found = proposals.group(db, first().id, to_change=True)
        proposals.accept(db, found, SYSTEM, replace(proposals.draft(found), lead=city.id("water")))


def test_declined_the_whole_group_is_closed_with_the_reason_and_later_rulings_propose_anew(city: City) -> None:
    for number in ("A1", "A2"):
        city.upholds(number)
    with transaction() as db:
        proposals.decline(db, proposals.group(db, first().id, to_change=True), SYSTEM, "个案")
    with reading() as db:
        assert {(one.state, one.reason) for one in db.scalars(select(RuleProposal))} == {(State.DECLINED, "个案")}
    assert city.told() == []
    city.upholds("A3")
    assert [count for *_, count in city.told()] == [1]


def test_a_proposal_that_never_was_is_not_found(city: City) -> None:
    with reading() as db, pytest.raises(NotFound):
        proposals.group(db, new_id())


def test_many_rulings_are_cited_by_the_latest_and_counted(city: City) -> None:
    for number in range(23):
        city.upholds(f"A{number}")
    with reading() as db:
        ground = proposals.draft(proposals.groups(db)[0]).ground
    assert ground.startswith("据退单裁定（A22、A21、")
    assert "A3等23件）" in ground
    assert "A2、" not in ground


def test_of_two_who_decide_at_once_one_is_told_that_it_was_decided(city: City) -> None:
    city.upholds("A1")
    wanted = first()
    started = threading.Barrier(2)

    def accepts() -> str:
        started.wait()
        try:
            with transaction() as db:
                found = proposals.group(db, wanted.id, to_change=True)
                proposals.accept(db, found, SYSTEM, proposals.draft(found))
        except Conflict:
            return "too late"
        return "accepted"
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _: accepts(), range(2))) == ["accepted", "too late"]
    with reading() as db:
        assert len([one for one in responsibility.living(db) if one.area_code]) == 1
