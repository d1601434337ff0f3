"""Scorecards: drafts follow the figures, what is published stays, and an appeal is ruled on by somebody else."""
import uuid

import pytest
from sqlalchemy import select, update

from casework import clock
from casework.cases.case import Case
from casework.errors import Conflict, Invalid, NotFound, Refused
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.notifications import inbox, messages
from casework.performance import rollups, score_appeals, scorecards
from casework.performance.score_appeals import Ruling, ScoreAppeal
from casework.performance.scorecards import Scorecard, State
from casework.performance.weights import APPEAL_DAYS, Of
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.storage.city import City
from workers import performance

MARCH = "2026-03"


def counted() -> None:
    with transaction() as db:
        rollups.refresh(db, db.scalars(select(Case.id)).all())


def relayed() -> None:
    """All that happened was handed over; whether a job has run since is another question."""
    with transaction() as db:
        db.execute(update(Event).where(Event.relayed_at.is_(None)).values(relayed_at=clock.now()))


def drafted(of: Of = Of.DEPARTMENT, period: str = MARCH) -> int:
    with transaction() as db:
        return scorecards.draft(db, of, period)


def cards(actor: Actor, of: Of = Of.DEPARTMENT, period: str = MARCH) -> list[Scorecard]:
    with reading() as db:
        return list(scorecards.page(db, actor, of, period, limit=50))


def published(city: City, of: Of = Of.DEPARTMENT) -> None:
    with transaction() as db:
        scorecards.publish(db, city.cast.supervisor, of, MARCH)


def appealed(actor: Actor, card: Scorecard, grounds: str = "道路封闭") -> ScoreAppeal:
    with transaction() as db:
        return score_appeals.appeal(db, actor, card.id, grounds)


def ruled(actor: Actor, appeal: ScoreAppeal, amended: float | None = 90.0) -> ScoreAppeal:
    with transaction() as db:
        return score_appeals.decide(db, actor, appeal.id, granted=amended is not None, reason="属实", amended_score=amended)


@pytest.fixture
def march(city: City, time: SetClock) -> City:
    """Water closed one manhole in time; roads let a lamp run over. Both were seen by Li."""
    cast = city.cast
    li = {"reporter_id": cast.li.id}
    manhole, lamp = city.receives(**li), city.receives(claimed_category="10105", place=at_grid(1), **li)
    city.triages(manhole, lamp)
    city.dispatches()
    city.does(cast.water_handler, "sign", manhole)
    city.does(cast.roads_handler, "sign", lamp)
    city.does(cast.water_handler, "resolve", manhole, reply="好了", photos=city.photo_of(cast.water_handler, "red"))
    city.does(cast.wang if city.case(manhole).inspector_id == cast.wang.id else cast.li, "pass", manhole,
              position=at_grid(0), finding="好", photos=city.photo_of(cast.li, "blue"))
    time.is_now("2026-03-20 10:00")
    city.does(cast.roads_handler, "resolve", lamp, reply="好了", photos=city.photo_of(cast.roads_handler, "red"))
    city.does(cast.wang, "pass", lamp, position=at_grid(1), finding="好", photos=city.photo_of(cast.wang, "blue"))
    counted()
    relayed()
    time.is_now("2026-04-01 09:00")
    return city


def test_scores_follow_from_figures_by_the_curves(march: City) -> None:
    assert drafted() == 2
    water, roads = cards(march.cast.supervisor)
    assert (water.name, water.score, water.rank, water.state) == ("水务局", 100.0, 1, State.DRAFT)
    # Roads closed all (25 of 25) but late (0 of 30); nothing was returned, reworked, extended (20 of 20): 45 of 75.
    assert (roads.name, roads.score, roads.rank) == ("道路养护中心", 60.0, 2)
    lines = {one["indicator"]: one for one in roads.lines}
    assert lines["on_time_rate"] == {"indicator": "on_time_rate", "value": 0.0, "weight": 30, "points": 0.0}
    assert lines["satisfaction_rate"]["points"] is None


def test_grid_workers_are_scored_for_what_they_found(march: City) -> None:
    assert drafted(Of.WORKER) == 1
    (li,) = cards(march.cast.supervisor, Of.WORKER)
    # Two cases (7 of 100 points, weight 30), all filed (100, weight 40), none handled on the spot (40, weight 30).
    assert (li.name, li.area_code, li.score) == ("Li", GRIDS[0], round((30 * 7 + 40 * 100 + 30 * 40) / 100, 2))


def test_a_draft_follows_the_figures_and_what_is_published_does_not(march: City, time: SetClock) -> None:
    drafted()
    first = {one.name: one.id for one in cards(march.cast.supervisor)}
    published(march)
    frozen = {one.name: (one.id, one.score) for one in cards(march.cast.leader)}
    assert {name: card_id for name, (card_id, _) in frozen.items()} == first
    with transaction() as db:
        for case in db.scalars(select(Case)):
            case.reworks = 3
    counted()
    assert drafted() == 0
    assert {one.name: (one.id, one.score) for one in cards(march.cast.leader)} == frozen
    with pytest.raises(Conflict, match="already"):
        published(march)


