"""What administrators look after: departments, people, posts, systems, the log of looks. PDAs: devices.py."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import named_in
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from api.listing import Rows, listed, plain
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography import areas
from casework.identity import accounts, people, sessions
from casework.identity.people import Department, Post, Role, User
from casework.identity.privacy import looks
from casework.identity.sessions import Client
from casework.storage.database import one_at_a_time, reading, transaction

blueprint = Blueprint("admin", __name__, url_prefix="/api/v1/admin", description="管理 Administration")


class DepartmentIn(ma.Schema):
    """A department under the city's own code."""

    code = Text(40, required=True)
    name = Text(120, required=True)


class DepartmentOut(ma.Schema):
    """An authority that answers for problems."""

    id = ma.fields.UUID()
    code = ma.fields.String()
    name = ma.fields.String()
    active = ma.fields.Boolean()


class DepartmentsOut(ma.Schema):
    """All departments."""

    items = ma.fields.List(ma.fields.Nested(DepartmentOut()))


class FirstPostIn(ma.Schema):
    """A role in a department or an area."""

    title = Text(120, required=True)
    role = ma.fields.Enum(Role, by_value=True, required=True)
    department_id = ma.fields.UUID()
    area_code = Text(15)


class UserIn(ma.Schema):
    """A person who works here."""

    login = Text(80, required=True)
    name = Text(80, required=True)
    password = ma.fields.String(validate=ma.validate.Length(1, 500), metadata={"description": "none for PDA only"})
    post = ma.fields.Nested(FirstPostIn(), metadata={"description": "a first post, made with it"})


class UserOut(ma.Schema):
    """A person who works here."""

    id = ma.fields.UUID()
    login = ma.fields.String()
    name = ma.fields.String()
    active = ma.fields.Boolean()


class UsersIn(PageIn):
    """A page of people, by login."""

    cursor = Cursor(str, metadata={"description": "`next` of the page before"})
    q = Text(80, metadata={"description": "a part of the login or the name"})
    active = ma.fields.Boolean(metadata={"description": "only those who may log in, or those who may not"})


class NewPasswordIn(ma.Schema):
    """A password that holds from now on."""

    password = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))


class PostIn(FirstPostIn):
    """The same, held by one person or vacant."""

    holder_id = ma.fields.UUID()


class PostOut(PostIn):
    """A post."""

    id = ma.fields.UUID()


class HeldPostOut(PostOut):
    """A post, and what its holder and its area are called."""

    holder_name = ma.fields.String(allow_none=True)
    area_name = ma.fields.String(allow_none=True)


class PostsIn(PageIn):
    """Which posts."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})
    role = ma.fields.Enum(Role, by_value=True, metadata={"description": "only posts with this role"})
    department_id = ma.fields.UUID(metadata={"description": "only posts of this department"})
    holder_id = ma.fields.UUID(metadata={"description": "only posts that this person holds"})
    vacant = ma.fields.Boolean(metadata={"description": "only posts that nobody holds, or that somebody holds"})


class HolderIn(ma.Schema):
    """Who is to hold it; nobody when null."""

    holder_id = ma.fields.UUID(required=True, allow_none=True)


class ClientIn(ma.Schema):
    """A system that is to call us."""

    name = Text(120, required=True)
    roles = ma.fields.List(ma.fields.Enum(Role, by_value=True), required=True, validate=ma.validate.Length(1, 5))


class ClientsIn(PageIn):
    """A page of systems."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})


class ClientOut(ma.Schema):
    """A system that may call us, or might until it was revoked."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    key_id = ma.fields.String()
    roles = ma.fields.List(ma.fields.String())
    active = ma.fields.Boolean()
    created_at = Moment()


class SecretOut(ma.Schema):
    """The secret is shown this once."""

    id = ma.fields.UUID()
    key_id = ma.fields.String()
    secret = ma.fields.String()


class LooksIn(PageIn):
    """A page of looks at personal data, the latest first."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class LookOut(ma.Schema):
    """Who saw which field of what, when and why."""

    id = ma.fields.UUID()
    at = Moment()
    actor_kind = ma.fields.String()
    actor_id = ma.fields.UUID(allow_none=True)
    actor_name = ma.fields.String()
    subject_kind = ma.fields.String()
    subject_id = ma.fields.UUID()
    field = ma.fields.String()
    reason = ma.fields.String()
    refused = ma.fields.Boolean(metadata={"description": "it was asked for, and not shown"})


