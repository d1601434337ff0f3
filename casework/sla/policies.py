"""The city's policy: limits of the stages, numbers and ladders, as one version that never changes once it is written."""
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.identity.people import Actor, Role
from casework.sla import numbers as numbering
from casework.sla.limits import POLICY_VERSION, RULES, Limit, Rule, Stage, Unit, find
from casework.sla.numbers import Numbers
from casework.storage import outbox
from casework.storage.database import Base, Keyed, partial_index

__all__ = ["DEFAULT", "LADDER", "Numbers", "Policy", "Rungs", "SlaPolicy", "adopt", "as_plain", "current", "numbers",
           "of_version", "plain", "versions", "written"]

Rungs = tuple[tuple[int, Role], ...]
"""From which share (per cent) of a limit on whom, rising."""

LADDER: Rungs = ((80, Role.DEPARTMENT_HEAD), (100, Role.SUPERVISOR), (150, Role.LEADER))
"""Where a city has not said otherwise; below the first rung, whoever has the stage in hand."""

LONGEST_LIMIT = 1_000
"""Of any unit: with every extension it stays a limit."""

MOST_RULES, MOST_RUNGS = 500, 10
ON_LADDERS = frozenset(Role) - {Role.CITIZEN, Role.PLATFORM, Role.SYSTEM}


class SlaPolicy(Keyed, Base):
    """A version as it was written; `rules`, `numbers` and `ladders` as Policy.read() takes them."""

    __tablename__ = "sla_policies"
    version: Mapped[str] = mapped_column(unique=True)
    rules: Mapped[list[Any]]
    numbers: Mapped[dict[str, Any]]
    ladders: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (partial_index("uq_sla_policies_one_active", "active", where="active", unique=True),)


@dataclass(frozen=True)
class Policy:
    """All of it under one version, which stands on every clock that was started under it.

    `numbers` by the beginning of a category's code ("" all, "3" requests), `ladders` by a department's code ("" all): each
    says only what differs from the default.
    """

    version: str
    rules: tuple[Rule, ...] = RULES
    numbers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ladders: Mapping[str, Rungs] = field(default_factory=dict)

    def limit(self, stage: Stage, *, urgent: bool = False, channel: str | None = None, category: str | None = None) -> Limit:
        """The limit of the most specific line, as limits.find() weighs them; a stage without any has that of the default.

        What is urgent has a line for urgent matters: the city's, else the default's, before any that says nothing of urgency.
        """
        for_urgent = [[rule for rule in rules if rule.urgent] for rules in (self.rules, RULES)] if urgent else []
        for rules in (*for_urgent, self.rules):
            try:
                return find(rules, stage, urgent=urgent, channel=channel, category=category)
            except LookupError:
                continue
        return find(RULES, stage, urgent=urgent, channel=channel, category=category)

    def handling(self, standard: Limit | None, *, urgent: bool, channel: str | None, category: str | None) -> Limit:
        """The limit of handling: that of the case's standard, unless the city has a line that goes before standards.

        A standard that is counted in urgent hours is kept: somebody has thought of the danger already.
        """
        above = [rule for rule in self.rules if rule.over_standard]
        if standard and standard.unit is Unit.URGENT_HOUR:
            return standard
        try:
            return find(above, Stage.HANDLE, urgent=urgent, channel=channel, category=category)
        except LookupError:
            return standard or self.limit(Stage.HANDLE, urgent=urgent, channel=channel, category=category)

    def numbers_of(self, category: str | None) -> Numbers:
        """Each number as the longest code says that begins this category's."""
        fitting = sorted((prefix for prefix in self.numbers if (category or "").startswith(prefix)), key=len)
        merged: dict[str, Any] = {}
        for prefix in fitting:
            merged |= self.numbers[prefix]
        return Numbers(**merged)

    def ladder(self, codes: Sequence[str] = ()) -> Rungs:
        """Of the first of these departments that has one of its own, else of all. Codes: the department, its parent, …"""
        return next((self.ladders[code] for code in (*codes, "") if code in self.ladders), LADDER)

    @classmethod
    def read(cls, version: str, rules: Sequence[Mapping[str, Any]], numbers: Mapping[str, Any],
             ladders: Mapping[str, Any]) -> "Policy":
        """A policy from plain values. Raises Invalid with the faults by path ("rules.3.value", "numbers.3.max_returns")."""
        faults: list[Fault] = []
        if len(rules) > MOST_RULES:
            faults.append(Fault("rules", f"at most {MOST_RULES} lines"))
        lines = [line for place, one in enumerate(rules[:MOST_RULES]) if (line := _rule(one, f"rules.{place}", faults))]
        seen: dict[tuple[object, ...], int] = {}
        for place, line in enumerate(lines):
            about = line.stage, line.urgent, line.channel, line.category, line.over_standard
            if seen.setdefault(about, place) != place:
                faults.append(Fault(f"rules.{place}", f"line {seen[about]} speaks of the same"))
        made = cls(version, tuple(lines), _numbers(numbers, faults),
                   {code: _ladder(rungs, f"ladders.{code}", faults) for code, rungs in ladders.items()})
        for prefix in made.numbers if not faults else ():
            one = made.numbers_of(prefix)
            if one.propose_score > one.join_score:
                faults.append(Fault(f"numbers.{prefix}.propose_score", "must not be above join_score"))
        if faults:
            raise Invalid("this policy cannot be", *faults)
        return made


