"""When policy, calendar, category or priority change, the clocks of open cases follow, and the history of each says so."""
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from casework import clock
from casework.cases import recounting
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Receipt
from casework.sla import calendar, policies, recounts, timers
from casework.sla.limits import Stage
from casework.sla.policies import Policy
from casework.sla.timers import Start, Timer, TimerState
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.city import City
from tests.storage.plans import analyze, plans
from workers import recounting as jobs
from workers import upkeep

LIMIT = policies.DEFAULT.limit(Stage.SIGN)


def adopt(city: City, version: str, *rules: dict[str, Any]) -> None:
    with transaction() as db:
        policies.adopt(db, city.cast.administrator, Policy.read(version, rules, {}, {}))


def follow() -> None:
    """What the relay hands over when policy or calendar changed, until nothing waits."""
    done: set[int] = set()
    while True:
        with reading() as db:
            rows = [(one, name) for one, name in db.execute(select(Event.id, Event.name)) if one not in done]
        wanted: dict[Callable[[list[str]], None], list[str]] = {}
        for one, name in rows:
            done.add(one)
            if name in {"policy.changed", "calendar.changed", "clocks.outdated"}:
                job = jobs.recount_cases if name == "clocks.outdated" else jobs.announce
                wanted.setdefault(job, []).append(str(one))
        if not wanted:
            return
        for job, ids in wanted.items():
            job(ids)


def lines(case: Case) -> list[dict[str, Any]]:
    return [line.facts for line in case.history if line.action == "recount"]


def due(case: Case, stage: Stage) -> str | None:
    with reading() as db:
        timer = db.scalars(select(Timer).where(Timer.case_id == case.id, Timer.stage == stage)).one()
    return timer.due_at.astimezone(clock.CITY).strftime("%m-%d %H:%M") if timer.due_at else None


@pytest.fixture
def dispatched(city: City, time: SetClock) -> Receipt:
    """A lamp, dispatched on a Monday at ten: four work hours to sign, two work days to put it right."""
    time.is_now("2026-03-02 10:00")
    receipt = city.receives(claimed_category="10105")
    city.triages(receipt)
    city.dispatches()
    return receipt


def test_a_new_policy_recounts_the_open_clocks_and_each_case_says_so_in_one_line(
        city: City, dispatched: Receipt, time: SetClock) -> None:
    assert due(city.case(dispatched), Stage.SIGN) == "03-02 16:00"
    time.is_now("2026-03-02 11:00")
    adopt(city, "2030.1", {"stage": "sign", "value": 6, "unit": "work_hour"})
    follow()
    case = city.case(dispatched)
    assert due(case, Stage.SIGN) == "03-02 18:00"
    assert lines(case) == [{"why": "时限规定改为 2030.1", "clocks": [{
        "stage": "sign", "before": "4 工作时", "after": "6 工作时",
        "due_before": "2026-03-02T08:00:00+00:00", "due_after": "2026-03-02T10:00:00+00:00"}]}]
    assert (case.due_at, case.return_until) == (time.is_now("2026-03-02 18:00"), time.moment)
    with reading() as db:
        timer = db.scalars(select(Timer).where(Timer.stage == Stage.SIGN)).one()
        assert timer.policy_version == "2030.1"
        assert [one.policy_version for one in timers.segments(db, timer.id)] == ["2026.1", "2030.1"]


def test_handed_over_twice_it_changes_nothing_more(city: City, dispatched: Receipt, time: SetClock) -> None:
    adopt(city, "2030.1", {"stage": "sign", "value": 6, "unit": "work_hour"})
    follow()
    before = city.case(dispatched)
    time.passes(minutes=5)
    follow()
    after = city.case(dispatched)
    assert (after.version, len(after.history)) == (before.version, len(before.history))


def test_a_policy_that_says_nothing_new_of_a_case_leaves_it_alone(city: City, dispatched: Receipt) -> None:
    adopt(city, "2030.1", {"stage": "sign", "category": "3", "value": 1, "unit": "work_hour"},
          {"stage": "sign", "channel": "hotline", "value": 1, "unit": "work_hour"},
          {"stage": "sign", "urgent": True, "value": 0.25, "unit": "urgent_hour"})
    follow()
    assert lines(city.case(dispatched)) == []


def test_a_clock_that_has_run_over_stays_judged_and_the_others_follow(city: City, dispatched: Receipt, time: SetClock) -> None:
    time.is_now("2026-03-02 16:30")
    with transaction() as db:
        timers.sweep(db)
    adopt(city, "2030.1", {"stage": "sign", "value": 6, "unit": "work_hour"})
    follow()
    case = city.case(dispatched)
    assert lines(case) == []
    assert due(case, Stage.SIGN) == "03-02 16:00"
    city.does(city.cast.roads_handler, "sign", dispatched)
    assert city.case(dispatched).overdue


def test_a_corrected_category_keeps_the_share_that_was_used(
        city: City, dispatched: Receipt, time: SetClock) -> None:
    city.does(city.cast.roads_handler, "sign", dispatched)
    time.is_now("2026-03-03 10:00")  # half of two days is used
    case = city.does(city.cast.dispatcher, "correct", dispatched, category="10102", reason="是井盖")
    assert due(case, Stage.HANDLE) == "03-03 12:00"
    (line,) = lines(case)
    assert line["why"] == "更正：是井盖"
    assert [(one["stage"], one["before"], one["after"]) for one in line["clocks"]] == [("handle", "2 工作日", "4 工作时")]
    assert next(one for one in case.history if one.action == "recount").actor_id == city.cast.dispatcher.id


