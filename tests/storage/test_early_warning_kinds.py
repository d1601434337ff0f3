"""Repeated cases, silent grids, classes that become late and hot topics: each is found, and ordinary days bring none."""
import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Channel, Report, public_number
from casework.cases.workflow import Status
from casework.geography.coordinates import Point
from casework.identity.privacy import seal
from casework.performance.early_warning import words
from casework.performance.early_warning.warning import EarlyWarning, Kind
from casework.sla import calendar
from casework.storage.database import new_id, reading, transaction
from tests import people
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.seasons import arrives, usual
from workers import warnings


@pytest.fixture
def ordinary(cast: people.Cast, time: SetClock) -> people.Cast:
    """Ordinary days, not yet counted."""
    with transaction() as db:
        calendar.seed(db)
    usual(random.Random(5), clock.now())
    return cast


def counted() -> None:
    for _ in range(2):
        warnings.count_days()


def found(kind: Kind) -> list[EarlyWarning]:
    with reading() as db:
        return list(db.scalars(select(EarlyWarning).where(EarlyWarning.kind == kind)))


@pytest.mark.usefixtures("ordinary")
def test_ordinary_days_bring_nothing() -> None:
    counted()
    for watch in (warnings.watch_places, warnings.watch_topics, warnings.watch_clusters):
        watch()
    with reading() as db:
        assert [(one.kind, one.evidence) for one in db.scalars(select(EarlyWarning))] == []


@pytest.mark.usefixtures("ordinary")
def test_what_comes_again_and_again_at_one_place_is_one_warning(time: SetClock) -> None:
    here = at_grid(1, 55, 55)
    arrives([(clock.now() - timedelta(days=2 + 4 * number), 1, here, "10101", "井盖又坏了") for number in range(6)])
    warnings.watch_places()
    (one,) = found(Kind.REPEAT)
    assert (one.category_code, one.area_code, one.ended_at) == ("10101", GRIDS[1], None)
    assert one.count == len(one.evidence["cases"]) in {6, 7}  # an ordinary one lies beside them
    assert one.lon == pytest.approx(here.lon, abs=0.001)
    time.passes(days=1)
    warnings.watch_places()
    assert len(found(Kind.REPEAT)) == 1
    time.passes(days=20)
    warnings.watch_places()
    (one,) = found(Kind.REPEAT)
    assert one.ended_at == clock.now()


@pytest.mark.usefixtures("ordinary")
def test_a_place_on_the_line_between_squares_is_one_place(time: SetClock) -> None:
    near = at_grid(1, 55, 55)
    line = Point(round(near.lon, 3), round(near.lat, 3))
    aside = [Point(line.lon + east, line.lat + north) for east in (-1e-4, 1e-4) for north in (-1e-4, 1e-4)]
    time.is_now("2026-03-02 06:20")
    arrives([(clock.now() - timedelta(days=1 + 3 * number), 1, aside[number % 4], "10101", "又坏了") for number in range(8)])
    warnings.watch_places()
    (one,) = found(Kind.REPEAT)
    assert one.count == 8
    assert (one.lon, one.lat) == (pytest.approx(line.lon, abs=6e-4), pytest.approx(line.lat, abs=6e-4))
    assert [day["day"] for day in one.evidence["days"]][-2:] == ["2026-02-26", "2026-03-01"], "days of the city"
    time.passes(days=1)
    arrives([(clock.now() - timedelta(hours=1), 1, aside[0], "10101", "井盖又坏了")])
    warnings.watch_places()
    assert [again.id for again in found(Kind.REPEAT)] == [one.id]


@pytest.mark.usefixtures("ordinary")
def test_many_at_once_at_one_place_are_no_repetition() -> None:
    arrives([(clock.now() - timedelta(hours=number), 1, at_grid(1, 55, 55), "10101", "井盖坏了") for number in range(6)])
    warnings.watch_places()
    assert found(Kind.REPEAT) == []


