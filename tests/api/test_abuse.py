"""The doors of citizens are guarded: a flood is told when to come back, the list says so, and a crowd is let in."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import clock, settings
from casework.cases.report import Report
from casework.identity import sessions
from casework.intake.guard.book import Change, Entry
from casework.intake.guard.traces import Trace
from casework.intake.wechat import conversation
from casework.settings import USUAL_FLOODS, Flood, Settings
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, key, ok, pda_report, point, problem, stored, ticket
from tests.conftest import SetClock
from tests.wechat import User, with_account
from workers import forgetting

REPORTS, ABUSE = "/api/v1/citizen/reports", "/api/v1/admin/abuse"
DEVICE = "a-device-of-mine-1"


@pytest.fixture
def guarded(town: Town, config: Settings) -> Town:
    """The town with the usual limits."""
    object.__setattr__(config, "flood", USUAL_FLOODS)
    settings.configure(config)
    return town


def limit(config: Settings, *floods: Flood) -> None:
    object.__setattr__(config, "flood", floods)


def by(town: Town, device: str = DEVICE) -> Caller:
    return Caller(town.app, {"X-Device": device})


def entry(town: Town, **facts: Any) -> Json:
    body = {"kind": "device", "value": DEVICE, "effect": "refuse", "reason": "多次虚假上报"} | facts
    return ok(town.supervisor.post(ABUSE, {name: value for name, value in body.items() if value is not None}), 201)


def test_one_device_meets_its_limit_and_is_told_when_there_is_room(guarded: Town, config: Settings, time: SetClock) -> None:
    limit(config, Flood("device", 3, 3600))
    for minute in range(3):
        ok(by(guarded).post(REPORTS, citizen_report()), 201)
        time.passes(minutes=minute + 1)
    answer = by(guarded).post(REPORTS, body := citizen_report())
    document = problem(answer, 429)
    assert document["limit"] == "device"
    assert int(answer.headers["Retry-After"]) == 3600 - 6 * 60
    assert "3" in document["detail"]
    assert stored() == 3
    ok(by(guarded, "another-device-of-his").post(REPORTS, citizen_report()), 201)
    time.passes(seconds=int(answer.headers["Retry-After"]) + 1)
    ok(by(guarded).post(REPORTS, body), 201)  # the very same that was turned away


def test_what_is_sent_again_costs_nothing(guarded: Town, config: Settings) -> None:
    limit(config, Flood("device", 1, 3600))
    body = citizen_report()
    first = ok(by(guarded).post(REPORTS, body), 201)
    assert all(ok(by(guarded).post(REPORTS, body), 201) == first for _ in range(5))
    assert stored(Trace) == 3  # device, address, place


def test_two_hundred_at_one_burst_pipe_are_offered_to_join_and_never_lost(guarded: Town, config: Settings) -> None:
    limit(config, Flood("address", 5, 3600), Flood("crowd", 5, 3600), Flood("place", 2, 3600))
    ok(by(guarded, "the-first-phone-of-all").post(REPORTS, citizen_report(category="10101")), 201)
    guarded.jobs()
    taken = 1
    for person in range(12):
        who = by(guarded, f"the-phone-of-neighbour-{person}")
        answer = who.post(REPORTS, body := citizen_report(category="10101"))
        if answer.status_code == 429:
            offers = problem(answer, 429)["similar"]
            assert offers
            ok(who.post(REPORTS, body | {"key": key(), "same_as": offers[0]["same_as"]}), 201)
        taken += 1
    assert stored() == taken
    guarded.jobs()
    (case,) = guarded.listed(guarded.supervisor)
    assert case["report_count"] == taken


def test_one_device_at_one_place_is_limited_though_it_says_the_same(guarded: Town, config: Settings) -> None:
    limit(config, Flood("place", 2, 3600))
    for _ in range(2):
        ok(by(guarded).post(REPORTS, citizen_report()), 201)
    assert problem(by(guarded).post(REPORTS, citizen_report()), 429)["limit"] == "place"
    ok(by(guarded).post(REPORTS, citizen_report(place=point(1))), 201)


def test_a_phone_that_is_named_counts_and_its_holder_is_not_shut_out(guarded: Town, config: Settings) -> None:
    limit(config, Flood("phone", 2, 3600))
    for _ in range(2):
        ok(guarded.stranger.post(REPORTS, citizen_report(phone="+86 138 0000 0000")), 201)
    assert problem(guarded.stranger.post(REPORTS, citizen_report(phone="13800000000")), 429)["limit"] == "phone"
    with transaction() as db:
        access = sessions.log_in_proved(db, "13800000000").access
    holder = Caller(guarded.app, {"Authorization": f"Bearer {access}"})
    ok(holder.post(REPORTS, citizen_report()), 201)


def test_those_who_name_no_phone_are_not_one_sender(guarded: Town, config: Settings) -> None:
    limit(config, Flood("phone", 1, 3600))
    for nothing in ("无", "不详", "110"):
        ok(guarded.stranger.post(REPORTS, citizen_report(phone=nothing)), 201)
    with reading() as db:
        assert db.scalars(select(Report.reporter_phone_index)).all() == [None] * 3


def test_uploads_have_a_limit_of_their_own(guarded: Town, config: Settings) -> None:
    limit(config, Flood("upload", 1, 3600))
    ok(by(guarded).post("/api/v1/citizen/photos", files={"photo": jpeg()}), 201)
    assert problem(by(guarded).post("/api/v1/citizen/photos", files={"photo": jpeg("red")}), 429)["limit"] == "upload"


def test_a_device_s_key_is_checked(guarded: Town) -> None:
    for wrong in ("short", "x" * 101, "with spaces in the key"):
        assert set(problem(by(guarded, wrong).post(REPORTS, citizen_report()), 422)["fields"]) == {"X-Device"}


def test_staff_hotline_and_grid_workers_are_not_limited(guarded: Town, config: Settings) -> None:
    limit(config, *(Flood(kind, 1, 86_400) for kind in ("phone", "device", "address", "place", "crowd")))
    for _ in range(3):
        ok(guarded.li.post("/api/v1/pda/reports", pda_report()), 201)
        assert ok(guarded.operator.post("/api/v1/hotline/tickets", ticket()))["results"][0]["status"] == 201
    assert stored(Trace) == 0


@pytest.mark.parametrize(("kind", "value"), [("device", DEVICE), ("phone", "138 0000 0000"), ("address", "127.0.0.0/24")])
def test_who_is_on_the_list_is_refused_and_told_why_and_how_to_object(town: Town, kind: str, value: str) -> None:
    listed = entry(town, kind=kind, value=value)
    document = problem(by(town).post(REPORTS, citizen_report(phone="13800000000")), 403)
    assert "多次虚假上报" in document["detail"]
    assert "110" in document["detail"]
    assert document["entry"] == listed["id"]
    assert stored() == 0
    objection = {"entry": document["entry"], "words": "号码是上月才办的"}
    assert by(town).post("/api/v1/citizen/objections", objection).status_code == 204
    problem(by(town).post("/api/v1/citizen/objections", objection), 409)
    (waiting,) = ok(town.supervisor.get(ABUSE, objected="true"))["items"]
    assert (waiting["id"], waiting["objection"]) == (listed["id"], "号码是上月才办的")
    ok(town.supervisor.post(f"{ABUSE}/{listed['id']}/end", {"reason": "申诉成立"}))
    ok(by(town).post(REPORTS, citizen_report(phone="13800000000")), 201)
    log = ok(town.supervisor.get(f"{ABUSE}/{listed['id']}"))["changes"]
    assert [one["what"] for one in log] == ["added", "objected", "ended"]


def test_photos_and_comments_of_who_is_refused_are_not_taken(town: Town) -> None:
    receipt = ok(by(town).post(REPORTS, citizen_report()), 201)
    town.jobs()
    entry(town)
    problem(by(town).post("/api/v1/citizen/photos", files={"photo": jpeg()}), 403)
    mine = Caller(town.app, {"X-Device": DEVICE, "X-Tracking-Token": receipt["token"]})
    problem(mine.post(f"{REPORTS}/{receipt['number']}/comments", {"text": "骂人"}), 403)
    ok(mine.get(f"{REPORTS}/{receipt['number']}"))  # what he sent before he may see


def test_what_is_held_is_taken_and_waits_for_a_person_with_the_reason(town: Town) -> None:
    entry(town, effect="hold")
    first = ok(town.stranger.post(REPORTS, citizen_report(category="10101")), 201)
    receipt = ok(by(town).post(REPORTS, body := citizen_report(category="10101")), 201)
    assert (first["held"], receipt["held"]) == (False, True)
    assert ok(by(town).post(REPORTS, body), 201) == receipt
    town.jobs()
    case = town.case_of(receipt["number"])
    assert (case["status"], case["report_count"]) == ("reported", 1)  # neither filed nor joined by itself
    assert "多次虚假上报" in case["waiting_for"]
    assert town.case_of(first["number"])["status"] == "dispatched"
    town.act(town.triage, case["number"], "file", category="10101")


def test_who_is_held_by_a_phone_that_he_named_objects_with_his_report_s_token(town: Town) -> None:
    listed = entry(town, kind="phone", value="13800000000", effect="hold")
    receipt = ok(town.stranger.post(REPORTS, citizen_report(phone="13800000000")), 201)
    assert receipt["held"]
    problem(town.stranger.post("/api/v1/citizen/objections", {"words": "号码是上月才办的"}), 404)
    assert town.citizen(receipt).post("/api/v1/citizen/objections", {"words": "号码是上月才办的"}).status_code == 204
    assert [one["id"] for one in ok(town.supervisor.get(ABUSE, objected="true"))["items"]] == [listed["id"]]


def test_until_when_is_said_by_the_city_s_calendar(town: Town, time: SetClock) -> None:
    until = (clock.now().astimezone(clock.CITY) + timedelta(days=9)).replace(hour=5)
    entry(town, until=until.isoformat())
    assert f"至 {until:%Y-%m-%d}" in problem(by(town).post(REPORTS, citizen_report()), 403)["detail"]


def test_an_entry_ends_by_itself_and_can_be_changed(town: Town, time: SetClock) -> None:
    listed = entry(town, until="2026-03-02T12:00:00Z")
    problem(town.supervisor.post(ABUSE, {"kind": "device", "value": DEVICE, "effect": "hold", "reason": "再"}), 409)
    ok(town.administrator.post(f"{ABUSE}/{listed['id']}", {"effect": "hold", "reason": "初犯"}))
    assert ok(by(town).post(REPORTS, citizen_report()), 201)["held"]
    time.passes(hours=11)
    assert not ok(by(town).post(REPORTS, citizen_report()), 201)["held"]
    assert [one["active"] for one in ok(town.supervisor.get(ABUSE))["items"]] == [False]
    assert ok(town.supervisor.get(ABUSE, active="true"))["items"] == []


def test_the_list_is_masked_sealed_and_each_look_is_logged(town: Town) -> None:
    listed = entry(town, kind="phone", value="13812345678")
    assert listed["value"] == "138****5678"
    shown = ok(town.supervisor.post(f"{ABUSE}/{listed['id']}/value", {"reason": "核对"}))
    assert shown == {"value": "13812345678"}
    looks = ok(town.administrator.get("/api/v1/admin/looks"))["items"]
    assert [(one["field"], one["reason"]) for one in looks] == [("shown", "核对")]
    with reading() as db:
        for table in (Entry.__table__, Change.__table__, Trace.__table__):
            assert "13812345678" not in repr(db.execute(select(table)).all())


@pytest.mark.parametrize(("kind", "value"), [("phone", "12"), ("address", "1.2.3.4/4"), ("app", "no"), ("proved", "x")])
def test_what_cannot_be_listed_is_named(town: Town, kind: str, value: str) -> None:
    body = {"kind": kind, "value": value, "effect": "hold", "reason": "x"}
    assert set(problem(town.supervisor.post(ABUSE, body), 422)["fields"]) == {"kind" if kind == "proved" else "value"}


def test_others_may_neither_see_nor_change_the_list(town: Town) -> None:
    for caller in (town.triage, town.dispatcher, town.li):
        problem(caller.get(ABUSE), 403)
    problem(town.stranger.get(ABUSE), 401)


def marked(town: Town, device: str = DEVICE, **facts: Any) -> tuple[str, Json]:
    receipt = ok(by(town, device).post(REPORTS, citizen_report(**facts)), 201)
    town.jobs()
    case = town.case_of(receipt["number"])["number"]
    address = f"/api/v1/cases/{case}/reports/{receipt['number']}/abuse"
    ok(town.triage.post(address, {"reason": "网络图片"}))
    ok(town.triage.post(address, {"reason": "再说一次"}))  # counts once
    return address, receipt


def test_three_abusive_reports_put_their_sender_on_the_list_and_a_withdrawal_takes_him_off(
        town: Town, time: SetClock) -> None:
    for _ in range(2):
        marked(town, phone="13800000000")
    assert not ok(by(town).post(REPORTS, citizen_report()), 201)["held"]
    address, receipt = marked(town, phone="13800000000")
    number = receipt["number"]
    assert ok(by(town).post(REPORTS, citizen_report()), 201)["held"]
    mine = Caller(town.app, {"X-Device": DEVICE, "X-Tracking-Token": receipt["token"]})
    assert "网络图片" in ok(mine.get(f"{REPORTS}/{number}"))["notice"]
    assert mine.post("/api/v1/citizen/objections", {"words": "照片是我拍的"}).status_code == 204
    (listed,) = ok(town.supervisor.get(ABUSE, objected="true"))["items"]
    # The device alone: the phone is only named, and the address is shared.
    assert (listed["kind"], listed["value"], listed["by_id"], listed["effect"]) == ("device", None, None, "hold")
    assert listed["until"] == "2026-04-01T02:00:00Z"
    ok(town.triage.post(f"{address}/withdraw"))
    assert not ok(by(town).post(REPORTS, citizen_report()), 201)["held"]
    problem(town.triage.post(f"{address}/withdraw"), 409)


def test_judged_by_many_at_once_a_sender_comes_on_the_list_once(town: Town) -> None:
    numbers = [ok(by(town).post(REPORTS, citizen_report(place=point(grid))), 201)["number"] for grid in range(3)]
    town.jobs()
    paths = [f"/api/v1/cases/{town.case_of(one)['number']}/reports/{one}/abuse" for one in numbers]
    with ThreadPoolExecutor(6) as several:
        for answer in several.map(lambda path: town.triage.post(path, {"reason": "虚假"}), paths * 2):
            ok(answer)
    assert len(ok(town.supervisor.get(ABUSE))["items"]) == 1
    body = {"kind": "phone", "value": "13800000000", "effect": "hold", "reason": "多次虚假上报"}
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda _: town.supervisor.post(ABUSE, body).status_code, range(4)))
    assert sorted(answers) == [201, 409, 409, 409]


def test_abuse_of_long_ago_counts_no_more(town: Town, time: SetClock) -> None:
    for _ in range(3):
        marked(town)
        time.passes(days=16)
    assert ok(town.supervisor.get(ABUSE))["items"] == []


def test_a_report_is_marked_by_whom_it_concerns(town: Town) -> None:
    address, receipt = marked(town)
    problem(town.water_handler.post(address, {"reason": "x"}), 403)
    problem(town.stranger.post(address, {"reason": "x"}), 401)
    problem(town.triage.post(address.replace(receipt["number"], "ZW000000-00000-00000"), {"reason": "x"}), 404)


def test_in_wechat_the_list_and_the_limit_answer_in_words(town: Town, config: Settings) -> None:
    settings.configure(replace(with_account(config), flood=(Flood("openid", 1, 3600),)))
    user = User(town.app)

    def sends() -> str:
        user.says("路灯坏了")
        user.stands_at(114.06, 22.54)
        return user.says("提交")
    assert "已受理" in sends()
    assert "最多1件" in sends()
    listed = entry(town, kind="openid", value=user.openid)
    user.says("取消")
    assert "多次虚假上报" in user.says("井盖没了")
    assert stored() == 1
    assert "申诉已收到" in user.says("申诉 不是我发的")
    assert ok(town.supervisor.get(f"{ABUSE}/{listed['id']}"))["objection"] == "不是我发的"


@pytest.mark.parametrize("comes_back", [True, False])
def test_in_wechat_what_was_put_off_is_kept_until_it_may_be_sent(
        town: Town, config: Settings, time: SetClock, comes_back: bool) -> None:
    settings.configure(replace(with_account(config), flood=(Flood("openid", 1, 24 * 3600),)))
    user = User(town.app)

    def sends(words: str) -> str:
        user.shows()
        user.stands_at(114.06, 22.54)
        return user.says(words)
    assert "已受理" in sends("路灯坏了")
    time.passes(hours=1)
    assert "稍后回复“提交”即可" in sends("井盖没了")
    time.passes(hours=22, minutes=59)
    assert "稍后回复“提交”即可" in user.says("提交")
    time.passes(minutes=10)
    with transaction() as db:
        conversation.lapse_old(db, 10)
    if comes_back:
        assert "已受理" in user.says("提交")
    else:
        time.passes(minutes=31)
        with transaction() as db:
            conversation.lapse_old(db, 10)
    assert stored() == 2


def test_in_wechat_who_is_held_is_told_so(town: Town, config: Settings) -> None:
    settings.configure(with_account(config))
    user = User(town.app)
    entry(town, kind="openid", value=user.openid, effect="hold")
    user.says("路灯坏了")
    user.stands_at(114.06, 22.54)
    assert "先由人工查看" in user.says("提交")
    assert stored() == 1


def test_an_app_on_the_list_is_refused_in_open311_s_words(town: Town) -> None:
    made = ok(town.administrator.post("/api/v1/open311/keys", {"name": "随手报", "contact": "dev@example.org"}), 201)
    form = {"api_key": made["api_key"], "service_code": "10101", "lat": "22.5431", "long": "114.0579"}
    entry(town, kind="app", value=made["id"])
    answer = town.app.test_client().post("/open311/v2/requests.json", data=form)
    assert answer.status_code == 403
    assert "多次虚假上报" in answer.get_json()[0]["description"]
    assert stored() == 0


def test_what_counts_no_more_is_forgotten(town: Town, time: SetClock) -> None:
    ok(by(town).post(REPORTS, citizen_report()), 201)
    listed = entry(town, kind="phone", value="13812345678", until="2026-03-03T00:00:00Z")
    time.passes(days=31)
    forgetting.forget_senders()
    assert stored(Trace) == 0
    assert ok(town.supervisor.get(f"{ABUSE}/{listed['id']}"))["value"] == "138****5678"
    time.passes(days=366)
    forgetting.forget_senders()
    assert ok(town.supervisor.get(f"{ABUSE}/{listed['id']}"))["value"] is None
    assert stored(Report) == 1