DEFAULT = Policy(POLICY_VERSION)
"""Holds until a city writes its own."""

_cached: tuple[uuid.UUID | None, Policy] = (None, DEFAULT)


NEWEST = select(SlaPolicy.id).where(SlaPolicy.active).scalar_subquery()
"""For a statement that reads something else: what it brings is told to stands()."""


def current(db: Session) -> Policy:
    """The policy as it stands: one small query a transaction, and a new reading only when its version has changed."""
    held: Policy | None = db.info.get(Policy)
    if held is not None:
        return held
    with db.no_autoflush:  # a policy never depends on what is pending, which may be a case that is only half made
        return stands(db, db.scalar(select(NEWEST)))


def stands(db: Session, newest: uuid.UUID | None) -> Policy:
    """The policy in this transaction, for who has read which is the newest."""
    global _cached  # noqa: PLW0603 - one policy a process
    with db.no_autoflush:
        known = _cached  # once: another thread may put a newer one there
        if known[0] != newest:
            row = db.get_one(SlaPolicy, newest) if newest else None
            _cached = known = newest, of_version(db, row.version) if row else DEFAULT
    db.info[Policy] = known[1]
    return known[1]


def numbers(db: Session, category_code: str | None) -> Numbers:
    """The numbers for this branch of the taxonomy."""
    return current(db).numbers_of(category_code)


def written(db: Session, version: str) -> SlaPolicy | None:
    """The row of a version; None for the default, which nobody wrote."""
    return db.scalar(select(SlaPolicy).where(SlaPolicy.version == version))


def of_version(db: Session, version: str) -> Policy:
    """The policy of any version that ever stood on a clock. Raises NotFound."""
    if version == POLICY_VERSION:
        return DEFAULT
    row = written(db, version)
    if row is None:
        raise NotFound(f"no policy has the version {version}")
    return Policy.read(row.version, row.rules, row.numbers, row.ladders)


def versions(db: Session, limit: int) -> Sequence[SlaPolicy]:
    """The latest versions, the newest first."""
    return db.scalars(select(SlaPolicy).order_by(SlaPolicy.created_at.desc(), SlaPolicy.id.desc()).limit(limit)).all()


def adopt(db: Session, actor: Actor, policy: Policy, instead_of: str | None = None) -> SlaPolicy:
    """From the commit on this is the policy; open clocks are recounted by a job that follows.

    Raises Conflict when its version is taken: what stands on a clock must go on meaning the same; and when it was written
    `instead_of` a version that another has followed meanwhile, whose changes would be lost.
    """
    if instead_of is not None and (now := current(db).version) != instead_of:
        raise Conflict(f"version {now} holds by now; look at it before you change it")
    if policy.version == POLICY_VERSION or db.scalar(select(SlaPolicy.id).where(SlaPolicy.version == policy.version)):
        raise Conflict(f"version {policy.version} is taken; give the changed policy a new one")
    db.execute(update(SlaPolicy).where(SlaPolicy.active).values(active=False))
    made = SlaPolicy(version=policy.version, **as_plain(policy), active=True, created_by_id=actor.id)
    db.add(made)
    db.flush()
    db.info.pop(Policy, None)
    outbox.publish(db, "policy.changed", made.id, why=f"时限规定改为 {policy.version}")
    return made


