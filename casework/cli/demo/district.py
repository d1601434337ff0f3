"""Puts the demonstration district into an empty database: areas, departments, people, rules, devices, one platform."""
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import responsibility, taxonomy
from casework.cli.demo import departments
from casework.geography import areas, demo_district
from casework.geography.addresses import import_places
from casework.geography.areas import Area, Level
from casework.identity import sessions
from casework.identity.accounts import Hire, hire
from casework.identity.passwords import hashed
from casework.identity.people import Department, Role, create_department, create_post

GRID_WORKERS = 60
HANDLERS = 2
"""A department, beside its head."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹"
GIVEN = ("建国", "秀英", "志强", "丽华", "文博", "晓燕", "俊杰", "春梅", "海涛", "雪琴", "国栋", "玉兰", "子轩", "美玲",
         "立新", "思远", "佳怡", "振华", "月娥", "少峰", "雨桐", "金凤", "一鸣", "素芬")

OFFICES: tuple[tuple[str, Role, str, int], ...] = (
    ("operator", Role.OPERATOR, "话务员", 3), ("triage", Role.TRIAGE_OPERATOR, "受理员", 3),
    ("dispatcher", Role.DISPATCHER, "派遣员", 2), ("adjudicator", Role.ADJUDICATOR, "裁定员", 1),
    ("supervisor", Role.SUPERVISOR, "督办员", 1), ("leader", Role.LEADER, "领导", 1),
    ("steward", Role.DATA_STEWARD, "数据管理员", 1))
"""Log-in, role, title and how many of each there are at the centre."""


@dataclass(frozen=True)
class Walker:
    """A grid worker with a PDA and the grids to be walked."""

    login: str
    device_id: uuid.UUID
    token: str
    grids: tuple[str, ...]


@dataclass(frozen=True)
class District:
    """What the people of the demonstration know at the beginning of their day."""

    password: str
    walkers: tuple[Walker, ...]
    departments: Mapping[str, uuid.UUID]
    categories: Mapping[str, tuple[str, str | None]]
    key_id: str
    secret: str

    def walker_of(self, area_code: str | None) -> Walker:
        """Who walks this grid; anybody where it is unknown."""
        return next((one for one in self.walkers if area_code in one.grids), self.walkers[0])

    def owner(self, category: str, area_code: str | None) -> str:
        """The department that people who know the district name for it, also where the rules say nothing."""
        kind = departments.kind_of(category, self.categories)
        found = departments.owner(kind, area_code) if kind else None
        return found or "CG"


def is_there(db: Session) -> bool:
    """Whether this database has the demonstration already. One sentence when it is somebody's real city."""
    ours = db.get(Area, demo_district.CITY[0])
    if ours is not None and ours.name == demo_district.CITY[1]:
        return True
    if db.scalar(select(Area.code).limit(1)) or db.scalar(select(Department.id).limit(1)):
        raise click.ClickException("This folder or database holds another city, and a demonstration would spoil it; "
                                   "choose an empty one with --home.")
    return False


def seed(db: Session, password: str, number: int = 1) -> District:
    """Everything a city needs before its first report; `number` is the seed of names and borders."""
    areas.import_areas(db, demo_district.demo_district(number), "wgs84")
    import_places(db, demo_district.demo_places(number), "wgs84", "demo")
    named = {one.code: (one.name, one.responsible_kind) for one in taxonomy.catalogue(db).by_code.values()}
    streets = {one.code: one.name for one in db.execute(select(Area.code, Area.name).where(Area.level == Level.STREET))}
    made = {code: create_department(db, code, name).id for code, name in departments.all_departments(streets)}
    for rule in departments.rules(named, streets):
        responsibility.add_rule(db, rule.name, made[rule.department], category_code=rule.category, area_code=rule.area)
    people = random.Random(f"people {number}")  # noqa: S311 - made-up names, no secret
    password_hash = hashed(password)
    hire(db, _desk_people(people, made), password_hash)
    walkers = _walkers(db, people, password_hash)
    _, key_id, secret = sessions.create_client(db, "12345热线平台", [Role.PLATFORM])
    return District(password, walkers, made, named, key_id, secret)


def _desk_people(people: random.Random, made: Mapping[str, uuid.UUID]) -> list[Hire]:
    hires = [Hire(f"{login}{number}", _name(people), role, title)
             for login, role, title, count in OFFICES for number in range(1, count + 1)]
    for code, department_id in made.items():
        hires.append(Hire(f"{code.lower()}-head", _name(people), Role.DEPARTMENT_HEAD, "部门负责人", department_id))
        hires += [Hire(f"{code.lower()}-{number}", _name(people), Role.HANDLER, "处置人员", department_id)
                  for number in range(1, HANDLERS + 1)]
    return hires


def _walkers(db: Session, people: random.Random, password_hash: str) -> tuple[Walker, ...]:
    """Grid workers with neighbouring grids (codes follow each other inside a community) and a PDA each."""
    grids = db.scalars(select(Area.code).where(Area.level == Level.GRID).order_by(Area.code)).all()
    walkers = []
    for number in range(GRID_WORKERS):
        own = tuple(grids[len(grids) * number // GRID_WORKERS:len(grids) * (number + 1) // GRID_WORKERS])
        login = f"grid{number + 1:02d}"
        ((user, _),) = hire(db, [Hire(login, _name(people), Role.GRID_WORKER, "网格员", area_code=own[0])], password_hash)
        for code in own[1:]:
            create_post(db, "网格员", Role.GRID_WORKER, area_code=code, holder_id=user.id)
        device, token = sessions.enrol_device(db, user.id, f"PDA {number + 1:02d}")
        walkers.append(Walker(login, device.id, token, own))
    return tuple(walkers)


def _name(people: random.Random) -> str:
    return people.choice(SURNAMES) + people.choice(GIVEN)
