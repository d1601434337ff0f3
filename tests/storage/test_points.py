"""Points: each thing counts once in whatever order it is heard of, within limits; the ledger only grows and never lies."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import delete, select, text, update

from casework.cases.case import Case
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Facts, Status
from casework.community import persons
from casework.community.persons import Person
from casework.community.points import awards, ledger, rewards, rules
from casework.community.points.ledger import About, Account, Line
from casework.community.points.rewards import Redemption, Reward, State
from casework.errors import Conflict, Invalid, NotFound, Unauthenticated
from casework.identity.people import ANONYMOUS, Actor, Role
from casework.identity.privacy import blind_index
from casework.storage.database import reading, transaction
from casework.triage import automatic
from casework.triage.desk import VERBS as TRIAGE
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of
from tests.statements import heard
from tests.storage.adopters import citizen

MINE, HERS = "13800138000", "13900139000"


def said(phone: str | None = MINE, **facts: object) -> Receipt:
    with transaction() as db:
        receipt = a_report(db, **{"channel": Channel.CITIZEN, "source": "web", "reporter_phone": phone} | facts)
    automatic.triage([receipt.id])
    return receipt


def filed(cast: people.Cast, *receipts: Receipt, category: str = "10101") -> uuid.UUID:
    with transaction() as db:
        case = case_of(db, receipts[0])
        if case.status is Status.REPORTED:
            TRIAGE["file"](db, case, cast.triage, Facts(category=category))
        return case.id


def settle(case_id: uuid.UUID) -> int:
    with transaction() as db:
        return awards.settle(db, case_id)


def lines(phone: str = MINE) -> list[tuple[str, int]]:
    with reading() as db:
        wanted = (select(Line).join(Account, Account.id == Line.account_id).join(Person, Person.id == Account.person_id)
                  .where(Person.phone_index == blind_index("phone", phone)).order_by(Line.number))
        return [(one.rule, one.points) for one in db.scalars(wanted)]


def moved(case_id: uuid.UUID, status: Status) -> None:
    with transaction() as db:
        db.execute(update(Case).where(Case.id == case_id).values(status=status))


def account(points: int = 0, phone: str = MINE) -> uuid.UUID:
    """A person with so many points."""
    with transaction() as db:
        person = persons.with_tie(db, ("phone_index", blind_index("phone", phone)))
        held = ledger.held(db, person.id)
        if points:
            ledger.write(db, held, f"gift:{uuid.uuid4().hex}", "correction", points)
        return person.id


def test_whoever_reported_it_first_has_filed_it_and_the_others_joined_and_each_person_counts_once(cast: people.Cast) -> None:
    mine = said()
    hers, again = said(HERS, place=at_grid(0, 5)), said(HERS, place=at_grid(0, 6))
    case_id = filed(cast, mine)
    with reading() as db:
        assert {case_of(db, one).id for one in (mine, hers, again)} == {case_id}
        assert awards.concerned(db, [case_id, uuid.uuid4()]) == [case_id]
    assert settle(case_id) == 2
    assert (lines(), lines(HERS)) == ([("filed", 5)], [("joined", 1)])
    assert settle(case_id) == 0


def test_nothing_before_it_is_filed_nothing_for_requests_and_nothing_for_those_who_are_paid(cast: people.Cast) -> None:
    case_id = filed(cast, said(text="想问一下", claimed_category=None), category="301")
    pda, phoned = said(channel=Channel.PDA), said(channel=Channel.HOTLINE, place=at_grid(1))
    unknown = said(None, place=at_grid(2))
    for one in (case_id, filed(cast, pda), filed(cast, phoned), filed(cast, unknown)):
        assert settle(one) == 0
    waits = said(place=at_grid(3))
    with transaction() as db:
        waiting = case_of(db, waits).id
    moved(waiting, Status.REPORTED)
    assert settle(waiting) == 0
    assert lines() == []


def test_closing_counts_once_and_what_falls_is_taken_back_as_far_as_it_is_there(cast: people.Cast) -> None:
    case_id = filed(cast, said())
    moved(case_id, Status.CLOSED)
    assert settle(case_id) == 2
    moved(case_id, Status.HANDLING)
    moved(case_id, Status.CLOSED)
    assert settle(case_id) == 0
    assert lines() == [("filed", 5), ("closed", 2)]
    with transaction() as db:
        person = persons.with_tie(db, ("phone_index", blind_index("phone", MINE)))
        held = ledger.held(db, person.id)
        ledger.write(db, held, "spent", "redemption", -4)
    moved(case_id, Status.VOID)
    assert (settle(case_id), settle(case_id)) == (2, 0)
    assert lines()[3:] == [("taken_back", -3), ("taken_back", 0)]


def test_events_in_the_wrong_order_come_to_the_same(cast: people.Cast) -> None:
    case_id = filed(cast, said())
    moved(case_id, Status.VOID)
    assert settle(case_id) == 0  # the job of filing came after the case had fallen
    assert lines() == []


def test_an_untrue_report_costs_only_those_who_had_proved_who_they_are(cast: people.Cast) -> None:
    me = citizen()
    account(20), account(20, HERS)
    mine = said(reporter_id=me.id, claimed_category=None, text="你好")
    slandered = said(HERS, place=at_grid(0, 3), claimed_category=None, text="你好")
    found = []
    for receipt in (mine, slandered):
        with transaction() as db:
            case = case_of(db, receipt)
            if case.status is Status.REPORTED:
                TRIAGE["verify"](db, case, cast.triage, Facts(inspector=cast.li.id))
                case.move("refute", cast.li, Facts(position=at_grid(0), photos=(uuid.uuid4(),), finding="井盖都在"))
                TRIAGE["reject"](db, case, cast.triage, Facts(reason="现场核实不属实"))
            found.append(case.id)
    for case_id in found:
        settle(case_id)
        settle(case_id)
    assert lines() == [("correction", 20), ("false_report", -5)]
    assert lines(HERS) == [("correction", 20)]


def test_refused_without_a_look_costs_nothing(cast: people.Cast) -> None:
    me = citizen()
    account(20)
    mine = said(reporter_id=me.id, claimed_category=None, text="你好")
    with transaction() as db:
        case = case_of(db, mine)
        TRIAGE["reject"](db, case, cast.triage, Facts(reason="不属于受理范围"))
    settle(case.id)
    assert lines() == [("correction", 20)]


def test_limits_of_a_day_and_a_month_and_the_line_that_says_so(store: str, time: SetClock) -> None:
    person_id = account()
    rule = rules.Rule(code="filed", points=5, zh="", en="", day_limit=12, month_limit=20)
    with transaction() as db:
        held = ledger.held(db, person_id)
        made = [ledger.award(db, held, rule, f"r{number}", day=day, about=About())
                for number, day in enumerate([date(2026, 3, 2)] * 4 + [date(2026, 3, 31)] * 3 + [date(2026, 4, 1)])]
    assert [(one.points, one.limited) for one in made if one] == [
        (5, False), (5, False), (2, True), (0, True), (5, False), (3, True), (0, True), (5, False)]
    with transaction() as db:
        assert ledger.award(db, ledger.held(db, person_id), rule, "r3", day=date(2026, 5, 1), about=About()) is None


def test_what_is_taken_never_leads_below_zero(store: str) -> None:
    rule = rules.DEFAULT["false_report"]
    assert [rule.granted(used, used, has) for used, has in ((0, 20), (0, 3), (18, 20), (20, 20), (0, 0))] == [-5, -3, -2, 0, 0]


def test_the_ledger_refuses_changes_and_notices_those_that_came_by_another_way(store: str) -> None:
    person_id = account(10)
    account(7), account(4)
    with pytest.raises(Conflict), transaction() as db:
        db.scalars(select(Line)).first().points = 1000  # type: ignore[union-attr]
    with reading() as db:
        assert list(ledger.broken(db)) == []
        kept = [dict(row._mapping) for row in db.execute(select(Line.__table__).order_by(Line.__table__.c.number))]
    for change, word in (
            (update(Line).where(Line.number == 2).values(points=8), "line 2 (correction) was edited"),
            (update(Line).where(Line.number == 2).values(key="x"), "line 2 (correction) was edited"),
            (delete(Line).where(Line.number == 1), "line 1 was removed"),
            (delete(Line).where(Line.number == 3), "it remembers 3 lines and 21 points, and has 2 and 17"),
            (update(Account).values(balance=22), "it remembers 3 lines and 22 points, and has 3 and 21")):
        with transaction() as db:
            db.execute(change.execution_options(synchronize_session=False))
        with reading() as db:
            assert [one.partition(": ")[2] for one in ledger.broken(db)] == [word]
        with transaction() as db:
            db.execute(delete(Line))
            db.execute(Line.__table__.insert(), kept)
            db.execute(update(Account).where(Account.person_id == person_id).values(balance=21))


def test_the_database_itself_knows_of_no_balance_below_zero(store: str) -> None:
    account(1)
    with pytest.raises(Exception, match=r"(?i)check|constraint"), transaction() as db:
        db.execute(text("UPDATE point_accounts SET balance = -1"))


def a_reward(cast: people.Cast, points: int = 30, stock: int = 5) -> uuid.UUID:
    with transaction() as db:
        return rewards.keep(db, cast.administrator, {"zh": "帆布袋", "en": "a bag", "points": points, "stock": stock}).id


def redeem(person_id: uuid.UUID, reward_id: uuid.UUID, key: uuid.UUID | None = None) -> str:
    try:
        with transaction() as db:
            return rewards.redeem(db, ledger.held(db, person_id), key or uuid.uuid4(), reward_id).code
    except Conflict as error:
        return error.sentence


def test_many_at_once_never_spend_more_than_there_is(cast: people.Cast) -> None:
    person_id, reward_id = account(100), a_reward(cast)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: redeem(person_id, reward_id), range(8)))
    assert sum(len(one) == 8 for one in codes) == 3
    with reading() as db:
        assert (db.scalars(select(Account)).one().balance, db.scalars(select(Reward)).one().stock) == (10, 2)
        assert list(ledger.broken(db)) == []


def test_many_people_at_once_never_get_more_than_there_is(cast: people.Cast) -> None:
    reward_id = a_reward(cast, points=1, stock=3)
    each = [account(5, f"1380013800{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda one: redeem(one, reward_id), each))
    assert sum(len(one) == 8 for one in codes) == 3
    with reading() as db:
        assert db.scalars(select(Reward)).one().stock == 0


def test_a_redemption_that_is_sent_again_is_one_and_called_off_gives_all_back_once(cast: people.Cast) -> None:
    person_id, reward_id, key = account(40), a_reward(cast), uuid.uuid4()
    code = redeem(person_id, reward_id, key)
    assert redeem(person_id, reward_id, key) == code
    assert redeem(person_id, a_reward(cast, 1), key) == "this key was used before for another reward"
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: _void(cast, code), range(4)))
    assert sorted(done) == [False, False, False, True]
    with pytest.raises(Conflict), transaction() as db:
        rewards.hand_out(db, cast.operator, code)
    with reading() as db:
        one = db.scalars(select(Redemption)).one()
        assert (one.state, one.reason, one.decided_by_id) == (State.VOID, "停发", cast.operator.id)
        assert (db.get_one(Reward, reward_id).stock, db.scalars(select(Account)).one().balance) == (5, 40)
    assert [rule for rule, _ in lines()] == ["correction", "redemption", "returned"]


def _void(cast: people.Cast, code: str) -> bool:
    try:
        with transaction() as db:
            rewards.void(db, cast.operator, code, "停发")
    except Conflict:
        return False
    return True


def test_handed_out_once_by_a_code_as_people_type_it(cast: people.Cast) -> None:
    code = redeem(account(40), a_reward(cast))
    with transaction() as db:
        assert rewards.hand_out(db, cast.operator, f" {code[:4].lower()} {code[4:]}").state is State.HANDED_OUT
    with pytest.raises(Conflict), transaction() as db:
        rewards.hand_out(db, cast.operator, code)
    with pytest.raises(NotFound), transaction() as db:
        rewards.find(db, "NOTHERE2")


def test_a_correction_says_who_and_why_once(cast: people.Cast) -> None:
    person_id, key = account(3), uuid.uuid4()
    for _ in range(2):
        with transaction() as db:
            line = ledger.correct(db, ledger.held(db, person_id), cast.supervisor, 4, key=key, why="误判")
            assert (line.number, line.balance, line.note, line.by_id) == (2, 7, "误判", cast.supervisor.id)
    for points, other, error in ((-8, uuid.uuid4(), Invalid), (0, uuid.uuid4(), Invalid), (5, key, Conflict)):
        with pytest.raises(error), transaction() as db:
            ledger.correct(db, ledger.held(db, person_id), cast.supervisor, points, key=other, why="误判")


def test_rules_are_data_and_what_was_written_stays(cast: people.Cast) -> None:
    first = filed(cast, said())
    settle(first)
    with transaction() as db:
        rules.change(db, cast.administrator, "filed", {"points": 8, "branches": ["1"], "day_limit": None})
        rules.change(db, cast.administrator, "filed", {"zh": "属实"})
    second = filed(cast, said(place=at_grid(3)))
    settle(second)
    assert lines() == [("filed", 5), ("filed", 8)]
    for code, facts, field in (("filed", {"points": -1}, "points"), ("filed", {"points": 0}, "points"),
                               ("false_report", {"points": 5}, "points"),
                               ("filed", {"day_limit": 50, "month_limit": 20}, "month_limit")):
        with pytest.raises(Invalid) as refused, transaction() as db:
            rules.change(db, cast.administrator, code, facts)
        assert [fault.field for fault in refused.value.faults] == [field]
    with pytest.raises(NotFound), transaction() as db:
        rules.change(db, cast.administrator, "gifts", {})
    with transaction() as db:
        rules.change(db, cast.administrator, "filed", {"active": False})
    third = filed(cast, said(place=at_grid(2)))
    assert settle(third) == 0


def test_who_was_erased_keeps_the_counts_and_a_report_that_is_heard_of_again_counts_for_nobody_else(cast: people.Cast) -> None:
    case_id = filed(cast, said())
    settle(case_id)
    with transaction() as db:
        gone = persons.with_tie(db, ("phone_index", blind_index("phone", MINE))).id
        assert (persons.cut(db, phone_index=blind_index("phone", MINE)),
                persons.cut(db, phone_index=blind_index("phone", MINE))) == (1, 0)
    assert (settle(case_id), lines()) == (0, [])
    with reading() as db:
        assert db.scalars(select(Account)).one().person_id == gone
        assert db.scalars(select(Line)).one().points == 5
        assert list(ledger.broken(db)) == []


def test_nobody_is_a_person_who_has_not_shown_who_he_is(store: str) -> None:
    stranger = Actor("citizen", None, "市民", frozenset({Role.CITIZEN}), report_id=uuid.uuid4())
    for actor in (ANONYMOUS, stranger, Actor("user", uuid.uuid4(), "Li", frozenset({Role.OPERATOR}))):
        with pytest.raises(Unauthenticated), transaction() as db:
            persons.of(db, actor)


def test_two_cases_with_the_same_reporters_settle_at_once_without_waiting_for_each_other(cast: people.Cast) -> None:
    cases = []
    for grid in (0, 3):
        receipts = [said(phone, place=at_grid(grid, east)) for east, phone in ((0, MINE), (4, HERS))]
        cases.append(filed(cast, *(receipts if grid else reversed(receipts))))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(settle, cases * 4)) == 4
    with reading() as db:
        assert sorted(account.length for account in db.scalars(select(Account))) == [2, 2]
        assert list(ledger.broken(db)) == []


def test_accounts_are_held_in_the_order_of_the_persons_whatever_a_case_gives_them_for(
        cast: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is closed, and has had a voice more since its first was paid; two that hold in another order may lock up."""
    account(phone=MINE), account(phone=HERS)  # in the order of the persons whoever was first comes first
    first = said()
    case_id = filed(cast, first)
    settle(case_id)
    said(HERS, place=at_grid(0, 5))
    moved(case_id, Status.CLOSED)
    held: list[uuid.UUID] = []
    really = ledger.held
    monkeypatch.setattr(ledger, "held", lambda db, one: held.append(one) or really(db, one))
    assert settle(case_id) == 2
    assert len(set(held)) == 2
    assert list(dict.fromkeys(held)) == sorted(set(held))


