"""The responsibility list: which department answers for a category, in an area, for an ownership, at a time."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, taxonomy
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography import areas
from casework.identity.people import Department, Role
from casework.responsibility import hours as weekly
from casework.storage.database import Base, Keyed


class Rule(Keyed, Base):
    """One line of the responsibility list. What is null holds for all; a code holds for everything beneath it."""

    __tablename__ = "rules"
    name: Mapped[str]
    category_code: Mapped[str | None] = mapped_column(index=True)
    """A code of the taxonomy, or a kind's digit: 1 components, 2 events, 3 requests."""
    area_code: Mapped[str | None]
    ownership: Mapped[str | None]
    """Whose thing it is (市管, 区管, 小区自管 …), in the city's own words; compared as written."""
    hours: Mapped[str | None]
    """Weekly hours, see hours.py."""
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    """The first moment at which the rule no longer holds."""
    lead_department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    assisting_ids: Mapped[list[str]] = mapped_column(default=list)
    """Department ids as text, in order."""
    post_role: Mapped[str | None]
    """The role of the post in the lead department whose turn it is; null leaves it to the department."""
    ground: Mapped[str | None]
    """The law or order the rule rests on, to be cited when it is disputed."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def assisting(self) -> tuple[uuid.UUID, ...]:
        """The assisting departments, in order."""
        return tuple(uuid.UUID(text) for text in self.assisting_ids or ())

    @property
    def specificity(self) -> tuple[int, int, bool, bool, bool]:
        """Compared from the left: the narrower category, the narrower area, an ownership, hours, an end."""
        return (len(self.category_code or ""), len(self.area_code or ""), self.ownership is not None,
                self.hours is not None, self.valid_until is not None)

    def meets(self, category: str, area: str) -> bool:
        """Whether it is about this category in this area, about what is around them, or about a part; "" is all there is."""
        return meet(category, self.category_code) and meet(area, self.area_code)

    def holds_at(self, at: datetime) -> bool:
        """Whether the rule is valid at that moment and, if it has weekly hours, inside them."""
        return ((self.valid_from is None or self.valid_from <= at)
                and (self.valid_until is None or at < self.valid_until)
                and (self.hours is None or weekly.covers(self.hours, at)))


def meet(code: str, other: str | None) -> bool:
    """Whether one of two codes is the other or lies inside it; no code is all there is."""
    return code.startswith(other or "") or (other or "").startswith(code)


def living(db: Session, at: datetime | None = None) -> Sequence[Rule]:
    """The rules that have not ended (now, unless said otherwise), those that begin later included; by place."""
    wanted = select(Rule).where(or_(Rule.valid_until.is_(None), Rule.valid_until > (at or clock.now())))
    return sorted(db.scalars(wanted), key=lambda rule: (rule.category_code or "", rule.area_code or "", rule.id))


def add_rule(db: Session, name: str, lead_department_id: uuid.UUID, *, category_code: str | None = None,
             area_code: str | None = None, ownership: str | None = None, hours: str | None = None,
             valid_from: datetime | None = None, valid_until: datetime | None = None,
             assisting: Iterable[uuid.UUID] = (), post_role: str | None = None, ground: str | None = None) -> Rule:
    """A new rule. Raises Invalid with a fault for each field that names nothing or contradicts another."""
    rule = Rule(name=name, category_code=category_code or None, area_code=area_code or None,
                ownership=ownership or None, hours=hours or None, valid_from=valid_from, valid_until=valid_until,
                lead_department_id=lead_department_id, assisting_ids=[str(one) for one in dict.fromkeys(assisting)],
                post_role=post_role or None, ground=ground or None)
    known = set(db.scalars(select(Department.id).where(Department.active)))
    faults = faults_of(rule, known, Names(db))
    if faults:
        raise Invalid("this rule cannot be", *faults)
    db.add(rule)
    db.flush()
    return rule


def retire_rule(db: Session, rule_id: uuid.UUID, until: datetime | None = None) -> Rule:
    """The rule ends (now, unless said otherwise) and stays readable. Raises NotFound, or Conflict if it has ended."""
    rule = db.get(Rule, rule_id)
    if rule is None:
        raise NotFound("there is no such rule", id=str(rule_id))
    end = until or clock.now()
    if rule.valid_until is not None and rule.valid_until <= end:
        raise Conflict("the rule ends before that already")
    rule.valid_until = end
    return rule


KINDS = {"1": "部件", "2": "事件", "3": "诉求"}


class Names:
    """What codes are called: categories of the current taxonomy (none if none is active) and living areas."""

    def __init__(self, db: Session) -> None:
        try:
            self._categories = taxonomy.catalogue(db).by_code
        except NotFound:
            self._categories = {}
        self._areas = areas.atlas(db).refs

    def category(self, code: str | None) -> str | None:
        """None for a code that the taxonomy does not have; 全部类别 for no code at all."""
        if not code:
            return "全部类别"
        found = self._categories.get(code)
        return found.name if found else KINDS.get(code)

    def area(self, code: str | None) -> str | None:
        """None for a code that no living area has; 全市 for no code at all."""
        if not code:
            return "全市"
        found = self._areas.get(code)
        return found.name if found else None


def faults_of(rule: Rule, departments: set[uuid.UUID], names: Names) -> list[Fault]:
    """Why a rule cannot be; `departments` are the active ones. The fields are the columns of the import."""
    faults = []
    if names.category(rule.category_code) is None:
        faults.append(Fault("category_code", f"类别编码 {rule.category_code} is not in the current taxonomy"))
    if names.area(rule.area_code) is None:
        faults.append(Fault("area_code", f"区域编码 {rule.area_code} is not an area"))
    if rule.lead_department_id not in departments:
        faults.append(Fault("lead", "主办部门 is not an active department"))
    if not departments.issuperset(rule.assisting):
        faults.append(Fault("assisting", "协办部门 has one that is not an active department"))
    if rule.lead_department_id in rule.assisting:
        faults.append(Fault("assisting", "协办部门 contains the lead department"))
    if rule.post_role and rule.post_role not in set(Role):
        faults.append(Fault("post_role", f"岗位 {rule.post_role} is not a role"))
    if rule.valid_from and rule.valid_until and rule.valid_until <= rule.valid_from:
        faults.append(Fault("valid_until", "失效时间 must be after 生效时间"))
    if rule.hours:
        try:
            weekly.spans(rule.hours)
        except Invalid as error:
            faults += error.faults
    return faults
