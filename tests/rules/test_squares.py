"""A square tells where something is to some 200 metres, everywhere alike, and no further."""
import random

from casework.geography.coordinates import Point, metres_between
from casework.geography.squares import (
    PER_TILE,
    SQUARE_DEGREES,
    SQUARE_METRES,
    blurred,
    middle_of,
    squares_apart,
    tile_of,
    tiles_of,
)

CHANCE = random.Random(8)
PLACES = [Point(CHANCE.uniform(-180, 180), CHANCE.uniform(-89, 89)) for _ in range(2000)]


def test_all_of_a_square_have_one_middle_with_three_decimals() -> None:
    for place in PLACES:
        middle = blurred(place)
        assert blurred(middle) == middle
        assert (round(middle.lon, 3), round(middle.lat, 3)) == (middle.lon, middle.lat)
        assert abs(middle.lon - place.lon) <= SQUARE_DEGREES / 2 + 1e-9
        assert metres_between(middle, place) <= SQUARE_METRES * 0.75
        assert squares_apart(middle, blurred(Point(middle.lon, middle.lat + 2.5 * SQUARE_DEGREES))) in {2, 3}


def test_a_place_and_the_middle_of_its_square_lie_in_the_same_tile() -> None:
    for place in PLACES:
        tile = tile_of(place)
        assert tile_of(blurred(place)) == tile
        assert tile_of(middle_of(tile)) == tile
        assert abs(middle_of(tile).lat - place.lat) <= PER_TILE * SQUARE_DEGREES / 2 + 1e-9


def test_a_box_is_touched_by_the_tiles_of_all_that_it_holds() -> None:
    for place in PLACES[:200]:
        tiles = tiles_of(place.lon - 0.03, place.lat - 0.03, place.lon + 0.03, place.lat + 0.03)
        assert tile_of(place) in tiles
        assert 9 <= len(tiles) == len(set(tiles)) <= 16
