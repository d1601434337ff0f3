"""Departments, users and posts: who works in the city, and who somebody is when a verb asks."""
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

from sqlalchemy import ColumnElement, ForeignKey, Index, func, or_, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Unauthenticated
from casework.identity.sealing import Sealed, SealedText, seal
from casework.storage.database import Base, Keyed, one_at_a_time


class Role(StrEnum):
    """What a post lets its holder do; permissions.py and the workflow name roles, never persons."""

    CITIZEN = "citizen"  # 市民
    GRID_WORKER = "grid_worker"  # 网格员
    OPERATOR = "operator"  # 话务员
    TRIAGE_OPERATOR = "triage_operator"  # 受理员
    DISPATCHER = "dispatcher"  # 派遣员
    HANDLER = "handler"  # 处置人员
    DEPARTMENT_HEAD = "department_head"  # 部门负责人
    ADJUDICATOR = "adjudicator"  # 裁定员
    SUPERVISOR = "supervisor"  # 督办员
    LEADER = "leader"  # 领导
    DATA_STEWARD = "data_steward"  # 数据管理员
    ADMINISTRATOR = "administrator"  # 管理员
    PLATFORM = "platform"  # 系统客户端
    SYSTEM = "system"  # our own jobs


CITY_WIDE = frozenset({
    Role.OPERATOR, Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR, Role.LEADER,
    Role.DATA_STEWARD, Role.ADMINISTRATOR, Role.SYSTEM})
"""Roles that look at the whole city, unless their post names an area."""

DEPARTMENTAL = frozenset({Role.HANDLER, Role.DEPARTMENT_HEAD})

OUTSIDE = frozenset({Role.CITIZEN, Role.PLATFORM, Role.SYSTEM})
"""Roles that no post gives."""

ROLE_NAMES = {
    Role.CITIZEN: "市民", Role.GRID_WORKER: "网格员", Role.OPERATOR: "话务员", Role.TRIAGE_OPERATOR: "受理员",
    Role.DISPATCHER: "派遣员", Role.HANDLER: "处置人员", Role.DEPARTMENT_HEAD: "部门负责人", Role.ADJUDICATOR: "裁定员",
    Role.SUPERVISOR: "督办员", Role.LEADER: "领导", Role.DATA_STEWARD: "数据管理员", Role.ADMINISTRATOR: "管理员",
    Role.PLATFORM: "系统客户端", Role.SYSTEM: "系统"}
"""What people call a role."""


class Department(Keyed, Base):
    """An authority that answers for problems; `code` is the city's own."""

    __tablename__ = "departments"
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)


class User(Keyed, Base):
    """A person who works with the system. Without a password there is no desk log-in (a PDA needs none)."""

    __tablename__ = "users"
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    phone: Mapped[SealedText | None] = mapped_column(Sealed("users.phone"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Post(Keyed, Base):
    """A role in a department or an area, held by one person or vacant. No area: the whole city or department."""

    __tablename__ = "posts"
    title: Mapped[str]
    role: Mapped[Role]
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    area_code: Mapped[str | None]
    holder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)

    __table_args__ = (Index(None, "role", "area_code"),)


class Citizen(Keyed, Base):
    """Somebody who has proved to hold a phone; nothing else is asked for."""

    __tablename__ = "citizens"
    phone: Mapped[SealedText] = mapped_column(Sealed("citizens.phone"))
    phone_index: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)


class Held(Protocol):
    """What an actor takes from a post: a Post, or a row with these columns."""

    @property
    def role(self) -> Role: ...
    @property
    def department_id(self) -> uuid.UUID | None: ...
    @property
    def area_code(self) -> str | None: ...


class HeldPost(NamedTuple):
    """One post of an actor, as far as permissions care."""

    role: Role
    department_id: uuid.UUID | None
    area_code: str | None


@dataclass(frozen=True)
class Actor:
    """Somebody who asks for something, as far as permissions care. `roles` and the rest come from the posts held."""

    kind: Literal["user", "citizen", "client", "system"]
    id: uuid.UUID | None
    name: str
    roles: frozenset[Role]
    department_ids: frozenset[uuid.UUID] = frozenset()
    area_codes: frozenset[str] = frozenset()
    device_id: uuid.UUID | None = None
    report_id: uuid.UUID | None = None
    """The report that a citizen's tracking token opens."""
    phone_index: str | None = None
    """Blind index of the phone that a citizen has proved to hold."""
    openid_index: str | None = None
    """Blind index of the account in WeChat that a citizen has come from; `id` is then its Follower's."""
    unbounded: bool = False
    """Holds a city-wide post without an area, so areas of other posts held do not narrow it."""
    posts: tuple[HeldPost, ...] = field(default=(), compare=False)

    def each(self) -> "Iterable[Actor]":
        """The actor in one post at a time: a department or an area of one post lends nothing to the role of another."""
        if len(self.posts) < 2:
            return (self,)
        return tuple(_in_posts(self, (post,)) for post in self.posts)