@blueprint.operation("GET", "/departments", requires("departments.read"), answer=DepartmentsOut())
def departments() -> dict[str, Any]:
    """All departments, by code."""
    with reading() as db:
        return {"items": [plain(one, DepartmentOut) for one in db.scalars(select(Department).order_by(Department.code))]}


@blueprint.operation("POST", "/departments", requires("departments.manage"), body=DepartmentIn(), answer=DepartmentOut(),
                     status=201, example={"code": "SW", "name": "水务局"})
def create_department(body: dict[str, str]) -> dict[str, Any]:
    """A new department."""
    with transaction() as db:
        one_at_a_time(db, "departments")  # of two at once the second is told that the code is taken
        return plain(people.create_department(db, body["code"], body["name"]), DepartmentOut)


@blueprint.operation("GET", "/users", requires("users.read"), query=UsersIn(), answer=page_of(UserOut()))
def users(query: dict[str, Any]) -> Response:
    """People who work here, by login."""
    wanted = select(User)
    if "q" in query:
        wanted = wanted.where(people.named_like(query["q"]))
    if "active" in query:
        wanted = wanted.where(User.active == query["active"])
    return listed(wanted, User.login, query, UserOut)


@blueprint.operation("POST", "/users", requires("users.manage"), body=UserIn(), answer=UserOut(), status=201,
                     example={"login": "wangfang", "name": "王芳", "password": "correct horse battery"})
def create_user(body: dict[str, Any]) -> dict[str, Any]:
    """A new account, with a first post if one is named; all or nothing."""
    with transaction() as db:
        one_at_a_time(db, "users")
        made = people.create_user(db, body["login"], body["name"])
        if "post" in body:
            _new_post(db, body["post"] | {"holder_id": made.id})
        if "password" in body:
            accounts.set_password(db, made.id, body["password"])
        return plain(made, UserOut)


@blueprint.operation("POST", "/users/<uuid:user_id>/deactivate", requires("users.manage"))
def deactivate(user_id: uuid.UUID) -> None:
    """The person has left: log-ins and devices end, posts become vacant. 409 for oneself: somebody must be left to undo it."""
    if user_id == caller().id:
        raise Conflict("you cannot end your own account; another administrator can")
    with transaction() as db:
        accounts.deactivate(db, user_id)


@blueprint.operation("POST", "/users/<uuid:user_id>/activate", requires("users.manage"))
def activate(user_id: uuid.UUID) -> None:
    """The person is back and may log in; posts are given anew."""
    with transaction() as db:
        accounts.activate(db, user_id)


@blueprint.operation("POST", "/users/<uuid:user_id>/password", requires("users.manage"), body=NewPasswordIn(),
                     example={"password": "correct horse battery"})
def set_password(user_id: uuid.UUID, body: dict[str, str]) -> None:
    """Give somebody who forgot it a new password. Every log-in of theirs ends."""
    with transaction() as db:
        accounts.set_password(db, user_id, body["password"])


@blueprint.operation("GET", "/posts", requires("users.read"), query=PostsIn(), answer=page_of(HeldPostOut()))
def posts(query: dict[str, Any]) -> Response:
    """Posts with who holds them, in the order they were made."""
    asked = {"role": Post.role, "department_id": Post.department_id, "holder_id": Post.holder_id}
    wanted = select(Post).where(*(column == query[name] for name, column in asked.items() if name in query))
    if "vacant" in query:
        wanted = wanted.where(Post.holder_id.is_(None) if query["vacant"] else Post.holder_id.is_not(None))
    return listed(wanted, Post.id, query, PostOut, _name_holders)


@blueprint.operation("POST", "/posts", requires("posts.manage"), body=PostIn(), answer=HeldPostOut(), status=201,
                     example={"title": "南塘社区网格员", "role": "grid_worker", "area_code": "44030100100101"})
def create_post(body: dict[str, Any]) -> dict[str, Any]:
    """A new post. A grid worker's needs an area."""
    with transaction() as db:
        return _held(db, _new_post(db, body))


