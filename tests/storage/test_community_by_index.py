"""What is asked of points and adoptions again and again is read by index, however many there are."""
import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from casework import clock
from casework.cases.case import Case
from casework.community.adoption import care, components, following, kinds, occasions
from casework.community.adoption.adopting import Adoption
from casework.community.adoption.occasions import Occasion
from casework.community.persons import Person
from casework.community.points import awards, ledger
from casework.community.points.ledger import Account, Line
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.storage.database import new_id, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

MANY = 3000


@pytest.fixture
def _lived_in(store: str, time: SetClock) -> None:
    """Three thousand components, each adopted by somebody with an account and a line in it."""
    people, things = [new_id() for _ in range(MANY)], [new_id() for _ in range(MANY)]
    at, places = clock.now(), [at_grid(0, number * 7 % 9000, number // 50 * 80) for number in range(MANY)]
    with transaction() as db:
        db.execute(insert(Person), [{"id": one, "phone_index": one.hex, "created_at": at} for one in people])
        db.execute(insert(Entry), [{
            "id": one, "register": Register.COMPONENT, "label": "消火栓", "area_code": "44030100100101", "lon": place.lon,
            "lat": place.lat, "values": {"code": f"4403010124{number:06}"}, "head": one, "version": 1, "field_versions": {},
            "contested": [], "created_at": at, "changed_at": at}
            for number, (one, place) in enumerate(zip(things, places, strict=True))])
        db.execute(insert(Adoption), [{
            "id": new_id(), "component_id": one, "code": f"4403010124{number:06}", "kind": "10124", "lon": place.lon,
            "lat": place.lat, "area_code": "44030100100101", "slot": 0, "person_id": person, "adopted_at": at, "seen_at": at,
            "look_at": at + timedelta(hours=number + 1)}
            for number, (one, place, person) in enumerate(zip(things, places, people, strict=True))])
        accounts = [{"id": new_id(), "person_id": one, "balance": 5, "length": 1, "head": "x"} for one in people]
        db.execute(insert(Account), accounts)
        db.execute(insert(Line), [{
            "id": new_id(), "account_id": one["id"], "number": 1, "key": str(number), "rule": "filed", "points": 5,
            "balance": 5, "limited": False, "day": date(2026, 3, 2), "case_id": new_id(), "report_id": new_id(),
            "by_kind": "system", "at": at, "previous": "x", "hash": "x"} for number, one in enumerate(accounts)])
    analyze()


def scanned(store: str, said: list[tuple[str, object]], table: str) -> list[str]:
    """Of the statements that read this table, the plans that go through all of it."""
    found = plans(store, said, f"FROM {table}")
    assert found, table
    through = f"SCAN {table}" if store.startswith("sqlite") else f"Seq Scan on {table}"
    return [plan for plan in found if through in plan]


@pytest.mark.usefixtures("_lived_in")
def test_nothing_goes_through_all_that_the_city_has(store: str, time: SetClock) -> None:
    """One after the other, because the rows cost more than the looks."""
    time.passes(minutes=90)
    with heard() as said, transaction() as db:
        assert care.sweep(db, 100) == 1
    assert scanned(store, said, "adoptions") == []  # who is due, by the due time

    with heard() as said, transaction() as db:
        assert 0 < len(components.near(db, at_grid(0), metres=100)) <= 100
    assert scanned(store, said, "register_entries") == []  # those near a place, by the place

    with transaction() as db:
        (case_id,) = bare_cases(db, 1)
        case = db.get_one(Case, case_id)
        case.category_code = "10124"
        case.locate(at_grid(0))
    with heard() as said, transaction() as db:
        assert following._adopters(db, db.get_one(Case, case_id), set(), kinds.current(db))
    assert scanned(store, said, "adoptions") == []  # those near a case

    one = Occasion(key="k", what="snow", areas=[], since=clock.now(), until=clock.now() + timedelta(days=1))
    with heard() as said, transaction() as db:
        assert len(occasions._next_people(db, one, ["10124"])) == occasions.BATCH
        person_id = occasions._next_people(db, one, ["10124"])[0]
        assert len(db.scalars(select(Adoption).where(Adoption.person_id == person_id).order_by(Adoption.id.desc())).all()) == 1
    assert scanned(store, said, "adoptions") == []  # the next who are to be told, and a person's own

    with transaction() as db:
        account = db.scalars(select(Account).limit(1)).one()
    with heard() as said, transaction() as db:
        ledger.moved(db, account, "filed", date(2026, 3, 1), date(2026, 3, 31))
        ledger.line_of(db, str(uuid.uuid4()))
        awards._had(db, db.get_one(Case, case_id))
        ledger.page(db, account)
    assert scanned(store, said, "point_lines") == []  # limits, and what was paid

    with heard() as said, transaction() as db:
        db.scalars(select(Line).where(Line.note == "x")).all()
    assert scanned(store, said, "point_lines")  # and this look notices what does go through all
