"""Adoption over HTTP: found near by, adopted, looked after, reminded; and what the desk decides."""
import uuid

import pytest
from sqlalchemy import select

from casework.community.adoption.shops import Shop
from casework.identity.privacy import Access
from casework.identity.sessions import log_in_proved
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, key, ok, point, problem
from tests.storage.adopters import HERS, HYDRANT, LAMP, MINE, TREE, component
from workers import community

ADOPTIONS = "/api/v1/citizen/adoptions"
DESK = "/api/v1/admin/adoption"


def proved(town: Town, phone: str = MINE) -> Caller:
    """Who has shown that this phone is theirs."""
    with transaction() as db:
        return Caller(town.app, {"Authorization": f"Bearer {log_in_proved(db, phone).access}"})


def adopted(town: Town, me: Caller, number: int = 1, kind: str = HYDRANT) -> Json:
    entry_id = component(town.cast.steward, number, kind=kind)
    return ok(me.post(ADOPTIONS, {"component": str(entry_id)}), 201)


def sent(town: Town, colour: str = "grey") -> Json:
    return ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": jpeg(colour)}), 201)


def told() -> list[str]:
    with reading() as db:
        wanted = select(Event).where(Event.name == "adoption.reminded").order_by(Event.id)
        return [one.detail["zh"] for one in db.scalars(wanted)]


def test_from_a_look_around_to_a_check_in_that_earns_points(town: Town) -> None:
    me, hydrant = proved(town), component(town.cast.steward)
    around = point(0) | {"metres": 200}
    (there,) = ok(town.stranger.get(f"{ADOPTIONS}/near", **around))["items"]
    assert (there["id"], there["name"], there["adopted"], there["adopters"]) == (str(hydrant), "消火栓", False, [])
    mine = ok(me.post(ADOPTIONS, {"component": there["id"]}), 201)
    assert ok(me.post(ADOPTIONS, {"component": there["id"]}), 201) == mine
    assert ok(town.stranger.get(f"{ADOPTIONS}/near", **around))["items"][0]["adopted"] is True
    assert mine["expects"].startswith("清除周围积雪")
    body = {"key": key(), "photos": [sent(town)], "place": point(0, 20), "accuracy": 10, "note": "已清雪"}
    made = ok(me.post(f"{ADOPTIONS}/{mine['id']}/check-ins", body), 201)
    assert ok(me.post(f"{ADOPTIONS}/{mine['id']}/check-ins", body), 201)["id"] == made["id"]
    assert (made["metres"], made["flags"], len(made["photos"])) == (20, [], 1)
    town.jobs()
    assert ok(me.get("/api/v1/citizen/points"))["balance"] == 0  # until its photo is prepared
    town.prepare_photos()
    assert ok(me.get("/api/v1/citizen/points"))["balance"] == 3
    shown = ok(me.get(f"{ADOPTIONS}/{mine['id']}", lang="en"))
    assert ([one["id"] for one in shown["check_ins"]], shown["name"]) == ([made["id"]], "fire hydrant")
    assert [one["id"] for one in ok(me.get(ADOPTIONS))["items"]] == [mine["id"]]
    over = ok(me.post(f"{ADOPTIONS}/{mine['id']}/give-back"))
    assert over["ended"] == "given_back"
    problem(me.post(f"{ADOPTIONS}/{mine['id']}/check-ins", body | {"key": key(), "photos": [sent(town, "red")]}), 409)


def test_gcj02_is_turned_and_what_is_far_is_not_near(town: Town) -> None:
    component(town.cast.steward)
    assert ok(town.stranger.get(f"{ADOPTIONS}/near", **point(0), system="gcj02"))["items"] == []
    for wrong in ({"lon": 114}, {"lon": 114, "lat": 91}, point(0) | {"metres": 5000}, point(0) | {"system": "x"}):
        problem(town.stranger.get(f"{ADOPTIONS}/near", **wrong), 422)


