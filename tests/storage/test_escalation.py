"""Escalation on both databases: who hears at which share, what happens to vacant posts, and that nothing is said twice."""
import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from casework import clock
from casework.identity import rosters
from casework.identity.people import SYSTEM, Post, Role, User, create_department, create_post, create_user
from casework.identity.rosters import Shift
from casework.sla import escalation, policies, timers
from casework.sla.escalation import Escalation, rungs
from casework.sla.limits import Limit, Stage, Unit
from casework.sla.policies import LADDER, Policy
from casework.storage.database import transaction
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.bare_cases import bare_cases

GRID, OTHER_GRID = "44030100100101", "44030100100201"


@dataclass(frozen=True)
class Office:
    """A department and a centre where every post is filled; everybody's login is the name of the role."""

    case_id: uuid.UUID
    department_id: uuid.UUID
    above_id: uuid.UUID

    def reach(self, share: int, stage: Stage = Stage.HANDLE, area_code: str | None = GRID, *,
              department: bool = True, inspector: uuid.UUID | None = None) -> tuple[str | None, list[str]]:
        """Whom an alarm of a new timer of this stage reaches (by login), and who was skipped."""
        with transaction() as db:
            timers.stop_all(db, self.case_id, clock.now())
            timer = timers.start(db, case_id=self.case_id, stage=stage, limit=Limit(2, Unit.URGENT_HOUR), at=clock.now())
            made = escalation.escalate(db, self.case_id, timer.id, share, self.department_id if department else None,
                                       area_code=area_code, inspector_id=inspector)
            return db.scalar(select(User.login).where(User.id == made.user_id)), made.skipped


@pytest.fixture
def office(store: str, time: SetClock) -> Office:
    with transaction() as db:
        bureau = create_department(db, "bureau", "建设局").id
        water = create_department(db, "water", "水务所", bureau).id
        roads = create_department(db, "roads", "道路").id
        for role in (Role.HANDLER, Role.DEPARTMENT_HEAD):
            for department, login in ((water, role.value), (roads, f"roads_{role}")):
                create_post(db, "岗", role, department_id=department, holder_id=create_user(db, login, login).id)
        for role in (Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR):
            create_post(db, "岗", role, holder_id=create_user(db, role.value, role.value).id)
        for area, login in ((GRID, "li"), (OTHER_GRID, "zhao")):
            create_post(db, "网格员", Role.GRID_WORKER, area_code=area, holder_id=create_user(db, login, login).id)
        return Office(bare_cases(db, 1)[0], water, bureau)


def empty(*roles: Role) -> None:
    """Nobody holds these posts any more, even if no administrator is left."""
    with transaction() as db:
        db.execute(update(Post).where(Post.role.in_(roles)).values(holder_id=None))


@pytest.mark.parametrize(("share", "login"), [
    (50, "handler"), (79, "handler"), (80, "department_head"), (100, "supervisor"), (149, "supervisor"),
    (150, "leader"), (1000, "leader")])
def test_the_more_is_used_the_further_up_it_goes(office: Office, share: int, login: str) -> None:
    assert office.reach(share) == (login, [])


@pytest.mark.parametrize(("stage", "login"), [
    (Stage.TRIAGE, "triage_operator"), (Stage.DISPATCH, "dispatcher"), (Stage.ADJUDICATE, "adjudicator"),
    (Stage.CHECK, "li"), (Stage.VERIFY, "li"), (Stage.SIGN, "handler"), (Stage.ASSIST_HANDLE, "handler"),
    (Stage.SUPERVISE, "handler"), (Stage.CONTACT, "handler"), (Stage.APPEAL, "adjudicator")])
def test_whoever_has_it_in_hand_hears_first(office: Office, stage: Stage, login: str) -> None:
    assert office.reach(50, stage) == (login, [])


def test_the_centres_own_stages_have_no_department_head(office: Office) -> None:
    assert office.reach(80, Stage.DISPATCH) == ("dispatcher", [])
    assert office.reach(100, Stage.DISPATCH) == ("supervisor", [])


def test_a_vacant_post_is_skipped_and_the_skip_is_on_record(office: Office) -> None:
    empty(Role.HANDLER)
    handlers = ["水务所·处置人员", "建设局·处置人员"]
    assert office.reach(50) == ("department_head", handlers)
    empty(Role.DEPARTMENT_HEAD)
    heads = ["水务所·部门负责人", "建设局·部门负责人"]
    assert office.reach(50) == ("supervisor", handlers + heads)
    empty(Role.SUPERVISOR, Role.LEADER)
    assert office.reach(50) == ("administrator", [*handlers, *heads, "督办员", "领导"])
    assert office.reach(150) == ("administrator", ["领导"])


def test_a_post_that_nobody_holds_is_looked_for_in_the_department_above(office: Office) -> None:
    empty(Role.HANDLER)
    with transaction() as db:
        create_post(db, "岗", Role.HANDLER, department_id=office.above_id,
                    holder_id=create_user(db, "bureau_handler", "局").id)
    assert office.reach(50) == ("bureau_handler", ["水务所·处置人员"])
    with transaction() as db:
        assert db.scalars(select(Escalation.department_id)).all() == [office.above_id]


