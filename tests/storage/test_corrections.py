"""What people decide is kept as training data, once a report, without its text."""
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from casework.classification import corrections, table
from casework.classification.corrections import TrainingExample, export_csv, forget, record_correction
from casework.storage import database
from casework.storage.database import new_id
from tests.conftest import SetClock
from tests.factories import a_report


def some_reports(number: int) -> list[uuid.UUID]:
    with database.transaction() as db:
        return [a_report(db).id for _ in range(number)]


def kept() -> list[TrainingExample]:
    with database.reading() as db:
        return list(corrections.corrections(db))


def test_the_last_word_holds(store: str, time: SetClock) -> None:
    (report,) = some_reports(1)
    first, second = new_id(), new_id()
    with database.transaction() as db:
        record_correction(db, report, "30101", first)
    time.passes(hours=1)
    with database.transaction() as db:
        record_correction(db, report, "30205", second)
    (example,) = kept()
    assert (example.report_id, example.code, example.corrected_by) == (report, "30205", second)
    assert example.corrected_at == time.now()


def test_two_who_correct_at_once_leave_one_example(store: str) -> None:
    (report,) = some_reports(1)
    start, failures = threading.Barrier(2), []

    def correct(code: str) -> None:
        start.wait()
        try:
            with database.transaction() as db:
                record_correction(db, report, code, None)
        except Exception as error:
            failures.append(error)
    both = [threading.Thread(target=correct, args=(code,)) for code in ("30101", "30205")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failures == []
    assert len(kept()) == 1


def test_only_reports_that_exist_are_learned_from(store: str) -> None:
    with pytest.raises(IntegrityError), database.transaction() as db:
        record_correction(db, new_id(), "30101", None)


def test_examples_become_a_file_to_train_from(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "PAGE", 2)
    reports = some_reports(5)
    with database.transaction() as db:
        for number, report in enumerate(reports):
            record_correction(db, report, f"3010{number}", None)

    def texts_of(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
        return {one: ("路灯", f"第{reports.index(one)}份，\n“不亮”") for one in ids if one != reports[3]}
    with database.reading() as db:
        assert export_csv(db, tmp_path / "examples.csv", texts_of) == 4
    with table.reading(tmp_path / "examples.csv", all_of=("subject", "detail", "label")) as rows:
        read = list(rows)
    assert [row["label"] for row in read] == ["30100", "30101", "30102", "30104"]
    assert read[0] == {"subject": "路灯", "detail": "第0份，\n“不亮”", "label": "30100"}


def test_what_was_learned_from_a_report_can_be_forgotten(store: str) -> None:
    reports = some_reports(3)
    with database.transaction() as db:
        for report in reports:
            record_correction(db, report, "30101", None)
    with database.transaction() as db:
        forget(db, reports[:2])
    assert [example.report_id for example in kept()] == [reports[2]]
