"""Citizens who reported the same problem judge it at the same moment."""
import uuid

import pytest

from casework.cases import search
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Facts
from casework.community import ratings
from casework.errors import Conflict
from casework.identity.people import ANONYMOUS, SYSTEM
from casework.storage.database import new_id, reading, transaction
from tests.factories import GRIDS, a_report, at_grid, small_city


def closed_case_with_two_voices() -> tuple[uuid.UUID, uuid.UUID]:
    with transaction() as db:
        small_city(db)
        one, other = a_report(db), a_report(db, text="还是那个井盖")
        case = Case.open(db, db.get_one(Report, one.id), SYSTEM, area_code=GRIDS[0], place=at_grid(0))
        case.add_report(db.get_one(Report, other.id))
        case.categorise(db, "10101")
        case.move("self_handle", SYSTEM, Facts(photos=(new_id(),), position=at_grid(0)))
    return one.id, other.id


def test_both_are_heard(postgresql: str) -> None:
    one, other = closed_case_with_two_voices()
    with transaction() as slow:
        report = slow.get_one(Report, one)
        seen = search.followed(slow, report)  # as it is before the other one rates; held, or the session forgets it
        with transaction() as quick:
            ratings.rate(quick, quick.get_one(Report, other), ANONYMOUS, 2)
        ratings.rate(slow, report, ANONYMOUS, 5)
        assert seen
    with reading() as db:
        case = search.followed(db, db.get_one(Report, one))
        assert case
        assert [line.facts["score"] for line in case.history if line.action == "rate"] == [2, 5]


def test_nobody_is_heard_twice(store: str) -> None:
    one, _ = closed_case_with_two_voices()
    with transaction() as db:
        ratings.rate(db, db.get_one(Report, one), ANONYMOUS, 4)
    with pytest.raises(Conflict), transaction() as db:
        ratings.rate(db, db.get_one(Report, one), ANONYMOUS, 1)
