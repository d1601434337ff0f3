"""Who is on duty, on both databases: rosters lend no powers, hold for their time and place, and are written by who may."""
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.errors import Conflict, Invalid, NotFound, Refused
from casework.identity import rosters
from casework.identity.people import Actor, Department, Post, Role, User, create_post, create_user, vacate
from casework.identity.rosters import Duty, Shift
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS
from tests.people import Cast
from tests.settled import settle

DAY = timedelta(hours=8)


@dataclass
class Centre:
    """The small city's people and departments."""

    cast: Cast
    departments: dict[str, Department]

    def shift(self, name: str, role: Role, department: str | None = None, area: str | None = None) -> Shift:
        """Eight hours from now on."""
        person = getattr(self.cast, name).id
        return Shift(user_id=person, role=role, since=clock.now(), until=clock.now() + DAY, area_code=area,
                     department_id=self.departments[department].id if department else None)

    def enters(self, *shifts: Shift, by: Actor | None = None) -> list[uuid.UUID]:
        with transaction() as db:
            return [one.id for one in rosters.enter(db, by or self.cast.administrator, shifts)]

    def reached(self, role: Role, department: str | None = None, area: str | None = GRIDS[0]) -> list[str]:
        """Logins of whom an alarm for this role would go to."""
        with reading() as db:
            return [one.login for one in rosters.reachable(
                db, role, department_id=self.departments[department].id if department else None, area_code=area)]


@pytest.fixture
def centre(store: str, time: SetClock) -> Centre:
    return Centre(*settle())


def test_while_somebody_is_on_duty_the_other_holders_are_left_alone(centre: Centre, time: SetClock) -> None:
    assert centre.reached(Role.DISPATCHER) == ["dispatcher", "other_dispatcher"]
    centre.enters(centre.shift("other_dispatcher", Role.DISPATCHER))
    assert centre.reached(Role.DISPATCHER) == ["other_dispatcher"]
    assert centre.reached(Role.DISPATCHER, area=None) == ["other_dispatcher"]
    time.passes(hours=8)
    assert centre.reached(Role.DISPATCHER) == ["dispatcher", "other_dispatcher"]


def test_a_duty_begins_at_its_first_moment(centre: Centre, time: SetClock) -> None:
    later = replace(centre.shift("other_dispatcher", Role.DISPATCHER), since=clock.now() + timedelta(hours=1))
    centre.enters(later)
    assert len(centre.reached(Role.DISPATCHER)) == 2
    time.passes(hours=1)
    assert centre.reached(Role.DISPATCHER) == ["other_dispatcher"]


def test_a_departments_roster_is_its_own(centre: Centre) -> None:
    with transaction() as db:
        night = create_user(db, "night", "夜").id
        create_post(db, "夜班", Role.HANDLER, department_id=centre.departments["water"].id, holder_id=night)
    centre.enters(Shift(user_id=night, role=Role.HANDLER, department_id=centre.departments["water"].id, since=clock.now(),
                       until=clock.now() + DAY))
    assert centre.reached(Role.HANDLER, "water") == ["night"]
    assert centre.reached(Role.HANDLER, "roads") == ["roads_handler"]


def test_a_duty_for_an_area_holds_inside_it_and_the_narrower_one_comes_first(centre: Centre) -> None:
    local = centre.shift("other_dispatcher", Role.DISPATCHER, area=GRIDS[0][:12])
    centre.enters(local, centre.shift("dispatcher", Role.DISPATCHER))
    assert centre.reached(Role.DISPATCHER, area=GRIDS[0]) == ["other_dispatcher", "dispatcher"]
    assert centre.reached(Role.DISPATCHER, area=GRIDS[2]) == ["dispatcher"]
    assert centre.reached(Role.DISPATCHER, area=None) == ["dispatcher"]


def test_a_grid_worker_may_stand_in_for_the_next_grid(centre: Centre) -> None:
    centre.enters(centre.shift("wang", Role.GRID_WORKER, area=GRIDS[0]))
    assert centre.reached(Role.GRID_WORKER, area=GRIDS[0]) == ["wang"]
    assert centre.reached(Role.GRID_WORKER, area=GRIDS[2]) == ["zhao"]


def test_who_left_the_post_or_the_house_is_on_duty_no_more(centre: Centre) -> None:
    centre.enters(centre.shift("water_handler", Role.HANDLER, "water"), centre.shift("supervisor", Role.SUPERVISOR))
    with transaction() as db:
        for post in db.scalars(select(Post).where(Post.holder_id == centre.cast.water_handler.id)):
            vacate(db, post)
        db.get_one(User, centre.cast.supervisor.id).active = False
    assert centre.reached(Role.HANDLER, "water") == centre.reached(Role.SUPERVISOR) == []


