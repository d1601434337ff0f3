"""A department's desk: each queue holds what it says, counts agree with pages, and a sieve leaves nothing out or double."""
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from casework import clock
from casework.cases import desk, sifting
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case, Priority
from casework.cases.desk import Queue
from casework.cases.report import Report
from casework.cases.sifting import Sieve
from casework.cases.workflow import OPEN, Status
from casework.identity.people import Actor, actor_of, create_post
from casework.storage.database import new_id, reading, transaction
from tests import people
from tests.conftest import SetClock
from tests.factories import GRIDS, small_city
from tests.people import Cast
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

OURS = {Status.DISPATCHED, Status.HANDLING}


@pytest.fixture
def cast(store: str, time: SetClock) -> Cast:
    """Three hundred cases of all kinds, many due at one moment; the water office helps in some that the roads office leads."""
    chance, now = random.Random(7), clock.now()
    with transaction() as db:
        departments = small_city(db)
        cast = people.hire(db, departments)
        ids = bare_cases(db, 300)
        water, roads = departments["water"].id, departments["roads"].id
        for case_id in ids:
            status, asks = chance.choice(list(Status)), chance.random()
            db.execute(update(Case.__table__).where(Case.id == case_id).values(
                status=status, is_open=status in OPEN, due_at=now + timedelta(hours=chance.choice([-9, -3, 3, 20, 40])),
                lead_department_id=chance.choice([None, water, water, roads]), area_code=chance.choice(GRIDS),
                category_code=chance.choice(["10101", "10105", "301"]), channel=chance.choice(["pda", "hotline"]),
                priority=chance.choice(list(Priority)), title=chance.choice(["路口井盖缺失", "小区停水", "Lamp 50%_off"]),
                address=chance.choice([None, "学府路12号"]), handler_id=chance.choice([None, cast.water_handler.id]),
                suspended_until=now if status is Status.SUSPENDED else None,
                applied_for="extend" if status is Status.HANDLING and asks < 0.2 else None,
                question_until=now if status is Status.HANDLING and asks > 0.8 else None))
        led = list(db.scalars(select(Case.id).where(Case.lead_department_id == roads)))
        db.execute(insert(Assignment), [
            {"id": new_id(), "case_id": one, "department_id": water, "part": Part.ASSIST, "why": "协助", "since": now,
             "done_at": now if at % 3 == 0 else None, "until": now if at % 3 == 1 else None} for at, one in enumerate(led)])
    return cast


def cases_of(actor: Actor) -> tuple[list[Case], set[object]]:
    """All cases in the order of lists, and the ids of those in which the actor's departments still help."""
    with reading() as db:
        helped = db.scalars(select(Assignment.case_id).where(
            Assignment.department_id.in_(actor.department_ids), Assignment.done_at.is_(None), Assignment.until.is_(None)))
        return list(db.scalars(select(Case).order_by(Case.due_at, Case.id))), set(helped)


def expected(actor: Actor, queue: Queue) -> list[Case]:
    cases, helped = cases_of(actor)
    now, soon = clock.now(), clock.now() + timedelta(hours=24)
    belongs: dict[Queue, Callable[[Case], bool]] = {
        Queue.SIGN: lambda one: one.status is Status.DISPATCHED,
        Queue.HANDLE: lambda one: one.status is Status.HANDLING,
        Queue.OVERDUE: lambda one: one.status in OURS and one.due_at < now,
        Queue.DUE_SOON: lambda one: one.status in OURS and now <= one.due_at < soon,
        Queue.MINE: lambda one: one.handler_id == actor.id,
        Queue.WAITING: lambda one: bool(one.applied_for or one.question_until or one.suspended_until),
        Queue.RETURNED: lambda one: one.status is Status.RETURNED,
        Queue.CHECK: lambda one: one.status is Status.RESOLVED,
        Queue.OPEN: lambda one: True,
    }
    return [one for one in cases if one.is_open and (
        (queue in belongs and one.lead_department_id in actor.department_ids and belongs[queue](one))
        or (queue in {Queue.ASSIST, Queue.OPEN} and one.id in helped))]


def listed(actor: Actor, queue: Queue, sieve: Sieve | None = None, limit: int = 7) -> list[str]:
    found, after = [], None
    with reading() as db:
        for _ in range(500):
            rows, after = desk.page(db, actor, queue, sieve, after=after, limit=limit)
            found += [row["number"] for row in rows]
            if after is None:
                return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("queue", Queue)
def test_a_queue_holds_what_it_says_and_is_counted(cast: Cast, queue: Queue) -> None:
    meant = [one.number for one in expected(cast.water_handler, queue)]
    assert meant, "the test shows something"
    assert listed(cast.water_handler, queue) == meant == listed(cast.water_handler, queue, limit=100)
    with reading() as db:
        assert desk.counts(db, cast.water_handler)[queue] == len(meant)


