"""The registers over HTTP: stated once, found by who may know of it, masked, revealed with a reason, decided, imported."""
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from casework.identity.privacy import Access
from casework.registry.fields import Register
from casework.registry.records import Entry, Statement
from casework.storage.database import reading
from casework.storage.outbox import Event
from tests.api.town import Caller, Json, Town, key, ok, point, problem, stored
from tests.conftest import SetClock
from tests.factories import GRIDS

HOME = "/api/v1/registry"
CARD = "44030519900101123"
CARD += "10X98765432"[sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(CARD)) % 11]


def house(**facts: Any) -> Json:
    """A house in the first grid, unless told otherwise; None leaves a part out."""
    made = {"id": key(), "subject": key(), "register": "house", "place": point(0),
            "values": {"address": "南塘路12号", "room": "302", "rooms": 3}} | facts
    return {name: value for name, value in made.items() if value is not None}


def person(**facts: Any) -> Json:
    known = {} if facts.get("base") else {"name": "欧阳铁蛋", "phone": "13800138000", "id_number": CARD, "sex": "male"}
    values = known | facts.pop("values", {})
    return house(register="person", values=values, **facts)


def states(caller: Caller, *items: Json) -> list[Json]:
    return list(ok(caller.post(f"{HOME}/statements", {"items": list(items)}))["results"])


def found(caller: Caller, **query: Any) -> list[str]:
    return [one["label"] for one in ok(caller.get(HOME, **query))["items"]]


def test_what_a_worker_states_is_found_and_shown_with_who_said_it(town: Town) -> None:
    one = house()
    (judged,) = states(town.li, one)
    assert (judged["state"], judged["head"], judged["version"], judged["problem"]) == ("applied", one["id"], 1, None)
    entry = ok(town.li.get(f"{HOME}/{one['subject']}"))
    assert (entry["label"], entry["area"], entry["values"]["rooms"]) == ("南塘路12号 302", GRIDS[0], 3)
    assert entry["field_versions"] == {"address": 1, "room": 1, "rooms": 1, "place": 1}
    (said,) = entry["statements"]
    assert (said["by"], said["source"], said["values"]["room"], said["state"]) == ("Li", "collected", "302", "applied")
    assert found(town.li, q="塘路12") == found(town.steward, register="house") == ["南塘路12号 302"]
    assert found(town.li, register="person") == found(town.li, q="南塘路13号") == []


def test_nothing_personal_is_shown_unmasked_and_each_look_is_logged(town: Town) -> None:
    one = person(values={"note": "夫妻不和", "care": ["mental_health"]})
    states(town.li, one)
    entry = ok(town.li.get(f"{HOME}/{one['subject']}"))
    assert entry["label"] == "欧**"
    assert entry["values"] == {"sex": "male"}
    assert entry["masked"]["phone"] == "138****8000"
    for secret in ("铁蛋", "13800138000", CARD, "夫妻", "mental"):
        assert secret not in str(entry)
        assert secret not in str(ok(town.li.get(HOME)))
    with reading() as db:
        assert not [event for event in db.scalars(select(Event)) if "铁蛋" in str(event.detail)]
    shown = ok(town.li.post(f"{HOME}/{one['subject']}/reveal", {"field": "care", "reason": "上门"}))
    assert shown == {"value": ["mental_health"]}
    with reading() as db:
        look = db.scalars(select(Access)).one()
    assert (look.actor_id, look.subject_kind, str(look.subject_id), look.field, look.reason) == (
        town.cast.li.id, "register.person", one["subject"], "care", "上门")
    address = f"{HOME}/{one['subject']}/reveal"
    states(town.li, person(subject=one["subject"], base=one["id"], place=None, values={"care": ["disabled"]}))
    asked = {"field": "care", "reason": "核对", "statement": one["id"]}
    assert ok(town.li.post(address, asked)) == {"value": ["mental_health"]}
    problem(town.li.post(address, asked | {"statement": key()}), 404)
    assert set(problem(town.li.post(address, {"field": "sex", "reason": "看"}), 422)["fields"]) == {"field"}
    assert set(problem(town.li.post(address, {"field": "care"}), 422)["fields"]) == {"reason"}
    problem(town.li.post(address, {"field": "emergency_contact", "reason": "看"}), 404)
    problem(town.wang.post(address, {"field": "care", "reason": "看"}), 404)
    problem(town.dispatcher.post(address, {"field": "care", "reason": "看"}), 403)
    assert stored(Access) == 2


