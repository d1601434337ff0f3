"""What an action asks of whoever takes it, field by field, so that a form can be drawn from the table of the workflow alone."""
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import evidence, workflow
from casework.cases.case import Case, Priority
from casework.cases.workflow import STEPS, Facts, Status
from casework.errors import Invalid
from casework.geography import areas
from casework.geography.codes import lies_in
from casework.identity.people import Actor, Department, Post, Role, User
from casework.media import photo
from casework.media.photo import Purpose
from casework.sla import timers
from casework.sla.limits import STAGE_NAMES, Stage
from casework.sla.timers import Timer, TimerState

MOST_WORKERS = 100
"""Grid workers who are offered to look: those nearest by area come first."""

EXCERPT = 60
"""Characters of a report that tell which one it is."""


class Kind(StrEnum):
    """What a form shows for a field."""

    TEXT = "text"
    LINE = "line"
    CATEGORY = "category"
    STANDARD = "standard"
    CHOICE = "choice"
    CHOICES = "choices"
    PLACE = "place"
    POSITION = "position"
    CASE = "case"
    PHOTOS = "photos"
    MOMENT = "moment"


KINDS = {
    "reason": Kind.TEXT, "category": Kind.CATEGORY, "standard": Kind.STANDARD, "priority": Kind.CHOICE, "place": Kind.PLACE,
    "address": Kind.LINE, "into": Kind.CASE, "lead": Kind.CHOICE, "assistants": Kind.CHOICES, "ground": Kind.TEXT,
    "proposed": Kind.CHOICE, "photos": Kind.PHOTOS, "position": Kind.POSITION, "finding": Kind.TEXT, "reply": Kind.TEXT,
    "question": Kind.TEXT, "until": Kind.MOMENT, "inspector": Kind.CHOICE, "reports": Kind.CHOICES, "clock": Kind.CHOICE,
}
"""Of each fact that a person can give. What wrote the rest, a rule for one, asks nobody."""


@dataclass(frozen=True)
class Choice:
    """One of several; `text` is what people read."""

    value: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One field. `evidence` is what the standard wants to see in it, `value` what stands there to begin with."""

    name: str
    kind: Kind
    required: bool
    choices: Sequence[Choice] | None = None
    evidence: Sequence[str] = ()
    purpose: Purpose | None = None
    value: str | None = None


def asks(db: Session, case: Case, actor: Actor, action: str) -> list[Ask]:
    """The fields of this action on this case, as it stands, those that it cannot do without first.

    Raises Refused or Conflict as taking the action would, so that nobody fills in a form in vain.
    """
    with suppress(Invalid):  # what is missing is what is asked for here
        workflow.take(action, case, actor, Facts())
    step = STEPS[action]
    proofs = _proofs(db, case) if step.proves else {}
    needed = dict.fromkeys((*step.needs, *(name for name, (required, _) in proofs.items() if required)))
    names = dict.fromkeys((*needed, *proofs, *step.also))
    return [Ask(name=name, kind=KINDS[name], required=name in needed,
                choices=OFFERS[name](db, case, actor, action) if name in OFFERS else None,
                evidence=proofs.get(name, (False, ()))[1], value=_begins_with(case, action, name),
                purpose=(Purpose.AFTER if step.proves else Purpose.INSPECTION) if name == "photos" else None)
            for name in names]


def _proofs(db: Session, case: Case) -> dict[str, tuple[bool, Sequence[str]]]:
    """By field, what goes with a department's answer: whether it must, and what the standard wants there.

    Photos may always be shown; whoever answers before his assistants are done says why.
    """
    standard = case.standard(db)
    wanted = evidence.asked(standard, has_before=bool(photo.of_reports(db, [one.id for one in case.reports])))
    strict = evidence.is_refused_without(standard)
    alone = {"reason": (True, ())} if case.assisting_department_ids else {}
    return {"photos": (False, ()), **{name: (strict, [str(one) for one in what]) for name, what in wanted.items()}, **alone}


def _begins_with(case: Case, action: str, name: str) -> str | None:
    if name == "category" and case.category_code is None:
        return next((code for one in case.reports if (code := (one.suggestion or {}).get("code"))), None)
    if name == "category":
        return case.category_code if action == "file" else None
    return case.applied_until.isoformat() if name == "until" and action == "suspend" and case.applied_until else None


def _departments(db: Session, but: set[uuid.UUID | None]) -> list[Choice]:
    wanted = select(Department.id, Department.name).where(Department.active).order_by(Department.name, Department.id)
    return [Choice(str(one), name) for one, name in db.execute(wanted) if one not in but]


def _leads(db: Session, case: Case, _actor: Actor, _action: str) -> list[Choice]:
    """Not who has it, nor whose return was upheld."""
    return _departments(db, {case.lead_department_id} | {one.department_id for one in case.assignments if one.returned})


def _assistants(db: Session, case: Case, _actor: Actor, _action: str) -> list[Choice]:
    return _departments(db, {case.lead_department_id, *case.assisting_department_ids})


def _owners(db: Session, case: Case, _actor: Actor, _action: str) -> list[Choice]:
    return _departments(db, {case.lead_department_id})


def _inspectors(db: Session, case: Case, _actor: Actor, action: str) -> list[Choice]:
    """Grid workers of the district who neither reported nor handled it, those of the nearest area first."""
    before_filing = action == "verify" or case.status is Status.VERIFYING
    never = case.reported_by if before_filing else case.handled_by
    wanted = (select(User.id, User.name, Post.area_code).join(Post, Post.holder_id == User.id)
              .where(Post.role == Role.GRID_WORKER, User.active, User.id.not_in(never)))
    code = case.area_code or ""
    rows = db.execute(wanted.where(lies_in(Post.area_code, code[:6])) if len(code) >= 6 else wanted.limit(MOST_WORKERS)).all()
    nearest = sorted(rows, key=lambda row: (-_alike(code, row.area_code or ""), row.name, row.id))
    told: dict[uuid.UUID, Choice] = {}
    for one, name, area in nearest[:MOST_WORKERS]:
        place = areas.describe(db, area) if area else None
        told.setdefault(one, Choice(str(one), f"{name}（{place.name}）" if place else name))
    return list(told.values())


def _alike(one: str, other: str) -> int:
    return next((at for at, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs),
                min(len(one), len(other)))


def _reports(_db: Session, case: Case, _actor: Actor, _action: str) -> list[Choice]:
    return [Choice(one.number, f"{one.number} {one.text[:EXCERPT]}") for one in case.reports]


def _late_clocks(db: Session, case: Case, actor: Actor, _action: str) -> list[Choice]:
    """Clocks that the actor's department kept late, and that are at their end."""
    return [Choice(str(one.id), f"{STAGE_NAMES[one.stage]} · {one.limit}") for one in timers.all_of(db, case.id)
            if one.counts_as_late and one.state is TimerState.STOPPED and _owing(one, case) in actor.department_ids]


def _owing(timer: Timer, case: Case) -> uuid.UUID | None:
    return case.lead_department_id if timer.stage is Stage.SUPERVISE else timer.department_id


def _priorities(_db: Session, _case: Case, _actor: Actor, _action: str) -> list[Choice]:
    return [Choice(str(one), str(one)) for one in Priority]


Offer = Callable[[Session, Case, Actor, str], list[Choice]]

OFFERS: dict[str, Offer] = {
    "priority": _priorities, "lead": _leads, "assistants": _assistants, "proposed": _owners, "inspector": _inspectors,
    "reports": _reports, "clock": _late_clocks,
}
"""What there is to choose, for the fields whose choices follow from the case."""