@pytest.mark.parametrize(("said", "field"), [
    (("roads_handler", Role.HANDLER, "water", None), "user_id"),
    (("water_handler", Role.DEPARTMENT_HEAD, "water", None), "user_id"),
    (("li", Role.SUPERVISOR, None, None), "user_id"), (("water_handler", Role.HANDLER, None, None), "department_id"),
    (("dispatcher", Role.DISPATCHER, "water", None), "department_id"),
    (("dispatcher", Role.DISPATCHER, None, "x1"), "area_code"),
    (("dispatcher", Role.SYSTEM, None, None), "role")])
def test_a_duty_lends_no_powers(centre: Centre, said: tuple[str, Role, str | None, str | None], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        centre.enters(centre.shift("supervisor", Role.SUPERVISOR), centre.shift(*said))
    assert [one.field for one in refused.value.faults] == [f"items.1.{field}"]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Duty)) == 0


def test_a_post_of_one_district_does_not_cover_the_city(centre: Centre) -> None:
    with transaction() as db:
        local = create_user(db, "local", "区").id
        create_post(db, "区派遣", Role.DISPATCHER, area_code="440301", holder_id=local)
    shift = Shift(user_id=local, role=Role.DISPATCHER, since=clock.now(), until=clock.now() + DAY)
    with pytest.raises(Invalid):
        centre.enters(shift)
    centre.enters(replace(shift, area_code="440301001"))


@pytest.mark.parametrize("hours", [0, -1, 24 * 93])
def test_a_duty_has_an_end_that_can_be(centre: Centre, hours: int) -> None:
    with pytest.raises(Invalid) as refused:
        centre.enters(replace(centre.shift("supervisor", Role.SUPERVISOR), until=clock.now() + timedelta(hours=hours)))
    assert [one.field for one in refused.value.faults] == ["items.0.until"]


def test_the_same_roster_sent_again_stands_once(centre: Centre) -> None:
    week = [centre.shift("dispatcher", Role.DISPATCHER), centre.shift("li", Role.GRID_WORKER, area=GRIDS[0])]
    first, again = centre.enters(*week), centre.enters(*week, week[0])
    assert again == [*first, first[0]]


def test_a_head_writes_the_own_departments_roster_only(centre: Centre) -> None:
    head = centre.cast.water_head
    (own,) = centre.enters(centre.shift("water_handler", Role.HANDLER, "water"), by=head)
    for other in (centre.shift("roads_handler", Role.HANDLER, "roads"), centre.shift("dispatcher", Role.DISPATCHER)):
        with pytest.raises(Refused):
            centre.enters(other, by=head)
    with pytest.raises(NotFound), transaction() as db:
        rosters.end(db, centre.cast.roads_head, own)


def test_ended_it_is_over_now_and_what_had_not_begun_is_forgotten(centre: Centre, time: SetClock) -> None:
    running = centre.shift("dispatcher", Role.DISPATCHER)
    later = replace(running, since=running.until, until=running.until + DAY)
    first, second = centre.enters(running, later)
    time.passes(hours=1)
    with transaction() as db:
        assert rosters.end(db, centre.cast.administrator, first) == clock.now()
        assert rosters.end(db, centre.cast.administrator, second) is None
    assert len(centre.reached(Role.DISPATCHER)) == 2
    with transaction() as db, pytest.raises(Conflict):
        rosters.end(db, centre.cast.administrator, first)
    with transaction() as db, pytest.raises(NotFound):
        rosters.end(db, centre.cast.administrator, new_id())


def test_a_list_goes_on_where_it_stopped_and_shows_a_head_its_own(centre: Centre) -> None:
    shifts = [replace(centre.shift("dispatcher", Role.DISPATCHER), until=clock.now() + timedelta(hours=hours))
              for hours in (3, 1, 2)]
    centre.enters(*shifts, centre.shift("water_handler", Role.HANDLER, "water"))
    seen: list[Duty] = []
    with reading() as db:
        while page := rosters.roster(db, centre.cast.supervisor, since=clock.now(), limit=2,
                                     after=(seen[-1].until, seen[-1].id) if seen else None):
            seen += page
        assert [one.until - clock.now() for one in seen] == [timedelta(hours=hours) for hours in (1, 2, 3, 8)]
        assert len(rosters.roster(db, centre.cast.supervisor, since=clock.now() + timedelta(hours=2))) == 2
        assert rosters.roster(db, centre.cast.supervisor, since=clock.now(), until=clock.now()) == []
        assert [one.role for one in rosters.roster(db, centre.cast.water_head, since=clock.now())] == [Role.HANDLER]
        assert rosters.roster(db, centre.cast.roads_head, since=clock.now()) == []
