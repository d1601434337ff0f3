"""Nobody is forgotten: lives as the verbs lead them leave nothing to find; each way of breaking rows by hand is named."""
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import turns
from casework.cases.case import Case
from casework.cases.report import Channel
from casework.cases.turns import GRACE, LED, without_party
from casework.cases.workflow import OPEN, RUNS_IN, STATUS_NAMES, Status
from casework.geography.coordinates import Point
from casework.identity.people import Department, Post, Role, User, create_post, create_user, vacate
from casework.sla.limits import STAGE_NAMES, Stage
from casework.sla.timers import Timer, TimerState
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.city import City

Lives = dict[str, str]
"""Numbers of cases, by their status or by what else they are known for."""
Breaks = Callable[[Session, str], object]
"""Does something to the rows of the case with this number."""


@pytest.fixture
def lives(city: City) -> Lives:
    """One case in each open status and some beside: a question open, a request to call back about, one closed."""
    cast = city.cast
    made = {name: city.receives(place=at_grid(grid, east)) for name, grid, east in (
        ("dispatched", 0, -300), ("handling", 0, 0), ("returned", 0, 300), ("suspended", 1, -300), ("resolved", 1, 300),
        ("closed", 2, 0))}
    made["asked"] = city.receives(channel=Channel.CITIZEN, source="citizen", place=at_grid(1))
    made["reported"], made["verifying"] = (city.receives(place=Point(lon, 22)) for lon in (112, 113))  # not in the city
    made["filed"] = city.receives(claimed_category="20101", place=at_grid(3))
    made["request"] = city.receives(channel=Channel.HOTLINE, claimed_category="301", place=None, address="南塘社区文化站旁")
    city.triages(*made.values())
    city.dispatches()
    for name in ("handling", "suspended", "asked", "resolved", "closed"):
        city.does(cast.water_handler, "sign", made[name])
    city.does(cast.water_head, "hand_back", made["returned"], ground="依据")
    city.does(cast.water_handler, "defer", made["suspended"], reason="等材料", until=clock.now() + timedelta(days=30))
    city.does(cast.dispatcher, "suspend", made["suspended"])
    city.does(cast.water_handler, "ask", made["asked"], question="在哪一侧？")
    for name, colour in (("resolved", "red"), ("closed", "blue")):
        city.does(cast.water_handler, "resolve", made[name], reply="已更换", photos=city.photo_of(cast.water_handler, colour))
    city.does(cast.zhao, "pass", made["closed"], position=at_grid(2), finding="已恢复", photos=city.photo_of(cast.zhao))
    city.does(cast.office_handler, "sign", made["request"])
    city.does(cast.office_handler, "resolve", made["request"], reply="已答复")
    city.does(cast.triage, "verify", made["verifying"], inspector=cast.zhao.id)
    cases = {name: city.case(receipt) for name, receipt in made.items()}
    assert {name: str(case.status) for name, case in cases.items()} == {name: name for name in made} | {
        "asked": "handling", "request": "resolved"}
    return {name: case.number for name, case in cases.items()}


def sets(**values: Any) -> Breaks:
    """Somebody writes these columns of the case by hand."""
    return lambda db, number: db.execute(update(Case.__table__).where(Case.number == number).values(**values))


def stops(stage: Stage) -> Breaks:
    """Somebody stops a clock of the case by hand."""
    def stop(db: Session, number: str) -> None:
        case = select(Case.id).where(Case.number == number).scalar_subquery()
        db.execute(update(Timer).where(Timer.case_id == case, Timer.stage == stage).values(state=TimerState.STOPPED))
    return stop


def inspector_leaves(db: Session, number: str) -> None:
    case = db.scalars(select(Case).where(Case.number == number)).one()
    db.get_one(User, case.inspector_id).active = False
    db.flush()


def leave(db: Session, *roles: Role) -> None:
    """Nobody holds these posts any more."""
    for post in db.scalars(select(Post).where(Post.role.in_(roles))):
        vacate(db, post)
    db.flush()


KINDS: list[tuple[str, Breaks, str]] = [
    *((status, stops(stage), f"{STATUS_NAMES[status]}，没有在走的{STAGE_NAMES[stage]}时限")
      for status, stages in RUNS_IN.items() for stage in stages),
    *((status, sets(is_open=False), f"{STATUS_NAMES[status]}，却不在在办案件之列") for status in sorted(OPEN)),
    *((status, sets(lead_department_id=None), f"{STATUS_NAMES[status]}，没有主办部门") for status in LED),
    ("verifying", inspector_leaves, "核实中，指定的网格员已不在岗"),
    ("resolved", inspector_leaves, "待核查，指定的网格员已不在岗"),
    ("closed", sets(is_open=True), "已了结，却仍在在办案件之列"),
    ("suspended", sets(suspended_until=None), "挂账没有到期日"),
    ("suspended", stops(Stage.HANDLE), "挂账中，没有暂停的处置时限"),
    ("asked", stops(Stage.HANDLE), "等待补充，没有暂停的处置时限"),
    ("asked", sets(question_until=None), "处置中，没有在走的处置时限"),
    ("handling", sets(feedback_owed=True), "督办没有在走的反馈时限"),
    ("closed", sets(appealed_timer_id=new_id()), "申诉没有在走的裁定时限"),
]


def test_lives_as_the_verbs_lead_them_leave_nobody_forgotten(lives: Lives) -> None:
    with reading() as db:
        assert without_party(db) == []


def test_each_way_of_breaking_a_case_is_named_with_its_number(lives: Lives) -> None:
    assert {name for name, _, _ in KINDS} >= {str(status) for status in OPEN}
    for name, does, sentence in KINDS:
        with reading() as db:  # what is broken here is thrown away
            does(db, lives[name])
            assert without_party(db) == [(lives[name], sentence)]


