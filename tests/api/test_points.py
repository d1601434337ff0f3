"""Points over HTTP: explained to whoever has them, spent once, decided by the staff."""
import pytest
from sqlalchemy import select

from casework.community.points.ledger import Line
from casework.identity.sessions import log_in_proved
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, citizen_report, key, ok, point, problem

POINTS = "/api/v1/citizen/points"
MINE = "13800138000"


def proved(town: Town, phone: str = MINE) -> Caller:
    """Who has shown that this phone is theirs."""
    with transaction() as db:
        return Caller(town.app, {"Authorization": f"Bearer {log_in_proved(db, phone).access}"})


def filed(town: Town, phone: str = MINE, grid: int = 0) -> str:
    """A report from this phone that became a case; its number."""
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(phone=phone, place=point(grid))), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    if case["status"] == "reported":
        town.act(town.triage, case["number"], "file", category="10101")
        town.jobs()
    return str(receipt["number"])


def a_reward(town: Town, points: int = 5, stock: int = 2) -> Json:
    return ok(town.administrator.post("/api/v1/admin/points/rewards",
                                      {"zh": "帆布袋", "en": "a canvas bag", "points": points, "stock": stock}), 201)


def test_what_was_reported_before_the_phone_was_proved_counts_and_is_explained(town: Town) -> None:
    number = filed(town)
    me = proved(town)
    told = ok(me.get(POINTS))
    (line,) = told["lines"]
    assert (told["balance"], told["next"]) == (5, None)
    assert (line["words"], line["points"], line["balance"], line["report"], line["day"]) == (
        "上报属实，已立案", 5, 5, number, "2026-03-02")
    counts = {one["rule"]: one for one in told["counts"]}
    assert (counts["filed"]["today"], counts["filed"]["day_limit"], counts["joined"]["today"]) == (5, 20, 0)
    english = ok(me.get(POINTS, lang="en"))
    assert english["lines"][0]["words"] == "a report that was true and filed"
    assert MINE not in str(told)


def test_lines_come_by_the_page(town: Town) -> None:
    for grid in range(3):
        filed(town, grid=grid)
    me = proved(town)
    first = ok(me.get(POINTS, limit=2))
    second = ok(me.get(POINTS, limit=2, cursor=first["next"]))
    assert [one["number"] for one in [*first["lines"], *second["lines"]]] == [3, 2, 1]
    assert second["next"] is None
    assert set(problem(me.get(POINTS, cursor="x"), 422)["fields"]) == {"cursor"}


def test_whoever_has_shown_nothing_has_none(town: Town) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(phone=MINE)), 201)
    for caller in (town.stranger, town.citizen(receipt)):
        problem(caller.get(POINTS), 401)
        problem(caller.post(f"{POINTS}/redemptions", {"key": key(), "reward": key()}), 401)
    problem(town.operator.get(POINTS), 403)
    told = ok(proved(town).get(POINTS))
    assert (told["balance"], told["lines"]) == (0, [])


def test_spent_once_and_handed_out_once(town: Town) -> None:
    filed(town)
    me, reward = proved(town), a_reward(town)
    assert [one["zh"] for one in ok(me.get(f"{POINTS}/rewards"))["items"]] == ["帆布袋"]
    body = {"key": key(), "reward": reward["id"]}
    made = ok(me.post(f"{POINTS}/redemptions", body), 201)
    assert ok(me.post(f"{POINTS}/redemptions", body), 201) == made
    assert (made["state"], made["points"], len(made["code"])) == ("waiting", 5, 8)
    problem(me.post(f"{POINTS}/redemptions", {"key": key(), "reward": reward["id"]}), 409)
    problem(me.post(f"{POINTS}/redemptions", {"key": key(), "reward": key()}), 404)
    assert (ok(me.get(POINTS))["balance"], [one["code"] for one in ok(me.get(f"{POINTS}/redemptions"))["items"]]) == (
        0, [made["code"]])
    assert ok(proved(town, "13900139000").get(f"{POINTS}/redemptions"))["items"] == []
    address = f"/api/v1/points/redemptions/{made['code']}"
    problem(me.get(address), 403)
    assert ok(town.operator.get(address.lower()))["zh"] == "帆布袋"
    assert ok(town.operator.post(f"{address}/hand-out"))["state"] == "handed_out"
    for again in (town.operator.post(f"{address}/hand-out"), town.operator.post(f"{address}/void", {"reason": "停发"})):
        problem(again, 409)
    for wrong in ("NOTHERE2", "%00", "%ED%A0%80", "长" * 500):
        problem(town.operator.post(f"/api/v1/points/redemptions/{wrong}/hand-out"), 404)