def test_people_are_found_by_exact_name_phone_and_number_only_within_reach(town: Town) -> None:
    states(town.li, person())
    for text in ("欧阳铁蛋", "138 0013 8000", "+8613800138000", CARD.lower()):
        assert found(town.li, q=text) == found(town.steward, q=text) == ["欧**"], text
        assert found(town.wang, q=text) == [], text
    for text in ("铁蛋", "1380013", "%", "_"):
        assert found(town.li, q=text) == [], text
    assert found(town.steward, q="欧阳铁蛋", area=GRIDS[0][:9]) == ["欧**"]
    assert found(town.steward, q="欧阳铁蛋", area=GRIDS[1]) == []


def test_near_a_point_the_nearest_comes_first(town: Town) -> None:
    states(town.li, *(house(place=point(0, east), values={"address": f"东{east}米"}) for east in (150, 20, 90, 1000)))
    items = ok(town.li.get(HOME, lon=point(0)["lon"], lat=point(0)["lat"], metres=200))["items"]
    assert [one["label"] for one in items] == ["东20米", "东90米", "东150米"]
    assert all(abs(one["metres"] - east) <= 1 for one, east in zip(items, (20, 90, 150), strict=True))
    assert set(problem(town.li.get(HOME, lon=114.0), 422)["fields"]) == {"lat"}


def test_pages_show_each_entry_once(town: Town) -> None:
    states(town.li, *(house(values={"address": f"{number}号"}) for number in range(23)))
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 5}
    while True:
        page = ok(town.li.get(HOME, **query))
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == 23


def test_each_item_is_judged_by_itself(town: Town) -> None:
    good, elsewhere = house(), house(place=point(1))
    bad = house(values={"address": "南塘路", "rooms": "三", "colour": "red"})
    results = states(town.li, bad, good, elsewhere, house(place=None, base=key()))
    assert [one["state"] for one in results] == ["refused", "applied", "refused", "waiting"]
    assert {one["field"] for one in results[0]["problem"]["errors"]} == {"rooms", "colour"}
    assert results[2]["problem"]["status"] == 403
    assert stored(Entry) == 1
    assert stored(Statement) == 2


def test_a_body_that_cannot_be_read_stores_nothing(town: Town) -> None:
    for wrong, field in (({"id": "x"}, "items.0.id"), ({"register": "car"}, "items.0.register"),
                         ({"values": []}, "items.0.values"),
                         ({"values": {"address": "a\0b"}}, "items.0.values.address"), ({"more": 1}, "items.0.more"),
                         ({"place": {"lon": 114}}, "items.0.place.lat"), ({"source": "rumour"}, "items.0.source")):
        assert set(problem(town.li.post(f"{HOME}/statements", {"items": [house() | wrong]}), 422)["fields"]) == {field}
    problem(town.li.post(f"{HOME}/statements", {"items": [house()] * 101}), 422)
    problem(town.dispatcher.post(f"{HOME}/statements", {"items": [house()]}), 403)
    assert stored(Statement) == 0


def test_sent_eight_times_at_once_it_is_said_once(town: Town) -> None:
    items, worker = [house(), person()], town.li
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: worker.post(f"{HOME}/statements", {"items": items}), range(8)))
    assert len({str(ok(one)["results"]) for one in answers}) == 1
    assert (stored(Entry), stored(Statement)) == (2, 2)


