"""Every row of the permission table with every role, and what its conditions ask."""
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

import casework
from casework.errors import Refused
from casework.identity import permissions
from casework.identity.people import ANONYMOUS, SYSTEM, Actor, HeldPost, Role, actor_with
from casework.identity.permissions import PERMISSIONS, Grant, Reach, allowed, check, own_area, own_department, reach

ROADS, PARKS = uuid.uuid4(), uuid.uuid4()
GRID = "44030400100101"


def somebody(*roles: Role, **facts: object) -> Actor:
    return Actor("user", uuid.uuid4(), "某人", frozenset(roles), **facts)  # type: ignore[arg-type]


def subject(**facts: object) -> SimpleNamespace:
    return SimpleNamespace(**{"id": uuid.uuid4(), "lead_department_id": None, "area_code": None} | facts)


def everything_fits(actor: Actor) -> SimpleNamespace:
    """A subject that is the actor's own in every way there is."""
    return subject(id=actor.report_id or actor.id, lead_department_id=ROADS, area_code=GRID,
                   source=f"client:{actor.id}")


def equipped(role: Role) -> Actor:
    """Holds this one role with a department, an area or a tracking token, as such people do."""
    if role is Role.SYSTEM:
        return SYSTEM
    if role is Role.CITIZEN:
        return Actor("citizen", None, "市民", frozenset({role}), report_id=uuid.uuid4())
    if role is Role.PLATFORM:
        return Actor("client", uuid.uuid4(), "12345", frozenset({role}))
    return somebody(role, department_ids=frozenset({ROADS}), area_codes=frozenset({GRID[:6]}))


ROWS = [(name, role) for name in PERMISSIONS for role in Role]


@pytest.mark.parametrize(("name", "role"), ROWS)
def test_a_role_may_do_its_own_rows_and_no_others(name: str, role: Role) -> None:
    actor = equipped(role)
    assert allowed(actor, name, everything_fits(actor)) == (role in PERMISSIONS[name].roles)


CONDITIONAL = [(name, role) for name, role in ROWS
               if PERMISSIONS[name].condition and role in PERMISSIONS[name].roles and role is not Role.SYSTEM]


@pytest.mark.parametrize(("name", "role"), CONDITIONAL)
def test_a_condition_refuses_what_is_somebody_elses(name: str, role: Role) -> None:
    assert not allowed(equipped(role), name, subject(lead_department_id=PARKS, area_code="440305001001"))


@pytest.mark.parametrize(("name", "role"), CONDITIONAL)
def test_a_condition_refuses_without_a_subject(name: str, role: Role) -> None:
    assert not allowed(equipped(role), name)


@pytest.mark.parametrize("role", Role)
def test_an_unknown_name_is_refused_to_everybody(role: Role) -> None:
    with pytest.raises(Refused):
        check(equipped(role), "case.create.by.magic")


def test_nobody_without_a_role_may_anything() -> None:
    nobody = somebody()
    assert not [name for name in PERMISSIONS if allowed(nobody, name, everything_fits(nobody))]


def test_what_only_few_may_stands_as_it_was_decided() -> None:
    may = {role: {name for name, grant in PERMISSIONS.items() if role in grant.roles} for role in Role}
    assert {name for name in may[Role.CITIZEN] if not name.endswith(".read")} == {
        "report.create.citizen", "report.list", "rating.create", "comment.create.citizen", "preferences.manage",
        "data.own", "subscriptions.manage", "adoption.take_part", "points.own"}
    for name in ("users.manage", "posts.manage", "departments.manage", "devices.manage", "clients.manage"):
        assert PERMISSIONS[name].roles == {Role.ADMINISTRATOR}
    for role in (Role.CITIZEN, Role.PLATFORM, Role.GRID_WORKER, Role.LEADER, Role.DATA_STEWARD, Role.ADMINISTRATOR):
        assert "privacy.reveal" not in may[role]


def test_a_department_or_area_of_one_post_lends_nothing_to_another() -> None:
    held = [HeldPost(Role.HANDLER, ROADS, None), HeldPost(Role.OPERATOR, PARKS, "440305")]
    both = actor_with(uuid.uuid4(), "某人", held)
    sign, correct = Grant(frozenset({Role.HANDLER}), own_department), Grant(frozenset({Role.OPERATOR}), own_area)
    assert allowed(both, sign, subject(lead_department_id=ROADS))
    assert not allowed(both, sign, subject(lead_department_id=PARKS))
    assert allowed(both, correct, subject(area_code="440305001"))
    assert not allowed(both, correct, subject(lead_department_id=ROADS, area_code="440304001"))
    assert reach(both) == Reach(everything=False, department_ids=frozenset({ROADS}), area_codes=frozenset({"440305"}))