@pytest.mark.usefixtures("ordinary")
def test_a_grid_of_which_nothing_is_heard_any_more_is_silent_until_it_speaks(time: SetClock) -> None:
    since = clock.now() - timedelta(days=15)
    with transaction() as db:
        quiet = select(Case.id).where(Case.area_code == GRIDS[3], Case.opened_at >= since)
        db.execute(delete(Report).where(Report.case_id.in_(quiet)).execution_options(synchronize_session=False))
    counted()
    warnings.watch_places()
    (one,) = found(Kind.SILENT)
    assert (one.area_code, one.evidence["places"]) == (GRIDS[3], ["网格4"])
    assert one.count < 0.3 * one.expected
    time.passes(days=14)
    usual(random.Random(8), clock.now(), 14)
    counted()
    warnings.watch_places()
    (one,) = found(Kind.SILENT)
    assert one.ended_at is not None


@pytest.mark.usefixtures("ordinary")
def test_a_class_of_which_more_is_closed_late_than_before_is_warned_of() -> None:
    week = clock.now() - timedelta(days=7)
    with transaction() as db:
        db.execute(update(Case).where(Case.category_code == "302").values(status=Status.CLOSED, is_open=False,
                                                                          closed_at=Case.opened_at))
        recent = select(Case.id).where(Case.category_code == "302", Case.opened_at >= week)
        arrives_late = db.scalars(recent).all()
        db.execute(update(Case).where(Case.id.in_(arrives_late)).values(overdue=True))
    usual_late = [(clock.now() - timedelta(days=1 + number % 6, hours=1), 0, at_grid(0), "302", "噪声") for number in range(15)]
    for row in usual_late:
        arrives([row], status=Status.CLOSED, is_open=False, closed_at=row[0], overdue=True)
    counted()
    warnings.watch_places()
    (one,) = found(Kind.LATE)
    assert (one.category_code, one.area_code) == ("302", None)
    assert one.evidence["share"] > 90
    assert one.evidence["usual"] < 10
    assert len(one.evidence["cases"]) >= 20
    assert one.confidence > 0.99, "as sure as so unlikely a share lets be"


@pytest.mark.usefixtures("ordinary")
def test_words_of_many_become_a_topic_and_no_name_or_number_stands_in_it(time: SetClock) -> None:
    counted()
    for number in range(12):
        at = clock.now() - timedelta(hours=number, minutes=1)
        arrives([(at, number % 4, at_grid(number % 4), ["301", "302", "10105"][number % 3],
                  f"欧阳明月反映共享单车乱停放，电话138001380{number:02}")])
    with transaction() as db:
        db.execute(update(Report).where(Report.text.contains("共享单车")).values(reporter_name=seal("欧阳明月")))
    warnings.watch_topics()
    (one,) = found(Kind.TOPIC)
    assert one.count == 12
    assert any(word in "共享单车乱停放" for word in one.evidence["words"])
    assert not any(run in word or word in run for word in one.evidence["words"] for run in ("欧阳明月", "欧阳", "明月"))
    time.passes(minutes=30)
    warnings.watch_topics()
    assert [again.id for again in found(Kind.TOPIC)] == [one.id]
    time.passes(days=2)
    counted()
    warnings.watch_topics()
    assert found(Kind.TOPIC)[0].ended_at is not None


def test_numbers_of_people_and_rare_words_are_not_kept() -> None:
    texts = ["王小明的电话13800138000，反映路灯不亮"] + ["路灯不亮，请维修"] * 3
    kept = words.common(texts)
    assert kept["路灯"] == 4
    assert not [run for run in kept if "王" in run or "明" in run or "1" in run]


def test_a_name_that_many_write_is_no_word_of_theirs(store: str) -> None:
    said = [new_id() for _ in range(4)]
    with transaction() as db:
        db.execute(insert(Report), [
            {"id": one, "number": public_number("ZW", clock.now()), "channel": Channel.HOTLINE, "source": "x", "key": one.hex,
             "digest": "", "received_at": clock.now(), "text": "司马相如家漏水", "reporter_name": seal("司马相如")}
            for one in said])
        rows = [type("Saying", (), {"report_id": one, "words": "司马相如家漏水"})() for one in said]
        assert words.telling(db, rows, (words.Counter(), 100)) == ["家漏水"]
