"""Those who work here as files: accounts, posts, departments, and who looked at whose data."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from casework.exports.columns import Column
from casework.exports.listing import Listing, by_keys
from casework.identity.people import ROLE_NAMES, Department, Post, User
from casework.identity.privacy import Access


def _of(*columns: Column) -> Any:
    return lambda _query: columns


_users, _count_users = by_keys(select(User.login, User.name, User.active, User.created_at), [User.login], [str])
USERS = Listing(name="users", zh="人员账号", en="accounts", permission="users.read", pages=_users, count=_count_users,
                columns=_of(
    Column("login", "账号", "User name"), Column("name", "姓名", "Name"), Column("active", "在用", "Active"),
    Column("created_at", "创建时间", "Made")))

_posts, _count_posts = by_keys(
    select(Post.id, Post.title, Post.role, Post.area_code, Department.name.label("department"), User.name.label("holder"))
    .join(Department, Department.id == Post.department_id, isouter=True)
    .join(User, User.id == Post.holder_id, isouter=True), [Post.id], [uuid.UUID])
POSTS = Listing(name="posts", zh="岗位", en="posts", permission="users.read", pages=_posts, count=_count_posts, columns=_of(
    Column("title", "岗位", "Post"), Column("role", "角色", "Role", ROLE_NAMES), Column("department", "部门", "Department"),
    Column("area_code", "区域编码", "Area code"), Column("holder", "任职人员", "Holder")))

_departments, _count_departments = by_keys(
    select(Department.code, Department.name, Department.active), [Department.code], [str])
DEPARTMENTS = Listing(name="departments", zh="部门", en="departments", permission="departments.read", pages=_departments,
                      count=_count_departments, columns=_of(
    Column("code", "编码", "Code"), Column("name", "部门", "Department"), Column("active", "在用", "Active")))

_looks, _count_looks = by_keys(
    select(Access.at, Access.id, Access.actor_kind, Access.actor_name, Access.subject_kind, Access.subject_id, Access.field,
           Access.reason, Access.refused), [Access.at, Access.id], [datetime.fromisoformat, uuid.UUID], falling=True)
LOOKS = Listing(name="looks", zh="个人信息查看记录", en="looks at personal data", permission="access_log.read", pages=_looks,
                count=_count_looks, columns=_of(
    Column("at", "时间", "At"), Column("actor_kind", "查看者类型", "Who (kind)"), Column("actor_name", "查看者", "Who"),
    Column("subject_kind", "对象类型", "Of what"), Column("subject_id", "对象", "Of which"), Column("field", "字段", "Field"),
    Column("reason", "事由", "Reason"), Column("refused", "已拒绝", "Refused")))