def test_two_workers_who_differ_keep_both_and_one_decides(town: Town) -> None:
    one = house()
    states(town.li, one)
    again = {"subject": one["subject"], "base": one["id"], "place": None}
    states(town.li, house(values={"rooms": 4}, **again))
    (judged,) = states(town.steward, house(values={"rooms": 5, "gas": "pipe"}, **again))
    assert (judged["state"], judged["contested"]) == ("conflict", {"rooms": {"current": 4, "stated": 5}})
    (conflict,) = ok(town.li.get(f"{HOME}/conflicts"))["items"]
    assert (conflict["subject"], conflict["contested"], conflict["head"]) == (
        one["subject"], {"rooms": {"current": 4, "stated": 5}}, judged["head"])
    assert ok(town.wang.get(f"{HOME}/conflicts"))["items"] == []
    assert [row["fields"] for row in ok(town.li.get(HOME))["items"][0]["conflicts"]] == [["rooms"]]
    address = f"{HOME}/conflicts/{conflict['id']}/decide"
    problem(town.wang.post(address, {"keep": "stated"}), 404)
    assert set(problem(town.li.post(address, {"keep": "other"}), 422)["fields"]) == {"values.rooms"}
    assert set(problem(town.li.post(address, {"keep": "other", "values": {"rooms": "x"}}), 422)["fields"]) == {"values.rooms"}
    assert problem(town.li.post(address, {"keep": "stated", "head": one["id"]}), 409)["head"] == judged["head"]
    entry = ok(town.li.post(address, {"keep": "stated", "head": judged["head"]}))
    assert (entry["values"]["rooms"], entry["values"]["gas"], entry["conflicts"], entry["version"]) == (5, "pipe", [], 4)
    assert ok(town.li.post(address, {"keep": "stated"}))["version"] == 4  # the same again
    problem(town.li.post(address, {"keep": "current"}), 409)
    assert ok(town.li.get(f"{HOME}/conflicts"))["items"] == []


def test_relations_and_visits_belong_to_entries_that_may_come_later(town: Town, time: SetClock) -> None:
    home, who = house(), person()
    relation = {"id": key(), "kind": "lives_in", "from": who["subject"], "to": home["subject"], "since": "2026-03-01"}
    visit = {"id": key(), "subject": who["subject"], "purpose": "care", "note": "独居，行动不便", "values": {"mood": "好"}}
    for _ in range(2):
        assert ok(town.li.post(f"{HOME}/relations", {"items": [relation]}))["results"][0]["problem"] is None
        assert ok(town.li.post(f"{HOME}/visits", {"items": [visit]}))["results"][0]["problem"] is None
        states(town.li, home, who)
    entry = ok(town.li.get(f"{HOME}/{who['subject']}"))
    (related,) = entry["relations"]
    assert (related["kind"], related["other"], related["label"], related["outward"]) == (
        "lives_in", home["subject"], "南塘路12号 302", True)
    (visited,) = entry["visits"]
    assert (visited["purpose"], visited["by"], visited["found"]) == ("care", "Li", True)
    assert "行动不便" not in str(entry)
    address = f"{HOME}/{who['subject']}/reveal"
    assert ok(town.li.post(address, {"visit": visit["id"], "reason": "复核"}))["value"] == {
        "note": "独居，行动不便", "values": {"mood": "好"}}
    time.passes(minutes=1)
    ended = relation | {"id": key(), "until": "2026-03-01"}
    ok(town.li.post(f"{HOME}/relations", {"items": [ended]}))
    assert ok(town.li.get(f"{HOME}/{home['subject']}"))["relations"] == []


def test_a_relation_that_cannot_be_is_refused_by_itself(town: Town) -> None:
    home, who = house(), person()
    states(town.li, home, who)
    good = {"id": key(), "kind": "lives_in", "from": who["subject"], "to": home["subject"]}
    cases = [good, good | {"id": key(), "from": home["subject"], "to": who["subject"]},
             good | {"id": key(), "since": "2026-03-02", "until": "2026-03-01"}, good | {"kind": "owns"},
             good | {"id": key(), "from": who["subject"], "to": who["subject"]}]
    results = ok(town.li.post(f"{HOME}/relations", {"items": cases}))["results"]
    assert [one["problem"] and one["problem"]["status"] for one in results] == [None, 422, 422, 409, 422]
    assert ok(town.wang.post(f"{HOME}/relations", {"items": [good | {"id": key()}]}))["results"][0]["problem"]["status"] == 403
    visits = [{"id": key(), "subject": who["subject"], "purpose": "care"}]
    assert ok(town.wang.post(f"{HOME}/visits", {"items": visits}))["results"][0]["problem"]["status"] == 403