def test_called_off_all_is_back_and_says_why(town: Town) -> None:
    filed(town)
    me, reward = proved(town), a_reward(town, stock=1)
    made = ok(me.post(f"{POINTS}/redemptions", {"key": key(), "reward": reward["id"]}), 201)
    assert ok(me.get(f"{POINTS}/rewards"))["items"] == []
    void = ok(town.supervisor.post(f"/api/v1/points/redemptions/{made['code']}/void", {"reason": "奖品破损"}))
    assert (void["state"], void["reason"]) == ("void", "奖品破损")
    told = ok(me.get(POINTS))
    assert (told["balance"], told["lines"][0]["note"], told["lines"][0]["words"]) == (5, "奖品破损", "兑换取消，积分退回")
    assert len(ok(me.get(f"{POINTS}/rewards"))["items"]) == 1


def test_rules_and_rewards_are_the_administrators(town: Town) -> None:
    address = "/api/v1/admin/points/rules"
    assert {one["code"] for one in ok(town.administrator.get(address))["items"]} == {
        "filed", "joined", "closed", "check_in", "false_report"}
    assert ok(town.administrator.post(f"{address}/filed", {"points": 7, "day_limit": None}))["day_limit"] is None
    filed(town)
    assert ok(proved(town).get(POINTS))["balance"] == 7
    assert set(problem(town.administrator.post(f"{address}/filed", {"points": -7}), 422)["fields"]) == {"points"}
    problem(town.administrator.post(f"{address}/gifts", {"points": 7}), 404)
    reward = a_reward(town)
    changed = ok(town.administrator.post(f"/api/v1/admin/points/rewards/{reward['id']}", {"stock": 0, "active": False}))
    assert (changed["stock"], changed["active"], changed["points"]) == (0, False, 5)
    assert len(ok(town.administrator.get("/api/v1/admin/points/rewards"))["items"]) == 1
    for caller in (town.operator, proved(town)):
        problem(caller.get(address), 403)
        problem(caller.post("/api/v1/admin/points/rewards", {"zh": "车", "en": "a car", "points": 1, "stock": 1}), 403)


@pytest.mark.parametrize("by", ["phone", "report"])
def test_a_correction_is_a_line_with_its_reason(town: Town, by: str) -> None:
    number = filed(town)
    address, whose = "/api/v1/admin/points/corrections", {"phone": f"+86 {MINE}", "report": number}[by]
    body = {"key": key(), by: whose, "points": -2, "reason": "重复计分"}
    for _ in range(2):
        made = ok(town.supervisor.post(address, body), 201)
        assert (made["points"], made["balance"], made["note"]) == (-2, 3, "重复计分")
    told = ok(proved(town).get(POINTS))
    assert [(one["words"], one["points"], one["note"]) for one in told["lines"]] == [
        ("人工更正", -2, "重复计分"), ("上报属实，已立案", 5, None)]
    problem(town.supervisor.post(address, body | {"points": 9}), 409)
    problem(town.supervisor.post(address, body | {"key": key(), "points": -4}), 422)
    problem(town.supervisor.post(address, {"key": key(), "points": 1, "reason": "谁"}), 422)
    problem(town.supervisor.post(address, {"key": key(), "report": "ZW000000", "points": 1, "reason": "谁"}), 404)
    problem(town.operator.post(address, body), 403)
    with reading() as db:
        line = db.scalars(select(Line).where(Line.rule == "correction")).one()
    assert (line.by_kind, line.by_id) == ("user", town.cast.supervisor.id)