def test_who_is_on_duty_hears_instead_of_the_other_holders(office: Office, time: SetClock) -> None:
    with transaction() as db:
        on_call = create_user(db, "zz_on_call", "值班").id
        create_post(db, "岗", Role.SUPERVISOR, holder_id=on_call)
        rosters.enter(db, SYSTEM, [Shift(user_id=on_call, role=Role.SUPERVISOR, since=clock.now(), until=time.passes(hours=8))])
    assert office.reach(100) == ("supervisor", [])
    time.passes(seconds=-1)
    assert office.reach(100) == ("zz_on_call", [])


def test_a_department_may_have_a_ladder_of_its_own_and_those_below_it_climb_it_too(
        office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Policy("试", ladders={"bureau": ((60, Role.LEADER), (90, Role.SUPERVISOR))})
    monkeypatch.setattr(policies, "current", lambda _db: own)
    assert [office.reach(share)[0] for share in (50, 60, 90, 150)] == ["handler", "leader", "supervisor", "supervisor"]
    assert office.reach(50, department=False) == ("supervisor", ["未派部门·处置人员", "未派部门·部门负责人"])


def test_somebody_who_left_holds_no_post(office: Office) -> None:
    with transaction() as db:
        db.scalars(select(User).where(User.login == "supervisor")).one().active = False
    assert office.reach(100) == ("leader", ["督办员"])


def test_a_grid_worker_of_elsewhere_is_nobody(office: Office) -> None:
    assert office.reach(50, Stage.CHECK, area_code="44030199900101") == ("supervisor", ["网格员"])
    assert office.reach(50, Stage.CHECK, area_code=None) == ("supervisor", ["网格员"])


def test_of_a_case_that_lies_nowhere_only_the_whole_citys_posts_hear(office: Office) -> None:
    with transaction() as db:
        local = create_user(db, "a_local", "a_local").id
        create_post(db, "岗", Role.TRIAGE_OPERATOR, area_code=OTHER_GRID, holder_id=local)
    assert office.reach(50, Stage.TRIAGE, area_code=None) == ("triage_operator", [])
    assert office.reach(50, Stage.TRIAGE, area_code=OTHER_GRID) == ("a_local", [])
    empty(Role.TRIAGE_OPERATOR)
    with transaction() as db:
        create_post(db, "岗", Role.TRIAGE_OPERATOR, area_code=OTHER_GRID, holder_id=local)
    assert office.reach(50, Stage.TRIAGE, area_code=None) == ("supervisor", ["受理员"])


def test_with_nobody_at_all_it_still_lies_with_the_fallback_and_is_logged(office: Office) -> None:
    empty(*Role)
    with capture_logs() as logs:
        assert office.reach(100) == (None, ["督办员", "领导", "管理员"])
    assert [line["log_level"] for line in logs if "nobody" in line["event"]] == ["error"]
    with transaction() as db:
        assert db.scalars(select(Escalation.role)).all() == [Role.ADMINISTRATOR]


def test_a_repeated_job_escalates_once(office: Office) -> None:
    with transaction() as db:
        timer = timers.start(db, case_id=office.case_id, stage=Stage.HANDLE, limit=Limit(1, Unit.URGENT_HOUR), at=clock.now())
        made = [escalation.escalate(db, office.case_id, timer.id, 80, office.department_id).id for _ in range(3)]
    empty(Role.DEPARTMENT_HEAD)
    with transaction() as db:
        again = escalation.escalate(db, office.case_id, timer.id, 80, office.department_id)
        assert {again.id} == set(made)
        assert again.role is Role.DEPARTMENT_HEAD
        assert again.department_id == office.department_id
        other = escalation.escalate(db, office.case_id, timer.id, 80, office.department_id, limit_round=2)
        assert (other.role, other.skipped) == (Role.SUPERVISOR, ["水务所·部门负责人", "建设局·部门负责人"])
        assert db.scalar(select(func.count()).select_from(Escalation)) == 2


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("share", [1, 50, 80, 100, 150, 1000])
def test_every_alarm_ends_with_the_fallback_and_never_names_a_role_twice(stage: Stage, share: int) -> None:
    assert rungs(stage, share)[-1] is Role.ADMINISTRATOR
    assert len(set(rungs(stage, share))) == len(rungs(stage, share)) >= 2
    assert rungs(stage, share, ladder=((1, Role.ADMINISTRATOR), *LADDER)).count(Role.ADMINISTRATOR) == 1


def test_the_inspector_who_is_named_hears_as_long_as_he_is_a_grid_worker(office: Office) -> None:
    with transaction() as db:
        zhao = db.scalars(select(User).where(User.login == "zhao")).one().id
    assert office.reach(50, Stage.CHECK, inspector=zhao) == ("zhao", [])
    empty(Role.GRID_WORKER)
    assert office.reach(50, Stage.CHECK, inspector=zhao) == ("supervisor", ["网格员"])


def test_alarms_by_the_thousand_ask_for_each_desk_once_a_transaction(office: Office) -> None:
    with heard() as said, transaction() as db:
        timer = timers.start(db, case_id=office.case_id, stage=Stage.HANDLE, limit=Limit(1, Unit.URGENT_HOUR), at=clock.now())
        for limit_round in range(20):
            escalation.escalate(db, office.case_id, timer.id, 50, office.department_id, limit_round=limit_round, area_code=GRID)
    assert len([one for one in said if "JOIN posts" in one.sql]) == 1
    assert len([one for one in said if "JOIN duties" in one.sql]) == 1
