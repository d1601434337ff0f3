"""The small city with its people, seen from inside casework: who does what to which report."""
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import dispatch, inspection, resolution
from casework.cases import search
from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.cases.workflow import Facts
from casework.identity.people import Actor, Department
from casework.media import check_in
from casework.storage.database import reading, transaction
from casework.triage import automatic, desk
from tests import people
from tests.factories import a_photo, a_report, case_of

VERBS = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS


@dataclass
class City:
    """The small city with its people, and short ways to make something happen in it."""

    cast: people.Cast
    departments: dict[str, Department]

    def receives(self, **facts: object) -> Receipt:
        with transaction() as db:
            return a_report(db, **facts)

    def triages(self, *receipts: Receipt) -> None:
        automatic.triage([one.id for one in receipts])

    def dispatches(self) -> None:
        with transaction() as db:
            dispatch.dispatch_filed(db, db.scalars(select(Case.id)).all())

    def case(self, receipt: Receipt) -> Case:
        with reading() as db:
            case = case_of(db, receipt)
            _ = case.history, case.reports, case.assignments
            return case

    def does(self, actor: Actor, action: str, receipt: Receipt, **facts: object) -> Case:
        with transaction() as db:
            case = search.find(db, actor, case_of(db, receipt).number, to_change=True)
            VERBS[action](db, case, actor, Facts(**facts))
        return self.case(receipt)

    def photo_of(self, actor: Actor, colour: str = "green") -> tuple[object, ...]:
        with transaction() as db:
            return (check_in(db, a_photo(colour), channel="desk", uploaded_by=actor.id).id,)

    def act(self, db: Session, case_id: uuid.UUID, actor: Actor, action: str, **facts: object) -> None:
        """The same for a case that is known by its id, inside a transaction."""
        VERBS[action](db, db.get_one(Case, case_id), actor, Facts(**facts))