@blueprint.operation("POST", "/posts/<uuid:post_id>/holder", requires("posts.manage"), body=HolderIn(), answer=HeldPostOut(),
                     example={"holder_id": None})
def hold(post_id: uuid.UUID, body: dict[str, uuid.UUID | None]) -> dict[str, Any]:
    """Give a post to somebody, or leave it vacant; 409 for that of the last administrator."""
    with transaction() as db:
        post = db.get(Post, post_id)
        if post is None:
            raise NotFound("no such post")
        if body["holder_id"] is None:
            people.vacate(db, post)
        else:
            with named_in("holder_id"):
                people.assign(db, post, body["holder_id"])
        return _held(db, post)


@blueprint.operation("DELETE", "/posts/<uuid:post_id>", requires("posts.manage"))
def abolish(post_id: uuid.UUID) -> None:
    """A vacant post is no more. 409 while somebody holds it."""
    with transaction() as db:
        people.abolish(db, post_id)


@blueprint.operation("GET", "/clients", requires("clients.manage"), query=ClientsIn(), answer=page_of(ClientOut()))
def clients(query: dict[str, Any]) -> Response:
    """Systems that may call us, in the order they were let in."""
    return listed(select(Client), Client.id, query, ClientOut)


@blueprint.operation("POST", "/clients", requires("clients.manage"), body=ClientIn(), answer=SecretOut(), status=201,
                     example={"name": "12345平台", "roles": ["platform"]})
def create_client(body: dict[str, Any]) -> dict[str, Any]:
    """Let a system call us; its secret is shown this once."""
    with transaction() as db:
        made, key_id, secret = sessions.create_client(db, body["name"], body["roles"])
        return {"id": made.id, "key_id": key_id, "secret": secret}


@blueprint.operation("POST", "/clients/<uuid:client_id>/secret", requires("clients.manage"), answer=SecretOut(), status=201)
def rotate(client_id: uuid.UUID) -> dict[str, Any]:
    """Give a system a new secret, shown this once; the former one works for another day."""
    with transaction() as db:
        secret = sessions.rotate_secret(db, client_id)
        return {"id": client_id, "key_id": db.get_one(Client, client_id).key_id, "secret": secret}


@blueprint.operation("POST", "/clients/<uuid:client_id>/revoke", requires("clients.manage"))
def revoke_client(client_id: uuid.UUID) -> None:
    """A system's signatures stop now."""
    with transaction() as db:
        sessions.revoke_client(db, client_id)


@blueprint.operation("GET", "/looks", requires("access_log.read"), query=LooksIn(), answer=page_of(LookOut()))
def access_log(query: dict[str, Any]) -> Response:
    """Who looked at whose name or phone, the latest first."""
    with reading() as db:
        found = looks(db, after=query.get("cursor"), limit=query["limit"] + 1)
    shown = found[:query["limit"]]
    last = shown[-1] if len(found) > len(shown) else None
    return rows([plain(one, LookOut) for one in shown], [last.at, last.id] if last else None)


def _new_post(db: Session, said: dict[str, Any]) -> Post:
    _check_area(db, said["role"], said.get("area_code"))
    if "department_id" in said and db.get(Department, said["department_id"]) is None:
        raise Invalid("there is no such department", Fault("department_id", "no department has this id"))
    rest = {name: value for name, value in said.items() if name not in {"title", "role"}}
    with named_in("holder_id"):
        return people.create_post(db, said["title"], said["role"], **rest)


def _held(db: Session, post: Post) -> dict[str, Any]:
    told = plain(post, PostOut)
    _name_holders(db, [told])
    return told


def _name_holders(db: Session, shown: Rows) -> None:
    names = people.names_of(db, (one["holder_id"] for one in shown))
    places = areas.atlas(db).refs if any(one["area_code"] for one in shown) else {}
    for one in shown:
        place = places.get(one["area_code"])
        one |= {"holder_name": names.get(one["holder_id"]), "area_name": place.full_name if place else None}


def _check_area(db: Session, role: Role, code: str | None) -> None:
    if code is None and role is Role.GRID_WORKER:
        raise Invalid("this post needs an area", Fault("area_code", f"a {role} works in a grid, or the grids of an area"))
    if code is not None and areas.describe(db, code) is None:
        raise Invalid("there is no such area", Fault("area_code", "no area has this code"))
