"""The calendar in the database: seeded, imported, cached by version, and honest about what it does not know."""
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from casework.errors import Invalid
from casework.sla import calendar
from casework.sla.limits import Unit
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock, absent

ANNOUNCED = Path(__file__).parents[2].parent / "shared" / "data" / "calendar"
SPRING = [{"date": "2027-02-06", "isOffDay": False, "name": "春节"}, {"date": "2027-02-08", "isOffDay": True, "name": "春节"}]


def test_without_data_weekdays_count_and_both_years_are_warned_of(store: str, time: SetClock) -> None:
    time.is_now("2026-11-20 10:00")
    with capture_logs() as logs, reading() as db:
        calendar._cached = None
        assert calendar.load(db).is_work(date(2026, 10, 1))
        assert [sentence.split(":")[0] for sentence in calendar.warnings(db)] == [
            "The calendar has no holidays for 2026", "The calendar has no holidays for 2027"]
    assert [line["log_level"] for line in logs] == ["warning", "warning"]


def test_the_year_is_that_of_the_city(store: str, time: SetClock) -> None:
    time.is_now("2027-01-01 00:30")
    with transaction() as db:
        calendar.seed(db)
        assert "2027" in calendar.warnings(db)[0]
        assert "2028" in calendar.warnings(db)[1]


def test_seeding_loads_every_announced_year_once(store: str, time: SetClock) -> None:
    with transaction() as db:
        years = calendar.seed(db)
        assert set(range(2018, 2027)) <= set(years)
        assert calendar.seed(db) == []
        assert calendar.load(db).known_years == set(years)
        assert not any("2026" in sentence for sentence in calendar.warnings(db))


@pytest.mark.parametrize("year", range(2018, 2027))
def test_the_seed_agrees_with_what_was_announced(sqlite: str, year: int) -> None:
    path = ANNOUNCED / f"{year}.json"
    if not path.exists():
        absent(f"no announced calendar at {path}")
    announced = json.loads(path.read_text())["days"]
    with transaction() as db:
        calendar.seed(db)
        seeded = calendar.load(db)
    wrong = [day for day in announced if seeded.is_work(date.fromisoformat(day["date"])) == day["isOffDay"]]
    assert wrong == []
    assert len(announced) > 20


def test_an_import_replaces_the_year_and_is_seen_at_once(store: str, time: SetClock) -> None:
    with transaction() as db:
        assert calendar.load(db).is_work(date(2027, 2, 8))
        assert calendar.import_days(db, 2027, SPRING, "国务院办公厅") == 2
        assert not calendar.load(db).is_work(date(2027, 2, 8))
        assert calendar.load(db).is_work(date(2027, 2, 6))
    with transaction() as db:
        calendar.import_days(db, 2027, SPRING[:1], "correction")
    with reading() as db:
        assert calendar.load(db).is_work(date(2027, 2, 8))
        assert 2027 in calendar.load(db).known_years
        assert calendar.load(db).measure(Unit.WORK_DAY, time.is_now("2027-02-06 20:00")) > calendar.load(db).measure(
            Unit.WORK_DAY, time.is_now("2027-02-06 07:00"))


def test_whatever_changes_the_calendar_says_so_once(store: str, time: SetClock) -> None:
    def said() -> list[str]:
        with reading() as db:
            wanted = select(Event.detail).where(Event.name == "calendar.changed").order_by(Event.id)
            return [detail["why"] for detail in db.scalars(wanted)]

    with transaction() as db:
        years = calendar.seed(db)
    with transaction() as db:
        calendar.seed(db)
    assert said() == [f"工作日历变更：载入{years[0]}至{years[-1]}年放假安排"]
    with transaction() as db:
        calendar.import_days(db, 2027, SPRING, "a")
        calendar.set_office_hours(db, date(2026, 6, 1), [("08:00", "12:00")])
    assert said()[1:] == ["工作日历变更：载入2027年放假安排", "工作日历变更：2026-06-01 起改变办公时间"]


def test_days_are_named_in_chinese(store: str) -> None:
    with transaction() as db:
        calendar.seed(db)
        days = calendar.load(db)
    named = {days.name(date(2026, month, day)) for month, day in ((1, 1), (2, 14), (2, 17), (10, 1))}
    assert named == {"元旦", "春节", "国庆节"}


def test_an_import_stands_over_the_seed(store: str) -> None:
    with transaction() as db:
        calendar.import_days(db, 2026, [{"date": "2026-10-01", "isOffDay": False, "name": "演练"}], "test")
        assert 2026 not in calendar.seed(db)
        assert calendar.load(db).is_work(date(2026, 10, 1))


def test_an_announcement_may_name_days_of_the_year_before(store: str) -> None:
    day = {"date": "2026-12-31", "isOffDay": True, "name": "元旦"}
    with transaction() as db:
        calendar.seed(db)
        calendar.import_days(db, 2027, [day, *SPRING], "a")
        assert not calendar.load(db).is_work(date(2026, 12, 31))
        calendar.import_days(db, 2027, SPRING, "b")
        assert calendar.load(db).is_work(date(2026, 12, 31))
        assert not calendar.load(db).is_work(date(2026, 10, 1))


def test_what_is_rolled_back_was_never_loaded(store: str) -> None:
    class Undo(Exception):
        pass
    with pytest.raises(Undo), transaction() as db:
        calendar.import_days(db, 2027, SPRING, "a")
        assert not calendar.load(db).is_work(date(2027, 2, 8))
        raise Undo
    with reading() as db:
        assert calendar.load(db).is_work(date(2027, 2, 8))


@pytest.mark.parametrize(("rows", "field"), [
    ([], "days"),
    ([{"date": "2027-02-30", "isOffDay": True}], "days.0.date"),
    ([{"date": None, "isOffDay": True}], "days.0.date"),
    ([SPRING[0], SPRING[0]], "days.1.date"),
    ([{"date": "2029-01-01", "isOffDay": True}], "days.0.date"),
    ([{"date": "2027-01-01", "isOffDay": "yes"}], "days.0.isOffDay"),
    ([{"date": "2027-01-01"}], "days.0.isOffDay")])
def test_what_is_no_announcement_is_refused_by_row(sqlite: str, rows: list[dict[str, object]], field: str) -> None:
    with transaction() as db, pytest.raises(Invalid) as refused:
        calendar.import_days(db, 2027, rows, "test")
    assert [fault.field for fault in refused.value.faults] == [field]


def test_office_hours_change_from_their_date_on(store: str) -> None:
    with transaction() as db:
        calendar.set_office_hours(db, date(2026, 6, 1), [("08:00", "12:00"), ("15:00", "18:00")])
    with transaction() as db:
        calendar.set_office_hours(db, date(2026, 6, 1), [("08:30", "12:00"), ("15:00", "18:00")])
    with reading() as db:
        assert calendar.load(db).hours(date(2026, 5, 29)) == calendar.DEFAULT_HOURS
        assert calendar.load(db).hours(date(2026, 6, 2)) == ((510, 720), (900, 1080))


@pytest.mark.parametrize("spans", [
    [], [("12:00", "08:00")], [("08:00", "12:00"), ("11:00", "15:00")], [("8 o'clock", "12:00")], [("08:00", "08:00")]])
def test_what_are_no_office_hours_is_refused(sqlite: str, spans: list[tuple[str, str]]) -> None:
    with transaction() as db, pytest.raises(Invalid):
        calendar.set_office_hours(db, date(2026, 6, 1), spans)
