"""Rounds: kept is where somebody went between start and end, once, thinned and sealed, and nobody looks without a reason."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import LargeBinary, delete, select, type_coerce

from casework import clock, settings
from casework.cases.cells import cell_of
from casework.errors import Conflict, Invalid, NotFound
from casework.fieldwork import rounds, tracks
from casework.fieldwork.coverage import Visit, Walked
from casework.fieldwork.rounds import CheckIn, EndedBy, Here, Round
from casework.fieldwork.tracks import Batch, Kept, Track
from casework.geography.coordinates import Point, metres_between
from casework.identity.people import Actor, Post, actor_of
from casework.identity.privacy import Access, seal
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid
from tests.statements import heard
from tests.storage.city import City


def started(actor: Actor, minutes_ago: float = 60, round_id: uuid.UUID | None = None) -> uuid.UUID:
    round_id = round_id or new_id()
    with transaction() as db:
        rounds.start(db, actor, round_id, clock.now() - timedelta(minutes=minutes_ago), at_grid(0))
    return round_id


def ended(actor: Actor, round_id: uuid.UUID, at: datetime | None = None) -> Round:
    with transaction() as db:
        return rounds.end(db, actor, round_id, at or clock.now())


def points(since: datetime, count: int = 10, every: float = 60, **shift: float) -> list[list[float]]:
    """Somebody who goes east, fifty metres each time, and north by turns so that nothing can be thinned."""
    return [[place.lon, place.lat, 8.0, (since + timedelta(seconds=every * step)).timestamp() * 1000 + shift.get("ms", 0)]
            for step in range(count) for place in [at_grid(0, -200 + 50 * step, 40 * (step % 2))]]


def sent(actor: Actor, round_id: uuid.UUID, said: list[list[float]], **facts: Any) -> Kept:
    with transaction() as db:
        return rounds.track(db, actor, Batch(**{"key": new_id(), "round_id": round_id, "points": said} | facts))


def stored(round_id: uuid.UUID) -> Round:
    with reading() as db:
        return db.get_one(Round, round_id)


def seen(actor: Actor, round_id: uuid.UUID, reason: str | None = None) -> list[list[float]]:
    with transaction() as db:
        return rounds.look(db, actor, round_id, reason)


def count(model: type[Any]) -> int:
    with reading() as db:
        return len(db.scalars(select(model.id)).all())


# start and end

def test_a_round_begins_and_ends_once(city: City, time: SetClock) -> None:
    round_id = started(city.cast.li)
    assert started(city.cast.li, 5, round_id) == round_id
    begun = stored(round_id)
    assert (begun.user_id, begun.area_code, begun.started_at) == (
        city.cast.li.id, GRIDS[0], clock.now() - timedelta(minutes=60))
    first = ended(city.cast.li, round_id)
    time.passes(minutes=10)
    assert ended(city.cast.li, round_id).ended_at == first.ended_at
    assert stored(round_id).ended_by is EndedBy.WORKER


def test_a_round_is_of_one_worker(city: City) -> None:
    round_id = started(city.cast.li)
    with pytest.raises(Conflict):
        started(city.cast.wang, round_id=round_id)
    with pytest.raises(NotFound):
        ended(city.cast.wang, round_id)
    with pytest.raises(NotFound):
        sent(city.cast.wang, round_id, points(clock.now()))


def test_it_does_not_end_before_it_begins(city: City) -> None:
    round_id = started(city.cast.li, 30)
    with pytest.raises(Invalid) as caught:
        ended(city.cast.li, round_id, clock.now() - timedelta(minutes=31))
    assert [one.field for one in caught.value.faults] == ["at"]


def test_what_nobody_ends_is_ended_after_twelve_hours(city: City, time: SetClock) -> None:
    forgotten, running = started(city.cast.li, 0), None
    time.passes(hours=11, minutes=59)
    running = started(city.cast.wang, 0)
    with transaction() as db:
        assert rounds.close_forgotten(db, 10) == 0
    time.passes(minutes=2)
    with transaction() as db:
        assert rounds.close_forgotten(db, 10) == 1
        assert rounds.close_forgotten(db, 10) == 0
    closed = stored(forgotten)
    assert (closed.ended_at, closed.ended_by) == (closed.started_at + timedelta(hours=12), EndedBy.TIMETABLE)
    assert stored(running).ended_at is None


def test_its_worker_may_still_say_when_it_truly_ended(city: City, time: SetClock) -> None:
    round_id = started(city.cast.li, 0)
    began = clock.now()
    sent(city.cast.li, round_id, points(began))
    sent(city.cast.li, round_id, points(began + timedelta(hours=9)))
    time.passes(hours=13)
    with transaction() as db:
        rounds.close_forgotten(db, 10)
    assert ended(city.cast.li, round_id, began + timedelta(hours=8)).ended_at == began + timedelta(hours=8)
    left = stored(round_id)
    assert (left.ended_by, left.kept, left.dropped) == (EndedBy.WORKER, 10, 10)
    assert left.metres == pytest.approx(9 * (50**2 + 40**2) ** 0.5, rel=0.02)
    assert max(one[3] for one in seen(city.cast.li, round_id)) <= (began + timedelta(hours=8)).timestamp() * 1000


def test_no_round_is_longer_than_twelve_hours(city: City, time: SetClock) -> None:
    round_id = started(city.cast.li, 0)
    began = clock.now()
    time.passes(hours=20)
    assert ended(city.cast.li, round_id).ended_at == began + timedelta(hours=12)


# tracks

def test_only_points_between_start_and_end_are_kept(city: City) -> None:
    round_id, now = started(city.cast.li, 60), clock.now()
    ended(city.cast.li, round_id, now - timedelta(minutes=30))
    kept = sent(city.cast.li, round_id, points(now - timedelta(minutes=90), 90))
    assert (kept.kept, kept.dropped) == (31, 59)
    moments = [one[3] / 1000 for one in seen(city.cast.li, round_id)]
    assert min(moments) == (now - timedelta(minutes=60)).timestamp()
    assert max(moments) == (now - timedelta(minutes=30)).timestamp()
    assert (stored(round_id).kept, stored(round_id).dropped) == (31, 59)


def test_points_that_come_late_are_taken_if_they_lie_inside(city: City, time: SetClock) -> None:
    round_id, began = started(city.cast.li, 60), clock.now() - timedelta(minutes=60)
    ended(city.cast.li, round_id)
    time.passes(days=3)
    assert sent(city.cast.li, round_id, points(began)).kept == 10


def test_nothing_at_all_is_kept_of_a_batch_from_outside(city: City) -> None:
    round_id = started(city.cast.li, 10)
    ended(city.cast.li, round_id)
    assert sent(city.cast.li, round_id, points(clock.now() + timedelta(minutes=5))) == Kept(0, 10)
    assert seen(city.cast.li, round_id) == []
    assert sent(city.cast.li, round_id, []) == Kept(0, 0)


def test_what_was_kept_before_an_earlier_end_came_is_cut_off(city: City, time: SetClock) -> None:
    round_id, began = started(city.cast.li, 60), clock.now() - timedelta(minutes=60)
    first, second = new_id(), new_id()
    sent(city.cast.li, round_id, points(began, 10), key=first)  # nine minutes
    sent(city.cast.li, round_id, points(began + timedelta(minutes=20), 10), key=second)
    ended(city.cast.li, round_id, began + timedelta(minutes=5))
    assert len(seen(city.cast.li, round_id)) == 6
    left = stored(round_id)
    assert (left.kept, left.dropped) == (6, 14)
    assert left.metres == pytest.approx(5 * (50**2 + 40**2) ** 0.5, rel=0.02)
    assert count(Track) == 1


def straight(since: datetime, grid: int = 0, steps: int = 200, west: float = 400) -> list[list[float]]:
    """Due east through the middle of a grid, four metres each five seconds: thinned to its two ends."""
    return [[place.lon, place.lat, 5.0, (since + timedelta(seconds=5 * step)).timestamp() * 1000]
            for step in range(steps) for place in [at_grid(grid, 4 * step - west)]]


def covered() -> set[tuple[str, str]]:
    with reading() as db:
        assert {one.area_code for one in db.scalars(select(Walked))} == set(db.scalars(select(Visit.area_code)))
        return {(one.area_code, one.cell) for one in db.scalars(select(Walked))}


def forget_coverage() -> None:
    with transaction() as db:
        db.execute(delete(Walked))
        db.execute(delete(Visit))


@pytest.mark.parametrize("minutes", [1, 3, 6, 30])
def test_an_end_that_comes_late_leaves_what_one_in_time_would_have_left(city: City, minutes: int) -> None:
    began = clock.now() - timedelta(minutes=60)
    late, in_time, until = started(city.cast.li, 60), started(city.cast.li, 60), began + timedelta(minutes=minutes)
    batches = [straight(began, steps=100, west=0), points(began + timedelta(minutes=20)),
               straight(began + timedelta(minutes=40), grid=1)]
    for said in batches:
        sent(city.cast.li, late, said)
    ended(city.cast.li, late, until)
    squares = covered()
    forget_coverage()
    started(city.cast.li, 60)  # where it began counts for both
    ended(city.cast.li, in_time, until)
    for said in batches:
        sent(city.cast.li, in_time, said)
    assert squares == covered()
    one, other = stored(late), stored(in_time)
    assert one.kept == other.kept
    assert one.metres == pytest.approx(other.metres, abs=30)  # half a minute is left at the ends
    for mine, theirs in zip(seen(city.cast.li, late), seen(city.cast.li, in_time), strict=True):
        assert metres_between(Point(*mine[:2]), Point(*theirs[:2])) <= 30


def test_squares_in_which_somebody_was_on_duty_stay_when_an_end_comes_late(city: City) -> None:
    began = clock.now() - timedelta(minutes=60)
    round_id, others = started(city.cast.li, 60), started(city.cast.wang, 60)
    sent(city.cast.li, round_id, straight(began))
    sent(city.cast.li, round_id, straight(began + timedelta(minutes=20), 1))
    before = covered()
    sent(city.cast.wang, others, straight(began + timedelta(minutes=30), 1, 100))
    with transaction() as db:
        rounds.check_in(db, city.cast.zhao, Here(key=new_id(), at=clock.now(), place=at_grid(1, 390)))
        rounds.end(db, city.cast.li, round_id, began + timedelta(minutes=18), at_grid(1, 200))
    left = {cell for code, cell in covered() if code == GRIDS[1]}
    gone = {cell for code, cell in before if code == GRIDS[1]} - left
    assert {cell_of(at_grid(1, east)) for east in (-400, -100, -4, 390, 200)} <= left
    assert {cell_of(at_grid(1, east)) for east in (100, 300)} == gone & {cell_of(at_grid(1, east)) for east in (100, 300)}
    assert {one for one in before if one[0] == GRIDS[0]} == {one for one in covered() if one[0] == GRIDS[0]}


def test_a_track_from_before_squares_were_kept_with_it_is_cut_by_its_line(city: City) -> None:
    began = clock.now() - timedelta(minutes=60)
    round_id = started(city.cast.li, 60)
    sent(city.cast.li, round_id, straight(began))
    before = covered()
    with transaction() as db:
        track = db.scalars(select(Track)).one()
        track.points = seal(track.points.open().partition(",")[0])
    assert len(seen(city.cast.li, round_id)) == 2
    ended(city.cast.li, round_id, began + timedelta(minutes=8))
    on_duty = {cell_of(at_grid(0, 4 * step - 400)) for step in range(12 * 8 + 6)}  # and half a minute
    assert {cell for _, cell in covered()} == on_duty < {cell for _, cell in before}


def test_the_same_batch_again_is_answered_as_the_first_time(city: City) -> None:
    round_id, key = started(city.cast.li, 60), new_id()
    said = points(clock.now() - timedelta(minutes=65), 20)
    first = sent(city.cast.li, round_id, said, key=key)
    assert first.dropped == 5
    assert sent(city.cast.li, round_id, said, key=key) == first
    with pytest.raises(Conflict):
        sent(city.cast.li, started(city.cast.li), said, key=key)
    assert (stored(round_id).kept, count(Track)) == (first.kept, 1)


def test_sent_eight_times_at_once_it_counts_once(city: City) -> None:
    round_id, key = started(city.cast.li, 60), new_id()
    said = points(clock.now() - timedelta(minutes=50))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: sent(city.cast.li, round_id, said, key=key), range(8))) == {Kept(10, 0)}
    assert (stored(round_id).kept, count(Track)) == (10, 1)


def test_a_wrong_clock_of_the_device_is_corrected(city: City) -> None:
    round_id, behind = started(city.cast.li, 60), timedelta(hours=3)
    said = points(clock.now() - timedelta(minutes=50) - behind)
    assert sent(city.cast.li, round_id, said) == Kept(0, 10)
    assert sent(city.cast.li, round_id, said, behind=behind) == Kept(10, 0)
    assert seen(city.cast.li, round_id)[0][3] == said[0][3] + behind.total_seconds() * 1000


def test_a_straight_way_is_kept_by_its_ends_and_counts_everywhere_it_went(city: City) -> None:
    round_id, began = started(city.cast.li, 60), clock.now() - timedelta(minutes=60)
    straight = [[one.lon, one.lat, 5.0, (began + timedelta(seconds=5 * step)).timestamp() * 1000]
                for step in range(200) for one in [at_grid(0, -400 + 4 * step)]]
    assert sent(city.cast.li, round_id, straight) == Kept(2, 0)
    assert stored(round_id).metres == pytest.approx(metres_between(at_grid(0, -400), at_grid(0, 396)), rel=0.001)
    assert count(Walked) >= 8  # a square is a tenth of the grid's side


def test_poor_points_say_nothing_about_squares(city: City) -> None:
    round_id, began = started(city.cast.li, 60), clock.now() - timedelta(minutes=60)
    before = count(Walked)
    sent(city.cast.li, round_id, [[*one[:2], 101.0, one[3]] for one in points(began)])
    assert count(Walked) == before


def test_many_batches_cost_as_many_statements_as_one(city: City) -> None:
    ids = [started(city.cast.li, 60) for _ in range(3)]
    began = clock.now() - timedelta(minutes=60)

    def statements(batches: int) -> int:
        asked = [Batch(new_id(), ids[number % 3], points(began)) for number in range(batches)]
        with heard() as run, transaction() as db:
            assert rounds.track_many(db, city.cast.li, asked) == [Kept(10, 0)] * batches
        return len(run)
    assert statements(40) <= statements(2) + 1
    assert statements(40) <= 9


def test_of_many_batches_each_is_judged_by_itself(city: City) -> None:
    round_id, key = started(city.cast.li, 60), new_id()
    said = points(clock.now() - timedelta(minutes=50))
    with transaction() as db:
        answers = rounds.track_many(db, city.cast.li, [
            Batch(key, round_id, said), Batch(new_id(), new_id(), said), Batch(key, round_id, said)])
    assert [type(one) for one in answers] == [Kept, NotFound, Kept]
    assert stored(round_id).kept == 10


def test_where_somebody_went_is_sealed(city: City) -> None:
    round_id = started(city.cast.li, 60)
    said = points(clock.now() - timedelta(minutes=50))
    sent(city.cast.li, round_id, said)
    with reading() as db:
        assert str(db.scalars(select(Track.points)).one()) == "•••"
        raw = bytes(db.scalars(select(type_coerce(Track.points, LargeBinary))).one())
    assert tracks.packed(np.array(said)[:3])[:40].encode() not in raw
    assert raw.startswith(b"k1:")


# who may look

def test_one_looks_at_the_own_track_without_a_word_and_at_others_for_a_reason(city: City) -> None:
    round_id = started(city.cast.li, 60)
    sent(city.cast.li, round_id, points(clock.now() - timedelta(minutes=50)))
    assert len(seen(city.cast.li, round_id)) == 10
    for stranger in (city.cast.wang, city.cast.dispatcher, city.cast.leader):
        with pytest.raises(NotFound):
            seen(stranger, round_id, "好奇")
    with pytest.raises(Invalid):
        seen(city.cast.supervisor, round_id)
    assert count(Access) == 0
    assert len(seen(city.cast.supervisor, round_id, "核实投诉")) == 10
    with reading() as db:
        look = db.scalars(select(Access)).one()
    assert (look.actor_id, look.subject_kind, look.subject_id, look.field, look.reason) == (
        city.cast.supervisor.id, "round", round_id, "track", "核实投诉")


def test_lists_show_ones_own_rounds_and_those_of_the_areas_that_one_oversees(city: City) -> None:
    mine = [started(city.cast.li, minutes) for minutes in (90, 30, 60)]
    with transaction() as db:
        rounds.start(db, city.cast.zhao, new_id(), clock.now(), at_grid(2))
        post = db.scalars(select(Post).where(Post.holder_id == city.cast.supervisor.id)).one()
        post.area_code = GRIDS[2][:12]
    with reading() as db:
        assert [one.id for one in rounds.own(db, city.cast.li)] == [mine[1], mine[2], mine[0]]
        newest = rounds.own(db, city.cast.li, limit=1)[0]
        assert [one.id for one in rounds.own(db, city.cast.li, after=(newest.started_at, newest.id))] == [mine[2], mine[0]]
        assert len(rounds.listed(db, city.cast.administrator)) == 4
        assert len(rounds.listed(db, city.cast.administrator, user_id=city.cast.zhao.id)) == 1
        since, until = clock.now() - timedelta(minutes=60), clock.now() - timedelta(minutes=30)
        assert [one.id for one in rounds.listed(db, city.cast.administrator, since=since, until=until)] == [mine[2]]
        assert city.cast.supervisor.id is not None
        local = actor_of(db, city.cast.supervisor.id)
        assert [one.user_id for one in rounds.listed(db, local)] == [city.cast.zhao.id]
        assert rounds.listed(db, city.cast.dispatcher) == []
    with pytest.raises(NotFound):
        seen(local, mine[0], "不在本片")


def test_tracks_are_forgotten_by_rule_and_squares_without_names_stay(city: City, time: SetClock) -> None:
    old = started(city.cast.li, 60)
    sent(city.cast.li, old, points(clock.now() - timedelta(minutes=50)))
    with transaction() as db:
        rounds.check_in(db, city.cast.li, Here(key=new_id(), at=clock.now(), place=at_grid(0)))
    time.passes(days=settings.current().track_days, minutes=1)
    young = started(city.cast.li, 60)
    sent(city.cast.li, young, points(clock.now() - timedelta(minutes=50)))
    squares = count(Walked)
    with transaction() as db:
        assert (tracks.forget_old(db, 10), tracks.forget_old(db, 10)) == (1, 0)
        assert (rounds.forget_check_ins(db, 10), rounds.forget_check_ins(db, 10)) == (1, 0)
    assert seen(city.cast.li, old) == []
    assert len(seen(city.cast.li, young)) == 10
    assert count(Walked) == squares > 0


# check-ins

def test_a_check_in_is_kept_once(city: City) -> None:
    here = Here(key=new_id(), at=clock.now(), place=at_grid(0), accuracy=12, note="在岗")
    with transaction() as db:
        assert rounds.check_in_many(db, city.cast.li, [here, here]) == [[], []]
        assert rounds.check_in(db, city.cast.li, here) == []
    with reading() as db:
        kept = db.scalars(select(CheckIn)).one()
    assert (kept.user_id, kept.area_code, str(kept.note)) == (city.cast.li.id, GRIDS[0], "•••")


def test_a_check_in_under_the_key_of_another_is_not_acknowledged(city: City) -> None:
    here = Here(key=new_id(), at=clock.now(), place=at_grid(1))
    with transaction() as db:
        rounds.check_in(db, city.cast.wang, here)
    with pytest.raises(Conflict), transaction() as db:
        rounds.check_in(db, city.cast.li, here)


def test_what_is_odd_about_a_check_in_is_said_and_it_is_kept_all_the_same(city: City) -> None:
    with transaction() as db:
        flags = rounds.check_in(db, city.cast.li, Here(key=new_id(), at=clock.now(), place=Point(0, 0), mock=True))
    assert len(flags) == 2
    assert count(CheckIn) == 1
