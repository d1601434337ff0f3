"""A list shows exactly the cases that its reader may see and asked for, in the order of their due times, page by page."""
import itertools
import random
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import selectinload

from casework import clock
from casework.cases import search
from casework.cases.assignment import Assignment, Part
from casework.cases.case import Case
from casework.cases.search import Wanted
from casework.cases.workflow import OPEN, Status
from casework.identity.people import Actor
from casework.storage.database import new_id, reading, transaction
from tests import people
from tests.factories import GRIDS, small_city
from tests.people import Cast
from tests.storage.bare_cases import bare_cases
from tests.storage.pages import listed

FILTERS = (
    Wanted(), Wanted(only_open=False), Wanted(status=Status.HANDLING), Wanted(status=Status.CLOSED),
    Wanted(area_code=GRIDS[0][:12]), Wanted(overdue=True), Wanted(category_code="10101"))


@pytest.fixture
def cast(store: str) -> Cast:
    """Two hundred cases of all kinds, many of them due at the same moment; some departments help others."""
    chance, now = random.Random(5), clock.now()
    with transaction() as db:
        departments = small_city(db)
        cast = people.hire(db, departments)
        ids = bare_cases(db, 200)
        leads = [None, *(one.id for one in departments.values())]
        for case_id in ids:
            status = chance.choice(list(Status))
            db.execute(update(Case.__table__).where(Case.id == case_id).values(
                status=status, is_open=status in OPEN, due_at=now + timedelta(hours=chance.randrange(9)),
                lead_department_id=chance.choice(leads), area_code=chance.choice([None, *GRIDS]), overdue=chance.random() < 0.3,
                category_code=chance.choice(["10101", "20101"]), inspector_id=chance.choice([None, cast.li.id, cast.wang.id])))
        db.execute(insert(Assignment), [
            {"id": new_id(), "case_id": chance.choice(ids), "department_id": chance.choice(leads[1:]), "part": Part.ASSIST,
             "why": "协助", "since": now} for _ in range(30)])
    return cast


def seen_by(actor: Actor) -> list[Case]:
    """Every case that the actor may see, decided case by case, in the order of lists."""
    with reading() as db:
        cases = db.scalars(select(Case).order_by(Case.due_at, Case.id).options(
            selectinload(Case.assignments), selectinload(Case.reports))).all()
        return [case for case in cases if search.may_see(actor, case)]


def expected(seen: list[Case], wanted: Wanted) -> list[str]:
    return [case.number for case in seen
            if (case.status == wanted.status if wanted.status else case.is_open or not wanted.only_open)
            and (wanted.department_id is None or case.lead_department_id == wanted.department_id)
            and (wanted.inspector_id is None or case.inspector_id == wanted.inspector_id)
            and (wanted.area_code is None or (case.area_code or "").startswith(wanted.area_code))
            and (wanted.category_code is None or case.category_code == wanted.category_code)
            and (wanted.overdue is None or case.overdue == wanted.overdue)]


@pytest.mark.parametrize("name", ["li", "wang", "water_handler", "water_head", "office_handler", "dispatcher", "leader"])
def test_a_list_is_what_its_reader_may_see(cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    seen = seen_by(actor)
    own = [Wanted(inspector_id=actor.id), *(Wanted(department_id=one) for one in actor.department_ids)]
    for wanted, limit in itertools.product((*FILTERS, *own), (7, 100)):
        assert listed(actor, wanted, limit) == expected(seen, wanted), (wanted, limit)


def test_other_departments_cases_are_not_shown_by_asking_for_them(cast: Cast) -> None:
    (water,) = cast.water_handler.department_ids
    asked = Wanted(department_id=water)
    to_strangers = listed(cast.roads_handler, asked, 50)
    assert to_strangers == expected(seen_by(cast.roads_handler), asked)
    assert set(to_strangers) < set(listed(cast.water_handler, asked, 50))
