"""What a job makes of a fault: one that passes by itself is tried again as a whole."""
import pytest
from sqlalchemy import update
from sqlalchemy.orm.exc import StaleDataError

from casework.cases.case import Case
from casework.identity.people import SYSTEM
from casework.storage.database import transaction
from casework.triage import automatic
from tests.factories import a_report, case_of, small_city
from workers.job import job


def test_a_case_that_somebody_moved_meanwhile_is_tried_again_and_not_given_up(store: str) -> None:
    with transaction() as db:
        small_city(db)
        receipt = a_report(db)
    automatic.triage([receipt.id])

    @job
    def note(_ids: list[str]) -> None:
        with transaction() as db:
            case = case_of(db, receipt)
            db.execute(update(Case).values(version=Case.version + 1).execution_options(synchronize_session=False))
            case.note("alarm", SYSTEM)
    with pytest.raises(StaleDataError):
        note(["1"])
