"""Reply templates (答复模板): sentences that a city keeps for an action on a kind of case, filled in for the case at hand."""
import string
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, taxonomy
from casework.cases import wording
from casework.cases.case import Case
from casework.cases.workflow import STEPS
from casework.errors import Fault, Invalid, NotFound
from casework.identity.people import Department
from casework.storage.database import Base, Keyed, new_id

NAMES = ("title", "case", "department", "due")
"""What a template may name in braces."""

LONGEST = 2000


class ReplyTemplate(Keyed, Base):
    """One text for one action, for the branch of the taxonomy whose codes begin with `category` ("": all of it)."""

    __tablename__ = "reply_templates"
    category: Mapped[str]
    action: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (Index(None, "action", "category"),)


def keep(db: Session, *, category: str, action: str, title: str, text: str, by: uuid.UUID | None,
         template_id: uuid.UUID | None = None) -> ReplyTemplate:
    """A new template, or the one of this id anew. Raises NotFound, Invalid with what cannot be."""
    _check(db, category, action, text)
    kept = one(db, template_id) if template_id else ReplyTemplate(id=new_id(), active=True)
    kept.category, kept.action, kept.title, kept.text = category, action, title, text
    kept.changed_at, kept.changed_by_id = clock.now(), by
    db.add(kept)
    return kept


def one(db: Session, template_id: uuid.UUID) -> ReplyTemplate:
    """Raises NotFound, also for one that was retired."""
    found = db.get(ReplyTemplate, template_id)
    if found is None or not found.active:
        raise NotFound("no such template")
    return found


def retire(db: Session, template_id: uuid.UUID, by: uuid.UUID | None) -> None:
    """Nobody is offered it any more. Raises NotFound."""
    found = one(db, template_id)
    found.active, found.changed_at, found.changed_by_id = False, clock.now(), by


def listed(db: Session, *, action: str | None = None, after: uuid.UUID | None = None,
           limit: int = 50) -> tuple[Sequence[ReplyTemplate], uuid.UUID | None]:
    """The templates that are offered, the oldest first; and where the next page goes on, or None."""
    wanted = select(ReplyTemplate).where(ReplyTemplate.active)
    if action:
        wanted = wanted.where(ReplyTemplate.action == action)
    if after:
        wanted = wanted.where(ReplyTemplate.id > after)
    found = db.scalars(wanted.order_by(ReplyTemplate.id).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def offered(db: Session, case: Case, action: str, limit: int = 20) -> list[dict[str, str]]:
    """What fits this case and action, filled in: {id, category, title, text}, the narrowest branch first.

    What the case does not have yet, a department for one, leaves its name in braces standing, to be seen and filled by hand.
    """
    code = case.category_code or ""
    around = [code[:length] for length in range(len(code) + 1)]
    found = db.scalars(select(ReplyTemplate).where(ReplyTemplate.active, ReplyTemplate.action == action,
                                                   or_(ReplyTemplate.category.in_(around))))
    department = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    due = wording.until(db, case)
    known = {"title": case.title, "case": case.number, "department": department.name if department else "{department}",
             "due": wording.moment(due) if due else "{due}"}
    narrowest = sorted(found, key=lambda template: (-len(template.category), template.title, template.id))
    return [{"id": str(template.id), "category": template.category, "title": template.title,
             "text": template.text.format(**known)} for template in narrowest[:limit]]


def _check(db: Session, category: str, action: str, text: str) -> None:
    faults = []
    if action not in STEPS:
        faults.append(Fault("action", "there is no such action"))
    if category and not any(code.startswith(category) for code in taxonomy.catalogue(db).by_code):
        faults.append(Fault("category", "no category's code begins like this"))
    if reason := _unfillable(text):
        faults.append(Fault("text", reason))
    if faults:
        raise Invalid("this template cannot be", *faults)


def _unfillable(text: str) -> str | None:
    """Why this text cannot be filled in, or None. Only plain names: a format specification could say anything."""
    if len(text) > LONGEST:
        return f"at most {LONGEST} characters"
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return "braces must enclose a name; write {{ and }} for braces themselves"
    strange = [name for _, name, spec, conversion in parts if name is not None and (name not in NAMES or spec or conversion)]
    return f"may name {', '.join(NAMES)} in braces, and nothing else" if strange else None
