"""Departments, users and posts, and looking at personal data."""
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from casework import settings
from casework.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from casework.identity import accounts, passwords, people, sessions
from casework.identity.accounts import Hire, hire
from casework.identity.people import SYSTEM, Actor, Citizen, Department, Post, Role, User, actor_of, holders
from casework.identity.privacy import Access, blind_index, reveal, rotate, seal
from casework.settings import Settings
from casework.storage.database import reading, transaction

pytestmark = pytest.mark.usefixtures("store")
GRID = "44030400100101"
PHONE = "13812341234"


def department(code: str = "ROADS") -> Department:
    with transaction() as db:
        return people.create_department(db, code, "道路局")


def hired(login: str, role: Role, **post: object) -> User:
    with transaction() as db:
        return hire(db, [Hire(login, login.title(), role, "岗位", **post)])[0][0]  # type: ignore[arg-type]


def actor(user: User) -> Actor:
    with reading() as db:
        return actor_of(db, user.id)


def names(role: Role, **where: object) -> list[str]:
    with reading() as db:
        return [user.login for user in holders(db, role, **where)]  # type: ignore[arg-type]


class TestActor:
    def test_has_what_all_held_posts_give(self) -> None:
        roads = department()
        wang = hired("wang", Role.HANDLER, department_id=roads.id)
        with transaction() as db:
            people.create_post(db, "网格员", Role.GRID_WORKER, area_code=GRID, holder_id=wang.id)
        assert actor(wang) == Actor("user", wang.id, "Wang", frozenset({Role.HANDLER, Role.GRID_WORKER}),
                                    frozenset({roads.id}), frozenset({GRID}))

    def test_without_a_post_has_no_role(self) -> None:
        with transaction() as db:
            user = people.create_user(db, "new", "新人")
        assert actor(user).roles == frozenset()

    def test_of_a_city_wide_post_is_not_bounded_by_another_posts_area(self) -> None:
        li = hired("li", Role.DISPATCHER)
        with transaction() as db:
            people.create_post(db, "网格员", Role.GRID_WORKER, area_code=GRID, holder_id=li.id)
        assert actor(li).unbounded
        assert not actor(hired("zhao", Role.DISPATCHER, area_code="440304")).unbounded

    def test_loses_a_post_that_is_given_to_somebody_else(self) -> None:
        li, wang = hired("li", Role.LEADER), hired("wang", Role.LEADER)
        with transaction() as db:
            people.assign(db, people.posts_of(db, li.id)[0], wang.id)
        assert actor(li).roles == frozenset()
        assert actor(wang).roles == {Role.LEADER}

    def test_of_nobody_is_not_found(self) -> None:
        with reading() as db, pytest.raises(NotFound):
            actor_of(db, uuid.uuid4())


class TestHolders:
    def test_the_most_specific_area_comes_first(self) -> None:
        for login, area in (("city", None), ("grid", GRID), ("district", "440304"), ("elsewhere", "440305")):
            hired(login, Role.GRID_WORKER, area_code=area)
        assert names(Role.GRID_WORKER, area_code=GRID) == ["grid", "district", "city"]
        assert names(Role.GRID_WORKER, area_code="440304") == ["district", "city"]

    def test_a_department_means_that_department(self) -> None:
        roads, parks = department("ROADS"), department("PARKS")
        hired("wang", Role.HANDLER, department_id=roads.id)
        hired("li", Role.HANDLER, department_id=parks.id)
        hired("head", Role.DEPARTMENT_HEAD, department_id=roads.id)
        assert names(Role.HANDLER, department_id=roads.id) == ["wang"]

    def test_two_posts_make_one_holder_and_who_left_is_none(self) -> None:
        li = hired("li", Role.LEADER)
        with transaction() as db:
            people.create_post(db, "又一领导", Role.LEADER, holder_id=li.id)
            people.create_post(db, "空缺", Role.LEADER)
        assert names(Role.LEADER) == ["li"]
        with transaction() as db:
            accounts.deactivate(db, li.id)
        assert names(Role.LEADER) == []


