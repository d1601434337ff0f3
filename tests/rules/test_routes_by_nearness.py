"""The order of a walk: what cannot wait first, then the nearest next; against all orders there are where there are few."""
import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from casework.fieldwork.routes import Stop, order
from casework.geography.coordinates import Point, metres_between
from tests.factories import at_grid

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten in the city
LATER = NOW + timedelta(days=3)


def test_the_nearest_comes_next() -> None:
    stops = [Stop(at_grid(0, metres), LATER) for metres in (300, 100, 200)]
    assert order(stops, at_grid(0), NOW) == [1, 2, 0]


def test_what_cannot_wait_comes_first_however_far_it_is() -> None:
    stops = [Stop(at_grid(0, 10), LATER), Stop(at_grid(0, 20), NOW + timedelta(hours=6)),
             Stop(at_grid(3, 900), NOW + timedelta(minutes=50)), Stop(at_grid(3), LATER, urgent=True),
             Stop(at_grid(2), NOW - timedelta(hours=1))]
    way = order(stops, at_grid(0), NOW)
    assert set(way[:3]) == {2, 3, 4}
    assert way[3:] == [1, 0]


def test_today_is_the_day_of_the_city() -> None:
    evening = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # five in the afternoon
    tonight, tomorrow = evening + timedelta(hours=6), evening + timedelta(hours=7, minutes=1)
    stops = [Stop(at_grid(0, 10), tomorrow), Stop(at_grid(0, 900), tonight)]
    assert order(stops, at_grid(0), evening) == [1, 0]
    assert order(stops, at_grid(0), evening + timedelta(hours=8)) == [0, 1]  # both are late, so the nearest comes first


def test_a_class_goes_on_where_the_one_before_ended() -> None:
    stops = [Stop(at_grid(0, -400), LATER), Stop(at_grid(0, 400), LATER), Stop(at_grid(0, 450), NOW, urgent=True)]
    assert order(stops, at_grid(0, -450), NOW) == [2, 1, 0]


def test_without_a_place_it_stands_at_the_end_of_its_class() -> None:
    stops = [Stop(None, NOW, urgent=True), Stop(at_grid(0), NOW, urgent=True), Stop(at_grid(0), LATER), Stop(None, LATER)]
    assert order(stops, at_grid(0), NOW) == [1, 0, 2, 3]


def test_without_a_start_it_begins_at_what_is_due_first() -> None:
    stops = [Stop(at_grid(0), LATER), Stop(at_grid(3), LATER - timedelta(hours=5)), Stop(at_grid(2), LATER)]
    assert order(stops, None, NOW)[0] == 1


def test_nothing_to_do_and_one_thing_to_do() -> None:
    assert order([], at_grid(0), NOW) == []
    assert order([Stop(at_grid(1), LATER)], None, NOW) == [0]
    assert order([Stop(None, LATER)], at_grid(0), NOW) == [0]
    assert sorted(order([Stop(at_grid(1), LATER)] * 4, at_grid(1), NOW)) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(60))
def test_it_is_nearly_as_short_as_the_shortest_of_all(seed: int) -> None:
    chance = random.Random(seed)
    stops = [Stop(at_grid(0, chance.uniform(-2000, 2000), chance.uniform(-2000, 2000)), LATER) for _ in range(7)]
    way = order(stops, at_grid(0), NOW)
    assert sorted(way) == list(range(7))
    best = min(length(stops, list(other)) for other in itertools.permutations(range(7)))
    assert length(stops, way) <= 1.25 * best


def test_on_average_it_is_within_three_per_cent_of_the_shortest() -> None:
    found, best = 0.0, 0.0
    for seed in range(40):
        chance = random.Random(seed)
        stops = [Stop(at_grid(0, chance.uniform(-900, 900), chance.uniform(-900, 900)), LATER) for _ in range(6)]
        found += length(stops, order(stops, at_grid(0), NOW))
        best += min(length(stops, list(other)) for other in itertools.permutations(range(6)))
    assert best <= found * 1.000_001
    assert found <= 1.03 * best


def length(stops: list[Stop], way: list[int]) -> float:
    """In metres, from the middle of the first grid."""
    places: list[Point] = [at_grid(0), *(place for at in way if (place := stops[at].place))]
    return sum(metres_between(here, there) for here, there in itertools.pairwise(places))