def test_every_row_of_the_table_is_asked_somewhere() -> None:
    root = Path(casework.__file__).parents[1]
    asked = "".join(path.read_text(encoding="utf-8") for folder in ("api", "casework") for path in (root / folder).rglob("*.py")
                    if path.name != "permissions.py")
    assert [name for name in PERMISSIONS if f'"{name}"' not in asked] == []


def test_the_refusal_names_who_and_what() -> None:
    with pytest.raises(Refused, match=r"某人 may not do users\.manage") as refused:
        check(somebody(Role.LEADER), "users.manage")
    assert refused.value.facts == {"action": "users.manage"}


def test_a_step_brings_its_own_grant() -> None:
    sign = Grant(frozenset({Role.HANDLER}), own_department)
    handler = somebody(Role.HANDLER, department_ids=frozenset({ROADS}))
    check(handler, sign, subject(lead_department_id=ROADS))
    with pytest.raises(Refused):
        check(handler, sign, subject(lead_department_id=PARKS))
    with pytest.raises(Refused):
        check(handler, sign, subject())


def test_our_own_jobs_pass_conditions_only_where_they_are_named() -> None:
    assert allowed(SYSTEM, Grant(frozenset({Role.SYSTEM, Role.HANDLER}), own_department), subject())
    assert not allowed(SYSTEM, Grant(frozenset({Role.HANDLER}), own_department), subject())


@pytest.mark.parametrize(("post", "place", "inside"), [
    ("440304001001", GRID, True), (GRID, GRID, True), (GRID, "440304001001", False), ("440305", GRID, False),
    (GRID, None, False), (GRID, "", False)])
def test_own_area_is_the_area_and_all_inside(post: str, place: str | None, inside: bool) -> None:
    worker = somebody(Role.GRID_WORKER, area_codes=frozenset({post}))
    assert own_area(worker, subject(area_code=place)) is inside


def test_two_unknown_phones_are_not_the_same_phone() -> None:
    assert not allowed(ANONYMOUS, "tracking.read", subject(reporter_phone_index=None))
    assert not allowed(ANONYMOUS, "rating.create", subject(id=None, reporter_phone_index=None))


def test_a_citizen_reads_what_was_sent_from_the_proved_phone() -> None:
    citizen = Actor("citizen", uuid.uuid4(), "市民", frozenset({Role.CITIZEN}), phone_index="aa")
    assert allowed(citizen, "tracking.read", subject(reporter_phone_index="aa"))
    assert not allowed(citizen, "tracking.read", subject(reporter_phone_index="bb"))


def test_an_assisting_department_sees_the_case() -> None:
    handler = somebody(Role.HANDLER, department_ids=frozenset({PARKS}))
    case = subject(lead_department_id=ROADS, involved_department_ids=[PARKS])
    assert allowed(handler, "case.read", case)
    assert not allowed(handler, "case.read", subject(lead_department_id=ROADS, assisting_department_ids=[]))


def test_a_grid_worker_reads_what_the_worker_sent_from_anywhere() -> None:
    worker = somebody(Role.GRID_WORKER, area_codes=frozenset({GRID}))
    assert allowed(worker, "case.read", subject(reporter_id=worker.id, area_code="440305"))
    assert not allowed(worker, "case.read", subject(reporter_id=uuid.uuid4(), area_code="440305"))


class TestReach:
    def test_a_dispatcher_sees_the_city_and_a_district_dispatcher_the_district(self) -> None:
        assert reach(somebody(Role.DISPATCHER)).everything
        district = reach(somebody(Role.DISPATCHER, area_codes=frozenset({"440304"})))
        assert (district.everything, district.area_codes) == (False, frozenset({"440304"}))

    def test_a_second_post_in_a_grid_does_not_narrow_a_city_wide_one(self) -> None:
        both = somebody(Role.DISPATCHER, Role.GRID_WORKER, area_codes=frozenset({GRID}), unbounded=True)
        assert reach(both).everything

    def test_a_handler_sees_departments_and_no_areas(self) -> None:
        handler = reach(somebody(Role.HANDLER, department_ids=frozenset({ROADS}), area_codes=frozenset({GRID})))
        assert handler == permissions.Reach(
            everything=False, department_ids=frozenset({ROADS}), area_codes=frozenset())

    def test_a_grid_worker_in_a_department_does_not_see_its_cases(self) -> None:
        worker = reach(somebody(Role.GRID_WORKER, department_ids=frozenset({ROADS}), area_codes=frozenset({GRID})))
        assert (worker.everything, worker.department_ids) == (False, frozenset())

    def test_a_citizen_or_a_system_reaches_nothing_by_post(self) -> None:
        for actor in (equipped(Role.CITIZEN), equipped(Role.PLATFORM)):
            assert reach(actor) == permissions.Reach(
                everything=False, department_ids=frozenset(), area_codes=frozenset())