def as_plain(policy: Policy) -> dict[str, Any]:
    """`rules`, `numbers` and `ladders` as Policy.read() takes them."""
    return {"rules": [plain(rule) for rule in policy.rules],
            "numbers": {prefix: dict(said) for prefix, said in policy.numbers.items()},
            "ladders": {code: [list(rung) for rung in rungs] for code, rungs in policy.ladders.items()}}


def plain(rule: Rule) -> dict[str, Any]:
    """A line as Policy.read() takes it."""
    return {"stage": rule.stage.value, "urgent": rule.urgent, "channel": rule.channel, "category": rule.category,
            "value": rule.limit.value, "unit": rule.limit.unit.value, "over_standard": rule.over_standard}


def _rule(one: Any, path: str, faults: list[Fault]) -> Rule | None:
    if not isinstance(one, Mapping):
        faults.append(Fault(path, "must name stage, value and unit"))
        return None
    before = len(faults)
    stage, unit, value = one.get("stage"), one.get("unit"), one.get("value")
    if stage not in list(Stage):
        faults.append(Fault(f"{path}.stage", f"must be one of {', '.join(Stage)}"))
    if unit not in list(Unit):
        faults.append(Fault(f"{path}.unit", f"must be one of {', '.join(Unit)}"))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.05 <= value <= LONGEST_LIMIT:
        faults.append(Fault(f"{path}.value", f"must lie between 0.05 and {LONGEST_LIMIT}"))
    if not isinstance(one.get("urgent"), (bool, type(None))):
        faults.append(Fault(f"{path}.urgent", "must be true, false or null"))
    if not isinstance(above := one.get("over_standard", False), bool) or (above and stage != Stage.HANDLE):
        faults.append(Fault(f"{path}.over_standard", "is true or false, and true only of handling"))
    if not _is_code(one.get("category") or ""):
        faults.append(Fault(f"{path}.category", 'must be the beginning of category codes, such as "3" or "101"'))
    if len(faults) > before:
        return None
    limit = Limit(one["value"], Unit(one["unit"]))
    return Rule(Stage(one["stage"]), one.get("urgent"), one.get("channel") or None, limit, one.get("category") or "", above)


def _numbers(given: Mapping[str, Any], faults: list[Fault]) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for prefix, said in given.items():
        if not _is_code(prefix):
            faults.append(Fault(f"numbers.{prefix}", 'must be the beginning of category codes, or "" for all'))
        elif not isinstance(said, Mapping):
            faults.append(Fault(f"numbers.{prefix}", "must name numbers with their values"))
        else:
            made[prefix] = numbering.read(said, f"numbers.{prefix}", faults)
    return made


def _ladder(rungs: Any, path: str, faults: list[Fault]) -> Rungs:
    try:
        made = tuple((share, Role(role)) for share, role in rungs)
        if any(type(share) is not int for share, _ in made):
            raise TypeError  # noqa: TRY301 - the same fault as any other shape
    except (TypeError, ValueError):
        faults.append(Fault(path, 'must look like [[80, "department_head"], [100, "supervisor"]]'))
        return ()
    shares = [share for share, _ in made]
    if not 0 < len(made) <= MOST_RUNGS or shares != sorted(set(shares)) or not 1 <= shares[0] <= shares[-1] <= 1000:
        faults.append(Fault(path, f"needs 1 to {MOST_RUNGS} rungs whose shares rise, from 1 to 1000 per cent"))
    if any(role not in ON_LADDERS for _, role in made):
        faults.append(Fault(path, f"rungs are posts: {', '.join(sorted(ON_LADDERS))}"))
    return made


def _is_code(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= 12 and (not text or (text.isascii() and text.isdigit()))