class TestHiring:
    def test_a_login_and_a_department_code_are_taken_once(self) -> None:
        hired("wang", Role.LEADER)
        department("ROADS")
        with transaction() as db, pytest.raises(Conflict):
            people.create_user(db, " WANG ", "又一个")
        with transaction() as db, pytest.raises(Conflict):
            people.create_department(db, "ROADS", "又一个")

    def test_an_impossible_post_is_refused(self) -> None:
        for role, area_code in ((Role.HANDLER, None), (Role.SYSTEM, None), (Role.CITIZEN, None),
                                (Role.GRID_WORKER, ""), (Role.GRID_WORKER, "4403%")):
            with transaction() as db, pytest.raises(Invalid):
                people.create_post(db, "岗位", role, area_code=area_code)

    def test_all_or_nothing(self) -> None:
        with pytest.raises(Conflict), transaction() as db:
            hire(db, [Hire("a", "甲", Role.LEADER, "领导"), Hire("a", "乙", Role.LEADER, "领导")])
        with reading() as db:
            assert db.scalar(select(func.count()).select_from(User)) == 0

    def test_a_hundred_demonstration_accounts_share_one_hash_and_can_log_in(self) -> None:
        with transaction() as db:
            hire(db, [Hire(f"grid{n}", f"网格员{n}", Role.GRID_WORKER, "网格员", area_code=GRID) for n in range(100)],
                 passwords.hashed("demonstration"))
        with transaction() as db:
            tokens = sessions.log_in(db, "grid99", "demonstration", "10.0.0.1")
            assert sessions.actor_of_access(db, tokens.access).name == "网格员99"

    def test_who_leaves_is_refused_and_leaves_a_vacant_post(self) -> None:
        li = hired("li", Role.LEADER)
        with transaction() as db:
            accounts.deactivate(db, li.id)
        with reading() as db:
            with pytest.raises(Unauthenticated):
                actor_of(db, li.id)
            post = db.scalars(select(Post)).one()
            assert post.holder_id is None
        with transaction() as db, pytest.raises(Conflict):
            people.assign(db, post, li.id)


class TestPersonalData:
    def test_a_phone_is_not_in_the_table(self) -> None:
        with transaction() as db:
            user = people.create_user(db, "wang", "王", phone=PHONE)
        with reading() as db:
            raw = bytes(db.execute(text("SELECT phone FROM users")).scalar_one())
            read = db.scalars(select(User)).one()
        assert raw.startswith(b"k1:")
        assert PHONE.encode() not in raw
        assert read.id == user.id
        assert (str(read.phone), read.phone and read.phone.open()) == ("•••", PHONE)

    def test_a_look_is_written_down_with_who_what_when_and_why(self, time: object) -> None:
        operator, citizen = actor(hired("op", Role.OPERATOR)), uuid.uuid4()
        with transaction() as db:
            shown = reveal(db, operator, "report", citizen, "phone", seal(PHONE), reason="回电核实")
        assert shown == PHONE
        with reading() as db:
            line = db.scalars(select(Access)).one()
        assert (line.actor_id, line.actor_name, line.subject_kind, line.subject_id, line.field, line.reason) == (
            operator.id, "Op", "report", citizen, "phone", "回电核实")
        assert line.at == time.moment  # type: ignore[attr-defined]

    def test_who_may_not_look_sees_nothing_and_leaves_no_line(self) -> None:
        roads = department()
        handler = actor(hired("wang", Role.HANDLER, department_id=roads.id))
        for stranger in (actor(hired("boss", Role.LEADER)), handler):
            with transaction() as db, pytest.raises(Refused):
                reveal(db, stranger, "report", uuid.uuid4(), "phone", seal(PHONE))
        with transaction() as db:
            case = type("Case", (), {"lead_department_id": roads.id})()
            assert reveal(db, handler, "report", uuid.uuid4(), "phone", seal(PHONE), subject=case) == PHONE
        with reading() as db:
            assert db.scalar(select(func.count()).select_from(Access)) == 1

    def test_a_reason_that_cannot_be_kept_is_refused(self) -> None:
        with transaction() as db:
            for reason in ("\0", "长" * 501):
                with pytest.raises(Invalid):
                    reveal(db, SYSTEM, "report", uuid.uuid4(), "phone", seal(PHONE), reason=reason)


class TestRotation:
    def test_reseals_everything_in_batches_until_the_old_key_can_go(self, config: Settings) -> None:
        phones = [f"138000000{n:02d}" for n in range(23)]
        with transaction() as db:
            for phone in phones:
                people.create_user(db, f"u{phone}", "人", phone=phone)
                db.add(Citizen(phone=seal(phone), phone_index=blind_index("phone", phone)))
            people.create_user(db, "nophone", "人")
        settings.configure(replace(config, data_keys={"k2": b"e" * 32, **config.data_keys}))
        with transaction() as db:
            people.create_user(db, "later", "人", phone=PHONE)
        counts = []
        while not counts or counts[-1]:
            with transaction() as db:
                counts.append(rotate(db, batch=10))
        assert counts == [10, 10, 10, 10, 6, 0]
        settings.configure(replace(config, data_keys={"k2": b"e" * 32}))
        with reading() as db:
            held = [user.phone.open() for user in db.scalars(select(User)) if user.phone]
            assert sorted(held) == sorted([*phones, PHONE])
            assert sorted(one.phone.open() for one in db.scalars(select(Citizen))) == phones

    def test_both_secrets_of_one_row_are_resealed(self, config: Settings) -> None:
        with transaction() as db:
            client, *_ = sessions.create_client(db, "12345", [Role.PLATFORM])
            sessions.rotate_secret(db, client.id)
        settings.configure(replace(config, data_keys={"k2": b"e" * 32, **config.data_keys}))
        with transaction() as db:
            assert rotate(db) == 1
        with reading() as db:
            read = db.get_one(sessions.Client, client.id)
            assert read.former_secret is not None
            assert (read.secret.key_name, read.former_secret.key_name) == ("k2", "k2")