def test_whoever_works_for_two_departments_sees_both_and_each_case_once(cast: Cast) -> None:
    with transaction() as db:
        create_post(db, "兼", people.Role.HANDLER, department_id=next(iter(cast.roads_handler.department_ids)),
                    holder_id=cast.water_handler.id)
        assert cast.water_handler.id
        both = actor_of(db, cast.water_handler.id)
    for queue in Queue:
        assert listed(both, queue) == [one.number for one in expected(both, queue)], queue


def test_who_works_for_no_department_has_empty_queues(cast: Cast) -> None:
    with reading() as db:
        assert set(desk.counts(db, cast.dispatcher).values()) == {0}
        assert desk.page(db, cast.dispatcher, Queue.OPEN) == ([], None)


SIEVES: list[tuple[Sieve, Callable[[Case], bool]]] = [
    (Sieve(area_code=GRIDS[0]), lambda one: one.area_code == GRIDS[0]),
    (Sieve(category_code="101"), lambda one: (one.category_code or "").startswith("101")),
    (Sieve(channel="hotline", urgent=True), lambda one: one.channel == "hotline" and one.priority is Priority.URGENT),
    (Sieve(urgent=False), lambda one: one.priority is Priority.NORMAL),
    (Sieve(words="井盖 学府路"), lambda one: "井盖" in one.title and one.address is not None),
    (Sieve(words="lamp 50%_"), lambda one: one.title.startswith("Lamp")),
    (Sieve(words="没有这个"), lambda one: False),
    (Sieve(supervised=True), lambda one: False),
]


@pytest.mark.parametrize("number", range(len(SIEVES)))
@pytest.mark.parametrize("window", [5, 3000])
def test_a_sieve_keeps_what_is_meant_however_little_one_page_looks_through(
        cast: Cast, monkeypatch: pytest.MonkeyPatch, number: int, window: int) -> None:
    monkeypatch.setattr(sifting, "WINDOW", window)
    monkeypatch.setattr(sifting, "WINDOW_OF_WORDS", window)
    sieve, kept = SIEVES[number]
    for queue in (Queue.OPEN, Queue.DUE_SOON, Queue.HANDLE):
        meant = [one.number for one in expected(cast.water_handler, queue) if kept(one)]
        assert listed(cast.water_handler, queue, sieve, limit=4) == meant, queue


def test_a_row_tells_who_has_it_and_what_it_waits_for(cast: Cast) -> None:
    with reading() as db:
        (row, *_), _ = desk.page(db, cast.water_handler, Queue.MINE)
        waiting, _ = desk.page(db, cast.water_handler, Queue.WAITING, limit=100)
    assert (row["handler"], row["handler_id"]) == ("Water_Handler", cast.water_handler.id)
    assert row["department"]
    assert all(one["applied_for"] or one["question_until"] or one["suspended_until"] for one in waiting)


def test_counts_stop_where_nobody_counts_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_COUNTED", 9)
    with reading() as db:
        counted = desk.counts(db, cast.water_handler)
    assert counted[Queue.OPEN] == 10
    assert max(counted.values()) == 10


@pytest.mark.parametrize(("queue", "index"), [
    (Queue.SIGN, "ix_cases_lead_department_id_status_due_at_id"), (Queue.MINE, "ix_cases_open_handler"),
    (Queue.WAITING, "ix_cases_waits"), (Queue.ASSIST, "ix_assignments_helping")])
def test_a_queue_is_read_by_its_index(store: str, cast: Cast, queue: Queue, index: str) -> None:
    """With a city around them, of which the department has little."""
    with transaction() as db:
        many = bare_cases(db, 3000)
        db.execute(update(Case.__table__).where(Case.id.in_(many)).values(
            status=Status.HANDLING, is_open=True, lead_department_id=next(iter(cast.roads_handler.department_ids))))
        (water,) = cast.water_handler.department_ids
        db.execute(insert(Assignment), [
            {"id": new_id(), "case_id": one, "department_id": water, "part": Part.ASSIST,
             "why": "协助", "since": clock.now(), "done_at": clock.now()} for one in many])
    analyze()
    with heard() as said, reading() as db:
        desk.page(db, cast.water_handler, queue, limit=5)
    (plan,) = plans(store, said, "looked")
    assert index in plan
    assert "SCAN cases" not in plan
    assert "Seq Scan on cases" not in plan


@pytest.mark.usefixtures("cast")
def test_words_are_looked_for_in_the_reports_of_the_cases_looked_through(store: str) -> None:
    """Not in those of the whole city."""
    with transaction() as db:
        many = bare_cases(db, 3000)
        db.execute(update(Case.__table__).where(Case.id.in_(many)).values(is_open=True))
        db.execute(insert(Report), [
            {"number": f"AJ{number}", "channel": "pda", "source": "pda", "key": str(number), "digest": "", "text": "路灯不亮",
             "received_at": clock.now(), "case_id": one} for number, one in enumerate(many)])
    analyze()
    with heard() as said, reading() as db:
        sifting.page(db, [[Case.__table__.c.is_open]], Sieve(words="没有这个"), limit=5)
    (plan,) = plans(store, said, "looked")
    assert "ix_reports_case_id" in plan
    assert "SCAN reports" not in plan
    assert "Seq Scan on reports" not in plan
