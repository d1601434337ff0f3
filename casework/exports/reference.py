"""Reference as files: whose job is what, the taxonomy that holds, reply templates."""
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases.workflow import STEPS
from casework.exports.columns import Column
from casework.exports.listing import Asked, Count, Listing, Page, Pages, Place, by_keys, words
from casework.identity.people import Department
from casework.notifications.replies import ReplyTemplate
from casework.responsibility.rules import living

ACTIONS = {action: step.says.partition(" ")[0] for action, step in STEPS.items()}


def _from_memory(read: Callable[[Session], Sequence[dict[str, Any]]]) -> tuple[Pages, Count]:
    """Pages and count of what is small enough to be read at once; a place is how many rows came before."""
    def pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
        start, rows = int(after[0]) if after else 0, read(db)
        return Page(list(rows[start:start + limit]), [start + limit] if len(rows) > start + limit else None)

    def count(db: Session, asked: Asked, most: int) -> int:
        return min(len(read(db)), most)
    return pages, count


def _rules(db: Session) -> list[dict[str, Any]]:
    names = {str(one.id): one.name for one in db.scalars(select(Department))}
    categories = taxonomy.catalogue(db).by_code
    return [{"name": one.name, "category_code": one.category_code, "area_code": one.area_code, "ownership": one.ownership,
             "category": categories[one.category_code].name if one.category_code in categories else None,
             "hours": one.hours, "valid_from": one.valid_from, "valid_until": one.valid_until, "post_role": one.post_role,
             "lead": names.get(str(one.lead_department_id)), "ground": one.ground,
             "assisting": [names.get(text, text) for text in one.assisting_ids or ()]} for one in living(db)]


def _categories(db: Session) -> list[dict[str, Any]]:
    return [{"code": code, "name": one.name}
            for code, one in sorted(taxonomy.catalogue(db).by_code.items())]


_rule_pages, _rule_count = _from_memory(_rules)
RULES = Listing(name="rules", zh="权责清单", en="responsibilities", permission="rules.read", pages=_rule_pages,
                count=_rule_count, columns=lambda _query: (
    Column("name", "规则", "Rule"), Column("category_code", "分类编码", "Category code"),
    Column("category", "分类", "Category"), Column("area_code", "区域编码", "Area code"),
    Column("ownership", "权属", "Ownership"), Column("hours", "时段", "Hours"), Column("lead", "主办部门", "Lead"),
    Column("assisting", "协办部门", "Assisting"), Column("post_role", "岗位", "Post"), Column("ground", "依据", "Ground"),
    Column("valid_from", "生效", "From"), Column("valid_until", "失效", "Until")))

_templates, _template_count = by_keys(
    select(ReplyTemplate.id, ReplyTemplate.title, ReplyTemplate.action, ReplyTemplate.category, ReplyTemplate.text,
           ReplyTemplate.changed_at).where(ReplyTemplate.active), [ReplyTemplate.id], [uuid.UUID],
    where={"action": lambda action: ReplyTemplate.action == action})
TEMPLATES = Listing(name="templates", zh="答复模板", en="reply templates", permission="templates.manage", pages=_templates,
                    count=_template_count, filters={"action": words}, columns=lambda _query: (
    Column("title", "标题", "Title"), Column("action", "动作", "Action", ACTIONS),
    Column("category", "分类编码", "Category code"), Column("text", "内容", "Text"),
    Column("changed_at", "修改时间", "Changed")))

_category_pages, _category_count = _from_memory(_categories)
CATEGORIES = Listing(name="categories", zh="分类", en="categories", permission="taxonomy.read", pages=_category_pages,
                     count=_category_count, columns=lambda _query: (
    Column("code", "编码", "Code"), Column("name", "名称", "Name")))
