"""A warning is seen by whoever looks after its area, taken over by one, judged, and counted in the precision of its kind."""
import uuid
from datetime import timedelta
from typing import Any

from casework import clock
from casework.identity.people import Role, actor_of, create_post, create_user
from casework.performance.early_warning.warning import EarlyWarning, Kind, State
from casework.storage.database import new_id, transaction
from tests.api.town import Caller, Town, ok, problem
from tests.conftest import SetClock
from tests.factories import GRIDS

WARNINGS = "/api/v1/warnings"


def raised(**facts: Any) -> str:
    """A cluster in the first grid, unless told otherwise; its id."""
    now = clock.now()
    values = {"id": new_id(), "kind": Kind.CLUSTER, "state": State.OPEN, "category_code": "10101", "area_code": GRIDS[0],
              "lon": 114.005, "lat": 22.605, "metres": 600, "since": now - timedelta(hours=8), "until": now, "count": 14,
              "expected": 1.7, "confidence": 0.998, "subject": str(uuid.uuid4()), "raised_at": now, "updated_at": now,
              "evidence": {"cases": ["AJ260302-7K3F9-Q2MXA"], "days": [{"day": "2026-03-02", "count": 14, "expected": 1.7}],
                           "words": ["停水"], "places": ["网格1"]}} | facts
    with transaction() as db:
        db.add(EarlyWarning(**values))
    return str(values["id"])


def of_area(town: Town, code: str, role: Role = Role.SUPERVISOR) -> Caller:
    """Somebody whose post is for this area."""
    with transaction() as db:
        user = create_user(db, f"{role}-{code}", "张三")
        create_post(db, "督办员", role, area_code=code, holder_id=user.id)
        made = actor_of(db, user.id)
    return town._with_credential(made)


def test_a_warning_says_what_where_how_much_and_how_sure(town: Town) -> None:
    made = raised()
    (shown,) = ok(town.supervisor.get(WARNINGS))["items"]
    whole = ok(town.supervisor.get(f"{WARNINGS}/{made}"))
    evidence = whole.pop("evidence")
    assert [whole.pop(name) for name in ("note", "outcome_note", "judged_by", "judged_at")] == [None] * 4
    assert whole == shown
    assert (shown["id"], shown["kind"], shown["state"], shown["count"], shown["expected"], shown["confidence"]) == (
        made, "cluster", "open", 14, 1.7, 0.998)
    assert shown["area"] == {"code": GRIDS[0], "name": "网格1"}
    assert shown["category"] == {"code": "10101", "name": "上水井盖"}
    assert shown["place"] == {"lon": 114.005, "lat": 22.605}
    assert shown["sentence"]["zh"] == "网格1约600米范围内近8小时聚集“上水井盖”14件，通常约1.7件。"
    assert "14 of “上水井盖” in the last 8 hours" in shown["sentence"]["en"]
    assert (shown["acknowledged_by"], shown["acknowledged_at"], shown["outcome"], shown["ended_at"]) == (None,) * 4
    assert evidence == {"cases": ["AJ260302-7K3F9-Q2MXA"], "words": ["停水"], "places": ["网格1"],
                        "days": [{"day": "2026-03-02", "count": 14, "expected": 1.7}]}


def test_every_kind_has_its_sentence_in_both_languages(town: Town) -> None:
    for kind in Kind:
        raised(kind=kind, area_code=None, category_code=None, lon=None, lat=None,
               since=clock.now() - timedelta(days=7), evidence={"share": 40, "usual": 12, "words": ["停水", "水压"]})
    said = {one["kind"]: one["sentence"] for one in ok(town.leader.get(WARNINGS))["items"]}
    assert set(said) == set(Kind)
    assert all("全市" in one["zh"] and "the whole city" in one["en"] for one in said.values())
    assert "40%" in said["late"]["zh"]
    assert "停水、水压" in said["topic"]["en"]


