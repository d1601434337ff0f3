"""Whose job is it: the most specific rule wins, and the decision says why in words."""
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.responsibility import hours as weekly
from casework.responsibility.rules import Names, Rule

SHOWN_LOSERS = 8
"""A history line is read by people: more than this many losing rules are counted, not named."""
AREAS_NAMED = 1000
"""Above this many area codes it is cheaper to read all rules of the categories than to list the areas."""

Places = dict[tuple[str, str], list[Rule]]
"""Rules by category and area code, "" standing for all."""


@dataclass(frozen=True)
class Question:
    """One thing to find the responsible for. `at` is aware; None asks about now."""

    category_code: str
    area_code: str | None
    ownership: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Who answers for it. `rule` and `lead` are None when no rule holds or several equally specific ones disagree.

    `candidates` are those equally specific rules, or the one that won; `explanation` is for the history, in Chinese.
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
    now = clock.now()
    places, names = _rules_for(db, questions, min((one.at or now for one in questions), default=now)), Names(db)
    return [decide(question, question.at or now, places, names) for question in questions]


def compare(db: Session, questions: Sequence[Question], added: Rule, ended: Collection[uuid.UUID]
            ) -> list[tuple[Decision, Decision]]:
    """The decisions by the rules as they are, and as they were with one rule more and without those of these ids."""
    now = clock.now()
    places, names = _rules_for(db, questions, now), Names(db)
    changed = by_place([*(rule for rules in places.values() for rule in rules if rule.id not in ended), added])
    return [(decide(one, one.at or now, places, names), decide(one, one.at or now, changed, names)) for one in questions]


def _rules_for(db: Session, questions: Iterable[Question], earliest: datetime) -> Places:
    categories = {prefix for question in questions for prefix in prefixes(question.category_code)}
    areas = {prefix for question in questions for prefix in prefixes(question.area_code)}
    wanted = select(Rule).where(or_(Rule.category_code.is_(None), Rule.category_code.in_(sorted(categories))),
                                or_(Rule.valid_until.is_(None), Rule.valid_until > earliest))
    if len(areas) <= AREAS_NAMED:
        wanted = wanted.where(or_(Rule.area_code.is_(None), Rule.area_code.in_(sorted(areas))))
    return by_place(db.scalars(wanted.order_by(Rule.id)))


def by_place(rules: Iterable[Rule]) -> Places:
    """The rules as decide() looks them up."""
    places: Places = defaultdict(list)
    for rule in rules:
        places[rule.category_code or "", rule.area_code or ""].append(rule)
    return dict(places)


def prefixes(code: str | None) -> Iterator[str]:
    """Every beginning of a code, from the nothing that holds for all to the code itself."""
    return ((code or "")[:length] for length in range(len(code or "") + 1))


def decide(question: Question, at: datetime, places: Places, names: Names) -> Decision:
    """Pure: the decision from these rules."""
    about = [rule for category in prefixes(question.category_code) for area in prefixes(question.area_code)
             for rule in places.get((category, area), ())]
    holding = [rule for rule in about if rule.ownership in {None, question.ownership} and rule.holds_at(at)]
    narrowest = max((rule.specificity for rule in holding), default=None)
    best = tuple(rule for rule in holding if rule.specificity == narrowest)
    agreed = len({(rule.lead_department_id, rule.assisting) for rule in best}) == 1
    lost = [f"“{rule.name}”{_why_lost(rule, question, at, best)}" for rule in about if rule not in best]
    explanation = f"{_asked(question, names)}{_outcome(best, names, agreed=agreed)}{_losers(lost)}"
    if not agreed:
        return Decision(None, None, (), best, explanation)
    return Decision(best[0], best[0].lead_department_id, best[0].assisting, best, explanation)


def _asked(question: Question, names: Names) -> str:
    category = f"{question.category_code}{names.category(question.category_code) or ''}"
    area = f"{question.area_code}{names.area(question.area_code) or ''}" if question.area_code else "不明"
    return f"类别{category}、区域{area}" + (f"、权属{question.ownership}" if question.ownership else "")


def _outcome(best: tuple[Rule, ...], names: Names, *, agreed: bool) -> str:
    if not best:
        return "没有可用的权责规则。"
    if agreed:
        return f"适用规则“{best[0].name}”（{_scope(best[0], names)}）。"
    listed = "、".join(f"“{rule.name}”" for rule in best)
    return f"有{len(best)}条同等具体的规则，主办或协办不一致：{listed}。"


def _scope(rule: Rule, names: Names) -> str:
    parts = [names.category(rule.category_code) or f"类别{rule.category_code}",
             names.area(rule.area_code) or f"区域{rule.area_code}"]
    parts += [f"权属{rule.ownership}"] if rule.ownership else []
    parts += [f"时段{rule.hours}"] if rule.hours else []
    return "、".join(parts)


def _losers(lost: list[str]) -> str:
    if not lost:
        return ""
    more = f"；另有{len(lost) - SHOWN_LOSERS}条" if len(lost) > SHOWN_LOSERS else ""
    return f"未采用：{'；'.join(lost[:SHOWN_LOSERS])}{more}。"


def _why_lost(rule: Rule, question: Question, at: datetime, best: tuple[Rule, ...]) -> str:
    if rule.ownership not in {None, question.ownership}:
        return f"只管权属{rule.ownership}"
    if rule.valid_from and at < rule.valid_from:
        return "尚未生效"
    if rule.valid_until and rule.valid_until <= at:
        return "已失效"
    if rule.hours and not weekly.covers(rule.hours, at):
        return f"不在时段{rule.hours}内"
    reasons = ("类别较宽", "区域较宽", "不限权属", "不限时段", "没有期限")
    return next(reason for reason, own, won in zip(reasons, rule.specificity, best[0].specificity, strict=True)
                if own != won)
