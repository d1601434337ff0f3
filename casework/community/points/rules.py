"""What points are given and taken for: a table that an administrator edits; what he has not touched is as it stands here."""
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.wording import Language
from casework.errors import Fault, Invalid, NotFound
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, insert_once, new_id

MOST = 1000
"""Points of one rule, either way."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the table. Limits count points of this rule, earned or taken, by the city's day and month; None: none.
    `branches`: beginnings of the category codes for whose cases it holds; none: for all."""

    code: str
    points: int
    zh: str
    en: str
    day_limit: int | None = None
    month_limit: int | None = None
    branches: tuple[str, ...] = ()
    active: bool = True

    def words(self, language: Language) -> str:
        """What it is for, as people read it."""
        return self.zh if language is Language.ZH else self.en

    def covers(self, category: str | None) -> bool:
        """Whether a case of this category counts."""
        return not self.branches or (category or "").startswith(self.branches)

    def granted(self, today: int, this_month: int, balance: int) -> int:
        """The points that are left to give or take, with so many of this rule moved before; never below an empty account."""
        room = min([abs(self.points), *([self.day_limit - today] if self.day_limit is not None else []),
                    *([self.month_limit - this_month] if self.month_limit is not None else [])])
        return max(0, room) if self.points >= 0 else -min(max(0, room), balance)


DEFAULT: dict[str, Rule] = {one.code: one for one in (
    Rule(code="filed", points=5, zh="上报属实，已立案", en="a report that was true and filed", day_limit=20, month_limit=200,
         branches=("1", "2")),
    Rule(code="joined", points=1, zh="他人已报的问题，再次提醒", en="one more voice on a problem that was known", day_limit=3,
         month_limit=30, branches=("1", "2")),
    Rule(code="closed", points=2, zh="上报的问题已办结", en="the problem that was reported is settled", day_limit=10,
         month_limit=100, branches=("1", "2")),
    Rule(code="check_in", points=3, zh="领养部件打卡", en="a check-in at an adopted component", day_limit=9, month_limit=60),
    Rule(code="false_report", points=-5, zh="经现场核实不属实的上报", en="a report that somebody looked at and found untrue",
         day_limit=20),
)}
"""Requests (诉求, codes beginning with 3) are anybody's right and earn nothing."""

WORDS: dict[str, tuple[str, str]] = {
    "taken_back": ("原上报未成立，收回积分", "the case did not stand; the points are taken back"),
    "correction": ("人工更正", "a correction by the staff"),
    "redemption": ("兑换", "spent on a reward"),
    "returned": ("兑换取消，积分退回", "a redemption was called off; the points are back"),
}
"""Lines of the ledger that no rule makes."""


class PointRule(Keyed, Base):
    """A rule as somebody has changed it. Lines of the ledger keep what they said: a change counts from now on."""

    __tablename__ = "point_rules"
    code: Mapped[str] = mapped_column(unique=True)
    points: Mapped[int]
    zh: Mapped[str]
    en: Mapped[str]
    day_limit: Mapped[int | None]
    month_limit: Mapped[int | None]
    branches: Mapped[list[str]]
    active: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by_id: Mapped[uuid.UUID | None]


def current(db: Session) -> dict[str, Rule]:
    """Every rule by its code, those that are switched off included."""
    changed = {row.code: row for row in db.scalars(select(PointRule))}
    return {code: _read(changed[code]) if code in changed else rule for code, rule in DEFAULT.items()}


def change(db: Session, actor: Actor, code: str, facts: Mapping[str, Any]) -> Rule:
    """Put what is given in the place of what holds; the rest stays. Raises NotFound, Invalid."""
    if code not in DEFAULT:
        raise NotFound(f"no rule {code}")
    given: dict[str, Any] = dict(facts)
    if "branches" in given:
        given["branches"] = tuple(given["branches"])
    made = replace(current(db)[code], **given)
    _check(made)
    values = {"points": made.points, "zh": made.zh, "en": made.en, "day_limit": made.day_limit,
              "month_limit": made.month_limit, "branches": list(made.branches), "active": made.active,
              "changed_at": clock.now(), "changed_by_id": actor.id}
    insert_once(db, PointRule, [{"id": new_id(), "code": code, **values}], on=("code",))
    kept = db.scalars(select(PointRule).where(PointRule.code == code).with_for_update()).one()
    for name, value in values.items():
        setattr(kept, name, value)
    return made


def _check(rule: Rule) -> None:
    faults = []
    gives = DEFAULT[rule.code].points > 0
    if not 0 < (rule.points if gives else -rule.points) <= MOST:
        faults.append(Fault("points", f"must lie between {'1 and' if gives else '-1 and minus'} {MOST}"))
    if rule.day_limit is not None and rule.month_limit is not None and rule.month_limit < rule.day_limit:
        faults.append(Fault("month_limit", "must not be below the day's"))
    if faults:
        raise Invalid("this rule cannot be", *faults)


def _read(row: PointRule) -> Rule:
    return Rule(code=row.code, points=row.points, zh=row.zh, en=row.en, day_limit=row.day_limit, month_limit=row.month_limit,
                branches=tuple(row.branches), active=row.active)
