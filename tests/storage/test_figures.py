"""Indicators by hand: a small city whose every case is known, and what each figure of it must be."""
import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Channel, Receipt, Report
from casework.cases.workflow import Facts
from casework.community import ratings
from casework.errors import Invalid, NotFound, Refused
from casework.geography.codes import Level
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.performance import figures, rollups
from casework.performance.days import day_of
from casework.performance.figures import By, Wanted
from casework.performance.indicators import INDICATORS
from casework.performance.rollups import Rollup
from casework.sla import policies
from casework.sla.policies import Numbers
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.city import VERBS, City


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
    "received": 6, "voices": 6, "filed": 5, "given": 5, "due": 3, "closed": 2, "overdue": 1, "open": 3,
    "filing_rate": 0.8333,         # 5 of 6: one was refused
    "closing_rate": 1.0,           # 2 closed of 3 due, one of them put off
    "on_time_rate": 0.5, "overdue_rate": 0.3333, "deferral_rate": 0.3333,
    "extension_rate": 0.0, "rework_rate": 0.0, "supervision_rate": 0.0, "self_handled_share": 0.0,
    "return_rate": 0.2,            # given five times, because one was given twice
    "upheld_return_rate": 1.0, "response_rate": None, "solution_rate": 1.0, "satisfaction_rate": 1.0}

MINUTES = {
    "triage": (10, 10), "dispatch": (10, 110),  # the refused one waited until it was refused
    "sign": (10, 100), "handle": (70, 400), "check": (30, 30), "total": (120, 450)}
"""Median and 90th percentile of each stage: the smallest duration within which so many lie."""