def test_nothing_is_published_while_something_of_the_month_waits_to_be_counted(city: City, time: SetClock) -> None:
    time.is_now("2026-03-31 09:15")
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    counted()
    relayed()
    time.is_now("2026-03-31 09:30")
    city.does(city.cast.water_head, "hand_back", receipt, ground="三定方案")
    time.is_now("2026-04-01 00:01")
    with pytest.raises(Conflict, match="waits to be counted"):
        published(city)
    relayed()
    published(city)  # no job of the queue has counted anything
    (water,) = cards(city.cast.supervisor)
    assert {one["indicator"]: one["value"] for one in water.lines}["return_rate"] == 1.0


def test_nothing_is_published_while_a_report_of_the_month_is_no_case_yet(march: City, time: SetClock) -> None:
    time.is_now("2026-03-31 23:59")
    receipt = march.receives(reporter_id=march.cast.wang.id, place=at_grid(1, 300))
    relayed()
    time.is_now("2026-04-01 00:00")
    with pytest.raises(Conflict, match="waits to be counted"):
        published(march, Of.WORKER)
    march.triages(receipt)
    relayed()
    published(march, Of.WORKER)
    assert [one.name for one in cards(march.cast.supervisor, Of.WORKER)] == ["Li", "Wang"]


def test_a_month_is_published_when_it_is_over_and_by_who_may(march: City, time: SetClock) -> None:
    time.is_now("2026-03-31 23:59")
    with pytest.raises(Invalid, match="not over"):
        published(march)
    time.is_now("2026-04-01 00:00")
    for actor in (march.cast.leader, march.cast.water_head, march.cast.li, march.cast.dispatcher):
        with transaction() as db, pytest.raises(Refused):
            scorecards.publish(db, actor, Of.DEPARTMENT, MARCH)
    with transaction() as db, pytest.raises(Conflict, match="nothing"):
        scorecards.publish(db, march.cast.supervisor, Of.DEPARTMENT, "2026-02")
    for period in ("2026-13", "2026-3", "march", "2026-03\n"):
        with transaction() as db, pytest.raises(Invalid):
            scorecards.draft(db, Of.DEPARTMENT, period)


def test_everybody_sees_the_own_and_who_looks_after_them_sees_all(march: City) -> None:
    drafted()
    drafted(Of.WORKER)
    cast = march.cast
    assert [len(cards(one)) for one in (cast.supervisor, cast.administrator, cast.leader, cast.water_head)] == [2, 2, 0, 0]
    published(march)
    published(march, Of.WORKER)
    assert [one.name for one in cards(cast.water_head)] == ["水务局"]
    assert [one.name for one in cards(cast.li, Of.WORKER)] == ["Li"]
    assert cards(cast.wang, Of.WORKER) == cards(cast.li) == []
    assert len(cards(cast.leader)) == 2
    with pytest.raises(Refused):
        cards(cast.water_handler)
    with transaction() as db:
        there, elsewhere = (create_user(db, name, name, None).id for name in ("there", "elsewhere"))
        create_post(db, "s", Role.LEADER, holder_id=there, area_code=GRIDS[0][:12])
        create_post(db, "s", Role.LEADER, holder_id=elsewhere, area_code=GRIDS[2][:12])
        local, other = actor_of(db, there), actor_of(db, elsewhere)
    assert [len(cards(one, Of.WORKER)) for one in (local, other)] == [1, 0]
    assert cards(local) == []
    (water,) = cards(cast.water_head)
    with reading() as db, pytest.raises(NotFound):
        scorecards.find(db, cast.roads_head, water.id)


def test_a_granted_appeal_stands_beside_the_frozen_score(march: City) -> None:
    published(march)
    (card,) = cards(march.cast.roads_head)
    appeal = appealed(march.cast.roads_head, card)
    ruled(march.cast.leader, appeal, 85.5)
    with reading() as db:
        found = scorecards.find(db, march.cast.roads_head, card.id)
        made = score_appeals.against(db, [found])[card.id]
        told = score_appeals.history(db, found, made)
    assert (found.score, made.amended_score, made.ruling) == (60.0, 85.5, Ruling.GRANTED)
    assert [(one["action"], one["by"], one["score"]) for one in told] == [
        ("published", "Supervisor", 60.0), ("appealed", "Roads_Head", None), ("granted", "Leader", 85.5)]
    with pytest.raises(Conflict, match="granted already"):
        ruled(march.cast.leader, appeal, None)