def test_a_case_that_becomes_urgent_is_recounted_in_urgent_hours(city: City, dispatched: Receipt, time: SetClock) -> None:
    time.is_now("2026-03-02 12:00")  # half of the four hours to sign
    case = city.does(city.cast.dispatcher, "correct", dispatched, priority="urgent", reason="灯杆漏电")
    assert due(case, Stage.SIGN) == "03-02 12:15"
    assert case.return_until == time.is_now("2026-03-02 12:15")


def test_a_suspended_case_is_recounted_while_its_clock_stands_still(city: City, dispatched: Receipt, time: SetClock) -> None:
    city.does(city.cast.roads_handler, "sign", dispatched)
    time.is_now("2026-03-03 10:00")
    city.does(city.cast.roads_handler, "defer", dispatched, reason="等配件", until=time.moment.replace(month=4))
    city.does(city.cast.dispatcher, "suspend", dispatched, reason="同意")
    time.is_now("2026-03-10 10:00")
    case = city.does(city.cast.dispatcher, "correct", dispatched, category="10102", reason="是井盖")
    assert due(case, Stage.HANDLE) is None
    assert lines(case)[0]["clocks"][0]["due_after"] is None
    time.is_now("2026-03-11 08:00")
    case = city.does(city.cast.dispatcher, "resume", dispatched)
    assert due(case, Stage.HANDLE) == "03-11 10:00"


def test_next_years_holidays_move_what_falls_due_behind_them(city: City, time: SetClock) -> None:
    time.is_now("2026-12-31 10:00")
    receipt = city.receives(claimed_category="10105")
    city.triages(receipt)
    city.dispatches()
    assert due(city.case(receipt), Stage.HANDLE) == "01-04 10:00"
    with transaction() as db:
        days = [{"date": f"2027-01-0{day}", "isOffDay": True, "name": "元旦"} for day in (1, 2, 3, 4)]
        calendar.import_days(db, 2027, days, "国务院办公厅")
    follow()
    case = city.case(receipt)
    assert due(case, Stage.HANDLE) == "01-06 10:00"
    assert lines(case)[0]["why"] == "工作日历变更：载入2027年放假安排"


def test_closed_cases_are_not_touched(city: City, handled: Receipt) -> None:
    city.does(city.cast.water_handler, "resolve", handled, reply="好", photos=city.photo_of(city.cast.water_handler))
    city.does(city.cast.li, "pass", handled, position=at_grid(0), finding="好", photos=city.photo_of(city.cast.li, "blue"))
    adopt(city, "2030.1", *({"stage": stage.value, "value": 6, "unit": "work_hour"} for stage in Stage))
    follow()
    with reading() as db:
        assert db.scalar(select(func.count()).where(Entry.action == "recount")) == 0


def test_a_clock_that_began_under_the_old_policy_while_it_changed_is_found_minutes_later(
        city: City, dispatched: Receipt, time: SetClock) -> None:
    adopt(city, "2030.1", {"stage": "sign", "value": 6, "unit": "work_hour"})
    follow()
    with transaction() as db:
        timer = db.scalars(select(Timer).where(Timer.stage == Stage.SIGN)).one()
        recounts.recount(db, [(timer, LIMIT)], clock.now())  # as if its step had seen the old policy, and been slow
        db.execute(update(Event).values(relayed_at=clock.now()))
    handed = []
    for _ in range(4):
        time.passes(minutes=9)
        upkeep.look_at_clocks_again()
        with transaction() as db:
            events = outbox.claim(db, 10)
            outbox.mark_relayed(db, events)
        handed.append([str(one.id) for one in events if one.name in recounting.CHANGES])
    assert [len(ids) for ids in handed] == [0, 1, 1, 1]  # again and again, for as long as a schedule may be away
    jobs.announce(handed[1])
    follow()
    assert due(city.case(dispatched), Stage.SIGN) == "03-02 18:00"


def test_every_case_with_an_open_clock_is_announced_once_page_by_page(store: str, time: SetClock) -> None:
    with transaction() as db:
        cases = bare_cases(db, 25)
        at = clock.now()
        timers.start_many(db, [Start(one, stage, LIMIT, at, assignment_id=assignment) for one in cases
                               for stage in (Stage.SIGN, Stage.HANDLE) for assignment in (None, uuid.uuid4())])
        timers.stop_all(db, cases[3], at)
    after, pages = None, 0
    while pages == 0 or after:
        with transaction() as db:
            after = recounting.announce(db, "因", after, 10)
        pages += 1
    with reading() as db:
        announced = db.scalars(select(Event.subject).where(Event.name == "clocks.outdated")).all()
    assert announced == [one for one in cases if one != cases[3]]
    assert pages == 3


@pytest.mark.parametrize("after", [None, uuid.UUID(int=7)])
def test_the_search_for_open_clocks_reads_only_their_indexes(store: str, time: SetClock, after: uuid.UUID | None) -> None:
    with transaction() as db:
        timers.start_many(db, [Start(one, Stage.SIGN, LIMIT, clock.now()) for one in bare_cases(db, 2000)])
        db.execute(Timer.__table__.update().values(state=TimerState.STOPPED))
        timers.start_many(db, [Start(one, Stage.SIGN, LIMIT, clock.now()) for one in bare_cases(db, 10)])
    analyze()
    with heard() as asked, transaction() as db:
        recounting.announce(db, "因", after, 10)
    plan, *_ = plans(store, asked, "UNION")
    assert "uq_timers_open_case" in plan
    assert "uq_timers_open_assignment" in plan
