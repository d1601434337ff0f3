"""Tasks: each is somebody's, answered once, and never lost when time runs out or a worker leaves."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import clock
from casework.errors import CaseworkError, Conflict, Invalid, NotFound, Refused
from casework.fieldwork import tasks
from casework.fieldwork.presence import Check
from casework.fieldwork.tasks import Answered, Kind, Outcome, State, Task, Wanted
from casework.fieldwork.tasks.answers import parted
from casework.identity import rosters
from casework.identity.accounts import deactivate
from casework.identity.people import Actor, Post, Role, actor_of, create_post
from casework.identity.privacy import Access
from casework.identity.rosters import Shift
from casework.media import Photo, check_in, delete_unclaimed
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import GRIDS, a_photo, at_grid
from tests.storage.city import City


def made(city: City, by: Actor | None = None, **facts: Any) -> Task:
    """A visit in the first grid, due tomorrow, unless told otherwise."""
    given = {"task_id": new_id(), "kind": Kind.VISIT, "title": "走访", "area_code": GRIDS[0],
             "due_at": clock.now() + timedelta(days=1)} | facts
    with transaction() as db:
        return tasks.create(db, by or city.cast.supervisor, **given)


def answered(actor: Actor, task: Task, **facts: Any) -> Task:
    """Done, here and now, unless told otherwise."""
    said = Answered(**{"key": new_id(), "outcome": Outcome.DONE, "at": clock.now()} | facts)
    with transaction() as db:
        return tasks.answer(db, actor, task.id, said)


def stored(task: Task) -> Task:
    with reading() as db:
        return db.get_one(Task, task.id)


def changes() -> int:
    with reading() as db:
        return len(db.scalars(select(Event.id).where(Event.name == "task.changed")).all())


def todo(actor: Actor) -> list[uuid.UUID]:
    assert actor.id is not None
    with reading() as db:
        return tasks.ids_of(db, actor.id)


# whose it is

def test_a_task_is_for_whose_grid_it_is(city: City) -> None:
    assert made(city).assignee_id == city.cast.li.id
    assert made(city, area_code=None, place=at_grid(1)).assignee_id == city.cast.wang.id
    assert made(city, assignee_id=city.cast.zhao.id).assignee_id == city.cast.zhao.id
    assert made(city, area_code=GRIDS[3]).assignee_id is None  # nobody walks the fourth
    assert len(todo(city.cast.li)) == 1


def test_who_stands_in_by_the_roster_goes_before_the_holder(city: City, time: SetClock) -> None:
    assert city.cast.wang.id is not None
    with transaction() as db:
        rosters.enter(db, city.cast.administrator, [Shift(
            user_id=city.cast.wang.id, role=Role.GRID_WORKER, area_code=GRIDS[0], since=clock.now() + timedelta(hours=1),
            until=clock.now() + timedelta(hours=3))])
    assert made(city).assignee_id == city.cast.li.id
    time.passes(hours=2)
    assert made(city).assignee_id == city.cast.wang.id
    time.passes(hours=2)
    assert made(city).assignee_id == city.cast.li.id


def test_a_post_of_the_grid_goes_before_one_around_it(city: City) -> None:
    with transaction() as db:
        create_post(db, "片长", Role.GRID_WORKER, holder_id=city.cast.zhao.id, area_code=GRIDS[0][:12])
        assert tasks.whose(db, [*GRIDS, "4403"]) == {
            GRIDS[0]: city.cast.li.id, GRIDS[1]: city.cast.wang.id, GRIDS[2]: city.cast.zhao.id}
        db.execute(Post.__table__.delete().where(Post.holder_id == city.cast.wang.id))  # type: ignore[attr-defined]
        assert tasks.whose(db, GRIDS)[GRIDS[1]] == city.cast.zhao.id


# making one

def test_the_same_key_is_the_same_task_and_another_content_a_conflict(city: City) -> None:
    key = new_id()
    due_at = clock.now() + timedelta(days=2)
    first = made(city, task_id=key, due_at=due_at)
    with transaction() as db:
        tasks.reassign(db, city.cast.supervisor, key, city.cast.wang.id)
    assert made(city, task_id=key, due_at=due_at).id == first.id
    assert stored(first).assignee_id == city.cast.wang.id
    with pytest.raises(Conflict):
        made(city, task_id=key, due_at=due_at, title="别的")
    assert changes() == 2


@pytest.mark.parametrize(("facts", "field"), [
    ({"kind": Kind.INSPECT}, "kind"), ({"due_at": SetClock().moment}, "due_at"), ({"area_code": "9999"}, "area"),
    ({"area_code": None}, "area"), ({"area_code": None, "place": at_grid(0, -9_000)}, "place"),
    ({"assignee_id": new_id()}, "assignee")])
def test_what_cannot_be_is_named(city: City, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        made(city, **facts)
    assert [one.field for one in caught.value.faults] == [field]
    with pytest.raises(Invalid) as caught:
        made(city, assignee_id=city.cast.supervisor.id)
    assert [one.field for one in caught.value.faults] == ["assignee"]


def test_who_looks_after_one_area_makes_tasks_there_only(city: City) -> None:
    with transaction() as db:
        post = db.scalars(select(Post).where(Post.holder_id == city.cast.supervisor.id)).one()
        post.area_code = GRIDS[0][:12]
    with reading() as db:
        assert city.cast.supervisor.id is not None
        local = actor_of(db, city.cast.supervisor.id)
    elsewhere = made(city, city.cast.dispatcher, area_code=GRIDS[2])
    assert made(city, local).assignee_id == city.cast.li.id
    with pytest.raises(Refused):
        made(city, local, area_code=GRIDS[2])
    with transaction() as db:
        with pytest.raises(NotFound):
            tasks.cancel(db, local, elsewhere.id)
        found, _ = tasks.page(db, local, Wanted())
        assert elsewhere.id not in {one.id for one in found}


# answering

def test_an_answer_is_taken_once_and_a_resend_changes_nothing(city: City) -> None:
    task, key = made(city), new_id()
    first = answered(city.cast.li, task, key=key, values={"doors": 3})
    again = answered(city.cast.li, task, key=key, values={"doors": 3})
    assert (first.state, again.version, again.done_at) == (State.DONE, first.version, first.done_at)
    with pytest.raises(Conflict):
        answered(city.cast.li, task, outcome=Outcome.CANNOT, note="没人在家")
    assert todo(city.cast.li) == []
    assert changes() == 2


def test_two_devices_answer_at_once_and_one_is_taken(city: City) -> None:
    task = made(city)

    def try_it(_: int) -> str:
        try:
            return str(answered(city.cast.li, task).answered_with)
        except CaseworkError as error:
            return type(error).__name__
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(try_it, range(6)))
    assert outcomes.count("Conflict") == 5
    assert str(stored(task).answered_with) in outcomes
    assert changes() == 2


def test_nobody_answers_for_another(city: City) -> None:
    task = made(city)
    for other in (city.cast.wang, city.cast.supervisor, city.cast.water_handler):
        with pytest.raises(NotFound):
            answered(other, task)
    with pytest.raises(NotFound), transaction() as db:
        tasks.answer(db, city.cast.li, new_id(), Answered(key=new_id(), outcome=Outcome.DONE, at=clock.now()))


def test_why_it_cannot_be_done_must_be_said_and_is_sealed(city: City) -> None:
    task = made(city)
    with pytest.raises(Invalid):
        answered(city.cast.li, task, outcome=Outcome.CANNOT)
    done = answered(city.cast.li, task, outcome=Outcome.CANNOT, note="张三搬走了", values={"phone": "13812345678", "doors": 2})
    assert (done.state, done.result["values"]) == (State.CANNOT, {"doors": 2})
    with transaction() as db:
        words = tasks.words_of(db, city.cast.supervisor, task.id, "复核")
    assert words == {"note": "张三搬走了", "values": {"phone": "13812345678"}}
    with reading() as db:
        assert {(one.field, one.reason) for one in db.scalars(select(Access))} == {("note", "复核"), ("values", "复核")}
        with pytest.raises(Refused):
            tasks.words_of(db, city.cast.li, task.id, "好奇")
        with pytest.raises(NotFound):
            tasks.words_of(db, city.cast.wang, task.id, "好奇")


def test_only_what_can_be_counted_stays_in_plain() -> None:
    plain = {"doors": 3, "rent": 1200.5, "wired": True, "usage": "rented", "hazards": ["wiring", "gas"]}
    words = {"name": "王小明", "phone": "13812345678", "number": 13812345678, "who": ["张三"], "card": "110101199003070011",
             "born": "1990-03-07", "nested": {"a": 1}, "empty": []}
    assert parted(plain | words | {"nothing": None}) == (plain, words)


def test_photos_sent_ahead_belong_to_the_task_and_are_not_forgotten(city: City, time: SetClock) -> None:
    task = made(city)
    mine, others = city.photo_of(city.cast.li), city.photo_of(city.cast.wang, "red")
    with pytest.raises(Invalid) as caught:
        answered(city.cast.li, task, photos=[*mine, *others])
    assert [one.field for one in caught.value.faults] == ["photos.1"]
    answered(city.cast.li, task, photos=mine)
    with pytest.raises(Invalid):
        answered(city.cast.li, made(city), photos=mine)  # a photo shows one thing
    time.passes(days=2)
    with transaction() as db:
        delete_unclaimed(db)
        assert [one.task_id for one in db.scalars(select(Photo))] == [task.id]


def test_where_the_worker_stood_is_looked_at(city: City) -> None:
    with transaction() as db:
        photo = check_in(db, a_photo(), channel="pda", uploaded_by=city.cast.li.id)
        photo.lon, photo.lat = at_grid(3).lon, at_grid(3).lat
    task = made(city)
    answered(city.cast.li, task, place=at_grid(1), mock=True, photos=[photo.id])
    with reading() as db:
        check = db.scalars(select(Check)).one()
    assert (check.kind, check.subject_id) == ("task", task.id)
    assert [one.partition("约")[0] for one in check.flags] == ["任务位置被设备标记为模拟定位", "照片拍摄位置距任务位置"]


# time runs out, people leave

def test_what_is_over_is_marked_stays_with_its_worker_and_is_answered_late(city: City, time: SetClock) -> None:
    early, late = made(city), made(city, due_at=clock.now() + timedelta(days=3))
    time.passes(days=1)
    with transaction() as db:
        assert tasks.expire(db, 10) == 1
        assert tasks.expire(db, 10) == 0
    assert (stored(early).state, stored(late).state) == (State.EXPIRED, State.OPEN)
    assert set(todo(city.cast.li)) == {early.id, late.id}
    with reading() as db:
        found, _ = tasks.page(db, city.cast.supervisor, Wanted(state=State.EXPIRED))
        assert [one.id for one in found] == [early.id]
    done = answered(city.cast.li, early)
    assert (done.state, done.result["late"]) == (State.DONE, True)
    assert answered(city.cast.li, late).result["late"] is False
    assert changes() == 5


def test_an_answer_from_before_the_end_that_comes_after_it_is_in_time(city: City, time: SetClock) -> None:
    task, at = made(city), clock.now() + timedelta(hours=20)
    time.passes(days=2)
    with transaction() as db:
        tasks.expire(db, 10)
    assert answered(city.cast.li, task, at=at).result["late"] is False


def test_expiry_goes_in_batches_and_answers_stand(city: City, time: SetClock) -> None:
    lot = [made(city) for _ in range(5)]
    answered(city.cast.li, lot[0])
    time.passes(days=2)
    with transaction() as db:
        assert [tasks.expire(db, 3), tasks.expire(db, 3)] == [3, 1]
    assert stored(lot[0]).state is State.DONE


def test_what_nobody_does_is_handed_on(city: City) -> None:
    left, vacant, kept = made(city), made(city, area_code=GRIDS[3]), made(city, area_code=GRIDS[1])
    done = made(city)
    answered(city.cast.li, done)
    with transaction() as db:
        deactivate(db, city.cast.li.id)
        create_post(db, "代管", Role.GRID_WORKER, holder_id=city.cast.zhao.id, area_code=GRIDS[0])
        assert tasks.hand_on(db) == 1
        assert tasks.hand_on(db) == 0
        create_post(db, "新网格员", Role.GRID_WORKER, holder_id=city.cast.wang.id, area_code=GRIDS[3])
        assert tasks.hand_on(db) == 1
    assert [stored(one).assignee_id for one in (left, vacant, kept, done)] == [
        city.cast.zhao.id, city.cast.wang.id, city.cast.wang.id, city.cast.li.id]


def test_reassigned_and_called_off(city: City) -> None:
    task = made(city)
    with transaction() as db:
        tasks.reassign(db, city.cast.dispatcher, task.id, city.cast.wang.id)
        with pytest.raises(Invalid):
            tasks.reassign(db, city.cast.dispatcher, task.id, city.cast.leader.id)
    assert (todo(city.cast.li), todo(city.cast.wang)) == ([], [task.id])
    with transaction() as db:
        tasks.cancel(db, city.cast.dispatcher, task.id)
        tasks.cancel(db, city.cast.dispatcher, task.id)
        with pytest.raises(Conflict):
            tasks.reassign(db, city.cast.dispatcher, task.id, city.cast.li.id)
    with pytest.raises(Conflict):
        answered(city.cast.wang, task)
    assert (todo(city.cast.wang), changes()) == ([], 3)
    done = made(city)
    answered(city.cast.li, done)
    with pytest.raises(Conflict), transaction() as db:
        tasks.cancel(db, city.cast.dispatcher, done.id)


# lists

def test_pages_walk_over_every_task_once(city: City) -> None:
    lot = [made(city, due_at=clock.now() + timedelta(hours=1 + number % 3)) for number in range(7)]
    seen: list[uuid.UUID] = []
    after = None
    while True:
        with reading() as db:
            found, after = tasks.page(db, city.cast.supervisor, Wanted(area_code=GRIDS[0][:9]), after=after, limit=2)
        seen += [one.id for one in found]
        if after is None:
            break
    assert seen == [one.id for one in sorted(lot, key=lambda one: (one.due_at, one.id))]


def test_pages_are_narrowed(city: City) -> None:
    mine, other, vacant = made(city), made(city, area_code=GRIDS[2], kind=Kind.COMPONENT_SURVEY), made(city, area_code=GRIDS[3])
    answered(city.cast.li, mine)
    with reading() as db:
        def ids(**wanted: Any) -> set[uuid.UUID]:
            return {one.id for one in tasks.page(db, city.cast.supervisor, Wanted(**wanted))[0]}
        assert ids() == {other.id, vacant.id}
        assert ids(only_open=False) == {mine.id, other.id, vacant.id}
        assert ids(state=State.DONE) == {mine.id}
        assert ids(kind=Kind.COMPONENT_SURVEY) == {other.id}
        assert ids(assignee_id=city.cast.zhao.id) == {other.id}
        assert ids(vacant=True) == {vacant.id}
        assert ids(area_code=GRIDS[2]) == {other.id}
        assert ids(area_code=GRIDS[0][:12]) == set()


def test_a_device_is_shown_what_it_needs_and_pages_by_id(city: City) -> None:
    lot = sorted(made(city).id for _ in range(3))
    assert city.cast.li.id is not None
    with reading() as db:
        assert tasks.ids_of(db, city.cast.li.id, limit=2) == lot[:2]
        assert tasks.ids_of(db, city.cast.li.id, after=lot[1], limit=2) == lot[2:]
        shown = tasks.shown(db, [lot[0], new_id()])
    assert list(shown) == [lot[0]]
    assert shown[lot[0]] | {"task_kind": "visit", "area": GRIDS[0], "state": "open", "open": True,
                            "assignee": city.cast.li.id} == shown[lot[0]]