def test_only_whom_it_is_about_appeals_once_and_in_time(march: City, time: SetClock) -> None:
    drafted()
    draft = next(one for one in cards(march.cast.supervisor) if one.name == "水务局")
    with pytest.raises(NotFound):
        appealed(march.cast.water_head, draft)  # a draft is not shown
    published(march)
    published(march, Of.WORKER)
    (card,), (li,) = cards(march.cast.water_head), cards(march.cast.li, Of.WORKER)
    for actor, fault in ((march.cast.roads_head, NotFound), (march.cast.supervisor, Refused), (march.cast.wang, NotFound)):
        with pytest.raises(fault):
            appealed(actor, card)
    assert appealed(march.cast.li, li).ruling is Ruling.OPEN
    time.passes(days=APPEAL_DAYS)
    appealed(march.cast.water_head, card)
    with pytest.raises(Conflict, match="already"):
        appealed(march.cast.water_head, card)
    (roads,) = cards(march.cast.roads_head)
    time.passes(seconds=1)
    with pytest.raises(Conflict, match="over"):
        appealed(march.cast.roads_head, roads)


def told(actor: Actor) -> list[str]:
    with transaction() as db:
        messages.write(db, list(db.scalars(select(Event.id))))
    with reading() as db:
        return [one["text"] for one in inbox.page(db, actor)[0] if "考核" in one["text"]]


def test_whom_it_is_about_hears_of_it_and_who_rules_of_an_appeal(march: City) -> None:
    cast = march.cast
    published(march)
    published(march, Of.WORKER)
    news = "2026-03考核结果已公布。如有异议，请于2026-04-11 09:00前申诉。"
    assert [told(one) for one in (cast.water_head, cast.roads_head, cast.li)] == [[news]] * 3
    assert told(cast.water_handler) == told(cast.wang) == told(cast.adjudicator) == []
    (card,) = cards(cast.water_head)
    appeal = appealed(cast.water_head, card, "张三说封路")
    assert told(cast.adjudicator) == ["有一件对2026-03考核结果的申诉，请裁定。"]
    ruled(cast.adjudicator, appeal)
    assert told(cast.water_head) == ["对2026-03考核结果的申诉成立，裁定意见见考核结果。", news]
    assert told(cast.adjudicator) == ["有一件对2026-03考核结果的申诉，请裁定。"], "and nobody is told the same twice"
    with reading() as db:
        assert not [one for one in db.scalars(select(Event.detail)) if "张三" in str(one) or "60" in str(one.get("zh"))]


def test_somebody_else_rules_and_a_score_is_amended_only_when_granted(march: City) -> None:
    published(march)
    (card,) = cards(march.cast.water_head)
    appeal = appealed(march.cast.water_head, card)
    for actor in (march.cast.water_head, march.cast.li, march.cast.supervisor):  # the supervisor published it
        with pytest.raises(Refused):
            ruled(actor, appeal)
    with transaction() as db, pytest.raises(Invalid):
        score_appeals.decide(db, march.cast.leader, appeal.id, granted=True, reason="属实")
    with transaction() as db, pytest.raises(Invalid):
        score_appeals.decide(db, march.cast.leader, appeal.id, granted=False, reason="不实", amended_score=1.0)
    with transaction() as db, pytest.raises(NotFound):
        score_appeals.decide(db, march.cast.leader, uuid.uuid4(), granted=False, reason="不实")
    assert ruled(march.cast.adjudicator, appeal, None).ruling is Ruling.DISMISSED
    with reading() as db:
        assert [len(score_appeals.page(db, one, 10, None)) for one in (march.cast.leader, march.cast.roads_head)] == [1, 0]


def test_what_one_post_sees_and_another_may_do_makes_nothing_that_neither_may(march: City) -> None:
    """A supervisor of one community who is a dispatcher of the whole city sees all, and publishes and rules on nothing."""
    with transaction() as db:
        both = create_user(db, "both", "both", None).id
        create_post(db, "s", Role.SUPERVISOR, holder_id=both, area_code=GRIDS[2][:12])
        create_post(db, "d", Role.DISPATCHER, holder_id=both)
        actor = actor_of(db, both)
    with transaction() as db, pytest.raises(NotFound):
        scorecards.publish(db, actor, Of.DEPARTMENT, MARCH)
    published(march)
    published(march, Of.WORKER)
    assert [len(cards(actor, of)) for of in Of] == [2, 1]
    for who, of in ((march.cast.water_head, Of.DEPARTMENT), (march.cast.li, Of.WORKER)):
        (card,) = cards(who, of)
        appeal = appealed(who, card)
        with pytest.raises(Refused):
            ruled(actor, appeal)
    with transaction() as db:
        near = create_user(db, "near", "near", None).id
        create_post(db, "s", Role.SUPERVISOR, holder_id=near, area_code=GRIDS[0][:12])
        near_by = actor_of(db, near)
    assert ruled(near_by, appeal).ruling is Ruling.GRANTED


def test_the_timetable_drafts_the_month_before_until_it_is_published(march: City) -> None:
    performance.draft_scorecards()
    assert [len(cards(march.cast.supervisor, of)) for of in Of] == [2, 1]
    published(march)
    performance.draft_scorecards()
    assert {one.state for one in cards(march.cast.supervisor)} == {State.PUBLISHED}