SYSTEM = Actor("system", None, "系统", frozenset({Role.SYSTEM}), unbounded=True)
ANONYMOUS = Actor("citizen", None, "匿名市民", frozenset({Role.CITIZEN}))
"""A citizen who has shown nothing yet: may report."""


def actor_of(db: Session, user_id: uuid.UUID) -> Actor:
    """The actor a user is now: one query. Raises NotFound for no such user, Unauthenticated for a deactivated one."""
    rows = db.execute(select(User.name, User.active, Post.role, Post.department_id, Post.area_code)
                      .join(Post, Post.holder_id == User.id, isouter=True).where(User.id == user_id)).all()
    if not rows:
        raise NotFound("no such user")
    if not rows[0].active:
        raise Unauthenticated("this account has been deactivated")
    return actor_with(user_id, rows[0].name, rows)


def actor_with(user_id: uuid.UUID, name: str, posts: Iterable[Held], device_id: uuid.UUID | None = None) -> Actor:
    """The actor of an active user and the posts held; a row of an outer join that found no post has no role."""
    held = tuple(HeldPost(post.role, post.department_id, post.area_code) for post in posts if post.role)
    return _in_posts(Actor("user", user_id, name, frozenset(), device_id=device_id), held)


def _in_posts(actor: Actor, held: tuple[HeldPost, ...]) -> Actor:
    return replace(
        actor, posts=held, roles=frozenset(post.role for post in held),
        department_ids=frozenset(post.department_id for post in held if post.department_id),
        area_codes=frozenset(post.area_code for post in held if post.area_code),
        unbounded=any(post.role in CITY_WIDE and not post.area_code for post in held))


def holders(db: Session, role: Role, department_id: uuid.UUID | None = None,
            area_code: str | None = None) -> list[User]:
    """Active users with such a post, most specific area first.

    With `area_code`, posts of that area, of one around it, or of none; with `department_id`, of exactly that one.
    """
    wanted = (select(User, Post.area_code).join(Post, Post.holder_id == User.id)
              .where(Post.role == role, User.active)
              .order_by(func.length(func.coalesce(Post.area_code, "")).desc(), User.login))
    if department_id is not None:
        wanted = wanted.where(Post.department_id == department_id)
    if area_code is not None:
        wanted = wanted.where(or_(Post.area_code.in_(around(area_code)), Post.area_code.is_(None)))
    return list({user.id: user for user, _ in db.execute(wanted)}.values())


class Colleague(NamedTuple):
    """Somebody who handles cases for a department, in one post of his."""

    id: uuid.UUID
    name: str
    title: str
    department_id: uuid.UUID


def colleagues(db: Session, department_ids: Iterable[uuid.UUID]) -> list[Colleague]:
    """Who handles cases for these departments, by name; vacant posts and people who have left are left out."""
    wanted = (select(User.id, User.name, Post.title, Post.department_id).join(Post, Post.holder_id == User.id)
              .where(User.active, Post.role.in_(DEPARTMENTAL), Post.department_id.in_(list(department_ids)))
              .order_by(User.name, User.id, Post.title))
    return [Colleague(row.id, row.name, row.title, row.department_id) for row in db.execute(wanted) if row.department_id]


def around(area_code: str | None) -> list[str]:
    """The codes of this area and of every area that it may lie in; none for no area."""
    return [(area_code or "")[:length] for length in range(1, len(area_code or "") + 1)]


def with_parents(db: Session, department_id: uuid.UUID | None) -> list[Department]:
    """The department, the one above it, and so on up; none for no department."""
    way: dict[uuid.UUID, Department] = {}
    while department_id is not None and department_id not in way:
        way[department_id] = db.get_one(Department, department_id)
        department_id = way[department_id].parent_id
    return list(way.values())


def active_department(db: Session, department_id: uuid.UUID, field: str) -> Department:
    """The department of this id. Raises Invalid, with the fault at `field`, when there is none that still works."""
    department = db.get(Department, department_id)
    if department is None or not department.active:
        raise Invalid("there is no such department", Fault(field, f"no active department {department_id}"))
    return department


