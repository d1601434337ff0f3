"""Cases that had reports in common: merged into each other, or parted. What was said of a reporter may stand in all of them."""
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.history import Entry

TELLS = ("merged_in", "unmerged", "parted")
"""Lines that name the other case."""


def kin(db: Session, case_id: uuid.UUID) -> set[uuid.UUID]:
    """The other cases with which this one had reports in common, directly or by a third; a few statements for each round."""
    known, new = {case_id}, {case_id}
    while new:
        merged = set(db.scalars(select(Case.id).where(Case.merged_into_id.in_(new))))
        told = db.scalars(select(Entry.facts).where(Entry.case_id.in_(new), Entry.action.in_(TELLS)))
        numbers = {facts["case"] for facts in told}
        new = (merged | set(db.scalars(select(Case.id).where(Case.number.in_(numbers))))) - known
        known |= new
    return known - {case_id}