def test_who_has_proved_nothing_adopts_nothing_and_nobody_sees_anothers(town: Town) -> None:
    me, other = proved(town), proved(town, HERS)
    mine = adopted(town, me)
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    for caller in (town.stranger, town.citizen(receipt)):
        problem(caller.get(ADOPTIONS), 401)
        problem(caller.post(ADOPTIONS, {"component": mine["component"]}), 401)
    for answer in (other.get(f"{ADOPTIONS}/{mine['id']}"), other.post(f"{ADOPTIONS}/{mine['id']}/give-back"),
                   other.post(f"{ADOPTIONS}/{mine['id']}/check-ins", {"key": key(), "photos": [sent(town)]})):
        problem(answer, 404)
    problem(other.post(ADOPTIONS, {"component": mine["component"]}), 409)
    problem(other.post(ADOPTIONS, {"component": key()}), 404)
    problem(town.operator.get(ADOPTIONS), 403)


def test_an_odd_check_in_is_taken_and_seen_at_the_desk(town: Town) -> None:
    me = proved(town)
    mine = adopted(town, me)
    made = ok(me.post(f"{ADOPTIONS}/{mine['id']}/check-ins", {"key": key(), "photos": [sent(town)], "place": point(1)}), 201)
    assert made["flags"] == ["打卡位置离部件较远"]
    town.jobs()
    assert ok(me.get("/api/v1/citizen/points"))["balance"] == 0
    (odd,) = ok(town.steward.get(f"{DESK}/check-ins"))["items"]
    assert (odd["id"], odd["code"], odd["flags"]) == (made["id"], mine["code"], made["flags"])
    address = f"{ADOPTIONS}/{mine['id']}/check-ins"
    assert set(problem(me.post(address, {"key": key(), "photos": []}), 422)["fields"]) == {"photos"}
    wrong = {"key": key(), "photos": [sent(town, "red"), {"id": key(), "token": "x"}]}
    assert set(problem(me.post(address, wrong), 422)["fields"]) == {"photos.1"}
    problem(town.operator.get(f"{DESK}/check-ins"), 403)


@pytest.mark.parametrize("by", ["id", "code"])
def test_a_report_names_the_component_and_needs_no_other_place(town: Town, by: str) -> None:
    me = proved(town)
    mine = adopted(town, me)
    other = proved(town, HERS)
    body = citizen_report(place=None, component=mine["component" if by == "id" else "code"], text="消火栓漏水")
    receipt = ok(other.post("/api/v1/citizen/reports", body), 201)
    assert ok(other.post("/api/v1/citizen/reports", body), 201) == receipt
    town.jobs()
    case = town.case_of(receipt["number"])
    assert abs(case["lon"] - mine["lon"]) < 1e-9
    assert told() == []
    town.act(town.triage, case["number"], "file", category="10101")
    town.jobs()
    assert [one[:10] for one in told()] == ["您领养的消火栓（00"]
    assert [one["category"] for one in ok(me.get(f"{ADOPTIONS}/{mine['id']}"))["cases"]] == ["上水井盖"]
    assert "漏水" not in str(ok(me.get(f"{ADOPTIONS}/{mine['id']}"))) + str(told())
    for wrong in ("4403010124999999", key(), "消火栓"):
        fields = problem(other.post("/api/v1/citizen/reports", citizen_report(component=wrong)), 422)["fields"]
        assert set(fields) == {"component"}


def test_weather_comes_from_who_knows_and_reaches_adopters_once(town: Town) -> None:
    me = proved(town)
    adopted(town, me)
    station = town.platform("气象台")
    notice = {"key": key(), "kind": "snow", "areas": ["4403"], "from": "2026-03-03T20:00:00+08:00",
              "until": "2026-03-04T20:00:00+08:00", "source": "市气象台"}
    for _ in range(2):
        made = ok(station.post("/api/v1/weather/notices", notice), 201)
        town.jobs()
    assert len(told()) == 1
    (listed,) = ok(town.administrator.get("/api/v1/weather/notices"))["items"]
    assert (listed["id"], listed["from"], listed["told"]) == (made["id"], "2026-03-03T12:00:00Z", 1)
    for wrong, field in ({"areas": ["99"]}, "areas.0"), ({"kind": "hail"}, "kind"), ({"until": notice["from"]}, "until"):
        answer = town.administrator.post("/api/v1/weather/notices", notice | {"key": key()} | wrong)
        assert field in problem(answer, 422)["fields"]
    problem(town.administrator.post("/api/v1/weather/notices", notice | {"kind": "rain"}), 409)
    problem(town.steward.post("/api/v1/weather/notices", notice), 403)
    problem(me.post("/api/v1/weather/notices", notice), 403)


