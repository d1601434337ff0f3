"""The leaders' map: what lies below an area with its figures, for those who look after it, and only there."""
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import clock, settings
from casework.cases.case import Case
from casework.geography.areas import Area
from casework.identity.people import Role, create_post, create_user
from casework.identity.sessions import tokens
from casework.performance import area_counts, rollups, tally
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.settings import Settings
from casework.storage.database import transaction
from tests.api.town import Caller, Json, Town, citizen_report, key, ok, pda_report, point, problem
from tests.conftest import SetClock
from tests.factories import GRIDS
from tests.statements import heard
from workers import upkeep

MAP = "/api/v1/cockpit/map"
CITY, DISTRICT, STREET, COMMUNITY, OTHER = "4403", "440301", "440301001", "440301001001", "440301001002"


def shown(town: Town, **query: str) -> Json:
    answer: Json = ok(town.leader.get(MAP, **query))
    return answer


def by_code(answer: Json) -> dict[str, Json]:
    return {one["code"]: one for one in answer["items"]}


def an_entry(register: Register, area_code: str) -> Entry:
    return Entry(id=uuid.uuid4(), register=register, label="灯", area_code=area_code, values={}, head=uuid.uuid4(), version=1,
                 field_versions={}, contested=[])


def leader_of(town: Town, *codes: str) -> Caller:
    """Somebody who decides, with a post for each of these areas."""
    with transaction() as db:
        user = create_user(db, key(), "片区负责人")
        for code in codes:
            create_post(db, key(), Role.LEADER, holder_id=user.id, area_code=code)
        access = tokens.begin(db, user_id=user.id).access
    return Caller(town.app, {"Authorization": f"Bearer {access}"})


def test_one_drills_down_from_the_top_to_the_grids(town: Town) -> None:
    top = shown(town)
    code = top["items"][0]["code"]
    way = []
    while top["items"]:
        code = top["items"][0]["code"]
        below = shown(town, area=code)
        assert below["area"]["code"] == code
        assert (below["cases"] is None) == bool(below["items"])
        assert [one["code"] for one in below["way"]] == way + ([top["area"]["code"]] if top["area"] else [])
        way = [one["code"] for one in below["way"]]
        top = below
    assert code in GRIDS
    assert top["area"]["level"] == "grid"
    assert top["cases"] == {"items": [], "next": None}
    ring = top["area"]["outline"][0]
    assert len(ring) == 5
    assert ring[0] == ring[-1]