def create_department(db: Session, code: str, name: str, parent_id: uuid.UUID | None = None) -> Department:
    """A new department. Raises Conflict when the code is taken."""
    if db.scalar(select(Department.id).where(Department.code == code)):
        raise Conflict(f"there is a department {code} already")
    made = Department(code=_said(code, "code"), name=_said(name, "name"), parent_id=parent_id)
    db.add(made)
    db.flush()
    return made


def create_user(db: Session, login: str, name: str, password_hash: str | None = None,
                phone: str | None = None) -> User:
    """A new user, `password_hash` from passwords.hashed(). Raises Conflict when the login is taken."""
    login = _said(login, "login").lower()
    if db.scalar(select(User.id).where(User.login == login)):
        raise Conflict(f"there is a user {login} already")
    made = User(login=login, name=_said(name, "name"), password_hash=password_hash,
                phone=seal(phone) if phone else None)
    db.add(made)
    db.flush()
    return made


def create_post(db: Session, title: str, role: Role, *, department_id: uuid.UUID | None = None,
                area_code: str | None = None, holder_id: uuid.UUID | None = None) -> Post:
    """A new post, vacant unless somebody is named. Raises Invalid when a departmental role has no department."""
    if role in OUTSIDE:
        raise Invalid("this role is not held by a post", Fault("role", f"{role} is not for people who work here"))
    if role in DEPARTMENTAL and department_id is None:
        raise Invalid("this post needs a department", Fault("department_id", f"{role} works for a department"))
    if area_code is not None and not re.fullmatch("[0-9]+", area_code):
        raise Invalid("this is no area code", Fault("area_code", "area codes are digits"))
    made = Post(title=_said(title, "title"), role=role, department_id=department_id, area_code=area_code)
    db.add(made)
    if holder_id is not None:
        assign(db, made, holder_id)
    db.flush()
    return made


def assign(db: Session, post: Post, user_id: uuid.UUID) -> None:
    """This user holds the post from their next request on. Raises NotFound, or Conflict for a deactivated user."""
    user = user_by_id(db, user_id)
    if not user.active:
        raise Conflict(f"{user.login} has been deactivated")
    post.holder_id = user.id


def vacate(db: Session, post: Post) -> None:
    """Nobody holds the post from now on. Raises Conflict for that of the last administrator."""
    post.holder_id = None
    if post.role is Role.ADMINISTRATOR:
        an_administrator_is_left(db)


def an_administrator_is_left(db: Session) -> None:
    """Raises Conflict when this transaction would leave nobody who can give posts: that could not be undone."""
    one_at_a_time(db, "administrators")  # else two could send each other away at once
    db.flush()
    held = select(Post.id).join(User, User.id == Post.holder_id).where(Post.role == Role.ADMINISTRATOR, User.active)
    if db.scalar(held.limit(1)) is None:
        raise Conflict("nobody else administers the system; give another person such a post first")


def abolish(db: Session, post_id: uuid.UUID) -> None:
    """The post is no more. What its holders did names them, and not the post. Raises NotFound, Conflict while it is held."""
    post = db.get(Post, post_id, with_for_update=True)
    if post is None:
        raise NotFound("no such post")
    if post.holder_id is not None:
        raise Conflict("somebody holds this post; end that first")
    db.delete(post)


def user_by_id(db: Session, user_id: uuid.UUID) -> User:
    """Raises NotFound."""
    user = db.get(User, user_id)
    if user is None:
        raise NotFound("no such user")
    return user


def named_like(text: str) -> ColumnElement[bool]:
    """Users whose login or name has this text in it. A city has some thousands of them: no index would be quicker."""
    return or_(User.login.contains(text.strip().lower(), autoescape=True), User.name.contains(text.strip(), autoescape=True))


def names_of(db: Session, user_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """What these users are called, in one query; none for nobody."""
    wanted = {one for one in user_ids if one is not None}
    if not wanted:
        return {}
    return {one.id: one.name for one in db.execute(select(User.id, User.name).where(User.id.in_(wanted)))}


def called(db: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """What these people and departments are called, in one query; none for nobody."""
    wanted = {one for one in ids if one is not None}
    both = union_all(*(select(table.id, table.name).where(table.id.in_(wanted)) for table in (User, Department)))
    return {row.id: row.name for row in db.execute(both)} if wanted else {}


def posts_of(db: Session, user_id: uuid.UUID) -> Sequence[Post]:
    """The posts that a user holds."""
    return db.scalars(select(Post).where(Post.holder_id == user_id)).all()


def _said(text: str, field: str) -> str:
    if not text.strip() or "\0" in text:
        raise Invalid(f"{field} must be said", Fault(field, "must not be empty"))
    return text.strip()
