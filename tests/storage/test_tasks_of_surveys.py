"""Surveys and conflicts make tasks by themselves, each once, and say how far it is."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.errors import Conflict, Invalid, NotFound
from casework.fieldwork import surveys, tasks
from casework.fieldwork.surveys import Asked, Survey
from casework.fieldwork.tasks import Answered, Kind, Outcome, State, Task
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.registry import conflicts, statements
from casework.registry.contests import Contest
from casework.registry.drafts import Stated
from casework.registry.fields import Register
from casework.registry.records import Source
from casework.storage import database
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.city import City


def begun(city: City, **facts: Any) -> Survey:
    """A survey of every grid of the city, due in a week, unless told otherwise."""
    asked = {"key": new_id(), "kind": Kind.SURVEY, "title": "充电隐患", "area_code": "4403", "form_id": "charging",
             "due_at": clock.now() + timedelta(days=7)} | facts
    with transaction() as db:
        return surveys.create(db, city.cast.supervisor, Asked(**asked))


def spread(survey: Survey, batch: int = 500) -> int:
    """Make all of its tasks; in how many batches."""
    batches = 1
    while True:
        with transaction() as db:
            if not surveys.spread(db, survey.id, batch):
                return batches
        batches += 1


def made(survey: Survey) -> list[Task]:
    with reading() as db:
        return list(db.scalars(select(Task).where(Task.survey_id == survey.id).order_by(Task.area_code, Task.id)))


def entered(actor: Actor, place: Point, **facts: Any) -> uuid.UUID:
    """An entry of the houses, unless told otherwise."""
    said = {"id": new_id(), "register": Register.HOUSE, "subject_id": new_id(), "base": None, "source": Source.COLLECTED,
            "values": {"address": f"南塘{uuid.uuid4().hex[:6]}号"}, "at": clock.now(), "place": place} | facts
    with transaction() as db:
        (judged,) = statements.receive(db, actor, [Stated(**said)])
    assert judged.error is None
    return uuid.UUID(str(said["id"]))


# surveys

@pytest.mark.parametrize("batch", [1, 3, 500])
def test_each_grid_has_one_task_for_its_worker_whatever_the_batch(city: City, batch: int) -> None:
    survey = begun(city)
    assert spread(survey, batch) == {1: 5, 3: 2, 500: 1}[batch]
    assert [(one.area_code, one.assignee_id, one.kind, one.form_id) for one in made(survey)] == [
        (code, walker, Kind.SURVEY, "charging") for code, walker in zip(
            GRIDS, (city.cast.li.id, city.cast.wang.id, city.cast.zhao.id, None), strict=True)]
    assert {one.title for one in made(survey)} == {f"充电隐患：网格{number}" for number in range(1, 5)}
    spread(survey, batch)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Event).where(Event.name == "task.changed")) == 4
        assert surveys.unspread(db, clock.now() + timedelta(days=1)) == []


def test_only_the_grids_of_its_area(city: City) -> None:
    survey = begun(city, area_code=GRIDS[0][:12])
    spread(survey)
    assert [one.area_code for one in made(survey)] == list(GRIDS[:2])


def test_two_that_spread_it_at_once_make_each_task_once(city: City) -> None:
    survey = begun(city)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: spread(survey, 1), range(4)))
    assert [one.area_code for one in made(survey)] == list(GRIDS)


def test_a_survey_whose_job_was_lost_is_found(city: City, time: SetClock) -> None:
    survey = begun(city)
    time.passes(minutes=2)
    with reading() as db:
        assert surveys.unspread(db, clock.now() - timedelta(minutes=1)) == [survey.id]
        assert surveys.unspread(db, clock.now() - timedelta(minutes=5)) == []


def test_each_entry_of_a_register_has_one_task(city: City) -> None:
    for number in range(3):
        entered(city.cast.li, at_grid(0, number * 10))
    entered(city.cast.wang, at_grid(1))
    entered(city.cast.li, at_grid(0), register=Register.COMPONENT, values={"code": "4403011011000001", "name": "上水井盖"})
    survey = begun(city, register=Register.HOUSE, kind=Kind.VISIT)
    assert spread(survey, 3) == 2
    found = made(survey)
    assert [one.assignee_id for one in found] == [city.cast.li.id] * 3 + [city.cast.wang.id]
    assert len({one.subject_id for one in found}) == 4
    assert {(one.lon, one.lat) for one in found if one.area_code == GRIDS[1]} == {(at_grid(1).lon, at_grid(1).lat)}


def test_the_same_survey_again_is_the_one_that_is_there(city: City) -> None:
    key, due_at = new_id(), clock.now() + timedelta(days=7)
    begun(city, key=key, due_at=due_at)
    assert begun(city, key=key, due_at=due_at).id == key
    with pytest.raises(Conflict):
        begun(city, key=key, due_at=due_at, area_code=GRIDS[0])
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Event).where(Event.name == "survey.opened")) == 1


@pytest.mark.parametrize(("facts", "field"), [
    ({"kind": Kind.CONFLICT}, "kind"), ({"area_code": "99"}, "area"), ({"due_at": SetClock().moment}, "due_at")])
def test_what_cannot_be_is_named(city: City, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        begun(city, **facts)
    assert [one.field for one in caught.value.faults] == [field]


def test_how_far_it_is_by_the_areas_below(city: City, time: SetClock) -> None:
    survey = begun(city)
    spread(survey)
    first, second, third, _ = made(survey)
    with transaction() as db:
        tasks.answer(db, city.cast.li, first.id, Answered(key=new_id(), outcome=Outcome.DONE, at=clock.now()))
        tasks.answer(db, city.cast.wang, second.id, Answered(
            key=new_id(), outcome=Outcome.CANNOT, at=clock.now(), note="拆迁"))
        tasks.cancel(db, city.cast.supervisor, third.id)
    time.passes(days=8)
    with transaction() as db:
        tasks.expire(db, 100)
        city_wide = surveys.progress(db, survey)
        grids = surveys.progress(db, survey, GRIDS[0][:9])
        leaves = surveys.progress(db, survey, GRIDS[3][:12])
    (district,) = city_wide
    assert (district.code, district.name, district.vacant) == ("440301", "东山区", 1)
    assert district.states == {State.DONE: 1, State.CANNOT: 1, State.CANCELLED: 1, State.EXPIRED: 1}
    assert [(one.name, one.states) for one in grids] == [
        ("南塘社区", {State.DONE: 1, State.CANNOT: 1}), ("北坡社区", {State.CANCELLED: 1, State.EXPIRED: 1})]
    assert [(one.code, one.vacant) for one in leaves] == [(GRIDS[2], 0), (GRIDS[3], 1)]


def test_called_off_what_is_done_stays_and_nothing_more_is_made(city: City) -> None:
    survey = begun(city)
    with transaction() as db:
        surveys.spread(db, survey.id, 2)
    first = made(survey)[0]
    with transaction() as db:
        tasks.answer(db, city.cast.li, first.id, Answered(key=new_id(), outcome=Outcome.DONE, at=clock.now()))
        surveys.cancel(db, city.cast.supervisor, survey.id)
        surveys.cancel(db, city.cast.supervisor, survey.id)
    assert spread(survey) == 1
    assert [one.state for one in made(survey)] == [State.DONE, State.CANCELLED]
    with pytest.raises(NotFound), transaction() as db:
        surveys.cancel(db, city.cast.li, survey.id)


# conflicts of the registers

def contested(city: City) -> tuple[uuid.UUID, Contest]:
    """Two say of one house, each without the other, what it is used for; the entry and the conflict."""
    house, first = new_id(), new_id()
    entered(city.cast.li, at_grid(0), id=first, subject_id=house, values={"address": "南塘1号", "usage": "self_occupied"})
    for usage in ("rented", "shop"):
        with transaction() as db:
            statements.receive(db, city.cast.li, [Stated(
                id=new_id(), register=Register.HOUSE, subject_id=house, base=first, values={"usage": usage},
                source=Source.COLLECTED, at=clock.now())])
    with reading() as db:
        return house, db.scalars(select(Contest)).one()


def test_a_conflict_is_a_task_for_whose_grid_it_is_once(city: City) -> None:
    house, conflict = contested(city)
    with transaction() as db:
        assert tasks.for_conflicts(db, [conflict.id, new_id()]) == 1
        assert tasks.for_conflicts(db, [conflict.id]) == 0
    with reading() as db:
        task = db.scalars(select(Task)).one()
    assert (task.kind, task.assignee_id, task.subject_id, task.conflict_id) == (
        Kind.CONFLICT, city.cast.li.id, house, conflict.id)
    assert (task.title, task.text) == ("核对数据：南塘1号", "用途的说法不一致")
    assert task.due_at == clock.now() + timedelta(days=7)


def test_decided_its_task_is_done(city: City) -> None:
    _, conflict = contested(city)
    with transaction() as db:
        tasks.for_conflicts(db, [conflict.id])
        conflicts.decide(db, city.cast.li, conflict.id, "stated")
    with transaction() as db:
        tasks.for_conflicts(db, [conflict.id])
        tasks.for_conflicts(db, [conflict.id])
    with reading() as db:
        task = db.scalars(select(Task)).one()
        assert (task.state, task.is_open) == (State.DONE, False)
        assert db.scalar(select(func.count()).select_from(Event).where(Event.name == "task.changed")) == 2
        told = db.scalars(select(Event.subject).where(Event.name == "register.conflict")).all()
        assert told.count(conflict.id) >= 2  # when it opened and when it was settled: so its task hears of both


def test_decided_while_its_task_is_made_the_task_is_done(city: City) -> None:
    """Two workers hold the two events of a conflict: that it opened, and that it was settled."""
    if database.engine().dialect.name == "sqlite":
        return  # has one writer anyway
    _, conflict = contested(city)

    def settled() -> None:
        with transaction() as db:
            tasks.for_conflicts(db, [conflict.id])
    with ThreadPoolExecutor(1) as pool:
        with transaction() as slow:
            tasks.for_conflicts(slow, [conflict.id])
            with transaction() as db:
                conflicts.decide(db, city.cast.li, conflict.id, "stated")
            second = pool.submit(settled)
            with suppress(TimeoutError):
                second.result(timeout=0.5)
        second.result(timeout=10)
    with reading() as db:
        assert [one.state for one in db.scalars(select(Task))] == [State.DONE]