def test_a_shop_from_its_word_to_its_name_on_the_map(town: Town) -> None:
    me, hydrant = proved(town), component(town.cast.steward)
    said = {"key": key(), "name": "老张包子铺", "contact": "张师傅 13811112222", "wants_name": True}
    shop = ok(me.post(f"{ADOPTIONS}/shops", said), 201)
    assert ok(me.post(f"{ADOPTIONS}/shops", said), 201) == shop
    adopts = {"component": str(hydrant), "shop": shop["id"]}
    problem(me.post(ADOPTIONS, adopts), 409)
    (waits,) = ok(town.steward.get(f"{DESK}/shops"))["items"]
    assert (waits["name"], waits["state"], "13811112222" in str(waits)) == ("老张包子铺", "waiting", False)
    address = f"{DESK}/shops/{shop['id']}"
    assert ok(town.steward.post(f"{address}/contact", {"reason": "核实"}))["contact"] == "张师傅 13811112222"
    assert set(problem(town.steward.post(address, {"decision": "refuse"}), 422)["fields"]) == {"reason"}
    ok(town.steward.post(address, {"decision": "confirm", "shown": "老张包子铺"}))
    problem(proved(town, HERS).post(ADOPTIONS, adopts), 404)
    assert ok(me.post(ADOPTIONS, adopts), 201)["shop"] == shop["id"]
    assert ok(town.stranger.get(f"{ADOPTIONS}/near", **point(0)))["items"][0]["adopters"] == ["老张包子铺"]
    assert ok(me.get(ADOPTIONS))["shops"][0]["state"] == "confirmed"
    problem(town.operator.get(f"{DESK}/shops"), 403)
    with reading() as db:
        look = db.scalars(select(Access)).one()
        assert (look.subject_kind, look.subject_id, look.reason) == ("adopting_shop", uuid.UUID(shop["id"]), "核实")
        assert str(db.scalars(select(Shop)).one().contact) == "•••"


def test_what_may_be_adopted_and_its_terms_are_data(town: Town) -> None:
    me = proved(town)
    known = {one["kind"]: one for one in ok(town.stranger.get(f"{ADOPTIONS}/kinds", lang="en"))["items"]}
    assert known["10402"]["name"] == "street tree"
    lamp = {"zh": "路灯", "en": "street lamp", "expects_zh": "不亮就报", "expects_en": "report when dark", "check_in_days": 10}
    assert ok(town.administrator.post(f"{DESK}/kinds/10137", lamp))["lapse_days"] == 90
    assert adopted(town, me, kind=LAMP)["expects"] == "不亮就报"
    ok(town.steward.post(f"{DESK}/kinds/10402", {"active": False}))
    assert "10402" not in {one["kind"] for one in ok(town.stranger.get(f"{ADOPTIONS}/kinds"))["items"]}
    problem(me.post(ADOPTIONS, {"component": str(component(town.cast.steward, 2, kind=TREE))}), 404)
    assert set(problem(town.administrator.post(f"{DESK}/kinds/10499", {"zh": "x"}), 422)["fields"]) == {
        "en", "expects_zh", "expects_en"}
    assert "10402" in {one["code"] for one in ok(town.administrator.get(f"{DESK}/kinds"))["items"]}
    problem(town.operator.post(f"{DESK}/kinds/10402", {"active": True}), 403)


def test_what_the_timetable_does_by_itself(town: Town, time: object) -> None:
    me = proved(town)
    adopted(town, me, kind=TREE)
    time.is_now("2026-03-12 08:30")  # type: ignore[attr-defined]
    community.mark_adoption_day()
    town.jobs()
    assert [one[:10] for one in told()] == ["今天请看一看您领养的"]
    time.passes(days=40)  # type: ignore[attr-defined]
    community.look_after_adoptions()
    community.look_after_adoptions()
    assert len(told()) == 2