def test_what_came_in_is_late_and_closed_is_counted_where_it_lies(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.close_and_rate(receipt, 5)
    for place in (point(0), point(0, 300), point(2)):
        ok(town.li.post("/api/v1/pda/reports", pda_report(place=place)))
    town.jobs()
    with transaction() as db:
        assert sorted(db.scalars(select(Case.area_code))) == [GRIDS[0], GRIDS[0], GRIDS[0], GRIDS[2]]
    grids = by_code(shown(town, area=COMMUNITY))
    assert set(grids) == set(GRIDS[:2])
    first = grids[GRIDS[0]]["values"]
    assert {name: first[name] for name in ("received", "closed", "open", "overdue", "satisfaction")} == {
        "received": 3, "closed": 1, "open": 2, "overdue": 0, "satisfaction": 1.0}
    assert first["density"] == pytest.approx(3 / 1.14, rel=0.02)
    assert grids[GRIDS[1]]["values"]["received"] == 0
    assert grids[GRIDS[1]]["values"]["satisfaction"] is None
    lies = shown(town, area=GRIDS[2])["cases"]["items"]
    assert [one["area_code"] for one in lies] == [GRIDS[2]]
    assert lies == ok(town.leader.get("/api/v1/cases", area=GRIDS[2]))["items"]
    total = shown(town, area=STREET)["total"]["values"]
    assert (total["received"], total["open"]) == (4, 3)
    time.passes(days=30)
    later = shown(town, area=STREET)
    assert (later["total"]["values"]["received"], later["total"]["values"]["overdue"]) == (0, 3)


def test_a_span_is_compared_with_as_many_days_before(town: Town, time: SetClock) -> None:
    ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.jobs()
    time.passes(days=8)
    answer = shown(town, area=COMMUNITY)
    assert by_code(answer)[GRIDS[0]]["values"]["received"] == 0
    assert by_code(answer)[GRIDS[0]]["before"] == {"received": 1, "closed": 0, "satisfaction": None}
    assert answer["before"]["until"] == answer["since"]


def test_people_and_things_are_counted_from_the_grids_up(town: Town) -> None:
    with transaction() as db:
        for number, code in enumerate(GRIDS):
            db.get_one(Area, code).properties = {"population": 100 * (number + 1)}
        for code in (GRIDS[0], GRIDS[0], GRIDS[2]):
            db.add(an_entry(Register.COMPONENT, code))
        db.add(an_entry(Register.HOUSE, COMMUNITY))
    upkeep.count_areas()
    assert {code: (one["values"]["population"], one["values"]["components"])
            for code, one in by_code(shown(town, area=COMMUNITY)).items()} == {GRIDS[0]: (100, 2), GRIDS[1]: (200, 0)}
    total = shown(town, area=STREET)["total"]["values"]
    assert (total["population"], total["components"], total["houses"], total["persons"]) == (1000, 3, 1, 0)


def test_counting_again_writes_only_what_differs(town: Town) -> None:
    with transaction() as db:
        db.add(an_entry(Register.COMPONENT, GRIDS[0]))
        assert area_counts.recount(db) > 0
        assert area_counts.recount(db) == 0
        db.add(an_entry(Register.COMPONENT, GRIDS[1]))
        changed = area_counts.recount(db)
        assert changed == len({CITY, DISTRICT, STREET, COMMUNITY, GRIDS[1]})


def test_what_has_not_changed_is_not_sent_again(town: Town) -> None:
    first = town.leader.get(MAP, area=COMMUNITY)
    headers = town.leader.headers | {"If-None-Match": first.headers["ETag"]}
    again = town.app.test_client().get(f"{MAP}?area={COMMUNITY}", headers=headers)
    assert (again.status_code, again.data) == (304, b"")


def test_who_looks_after_areas_sees_these_and_what_is_in_them(town: Town) -> None:
    watcher = leader_of(town, COMMUNITY)
    answer = ok(watcher.get(MAP))
    assert (answer["area"]["code"], answer["way"]) == (COMMUNITY, [])
    assert set(by_code(answer)) == set(GRIDS[:2])
    assert ok(watcher.get(MAP, area=GRIDS[0]))["way"] == [{"code": COMMUNITY, "name": "南塘社区"}]
    for elsewhere in (STREET, GRIDS[2], OTHER):
        assert problem(watcher.get(MAP, area=elsewhere), 404)
    answer = ok(leader_of(town, GRIDS[0], OTHER).get(MAP))
    assert (answer["area"], set(by_code(answer))) == (None, {GRIDS[0], OTHER})


def test_others_have_no_map(town: Town) -> None:
    assert problem(town.stranger.get(MAP), 401)
    for one in (town.li, town.water_head, town.operator):
        assert problem(one.get(MAP), 403)


@pytest.mark.parametrize("query", [
    {"since": "2026-03-02", "until": "2026-03-02"}, {"since": "2024-03-02", "until": "2026-03-02"},
    {"since": "tomorrow"}, {"until": "0001-01-01"}, {"since": "2199-12-31"}])
def test_an_impossible_span_is_refused(town: Town, query: dict[str, str]) -> None:
    assert town.leader.get(MAP, **query).status_code == 422


def test_there_is_no_such_area(town: Town) -> None:
    assert problem(town.leader.get(MAP, area="9999"), 404)


def test_a_base_map_is_told_where_there_is_one(town: Town, config: Settings) -> None:
    assert shown(town)["tiles"] is None
    settings.configure(replace(config, tiles_url="https://t.example.org/{z}/{x}/{y}.png", tiles_attribution="市规资局"))
    assert shown(town)["tiles"] == {"url": "https://t.example.org/{z}/{x}/{y}.png", "attribution": "市规资局"}


TODAY = "/api/v1/cockpit/today"


def test_the_day_at_one_look(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.close_and_rate(receipt, 5)
    time.passes(days=1)
    for place in (point(0), point(2)):
        ok(town.li.post("/api/v1/pda/reports", pda_report(place=place)))
    town.jobs()
    seen = ok(town.leader.get(TODAY))
    assert [one["values"]["received"] for one in seen["days"]] == [0] * 28 + [1, 2]
    assert (seen["total"]["received"], seen["total"]["closed"], seen["total"]["satisfaction_rate"]) == (3, 1, 1.0)
    assert (seen["open"], seen["overdue"], seen["late"], seen["warnings"]) == (2, 0, [], [])
    time.passes(days=20)
    seen = ok(town.leader.get(TODAY))
    assert (seen["open"], seen["overdue"], len(seen["late"])) == (2, 2, 2)
    assert seen["late"][0]["due_at"] <= seen["late"][1]["due_at"]
    one_area = ok(leader_of(town, OTHER).get(TODAY))
    assert (one_area["total"]["received"], one_area["open"], len(one_area["late"])) == (1, 1, 1)


def test_departments_are_compared_when_they_had_enough_to_do(town: Town) -> None:
    with transaction() as db:
        water, roads, office = (town.departments[name].id for name in ("water", "roads", "office"))
        day = clock.now().astimezone(clock.CITY).date()
        for whose, due, in_time in ((water, 10, 9), (roads, 20, 5), (office, 9, 0)):
            rollups.write(db, {("department", str(whose), "", rollups.Span.DAY, day): tally.packed(
                {"received": due, "due": due, "closed": in_time, "closed_on_time": in_time}, {})})
    seen = ok(town.leader.get(TODAY))
    assert [(one["id"], one["values"]["on_time_rate"]) for one in seen["best"]] == [(str(water), 0.9)]
    assert [(one["id"], one["values"]["on_time_rate"]) for one in seen["worst"]] == [(str(roads), 0.25)]


@pytest.mark.parametrize("path", [MAP, TODAY])
def test_a_look_takes_few_queries_however_much_there_is(town: Town, path: str) -> None:
    for number in range(4):
        ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(number % 2, 200 * (number // 2)))))
    town.jobs()
    town.leader.get(path)  # areas and taxonomy are read once a process
    with heard() as seen:
        ok(town.leader.get(path))
    assert len(seen) <= 6, seen