def test_what_should_have_ended_by_itself_is_named_once_the_schedule_had_its_time(lives: Lives, time: SetClock) -> None:
    with transaction() as db:
        sets(suspended_until=clock.now())(db, lives["suspended"])
        sets(question_until=clock.now())(db, lives["asked"])
    time.passes(seconds=GRACE.total_seconds())
    with reading() as db:
        assert without_party(db) == []
    time.passes(seconds=1)
    with reading() as db:
        assert without_party(db) == [
            (lives["suspended"], "挂账已到期，没有恢复计时"), (lives["asked"], "补充期限已过，没有恢复计时")]


def test_a_desk_where_nobody_works_is_named_once(lives: Lives) -> None:
    for role, called, names in (
            (Role.TRIAGE_OPERATOR, "受理员", {"reported"}), (Role.DISPATCHER, "派遣员", {"filed", "suspended"}),
            (Role.ADJUDICATOR, "裁定员", {"returned"}), (Role.OPERATOR, "话务员", {"request"})):
        with reading() as db:
            leave(db, role)
            ((number, sentence),) = without_party(db)
        assert sentence == f"全市没有{called}在岗"
        assert number in {lives[name] for name in names}


def test_a_case_for_which_no_inspector_was_found_is_the_dispatchers(lives: Lives) -> None:
    with reading() as db:
        sets(inspector_id=None)(db, lives["resolved"])
        assert without_party(db) == []
        for name in ("filed", "suspended"):
            sets(status=Status.VOID, is_open=False)(db, lives[name])
        leave(db, Role.DISPATCHER)
        assert without_party(db) == [(lives["resolved"], "全市没有派遣员在岗")]


def test_a_department_where_nobody_works_is_named_once_and_a_head_suffices(lives: Lives, city: City) -> None:
    with reading() as db:
        leave(db, Role.HANDLER)
        assert without_party(db) == []  # the office has no head, but its case is resolved; the water office has one
        leave(db, Role.DEPARTMENT_HEAD)
        ((number, sentence),) = without_party(db)
        assert sentence == "水务局没有任何人在岗：既无处置人员，也无部门负责人"
        assert number in {lives[name] for name in ("dispatched", "handling", "asked")}
        db.add(Department(code="empty", name="没有案件的部门"))
        db.flush()
        assert len(without_party(db)) == 1


def test_who_was_asked_to_help_and_who_is_to_agree_must_be_there_too(lives: Lives, city: City) -> None:
    cast, roads = city.cast, city.departments["roads"].id
    with transaction() as db:
        case = db.scalars(select(Case).where(Case.number == lives["handling"])).one()
        city.act(db, case.id, cast.water_handler, "assist", assistants=(roads,), reason="占道")
        city.act(db, case.id, cast.water_handler, "extend", reason="等配件")
    with reading() as db:
        assert without_party(db) == []
        leave(db, Role.DEPARTMENT_HEAD)
        assert without_party(db) == [(lives["handling"], "水务局没有部门负责人在岗，延期申请无人初审")]
    with reading() as db:
        for post in db.scalars(select(Post).where(Post.department_id == roads)):
            vacate(db, post)
        db.flush()
        assert without_party(db) == [(lives["handling"], "道路养护中心（协办）没有任何人在岗：既无处置人员，也无部门负责人")]
        city.act(db, case.id, cast.roads_handler, "assisted", reply="已配合")
        assert without_party(db) == []


def test_a_desk_that_is_staffed_for_some_areas_leaves_the_others_to_nobody(lives: Lives) -> None:
    with reading() as db:
        leave(db, Role.ADJUDICATOR)
        local = _local_adjudicator(db, GRIDS[2][:12])
        assert without_party(db) == [(lives["returned"], f"区域{GRIDS[0]}没有裁定员在岗")]
        sets(area_code=None)(db, lives["returned"])
        assert without_party(db) == [(lives["returned"], "区域不明没有裁定员在岗")]
        sets(area_code=GRIDS[2])(db, lives["returned"])
        assert without_party(db) == []
        db.get_one(User, local).active = False
        db.flush()
        assert without_party(db) == [(lives["returned"], "全市没有裁定员在岗")]


def _local_adjudicator(db: Session, area_code: str) -> uuid.UUID:
    user = create_user(db, "local", "片区裁定员")
    create_post(db, "片区裁定员", Role.ADJUDICATOR, area_code=area_code, holder_id=user.id)
    return user.id


def test_it_counts_no_further_than_asked(lives: Lives) -> None:
    with reading() as db:
        for name in ("dispatched", "handling", "resolved"):
            sets(is_open=False)(db, lives[name])
        assert len(without_party(db, limit=2)) == 2


def test_what_a_look_found_is_kept_for_whoever_asks(lives: Lives, time: SetClock) -> None:
    with reading() as db:
        assert turns.last_found(db) is None
        assert turns.warnings(db) == []
        assert turns.seconds_unlooked(db) == 0
    time.passes(hours=1)
    with reading() as db:
        assert "2026-03-02T02:00Z" in turns.warnings(db)[0]
    with transaction() as db:
        sets(is_open=False)(db, lives["handling"])
        turns.keep(db, [])
    with transaction() as db:
        turns.keep(db, without_party(db))
    with reading() as db:
        assert turns.last_found(db) == 1
        assert turns.warnings(db) == []
    time.passes(hours=1)
    with reading() as db:
        assert "2026-03-02T03:00Z" in turns.warnings(db)[0]
