"""What the demonstration plans before anybody calls: departments, reports, sentences, photos, and its table."""
import csv
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from casework import taxonomy
from casework.cli.demo import departments, drawings, sentences, table
from casework.cli.demo.plan import TITLE_LENGTH, Planned, Spot, plan, spots_of
from casework.geography.codes import is_within
from casework.geography.coordinates import Point, metres_between
from casework.geography.demo_district import demo_district, demo_places
from casework.media import formats, metadata

STREETS = {"990101001": "澄江街道", "990101002": "松桥街道", "990101003": "望溪街道",
           "990102001": "鹤塘街道", "990102002": "银杏街道", "990102003": "晨岭街道"}
DEFAULT = Path(taxonomy.__file__).parent / "default" / "categories.csv"


@pytest.fixture(scope="module")
def named() -> dict[str, tuple[str, str | None]]:
    with DEFAULT.open(encoding="utf-8-sig", newline="") as file:
        return {row["编码"]: (row["名称"], row["主责单位类别"] or None) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def spots() -> list[Spot]:
    areas, places = demo_district(), demo_places()
    grids = [one["properties"]["code"] for one in areas["features"] if one["properties"]["level"] == "grid"]
    return spots_of(places, areas, [grids[at % len(grids)] for at in range(len(places["features"]))])


@pytest.fixture(scope="module")
def day(spots: list[Spot]) -> list[Planned]:
    return plan(spots, 1000, 7)


def test_there_are_25_departments_and_each_kind_of_unit_has_one(named: dict[str, tuple[str, str | None]]) -> None:
    made = departments.all_departments(STREETS)
    assert len(made) == len({code for code, _ in made}) == len({name for _, name in made}) == 25
    assert departments.kinds_without_owner({kind for _, kind in named.values() if kind}) == set()


def test_every_category_has_a_department_but_for_the_gaps_left_on_purpose(named: dict[str, tuple[str, str | None]]) -> None:
    rules = departments.rules(named, STREETS)
    leaves = [code for code in named if len(code) >= 5 and not any(other != code and other.startswith(code) for other in named)]
    for street in STREETS:
        holding = {rule.category for rule in rules if rule.area in {None, street}}
        without = {code for code in leaves if not any(code.startswith(category) for category in holding)}
        assert without == departments.GAPS


def test_the_overlaps_left_on_purpose_are_two_rules_just_as_specific(named: dict[str, tuple[str, str | None]]) -> None:
    leads: dict[tuple[str, str | None], set[str]] = {}
    for rule in departments.rules(named, STREETS):
        leads.setdefault((rule.category, rule.area), set()).add(rule.department)
    assert {category for (category, _), found in leads.items() if len(found) > 1} == set(departments.OVERLAPS)


def test_a_street_office_answers_in_its_own_street_only(named: dict[str, tuple[str, str | None]]) -> None:
    for rule in departments.rules(named, STREETS):
        if rule.area is not None:
            assert rule.department == departments.owner(departments.STREET_OFFICES, f"{rule.area}001001")
    assert departments.owner(departments.STREET_OFFICES, None) is None


def test_all_that_is_said_lies_in_the_taxonomy(named: dict[str, tuple[str, str | None]]) -> None:
    assert {topic.code for topic in (*sentences.REQUESTS, *sentences.SIGHTS)} <= named.keys()
    assert {topic.code[0] for topic in sentences.REQUESTS} == {"3"}
    assert {topic.code[0] for topic in sentences.SIGHTS} == {"1", "2"}


def test_the_same_seed_plans_the_same_day_and_another_seed_another(spots: list[Spot], day: list[Planned]) -> None:
    assert plan(spots, 1000, 7) == day
    assert [one.text for one in plan(spots, 1000, 8)] != [one.text for one in day]


def test_a_day_has_all_channels_in_their_shares_and_keys_of_their_own(day: list[Planned]) -> None:
    by_channel = Counter(one.channel for one in day)
    assert set(by_channel) == {"pda", "hotline", "citizen"}
    assert min(by_channel.values()) > 180
    assert len({one.key for one in day}) == len(day) == 1000
    assert [one.wave for one in day] == sorted(one.wave for one in day)
    assert any(one.handled and one.photographed for one in day)


def test_a_title_tells_which_problem_a_case_is_about(day: list[Planned]) -> None:
    truth: dict[str, str] = {}
    for one in day:
        assert len(one.title) <= TITLE_LENGTH
        assert truth.setdefault(one.title, one.category) == one.category


def test_a_repetition_is_near_its_first_in_place_time_and_category(day: list[Planned]) -> None:
    by_number = {one.number: one for one in day}
    again = [one for one in day if one.repeats is not None]
    assert 90 < len(again) < 190
    for one in again:
        first = by_number[one.repeats]
        assert (first.category, first.channel, first.wave) == (one.category, one.channel, one.wave)
        assert first.repeats is None
        assert first.key != one.key
        assert metres_between(first.point, one.point) < 25


def test_examples_for_training_are_balanced_and_hold_nothing_untrained() -> None:
    rows = sentences.examples(["甲花园", "乙小学"], a_label=20)
    labels = Counter(label for _, _, label in rows)
    assert set(labels.values()) == {20}
    assert labels.keys() == {topic.code for topic in sentences.REQUESTS if topic.trained}
    assert len(labels) < len(sentences.REQUESTS)


def test_a_drawn_photo_carries_its_time_and_place() -> None:
    at, place = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC), Point(114.05731, 22.57912)
    header = formats.examine(drawings.photo("cover", "a", at=at, place=place))
    taken = metadata.read(header.exif)
    assert (header.kind, header.width, header.height) == (formats.Kind.JPEG, 800, 600)
    assert taken.at == at
    assert taken.place is not None
    assert metres_between(taken.place, place) < 0.5


