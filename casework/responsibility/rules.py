"""Whose job is it: rules by category, area, ownership and time; the most specific wins, and says why."""
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
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
    ground: Mapped[str | None]
    """The law or order the rule rests on, to be cited when it is disputed."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def assisting(self) -> tuple[uuid.UUID, ...]:
        """The assisting departments, in order."""
        return tuple(uuid.UUID(text) for text in self.assisting_ids)

    @property
    def specificity(self) -> tuple[int, int, bool, bool, bool]:
        """Compared from the left: the narrower category, the narrower area, an ownership, hours, an end date."""
        return (len(self.category_code or ""), len(self.area_code or ""), self.ownership is not None,
                self.hours is not None, self.valid_until is not None)

    def holds_at(self, at: datetime) -> bool:
        """Whether the rule is valid at that moment and, if it has weekly hours, inside them."""
        return ((self.valid_from is None or self.valid_from <= at)
                and (self.valid_until is None or at < self.valid_until)
                and (self.hours is None or weekly.covers(self.hours, at)))


@dataclass(frozen=True)
class Question:
    """One thing to find the responsible for. `at` is aware; None asks about now."""

    category_code: str
    area_code: str | None
    ownership: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Who answers for it. `rule` and `lead` are None when no rule holds or several equally narrow ones disagree.

    `candidates` are those equally narrow rules, or the one that won; `explanation` is for the history, in Chinese.
    """

    rule: Rule | None
    lead: uuid.UUID | None
    assisting: tuple[uuid.UUID, ...]
    candidates: tuple[Rule, ...]
    explanation: str


def find(db: Session, category_code: str, area_code: str | None, ownership: str | None = None,
         at: datetime | None = None) -> Decision:
    """Who answers for this category in this area at this time. Changes nothing, so it serves as the dry run too."""
    return find_many(db, [Question(category_code, area_code, ownership, at)])[0]


def find_many(db: Session, questions: Sequence[Question]) -> list[Decision]:
    """Decisions in the order of the questions, from one reading of the rules."""
    by_place = _rules_for(db, questions)
    now = clock.now()
    return [_decide(question, question.at or now, by_place) for question in questions]


Places = dict[tuple[str, str], list[Rule]]
AREAS_NAMED = 1000
"""Above this many area codes it is cheaper to read all rules of the categories than to list the areas."""


def _rules_for(db: Session, questions: Iterable[Question]) -> Places:
    categories = {prefix for question in questions for prefix in prefixes(question.category_code)}
    by_place: Places = defaultdict(list)
    areas = {prefix for question in questions for prefix in prefixes(question.area_code)}
    wanted = select(Rule).where(or_(Rule.category_code.is_(None), Rule.category_code.in_(sorted(categories))))
    if len(areas) <= AREAS_NAMED:
        wanted = wanted.where(or_(Rule.area_code.is_(None), Rule.area_code.in_(sorted(areas))))
    for rule in db.scalars(wanted.order_by(Rule.id)):
        by_place[rule.category_code or "", rule.area_code or ""].append(rule)
    return by_place


def prefixes(code: str | None) -> Iterator[str]:
    """Every beginning of a code, from the nothing that holds for all to the code itself."""
    return ((code or "")[:length] for length in range(len(code or "") + 1))


def _decide(question: Question, at: datetime, by_place: Places) -> Decision:
    about = [rule for category in prefixes(question.category_code) for area in prefixes(question.area_code)
             for rule in by_place.get((category, area), ())]
    holding = [rule for rule in about if rule.ownership in {None, question.ownership} and rule.holds_at(at)]
    narrowest = max((rule.specificity for rule in holding), default=None)
    best = tuple(rule for rule in holding if rule.specificity == narrowest)
    agreed = len({(rule.lead_department_id, rule.assisting) for rule in best}) == 1
    explanation = _explain(question, at, about, best, agreed)
    if not agreed:
        return Decision(None, None, (), best, explanation)
    return Decision(best[0], best[0].lead_department_id, best[0].assisting, best, explanation)


def _explain(question: Question, at: datetime, about: list[Rule], best: tuple[Rule, ...], agreed: bool) -> str:
    asked = f"类别{question.category_code}、区域{question.area_code or '不明'}"
    if not best:
        words = [f"{asked}没有可用的权责规则"]
    elif agreed:
        words = [f"{asked}适用规则“{best[0].name}”（{_scope(best[0])}）"]
    else:
        words = [f"{asked}有{len(best)}条同等具体的规则，主办或协办不一致：" + "、".join(f"“{one.name}”" for one in best)]
    lost = [f"“{rule.name}”{_why_lost(rule, question, at, best)}" for rule in about if rule not in best]
    if len(lost) > SHOWN_LOSERS:
        lost[SHOWN_LOSERS:] = [f"另有{len(lost) - SHOWN_LOSERS}条"]
    return "。".join([*words, "未采用：" + "；".join(lost)] if lost else words) + "。"


SHOWN_LOSERS = 8
"""A history line is read by people: more than this many losing rules are counted, not named."""


def _scope(rule: Rule) -> str:
    parts = [f"类别{rule.category_code or '不限'}", f"区域{rule.area_code or '不限'}"]
    parts += [f"权属{rule.ownership}"] if rule.ownership else []
    parts += [f"时段{rule.hours}"] if rule.hours else []
    return "、".join(parts)


def _why_lost(rule: Rule, question: Question, at: datetime, best: tuple[Rule, ...]) -> str:
    if rule.ownership not in {None, question.ownership}:
        return f"只管权属{rule.ownership}"
    if rule.valid_from and at < rule.valid_from:
        return "尚未生效"
    if rule.valid_until and rule.valid_until <= at:
        return "已失效"
    if rule.hours and not weekly.covers(rule.hours, at):
        return f"不在时段{rule.hours}内"
    reasons = ("类别较宽", "区域较宽", "不限权属", "不限时段", "长期有效")
    return next(reason for reason, own, won in zip(reasons, rule.specificity, best[0].specificity, strict=True)
                if own != won)


def add_rule(db: Session, name: str, lead_department_id: uuid.UUID, *, category_code: str | None = None,
             area_code: str | None = None, ownership: str | None = None, hours: str | None = None,
             valid_from: datetime | None = None, valid_until: datetime | None = None,
             assisting: Iterable[uuid.UUID] = (), post_role: str | None = None, ground: str | None = None) -> Rule:
    """A new rule. Raises Invalid for hours that cannot be read, an empty validity or a lead that assists itself."""
    if hours is not None:
        weekly.spans(hours)
    if valid_from and valid_until and valid_until <= valid_from:
        raise Invalid("the rule would never hold", Fault("valid_until", "must be after valid_from"))
    helpers = list(dict.fromkeys(assisting))
    if lead_department_id in helpers:
        raise Invalid("the lead cannot assist itself", Fault("assisting", "contains the lead department"))
    rule = Rule(name=name, category_code=category_code or None, area_code=area_code or None,
                ownership=ownership or None, hours=hours or None, valid_from=valid_from, valid_until=valid_until,
                lead_department_id=lead_department_id, assisting_ids=[str(one) for one in helpers],
                post_role=post_role or None, ground=ground or None)
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