def test_every_indicator_by_hand(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    values = page(city.cast.leader)["total"]["values"]
    assert {code: values[code] for code in BY_HAND} == BY_HAND
    for stage, both in MINUTES.items():
        for share, minutes in zip(("p50", "p90"), both, strict=True):
            assert values[f"{stage}_{share}"] == pytest.approx(minutes, rel=0.04), (stage, share)
    assert set(values) == set(INDICATORS) == {*BY_HAND, *(f"{stage}_{share}" for stage in MINUTES for share in ("p50", "p90"))}


def test_each_dimension_has_its_part(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    leader, water, roads = city.cast.leader, *(str(city.departments[name].id) for name in ("water", "roads"))
    assert by_key(leader, By.DEPARTMENT, "received") == {water: 2, roads: 2}
    assert by_key(leader, By.DEPARTMENT, "given") == {water: 3, roads: 2}
    assert by_key(leader, By.DEPARTMENT, "return_rate") == {water: 0.3333, roads: 0.0}  # one of water's three
    assert by_key(leader, By.DEPARTMENT, "on_time_rate") == {water: 0.5, roads: None}
    assert by_key(leader, By.AREA, "received", level=Level.GRID) == dict(zip(GRIDS, (2, 1, 2, 1), strict=True))
    assert by_key(leader, By.AREA, "filed", area=GRIDS[0][:9]) == {GRIDS[0][:12]: 2, GRIDS[2][:12]: 3}
    assert by_key(leader, By.AREA, "filed") == {"440301": 5}
    assert by_key(leader, By.CATEGORY, "received") == {"101": 4, "201": 2}
    assert by_key(leader, By.CATEGORY, "received", category="101") == {"10101": 2, "10102": 1, "10105": 1}
    assert by_key(leader, By.CHANNEL, "received") == {"pda": 4, "citizen": 1, "hotline": 1}
    assert by_key(leader, By.WORKER, "received") == {str(city.cast.li.id): 1}
    assert by_key(leader, By.DAY, "received") == {"2026-03-02": 6}
    names = {one["name"] for by in (By.WORKER, By.CHANNEL) for one in page(leader, by)["items"]}
    assert names == {"Li", "网格员终端", "随手拍", "热线"}


def test_who_looks_after_a_part_sees_that_part(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    with transaction() as db:
        ids = {name: create_user(db, name, name, None).id for name in ("local", "both")}
        create_post(db, "l", Role.LEADER, holder_id=ids["local"], area_code=GRIDS[0][:12])
        for department in ("water", "roads"):
            create_post(db, "h", Role.DEPARTMENT_HEAD, holder_id=ids["both"], department_id=city.departments[department].id)
        local, both = (actor_of(db, one) for one in ids.values())
    assert page(local)["total"]["values"]["received"] == 3
    assert page(local, area=GRIDS[1])["total"]["values"]["received"] == 1
    assert page(local, area="440301")["total"]["values"]["received"] == 3
    assert page(city.cast.water_head)["total"]["values"]["received"] == 2
    assert page(both, department=city.departments["roads"].id)["total"]["values"]["received"] == 2
    with pytest.raises(Invalid, match="whose"):
        page(both)
    for actor, narrowed in ((local, {"area": GRIDS[2]}), (local, {"area": GRIDS[2][:12]}),
                            (city.cast.water_head, {"department": city.departments["roads"].id})):
        with pytest.raises(NotFound):
            page(actor, **narrowed)
    with transaction() as db:  # a grid worker's post lends no area to a head's
        create_post(db, "g", Role.GRID_WORKER, holder_id=city.cast.water_head.id, area_code=GRIDS[2])
        two_posts = actor_of(db, city.cast.water_head.id)
    assert page(two_posts)["total"]["values"]["received"] == 2
    with pytest.raises(NotFound):
        page(two_posts, area=GRIDS[2], department=city.departments["roads"].id)
    with pytest.raises(Refused):
        page(city.cast.li)


def test_grids_and_workers_come_a_page_at_a_time(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    for by, level in ((By.AREA, Level.GRID), (By.AREA, Level.COMMUNITY), (By.CATEGORY, None), (By.DEPARTMENT, None)):
        whole = [one["key"] for one in page(city.cast.leader, by, level=level)["items"]]
        seen: list[str] = []
        after: str | None = None
        while after is not None or not seen:
            one = page(city.cast.leader, by, level=level, limit=1, after=after)
            seen += [item["key"] for item in one["items"]]
            assert one["total"]["values"]["received"] == 6
            after = one["next"]
        assert seen == whole
    with pytest.raises(Invalid):
        page(city.cast.leader, By.WORKER, after="nobody")


FILTERS: dict[str, tuple[Any, ...]] = {
    "area": (None, "4403", "440301", GRIDS[0][:9], GRIDS[0][:12], GRIDS[0]), "category": (None, "101", "10101"),
    "channel": (None, Channel.PDA), "department": (None, "water")}


@pytest.mark.parametrize("by", By)
def test_sums_say_what_the_facts_say_whatever_is_asked(city: City, time: SetClock, by: By,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """Four months of cases, asked for by whole months and by parts of them, narrowed in every way at once."""
    made = []
    for number, day in enumerate(("2026-03-30", "2026-03-31", "2026-04-01", "2026-04-15", "2026-05-31", "2026-06-02")):
        time.is_now(f"{day} 10:00")
        made.append(city.receives(place=at_grid(number % 4), claimed_category=["10101", "10105", "10102"][number % 3],
                                  channel=[Channel.PDA, Channel.CITIZEN][number % 2], reporter_id=city.cast.li.id))
        city.triages(made[-1])
        city.dispatches()
    counts(city, *made)
    periods = [(date(2026, 3, 31), date(2026, 6, 3)), (date(2026, 3, 1), date(2026, 6, 1)),
               (date(2026, 4, 1), date(2026, 4, 16))]

    def asked() -> list[Any]:
        answers = []
        for narrowed in itertools.product(*FILTERS.values()):
            named = dict(zip(FILTERS, narrowed, strict=True))
            if named["department"]:
                named["department"] = city.departments["water"].id
            for since, until in periods:
                one = page(city.cast.leader, by, since=since, until=until, **named)
                answers.append((named, since, one["items"], one["total"]))
        return answers
    usual = asked()
    assert sum(total["values"]["received"] > 0 for *_, total in usual) > len(usual) / 3
    monkeypatch.setattr(figures, "_stored", lambda *_: None)
    assert asked() == usual


def test_an_area_has_none_of_the_areas_around_it(city: City, known: dict[str, Receipt]) -> None:
    counts(city, *known.values())
    with transaction() as db:
        local = create_user(db, "local", "local", None).id
        create_post(db, "l", Role.LEADER, holder_id=local, area_code=GRIDS[0][:12])
        local = actor_of(db, local)
    for actor, narrowed in ((city.cast.leader, {"area": GRIDS[0][:9]}), (local, {}), (local, {"channel": Channel.PDA})):
        with pytest.raises(Invalid, match="no such areas"):
            page(actor, By.AREA, level=Level.DISTRICT, **narrowed)
    assert by_key(local, By.AREA, "received", level=Level.COMMUNITY) == {GRIDS[0][:12]: 3}


def test_a_correction_moves_a_case_from_one_group_to_another(city: City) -> None:
    receipt = city.receives(claimed_category="20101")
    city.triages(receipt)
    counts(city, receipt)
    assert by_key(city.cast.leader, By.CATEGORY, "received") == {"201": 1}
    city.does(city.cast.dispatcher, "correct", receipt, category="10105", reason="是路灯")
    counts(city, receipt)
    assert by_key(city.cast.leader, By.CATEGORY, "received") == {"101": 1}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Rollup).where(Rollup.key == "201")) == 0


@pytest.mark.parametrize("holds", [True, False])
def test_what_a_sample_finds_not_put_right_was_not_handled_on_the_spot(
        city: City, monkeypatch: pytest.MonkeyPatch, *, holds: bool) -> None:
    monkeypatch.setattr(policies, "numbers", lambda *_: replace(Numbers(), sample_share=100))
    cast, receipt = city.cast, city.receives(reporter_id=city.cast.li.id, claimed_category="99999")
    city.triages(receipt)
    city.does(cast.li, "self_handle", receipt, category="10101", position=at_grid(0),
              photos=city.photo_of(cast.li, "olive") + city.photo_of(cast.li, "navy"))
    city.does(cast.wang, "pass" if holds else "fail", receipt, position=at_grid(0), finding="看过",
              photos=city.photo_of(cast.wang, "pink"))
    if not holds:
        city.does(cast.dispatcher, "dispatch", receipt, lead=city.departments["water"].id)
        city.does(cast.water_handler, "sign", receipt)
        city.does(cast.water_handler, "resolve", receipt, reply="好了", photos=city.photo_of(cast.water_handler, "red"))
        city.does(cast.wang, "pass", receipt, position=at_grid(0), finding="好", photos=city.photo_of(cast.wang, "blue"))
    counts(city, receipt)
    values = page(cast.leader)["total"]["values"]
    assert (values["closed"], values["self_handled_share"]) == (1, 1.0 if holds else 0.0)


@pytest.mark.parametrize("to_opener", [True, False])
def test_a_case_is_the_workers_who_opened_it_though_an_older_report_is_merged_in(
        city: City, time: SetClock, *, to_opener: bool) -> None:
    older = city.receives(source="wang", reporter_id=city.cast.wang.id)
    time.passes(hours=1)
    newer = city.receives(place=at_grid(1), source="li", reporter_id=city.cast.li.id)
    city.triages(older, newer)
    ended, into = (older, newer) if to_opener else (newer, older)
    ended_id = city.case(ended).id
    city.does(city.cast.dispatcher, "merge", ended, into=city.case(into).number, reason="同一处")
    with transaction() as db:
        rollups.refresh(db, [ended_id])
    whose = city.cast.li if to_opener else city.cast.wang
    assert by_key(city.cast.leader, By.WORKER, "received") == {str(whose.id): 1}


def test_a_merged_case_counts_once_with_both_voices_and_twice_again_when_unmerged(city: City) -> None:
    one, other = city.receives(), city.receives(place=at_grid(1))
    city.triages(one, other)
    counts(city, one, other)
    before = page(city.cast.leader)["total"]["values"]
    ended = city.case(other)
    city.does(city.cast.dispatcher, "merge", other, into=city.case(one).number, reason="同一处")
    with transaction() as db:
        rollups.refresh(db, [ended.id])  # the event of a merge names the case that ended
    merged = page(city.cast.leader)["total"]["values"]
    assert (merged["received"], merged["voices"]) == (1, 2)
    with transaction() as db:
        VERBS["unmerge"](db, db.get_one(Case, ended.id), city.cast.dispatcher, Facts(reason="不是同一处"))
    with transaction() as db:
        rollups.refresh(db, [ended.id])
    assert page(city.cast.leader)["total"]["values"] == before
