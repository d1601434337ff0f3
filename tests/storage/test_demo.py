"""The demonstration district as it lies in a database before its day, on both databases."""
import click
import pytest
from sqlalchemy import func, select

from casework import responsibility, taxonomy
from casework.cli.demo import departments, district
from casework.cli.demo.sentences import REQUESTS, SIGHTS
from casework.geography import areas
from casework.geography.areas import Area, Level
from casework.identity import people, sessions
from casework.identity.people import Department, Post, Role, User
from casework.identity.sessions import actor_of_device
from casework.storage.database import reading, transaction

PASSWORD = "demo-0123abcd"


def test_the_district_is_put_in_whole_and_known_again(store: str) -> None:
    with transaction() as db:
        taxonomy.load_default(db)
    with transaction() as db:
        assert not district.is_there(db)
        made = district.seed(db, PASSWORD)
    with transaction() as db:
        assert district.is_there(db)
        assert db.scalar(select(func.count()).select_from(Department)) == 25
        assert db.scalar(select(func.count()).select_from(Area).where(Area.level == Level.GRID)) == 300
        for role in set(Role) - {Role.CITIZEN, Role.PLATFORM, Role.SYSTEM, Role.ADMINISTRATOR}:
            assert people.holders(db, role), role
        walked = db.scalars(select(Post.area_code).where(Post.role == Role.GRID_WORKER)).all()
        assert len(walked) == len(set(walked)) == 300
        assert {gap.category_code for gap in responsibility.gaps(db)} == departments.GAPS
        assert {overlap.one.category_code for overlap in responsibility.overlaps(db)} == set(departments.OVERLAPS)
        sessions.log_in(db, "hw-head", PASSWORD, "127.0.0.1")
        walker = made.walkers[17]
        assert set(walker.grids) == actor_of_device(db, walker.token, walker.device_id).area_codes


def test_people_know_the_same_owner_as_the_rules_wherever_the_rules_know_one(store: str) -> None:
    with transaction() as db:
        taxonomy.load_default(db)
        made = district.seed(db, PASSWORD)
    with reading() as db:
        grid = db.scalars(select(Area.code).where(Area.level == Level.GRID).order_by(Area.code)).all()[123]
        assert areas.describe(db, grid)
        doubtful = departments.GAPS | set(departments.OVERLAPS)
        for topic in (*REQUESTS, *SIGHTS):
            decision = responsibility.find(db, topic.code, grid)
            known = made.departments[made.owner(topic.code, grid)]
            assert decision.lead == (None if topic.code in doubtful else known), topic.code


def test_a_database_with_another_city_is_left_alone(sqlite: str) -> None:
    with transaction() as db:
        people.create_department(db, "A", "真的部门")
    with reading() as db, pytest.raises(click.ClickException, match="holds another city"):
        district.is_there(db)
    with reading() as db:
        assert db.scalar(select(User.id)) is None