@pytest.mark.parametrize("scene", [*drawings.DRAWN, "street"])
def test_no_two_photos_are_alike(scene: str) -> None:
    at, place = datetime(2026, 3, 2, tzinfo=UTC), Point(114.05, 22.58)
    shots = [drawings.photo(scene, seed, at=at, place=place, done=done) for seed in ("a", "b") for done in (False, True)]
    shots.append(drawings.photo(scene, "a", at=at, place=place, shot="another"))
    assert len(set(shots)) == 5
    assert drawings.photo(scene, "a", at=at, place=place) == shots[0]


def figures(**known: int) -> dict[str, object]:
    names = ("received", "joined", "filed", "left", "self_handled", "waiting", "dispatched_by_rule", "closed", "on_time",
             "open", "rated", "satisfied")
    return dict.fromkeys(names, 0) | {"refused": {}} | known


def test_the_table_adds_channels_up_and_divides_by_what_it_says() -> None:
    shown = {line[0].strip().split(" ")[-1]: line[1:] for line in table.lines({
        "pda": figures(received=10, joined=2, filed=5, self_handled=1, left=2, dispatched_by_rule=4, closed=4, on_time=3)
        | {"refused": {"invalid": 3}},
        "citizen": figures(received=4, filed=4, rated=2, satisfied=1) | {"refused": {"invalid": 1, "conflict": 2}}})}
    assert shown["received"] == ("10", "4", "14")
    assert shown["refused"] == ("3", "3", "6")
    assert shown["faulty"] == ("3", "1", "4")
    assert shown["rule"] == ("4 (50%)", "0 (0%)", "4 (33%)")
    assert shown["time"] == ("3 (75%)", "–", "3 (75%)")
    assert shown["satisfied"] == ("–", "1 (50%)", "1 (50%)")


def test_every_line_of_the_table_has_a_figure_for_each_channel_and_for_all() -> None:
    channels = {"pda": figures(), "hotline": figures(), "citizen": figures()}
    assert {len(line) for line in table.lines(channels)} == {5}
    assert all(len(one) == len(other) for one, other in pairwise(table.lines(json.loads(json.dumps(channels)))))


def test_a_spot_is_written_as_people_write_an_address(spots: list[Spot]) -> None:
    assert all(spot.address.endswith(spot.name) and "街道" in spot.address for spot in spots)
    assert all(is_within(spot.area_code, "9901") for spot in spots)
