"""The whole way in a small city: reports come in, days are counted, the watch looks, somebody is told, it goes on and ends."""
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from casework import clock
from casework.cases.report import Channel, Report, public_number
from casework.notifications import inbox, messages
from casework.performance.early_warning import clusters, judging
from casework.performance.early_warning.days import EVERYTHING, DayCounts
from casework.performance.early_warning.warning import EarlyWarning, Kind, Outcome, State
from casework.sla import calendar
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.seasons import DAYS, arrives, usual
from workers import warnings


def outbreak(now: datetime, count: int = 12) -> None:
    """Within two hours, around one corner of the first grid."""
    arrives([(now - timedelta(minutes=9 * number), 0, at_grid(0, 20 * number, 10 * number), "301",
              f"小区突然停水，{number}号楼") for number in range(count)])


def going_on() -> list[EarlyWarning]:
    with reading() as db:
        return list(db.scalars(select(EarlyWarning).where(EarlyWarning.ended_at.is_(None))))


@pytest.fixture
def quiet(cast: people.Cast, time: SetClock) -> people.Cast:
    """Forty ordinary days, counted."""
    with transaction() as db:
        calendar.seed(db)
    usual(random.Random(5), clock.now())
    for _ in range(2):
        warnings.count_days()
    return cast


def test_from_reports_to_a_warning_that_is_told_taken_over_judged_and_ends(quiet: people.Cast, time: SetClock) -> None:
    warnings.watch_clusters()
    assert going_on() == []
    outbreak(clock.now())
    warnings.watch_clusters()
    (found,) = going_on()
    assert (found.kind, found.state, found.category_code, found.area_code) == (Kind.CLUSTER, State.OPEN, "301", GRIDS[0])
    assert found.count >= 10
    assert found.expected < 2
    assert found.confidence > 0.9
    assert found.lon is not None
    assert abs(found.lon - at_grid(0).lon) < 0.01
    with reading() as db:
        evidence = judging.whole(db, found)["evidence"]
        assert len(evidence["cases"]) >= 10
        assert any("停水" in word for word in evidence["words"])
        assert evidence["places"] == ["网格1"]
        assert evidence["days"][-1]["count"] >= 10
        event = db.scalars(select(Event).where(Event.name == "warning.raised")).one()
    with transaction() as db:
        assert messages.write(db, [event.id]) == 2  # both dispatchers have the whole city
        assert messages.write(db, [event.id]) == 0
    with reading() as db:
        (told,), _ = inbox.page(db, quiet.dispatcher)
        assert told["text"].startswith("预警：网格1约")
        assert told["case"] is None
        assert inbox.page(db, quiet.water_head)[0] == []
    with transaction() as db:
        judging.acknowledge(db, judging.find(db, quiet.dispatcher, found.id, to_change=True), quiet.dispatcher, None)
    time.passes(hours=1)
    warnings.watch_clusters()
    (still,) = going_on()
    assert (still.id, still.state) == (found.id, State.ACKNOWLEDGED)
    assert still.updated_at > found.updated_at
    time.passes(days=2)
    usual(random.Random(6), clock.now(), 2)
    warnings.watch_clusters()
    assert going_on() == []
    with transaction() as db:
        ended = judging.find(db, quiet.supervisor, found.id, to_change=True)
        assert ended.state is State.CLOSED
        judging.judge(db, ended, quiet.supervisor, Outcome.TRUE, "爆管")
        fared = {one["kind"]: one for one in judging.precision(db, quiet.supervisor)}
        assert fared[Kind.CLUSTER]["precision"] == 1.0
        assert len(db.scalars(select(EarlyWarning)).all()) == 1, "what has been told is not told again"


@pytest.mark.usefixtures("quiet")
def test_a_day_is_counted_once_and_once_more_when_it_has_settled(time: SetClock) -> None:
    with reading() as db:
        rows = db.scalars(select(DayCounts).where(DayCounts.group_code == EVERYTHING).order_by(DayCounts.day)).all()
        assert len(rows) == DAYS
        with_squares = db.scalars(select(DayCounts).where(DayCounts.group_code == "301")).all()
    assert sum(sum(row.hours) for row in rows) == pytest.approx(8 * DAYS, abs=12)
    assert all(sum(row.squares[2::3]) == sum(row.hours) == sum(row.areas.values()) for row in with_squares)
    before = {row.day: row.counted_at for row in rows}
    time.passes(hours=1)
    warnings.count_days()
    with reading() as db:
        assert {row.day: row.counted_at for row in db.scalars(
            select(DayCounts).where(DayCounts.group_code == EVERYTHING))} == before
    time.passes(days=4)
    warnings.count_days()
    with reading() as db:
        again = {row.day for row in db.scalars(select(DayCounts).where(DayCounts.group_code == EVERYTHING))
                 if row.counted_at == clock.now()}
    assert len(again) == 4 + 3, "the new days, and those that had been counted before they had settled"


def test_a_city_without_a_past_is_not_warned(cast: people.Cast, time: SetClock) -> None:
    outbreak(clock.now())
    warnings.watch_clusters()
    assert going_on() == []


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("hours", [0.0, 4.0], ids=["at once", "for five days"])
def test_a_crowd_about_one_case_is_no_outbreak(hours: float) -> None:
    outbreak(clock.now(), 1)
    with transaction() as db:
        report = db.scalars(select(Report).order_by(Report.received_at.desc()).limit(1)).one()
        db.execute(insert(Report), [{
            "id": new_id(), "number": public_number("ZW", clock.now()), "channel": Channel.HOTLINE, "source": "x",
            "key": new_id().hex, "digest": "", "text": "停水",
            "received_at": clock.now() - timedelta(minutes=1, hours=hours * number), "case_id": report.case_id}
            for number in range(30)])
    with transaction() as db:
        assert clusters.watch(db) == 0
