"""What upheld returns and dispatchers teach: a gap or a fault in the responsibility list, and the rule that would mend it."""
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography import areas
from casework.geography.codes import Level
from casework.identity.people import Actor, Department
from casework.responsibility.decisions import Decision, Question, compare, find_many
from casework.responsibility.rules import Names, Rule, add_rule, living, retire_rule
from casework.storage.database import Base, Keyed, insert_once, new_id, one_at_a_time, partial_index

MOST_READ = 10_000
"""Open rulings that one look at the list groups; a steward who has more waiting sees those of the latest."""
MOST_NAMED = 20
"""Cases and areas that are named one by one; the others are counted."""


class State(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class RuleProposal(Keyed, Base):
    """One upheld return, as far as it speaks of the rules: who got the case wrongly, and who should have had it; or one case
    for which there was no rule, and whom a dispatcher proposes."""

    __tablename__ = "rule_proposals"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    case_number: Mapped[str]
    category_code: Mapped[str]
    area_code: Mapped[str | None]
    released_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    """None where no rule had sent it anywhere."""
    why: Mapped[str]
    """Which rule, or whose word, had given it to the released department."""
    ground: Mapped[str | None]
    """The legal ground of the return."""
    proposed_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    """Whose it is in the eyes of the released department."""
    next_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    """Who got it: by the ruling, or from the dispatcher afterwards. None until that is known."""
    ruling: Mapped[str]
    ruled_by_id: Mapped[uuid.UUID | None]
    ruled_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(default=State.OPEN)
    decided_by_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was declined."""
    rule_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("rules.id"))
    """The rule that came of it."""

    __table_args__ = (
        UniqueConstraint("case_id", "released_id"),  # a released department does not get the case again
        partial_index("ix_rule_proposals_open", "category_code", "released_id", "id", where="state = 'open'"),
    )

    @property
    def owner_id(self) -> uuid.UUID | None:
        """Whose it is as far as is known: who got it, else whom the released department named."""
        return self.next_id or self.proposed_id


@dataclass(frozen=True, kw_only=True)
class Upheld:
    """A return that an adjudicator upheld, as dispatch tells it."""

    case_id: uuid.UUID
    number: str
    category_code: str | None
    area_code: str | None
    released_id: uuid.UUID
    why: str
    ground: str | None
    proposed_id: uuid.UUID | None
    next_id: uuid.UUID | None
    ruling: str | None
    ruled_by_id: uuid.UUID | None
    at: datetime


@dataclass(frozen=True)
class Group:
    """Rulings that say the same: this category, from this department to that one. `area_code` is the smallest area that
    contains them all, at least a community; None is the whole city. `members` are the latest first."""

    members: tuple[RuleProposal, ...]
    area_code: str | None

    @property
    def id(self) -> uuid.UUID:
        """The oldest member's: it stays when others join. Any member's id finds the group."""
        return min(one.id for one in self.members)

    @property
    def category_code(self) -> str:
        return self.members[0].category_code

    @property
    def released_id(self) -> uuid.UUID | None:
        return self.members[0].released_id

    @property
    def owner_id(self) -> uuid.UUID | None:
        return self.members[0].owner_id


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A rule as it would be made. With `replaces` the rules for exactly this category and area that name another
    department end at the same moment; else such a rule stands against it."""

    lead: uuid.UUID | None
    category_code: str
    area_code: str | None
    ground: str
    replaces: bool = True


@dataclass(frozen=True)
class Effect:
    """What the rules say about cases like these in one area, now and with the draft."""

    area_code: str | None
    cases: int
    before: Decision
    after: Decision


def learn(db: Session, ruling: Upheld) -> None:
    """Keep what this ruling says about the rules. Bears repetition.

    Where the same case went wrong before, that lesson now names the next owner of this one instead.
    """
    if ruling.category_code is None:
        return
    db.execute(update(RuleProposal).where(RuleProposal.case_id == ruling.case_id, RuleProposal.state == State.OPEN,
                                          RuleProposal.next_id == ruling.released_id).values(next_id=ruling.next_id))
    insert_once(db, RuleProposal, [{
        "id": new_id(), "case_id": ruling.case_id, "case_number": ruling.number, "category_code": ruling.category_code,
        "area_code": ruling.area_code, "released_id": ruling.released_id, "why": ruling.why, "ground": ruling.ground,
        "proposed_id": ruling.proposed_id, "next_id": ruling.next_id, "ruling": ruling.ruling or "",
        "ruled_by_id": ruling.ruled_by_id, "ruled_at": ruling.at, "state": State.OPEN}], on=("case_id", "released_id"))


def name_owner(db: Session, case_id: uuid.UUID, lead_id: uuid.UUID) -> None:
    """A case whose return was upheld has gone to this department: that completes what its rulings propose."""
    db.execute(update(RuleProposal).where(
        RuleProposal.case_id == case_id, RuleProposal.state == State.OPEN, RuleProposal.next_id.is_(None),
        RuleProposal.released_id != lead_id).values(next_id=lead_id))


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A case for which the rules name nobody, and whose it is in a dispatcher's eyes; `why` is what the rules say."""

    case_id: uuid.UUID
    number: str
    category_code: str
    area_code: str | None
    lead_id: uuid.UUID
    why: str
    ground: str


def propose(db: Session, gap: Gap, actor: Actor) -> RuleProposal:
    """Keep what a dispatcher proposes about a case that is locked; said again of the same case, the last word holds."""
    mine = select(RuleProposal).where(RuleProposal.case_id == gap.case_id, RuleProposal.released_id.is_(None))
    one = db.scalar(mine) or RuleProposal(id=new_id(), case_id=gap.case_id, case_number=gap.number, state=State.OPEN)
    if one.state is not State.OPEN:
        raise Conflict(f"a rule was proposed for this case already, and was {one.state}", state=one.state)
    one.category_code, one.area_code, one.next_id = gap.category_code, gap.area_code, gap.lead_id
    one.why, one.ground, one.ruling, one.ruled_by_id, one.ruled_at = gap.why, gap.ground, "", actor.id, clock.now()
    db.add(one)
    db.flush()
    return one


def groups(db: Session) -> list[Group]:
    """What waits for a decision, that with the most cases first."""
    waiting = select(RuleProposal).where(RuleProposal.state == State.OPEN).order_by(RuleProposal.id.desc()).limit(MOST_READ)
    alike: dict[object, list[RuleProposal]] = defaultdict(list)
    for one in db.scalars(waiting):
        alike[one.category_code, one.released_id, one.owner_id].append(one)
    made = [Group(tuple(members), around(db, [one.area_code for one in members])) for members in alike.values()]
    return sorted(made, key=lambda group: (-len(group.members), group.id))


def answered(db: Session, found: Sequence[Group]) -> set[uuid.UUID]:
    """Ids of those groups whose newest case the rules by now give to its owner: somebody has put them right meanwhile, or
    it was a dispatcher who had sent it wrongly."""
    answers = find_many(db, [Question(one.category_code, one.members[0].area_code) for one in found])
    return {one.id for one, answer in zip(found, answers, strict=True) if answer.lead and answer.lead == one.owner_id}


def group(db: Session, proposal_id: uuid.UUID, *, to_change: bool = False) -> Group:
    """The open group of this proposal; until the transaction ends nobody else changes one that was looked up `to_change`.

    Raises NotFound, or Conflict when it was decided already.
    """
    if to_change:
        one_at_a_time(db, "rule proposals")
    one = db.get(RuleProposal, proposal_id)
    if one is None:
        raise NotFound("there is no such proposal", id=str(proposal_id))
    if one.state is not State.OPEN:
        raise Conflict(f"this proposal was {one.state} already", state=one.state)
    alike = select(RuleProposal).where(
        RuleProposal.state == State.OPEN, RuleProposal.category_code == one.category_code,
        RuleProposal.released_id == one.released_id).order_by(RuleProposal.id.desc())
    members = [other for other in db.scalars(alike) if other.owner_id == one.owner_id]
    return Group(tuple(members), around(db, [other.area_code for other in members]))


def draft(found: Group) -> Draft:
    """The rule that the group proposes as it stands, citing its rulings."""
    numbers = "、".join(one.case_number for one in found.members[:MOST_NAMED])
    ground = next((one.ground for one in found.members if one.ground), "")
    by = "退单裁定" if found.released_id else "派遣决定"
    cited = f"据{by}（{numbers}{f'等{len(found.members)}件' if len(found.members) > MOST_NAMED else ''}）"
    return Draft(lead=found.owner_id, category_code=found.category_code, area_code=found.area_code,
                 ground=f"{cited}：{ground}" if ground else cited)


def effects(db: Session, found: Group, wanted: Draft) -> list[Effect]:
    """Dry run: what the rules answer for the group's cases now and with this rule, by area; at most MOST_NAMED areas."""
    places: dict[str | None, int] = defaultdict(int)
    for one in found.members:
        places[one.area_code] += 1
    shown = sorted(places.items(), key=lambda item: (-item[1], item[0] or ""))[:MOST_NAMED]
    asked = [Question(found.category_code, area) for area, _ in shown]
    if wanted.lead is None:
        answers = [(now, now) for now in find_many(db, asked)]
    else:
        ended = {one.id for one in _replaced(db, wanted)} if wanted.replaces else set()
        answers = compare(db, asked, _rule(db, wanted, wanted.lead), ended)
    return [Effect(area, count, before, after) for (area, count), (before, after) in zip(shown, answers, strict=True)]


def accept(db: Session, found: Group, actor: Actor, wanted: Draft) -> Rule:
    """Make the rule, and close those of the group (looked up to_change) that it answers; what it does not reach stays open.

    Raises Conflict when other rules would still decide otherwise, Invalid for a rule that cannot be or reaches none of
    the rulings.
    """
    reached = [one for one in found.members if _covers(wanted, one)]
    if not reached:
        raise Invalid("this rule reaches none of the rulings", Fault("area_code", "holds none of the cases"))
    if wanted.lead is None:
        raise Invalid("this rule names nobody", Fault("lead", "the rulings name no department; say which one answers"))
    if wanted.lead == found.released_id:
        raise Invalid("this rule cannot be", Fault("lead", "the rulings released this department"))
    for old in _replaced(db, wanted) if wanted.replaces else ():
        retire_rule(db, old.id)
    plain = _rule(db, wanted, wanted.lead)
    rule = add_rule(db, plain.name, wanted.lead, category_code=wanted.category_code, area_code=wanted.area_code,
                    ground=wanted.ground)
    _must_decide(db, rule, reached)
    _decide(reached, State.ACCEPTED, actor, rule_id=rule.id)
    db.flush()
    return rule


def decline(db: Session, found: Group, actor: Actor, reason: str) -> None:
    """Leave the rules as they are: the whole group (looked up to_change) is closed with this reason."""
    _decide(found.members, State.DECLINED, actor, reason=reason)
    db.flush()


def around(db: Session, codes: Iterable[str | None]) -> str | None:
    """The smallest area that contains all of these, at least a community; None when only the whole city does."""
    atlas = areas.atlas(db)
    ways = [ref.codes if (ref := atlas.refs.get(code or "")) else () for code in codes]
    shared = [same[0] for same in zip(*ways, strict=False) if len(set(same)) == 1]
    return next((code for code in reversed(shared) if atlas.refs[code].level is not Level.GRID), None)


def names_of(db: Session, found: Iterable[Group]) -> dict[uuid.UUID, str]:
    """What the departments of these groups are called."""
    wanted = {one for group in found for one in (group.released_id, group.owner_id) if one}
    return dict(db.execute(select(Department.id, Department.name).where(Department.id.in_(wanted))).all())


def _covers(wanted: Draft, one: RuleProposal) -> bool:
    return (one.category_code.startswith(wanted.category_code)
            and (wanted.area_code is None or (one.area_code or "").startswith(wanted.area_code)))


def _replaced(db: Session, wanted: Draft) -> list[Rule]:
    """Rules as specific as the draft, for the same category and area, that name another department."""
    scope = (wanted.category_code, wanted.area_code, None, None, None)
    return [rule for rule in living(db) if rule.lead_department_id != wanted.lead and scope == (
        rule.category_code, rule.area_code, rule.ownership, rule.hours, rule.valid_until)]


def _rule(db: Session, wanted: Draft, lead: uuid.UUID) -> Rule:
    names = Names(db)
    where = names.area(wanted.area_code) or wanted.area_code or ""
    return Rule(name=f"{names.category(wanted.category_code) or wanted.category_code}·{where}（裁定）",
                category_code=wanted.category_code, area_code=wanted.area_code, lead_department_id=lead, assisting_ids=[],
                ground=wanted.ground)


def _must_decide(db: Session, rule: Rule, reached: Sequence[RuleProposal]) -> None:
    """A rule that others override would close the rulings and change nothing."""
    places = sorted({(one.category_code, one.area_code or "") for one in reached})
    for answer in find_many(db, [Question(category, area or None) for category, area in places]):
        if answer.lead != rule.lead_department_id:
            raise Conflict("other rules still decide otherwise", explanation=answer.explanation)


def _decide(members: Collection[RuleProposal], state: State, actor: Actor, *, rule_id: uuid.UUID | None = None,
            reason: str | None = None) -> None:
    for one in members:
        one.state, one.rule_id, one.reason = state, rule_id, reason
        one.decided_by_id, one.decided_at = actor.id, clock.now()
