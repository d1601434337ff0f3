"""Both sides of a return, and how returns of the same category were ruled on before."""
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from casework.cases.assignment import Assignment
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.identity.people import Actor, Department
from casework.identity.permissions import allowed

LOOKED_BACK = 2000
"""Rulings that are looked through for those of the category, the latest; the city's of some months."""
MOST, LOOKED_AT = 10, 50
"""So many are told; so many are looked at for who sees a part of the city alone."""
RULINGS = ("uphold", "overrule")


@dataclass(frozen=True)
class Ruling:
    """A return that was ruled on: what sent the case there, why it came back, and what the adjudicator said."""

    number: str
    department: str
    upheld: bool
    why: str
    ground: str | None
    ruling: str | None
    at: datetime | None


def earlier(db: Session, actor: Actor, case: Case) -> list[Ruling]:
    """Rulings about cases of the same category that the actor may see, the latest first, at most MOST."""
    latest = aliased(Assignment, select(Assignment).where(or_(Assignment.returned, Assignment.ruled))
                     .order_by(Assignment.since.desc()).limit(LOOKED_BACK).subquery())
    wanted = (select(latest, Case, Department.name).join(Case, Case.id == latest.case_id)
              .join(Department, Department.id == latest.department_id)
              .where(Case.category_code == case.category_code, Case.id != case.id)
              .order_by(latest.since.desc()).limit(MOST if actor.unbounded else LOOKED_AT))
    found = [row for row in db.execute(wanted).all() if allowed(actor, "rulings.read", row[1])][:MOST]
    lines = _lines(db, [row[1].id for row in found])
    return [_ruling(share, one, name, lines.get(one.id, [])) for share, one, name in found]


def _lines(db: Session, case_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    wanted = select(Entry.case_id, Entry.action, Entry.facts, Entry.at).where(
        Entry.case_id.in_(case_ids), Entry.action.in_(("hand_back", *RULINGS))).order_by(Entry.case_id, Entry.number)
    made: dict[uuid.UUID, list[Any]] = {}
    for line in db.execute(wanted):
        made.setdefault(line.case_id, []).append(line)
    return made


def _ruling(share: Assignment, case: Case, department: str, lines: list[Any]) -> Ruling:
    """The last return of a case stands for it: a second is rare, and then the ruling on the last was final."""
    action = "uphold" if share.returned else "overrule"
    back: dict[str, Any] = next((one.facts for one in reversed(lines) if one.action == "hand_back"), {})
    said = next((one for one in reversed(lines) if one.action == action), None)
    return Ruling(case.number, department, share.returned, share.why, back.get("ground"),
                  said.facts.get("reason") if said else None, said.at if said else None)
