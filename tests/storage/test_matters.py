"""What waits beside the desks: each reader finds exactly what is theirs to decide, by an index that holds nothing else."""
import itertools
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import selectinload

from casework import clock
from casework.cases import search
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.search import MATTERS, Wanted
from casework.cases.workflow import OPEN, Status
from casework.identity.people import Actor
from casework.storage.database import new_id, reading, transaction
from tests import people
from tests.factories import GRIDS, small_city
from tests.people import Cast
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.pages import listed
from tests.storage.plans import analyze, plans

MANY = 3000
APPLICANTS = [None] * 6 + ["extend", "suspend"]


@pytest.fixture
def cast(store: str) -> Cast:
    """Three thousand cases of all kinds, most of which wait for nothing; some departments help others."""
    chance, now = random.Random(11), clock.now()
    with transaction() as db:
        departments = small_city(db)
        cast = people.hire(db, departments)
        ids, leads = bare_cases(db, MANY), [one.id for one in departments.values()]
        table = Case.__table__
        names = ("status", "is_open", "due_at", "lead_department_id", "area_code", "applied_for", "endorsed",
                 "appealed_timer_id", "feedback_owed", "flagged")
        made = []
        for case_id in ids:
            rare = chance.random() < 0.05
            status = chance.choice(list(Status)) if rare else Status.CLOSED
            made.append(dict(zip(("one", *(f"new_{name}" for name in names)), (
                case_id, status, status in OPEN, now + timedelta(hours=chance.randrange(9)), chance.choice([None, *leads]),
                chance.choice([None, *GRIDS]), chance.choice(APPLICANTS) if rare else None, rare and chance.random() < 0.5,
                new_id() if rare and chance.random() < 0.4 else None, rare and chance.random() < 0.4,
                rare and chance.random() < 0.4), strict=True)))
        said = update(table).where(table.c.id == bindparam("one")).values({name: bindparam(f"new_{name}") for name in names})
        db.connection().execute(said, made)
        db.execute(insert(Assignment), [
            {"id": new_id(), "case_id": chance.choice(ids), "department_id": chance.choice(leads), "part": Part.ASSIST,
             "why": "协助", "since": now} for _ in range(300)])
    analyze()
    return cast


WAITS: dict[str, Callable[[Case], bool]] = {
    "applications": lambda case: case.applied_for is not None,
    "appeals": lambda case: case.appealed_timer_id is not None,
    "supervised": lambda case: case.feedback_owed and case.status is not Status.MERGED,
    "flagged": lambda case: case.flagged,
}


def decides(name: str, case: Case, actor: Actor) -> bool:
    """Whether an application waits for this person."""
    if name in {"dispatcher", "other_dispatcher"}:
        return case.applied_for == "suspend" or case.endorsed
    if name.endswith("_head"):
        return case.applied_for == "extend" and not case.endorsed and case.lead_department_id in actor.department_ids
    return True


def test_each_reader_finds_what_waits_for_them_closed_cases_included(cast: Cast) -> None:
    with reading() as db:
        cases = db.scalars(select(Case).where(Case.status != Status.CLOSED).order_by(Case.due_at, Case.id).options(
            selectinload(Case.assignments), selectinload(Case.reports))).all()
        rare = [case for case in cases if any(waits(case) for waits in WAITS.values())]
        assert {case.is_open for case in rare} == {True, False}
        for name, matter in itertools.product(
                ("water_head", "roads_handler", "dispatcher", "adjudicator", "supervisor", "leader", "li"), MATTERS):
            actor: Actor = getattr(cast, name)
            expected = [case.number for case in rare if WAITS[matter](case) and search.may_see(actor, case)
                        and (matter != "applications" or decides(name, case, actor))]
            assert [one for one in listed(actor, Wanted(matter=matter)) if one in {case.number for case in cases}] == expected


def test_a_matter_can_be_narrowed_like_any_list(cast: Cast) -> None:
    wide, narrow = (listed(cast.supervisor, Wanted(matter="flagged", area_code=area)) for area in (None, GRIDS[0][:12]))
    assert set(narrow) < set(wide)
    assert narrow


@pytest.mark.parametrize("name", ["supervisor", "water_head", "water_handler", "li"])
@pytest.mark.parametrize(("matter", "index"), [
    ("applications", "ix_cases_applied"), ("appeals", "ix_cases_appealed"), ("supervised", "ix_cases_supervised"),
    ("flagged", "ix_cases_flagged")])
def test_a_matter_is_read_by_the_index_of_its_own(cast: Cast, store: str, name: str, matter: str, index: str) -> None:
    with heard() as said, reading() as db:
        search.page(db, getattr(cast, name), Wanted(matter=matter))
    (plan,) = plans(store, said, "ORDER BY cases.due_at")
    assert index in plan


def test_late_cases_of_a_city_are_read_by_an_index_that_holds_no_others(cast: Cast, store: str) -> None:
    with transaction() as db:
        some = db.scalars(select(Case.id).where(Case.is_open).order_by(Case.id).limit(9)).all()
        db.execute(update(Case.__table__).where(Case.id.in_(some)).values(overdue=True))
        late = db.scalars(select(Case.number).where(Case.is_open, Case.overdue).order_by(Case.due_at, Case.id)).all()
    analyze()
    with heard() as said:
        assert listed(cast.dispatcher, Wanted(overdue=True)) == late
    for plan in plans(store, said, "ORDER BY cases.due_at"):
        assert "ix_cases_overdue" in plan
    assert late
    assert not set(listed(cast.dispatcher, Wanted(overdue=False))) & set(late)