def test_lists_are_narrowed_and_go_on_page_by_page(town: Town, time: SetClock) -> None:
    ids = []
    for number in range(5):
        time.passes(minutes=1)
        ids.append(raised(area_code=GRIDS[number % 2 * 2], kind=Kind.SURGE if number == 4 else Kind.CLUSTER,
                          state=State.CLOSED if number == 0 else State.OPEN))
    seen, cursor = [], None
    while cursor or not seen:
        page = ok(town.leader.get(WARNINGS, limit=2, **({"cursor": cursor} if cursor else {})))
        seen, cursor = seen + page["items"], page["next"]
    assert [one["id"] for one in seen] == ids[::-1]
    for query, wanted in (({"state": "closed"}, ids[:1]), ({"kind": "surge"}, ids[4:]), ({"area": "440301001002"}, ids[3:0:-2]),
                          ({"area": "440301001002", "kind": "surge"}, [])):
        assert [one["id"] for one in ok(town.leader.get(WARNINGS, **query))["items"]] == wanted
    problem(town.leader.get(WARNINGS, state="gone"), 422)


def test_who_looks_after_one_area_knows_nothing_of_others(town: Town) -> None:
    here, there, everywhere = raised(), raised(area_code=GRIDS[2]), raised(area_code=None)
    local = of_area(town, "440301001001")
    assert [one["id"] for one in ok(local.get(WARNINGS))["items"]] == [here]
    for other in (there, everywhere):
        problem(local.get(f"{WARNINGS}/{other}"), 404)
        problem(local.post(f"{WARNINGS}/{other}/acknowledge", {}), 404)
        problem(local.post(f"{WARNINGS}/{other}/outcome", {"outcome": "true", "note": "x"}), 404)
    raised_here = {one["kind"]: one["raised"] for one in ok(local.get(f"{WARNINGS}/precision"))["items"]}
    assert raised_here["cluster"] == 1
    assert ok(local.post(f"{WARNINGS}/{here}/acknowledge", {}))["acknowledged_by"] == "张三"


def test_one_person_takes_it_over_and_says_whether_it_was_right(town: Town) -> None:
    first, second, third = raised(), raised(), raised(kind=Kind.TOPIC)
    taken = ok(town.dispatcher.post(f"{WARNINGS}/{first}/acknowledge", {"note": "已联系供水公司"}))
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "Dispatcher")
    assert ok(town.dispatcher.post(f"{WARNINGS}/{first}/acknowledge", {})) == taken
    problem(town.supervisor.post(f"{WARNINGS}/{first}/acknowledge", {}), 409)
    assert ok(town.supervisor.post(f"{WARNINGS}/{first}/outcome", {"outcome": "true", "note": "爆管"}))["outcome"] == "true"
    said = ok(town.leader.get(f"{WARNINGS}/{first}"))
    assert (said["note"], said["outcome_note"], said["judged_by"]) == ("已联系供水公司", "爆管", "Supervisor")
    assert said["judged_at"] == said["acknowledged_at"]
    judged = ok(town.leader.post(f"{WARNINGS}/{second}/outcome", {"outcome": "true", "note": "看错了"}))
    assert (judged["acknowledged_by"], judged["state"]) == ("Leader", "acknowledged")
    ok(town.leader.post(f"{WARNINGS}/{second}/outcome", {"outcome": "false", "note": "计划检修"}))
    for wrong in ({}, {"outcome": "true"}, {"outcome": "maybe", "note": "x"}, {"outcome": "true", "note": " "}):
        problem(town.leader.post(f"{WARNINGS}/{third}/outcome", wrong), 422)
    found = {one.pop("kind"): one for one in ok(town.leader.get(f"{WARNINGS}/precision"))["items"]}
    assert found["cluster"] == {"raised": 2, "judged": 2, "true": 1, "false": 1, "precision": 0.5}
    assert found["topic"] == {"raised": 1, "judged": 0, "true": 0, "false": 0, "precision": None}
    assert set(found) == set(Kind)


def test_what_has_ended_stays_closed_and_can_still_be_judged(town: Town) -> None:
    ended = raised(state=State.CLOSED, ended_at=clock.now())
    assert ok(town.supervisor.post(f"{WARNINGS}/{ended}/outcome", {"outcome": "true", "note": "确有其事"}))["state"] == "closed"


def test_only_those_who_command_see_warnings_and_an_administrator_decides_none(town: Town) -> None:
    one = raised()
    problem(town.stranger.get(WARNINGS), 401)
    for somebody in (town.li, town.operator, town.water_head, town.steward):
        problem(somebody.get(WARNINGS), 403)
    ok(town.administrator.get(f"{WARNINGS}/{one}"))
    problem(town.administrator.post(f"{WARNINGS}/{one}/acknowledge", {}), 403)
    problem(town.leader.get(f"{WARNINGS}/{uuid.uuid4()}"), 404)