def test_strangers_learn_nothing(town: Town) -> None:
    one = house()
    states(town.li, one)
    problem(town.wang.get(f"{HOME}/{one['subject']}"), 404)
    problem(town.li.get(f"{HOME}/{uuid.uuid4()}"), 404)
    problem(town.dispatcher.get(HOME), 403)
    problem(town.stranger.get(f"{HOME}/fields"), 401)


def test_the_fields_are_told_with_labels_and_choices(town: Town) -> None:
    told = ok(town.li.get(f"{HOME}/fields"))
    assert [one["register"] for one in told["registers"]] == list(Register)
    fields = {one["name"]: one for one in told["registers"][0]["fields"]}
    assert (fields["name"]["zh"], fields["name"]["required"], fields["name"]["personal"]) == ("姓名", True, True)
    assert {"code": "female", "zh": "女", "en": "female"} in fields["sex"]["choices"]
    assert "lives_in" in {one["kind"] for one in told["relations"]}


TABLE = "地址,房号,间数,经度,纬度\n北坡路1号,101,2,{lon},{lat}\n北坡路1号,102,三,{lon},{lat}\n".format(**point(3))


def test_a_table_is_tried_and_told_row_by_row_before_it_is_taken(town: Town) -> None:
    def sends(caller: Caller, text: str, **facts: Any) -> Any:
        body = {"register": "house", "dry_run": "false"} | facts
        return caller.post(f"{HOME}/imports", body, files={"file": (io.BytesIO(text.encode("gbk")), "a.csv")})

    told = ok(sends(town.steward, TABLE, dry_run="true"))
    assert (told["rows"], told["new"]) == (2, 1)
    assert told["bad"] == [{"row": 3, "column": "间数", "reason": "must be a whole number"}]
    assert told["columns"]["房号"] == "room"
    assert set(problem(sends(town.steward, TABLE), 422)["fields"]) == {"3.间数"}
    assert stored(Entry) == 0
    told = ok(sends(town.steward, TABLE, skip_bad="true"))
    assert (told["new"], told["skipped"]) == (1, 1)
    told = ok(sends(town.steward, TABLE.replace("三", "3")))
    assert (told["new"], told["unchanged"], told["bad"]) == (1, 1, [])
    assert found(town.steward, area=GRIDS[3]) == ["北坡路1号 101", "北坡路1号 102"]
    problem(sends(town.li, TABLE), 403)
    problem(sends(town.steward, "甲,乙\n1,2\n"), 422)
    problem(sends(town.steward, TABLE, register="car"), 422)


def test_a_time_to_come_holds_nothing_for_ever(town: Town) -> None:
    home, who = house(at="2199-01-01T00:00:00Z"), person()
    states(town.li, home, who)
    assert ok(town.li.get(f"{HOME}/{home['subject']}"))["statements"][0]["at"] == "2026-03-02T02:00:00Z"
    relation = {"kind": "lives_in", "from": who["subject"], "to": home["subject"]}
    ok(town.li.post(f"{HOME}/relations", {"items": [relation | {"id": key(), "at": "2199-01-01T00:00:00Z"}]}))
    ended = relation | {"id": "ffffffff-ffff-4fff-bfff-ffffffffffff", "until": "2026-03-01"}
    ok(town.li.post(f"{HOME}/relations", {"items": [ended]}))
    assert ok(town.li.get(f"{HOME}/{home['subject']}"))["relations"] == []
    visit = {"id": key(), "subject": who["subject"], "purpose": "care", "at": "2199-01-01T00:00:00Z"}
    ok(town.li.post(f"{HOME}/visits", {"items": [visit]}))
    assert ok(town.li.get(f"{HOME}/{who['subject']}"))["visits"][0]["at"] == "2026-03-02T02:00:00Z"
