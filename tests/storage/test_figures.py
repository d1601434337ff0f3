"""Indicators by hand: a small city whose every case is known, and what each figure of it must be."""
from datetime import timedelta
from typing import Any

import pytest

from casework import clock
from casework.cases.report import Channel, Receipt, Report
from casework.community import ratings
from casework.identity.people import Actor
from casework.performance import figures, rollups
from casework.performance.days import day_of
from casework.performance.figures import By, Wanted
from casework.performance.indicators import INDICATORS
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.storage.city import City


def counts(city: City, *receipts: Receipt) -> None:
    with transaction() as db:
        rollups.refresh(db, [city.case(one).id for one in receipts])


def page(actor: Actor, by: By = By.TOTAL, **narrowed: Any) -> dict[str, Any]:
    today = day_of(clock.now())
    period = {"since": today - timedelta(days=30), "until": today + timedelta(days=1)}
    with reading() as db:
        return figures.page(db, actor, Wanted(by=by, **(period | narrowed)))


def by_key(actor: Actor, by: By, code: str, **narrowed: Any) -> dict[str, Any]:
    return {one["key"]: one["values"][code] for one in page(actor, by, **narrowed)["items"]}


def finished(city: City, receipt: Receipt, time: SetClock, grid: int = 0, hours: float = 1) -> None:
    cast, inspector = city.cast, (city.cast.li, city.cast.wang)[grid]
    time.passes(hours=hours)
    city.does(cast.water_handler, "resolve", receipt, reply="好了", photos=city.photo_of(cast.water_handler, "red"))
    time.passes(minutes=30)
    city.does(inspector, "pass", receipt, position=at_grid(grid), finding="好", photos=city.photo_of(inspector, "blue"))


@pytest.fixture
def known(city: City, time: SetClock) -> dict[str, Receipt]:
    """Seven cases in the first grid or beside it: closed in time, closed late, handed back, put off, refused, waiting."""
    cast = city.cast
    worker = {"source": "li", "reporter_id": cast.li.id}
    made = {"quick": city.receives(**worker), "late": city.receives(place=at_grid(1), text="井盖破了，很危险"),
            "back": city.receives(place=at_grid(2), channel=Channel.CITIZEN, claimed_category="10102"),
            "resting": city.receives(place=at_grid(3), claimed_category="10105"),
            "refused": city.receives(place=at_grid(0, 400), channel=Channel.HOTLINE, claimed_category="20101"),
            "waits": city.receives(place=at_grid(2, 300), claimed_category="20101")}
    time.passes(minutes=10)
    city.triages(*made.values())
    time.passes(minutes=10)
    city.dispatches()
    time.passes(minutes=10)
    for name in ("quick", "late"):
        city.does(cast.water_handler, "sign", made[name])
    finished(city, made["quick"], time)
    city.does(cast.water_head, "hand_back", made["back"], ground="三定方案")
    city.does(cast.adjudicator, "uphold", made["back"], reason="确非其职责")
    city.does(cast.dispatcher, "dispatch", made["back"], lead=city.departments["roads"].id)
    city.does(cast.roads_handler, "sign", made["resting"])
    city.does(cast.roads_handler, "defer", made["resting"], reason="等配件", until=clock.now() + timedelta(days=20))
    city.does(cast.dispatcher, "suspend", made["resting"])
    city.does(cast.operator, "reject", made["refused"], reason="不属本市")
    finished(city, made["late"], time, grid=1, hours=5)
    with transaction() as db:
        ratings.rate(db, db.get_one(Report, made["late"].id), cast.operator, 4)
    return made


BY_HAND = {
    "received": 6, "voices": 6, "filed": 5, "due": 3, "closed": 2, "overdue": 1, "open": 3,
    "filing_rate": 0.8333,         # 5 of 6: one was refused
    "closing_rate": 1.0,           # 2 closed of 3 due, one of them put off
    "on_time_rate": 0.5, "overdue_rate": 0.3333, "deferral_rate": 0.3333,
    "extension_rate": 0.0, "rework_rate": 0.0, "supervision_rate": 0.0, "self_handled_share": 0.0,
    "return_rate": 0.2,            # given five times, because one was given twice
    "upheld_return_rate": 1.0, "response_rate": None, "solution_rate": 1.0, "satisfaction_rate": 1.0}

MINUTES = {  # in their order: triage, dispatch and signing of all, handling, inspection and the whole of what was closed
    "triage": ([10] * 5), "dispatch": [10, 10, 10, 10 + 90], "sign": [10, 10, 100, 100], "handle": [60 + 10, 390 + 10],
    "check": [30, 30], "total": [120, 450]}


def test_every_indicator_by_hand(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    values = page(city.cast.leader)["total"]["values"]
    print(values)
    assert {code: values[code] for code in BY_HAND} == BY_HAND
    assert set(values) == set(INDICATORS)