def test_a_crowd_costs_a_look_for_those_only_who_have_not_counted(cast: people.Cast) -> None:
    first = said()
    crowd = [said(f"139001390{number:02}", place=at_grid(0, number)) for number in range(10, 30)]
    case_id = filed(cast, first)
    settle(case_id)
    with reading() as db:
        assert len({case_of(db, one).id for one in crowd}) == 1
    with heard() as asked, transaction() as db:
        awards.settle(db, case_id)
    assert len(asked) < 10


def test_a_case_that_falls_takes_back_what_its_reports_were_given_before_it_was_merged(cast: people.Cast) -> None:
    other, mine = filed(cast, said(HERS)), filed(cast, said(place=at_grid(3)))
    settle(other), settle(mine)
    with transaction() as db:
        case, into = db.get_one(Case, mine), db.get_one(Case, other)
        TRIAGE["merge"](db, case, cast.triage, Facts(into=into.number, reason="同一处"))
    assert (settle(mine), settle(other)) == (0, 0)
    moved(other, Status.VOID)
    assert (settle(other), settle(other)) == (2, 0)
    assert (lines(), lines(HERS)) == ([("filed", 5), ("taken_back", -5)], [("filed", 5), ("taken_back", -5)])


def test_a_report_that_was_split_off_keeps_its_points_when_the_case_that_it_left_falls(cast: people.Cast) -> None:
    hers, mine = said(HERS), said(place=at_grid(0, 5))
    case_id = filed(cast, hers)
    settle(case_id)
    assert (lines(), lines(HERS)) == ([("joined", 1)], [("filed", 5)])
    with transaction() as db:
        TRIAGE["split"](db, db.get_one(Case, case_id), cast.triage, Facts(reports=(mine.number,), reason="另一处"))
    moved(case_id, Status.VOID)
    assert settle(case_id) == 1
    assert lines() == [("joined", 1)]
    with reading() as db:
        own = case_of(db, mine).id
    assert settle(own) == 0, "one report counts once"
    moved(own, Status.VOID)
    assert settle(own) == 1
    assert lines() == [("joined", 1), ("taken_back", -1)]
