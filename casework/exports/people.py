"""Those who work here as files: accounts, posts, departments, and who looked at whose data."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, by_keys, by_reading, member, moment, words, yes
from casework.geography import areas
from casework.identity import rosters
from casework.identity.people import ROLE_NAMES, Department, Post, Role, User, named_like, names_of
from casework.identity.privacy import Access
from casework.identity.sessions import Device


def _of(*columns: Column) -> Any:
    return lambda _query: columns


_users, _count_users = by_keys(select(User.login, User.name, User.active, User.created_at), [User.login], [str],
                              where={"q": named_like, "active": lambda active: User.active == active})
USERS = Listing(name="users", zh="人员账号", en="accounts", permission="users.read", pages=_users, count=_count_users,
                filters={"q": words, "active": yes}, columns=_of(
    Column("login", "账号", "User name"), Column("name", "姓名", "Name"), Column("active", "在用", "Active"),
    Column("created_at", "创建时间", "Made")))

_posts, _count_posts = by_keys(
    select(Post.id, Post.title, Post.role, Post.area_code, Department.name.label("department"), User.name.label("holder"))
    .join(Department, Department.id == Post.department_id, isouter=True)
    .join(User, User.id == Post.holder_id, isouter=True), [Post.id], [uuid.UUID], where={
        "role": lambda role: Post.role == role, "department_id": lambda one: Post.department_id == one,
        "vacant": lambda vacant: Post.holder_id.is_(None) if vacant else Post.holder_id.is_not(None)})
POSTS = Listing(name="posts", zh="岗位", en="posts", permission="users.read", pages=_posts, count=_count_posts, filters={
    "role": member(Role), "department_id": uuid.UUID, "vacant": yes}, columns=_of(
    Column("title", "岗位", "Post"), Column("role", "角色", "Role", ROLE_NAMES), Column("department", "部门", "Department"),
    Column("area_code", "区域编码", "Area code"), Column("holder", "任职人员", "Holder")))

_departments, _count_departments = by_keys(
    select(Department.code, Department.name, Department.active), [Department.code], [str])
DEPARTMENTS = Listing(name="departments", zh="部门", en="departments", permission="departments.read", pages=_departments,
                      count=_count_departments, columns=_of(
    Column("code", "编码", "Code"), Column("name", "部门", "Department"), Column("active", "在用", "Active")))

_devices, _count_devices = by_keys(
    select(Device.id, Device.name, User.name.label("person"), Device.enrolled_at, Device.last_seen_at, Device.revoked_at,
           Device.wipe_ordered_at, Device.wiped_at).join(User, User.id == Device.user_id), [Device.id], [uuid.UUID],
    where={"user_id": lambda one: Device.user_id == one})
DEVICES = Listing(name="devices", zh="终端", en="PDAs", permission="devices.manage", pages=_devices, count=_count_devices,
                  filters={"user_id": uuid.UUID}, columns=_of(
    Column("name", "名称", "Name"), Column("person", "使用人", "Person"), Column("enrolled_at", "登记时间", "Enrolled"),
    Column("last_seen_at", "最近联系", "Last seen"), Column("revoked_at", "收回时间", "Taken back"),
    Column("wipe_ordered_at", "要求擦除", "To be wiped"), Column("wiped_at", "已擦除", "Wiped")))


def _duties(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    query = asked.query
    place = (datetime.fromisoformat(after[0]), uuid.UUID(after[1])) if after else None
    found = rosters.roster(db, asked.actor, since=query["since"], until=query["until"], role=query.get("role"), after=place,
                           limit=limit + 1)
    shown, names = found[:limit], names_of(db, (one.user_id for one in found))
    departments: dict[uuid.UUID | None, str] = {one.id: one.name for one in db.scalars(select(Department))}
    places = areas.atlas(db).refs
    rows = [{"person": names[one.user_id], "role": one.role, "department": departments.get(one.department_id),
             "area": places[one.area_code].full_name if one.area_code in places else one.area_code, "since": one.since,
             "until": one.until, "note": one.note} for one in shown]
    last = shown[-1] if len(found) > limit else None
    return Page(rows, [last.until.isoformat(), str(last.id)] if last else None)


DUTIES = Listing(name="duties", zh="值班", en="rosters", permission="duties.read", pages=_duties, count=by_reading(_duties),
                 filters={"since": moment, "until": moment, "role": member(Role)},
                 needs=frozenset({"since", "until"}), columns=_of(
    Column("person", "人员", "Person"), Column("role", "角色", "Role", ROLE_NAMES), Column("department", "部门", "Department"),
    Column("area", "区域", "Area"), Column("since", "开始", "From"), Column("until", "结束", "To"),
    Column("note", "备注", "Note")))

_looks, _count_looks = by_keys(
    select(Access.at, Access.id, Access.actor_kind, Access.actor_name, Access.subject_kind, Access.subject_id, Access.field,
           Access.reason, Access.refused), [Access.at, Access.id], [datetime.fromisoformat, uuid.UUID], falling=True)
LOOKS = Listing(name="looks", zh="个人信息查看记录", en="looks at personal data", permission="access_log.read", pages=_looks,
                count=_count_looks, columns=_of(
    Column("at", "时间", "At"), Column("actor_kind", "查看者类型", "Who (kind)"), Column("actor_name", "查看者", "Who"),
    Column("subject_kind", "对象类型", "Of what"), Column("subject_id", "对象", "Of which"), Column("field", "字段", "Field"),
    Column("reason", "事由", "Reason"), Column("refused", "已拒绝", "Refused")))
