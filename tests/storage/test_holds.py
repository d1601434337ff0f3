"""Holds: however many operators ask, no two ever have the same case; a hold ends by itself, and is respected at every desk."""
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest

from casework import clock
from casework.cases import holds, search, versions
from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.cases.workflow import Facts
from casework.errors import Conflict, Refused
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.bare_cases import bare_cases
from tests.storage.city import VERBS, City


@pytest.fixture
def left(city: City) -> Receipt:
    """A report that triage left to a person."""
    receipt = city.receives(text="这里有点问题", claimed_category=None)
    city.triages(receipt)
    assert city.case(receipt).status == "reported"
    return receipt


def operators(number: int) -> list[Actor]:
    with transaction() as db:
        made = [create_user(db, f"triage{one}", f"受理员{one}") for one in range(number)]
        for user in made:
            create_post(db, "受理员", Role.TRIAGE_OPERATOR, holder_id=user.id)
        return [actor_of(db, user.id) for user in made]


def takes(actor: Actor, case: Case, *, over: bool = False) -> holds.Held:
    with transaction() as db:
        return holds.take(db, search.find(db, actor, case.number, to_change=True), actor, over=over)


def takes_next(actor: Actor, *skipped: str) -> str | None:
    with transaction() as db:
        found = holds.take_next(db, actor, "triage", skipped)
        return found.number if found else None


def does(actor: Actor, case: Case, action: str, **facts: object) -> None:
    with transaction() as db:
        found = search.find(db, actor, case.number, to_change=True)
        versions.take(db, found, actor, action, Facts(**facts), verb=VERBS[action], seen=None)


def held(actor: Actor) -> list[tuple[str, str]]:
    with reading() as db:
        return [(one.number, one.holder) for one in holds.live(db, actor)]


def test_no_two_who_take_the_next_at_one_moment_ever_get_the_same(city: City) -> None:
    with transaction() as db:
        ids = bare_cases(db, 30)
        for case_id in ids:
            db.get_one(Case, case_id).status = search.QUEUES["triage"]
    people = operators(6)
    with ThreadPoolExecutor(6) as pool:
        taken = [one for found in pool.map(lambda who: [takes_next(who) for _ in range(6)], people) for one in found]
    numbers = [one for one in taken if one]
    assert len(numbers) == len(set(numbers)) == 30
    assert taken.count(None) == 6
    assert len(held(city.cast.supervisor)) == 30


def test_no_two_who_take_the_same_at_one_moment_both_get_it(city: City, left: Receipt) -> None:
    people, case = operators(6), city.case(left)

    def tries(who: Actor) -> bool:
        try:
            takes(who, case)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(tries, people)) == 1


def test_the_next_is_what_is_due_first_and_neither_held_nor_skipped(city: City, left: Receipt, time: SetClock) -> None:
    time.passes(minutes=5)
    later = city.receives(text="那里也有点问题", claimed_category=None, place=at_grid(1))
    city.triages(later)
    first, second = city.case(left).number, city.case(later).number
    assert takes_next(city.cast.triage, first) == second
    assert takes_next(city.cast.operator) == first
    assert takes_next(city.cast.triage) is None


def test_another_is_told_who_has_it_and_until_when(city: City, left: Receipt) -> None:
    case = city.case(left)
    mine = takes(city.cast.triage, case)
    assert mine.until - clock.now() == holds.LEASE
    with pytest.raises(Conflict) as refusal:
        takes(city.cast.operator, case)
    assert refusal.value.facts == {"holder": "Triage", "held_until": mine.until}
    with pytest.raises(Conflict) as refusal:
        does(city.cast.operator, case, "file", category="10101")
    assert refusal.value.facts["holder"] == "Triage"
    assert city.case(left).status == "reported"


def test_the_holder_goes_on_and_a_case_that_went_on_is_held_no_more(city: City, left: Receipt) -> None:
    case = city.case(left)
    takes(city.cast.triage, case)
    assert held(city.cast.supervisor) == [(case.number, "Triage")]
    does(city.cast.triage, case, "file", category="10101")
    assert held(city.cast.supervisor) == []
    takes(city.cast.dispatcher, case)


def test_a_hold_ends_by_itself_and_is_renewed_before(city: City, left: Receipt, time: SetClock) -> None:
    case = city.case(left)
    first = takes(city.cast.triage, case)
    time.passes(minutes=1)
    again = takes(city.cast.triage, case)
    assert (again.since, again.until) == (first.since, first.until + timedelta(minutes=1))
    time.passes(minutes=2, seconds=1)
    assert held(city.cast.supervisor) == []
    assert takes(city.cast.operator, case).holder == "Operator"


def test_what_is_given_back_is_free_at_once_and_only_its_holder_gives_it_back(city: City, left: Receipt) -> None:
    case = city.case(left)
    takes(city.cast.triage, case)
    with transaction() as db:
        holds.give_back(db, case, city.cast.operator)
    assert len(held(city.cast.supervisor)) == 1
    with transaction() as db:
        holds.give_back(db, case, city.cast.triage)
    assert takes_next(city.cast.operator) == case.number


def test_only_who_may_takes_it_over(city: City, left: Receipt) -> None:
    case = city.case(left)
    takes(city.cast.triage, case)
    with pytest.raises(Refused):
        takes(city.cast.operator, case, over=True)
    assert takes(city.cast.supervisor, case, over=True).holder == "Supervisor"
    with pytest.raises(Conflict, match="Supervisor"):
        does(city.cast.triage, case, "file", category="10101")


def test_departments_grid_workers_reminders_and_orders_are_not_held_up(city: City, handled: Receipt) -> None:
    case = city.case(handled)
    takes(city.cast.dispatcher, case)
    does(city.cast.operator, case, "urge", reason="又来电")
    does(city.cast.supervisor, case, "supervise", reason="限时办结")
    does(city.cast.water_handler, case, "contact", finding="已联系")
    with pytest.raises(Conflict, match="Dispatcher"):
        does(city.cast.other_dispatcher, case, "correct", reason="更正", place=at_grid(0, 40))


def test_who_may_not_see_a_case_sees_no_hold_of_it(city: City, left: Receipt) -> None:
    takes(city.cast.triage, city.case(left))
    assert held(city.cast.water_handler) == []
    assert held(city.cast.wang) == []  # walks another grid


def test_what_ended_by_itself_is_forgotten(city: City, left: Receipt, time: SetClock) -> None:
    takes(city.cast.triage, city.case(left))
    with transaction() as db:
        assert holds.forget_ended(db, 10) == []
    time.passes(minutes=3)
    with transaction() as db:
        assert len(holds.forget_ended(db, 10)) == 1


def test_what_is_taken_anew_while_the_ended_are_forgotten_stays_taken(city: City, left: Receipt, time: SetClock) -> None:
    number, again = city.case(left).number, city.cast.operator
    takes(city.cast.triage, city.case(left))
    time.passes(minutes=3)

    def sweep() -> None:
        with transaction() as db:
            holds.forget_ended(db, 10)

    with ThreadPoolExecutor(1) as pool:
        with transaction() as db:
            holds.take(db, search.find(db, again, number, to_change=True), again)
            swept = pool.submit(sweep)
            sleep(0.5)  # it has looked, and waits for us
        swept.result()
    assert held(city.cast.supervisor) == [(number, "Operator")]


def test_a_case_that_is_over_is_not_held(city: City, left: Receipt) -> None:
    does(city.cast.triage, city.case(left), "reject", reason="不属受理范围")
    with pytest.raises(Conflict):
        takes(city.cast.triage, city.case(left))
