"""What a worker has to do costs what is to be done, not what was ever done: it is read by index on both databases."""
from datetime import timedelta

import pytest
from sqlalchemy import insert

from casework import clock
from casework.fieldwork import coverage, presence, rounds, surveys, tasks, tracks
from casework.fieldwork.coverage import Visit, Walked
from casework.fieldwork.presence import Check, Fix, Subject
from casework.fieldwork.rounds import CheckIn, Round
from casework.fieldwork.tasks import Kind, State, Task, Wanted
from casework.identity.people import User
from casework.storage.database import new_id, reading, transaction
from tests.factories import GRIDS, at_grid
from tests.statements import heard
from tests.storage.city import City
from tests.storage.plans import analyze, plans

MANY = 4000


@pytest.fixture
def long_ago(city: City) -> City:
    """Thousands of tasks done and positions told by others, a few tasks open."""
    now = clock.now()
    others = [{"id": new_id(), "login": f"w{number}", "name": "某", "active": True, "created_at": now} for number in range(40)]
    ids = [others[number % 40]["id"] for number in range(MANY)]
    ago = [now - timedelta(minutes=30 * number) for number in range(MANY)]
    here = {"lon": at_grid(0).lon, "lat": at_grid(0).lat}
    done = {"kind": Kind.VISIT, "title": "走访", "state": State.DONE, "is_open": False, "result": {}, "version": 1}
    odd = {"kind": Subject.REPORT, "mock": False, "flags": [], "flagged": False, "area_code": GRIDS[0]}
    places = [(f"9{number % 50}", (now - timedelta(days=number // 50)).date()) for number in range(MANY)]
    with transaction() as db:
        db.execute(insert(User), others)
        db.execute(insert(Task), [done | {"id": new_id(), "area_code": GRIDS[number % 4], "assignee_id": one, "due_at": at,
                                          "made_at": at} for number, (one, at) in enumerate(zip(ids, ago, strict=True))])
        db.execute(insert(Check), [odd | here | {"id": new_id(), "subject_id": new_id(), "user_id": one, "at": at}
                                   for one, at in zip(ids, ago, strict=True)])
        db.execute(insert(CheckIn), [here | {"id": new_id(), "user_id": one, "at": at}
                                     for one, at in zip(ids, ago, strict=True)])
        db.execute(insert(Round), [{"id": new_id(), "user_id": one, "started_at": at, "ended_at": at, "kept": 0, "dropped": 0,
                                    "metres": 0.0} for one, at in zip(ids, ago, strict=True)])
        db.execute(insert(Visit), [{"id": new_id(), "area_code": code, "day": day, "cells": 0} for code, day in places])
        db.execute(insert(Walked), [{"id": new_id(), "area_code": code, "day": day, "cell": "1:1"} for code, day in places])
        for number in range(3):
            tasks.create(db, city.cast.supervisor, task_id=new_id(), kind=Kind.VISIT, title="走访", area_code=GRIDS[number],
                         due_at=now + timedelta(hours=1))
    analyze()
    return city


def test_what_a_device_is_to_do(long_ago: City, store: str) -> None:
    assert long_ago.cast.li.id is not None
    with heard() as said, reading() as db:
        assert len(tasks.ids_of(db, long_ago.cast.li.id)) == 1
        assert len(tasks.mine(db, long_ago.cast.li)) == 1
    found = plans(store, said, "FROM field_tasks")
    assert len(found) == 2
    assert all("ix_field_tasks_todo" in plan for plan in found), found


def test_what_is_to_be_done_in_an_area(long_ago: City, store: str) -> None:
    with heard() as said, reading() as db:
        assert len(tasks.page(db, long_ago.cast.supervisor, Wanted(area_code=GRIDS[0]))[0]) == 1
    (plan,) = plans(store, said, "FROM field_tasks")
    assert "ix_field_tasks_todo" in plan


def test_what_is_over(long_ago: City, store: str) -> None:
    with heard() as said, transaction() as db:
        assert tasks.expire(db, 100) == 0
        assert tasks.hand_on(db) == 0
    expiring, handing = plans(store, [one for one in said if "SELECT" in one[0]], "FROM field_tasks")
    assert "ix_field_tasks_running" in expiring
    assert "ix_field_tasks_todo" in handing


def test_fixes_beside_a_fix(long_ago: City, store: str) -> None:
    with heard() as said, transaction() as db:
        presence.note(db, long_ago.cast.li, Subject.REPORT, new_id(), Fix(at_grid(0), clock.now()))
        assert presence.flagged(db, long_ago.cast.supervisor) == []
    beside, listed = plans(store, said, "FROM presence_checks")
    assert "ix_presence_checks_user_id_at" in beside
    assert "ix_presence_checks_flagged" in listed


def test_rounds_that_run_and_ones_own(long_ago: City, store: str) -> None:
    with heard() as said, transaction() as db:
        assert rounds.close_forgotten(db, 100) == 0
        assert rounds.own(db, long_ago.cast.li) == []
    running, own = plans(store, said, "FROM field_rounds")
    assert "ix_field_rounds_running" in running
    assert "ix_field_rounds_user_id_started_at_id" in own


def test_grids_in_which_nobody_was(long_ago: City, store: str) -> None:
    today = clock.now().date()
    with heard() as said, reading() as db:
        assert coverage.of(db, long_ago.cast.leader, "4403", today, today, silent=True).silent == 4
    found = plans(store, said, "FROM grid_")
    assert len(found) == 4
    assert not [plan for plan in found if "SCAN grid_" in plan or "Seq Scan on grid_" in plan]


def test_what_is_forgotten_by_rule(long_ago: City, store: str) -> None:
    with heard() as said, transaction() as db:
        for forget in (tracks.forget_old, rounds.forget_check_ins, presence.forget_old, coverage.forget_squares):
            assert forget(db, 100) == 0
        assert surveys.unspread(db, clock.now()) == []
    for about, index in (("FROM presence_checks", "ix_presence_checks_at"), ("FROM check_ins", "ix_check_ins_at"),
                         ("FROM grid_presence", "ix_grid_presence_day_area_code")):
        plan = plans(store, said, about)[0]
        assert index in plan, plan
