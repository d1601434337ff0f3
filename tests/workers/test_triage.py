"""Whatever goes wrong with one report, the others are triaged, and that one lies on a person's desk."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from casework.cases.report import Outcome, Report
from casework.cases.workflow import Status
from casework.media import check_in
from casework.storage import database
from casework.storage.database import reading, transaction
from casework.triage import automatic
from tests.factories import a_photo, a_report, at_grid, case_of, small_city
from workers.job import GivenUp
from workers.triage import triage_reports


def test_a_report_that_triage_stumbles_over_goes_to_a_person(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as db:
        small_city(db)
        received = [a_report(db, text=text, place=at_grid(number)) for number, text in enumerate(("一", "二", "坏", "四"))]
    real = automatic._judge

    def judge(report: Report, *rest: object) -> object:
        if report.text == "坏":
            raise ValueError("a fault of ours")
        return real(report, *rest)
    monkeypatch.setattr(automatic, "_judge", judge)
    with pytest.raises(GivenUp, match="1 of 4"):
        triage_reports([str(one.id) for one in received])
    with reading() as db:
        outcomes = {report.text: report.outcome for report in db.scalars(select(Report))}
        left = case_of(db, received[2])
        assert (left.status, left.waiting_for) == (Status.REPORTED, "自动受理出错，请人工受理")
    assert outcomes == {"一": Outcome.FILED, "二": Outcome.FILED, "坏": Outcome.LEFT, "四": Outcome.FILED}


def test_a_report_whose_photo_arrives_just_then_is_triaged_all_the_same(store: str) -> None:
    """Who stores a photo holds its report only against being deleted."""
    if database.engine().dialect.name == "sqlite":
        return  # has one writer anyway
    with transaction() as db:
        small_city(db)
        report = a_report(db, place=at_grid(0))
    with transaction() as db:
        check_in(db, a_photo(), channel="upload", report_id=report.id)
        db.flush()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(triage_reports, [str(report.id)]).result(timeout=120)
    with reading() as db:
        assert [one.outcome for one in db.scalars(select(Report))] == [Outcome.FILED]
